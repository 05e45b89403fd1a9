#include "gate/base/clock.h"

#include <unistd.h>

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;
    int failed = clock_gettime(clock, &now);
    assert(!failed);
    (void)failed;
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t clock_now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_thread_cpu_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void clock_sleep_ns(uint64_t ns)
{
    struct timespec span = {(time_t)(ns / NS_PER_SECOND), (long)(ns % NS_PER_SECOND)};
    (void)nanosleep(&span, NULL);
}

uint64_t clock_tick_ns(void)
{
    long per_second = sysconf(_SC_CLK_TCK);
    return NS_PER_SECOND / (uint64_t)(per_second > 0 ? per_second : 100);
}
