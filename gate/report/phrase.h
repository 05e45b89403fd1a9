#ifndef GATE_REPORT_PHRASE_H
#define GATE_REPORT_PHRASE_H

#include "gate/report/report.h"

/*
 * The words that text and Markdown share. Everything returned lives in
 * the arena and is printable (str_printable), not yet escaped for a
 * particular sink.
 */

/* "alloc_space", "inuse_space at warm", "p99". */
struct str phrase_metric(struct arena *arena, const struct comparison_row *row);
/* "whole scenario", "map allocations", "price.(*Book).Price", "BenchmarkEncode". */
struct str phrase_subject(struct arena *arena, const struct comparison_row *row);
/* A value of the row: "15.4 KiB/request". */
struct str phrase_value(struct arena *arena, const struct comparison_row *row, double value);
/* A change of it: "+2.8 KiB/request". */
struct str phrase_delta(struct arena *arena, const struct comparison_row *row, double change);
/* A part of a whole: "43.9 %". */
struct str phrase_share(struct arena *arena, double ratio);
/* That of the baseline; "-" where there is none. */
struct str phrase_base(struct arena *arena, const struct comparison_row *row);
/* "+2.8 KiB/request (+18.4 %)"; "+6.6 points" of a share; "-" without a baseline. */
struct str phrase_change(struct arena *arena, const struct comparison_row *row);
/*
 * "[+18.3 %, +18.5 %]", or in the row's unit where no percentage exists;
 * "candidate [17.2 %, 20.8 %]" for a budget of what has an interval of
 * its own; "no interval".
 */
struct str phrase_interval(struct arena *arena, const struct finding *finding);
/* "+788 B/request", or "at most 64 MiB" for budgets. */
struct str phrase_limit(struct arena *arena, const struct finding *finding);
/* A function as people read it: short, printable, and no longer than a line or two. */
struct str phrase_name(struct arena *arena, struct str func);
/* "price/price.go:77"; empty when unknown. */
struct str phrase_place(struct arena *arena, struct str file, int64_t line);
/* "map", or "map grow" where the operation is known. */
struct str phrase_kind(struct arena *arena, enum alloc_kind kind, enum alloc_op op);
/* The same of something in the row; empty where nothing was allocated: time, goroutines. */
struct str phrase_row_kind(struct arena *arena, const struct comparison_row *row,
                           enum alloc_kind kind, enum alloc_op op);
/* "price.(*Book).Price  price/price.go:77  map  +2.8 KiB/request" without the separators. */
struct str phrase_via(struct arena *arena, const struct culprit *culprit);
/* What the numbers do not say: new, gone, renamed, the finding's own reason. NULL-ended list. */
struct str_list phrase_reasons(struct arena *arena, const struct finding *finding);
/* "memgate.yaml:12: alloc_space max_increase_percent 5 %: not judged: no baseline", each rule. */
struct str_list phrase_unjudged(struct arena *arena, const struct judged_scenario *scenario);
/* What kept rules from being judged, where that and nothing else is why there is no verdict. */
struct str phrase_why_none(const struct judgement *judgement);
/* No scenario was in the baseline, and no rule speaks of any: the verdict is no claim. */
bool phrase_is_all_new(const struct judgement *judgement);
/* verdict_name, or that nothing was judged. */
const char *phrase_scenario_verdict(const struct judged_scenario *scenario);
/* " (`max:` rules alone were judged: no baseline)", so that a pass looks no wider than it is. */
struct str phrase_budgets_only(struct arena *arena, const struct judgement *judgement);
/* Why the scenario has no verdict; empty when it has one. */
struct str_list phrase_invalid(struct arena *arena, const struct judged_scenario *scenario);
/* What a reader must know besides: why a phase was not compared is told once, there or here. */
struct str_list phrase_notes(struct arena *arena, const struct judged_scenario *scenario);
/* A change of the finding's row as its interval is shown: "+3.1 %", "+64 B/request". */
struct str phrase_growth(struct arena *arena, const struct finding *finding, double change);
/*
 * What can be told from none here, and what it would take to see the
 * limit: "a growth of +3.1 % can be told from none here (9 times of 10);
 * the limit takes about 9 trials a side". Empty where it is not known.
 */
struct str phrase_power(struct arena *arena, const struct finding *finding);
/* " (8100 requests)": what so many trials are; nothing where a trial has none, or nobody knows. */
struct str phrase_requests(struct arena *arena, const struct finding *finding, double trials);
/*
 * "machine class linux-...-2cpu, calibrated by 5 runs", or why there is no
 * calibration; empty where nothing was measured.
 */
struct str phrase_noise(struct arena *arena, const struct judged_scenario *scenario);
/* "main (3f21c09)". */
struct str phrase_side(struct arena *arena, const struct record_program *program);
/* "BLOCKED: 2 of 9 rules broken, worst ..."; one sentence about the whole judgement. */
struct str phrase_headline(struct arena *arena, const struct judgement *judgement);
/* "BLOCK", "REVIEW", "ALERT", "UNSURE", "BETTER", "ok". */
const char *phrase_tag(enum finding_verdict verdict);
/* The culprits of a finding; benchmarks borrow those of their whole process. */
const struct comparison_row *phrase_culprit_row(const struct judged_scenario *scenario,
                                                const struct finding *finding);
/* "map 43.9 %, slice 35.5 %": what the candidate's bytes are; empty when there are none. */
struct str phrase_kinds(struct arena *arena, const struct comparison *comparison);
/* "call target 99.2 %, unknown 0 %": how that was found; empty when there are none. */
struct str phrase_told_by(struct arena *arena, const struct comparison *comparison);
/* True when a finding about resident memory is listed and it can be explained. */
bool phrase_shows_rss(const struct judged_scenario *scenario);
/* "19.9 MiB at end: live heap 8.2 MiB, GC headroom 9.1 MiB ..." of one side. */
struct str phrase_rss(struct arena *arena, const struct comparison *comparison, enum side side);
/* What most of the growth between the sides is; empty when there is none to speak of. */
struct str phrase_rss_growth(struct arena *arena, const struct comparison *comparison);
/* "HTTP/2 over TCP, 16 connections of 50 requests at a time"; empty for benchmarks. */
struct str phrase_transport(struct arena *arena, const struct record_scenario *record);
/* What a side's connections met, over all its trials. */
struct engine_sums {
    bool is_known; /* of one trial at least */
    uint64_t reconnects;
    uint64_t sent_again;
};
struct engine_sums phrase_engine_sums(const struct record_scenario *record, enum side side);
/* Connections opened and requests sent once more; empty where there were none, or nobody counted. */
struct str phrase_again(struct arena *arena, const struct record_scenario *record);
/* The largest of each over a phase's trials; clocks.is_known once one of them was at a rate. */
struct clocks_worst {
    struct record_clocks clocks;
    uint64_t late_p99_ns;
};
struct clocks_worst phrase_clocks_worst(const struct record_scenario *record, enum phase phase);
/* How late memgate itself was and what both clocks said, by the worst trial; empty if unknown. */
struct str phrase_clocks(struct arena *arena, const struct record_scenario *record,
                         enum phase phase);
/* "threads 8, open files 12, ..." of one side's steady trials; empty where nothing is known. */
struct str phrase_process(struct arena *arena, const struct comparison *comparison, enum side side);
/*
 * "HeapInuse 12 MiB -> 30 MiB at 3.2 s (trial 1), ..." of one side, the
 * first few; empty where nothing happened or nobody looked.
 */
struct str phrase_heap(struct arena *arena, const struct comparison *comparison, enum side side);
const char *phrase_heap_what(enum heap_what what); /* as verdict.json has it: "heap_inuse" */
/* True for a finding about p99 that can be tied to the collector, or found to be of another cause. */
bool phrase_shows_tie(const struct judged_scenario *scenario, const struct finding *finding);
/*
 * "of the candidate's slowest 30 requests 61 % overlap a collection (by chance
 * 9 %: tied to it), 12 % one of its stops (by chance 11 %)"
 */
struct str phrase_tie(struct arena *arena, const struct comparison *comparison, enum side side);
/*
 * "3.0 s of 1 trial: the collector stopped the program 16 times for 1.7 ms
 * (longest 320 us) and was at work 11.6 % of the time; 14 assists ran 3.0 ms",
 * or why it was not measured.
 */
struct str phrase_trace(struct arena *arena, const struct trace_side *side);
/*
 * "gctrace of 12 of 12 whole collections: stops 1.6 ms, by the trace 1.7 ms;
 * assists 3.0 ms, by the trace 3.1 ms", and whether they differ by more than
 * is explained; empty where nothing was measured.
 */
struct str phrase_trace_check(struct arena *arena, const struct trace_side *side);
/* "goroutines waited (summed) sync 7.4 ms, ..."; likewise. */
struct str phrase_trace_waits(struct arena *arena, const struct trace_side *side);
/*
 * What the times depend on: "2 CPUs, nothing pinned: load and service share
 * them; governor not visible; load average 0.5 to 3.2".
 */
struct str phrase_machine(struct arena *arena, const struct record_scenario *record,
                          const struct record_environment *environment);
/* The same, empty where no time was measured that depends on it. */
struct str phrase_times_machine(struct arena *arena, const struct record_scenario *record,
                                const struct record_environment *environment);
/* "512 MiB of memory, 2 CPUs (control groups, version 1)"; empty when there were none. */
struct str phrase_limits(struct arena *arena, const struct record_scenario *record);
/* What --isolate gave; empty when it was not asked for. */
struct str phrase_isolation(const struct record_environment *environment);
/* From the lowest to the highest of all trials; false when it was not measured. */
bool phrase_load_range(double *low, double *high, const struct record_scenario *record);
/* Of all trials, "a, b" where they differ; empty when it was not visible, or not looked at. */
struct str phrase_governor(struct arena *arena, const struct record_scenario *record);
/* True where more of a row's goroutines come of the creation than did. */
bool phrase_is_created(const struct comparison_row *row, const struct creation *creation);
/* "main.wait created by main.spawn at main.go:39: 0 -> 105"; those that grew most. */
struct str_list phrase_creations(struct arena *arena, const struct comparison *comparison,
                                 const struct comparison_row *row);
/* Count of listed findings with the verdict. */
size_t phrase_count(const struct judged_scenario *scenario, enum finding_verdict verdict);

#endif
