#include "gate/codec/json.h"
#include "gate/report/json_decision.h"
#include "gate/report/json_load.h"
#include "gate/report/json_trace.h"
#include "gate/report/phrase.h"

/* The stable machine interface: config/verdict.schema.json. */
#define VERDICT_SCHEMA "memgate.verdict/1"

struct json_report {
    struct json_writer json;
    struct arena *arena;
    const struct judged_scenario *scenario;
};

static void write_str_or_null(struct json_writer *json, const char *key, struct str value)
{
    if (value.len) {
        json_str(json, key, value);
    } else {
        json_null(json, key);
    }
}

static void write_double_or_null(struct json_writer *json, const char *key, double value,
                                 bool is_known)
{
    if (is_known) {
        json_double(json, key, value);
    } else {
        json_null(json, key);
    }
}

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
    write_str_or_null(json, "op", str_from(alloc_op_name(op)));
}

/* What a profile of time or goroutines is about has no kind. */
static bool allocates(const struct comparison_row *row)
{
    return metric_profile(row->metric) == PROFILE_KIND_HEAP;
}

static void write_subject(struct json_report *report, const struct comparison_row *row)
{
    struct json_writer *json = &report->json;
    bool whole = row->level == ROW_SCENARIO || row->level == ROW_BENCHMARK;
    bool has_kind = !whole && allocates(row);
    json_object(json, "subject");
    json_str(json, "scenario", report->scenario->comparison->scenario);
    write_str_or_null(json, "func", row->func);
    write_str_or_null(json, "short",
                      row->func.len ? name_short(row->func, report->arena) : row->func);
    write_str_or_null(json, "package", row->package);
    write_str_or_null(json, "kind",
                      has_kind ? str_from(alloc_kind_name(row->kind)) : (struct str){"", 0});
    write_op(json, row->op);
    write_str_or_null(json, "leaf", row->leaf);
    write_str_or_null(json, "file", row->file);
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

/* `finding` is NULL for a row that is only listed. */
static void write_estimate(struct json_writer *json, const struct comparison_row *row,
                           const struct finding *finding)
{
    const struct estimate *estimate = &row->estimate;
    write_double_or_null(json, "base", estimate->base, !row->is_alone);
    json_double(json, "cand", estimate->cand);
    write_double_or_null(json, "delta", estimate->delta, !row->is_alone);
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

static void write_culprits(struct json_report *report, const struct comparison_row *row)
{
    struct json_writer *json = &report->json;
    json_list(json, "culprits");
    for (size_t i = 0; i < row->culprit_count; i++) {
        const struct culprit *culprit = &row->culprits[i];
        json_object(json, NULL);
        json_str(json, "func", culprit->func);
        json_str(json, "short", culprit->short_name);
        write_str_or_null(json, "via", culprit->via);
        write_str_or_null(json, "kind",
                          allocates(row) ? str_from(alloc_kind_name(culprit->kind))
                                         : (struct str){"", 0});
        write_op(json, culprit->op);
        write_str_or_null(json, "file", culprit->file);
        write_line(json, culprit->line);
        json_double(json, "delta", culprit->delta);
        json_object_end(json);
    }
    json_list_end(json);
}

/* Of goroutines: which go statements there are more of. */
static void write_creations(struct json_report *report, const struct comparison_row *row)
{
    struct json_writer *json = &report->json;
    const struct comparison *comparison = report->scenario->comparison;
    json_list(json, "created_by");
    for (size_t i = 0; i < comparison->creation_count; i++) {
        const struct creation *creation = &comparison->creations[i];
        if (!phrase_is_created(row, creation))
            continue;
        json_object(json, NULL);
        json_str(json, "func", creation->func);
        write_str_or_null(json, "by", creation->by);
        write_str_or_null(json, "file", creation->file);
        write_line(json, creation->line);
        write_double_or_null(json, "base", creation->counts[SIDE_BASE], comparison->alone.len == 0);
        json_double(json, "cand", creation->counts[SIDE_CAND]);
        json_object_end(json);
    }
    json_list_end(json);
}

static void write_finding(struct json_report *report, const struct finding *finding)
{
    struct json_writer *json = &report->json;
    const struct comparison_row *row = finding->row;
    struct str_list reasons = phrase_reasons(report->arena, finding);
    json_object(json, NULL);
    json_str(json, "verdict", str_from(finding_verdict_name(finding->verdict)));
    json_str(json, "severity", str_from(severity_name(finding->rule->severity)));
    json_str(json, "metric", str_from(metric_name(row->metric)));
    json_str(json, "point", str_from(point_name(row->point)));
    write_subject(report, row);
    write_estimate(json, row, finding);
    json_decision(json, finding);
    json_double(json, "moved", row->moved);
    json_double(json, "limit", finding->limit);
    json_str(json, "limit_is", str_from(finding->is_budget ? "maximum" : "increase"));
    json_str(json, "rule", origin_text(report->arena, &finding->rule->origin));
    json_str(json, "rule_text", rule_describe(report->arena, finding->rule));
    write_str_or_null(json, "owner", finding->rule->owner);
    write_culprits(report, phrase_culprit_row(report->scenario, finding));
    write_creations(report, row);
    json_list(json, "reasons");
    for (size_t i = 0; i < reasons.len; i++)
        json_str(json, NULL, reasons.items[i]);
    json_list_end(json);
    json_object_end(json);
}

static void write_moved(struct json_report *report)
{
    const struct comparison *comparison = report->scenario->comparison;
    json_list(&report->json, "moved");
    for (size_t i = 0; i < comparison->moved_count; i++) {
        json_object(&report->json, NULL);
        json_str(&report->json, "from", comparison->moved[i].from);
        json_str(&report->json, "to", comparison->moved[i].to);
        json_double(&report->json, "bytes", comparison->moved[i].bytes);
        json_str(&report->json, "metric", str_from(metric_name(comparison->moved[i].metric)));
        json_object_end(&report->json);
    }
    json_list_end(&report->json);
}

static void write_pairs(struct json_report *report)
{
    const struct comparison *comparison = report->scenario->comparison;
    json_list(&report->json, "pairs");
    for (size_t i = 0; i < comparison->paired_count; i++) {
        const struct paired *paired = &comparison->paired[i];
        json_object(&report->json, NULL);
        json_str(&report->json, "base", paired->base);
        json_str(&report->json, "cand", paired->cand);
        json_str(&report->json, "step", str_from(pair_step_name(paired->step)));
        json_object_end(&report->json);
    }
    json_list_end(&report->json);
}

static void write_texts(struct json_writer *json, const char *key, const struct str *texts,
                        size_t count)
{
    json_list(json, key);
    for (size_t i = 0; i < count; i++)
        json_str(json, NULL, texts[i]);
    json_list_end(json);
}

static void write_phase(struct json_writer *json, const struct record_scenario *record,
                        enum phase phase)
{
    const struct record_trial *first = record->trials[SIDE_CAND][phase];
    size_t count = record->trial_count[SIDE_CAND][phase];
    json_object(json, phase_name(phase));
    json_u64(json, "baseline_trials", record->trial_count[SIDE_BASE][phase]);
    json_u64(json, "candidate_trials", count);
    json_u64(json, "requests", count ? first->request_count : 0);
    json_write_clocks(json, record, phase);
    json_object_end(json);
}

/* The members of both sides; null of a baseline that there is none of. */
static void write_sides(struct json_writer *json, const struct comparison *comparison,
                        const double values[SIDES])
{
    write_double_or_null(json, "base", values[SIDE_BASE], comparison->alone.len == 0);
    json_double(json, "cand", values[SIDE_CAND]);
}

static void write_both(struct json_writer *json, const char *key,
                       const struct comparison *comparison, const double bytes[SIDES])
{
    json_object(json, key);
    write_sides(json, comparison, bytes);
    json_object_end(json);
}

static void write_kind(struct json_writer *json, const struct comparison *comparison,
                       enum alloc_kind kind)
{
    const struct kind_share *share = &comparison->kinds[kind];
    json_object(json, alloc_kind_name(kind));
    write_sides(json, comparison, share->bytes);
    json_object(json, "ops");
    for (size_t op = ALLOC_OP_NONE + 1; op < ALLOC_OPS; op++) {
        if (share->op_bytes[op][SIDE_BASE] > 0 || share->op_bytes[op][SIDE_CAND] > 0)
            write_both(json, alloc_op_name((enum alloc_op)op), comparison, share->op_bytes[op]);
    }
    json_object_end(json);
    json_object_end(json);
}

/* What was allocated, how that was found out, and what no table knows; bytes per request. */
static void write_kinds(struct json_writer *json, const struct comparison *comparison)
{
    json_object(json, "kinds");
    for (enum alloc_kind kind = 0; kind < ALLOC_KINDS; kind++)
        write_kind(json, comparison, kind);
    json_object_end(json);
    json_object(json, "told_by");
    for (size_t how = 0; how < ALLOC_HOWS; how++) {
        write_both(json, alloc_how_name((enum alloc_how)how), comparison,
                   comparison->how_bytes[how]);
    }
    json_object_end(json);
    json_list(json, "unlisted");
    for (size_t i = 0; i < comparison->unlisted_count; i++) {
        const struct unlisted_entry *entry = &comparison->unlisted[i];
        json_object(json, NULL);
        write_str_or_null(json, "entry", entry->entry);
        json_bool(json, "runtime", entry->is_runtime);
        write_sides(json, comparison, entry->bytes);
        json_object_end(json);
    }
    json_list_end(json);
}

/* What resident memory is for, at the point "end"; null where it was not measured. */
static void write_rss(struct json_writer *json, const struct comparison *comparison)
{
    static const char *const keys[RSS_PARTS] = {"live_heap", "gc_headroom", "stacks",
                                                "runtime_metadata", "rest"};
    const struct rss_side *rss = comparison->rss;
    if (!comparison->has_rss) {
        json_null(json, "rss");
        return;
    }
    json_object(json, "rss");
    write_both(json, "total", comparison,
               (const double[SIDES]){rss[SIDE_BASE].total, rss[SIDE_CAND].total});
    for (size_t i = 0; i < RSS_PARTS; i++) {
        write_both(json, keys[i], comparison,
                   (const double[SIDES]){rss[SIDE_BASE].parts[i], rss[SIDE_CAND].parts[i]});
    }
    json_object_end(json);
}

static void write_overlap(struct json_writer *json, const char *key, const struct overlap *overlap)
{
    json_object(json, key);
    json_double(json, "share", overlap_share(overlap));
    json_double(json, "by_chance", overlap_by_chance(overlap));
    json_double(json, "p", overlap_p(overlap));
    json_double(json, "time_share", overlap_time_share(overlap));
    json_object_end(json);
}

/* The slowest requests beside the collector; null where it was not measured. */
static void write_tie(struct json_writer *json, const struct comparison *comparison)
{
    static const char *const keys[SIDES] = {"base", "cand"};
    if (!comparison->has_tie) {
        json_null(json, "slowest_requests");
        return;
    }
    json_object(json, "slowest_requests");
    for (enum side side = 0; side < SIDES; side++) {
        if (side < comparison_first_side(comparison)) {
            json_null(json, keys[side]);
            continue;
        }
        const struct tie_side *tie = &comparison->tie[side];
        json_object(json, keys[side]);
        json_u64(json, "requests", tie->cycles.events);
        json_u64(json, "collections", tie->cycle_count);
        json_u64(json, "collections_lost", tie->lost_count);
        write_overlap(json, "overlap_collection", &tie->cycles);
        write_overlap(json, "overlap_stop", &tie->stops);
        json_object_end(json);
    }
    json_object_end(json);
}

static void write_heap_side(struct json_writer *json, const char *key, const struct heap_side *heap)
{
    json_object(json, key);
    json_u64(json, "samples", heap->samples);
    if (heap->has_polls) {
        json_u64(json, "polls_lost", heap->polls_lost);
    } else {
        json_null(json, "polls_lost");
    }
    json_u64(json, "pauses_lost", heap->pauses_lost);
    json_list(json, "marks");
    for (size_t i = 0; i < heap->mark_count; i++) {
        const struct heap_mark *mark = &heap->marks[i];
        json_object(json, NULL);
        json_str(json, "what", str_from(phrase_heap_what(mark->what)));
        json_u64(json, "trial", mark->trial);
        json_double(json, "ms", mark->ms);
        json_double(json, "before", mark->before);
        json_double(json, "after", mark->after);
        json_object_end(json);
    }
    json_list_end(json);
    json_object_end(json);
}

/* What happened to the heap within the load; null where it was not looked at. */
static void write_heap(struct json_writer *json, const struct comparison *comparison)
{
    if (!comparison->has_heap) {
        json_null(json, "heap_series");
        return;
    }
    json_object(json, "heap_series");
    if (comparison->alone.len > 0) {
        json_null(json, "base");
    } else {
        write_heap_side(json, "base", &comparison->heap[SIDE_BASE]);
    }
    write_heap_side(json, "cand", &comparison->heap[SIDE_CAND]);
    json_object_end(json);
}

/* Every number of the whole scenario, judged or not. */
static void write_measured(struct json_report *report)
{
    struct json_writer *json = &report->json;
    const struct comparison *comparison = report->scenario->comparison;
    json_object(json, "measured");
    if (comparison->record->transport.len) {
        json_str(json, "transport", comparison->record->transport);
    } else {
        json_null(json, "transport");
    }
    for (int phase = 0; phase < PHASES; phase++)
        write_phase(json, comparison->record, (enum phase)phase);
    json_list(json, "metrics");
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->level != ROW_SCENARIO)
            continue;
        json_object(json, NULL);
        json_str(json, "metric", str_from(metric_name(row->metric)));
        json_str(json, "point", str_from(point_name(row->point)));
        write_estimate(json, row, NULL);
        json_object_end(json);
    }
    json_list_end(json);
    write_kinds(json, comparison);
    write_rss(json, comparison);
    write_tie(json, comparison);
    json_trace_write(json, comparison);
    json_write_limits(json, &comparison->record->limits);
    json_write_machine(json, report->arena, comparison->record);
    write_heap(json, comparison);
    json_write_load(json, comparison->record);
    json_noise(json, comparison);
    json_object_end(json);
}

static void write_side(struct json_writer *json, const char *key,
                       const struct record_program *program)
{
    json_object(json, key);
    json_str(json, "label", program->label);
    json_str(json, "revision", program->revision);
    json_str(json, "go_version", program->go_version);
    json_str(json, "module", program->module);
    json_str(json, "arch", program->arch);
    json_str(json, "binary_sha256", program->sha256);
    json_object_end(json);
}

/* What compare noted, and what judge did. */
static struct str_list joined_notes(struct arena *arena, const struct judged_scenario *scenario)
{
    const struct comparison *comparison = scenario->comparison;
    size_t most = comparison->note_count + scenario->notes.len;
    struct str_list out = {ARENA_ARRAY(arena, struct str, most + 1), 0};
    for (size_t i = 0; i < comparison->note_count; i++)
        out.items[out.len++] = comparison->notes[i];
    for (size_t i = 0; i < scenario->notes.len; i++)
        out.items[out.len++] = scenario->notes.items[i];
    return out;
}

/* Rules that no finding speaks for, and why. */
static void write_unjudged(struct json_report *report)
{
    struct json_writer *json = &report->json;
    const struct judged_scenario *scenario = report->scenario;
    json_list(json, "not_judged");
    for (size_t i = 0; i < scenario->unjudged_count; i++) {
        const struct rule *rule = scenario->unjudged[i];
        json_object(json, NULL);
        json_str(json, "rule", origin_text(report->arena, &rule->origin));
        json_str(json, "rule_text", rule_describe(report->arena, rule));
        json_str(json, "severity", str_from(severity_name(rule->severity)));
        json_str(json, "metric", str_from(metric_name(rule->metric)));
        json_str(json, "why", scenario->why_unjudged);
        json_object_end(json);
    }
    json_list_end(json);
}

static void write_scenario(struct json_report *report)
{
    struct json_writer *json = &report->json;
    const struct judged_scenario *scenario = report->scenario;
    const struct comparison *comparison = scenario->comparison;
    json_object(json, NULL);
    json_str(json, "name", comparison->scenario);
    json_str(json, "verdict", str_from(verdict_name(scenario->verdict)));
    json_bool(json, "identical_binaries", comparison->record->identical);
    write_str_or_null(json, "alone", comparison->alone);
    json_bool(json, "nothing_judged", scenario->nothing_judged);
    if (comparison->alone.len > 0) {
        json_null(json, "baseline");
    } else {
        write_side(json, "baseline", &comparison->record->programs[SIDE_BASE]);
    }
    write_side(json, "candidate", &comparison->record->programs[SIDE_CAND]);
    json_list(json, "findings");
    for (size_t i = 0; i < scenario->finding_count; i++)
        write_finding(report, &scenario->findings[i]);
    json_list_end(json);
    write_unjudged(report);
    write_pairs(report);
    write_moved(report);
    write_measured(report);
    struct str_list invalid = phrase_invalid(report->arena, scenario);
    write_texts(json, "invalid", invalid.items, invalid.len);
    struct str_list notes = joined_notes(report->arena, scenario);
    write_texts(json, "notes", notes.items, notes.len);
    json_object_end(json);
}

static void write_environment(struct json_writer *json,
                              const struct record_environment *environment)
{
    json_object(json, "environment");
    json_str(json, "memgate_version", environment->memgate_version);
    json_str(json, "os", environment->os);
    json_str(json, "arch", environment->arch);
    json_str(json, "cpu_model", environment->cpu_model);
    json_u64(json, "cpu_count", environment->cpu_count);
    json_str(json, "kernel", environment->kernel);
    json_bool(json, "pinned", environment->pinned);
    json_object(json, "isolation");
    json_bool(json, "network", environment->isolation.network);
    json_bool(json, "process", environment->isolation.process);
    json_bool(json, "user", environment->isolation.user);
    json_object_end(json);
    json_object_end(json);
}

void report_json(struct buf *out, struct arena *arena, const struct report_input *input)
{
    struct json_report report = {.arena = arena};
    struct json_writer *json = &report.json;
    const struct judgement *judgement = input->judgement;
    json_begin(json, out);
    json_object(json, NULL);
    json_str(json, "schema", STR(VERDICT_SCHEMA));
    json_str(json, "verdict", str_from(verdict_name(judgement->verdict)));
    json_i64(json, "exit_code", verdict_exit_code(judgement->verdict));
    json_bool(json, "quick", judgement->quick);
    json_object(json, "policy");
    json_str(json, "name", input->recording->policy_name);
    write_str_or_null(json, "revision", input->recording->policy_revision);
    json_u64(json, "rules", judgement->rule_count);
    json_u64(json, "judged", judgement->judged_rules);
    json_object_end(json);
    json_list(json, "scenarios");
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        report.scenario = &judgement->scenarios[i];
        write_scenario(&report);
    }
    json_list_end(json);
    write_environment(json, &input->recording->environment);
    json_object_end(json);
    json_finish(json);
}
