#ifndef GATE_HARNESS_LOAD_SLOWEST_H
#define GATE_HARNESS_LOAD_SLOWEST_H

#include "gate/base/arena.h"

/* When the slowest requests of a load were under way, as clock_now_ns tells time. */
struct slow_request {
    uint64_t from_ns; /* where the latency counts from */
    uint64_t until_ns;
};

struct slowest {
    struct slow_request *items; /* a heap: none is faster than the first */
    size_t len;
    size_t max;
};

void slowest_init(struct slowest *slowest, struct arena *arena, size_t max);
void slowest_add(struct slowest *slowest, uint64_t from_ns, uint64_t until_ns);
/* Puts them in the order in which they were answered; nothing can be added then. */
void slowest_sort(struct slowest *slowest);

#endif
