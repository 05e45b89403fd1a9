#include "gate/report/phrase.h"

/* A name fills a line or two at most; its end tells methods apart and stays. */
enum { PHRASE_BYTES_MAX = 4096, SHA_SHOWN = 12, CLIP_HEAD_BYTES = 140, CLIP_TAIL_BYTES = 60 };

/* Runs a unit writer into an arena string. */
static struct str written(struct arena *arena, enum unit unit, double value, bool sign)
{
    struct buf buf;
    buf_init(&buf, PHRASE_BYTES_MAX);
    unit_write(&buf, unit, value, sign);
    return buf_take(&buf, arena);
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

struct str phrase_delta(struct arena *arena, const struct comparison_row *row, double change)
{
    return per_what(arena, row, written(arena, comparison_row_unit(row), change, true));
}

struct str phrase_share(struct arena *arena, double ratio)
{
    return written(arena, UNIT_RATIO, ratio, false);
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
    struct str delta = phrase_delta(arena, row, row->estimate.delta);
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
        return phrase_delta(arena, row, finding->limit);
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

struct str phrase_growth(struct arena *arena, const struct finding *finding, double change)
{
    const struct comparison_row *row = finding->row;
    if (row->estimate.has_ratio && !finding->is_budget)
        return percent(arena, change / row->estimate.base);
    return phrase_delta(arena, row, change);
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
