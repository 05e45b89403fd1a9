#ifndef GATE_HARNESS_BENCH_OUTPUT_H
#define GATE_HARNESS_BENCH_OUTPUT_H

#include "gate/base/err.h"
#include "gate/recording/recording.h"

enum { BENCHMARKS_MAX = 10000 };

/*
 * Finds the result lines of `go test -bench -benchmem` in what a test
 * binary printed ("BenchmarkX-2   2000   123 ns/op   45 B/op   6
 * allocs/op", other units skipped) and sets benchmarks, benchmark_count
 * and request_count (the sum of iterations) of the trial. `processors`
 * is the value of GOMAXPROCS, which Go appends to names unless it is 1.
 */
NODISCARD enum status bench_output_parse(struct record_trial *out, struct arena *arena,
                                         struct str text, struct str processors, struct err *err);

#endif
