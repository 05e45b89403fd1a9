#include "gate/report/phrase.h"

#include <math.h>

#include "gate/judge/floored.h"

/* A name fills a line or two at most; its end tells methods apart and stays. */
enum { PHRASE_BYTES_MAX = 4096, SHA_SHOWN = 12, CLIP_HEAD_BYTES = 140, CLIP_TAIL_BYTES = 60 };

/* Runs a unit writer into an arena string. */
static struct str written(struct arena *arena, enum unit unit, double value, bool sign)
{
    struct buf buf;
    buf_init(&buf, PHRASE_BYTES_MAX);
    unit_write(&buf, unit, value, sign);
    struct str out = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return out;
}

/* The difference of two percentages is in points: "+5 %" of 10 % could also be 10.5 %. */
static struct str points(struct arena *arena, double ratio)
{
    struct str text = written(arena, UNIT_RATIO, ratio, true);
    return str_format(arena, "%.*s points", (int)(text.len - strlen(" %")), text.data);
}

static struct str percent(struct arena *arena, double ratio)
{
    return written(arena, UNIT_RATIO, ratio, true);
}

/* Benchmarks count operations where services count requests. */
static struct str per_what(struct arena *arena, const struct comparison_row *row, struct str text)
{
    struct str request = STR("/request");
    if (row->level != ROW_BENCHMARK || !str_ends_with(text, request))
        return text;
    return str_format(arena, "%.*s/op", (int)(text.len - request.len), text.data);
}

/* Text that a hostile profile made too long to read loses its middle, between characters. */
static struct str clipped(struct arena *arena, struct str text)
{
    size_t head = CLIP_HEAD_BYTES;
    size_t tail = text.len - CLIP_TAIL_BYTES;
    if (text.len <= CLIP_HEAD_BYTES + CLIP_TAIL_BYTES)
        return text;
    while (head > 0 && ((unsigned char)text.data[head] & 0xc0) == 0x80)
        head--;
    while (tail < text.len && ((unsigned char)text.data[tail] & 0xc0) == 0x80)
        tail++;
    struct str end = str_slice(text, tail, text.len);
    return str_format(arena, "%.*s...%.*s", (int)head, text.data, STR_ARGS(end));
}

struct str phrase_name(struct arena *arena, struct str func)
{
    return clipped(arena, str_printable(arena, name_short(func, arena)));
}

struct str phrase_metric(struct arena *arena, const struct comparison_row *row)
{
    bool live = row->metric == METRIC_INUSE_SPACE || row->metric == METRIC_INUSE_OBJECTS ||
                row->metric == METRIC_GOROUTINES;
    const char *name = metric_name(row->metric);
    if (row->measured_by.len) {
        return str_format(arena, "%s by %.*s", name,
                          STR_ARGS(str_printable(arena, row->measured_by)));
    }
    if (!live)
        return str_from(name);
    return str_format(arena, "%s at %s", name, point_name(row->point));
}

struct str phrase_subject(struct arena *arena, const struct comparison_row *row)
{
    const char *kind = alloc_kind_name(row->kind);
    switch (row->level) {
    case ROW_SCENARIO:
        return STR("whole scenario");
    case ROW_KIND:
        return str_format(arena, "%s allocations", kind);
    case ROW_BENCHMARK:
    case ROW_FUNCTION:
        return phrase_name(arena, row->func);
    case ROW_FUNCTION_KIND: {
        struct str name = phrase_name(arena, row->func);
        return str_format(arena, "%.*s (%s)", STR_ARGS(name), kind);
    }
    }
    return STR("");
}

struct str phrase_value(struct arena *arena, const struct comparison_row *row, double value)
{
    return per_what(arena, row, written(arena, comparison_row_unit(row), value, false));
}

struct str phrase_base(struct arena *arena, const struct comparison_row *row)
{
    return row->is_alone ? STR("-") : phrase_value(arena, row, row->estimate.base);
}

struct str phrase_change(struct arena *arena, const struct comparison_row *row)
{
    enum unit unit = comparison_row_unit(row);
    if (row->is_alone)
        return STR("-");
    if (unit == UNIT_RATIO)
        return points(arena, row->estimate.delta);
    struct str delta = per_what(arena, row, written(arena, unit, row->estimate.delta, true));
    if (!row->estimate.has_ratio)
        return delta;
    return str_format(arena, "%.*s (%.*s)", STR_ARGS(delta),
                      STR_ARGS(percent(arena, row->estimate.ratio)));
}

struct bounds {
    bool known;
    double low;
    double high;
};

/* Of the bounds that decided; a row that no rule judged has those of its estimate. */
static struct bounds change_bounds(const struct finding *finding)
{
    const struct estimate *estimate = &finding->row->estimate;
    if (finding->family)
        return (struct bounds){finding->has_interval, finding->low, finding->high};
    return (struct bounds){estimate->bounded, estimate->delta_low, estimate->delta_high};
}

/* What a budget was held against is the candidate alone. */
static struct bounds cand_bounds(const struct finding *finding)
{
    const struct estimate *estimate = &finding->row->estimate;
    if (finding->family)
        return (struct bounds){finding->has_cand_interval, finding->cand_low, finding->cand_high};
    bool known = estimate->bounded && finding->is_budget && estimate->has_cand_interval;
    return (struct bounds){known, estimate->cand_low, estimate->cand_high};
}

struct str phrase_interval(struct arena *arena, const struct finding *finding)
{
    const struct comparison_row *row = finding->row;
    const struct estimate *estimate = &row->estimate;
    struct bounds change = change_bounds(finding);
    struct bounds cand = cand_bounds(finding);
    enum unit unit = comparison_row_unit(row);
    if (!change.known)
        return STR("no interval");
    if (cand.known) {
        struct str low = written(arena, unit, cand.low, false);
        struct str high = written(arena, unit, cand.high, false);
        return str_format(arena, "candidate [%.*s, %.*s]", STR_ARGS(low), STR_ARGS(high));
    }
    double whole = estimate->has_ratio ? estimate->base : 1;
    unit = estimate->has_ratio ? UNIT_RATIO : unit;
    struct str low = written(arena, unit, change.low / whole, true);
    struct str high = written(arena, unit, change.high / whole, true);
    return str_format(arena, "[%.*s, %.*s]", STR_ARGS(low), STR_ARGS(high));
}

struct str phrase_limit(struct arena *arena, const struct finding *finding)
{
    const struct comparison_row *row = finding->row;
    if (!finding->is_budget)
        return per_what(arena, row, written(arena, comparison_row_unit(row), finding->limit, true));
    enum unit unit = finding->rule->max_share.set ? UNIT_RATIO : comparison_row_unit(row);
    return str_format(arena, "at most %.*s", STR_ARGS(written(arena, unit, finding->limit, false)));
}

struct str phrase_place(struct arena *arena, struct str file, int64_t line)
{
    if (file.len == 0)
        return STR("");
    struct str path = clipped(arena, str_printable(arena, file));
    return str_format(arena, "%.*s:%lld", STR_ARGS(path), (long long)line);
}

struct str phrase_kind(struct arena *arena, enum alloc_kind kind, enum alloc_op op)
{
    const char *name = alloc_kind_name(kind);
    return op == ALLOC_OP_NONE ? str_from(name)
                               : str_format(arena, "%s %s", name, alloc_op_name(op));
}

struct str phrase_row_kind(struct arena *arena, const struct comparison_row *row,
                           enum alloc_kind kind, enum alloc_op op)
{
    return metric_profile(row->metric) == PROFILE_KIND_HEAP ? phrase_kind(arena, kind, op)
                                                            : (struct str){"", 0};
}

struct str phrase_via(struct arena *arena, const struct culprit *culprit)
{
    if (culprit->via.len == 0)
        return STR("");
    struct str via = phrase_name(arena, culprit->via);
    return str_format(arena, "called by %.*s", STR_ARGS(via));
}

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
    enum unit unit = comparison_row_unit(row);
    double called = row->estimate.delta - own->estimate.delta;
    struct str lost = per_what(arena, row, written(arena, unit, own->lost, false));
    struct str more = per_what(arena, row, written(arena, unit, fabs(called), false));
    return str_format(arena,
                      "itself lost %.*s, but what it calls has %.*s %s: judged by its stacks",
                      STR_ARGS(lost), STR_ARGS(more), called < 0 ? "less" : "more");
}

struct str phrase_growth(struct arena *arena, const struct finding *finding, double change)
{
    const struct comparison_row *row = finding->row;
    if (row->estimate.has_ratio && !finding->is_budget)
        return percent(arena, change / row->estimate.base);
    return per_what(arena, row, written(arena, comparison_row_unit(row), change, true));
}

/* "for the limit it takes about 9 trials a side" */
static struct str needed_text(struct arena *arena, const struct finding *finding)
{
    if (!isfinite(finding->times_needed))
        return STR("no number of trials would show the limit");
    if (finding->row->estimate.method == ESTIMATE_SAMPLED) {
        return str_format(arena, "the limit takes about %.0f times the requests",
                          ceil(finding->times_needed));
    }
    return str_format(arena, "the limit takes about %.0f trials a side",
                      ceil(finding->times_needed * (double)finding->trials));
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
        struct str amount =
            per_what(arena, row, written(arena, comparison_row_unit(row), row->moved, true));
        struct str where = moved_where(arena, row);
        out.items[out.len++] =
            str_format(arena, "%.*s of it moved %.*s", STR_ARGS(amount), STR_ARGS(where));
    }
    return out;
}

struct str_list phrase_invalid(struct arena *arena, const struct judged_scenario *scenario)
{
    const struct comparison *comparison = scenario->comparison;
    size_t most = comparison->invalid_count + scenario->refusals.len;
    struct str_list out = {ARENA_ARRAY(arena, struct str, most + 1), 0};
    for (size_t i = 0; i < comparison->invalid_count; i++)
        out.items[out.len++] = comparison->invalid[i];
    for (size_t i = 0; i < scenario->refusals.len; i++)
        out.items[out.len++] = scenario->refusals.items[i];
    return out;
}

static bool any_contains(const struct str_list *texts, struct str part)
{
    for (size_t i = 0; i < texts->len; i++) {
        if (str_contains(texts->items[i], part))
            return true;
    }
    return false;
}

/* Said as the reason of no verdict already. */
static bool is_told(struct str note, const struct str_list *invalid, struct str refusal)
{
    return refusal.len > 0 && str_contains(note, refusal) && any_contains(invalid, refusal);
}

struct str_list phrase_notes(struct arena *arena, const struct judged_scenario *scenario)
{
    const struct comparison *comparison = scenario->comparison;
    struct str_list invalid = phrase_invalid(arena, scenario);
    size_t most = comparison->note_count + scenario->notes.len;
    struct str_list out = {ARENA_ARRAY(arena, struct str, most + 1), 0};
    for (size_t i = 0; i < comparison->note_count; i++) {
        struct str note = comparison->notes[i];
        bool told = is_told(note, &invalid, comparison->steady_refusal);
        for (size_t kind = 0; kind < PROFILE_KINDS; kind++)
            told = told || is_told(note, &invalid, comparison->profile_refusals[kind]);
        if (!told)
            out.items[out.len++] = note;
    }
    for (size_t i = 0; i < scenario->notes.len; i++)
        out.items[out.len++] = scenario->notes.items[i];
    return out;
}

struct str phrase_side(struct arena *arena, const struct record_program *program)
{
    struct str label = str_printable(arena, program->label);
    struct str sha = str_slice(program->revision, 0, SHA_SHOWN);
    if (label.len == 0 || str_starts_with(program->revision, program->label))
        return str_printable(arena, sha);
    return str_format(arena, "%.*s (%.*s)", STR_ARGS(label), STR_ARGS(sha));
}

const char *phrase_tag(enum finding_verdict verdict)
{
    static const char *const tags[] = {"BLOCK", "REVIEW", "ALERT", "UNSURE", "BETTER", "ok"};
    return tags[verdict];
}

size_t phrase_count(const struct judged_scenario *scenario, enum finding_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < scenario->finding_count; i++)
        count += scenario->findings[i].verdict == verdict;
    return count;
}

const struct comparison_row *phrase_culprit_row(const struct judged_scenario *scenario,
                                                const struct finding *finding)
{
    if (finding->row->level != ROW_BENCHMARK)
        return finding->row;
    const struct comparison *comparison = scenario->comparison;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->level == ROW_SCENARIO && row->metric == finding->row->metric)
            return row;
    }
    return finding->row;
}

static double candidate_bytes(const struct comparison *comparison)
{
    double total = 0;
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++)
        total += comparison->kinds[kind].bytes[SIDE_CAND];
    return total;
}

/* Appends ", NAME SHARE %". */
static struct str with_share(struct arena *arena, struct str text, const char *name, double share)
{
    struct str percent_text = written(arena, UNIT_RATIO, share, false);
    return str_format(arena, "%.*s%s%s %.*s", STR_ARGS(text), text.len ? ", " : "", name,
                      STR_ARGS(percent_text));
}

struct str phrase_kinds(struct arena *arena, const struct comparison *comparison)
{
    double total = candidate_bytes(comparison);
    struct str out = {"", 0};
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
        double bytes = comparison->kinds[kind].bytes[SIDE_CAND];
        if (bytes > 0)
            out = with_share(arena, out, alloc_kind_name((enum alloc_kind)kind), bytes / total);
    }
    return out;
}

struct str phrase_told_by(struct arena *arena, const struct comparison *comparison)
{
    static const enum alloc_how order[] = {ALLOC_HOW_CALL, ALLOC_HOW_CHAIN, ALLOC_HOW_NAME,
                                           ALLOC_HOW_UNKNOWN};
    double total = candidate_bytes(comparison);
    struct str out = {"", 0};
    for (size_t i = 0; i < ARRAY_LEN(order) && total > 0; i++) {
        double share = comparison->how_bytes[order[i]][SIDE_CAND] / total;
        if (share > 0 || order[i] == ALLOC_HOW_UNKNOWN)
            out = with_share(arena, out, alloc_how_name(order[i]), share);
    }
    return out;
}

static struct str count_phrase(struct arena *arena, const struct judgement *judgement,
                               enum finding_verdict verdict, const char *one, const char *many)
{
    size_t count = 0;
    for (size_t i = 0; i < judgement->scenario_count; i++)
        count += phrase_count(&judgement->scenarios[i], verdict);
    if (count == 0)
        return STR("");
    return str_format(arena, ", %zu %s", count, count == 1 ? one : many);
}

/* "15.4 KiB/request, at most 12 KiB/request" */
static struct str alone_phrase(struct arena *arena, const struct finding *finding)
{
    const struct comparison_row *row = finding->row;
    struct str limit = phrase_limit(arena, finding);
    bool is_share = finding->rule->max_share.set && !finding->rule->max.set;
    struct str value = is_share ? written(arena, UNIT_RATIO, row->cand_share, false)
                                : phrase_value(arena, row, row->estimate.cand);
    return str_format(arena, "%.*s, %.*s", STR_ARGS(value), STR_ARGS(limit));
}

/* The first finding of the first blocked scenario: what a reader wants to know at once. */
static struct str worst_phrase(struct arena *arena, const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        const struct judged_scenario *scenario = &judgement->scenarios[i];
        if (scenario->verdict != VERDICT_BLOCKED)
            continue;
        const struct finding *worst = &scenario->findings[0];
        const struct comparison_row *row = phrase_culprit_row(scenario, worst);
        struct str much =
            worst->row->is_alone ? alone_phrase(arena, worst) : phrase_change(arena, worst->row);
        struct str what = str_format(arena, "%.*s %.*s", STR_ARGS(phrase_metric(arena, worst->row)),
                                     STR_ARGS(much));
        if (row->culprit_count == 0)
            return what;
        const struct culprit *culprit = &row->culprits[0];
        struct str name = phrase_name(arena, culprit->func);
        struct str place = phrase_place(arena, culprit->file, culprit->line);
        struct str most =
            str_format(arena, "%.*s, most of it in %.*s", STR_ARGS(what), STR_ARGS(name));
        struct str kind = phrase_row_kind(arena, row, culprit->kind, ALLOC_OP_NONE);
        if (place.len)
            most = str_format(arena, "%.*s at %.*s", STR_ARGS(most), STR_ARGS(place));
        if (kind.len == 0)
            return most;
        return str_format(arena, "%.*s (%.*s)", STR_ARGS(most), STR_ARGS(kind));
    }
    return STR("");
}

static bool all_identical(const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        if (!judgement->scenarios[i].comparison->record->identical)
            return false;
    }
    return judgement->scenario_count > 0;
}

struct str phrase_headline(struct arena *arena, const struct judgement *judgement)
{
    struct str unsure = count_phrase(arena, judgement, FINDING_INCONCLUSIVE, "rule inconclusive",
                                     "rules inconclusive");
    struct str review = count_phrase(arena, judgement, FINDING_REVIEW, "to review", "to review");
    switch (judgement->verdict) {
    case VERDICT_BLOCKED:
        return str_format(arena, "BLOCKED: %.*s", STR_ARGS(worst_phrase(arena, judgement)));
    case VERDICT_NONE:
        if (phrase_why_none(judgement).len)
            return str_format(arena, "NO VERDICT: %.*s", STR_ARGS(phrase_why_none(judgement)));
        return STR("NO VERDICT: the measurement cannot be trusted");
    case VERDICT_INCONCLUSIVE:
        return str_format(arena, "INCONCLUSIVE at the trial budget%.*s%.*s", STR_ARGS(unsure),
                          STR_ARGS(review));
    case VERDICT_PASS:
        break;
    }
    if (phrase_is_all_new(judgement))
        return STR("NOTHING JUDGED: new, and no `max:` rule speaks of it");
    if (all_identical(judgement))
        return STR("PASS: both revisions build byte-identical binaries; nothing was measured");
    return str_format(arena, "PASS: no rule broken%.*s%.*s%s%.*s", STR_ARGS(review),
                      STR_ARGS(unsure), judgement->quick ? " (memory only: --quick)" : "",
                      STR_ARGS(phrase_budgets_only(arena, judgement)));
}
