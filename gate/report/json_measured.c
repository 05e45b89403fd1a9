#include "gate/report/json_measured.h"

#include "gate/report/json_decision.h"
#include "gate/report/json_finding.h"
#include "gate/report/json_load.h"
#include "gate/report/json_trace.h"
#include "gate/report/phrase.h"

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
    json_double_or_null(json, "base", values[SIDE_BASE], comparison->alone.len == 0);
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
        json_str_or_null(json, "entry", entry->entry);
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

void json_measured(struct json_writer *json, struct arena *arena,
                   const struct comparison *comparison)
{
    json_object(json, "measured");
    json_str_or_null(json, "transport", comparison->record->transport);
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
        json_estimate(json, row, NULL);
        json_object_end(json);
    }
    json_list_end(json);
    write_kinds(json, comparison);
    write_rss(json, comparison);
    write_tie(json, comparison);
    json_trace_write(json, comparison);
    json_write_limits(json, &comparison->record->limits);
    json_write_machine(json, arena, comparison->record);
    write_heap(json, comparison);
    json_write_load(json, comparison->record);
    json_noise(json, comparison);
    json_object_end(json);
}
