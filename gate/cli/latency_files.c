#include "gate/cli/latency_files.h"

#include "gate/base/buf.h"
#include "gate/base/io.h"
#include "gate/stats/histogram.h"

static struct str file_of(struct arena *arena, struct str dir, size_t number, enum side side)
{
    return io_join(arena, dir, str_format(arena, "scenario-%zu-%s.hgrm", number, side_name(side)));
}

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
        buf_init(&text, BUF_TEXT_BYTES_MAX);
        histogram_write_hgrm(&text, &latency);
        status = io_make_dirs(dir, err);
        if (status == STATUS_OK) {
            status = io_write_file(file_of(&arena, dir, number, side),
                                   bytes_of_str(buf_view(&text)), err);
        }
        buf_release(&text);
    }
    arena_release(&arena);
    return status;
}

/* Those of this many scenarios, and of as many more as an earlier run had; nothing else there. */
static enum status remove_older(struct arena *arena, struct str dir, size_t count, struct err *err)
{
    bool is_there = true;
    for (size_t number = 1; number <= count || is_there; number++) {
        is_there = false;
        for (enum side side = 0; side < SIDES; side++) {
            struct str file = file_of(arena, dir, number, side);
            is_there = is_there || io_is_file(file);
            if (io_remove_tree(file, err))
                return err->status;
        }
    }
    return STATUS_OK;
}

enum status latency_files_write(const struct recording *recording, struct str dir, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct str below = io_join(&arena, dir, STR("latency"));
    enum status status = remove_older(&arena, below, recording->scenario_count, err);
    for (size_t i = 0; i < recording->scenario_count && status == STATUS_OK; i++) {
        for (enum side side = 0; side < SIDES && status == STATUS_OK; side++)
            status = write_side(&recording->scenarios[i], i + 1, side, below, err);
    }
    arena_release(&arena);
    return status;
}
