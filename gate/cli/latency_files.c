#include "gate/cli/latency_files.h"

#include "gate/base/buf.h"
#include "gate/base/io.h"
#include "gate/stats/histogram.h"

static enum status merge_trials(struct histogram *into, struct arena *arena,
                                const struct record_trial *trials, size_t count, struct err *err)
{
    for (size_t t = 0; t < count; t++) {
        struct histogram latency;
        if (trials[t].latency.len == 0)
            continue;
        histogram_init(&latency, arena);
        if (histogram_decode(&latency, arena, trials[t].latency, err))
            return err_wrap(err, "latency of trial %u", trials[t].number);
        histogram_merge(into, &latency);
    }
    return STATUS_OK;
}

static enum status write_side(const struct record_scenario *record, size_t number, enum side side,
                              struct str dir, struct err *err)
{
    struct arena arena;
    struct histogram latency;
    struct buf text;
    enum phase phase = record->trial_count[side][PHASE_DUET] ? PHASE_DUET : PHASE_STEADY;
    arena_init(&arena);
    histogram_init(&latency, &arena);
    enum status status = merge_trials(&latency, &arena, record->trials[side][phase],
                                      record->trial_count[side][phase], err);
    if (status == STATUS_OK && latency.count > 0) {
        struct str name = str_format(&arena, "scenario-%zu-%s.hgrm", number, side_name(side));
        buf_init(&text, BUF_TEXT_BYTES_MAX);
        histogram_write_hgrm(&text, &latency);
        status = io_make_dirs(dir, err);
        if (status == STATUS_OK)
            status = io_write_file(io_join(&arena, dir, name), bytes_of_str(buf_view(&text)), err);
        buf_release(&text);
    }
    arena_release(&arena);
    return status;
}

enum status latency_files_write(const struct recording *recording, struct str dir, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct str below = io_join(&arena, dir, STR("latency"));
    enum status status = io_remove_tree(below, err);
    for (size_t i = 0; i < recording->scenario_count && status == STATUS_OK; i++) {
        for (enum side side = 0; side < SIDES && status == STATUS_OK; side++)
            status = write_side(&recording->scenarios[i], i + 1, side, below, err);
    }
    arena_release(&arena);
    return status;
}
