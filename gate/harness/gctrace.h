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
     * Collections of a load: a thousand a second over a quarter of an hour.
     * What prints more is no Go runtime, and would fill our memory.
     */
    GCTRACE_PAUSES_MAX = 1000000,
};

struct gctrace_line {
    uint64_t number;  /* of the collection, from 1 */
    uint64_t stop_ns; /* nothing else ran: sweep termination and mark termination */
    uint64_t assist_ns;
    uint64_t cpu_ns;     /* assists, workers in the background and on idle processors, stops */
    uint64_t goal_bytes; /* 0: none (GOGC=off) */
    bool is_forced;      /* by runtime.GC */
};

/* A line without its end; false when it is none, or a torn one. */
bool gctrace_parse(struct gctrace_line *out, struct str line);

/* The lines of one process, as its output arrives in pieces. */
struct gctrace {
    struct arena *arena; /* the pauses live here */
    char line[GCTRACE_LINE_BYTES_MAX];
    size_t line_len;
    bool is_cut; /* the line is longer than that, and so none of ours */
    enum { GCTRACE_BEFORE, GCTRACE_LOAD, GCTRACE_AFTER } window;
    bool is_flood;          /* more than GCTRACE_PAUSES_MAX; the rest was not kept */
    bool is_mixed;          /* the numbers do not rise: several programs print */
    uint64_t last_number;   /* of any line */
    uint64_t number_before; /* the last one before the load; 0: none */
    uint64_t number_after;  /* the first one after it; 0: none */
    uint64_t lines;         /* during the load, forced ones too */
    uint64_t *pauses_ns;    /* of those that nobody forced */
    size_t len;
    size_t cap;
    uint64_t assist_ns;
    uint64_t cpu_ns;
    uint64_t goal_bytes;
};

void gctrace_init(struct gctrace *trace, struct arena *arena);
void gctrace_feed(struct gctrace *trace, const char *data, size_t len);
/* What is fed from here on belongs to the load, and from gctrace_end on no longer. */
void gctrace_begin(struct gctrace *trace);
void gctrace_end(struct gctrace *trace);
/*
 * What the load cost, once lines from before and after it were fed: the
 * collections that memgate forces at its points give them. `load_cpu_ns`
 * is the CPU time of the process during the load. Without such lines, or
 * with more than half of the load's lost, out->refusal says why there is
 * nothing. Sorts the pauses.
 */
void gctrace_summarize(struct gctrace *trace, struct arena *arena, uint64_t load_cpu_ns,
                       struct record_gc *out);

/* Whether the value of GODEBUG has the setting, whatever it is set to. */
bool gctrace_is_set(struct str godebug);

#endif
