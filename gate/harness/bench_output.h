#ifndef GATE_HARNESS_BENCH_OUTPUT_H
#define GATE_HARNESS_BENCH_OUTPUT_H

#include "gate/base/err.h"
#include "gate/policy/policy.h"
#include "gate/recording/recording.h"

enum { BENCHMARKS_MAX = 10000, BENCH_PASSES_MAX = 50 };

/*
 * Finds the result lines of `go test -bench -benchmem` in what a test
 * binary printed ("BenchmarkX-2   2000   123 ns/op   45 B/op   6
 * allocs/op", other units skipped) and sets benchmarks, benchmark_count
 * and request_count (the sum of iterations) of the trial. `processors`
 * is the value of GOMAXPROCS, which Go appends to names unless it is 1.
 * With -test.count each benchmark has so many lines, one behind the other:
 * of `passes` (1 to BENCH_PASSES_MAX) of them it has the medians, but for the
 * first, which is cold.
 */
NODISCARD enum status bench_output_parse(struct record_trial *out, struct arena *arena,
                                         struct str text, struct str processors, size_t passes,
                                         struct err *err);

/*
 * The benchmarks among what `-test.list` printed, sorted, each once:
 * lines that are names as Go takes them for benchmarks, nothing else on
 * them. Borrowed from `text`.
 */
NODISCARD enum status bench_output_names(struct str_list *out, struct arena *arena, struct str text,
                                         struct err *err);

/* One alternative of a -test.bench expression. */
struct bench_term {
    struct str head;              /* for top-level names; never empty */
    struct str rest;              /* for the names below, from the slash on; may be empty */
    struct str_list names[SIDES]; /* benchmarks that match the head, as bench_output_names gives */
};

/*
 * Cuts the expression where Go 1.20 does: at a "|" or "/" outside of
 * brackets. One without such a slash is one term as a whole. The names
 * are the caller's to fill in. Returns how many.
 */
size_t bench_terms_split(struct bench_term **out, struct arena *arena, struct str expression);
/*
 * What both sides can run: the expression itself when they have the
 * same benchmarks, else one that names those of both, with the rest of
 * each term kept; "" when there is none.
 */
struct str bench_terms_pick(struct arena *arena, struct str expression,
                            const struct bench_term *terms, size_t count);
/*
 * "baseline: none; candidate: BenchmarkB, BenchmarkC and 2 more": what
 * one side has and the other has not. At most 1000 bytes.
 */
struct str bench_terms_lone(struct arena *arena, const struct bench_term *terms, size_t count);

#endif
