#include "gate/cli/live.h"

#include <math.h>

#include "gate/base/io.h"
#include "gate/base/name.h"
#include "gate/base/remove.h"
#include "gate/base/unit.h"
#include "gate/codec/escape.h"
#include "gate/judge/positive.h"

/*
 * A function that only every eighth request calls still passes the limit.
 * Steps of 1 KiB read well; past 16 MiB a call the service would be busy
 * with nothing else.
 */
enum { PLANT_FACTOR = 8, PLANT_BYTES_MIN = 1024, PLANT_BYTES_MAX = 16 * 1024 * 1024 };
enum { PLANTS_MAX = 64, PLANTINGS_MAX = 3 };

/* With fewer a function is not what requests call: the next one is tried. */
#define CALLS_MIN 0.02

static int order_rows(const void *left, const void *right)
{
    const struct comparison_row *a = *(const struct comparison_row *const *)left;
    const struct comparison_row *b = *(const struct comparison_row *const *)right;
    if (a->estimate.cand < b->estimate.cand || a->estimate.cand > b->estimate.cand)
        return a->estimate.cand > b->estimate.cand ? -1 : 1;
    return str_compare(a->func, b->func);
}

/* The program's own functions by what they allocate during the load, most first. */
static const struct comparison_row **own_functions(size_t *count, struct arena *arena,
                                                   const struct comparison *comparison)
{
    struct str module = comparison->record->programs[SIDE_CAND].module;
    const struct comparison_row **out =
        ARENA_ARRAY(arena, const struct comparison_row *, comparison->row_count + 1);
    *count = 0;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->metric == METRIC_ALLOC_SPACE && row->level == ROW_FUNCTION &&
            row->estimate.cand > 0 && name_is_user(row->func, module))
            out[(*count)++] = row;
    }
    qsort((void *)out, *count, sizeof(struct comparison_row *), order_rows);
    return out;
}

/* By the strictest rule that blocks on bytes allocated per request. */
static uint64_t bytes_to_plant(struct session *session, size_t scenario)
{
    const struct judge_input input = session_judge_input(session);
    const struct judged_scenario *judged = &session->judgement.scenarios[scenario];
    double least = 0;
    for (size_t i = 0; i < session->policy.rule_count; i++) {
        const struct rule *rule = &session->policy.rules[i];
        struct positive positive;
        if (rule->metric != METRIC_ALLOC_SPACE || rule->severity != SEVERITY_BLOCK)
            continue;
        positive_find(&positive, &session->arena, &input, judged, rule, PLANT_FACTOR);
        bool is_whole = positive.state == POSITIVE_AIMED && positive.row->level == ROW_SCENARIO;
        if (is_whole && (least <= 0 || positive.amount < least))
            least = positive.amount;
    }
    double steps = ceil(fmax(least, PLANT_BYTES_MIN) / PLANT_BYTES_MIN);
    return (uint64_t)fmin(steps * PLANT_BYTES_MIN, PLANT_BYTES_MAX);
}

static void choose_plants(struct planted_run *out, struct session *session, size_t scenario)
{
    size_t count = 0;
    const struct comparison_row **rows =
        own_functions(&count, &session->arena, session->judgement.scenarios[scenario].comparison);
    struct plant *plants = ARENA_ARRAY(&session->arena, struct plant, PLANTS_MAX);
    uint64_t bytes = bytes_to_plant(session, scenario);
    for (size_t i = 0; i < count && i < PLANTS_MAX; i++) {
        plants[out->plant_count++] =
            (struct plant){rows[i]->func, rows[i]->file, rows[i]->line, bytes};
    }
    out->plants = plants;
}

/* "alloc_space +8.2 KiB/request (limit +795 B/request, default policy: alloc_space)". */
static struct str finding_text(struct arena *arena, const struct finding *finding)
{
    struct buf buf;
    enum unit unit = metric_unit(finding->row->metric);
    struct str origin = origin_text(arena, &finding->rule->origin);
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    buf_printf(&buf, "%s ", metric_name(finding->row->metric));
    unit_write(&buf, unit, finding->row->estimate.delta, true);
    if (finding->rule->max_share.set && finding->is_budget) {
        buf_text(&buf, " (");
    } else {
        buf_text(&buf, finding->is_budget ? " (budget " : " (limit ");
        unit_write(&buf, unit, finding->limit, !finding->is_budget);
        buf_text(&buf, ", ");
    }
    buf_printf(&buf, "%.*s)", STR_ARGS(origin));
    struct str out = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return out;
}

static double growth_of(const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->metric == METRIC_ALLOC_SPACE && row->level == ROW_SCENARIO)
            return row->estimate.delta;
    }
    return 0;
}

static void read_verdict(struct live *out, struct arena *arena,
                         const struct judged_scenario *judged)
{
    const struct comparison *comparison = judged->comparison;
    out->verdict = judged->verdict;
    out->calls = growth_of(comparison) / (double)out->plant.bytes;
    for (size_t i = 0; i < judged->finding_count; i++) {
        const struct finding *finding = &judged->findings[i];
        if (finding->verdict != FINDING_REGRESSION)
            continue;
        bool names = positive_names(finding, out->plant.func);
        if (out->finding.len == 0 || (names && !out->is_named))
            out->finding = finding_text(arena, finding);
        out->is_named = out->is_named || names;
    }
    if (comparison->invalid_count > 0) {
        out->why = str_copy(arena, comparison->invalid[0]);
    } else if (judged->refusals.len > 0) {
        out->why = str_copy(arena, judged->refusals.items[0]);
    }
}

static enum status measure(struct live *out, struct planted_run *planted, struct session *session,
                           struct arena *arena, struct err *err)
{
    enum status status = run_planted(planted, arena, err);
    if (status == STATUS_OK) {
        struct plant plant = planted->plants[planted->planted];
        out->plant = (struct plant){str_copy(&session->arena, plant.func),
                                    str_copy(&session->arena, plant.file), plant.line, plant.bytes};
        read_verdict(out, &session->arena, &planted->session->judgement.scenarios[0]);
    }
    session_release(planted->session);
    return status;
}

static enum status try_plants(struct live *out, struct planted_run *planted,
                              struct session *session, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    enum status status = io_make_temp_dir(&planted->out_dir, &arena, "memgate-live", err);
    if (status == STATUS_OK) {
        status = measure(out, planted, session, &arena, err);
        (void)remove_tree(str_text(&arena, planted->out_dir));
    }
    arena_release(&arena);
    return status;
}

enum status live_run(struct live *out, struct session *session, size_t scenario,
                     struct str revision, struct err *err)
{
    struct planted_run planted = {.revision = revision,
                                  .scenario = session->recording.scenarios[scenario].name};
    *out = (struct live){.scenario = planted.scenario, .revision = revision};
    choose_plants(&planted, session, scenario);
    if (planted.plant_count == 0) {
        return err_set(err, STATUS_INVALID,
                       "--live: no function of the program itself allocates in scenario %.*s",
                       STR_ARGS(planted.scenario));
    }
    for (size_t i = 0; i < PLANTINGS_MAX && planted.plant_count > 0; i++) {
        *out = (struct live){.scenario = planted.scenario, .revision = revision};
        if (try_plants(out, &planted, session, err))
            return err_wrap(err, "--live");
        if (out->verdict != VERDICT_PASS || out->calls > CALLS_MIN)
            return STATUS_OK;
        /* What it allocates besides it does for another reason than a request. */
        planted.plants += planted.planted + 1;
        planted.plant_count -= planted.planted + 1;
    }
    return STATUS_OK;
}

enum status live_record(struct str revision, struct str out_dir, struct err *err)
{
    struct arena arena;
    struct planted_run planted = {.revision = revision, .out_dir = out_dir};
    arena_init(&arena);
    enum status status = run_planted(&planted, &arena, err);
    session_release(planted.session);
    arena_release(&arena);
    return status == STATUS_OK ? STATUS_OK : err_wrap(err, "--live");
}

int live_exit_code(const struct live *live)
{
    if (live->verdict == VERDICT_NONE)
        return 3;
    return live->verdict == VERDICT_BLOCKED && live->is_named ? 0 : 1;
}

void live_write(struct buf *out, struct arena *arena, const struct live *live)
{
    static const char *const labels[] = {[0] = "RED", [1] = "NOT RED", [3] = "NO VERDICT"};
    buf_text(out, "\nlive, scenario ");
    escape_text(out, live->scenario);
    buf_text(out, ": ");
    escape_text(out, live->revision);
    buf_text(out, " against itself with ");
    unit_write(out, UNIT_BYTES, (double)live->plant.bytes, false);
    buf_text(out, " more in each call of ");
    escape_text(out, name_short(live->plant.func, arena));
    buf_text(out, " (");
    escape_text(out, live->plant.file);
    buf_printf(out, ")\n  %-8s  ", labels[live_exit_code(live)]);
    if (live->why.len > 0) {
        escape_text(out, live->why);
    } else if (live->finding.len > 0) {
        escape_text(out, live->finding);
        buf_text(out, live->is_named ? ", naming the function" : ", without naming the function");
    } else {
        buf_text(out, "no block rule broke");
    }
    buf_printf(out, "\n          %.2f calls a request, by what it grew\n", live->calls);
}
