#ifndef GATE_FOLD_VALUES_H
#define GATE_FOLD_VALUES_H

#include "gate/fold/fold.h"

/*
 * Adds the four values of a sample; the caller knows that they fit. In the
 * header and written out, because folding does little else.
 */
static inline void values_add(int64_t *restrict sums, const int64_t *restrict values)
{
    sums[HEAP_ALLOC_OBJECTS] += values[HEAP_ALLOC_OBJECTS];
    sums[HEAP_ALLOC_SPACE] += values[HEAP_ALLOC_SPACE];
    sums[HEAP_INUSE_OBJECTS] += values[HEAP_INUSE_OBJECTS];
    sums[HEAP_INUSE_SPACE] += values[HEAP_INUSE_SPACE];
}

#endif
