#ifndef GATE_BASE_CLOCK_H
#define GATE_BASE_CLOCK_H

#include "gate/base/base.h"

#define NS_PER_SECOND 1000000000ULL
#define NS_PER_MS     1000000ULL
#define NS_PER_US     1000ULL

/* Monotonic nanoseconds; the wall clock measures nothing here. */
uint64_t clock_now_ns(void);
/* CPU time of the calling thread so far, user and system: see clock_gettime(2). */
uint64_t clock_thread_cpu_ns(void);
static inline double clock_seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_SECOND;
}

/* Of a tick of /proc/stat and /proc/PID/stat. */
uint64_t clock_tick_ns(void);
/* A signal ends it early. */
void clock_sleep_ns(uint64_t ns);

#endif
