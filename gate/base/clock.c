#include "gate/base/clock.h"

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
