#include <math.h>

#include "gate/judge/floored.h"
#include "gate/report/phrase.h"

/* "here from orders.Place and 2 more" */
static struct str moved_where(struct arena *arena, const struct comparison_row *row)
{
    size_t count = 0;
    if (row->moved < 0)
        return STR("to other functions");
    /* The largest come first; of the last nothing may have moved in this metric. */
    while (count < row->source_count && row->sources[count].amount > 0)
        count++;
    if (count == 0)
        return STR("here from other functions");
    struct str from = phrase_name(arena, row->sources[0].func);
    if (count == 1)
        return str_format(arena, "here from %.*s", STR_ARGS(from));
    return str_format(arena, "here from %.*s and %zu more", STR_ARGS(from), count - 1);
}

/* "itself allocates 640 B/request less, what it calls 1.13 KiB/request more" */
static struct str called_phrase(struct arena *arena, const struct finding *finding)
{
    const struct comparison_row *row = finding->row;
    const struct comparison_row *own = finding->own;
    double called = row->estimate.delta - own->estimate.delta;
    struct str lost = phrase_value(arena, row, own->lost);
    struct str more = phrase_value(arena, row, fabs(called));
    return str_format(arena,
                      "itself lost %.*s, but what it calls has %.*s %s: judged by its stacks",
                      STR_ARGS(lost), STR_ARGS(more), called < 0 ? "less" : "more");
}

struct str phrase_requests(struct arena *arena, const struct finding *finding, double trials)
{
    if (finding->requests == 0)
        return STR("");
    return str_format(arena, " (%.0f requests)", trials * (double)finding->requests);
}

/* "the limit takes about 9 trials a side (8100 requests)" */
static struct str needed_text(struct arena *arena, const struct finding *finding)
{
    if (!isfinite(finding->times_needed))
        return STR("no number of trials would show the limit");
    double trials = ceil(finding->times_needed * (double)finding->trials);
    if (finding->row->estimate.method == ESTIMATE_SAMPLED && finding->requests == 0) {
        return str_format(arena, "the limit takes about %.0f times the requests",
                          ceil(finding->times_needed));
    }
    return str_format(arena, "the limit takes about %.0f trials a side%.*s", trials,
                      STR_ARGS(phrase_requests(arena, finding, trials)));
}

struct str phrase_power(struct arena *arena, const struct finding *finding)
{
    if (!isfinite(finding->detectable) || finding->times_needed <= 0)
        return STR("");
    struct str least = phrase_growth(arena, finding, finding->detectable);
    if (finding->times_needed <= 1) {
        return str_format(arena, "too near the limit: %.*s beyond it would be seen 9 times of 10",
                          STR_ARGS(least));
    }
    struct str needed = needed_text(arena, finding);
    return str_format(arena, "a growth of %.*s can be told from none here (9 times of 10); %.*s",
                      STR_ARGS(least), STR_ARGS(needed));
}

/* "of 195 samples on the baseline, 173 on the candidate"; a side without any error is exact. */
static struct str samples_phrase(struct arena *arena, const struct comparison_row *row,
                                 const char *what)
{
    static const char *const sides[SIDES] = {"baseline", "candidate"};
    struct str parts[SIDES];
    const uint64_t *samples = row->samples;
    if (row->is_alone && samples[SIDE_CAND] >= COMPARISON_SAMPLES_EXACT)
        return STR("exact");
    if (row->is_alone) {
        return str_format(arena, "of %llu %ssamples", (unsigned long long)samples[SIDE_CAND], what);
    }
    if (samples[SIDE_BASE] < COMPARISON_SAMPLES_EXACT &&
        samples[SIDE_CAND] < COMPARISON_SAMPLES_EXACT) {
        return str_format(arena, "of %llu %ssamples on the baseline, %llu on the candidate",
                          (unsigned long long)samples[SIDE_BASE], what,
                          (unsigned long long)samples[SIDE_CAND]);
    }
    for (int side = 0; side < SIDES; side++) {
        if (samples[side] >= COMPARISON_SAMPLES_EXACT) {
            parts[side] = str_format(arena, "exact on the %s", sides[side]);
        } else {
            parts[side] = str_format(arena, "of %llu %ssamples on the %s",
                                     (unsigned long long)samples[side], what, sides[side]);
        }
    }
    return str_format(arena, "%.*s, %.*s", STR_ARGS(parts[SIDE_BASE]), STR_ARGS(parts[SIDE_CAND]));
}

struct str_list phrase_reasons(struct arena *arena, const struct finding *finding)
{
    const struct comparison_row *row = finding->row;
    struct str_list out = {ARENA_ARRAY(arena, struct str, 8), 0};
    bool named = row_is_of_function(row);
    if (finding->reason.len)
        out.items[out.len++] = finding->reason;
    if (finding->own)
        out.items[out.len++] = called_phrase(arena, finding);
    struct str power = phrase_power(arena, finding);
    if (finding->verdict == FINDING_INCONCLUSIVE && !finding->is_settled && power.len)
        out.items[out.len++] = power;
    if (finding_is_floored(finding)) {
        out.items[out.len++] = STR(
            "spread of calibration: a revision differed from itself by more than these trials do");
    }
    bool allocates = metric_has_kinds(row->metric);
    if (row->samples[SIDE_CAND] || (allocates && row->samples[SIDE_BASE])) {
        out.items[out.len++] = samples_phrase(arena, row, allocates ? "" : "CPU ");
    }
    if (named && row->is_new) {
        out.items[out.len++] = allocates ? STR("allocates nothing on the baseline")
                                         : STR("is in no profile of the baseline");
    }
    if (named && row->is_gone) {
        out.items[out.len++] = allocates ? STR("allocates nothing on the candidate")
                                         : STR("is in no profile of the candidate");
    }
    if (named && row->base_func.len) {
        out.items[out.len++] =
            str_format(arena, "was %.*s", STR_ARGS(phrase_name(arena, row->base_func)));
    }
    if (named && fabs(row->moved) > 0) {
        struct str amount = phrase_delta(arena, row, row->moved);
        struct str where = moved_where(arena, row);
        out.items[out.len++] =
            str_format(arena, "%.*s of it moved %.*s", STR_ARGS(amount), STR_ARGS(where));
    }
    return out;
}
