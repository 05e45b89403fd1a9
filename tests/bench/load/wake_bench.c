/*
 * wake_bench RATE SECONDS: what a core does to whoever sleeps on it.
 *
 * Sleeps until each moment of the grid of RATE a second, does nothing there, and prints how late it
 * woke, one "name value" a line, times in nanoseconds. bench.py has one run on each core beside a
 * load: it has nothing to do and asks the kernel for promptness as the load engine does, so what
 * it sees is the doing of the machine and of who else is on the core.
 */
#include <stdio.h>

#include "gate/base/arena.h"
#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/harness/load/prompt.h"
#include "gate/stats/histogram.h"

enum { ARGUMENTS = 3, RATE_MAX = 100000, SECONDS_MAX = 600 };

static void sleep_until(uint64_t ns)
{
    uint64_t now = clock_now_ns();
    if (ns > now)
        clock_sleep_ns(ns - now);
}

static void watch(struct histogram *late, uint64_t rate, uint64_t seconds)
{
    uint64_t start_ns = clock_now_ns();
    /* Between the moments of a load that begins on a whole one. */
    uint64_t half_ns = NS_PER_SECOND / rate / 2;
    for (uint64_t i = 0; i < rate * seconds; i++) {
        uint64_t due_ns = start_ns + half_ns + i * NS_PER_SECOND / rate;
        sleep_until(due_ns);
        uint64_t now = clock_now_ns();
        histogram_record(late, now > due_ns ? now - due_ns : 0);
    }
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct histogram late;
    struct prompt prompt;
    uint64_t rate = 0;
    uint64_t seconds = 0;
    if (argc != ARGUMENTS || !num_parse_u64(&rate, str_from(argv[1])) ||
        !num_parse_u64(&seconds, str_from(argv[2])) || rate == 0 || rate > RATE_MAX ||
        seconds == 0 || seconds > SECONDS_MAX) {
        (void)fprintf(stderr, "usage: wake_bench RATE SECONDS\n");
        return 2;
    }
    arena_init(&arena);
    histogram_init(&late, &arena);
    prompt_begin(&prompt, true);
    watch(&late, rate, seconds);
    prompt_end(&prompt);
    printf("wake_p50_ns %llu\nwake_p99_ns %llu\nwake_max_ns %llu\n",
           (unsigned long long)histogram_quantile(&late, 0.5),
           (unsigned long long)histogram_quantile(&late, 0.99), (unsigned long long)late.max_ns);
    arena_release(&arena);
    return 0;
}
