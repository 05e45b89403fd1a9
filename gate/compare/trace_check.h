#ifndef GATE_COMPARE_TRACE_CHECK_H
#define GATE_COMPARE_TRACE_CHECK_H

#include "gate/compare/comparison.h"

/*
 * What the execution traces of the steady trials say, and whether gctrace
 * says the same of the same collections: fills comparison->traces. It stays
 * NULL where no trial was asked for one. Never judged.
 *
 * A trace gives its collections no number. They follow one another, so the
 * first one's is that for which the starts by both are least apart, and less
 * than TRACE_START_US in the mean: gctrace's are known to a few ms only
 * (harness/gctrace.h), the more of them the busier the machine. Two figures of
 * one collection are apart when they differ by more than is explained:
 *
 * - gctrace cuts what it prints to two digits, or to whole milliseconds from
 *   10 ms on (fmtNSAsMS in runtime/mgc.go): its figure stands for up to 10 %
 *   and 1 us more.
 * - A stop begins in gctrace right before it does in the trace:
 *   TRACE_BEFORE_NS. It ends in the trace when the others were started again,
 *   which the kernel may put off by a time slice: TRACE_BEHIND_NS.
 * - Assists: gctrace counts marking alone. The trace has it together with
 *   what is around it (TRACE_ASSIST_NS each), and an assist that ended the
 *   collection may have done anything from none to all of it: trace.h.
 *
 * The kernel takes the CPU away from single collections for longer, and a
 * goroutine runs, by the trace, also while its thread waits for a CPU, or for
 * a lock of the runtime whose holder does; so what is said to differ is a
 * side of which more than half of the collections are apart. Of a service
 * that shared two CPUs with its load and other programs the assists were: in
 * 7 of 11 collections, by single assists that took 8 to 19 ms in the trace.
 */
#define TRACE_START_US  50000
#define TRACE_BEFORE_NS 40000
#define TRACE_BEHIND_NS 4000000
#define TRACE_ASSIST_NS 50000

NODISCARD enum status trace_check_add(struct comparison *comparison, struct arena *arena,
                                      const struct comparison_source sources[SIDES],
                                      struct err *err);

#endif
