#ifndef GATE_HARNESS_GCTRACE_H
#define GATE_HARNESS_GCTRACE_H

#include "gate/base/str.h"
#include "gate/recording/recording.h"

/*
 * What GODEBUG=gctrace=1 has a Go program print at each collection (Go
 * 1.19 to 1.27; the documentation of package runtime describes the line):
 *
 *   gc 3 @0.013s 1%: 0.071+1.6+0.005 ms clock, 0.14+0.038/0.11/0.085+0.010 ms cpu,
 *   3->5->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P
 *
 * The runtime writes it in some forty pieces, so that what the program
 * prints meanwhile can stand in the middle of it: such a line is lost. The
 * numbers of the lines tell how many were.
 */
enum {
    GCTRACE_LINE_BYTES_MAX = 512,
    /*
     * Collections of a load: 400 a second over a quarter of an hour. More
     * would fill our memory, and the file of a recording.
     */
    GCTRACE_CYCLES_MAX = 400000,
};

/*
 * Where a cycle lies on our clock. "@0.013s" is the time since the runtime
 * began, on the same kernel clock, cut to whole milliseconds; nobody says
 * when that was. But no line arrives before its cycle is over, so arrival
 * less "@" less the cycle's own length is never before that moment, and the
 * least of it over all lines is late by little: the shortest delay of a line
 * and the smallest part of a millisecond that was cut off. So `from` of a
 * cycle is taken GCTRACE_SLACK_NS before what that gives, and the true start
 * lies within RECORDING_CYCLE_START_US behind it. Parts from 10 ms up are
 * printed in whole milliseconds; the end is taken to be late by those, and
 * is never behind the arrival of the line. Of 1289 cycles below 10 ms (Go
 * 1.26, six processes, held against PauseEnd of MemStats) the start was 0.8
 * to 1.9 ms behind `from`.
 */
#define GCTRACE_SLACK_NS 1000000

struct gctrace_line {
    uint64_t number;  /* of the collection, from 1 */
    uint64_t stop_ns; /* nothing else ran: sweep termination and mark termination */
    uint64_t assist_ns;
    uint64_t cpu_ns;     /* assists, workers in the background and on idle processors, stops */
    uint64_t goal_bytes; /* 0: none (GOGC=off) */
    bool is_forced;      /* by runtime.GC */
    uint64_t at_ns;      /* since the runtime began, in whole milliseconds */
    uint64_t sweep_ns;   /* the stop for sweep termination */
    uint64_t mark_ns;
    uint64_t termination_ns; /* the stop for mark termination */
    uint64_t start_bytes;    /* heap, in whole MiB */
    uint64_t end_bytes;
    uint64_t live_bytes;
};

/* One line of the load and when its end arrived. */
struct gctrace_cycle {
    struct gctrace_line line;
    uint64_t arrived_ns;
};

/* A line without its end; false when it is none, or a torn one. */
bool gctrace_parse(struct gctrace_line *out, struct str line);

/* The lines of one process, as its output arrives in pieces. */
struct gctrace {
    struct arena *arena; /* the cycles live here */
    char line[GCTRACE_LINE_BYTES_MAX];
    size_t line_len;
    bool is_cut; /* the line is longer than that, and so none of ours */
    enum { GCTRACE_BEFORE, GCTRACE_LOAD, GCTRACE_AFTER } window;
    bool is_flood;          /* more than GCTRACE_CYCLES_MAX; the rest was not kept */
    bool is_mixed;          /* the numbers do not rise: several programs print */
    uint64_t last_number;   /* of any line */
    uint64_t number_before; /* the last one before the load; 0: none */
    uint64_t number_after;  /* the first one after it; 0: none */
    uint64_t began_ns;      /* upper bound of when the runtime began; UINT64_MAX: no line came */
    struct gctrace_cycle *cycles; /* during the load, forced ones too */
    size_t cycle_count;
    size_t cycle_cap;
};

void gctrace_init(struct gctrace *trace, struct arena *arena);
/* What arrived at `now_ns`. */
void gctrace_feed(struct gctrace *trace, const char *data, size_t len, uint64_t now_ns);
/* What is fed from here on belongs to the load, and from gctrace_end on no longer. */
void gctrace_begin(struct gctrace *trace);
void gctrace_end(struct gctrace *trace);
/*
 * Once the load's cycles were summed and given as rows: the next ones that
 * gctrace_begin and gctrace_end enclose are kept in their place.
 */
void gctrace_forget(struct gctrace *trace);
/*
 * What the load cost, once lines from before and after it were fed: the
 * collections that memgate forces at its points give them. `load_cpu_ns`
 * is the CPU time of the process during the load. Without such lines, or
 * with more than half of the load's lost, out->refusal says why there is
 * nothing.
 */
void gctrace_summarize(const struct gctrace *trace, struct arena *arena, uint64_t load_cpu_ns,
                       struct record_gc *out);
/*
 * The load's cycles as rows of TABLE_CYCLES, in the arena; times count from
 * origin_ns, and what was before it is 0.
 */
struct record_rows gctrace_rows(const struct gctrace *trace, struct arena *arena,
                                uint64_t origin_ns);

/* Whether the value of GODEBUG has the setting, whatever it is set to. */
bool gctrace_is_set(struct str godebug);

#endif
