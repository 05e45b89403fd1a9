#include "gate/base/clock.h"

#include <unistd.h>

uint64_t clock_now_ns(void)
{
    struct timespec now;
    int failed = clock_gettime(CLOCK_MONOTONIC, &now);
    assert(!failed);
    (void)failed;
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
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
