#ifndef GATE_RECORDING_TABLE_H
#define GATE_RECORDING_TABLE_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * Tables of whole numbers, files of a trial; times count from the moment the load began.
 *
 * SERIES  ten samples a second and a few more of the process and all it
 *         started: resident bytes, PSS (once a second), CPU time since the
 *         load began, threads, open files.
 * SLOW    the slowest hundredth of the requests, RECORDING_SLOW_MAX at most,
 *         from where their latency counts until they were answered; in the
 *         order of that end.
 * CYCLES  collections by gctrace, those that runtime.GC forced as well, in
 *         their order: earliest moment of the start and latest of the end
 *         (they are 1 to 2 ms wide of the truth: harness/gctrace.h), how long the stop
 *         before, the marking and the stop behind it took, CPU time of assists and
 *         of everything, heap when it began, when it ended and what was
 *         found live, and the goal. Lines that other output tore are not in it.
 * MEMSTATS  runtime.MemStats about twice a second (heap?debug=1, which forces
 *         nothing), when its answer had come; pause_ns is what the collections
 *         since the row before stopped the program for, "-" in the first row
 *         and where there were more than the 256 that MemStats keeps.
 * TRACED  the same collections by an execution trace (profile/trace.h): asked
 *         for and over, both stops, and of the assists that began within it
 *         how long they ran, which part of that was of assists that ended the
 *         collection, and how many there were.
 * GCTRACE as CYCLES, over the time of the trace and a little more.
 * GROWTH  requests between `warm` and the profile growth-N.pb.gz of row N.
 */
enum {
    RECORDING_GROWTH_MAX = 3,
    RECORDING_SLOW_MAX = 1000,    /* requests in slow.txt */
    RECORDING_ROWS_MAX = 1000000, /* of a table */
};

#define RECORD_CYCLES_HEAD                                                                         \
    "# number forced from_us until_us sweep_ns mark_ns termination_ns assist_ns cpu_ns "           \
    "start_bytes end_bytes live_bytes goal_bytes"
#define RECORD_TABLE_MAP(X)                                                                         \
    X(SERIES, "series.txt", "# ms rss_bytes pss_bytes cpu_ns threads fds")                          \
    X(SLOW, "slow.txt", "# from_us until_us")                                                       \
    X(MEMSTATS, "memstats.txt",                                                                     \
      "# ms total_alloc_bytes mallocs frees heap_alloc_bytes heap_inuse_bytes heap_released_bytes " \
      "stack_bytes next_gc_bytes gc_count forced_gc_count pause_ns")                                \
    X(GROWTH, "growth.txt", "# requests")                                                           \
    X(TRACED, "trace-gc.txt",                                                                       \
      "# from_us until_us sweep_ns termination_ns assist_running_ns assist_ending_ns assists")      \
    X(GCTRACE, "trace-gctrace.txt", RECORD_CYCLES_HEAD)                                             \
    X(CYCLES, "gc.txt", RECORD_CYCLES_HEAD)

enum record_table {
#define X(symbol, file, head) TABLE_##symbol,
    RECORD_TABLE_MAP(X)
#undef X
        RECORD_TABLES
};

enum series_column {
    SERIES_MS,
    SERIES_RSS,
    SERIES_PSS,
    SERIES_CPU,
    SERIES_THREADS,
    SERIES_FDS,
    SERIES_COLUMNS
};
enum memstats_column {
    MEMSTATS_MS,
    MEMSTATS_TOTAL_ALLOC,
    MEMSTATS_MALLOCS,
    MEMSTATS_FREES,
    MEMSTATS_HEAP_ALLOC,
    MEMSTATS_HEAP_INUSE,
    MEMSTATS_HEAP_RELEASED,
    MEMSTATS_STACK,
    MEMSTATS_NEXT_GC,
    MEMSTATS_GC_COUNT,
    MEMSTATS_FORCED,
    MEMSTATS_PAUSE,
    MEMSTATS_COLUMNS
};
enum growth_column { GROWTH_REQUESTS, GROWTH_COLUMNS };
enum slow_column { SLOW_FROM, SLOW_UNTIL, SLOW_COLUMNS };
enum traced_column {
    TRACED_FROM,
    TRACED_UNTIL,
    TRACED_SWEEP,
    TRACED_TERMINATION,
    TRACED_ASSIST_RUNNING,
    TRACED_ASSIST_ENDING,
    TRACED_ASSISTS,
    TRACED_COLUMNS
};
enum cycle_column {
    CYCLE_NUMBER,
    CYCLE_FORCED,
    CYCLE_FROM,
    CYCLE_UNTIL,
    CYCLE_SWEEP,
    CYCLE_MARK,
    CYCLE_TERMINATION,
    CYCLE_ASSIST,
    CYCLE_CPU,
    CYCLE_START,
    CYCLE_END,
    CYCLE_LIVE,
    CYCLE_GOAL,
    CYCLE_COLUMNS
};

/* From `from` of a cycle its true start is at most this far. */
#define RECORDING_CYCLE_START_US 2000

/*
 * The kernel walks every page for PSS, and the service waits for it: of a
 * process that has more than this it is not looked at.
 */
#define RECORDING_PSS_RSS_BYTES_MAX (512ULL << 20)

/* Not looked at: "-" in the file. */
#define RECORD_NONE UINT64_MAX

struct record_rows {
    uint64_t *values; /* row by row */
    size_t len;       /* rows */
    size_t columns;
};

static inline uint64_t record_at(const struct record_rows *rows, size_t row, size_t column)
{
    return rows->values[row * rows->columns + column];
}

/* A table in a trial's directory: "series.txt". */
struct str recording_table_file(struct arena *arena, struct str trial_dir, enum record_table table);
/* `values`: `len` rows of the table's columns. STATUS_LIMIT when they are no file of 64 MiB. */
NODISCARD enum status recording_table_write(struct str file, enum record_table table,
                                            const uint64_t *values, size_t len, struct err *err);

#endif
