#include "gate/report/json_finding.h"

#include "gate/report/json_decision.h"
#include "gate/report/phrase.h"

static void write_line(struct json_writer *json, int64_t line)
{
    if (line > 0) {
        json_i64(json, "line", line);
    } else {
        json_null(json, "line");
    }
}

static void write_op(struct json_writer *json, enum alloc_op op)
{
    json_str_or_null(json, "op", str_from(alloc_op_name(op)));
}

/* What a profile of time or goroutines is about has no kind. */
static bool allocates(const struct comparison_row *row)
{
    return metric_profile(row->metric) == PROFILE_KIND_HEAP;
}

static void write_subject(struct json_writer *json, struct arena *arena, struct str scenario,
                          const struct comparison_row *row)
{
    bool whole = row->level == ROW_SCENARIO || row->level == ROW_BENCHMARK;
    bool has_kind = !whole && allocates(row);
    json_object(json, "subject");
    json_str(json, "scenario", scenario);
    json_str_or_null(json, "func", row->func);
    json_str_or_null(json, "short", row->func.len ? name_short(row->func, arena) : row->func);
    json_str_or_null(json, "package", row->package);
    json_str_or_null(json, "kind",
                     has_kind ? str_from(alloc_kind_name(row->kind)) : (struct str){"", 0});
    write_op(json, row->op);
    json_str_or_null(json, "leaf", row->leaf);
    json_str_or_null(json, "file", row->file);
    write_line(json, row->line);
    json_object_end(json);
}

static void write_pair(struct json_writer *json, const char *key, double low, double high)
{
    json_list(json, key);
    json_double(json, NULL, low);
    json_double(json, NULL, high);
    json_list_end(json);
}

static void write_sample_count(struct json_writer *json, const char *key, uint64_t samples)
{
    if (samples >= COMPARISON_SAMPLES_EXACT) {
        json_null(json, key);
    } else {
        json_u64(json, key, samples);
    }
}

/* Only where there are any: what comes of the samples of a profile. */
static void write_samples(struct json_writer *json, const struct comparison_row *row)
{
    if (row->samples[SIDE_BASE] == 0 && row->samples[SIDE_CAND] == 0)
        return;
    json_object(json, "samples");
    if (row->is_alone) {
        json_null(json, "base");
    } else {
        write_sample_count(json, "base", row->samples[SIDE_BASE]);
    }
    write_sample_count(json, "cand", row->samples[SIDE_CAND]);
    json_object_end(json);
}

/* What was judged has the bounds that decided; else those of the estimate, two-sided 99 %. */
static void write_interval(struct json_writer *json, const struct estimate *estimate,
                           const struct finding *finding)
{
    bool judged = finding && finding->family;
    double low = judged ? finding->low : estimate->delta_low;
    double high = judged ? finding->high : estimate->delta_high;
    if (judged ? finding->has_interval : estimate->bounded) {
        write_pair(json, "interval", low, high);
    } else {
        json_null(json, "interval");
    }
}

static void write_cand_interval(struct json_writer *json, const struct estimate *estimate,
                                const struct finding *finding)
{
    if (finding && finding->family) {
        if (finding->has_cand_interval)
            write_pair(json, "cand_interval", finding->cand_low, finding->cand_high);
    } else if (estimate->bounded && estimate->has_cand_interval) {
        write_pair(json, "cand_interval", estimate->cand_low, estimate->cand_high);
    }
}

void json_estimate(struct json_writer *json, const struct comparison_row *row,
                   const struct finding *finding)
{
    const struct estimate *estimate = &row->estimate;
    json_double_or_null(json, "base", estimate->base, !row->is_alone);
    json_double(json, "cand", estimate->cand);
    json_double_or_null(json, "delta", estimate->delta, !row->is_alone);
    if (estimate->has_ratio) {
        json_double(json, "percent", estimate->ratio * 100);
    } else {
        json_null(json, "percent");
    }
    if (row->is_alone) {
        json_null(json, "interval");
    } else {
        write_interval(json, estimate, finding);
    }
    json_str(json, "unit", str_from(unit_name(comparison_row_unit(row))));
    if (row->measured_by.len)
        json_str(json, "measured_by", row->measured_by);
    write_cand_interval(json, estimate, finding);
    write_samples(json, row);
}

static void write_culprits(struct json_writer *json, const struct comparison_row *row)
{
    json_list(json, "culprits");
    for (size_t i = 0; i < row->culprit_count; i++) {
        const struct culprit *culprit = &row->culprits[i];
        json_object(json, NULL);
        json_str(json, "func", culprit->func);
        json_str(json, "short", culprit->short_name);
        json_str_or_null(json, "via", culprit->via);
        json_str_or_null(json, "kind",
                         allocates(row) ? str_from(alloc_kind_name(culprit->kind))
                                        : (struct str){"", 0});
        write_op(json, culprit->op);
        json_str_or_null(json, "file", culprit->file);
        write_line(json, culprit->line);
        json_double(json, "delta", culprit->delta);
        json_object_end(json);
    }
    json_list_end(json);
}

/* Of goroutines: which go statements there are more of. */
static void write_creations(struct json_writer *json, const struct comparison *comparison,
                            const struct comparison_row *row)
{
    json_list(json, "created_by");
    for (size_t i = 0; i < comparison->creation_count; i++) {
        const struct creation *creation = &comparison->creations[i];
        if (!phrase_is_created(row, creation))
            continue;
        json_object(json, NULL);
        json_str(json, "func", creation->func);
        json_str_or_null(json, "by", creation->by);
        json_str_or_null(json, "file", creation->file);
        write_line(json, creation->line);
        json_double_or_null(json, "base", creation->counts[SIDE_BASE], comparison->alone.len == 0);
        json_double(json, "cand", creation->counts[SIDE_CAND]);
        json_object_end(json);
    }
    json_list_end(json);
}

void json_finding(struct json_writer *json, struct arena *arena,
                  const struct judged_scenario *scenario, const struct finding *finding)
{
    const struct comparison_row *row = finding->row;
    struct str_list reasons = phrase_reasons(arena, finding);
    json_object(json, NULL);
    json_str(json, "verdict", str_from(finding_verdict_name(finding->verdict)));
    json_str(json, "severity", str_from(severity_name(finding->rule->severity)));
    json_str(json, "metric", str_from(metric_name(row->metric)));
    json_str(json, "point", str_from(point_name(row->point)));
    write_subject(json, arena, scenario->comparison->scenario, row);
    json_estimate(json, row, finding);
    json_decision(json, finding);
    json_double(json, "moved", row->moved);
    json_double(json, "limit", finding->limit);
    json_str(json, "limit_is", str_from(finding->is_budget ? "maximum" : "increase"));
    json_str(json, "rule", origin_text(arena, &finding->rule->origin));
    json_str(json, "rule_text", rule_describe(arena, finding->rule));
    json_str_or_null(json, "owner", finding->rule->owner);
    write_culprits(json, phrase_culprit_row(scenario, finding));
    write_creations(json, scenario->comparison, row);
    json_list(json, "reasons");
    for (size_t i = 0; i < reasons.len; i++)
        json_str(json, NULL, reasons.items[i]);
    json_list_end(json);
    json_object_end(json);
}
