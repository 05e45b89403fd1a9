#ifndef GATE_FOLD_ROWS_H
#define GATE_FOLD_ROWS_H

#include "gate/fold/stack.h"

/* Together, since each frame of a stack touches all of it: mostly one line of the cache. */
struct row_state {
    int64_t cum[HEAP_METRICS];
    uint32_t open; /* how many lines of the path are its own */
    uint32_t seen; /* number of a sample that has it, once outside the path the last one; 0: none */
};

/*
 * Flat and cumulative values by function while a profile is read.
 * Functions that share a key (name_key) share a row: closures of one
 * function that call each other are in a stack once. Row 0 is for leaves
 * without a name, so that the flat values add up to the total.
 *
 * Most stacks share their outer frames with the one before (five of six in
 * profiles of the Go compiler). So the last stack stays open as a path from
 * the root, and a value is added at its leaf alone: closing a frame hands it
 * on to the caller, and closing a function's outermost frame adds what came
 * together there to its cumulative value, once however often it recurs.
 */
struct rows {
    struct fold_function *items; /* name and file; values are below until they are collected */
    size_t len;
    uint32_t *of_function;    /* row by profile function */
    uint32_t *first;          /* by location: its first place in of_line; one more at the end */
    uint32_t *of_line;        /* row of each line of each location */
    struct row_state *states; /* by row */
    uint32_t number;          /* of the sample, from 1 on */
    int64_t (*flat)[HEAP_METRICS]; /* by row */
    uint32_t *path_end; /* behind the path: its locations, leaf first like those of a sample */
    int64_t (
        *gathered)[HEAP_METRICS]; /* by depth: of the frame there and of what was closed above it */
    uint32_t depth;
    const struct profile_sample *expected; /* the next one, and how many frames it shares */
    uint32_t shared;
};

void rows_init(struct rows *rows, struct arena *arena, struct intern *names,
               const struct profile *profile, const struct frame *frames);

/*
 * Adds a sample: flat to its leaf (NULL: without a name), cum once to each
 * function in it. The caller has checked that no sum of values passes 63
 * bits.
 */
void rows_add(struct rows *rows, const struct profile_sample *sample,
              const struct profile_sample *next, const struct profile_line *leaf,
              const int64_t values[HEAP_METRICS]);
/* Closes the path: before that, cumulative values are not complete. */
void rows_finish(struct rows *rows);

/* The rows that a sample touched, in no order. */
void rows_collect(const struct rows *rows, struct arena *arena, struct fold *out);

#endif
