#include "gate/compare/tool_rows.h"

#include <math.h>

#include "gate/base/buf.h"
#include "gate/base/num.h"
#include "gate/compare/validity.h"
#include "gate/stats/sample.h"

enum { SIDE_BYTES_MAX = 400 };

/* Quantiles are read from decimals, so that equal ones are equal up to this. */
#define QUANTILE_SAME 1e-9

static const struct record_quantile *find_quantile(const struct record_tool *tool, double quantile)
{
    for (size_t i = 0; i < tool->latency_count; i++) {
        if (fabs(tool->latency[i].quantile - quantile) < QUANTILE_SAME)
            return &tool->latency[i];
    }
    return NULL;
}

double tool_quantile(const struct record_trial *trial, double quantile)
{
    const struct record_quantile *found = trial->tool ? find_quantile(trial->tool, quantile) : NULL;
    return found ? (double)found->ns : -1;
}

static double worst_rounding(const struct record_scenario *record, enum side side, double quantile)
{
    double worst_ns = 0;
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        const struct record_tool *tool = record->trials[side][PHASE_STEADY][t].tool;
        const struct record_quantile *found = tool ? find_quantile(tool, quantile) : NULL;
        if (found)
            worst_ns = fmax(worst_ns, (double)found->rounding_ns);
    }
    return worst_ns;
}

/* The ratio that is furthest down, and up, when both values are wrong by their rounding. */
void tool_widen(struct estimate *estimate, const struct record_scenario *record, double quantile)
{
    double base_ns = worst_rounding(record, SIDE_BASE, quantile);
    double cand_ns = worst_rounding(record, SIDE_CAND, quantile);
    double base = estimate->base;
    double cand = estimate->cand;
    estimate->slack += base_ns + cand_ns;
    estimate->delta_low -= base_ns + cand_ns;
    estimate->delta_high += base_ns + cand_ns;
    if (!estimate->has_ratio || base_ns + cand_ns <= 0)
        return;
    if (base <= base_ns || cand <= cand_ns) {
        /* All of the value may be rounding: nothing is known of a ratio. */
        estimate->bounded = false;
        return;
    }
    double down = (1 - cand_ns / cand) / (1 + base_ns / base);
    double up = (1 + cand_ns / cand) / (1 - base_ns / base);
    estimate->ratio_low = (1 + estimate->ratio_low) * down - 1;
    estimate->ratio_high = (1 + estimate->ratio_high) * up - 1;
}

static const struct record_tool *first_tool(const struct record_scenario *record)
{
    for (int phase = 0; phase < PHASES; phase++) {
        for (int side = 0; side < SIDES; side++) {
            if (record->trial_count[side][phase] > 0)
                return record->trials[side][phase][0].tool;
        }
    }
    return NULL;
}

struct str tool_of(const struct record_scenario *record)
{
    const struct record_tool *tool = first_tool(record);
    return tool ? tool->format : (struct str){"", 0};
}

bool tool_counts_agree(const struct record_trial *a, const struct record_trial *b, double first,
                       double other)
{
    double tolerance =
        a->tool && b->tool ? fmin(a->tool->count_tolerance, b->tool->count_tolerance) : 0;
    return fabs(first - other) <= tolerance * fmax(first, other);
}

/* Of the side's steady trials; negative when one of them has none. */
static double median_of(const struct record_scenario *record, enum side side,
                        double (*value)(const struct record_trial *trial, double argument),
                        double argument)
{
    double values[RECORDING_TRIALS_MAX];
    size_t count = record->trial_count[side][PHASE_STEADY];
    for (size_t t = 0; t < count; t++) {
        values[t] = value(&record->trials[side][PHASE_STEADY][t], argument);
        if (values[t] < 0)
            return -1;
    }
    if (count == 0)
        return -1;
    return sample_median(values, count);
}

static double count_of(const struct record_trial *trial, double argument)
{
    (void)argument;
    return trial->tool ? (double)trial->tool->request_count : -1;
}

static double errors_of(const struct record_trial *trial, double argument)
{
    (void)argument;
    return trial->tool && trial->tool->has_errors ? (double)trial->tool->error_count : -1;
}

static double wall_of(const struct record_trial *trial, double argument)
{
    (void)argument;
    return trial->tool ? (double)trial->tool->wall_ns : -1;
}

static double rate_of(const struct record_trial *trial, double argument)
{
    (void)argument;
    return trial->tool && trial->tool->rate_per_second > 0 ? trial->tool->rate_per_second : -1;
}

static void write_side(struct buf *out, const struct record_scenario *record, enum side side)
{
    static const struct {
        const char *name;
        double quantile;
    } rows[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1}};
    double rate = median_of(record, side, rate_of, 0);
    double errors = median_of(record, side, errors_of, 0);
    buf_printf(out, "%s %.0f requests in ", side_name(side), median_of(record, side, count_of, 0));
    unit_write(out, UNIT_NS, median_of(record, side, wall_of, 0), false);
    if (rate >= 0)
        buf_printf(out, " (%.1f/s)", rate);
    if (errors >= 0)
        buf_printf(out, ", %.0f errors", errors);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double ns = median_of(record, side, tool_quantile, rows[i].quantile);
        if (ns < 0)
            continue;
        buf_printf(out, ", %s ", rows[i].name);
        unit_write(out, UNIT_NS, ns, false);
    }
}

static void note_figures(struct comparison *comparison, struct arena *arena,
                         const struct record_tool *tool)
{
    const struct record_scenario *record = comparison->record;
    struct buf sides[SIDES];
    bool is_alone = comparison->alone.len > 0;
    for (enum side side = 0; side < SIDES; side++) {
        buf_init(&sides[side], SIDE_BYTES_MAX);
        if (!is_alone || side == SIDE_CAND)
            write_side(&sides[side], record, side);
    }
    comparison_note(comparison, arena, "load by %.*s (medians of the steady trials): %.*s%s%.*s",
                    STR_ARGS(str_printable(arena, str_slice(tool->program, 0, SIDE_BYTES_MAX))),
                    STR_ARGS(buf_view(&sides[SIDE_BASE])), is_alone ? "" : "; ",
                    STR_ARGS(buf_view(&sides[SIDE_CAND])));
    for (int side = 0; side < SIDES; side++)
        buf_release(&sides[side]);
}

static bool lacks_p99(const struct record_scenario *record)
{
    for (enum side side = 0; side < SIDES; side++) {
        if (median_of(record, side, tool_quantile, 0.99) < 0)
            return true;
    }
    return false;
}

void tool_note(struct comparison *comparison, struct arena *arena)
{
    const struct record_scenario *record = comparison->record;
    const struct record_tool *tool = first_tool(record);
    if (!tool)
        return;
    comparison->has_no_latency = str_equal(tool->format, STR("none"));
    if (record->trial_count[SIDE_BASE][PHASE_STEADY] == 0 ||
        record->trial_count[SIDE_CAND][PHASE_STEADY] == 0)
        return;
    note_figures(comparison, arena, tool);
    if (comparison->has_no_latency) {
        comparison->latency_refusal = STR("load.output is none, so no latency was read");
        comparison_note(comparison, arena, "latency was not measured: %.*s",
                        STR_ARGS(comparison->latency_refusal));
        return;
    }
    if (lacks_p99(record)) {
        comparison->latency_refusal =
            str_format(arena,
                       "the result that %.*s wrote lacks it (docs/load.md says how each tool "
                       "is made to write it)",
                       STR_ARGS(tool->format));
    }
    comparison_note(comparison, arena,
                    "latency is what %.*s measured, in processes that ran one after the other: it "
                    "is no duet, and needs larger changes to be seen",
                    STR_ARGS(tool->format));
}
