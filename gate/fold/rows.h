#ifndef GATE_FOLD_ROWS_H
#define GATE_FOLD_ROWS_H

#include "gate/fold/stack.h"

/*
 * The rows of a location's lines, if those are one row, which is there twice,
 * or two, as they mostly are. Else where they begin in the list of rows, and
 * a mark in the second place.
 */
struct row_pair {
    uint32_t first;
    uint32_t second;
};

/*
 * Flat and cumulative values by function while a profile is read.
 * Functions that share a key (name_key) share a row: closures of one
 * function that call each other are in a stack once. Row 0 is for leaves
 * without a name, so that the flat values add up to the total.
 *
 * Most stacks share their outer frames with the one before (five of six in
 * profiles of the Go compiler). So what a stack shares with the next one
 * stays open as a path from the root, and nothing is added there: a row
 * gives away the sum of all samples so far when it comes into the path, and
 * takes that sum when it goes, which leaves it the samples between.
 */
struct rows {
    struct fold_function *items; /* name and file; values are below until they are collected */
    size_t len;
    uint32_t *of_function; /* row by profile function */
    uint32_t *of_name;     /* row by name of a profile function */
    struct row_pair *of_location;
    uint32_t *list; /* how many, and the rows of that many lines; for each location that needs it */
    size_t list_len;
    size_t list_cap;
    int64_t (*flat)[HEAP_METRICS];     /* by row */
    int64_t (*cum)[HEAP_METRICS];      /* by row; modulo 2^64 while in the path */
    uint32_t *seen;                    /* by row: number of the last sample that has it; 0: none */
    uint32_t number;                   /* of the sample, from 1 on */
    int64_t sum[HEAP_METRICS];         /* of all samples */
    uint32_t *path;                    /* rows in it, each once, from the root on */
    uint32_t *path_len;                /* by depth: how many of them so many frames have */
    uint32_t depth;                    /* of the path, in frames */
    const struct profile_sample *last; /* the path is its outermost frames */
    const struct profile_sample *expected; /* the next one, and how many frames it shares */
    uint32_t shared;
    uint32_t *noted; /* rows that a sample adds to */
};

void rows_init(struct rows *rows, struct arena *arena, struct intern *names,
               const struct profile *profile, const struct frame *frames);

/*
 * Adds a sample, cum once to each function in it; `is_nameless` says that its
 * leaf has no name. The caller has checked that no sum of values passes 63
 * bits. The sample stays where it is until the one after it was added.
 */
void rows_add(struct rows *rows, const struct profile_sample *sample,
              const struct profile_sample *next, bool is_nameless,
              const int64_t values[HEAP_METRICS]);
/*
 * Adds to the function that is the leaf of one sample, or of many at once: a
 * name that the profile's functions have, or the empty one.
 */
void rows_add_flat(struct rows *rows, struct name_id func, const int64_t values[HEAP_METRICS]);
/* Closes the path: before that, cumulative values are not complete. */
void rows_finish(struct rows *rows);

/* The rows that a sample touched, in no order. */
void rows_collect(const struct rows *rows, struct arena *arena, struct fold *out);

#endif
