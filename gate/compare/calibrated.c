#include "gate/compare/calibrated.h"

#include <stdlib.h>

static const char *subject_of(const struct comparison_row *row)
{
    static const char *const subjects[] = {[ROW_SCENARIO] = CALIBRATION_OF_SCENARIO,
                                           [ROW_KIND] = CALIBRATION_OF_KIND,
                                           [ROW_FUNCTION] = CALIBRATION_OF_FUNCTION,
                                           [ROW_FUNCTION_KIND] = CALIBRATION_OF_FUNCTION,
                                           [ROW_BENCHMARK] = CALIBRATION_OF_BENCHMARK};
    return subjects[row->level];
}

static bool is_slope(enum metric metric)
{
    return metric == METRIC_HEAP_GROWTH || metric == METRIC_GOROUTINE_GROWTH;
}

/* Functions of a heap profile, but their slopes. */
static bool is_of_class(const struct comparison_row *row)
{
    return row_is_of_function(row) && row->phase == PHASE_EXACT && !is_slope(row->metric);
}

static struct calibration_spread label_of(const struct comparison_row *row)
{
    bool has_kind = row->level == ROW_KIND || row->level == ROW_FUNCTION_KIND;
    bool has_name = row->level != ROW_SCENARIO && row->level != ROW_KIND;
    struct str name = row->key.len ? row->key : row->normal;
    return (struct calibration_spread){
        .metric = str_from(metric_name(row->metric)),
        .subject = str_from(subject_of(row)),
        .point = str_from(point_name(row->point)),
        .phase = str_from(phase_name(row->phase)),
        .kind = has_kind ? str_from(alloc_kind_name(row->kind)) : STR(""),
        .func = has_name ? name : STR(""),
    };
}

/* Parts of a key stand apart by what is in none of them; bytes sort as the parts do. */
static struct str key_of(struct arena *arena, const struct calibration_spread *label)
{
    return str_format(arena, "%.*s\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s", STR_ARGS(label->metric),
                      STR_ARGS(label->subject), STR_ARGS(label->point), STR_ARGS(label->phase),
                      STR_ARGS(label->kind), STR_ARGS(label->func));
}

static bool is_taken(const struct comparison_row *row)
{
    if (!row_is_of_function(row))
        return true;
    return is_of_class(row) && row->cand_share >= CALIBRATED_SHARE_MIN;
}

static void copy_texts(struct arena *arena, struct calibration_spread *label)
{
    label->metric = str_copy(arena, label->metric);
    label->subject = str_copy(arena, label->subject);
    label->point = str_copy(arena, label->point);
    label->phase = str_copy(arena, label->phase);
    label->kind = str_copy(arena, label->kind);
    label->func = str_copy(arena, label->func);
}

void calibrated_take(struct calibrated_rows *out, const struct comparison *comparison, uint64_t run)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        struct calibrated_row taken = {.run = run, .is_class = is_of_class(row)};
        if (!is_taken(row))
            continue;
        taken.has[0] = floor_read(&taken.reading[0], &row->estimate, false);
        taken.has[1] =
            !is_slope(row->metric) && floor_read(&taken.reading[1], &row->estimate, true);
        if (!taken.has[0] && !taken.has[1])
            continue;
        taken.label = label_of(row);
        copy_texts(out->arena, &taken.label);
        taken.key = key_of(out->arena, &taken.label);
        ARENA_PUSH(out->arena, out->items, out->len, out->cap, taken);
    }
}

static int order_rows(const void *left, const void *right)
{
    const struct calibrated_row *a = left;
    const struct calibrated_row *b = right;
    int order = str_compare(a->key, b->key);
    return order ? order : (a->run > b->run) - (a->run < b->run);
}

static size_t group_end(const struct calibrated_rows *rows, size_t from)
{
    size_t to = from + 1;
    while (to < rows->len && str_equal(rows->items[to].key, rows->items[from].key))
        to++;
    return to;
}

static struct calibration_spread labelled(const struct calibration_spread *label,
                                          const struct spread *spread)
{
    struct calibration_spread out = *label;
    out.scale = spread->is_ratio ? STR(CALIBRATION_RATIO) : STR(CALIBRATION_UNIT);
    out.runs = spread->runs;
    out.run_spread = spread->run;
    out.trials = spread->trials;
    out.trial_spread = spread->trial;
    out.trial_df = spread->trial_df;
    return out;
}

/* One reading a run; false where that makes fewer than two, or what no file holds. */
static bool pool_on(struct spread *out, struct arena *arena, const struct calibrated_row *rows,
                    size_t len, bool is_ratio)
{
    struct reading *readings = ARENA_ARRAY(arena, struct reading, len);
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        bool is_again = i > 0 && rows[i].run == rows[i - 1].run;
        if (rows[i].has[is_ratio] && !is_again)
            readings[count++] = rows[i].reading[is_ratio];
    }
    if (count < 2)
        return false;
    *out = floor_pool(readings, count, is_ratio);
    struct calibration_spread labels = labelled(&rows[0].label, out);
    return calibration_spread_fits(&labels);
}

/* All readings are on one scale: of ratios where each is one, and a ratio says anything. */
static bool pool_rows(struct spread *out, struct arena *arena, const struct calibrated_row *rows,
                      size_t len)
{
    bool is_ratio = true;
    for (size_t i = 0; i < len; i++)
        is_ratio = is_ratio && rows[i].has[1];
    return (is_ratio && pool_on(out, arena, rows, len, true)) ||
           pool_on(out, arena, rows, len, false);
}

/* Of the functions that need no spread of their own: by metric and point. */
struct quiet {
    struct calibration_spread label;
    struct reading *readings;
    size_t len;
    size_t cap;
    uint64_t runs;
};

struct pooling {
    struct arena *arena;
    struct calibration_spread *items;
    size_t len;
    size_t cap;
    struct quiet quiet;
};

static void push(struct pooling *pooling, const struct calibration_spread *spread)
{
    if (pooling->len < CALIBRATION_SPREADS_MAX)
        ARENA_PUSH(pooling->arena, pooling->items, pooling->len, pooling->cap, *spread);
}

/* Functions of a run are not independent of each other: its runs are all that is counted. */
static void close_quiet(struct pooling *pooling)
{
    struct quiet *quiet = &pooling->quiet;
    if (quiet->len >= 2) {
        struct spread spread = floor_pool(quiet->readings, quiet->len, true);
        spread.runs = quiet->runs;
        struct calibration_spread labels = labelled(&quiet->label, &spread);
        if (calibration_spread_fits(&labels))
            push(pooling, &labels);
    }
    *quiet = (struct quiet){0};
}

static void add_quiet(struct pooling *pooling, const struct calibrated_row *rows, size_t len)
{
    struct quiet *quiet = &pooling->quiet;
    struct calibration_spread label = {.metric = rows[0].label.metric,
                                       .subject = STR(CALIBRATION_OF_OTHERS),
                                       .point = rows[0].label.point,
                                       .phase = rows[0].label.phase};
    size_t runs = 0;
    if (!str_equal(quiet->label.metric, label.metric) ||
        !str_equal(quiet->label.point, label.point))
        close_quiet(pooling);
    quiet->label = label;
    for (size_t i = 0; i < len; i++) {
        runs += i == 0 || rows[i].run != rows[i - 1].run;
        ARENA_PUSH(pooling->arena, quiet->readings, quiet->len, quiet->cap, rows[i].reading[1]);
    }
    if (runs > quiet->runs)
        quiet->runs = runs;
}

static void pool_group(struct pooling *pooling, const struct calibrated_row *rows, size_t len)
{
    struct spread spread;
    if (!pool_rows(&spread, pooling->arena, rows, len))
        return;
    bool is_quiet =
        spread.is_ratio && spread.run < CALIBRATED_QUIET && spread.trial < CALIBRATED_QUIET;
    if (rows[0].is_class && is_quiet) {
        add_quiet(pooling, rows, len);
        return;
    }
    struct calibration_spread labels = labelled(&rows[0].label, &spread);
    push(pooling, &labels);
}

void calibrated_pool(struct calibration_scenario *out, struct calibrated_rows *rows)
{
    struct pooling pooling = {.arena = rows->arena};
    if (rows->len > 0)
        qsort(rows->items, rows->len, sizeof(*rows->items), order_rows);
    for (size_t from = 0; from < rows->len;) {
        size_t to = group_end(rows, from);
        pool_group(&pooling, &rows->items[from], to - from);
        from = to;
    }
    close_quiet(&pooling);
    out->spreads = pooling.items;
    out->spread_count = pooling.len;
}

/* Spreads by their keys. */
struct found {
    struct str key;
    const struct calibration_spread *spread;
};

struct index_of {
    struct arena *arena;
    struct found *items;
    size_t len;
};

static int order_found(const void *left, const void *right)
{
    const struct found *a = left;
    const struct found *b = right;
    return str_compare(a->key, b->key);
}

static struct index_of index_spreads(struct arena *arena,
                                     const struct calibration_scenario *scenario)
{
    struct index_of out = {arena, ARENA_ARRAY(arena, struct found, scenario->spread_count + 1),
                           scenario->spread_count};
    for (size_t i = 0; i < out.len; i++) {
        out.items[i] = (struct found){key_of(arena, &scenario->spreads[i]), &scenario->spreads[i]};
    }
    if (out.len > 0)
        qsort(out.items, out.len, sizeof(*out.items), order_found);
    return out;
}

static const struct calibration_spread *find(const struct index_of *spreads,
                                             const struct calibration_spread *label)
{
    struct found wanted = {key_of(spreads->arena, label), NULL};
    const struct found *found =
        spreads->len ? bsearch(&wanted, spreads->items, spreads->len, sizeof(wanted), order_found)
                     : NULL;
    return found ? found->spread : NULL;
}

static const struct calibration_spread *spread_of(const struct index_of *spreads,
                                                  const struct comparison_row *row)
{
    struct calibration_spread label = label_of(row);
    if (row_is_of_function(row) && !is_of_class(row))
        return NULL;
    const struct calibration_spread *own = find(spreads, &label);
    if (own || !row_is_of_function(row))
        return own;
    label.subject = STR(CALIBRATION_OF_OTHERS);
    label.kind = STR("");
    label.func = STR("");
    return find(spreads, &label);
}

/* Whether it is calibrated in another phase alone, as p99 is where the duet was turned off or on since. */
static bool is_of_other_phase(const struct index_of *spreads, const struct comparison_row *row)
{
    struct calibration_spread label = label_of(row);
    for (enum phase phase = 0; phase < PHASES && !row_is_of_function(row); phase++) {
        label.phase = str_from(phase_name(phase));
        if (phase != row->phase && find(spreads, &label))
            return true;
    }
    return false;
}

/* ", without p99 of the steady phase" of the first such row; the others are likely of the same. */
static struct str without(struct arena *arena, const struct comparison_row *row)
{
    return str_format(arena, ", without %s of the %s phase", metric_name(row->metric),
                      phase_name(row->phase));
}

/* Of a file from before spreads had a phase: what was not said cannot be matched. */
static struct str without_phase(struct arena *arena, const struct calibration_scenario *scenario)
{
    size_t count = 0;
    for (size_t i = 0; i < scenario->spread_count; i++)
        count += scenario->spreads[i].phase.len == 0;
    if (count == 0)
        return STR("");
    return str_format(arena,
                      ", without %zu of its %zu spreads, whose phase an older memgate did not "
                      "write (calibrate again)",
                      count, scenario->spread_count);
}

/* Rows that the phase of their spread is another of have none; the first is put into `missing`. */
static size_t set_floors(struct comparison *comparison, struct arena *arena, struct str *missing,
                         const struct calibration_scenario *scenario)
{
    struct arena scratch;
    size_t count = 0;
    arena_init(&scratch);
    struct index_of spreads = index_spreads(&scratch, scenario);
    for (size_t i = 0; i < comparison->row_count; i++) {
        struct comparison_row *row = &comparison->rows[i];
        const struct calibration_spread *found = spread_of(&spreads, row);
        if (!found && missing->len == 0 && is_of_other_phase(&spreads, row))
            *missing = without(arena, row);
        if (!found)
            continue;
        struct spread spread = {
            .is_ratio = str_equal(found->scale, STR(CALIBRATION_RATIO)),
            .runs = found->runs,
            .run = found->run_spread,
            .trials = found->trials,
            .trial = found->trial_spread,
            .trial_df = found->trial_df,
        };
        floor_set(&row->estimate, &spread);
        count++;
    }
    arena_release(&scratch);
    return count;
}

/* Whether what was calibrated is what was run now; what is not is said, and used all the same. */
static struct str changes_since(struct arena *arena, const struct comparison *comparison,
                                const struct calibration *table,
                                const struct calibration_scenario *scenario, struct str policy)
{
    struct str go = comparison->record->programs[SIDE_CAND].go_version;
    bool is_other_policy = !str_equal(table->policy_sha256, calibration_policy_hash(arena, policy));
    bool is_other_go = !str_equal(scenario->go_version, go);
    if (!is_other_policy && !is_other_go)
        return STR("");
    struct str release =
        is_other_go ? str_format(arena, "%.*s", STR_ARGS(scenario->go_version)) : STR("");
    return str_format(arena, ", then with %s%s%.*s", is_other_policy ? "another policy" : "",
                      is_other_policy && is_other_go ? " and " : "", STR_ARGS(release));
}

void calibrated_apply(struct comparison *comparison, struct arena *arena,
                      const struct recording *policy, const struct recording *cand)
{
    const struct record_calibration *noise = &policy->noise;
    const struct calibration *table = noise->table;
    const struct machine_class here = machine_class_of(arena, &cand->environment);
    comparison->has_noise = noise->is_known && comparison->alone.len == 0;
    if (!comparison->has_noise)
        return;
    if (!table) {
        comparison->noise = noise->missing;
        return;
    }
    const struct calibration_scenario *scenario = calibration_scenario(table, comparison->scenario);
    if (!machine_class_equal(&table->machine, &here)) {
        comparison->noise =
            str_format(arena, "not calibrated for %.*s: %.*s is of %.*s and was not used",
                       STR_ARGS(here.name), STR_ARGS(noise->file), STR_ARGS(table->machine.name));
    } else if (!scenario) {
        comparison->noise =
            str_format(arena, "%.*s was calibrated without this scenario", STR_ARGS(here.name));
    } else {
        struct str missing = without_phase(arena, scenario);
        struct str changes = changes_since(arena, comparison, table, scenario, cand->policy_text);
        comparison->calibration = table;
        comparison->calibrated_rows = set_floors(comparison, arena, &missing, scenario);
        comparison->noise = str_format(
            arena, "%.*s, calibrated by %llu runs%s%s%.*s%.*s", STR_ARGS(here.name),
            (unsigned long long)scenario->runs, table->quick ? " of the exact phase" : "",
            scenario->runs < CALIBRATION_RUNS_FEW ? CALIBRATION_RUNS_FEW_TEXT : "",
            STR_ARGS(missing), STR_ARGS(changes));
    }
}
