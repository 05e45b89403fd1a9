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
 * Steps of 1 KiB read well; past 16 MiB, or 10,000 objects, a call the
 * service would be busy with nothing else.
 */
enum { PLANT_FACTOR = 8, PLANT_BYTES_MIN = 1024, PLANT_BYTES_MAX = 16 * 1024 * 1024 };
/* Go packs objects of less than 16 bytes together and counts them as one. */
enum { PLANT_OBJECT_BYTES = 32, PLANT_OBJECTS_MAX = 10000 };
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

/* The program's own functions that a plant may go into. */
struct places {
    const struct comparison_row **rows;
    size_t count;
};

/* What each call is to allocate more to break a rule. */
struct plan {
    uint64_t bytes; /* 0: none was found */
    uint64_t objects;
    struct str func; /* the rule is about this one; empty: any will do */
    double amount;
    int rank;         /* the lower the better: the whole scenario before parts, bytes first */
    bool is_too_much; /* a rule was passed over because it takes more than a call bears */
};

static bool has_place(const struct places *places, struct str func)
{
    for (size_t i = 0; i < places->count; i++) {
        if (str_equal(places->rows[i]->func, func))
            return true;
    }
    return false;
}

/* Whether more bytes in a slice of one of the functions is more of what the row counts. */
static bool is_reached(const struct positive *positive, const struct places *places)
{
    const struct comparison_row *row = positive->row;
    bool is_of_kind = row->level == ROW_KIND || row->level == ROW_FUNCTION_KIND;
    if (is_of_kind && row->kind != ALLOC_KIND_SLICE)
        return false;
    return !row_is_of_function(row) || has_place(places, positive->func);
}

static struct plan plan_of(const struct positive *positive)
{
    const struct comparison_row *row = positive->row;
    bool is_objects = row->metric == METRIC_ALLOC_OBJECTS;
    bool is_whole = row->level == ROW_SCENARIO || row->level == ROW_BENCHMARK;
    struct plan out = {.amount = positive->amount, .rank = 2 * !is_whole + is_objects};
    double most = is_objects ? PLANT_OBJECTS_MAX : PLANT_BYTES_MAX;
    double step = is_objects ? 1 : PLANT_BYTES_MIN;
    double wanted = step * ceil(fmax(positive->amount, step) / step);
    out.is_too_much = wanted > most;
    if (out.is_too_much)
        return out;
    out.bytes = is_objects ? PLANT_OBJECT_BYTES : (uint64_t)wanted;
    out.objects = is_objects ? (uint64_t)wanted : 1;
    if (row_is_of_function(row))
        out.func = positive->func;
    return out;
}

static bool is_better(const struct plan *plan, const struct plan *best)
{
    if (plan->bytes == 0 || best->bytes == 0)
        return plan->bytes > 0;
    if (plan->rank != best->rank)
        return plan->rank < best->rank;
    return plan->amount < best->amount;
}

/* By the strictest block rule that more allocation in each call of a function can break. */
static struct plan make_plan(struct session *session, size_t scenario, const struct places *places)
{
    const struct judge_input input = session_judge_input(session);
    const struct judged_scenario *judged = &session->judgement.scenarios[scenario];
    struct plan best = {0};
    for (size_t i = 0; i < session->policy.rule_count; i++) {
        const struct rule *rule = &session->policy.rules[i];
        struct positive positive;
        bool is_counted =
            rule->metric == METRIC_ALLOC_SPACE || rule->metric == METRIC_ALLOC_OBJECTS;
        if (!is_counted || rule->severity != SEVERITY_BLOCK)
            continue;
        positive_find(&positive, &session->arena, &input, judged, rule, PLANT_FACTOR);
        if (positive.state != POSITIVE_AIMED || !is_reached(&positive, places))
            continue;
        struct plan plan = plan_of(&positive);
        bool is_too_much = best.is_too_much || plan.is_too_much;
        if (is_better(&plan, &best))
            best = plan;
        best.is_too_much = is_too_much;
    }
    return best;
}

static void list_plants(struct planted_run *out, struct arena *arena, const struct plan *plan,
                        const struct places *places)
{
    struct plant *plants = ARENA_ARRAY(arena, struct plant, PLANTS_MAX);
    for (size_t i = 0; i < places->count && out->plant_count < PLANTS_MAX; i++) {
        const struct comparison_row *row = places->rows[i];
        if (plan->func.len > 0 && !str_equal(row->func, plan->func))
            continue;
        plants[out->plant_count++] =
            (struct plant){row->func, row->file, row->line, plan->bytes, plan->objects};
    }
    out->plants = plants;
}

/* Empty, or why the scenario is left out. */
static struct str choose_plants(struct planted_run *out, struct session *session, size_t scenario)
{
    struct places places = {0};
    places.rows = own_functions(&places.count, &session->arena,
                                session->judgement.scenarios[scenario].comparison);
    if (places.count == 0)
        return STR("no function of the program itself allocates during the load");
    struct plan plan = make_plan(session, scenario, &places);
    list_plants(out, &session->arena, &plan, &places);
    if (plan.bytes > 0)
        return STR("");
    out->plant_count = 0;
    if (plan.is_too_much) {
        return STR("its block rules on allocation take more than 16 MiB or 10,000 objects in "
                   "each call: no service bears that");
    }
    return STR("no block rule goes red when a function of the program allocates more: none is on "
               "bytes or objects allocated, of all, of slices or of such a function");
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
    return buf_take(&buf, arena);
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
    out->calls = growth_of(comparison) / (double)(out->plant.bytes * out->plant.objects);
    for (size_t i = 0; i < judged->finding_count; i++) {
        const struct finding *finding = &judged->findings[i];
        if (finding->verdict != FINDING_REGRESSION)
            continue;
        bool names = positive_names(finding, out->plant.func);
        if (out->finding.len == 0 || (names && !out->is_named))
            out->finding = finding_text(arena, finding);
        out->is_named = out->is_named || names;
    }
    out->why = str_copy(arena, positive_why_none(judged));
}

static enum status measure(struct live *out, struct planted_run *planted, struct session *session,
                           struct arena *arena, struct err *err)
{
    enum status status = run_planted(planted, arena, err);
    if (status == STATUS_OK) {
        struct plant plant = planted->plants[planted->planted];
        out->plant = (struct plant){str_copy(&session->arena, plant.func),
                                    str_copy(&session->arena, plant.file), plant.line, plant.bytes,
                                    plant.objects};
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
    out->why = choose_plants(&planted, session, scenario);
    out->is_left_out = planted.plant_count == 0;
    if (out->is_left_out)
        return STATUS_OK;
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

void live_fail(struct live *out, struct arena *arena, const struct err *err)
{
    out->status = err->status;
    out->why = str_copy(arena, str_from(err->text));
}

int live_exit_code(const struct live *live)
{
    if (live->status)
        return status_exit_code(live->status);
    if (live->is_left_out || live->verdict == VERDICT_NONE)
        return 3;
    return live->verdict == VERDICT_BLOCKED && live->is_named ? 0 : 1;
}

static const char *label_of(const struct live *live)
{
    static const char *const labels[] = {[0] = "RED", [1] = "NOT RED", [3] = "NO VERDICT"};
    if (live->status)
        return "FAILED";
    return live->is_left_out ? "LEFT OUT" : labels[live_exit_code(live)];
}

/* " with 2 x 32 B more in each call of price.(*Book).Price (price/price.go)". */
static void write_plant(struct buf *out, struct arena *arena, const struct plant *plant)
{
    buf_text(out, " with ");
    if (plant->objects > 1)
        buf_printf(out, "%llu x ", (unsigned long long)plant->objects);
    unit_write(out, UNIT_BYTES, (double)plant->bytes, false);
    buf_text(out, " more in each call of ");
    escape_text(out, name_short(plant->func, arena));
    buf_text(out, " (");
    escape_text(out, plant->file);
    buf_byte(out, ')');
}

void live_write(struct buf *out, struct arena *arena, const struct live *live)
{
    bool was_measured = !live->status && !live->is_left_out;
    buf_text(out, "\nlive, scenario ");
    escape_text(out, live->scenario);
    buf_text(out, ": ");
    escape_text(out, live->revision);
    buf_text(out, " against itself");
    if (was_measured)
        write_plant(out, arena, &live->plant);
    buf_printf(out, "\n  %-8s  ", label_of(live));
    if (live->why.len > 0) {
        escape_text(out, live->why);
    } else if (live->finding.len > 0) {
        escape_text(out, live->finding);
        buf_text(out, live->is_named ? ", naming the function" : ", without naming the function");
    } else {
        buf_text(out, "no block rule broke");
    }
    buf_byte(out, '\n');
    if (was_measured)
        buf_printf(out, "          %.2f calls a request, by what it grew\n", live->calls);
}
