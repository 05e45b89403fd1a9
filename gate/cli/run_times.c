#include <time.h>

#include "gate/base/clock.h"
#include "gate/cli/run.h"

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_SECOND;
}

static double own_cpu_seconds(void)
{
    struct timespec spent;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) != 0)
        return 0;
    return (double)spent.tv_sec + (double)spent.tv_nsec / (double)NS_PER_SECOND;
}

struct times {
    uint64_t build_ns[SIDES];
    uint64_t start_ns;
    uint64_t load_ns;
    uint64_t read_ns;
};

static void add_trials(struct times *times, const struct record_trial *trials, size_t count)
{
    for (size_t t = 0; t < count; t++) {
        times->start_ns += trials[t].start_ns;
        times->read_ns += trials[t].read_ns;
        times->load_ns += trials[t].wall_ns - trials[t].start_ns - trials[t].read_ns;
    }
}

/* Sums over all scenarios, sides and trials. */
static struct times sum_times(const struct run *run)
{
    struct times times = {0};
    for (size_t i = 0; i < run->measured_count; i++) {
        const struct record_scenario *record = &run->session.recording.scenarios[i];
        for (int side = 0; side < SIDES; side++) {
            times.build_ns[side] += run->measured[i].built.build_ns[side];
            for (int phase = 0; phase < PHASES; phase++)
                add_trials(&times, record->trials[side][phase], record->trial_count[side][phase]);
        }
    }
    return times;
}

void run_print_times(struct run *run)
{
    struct times times = sum_times(run);
    double wall = seconds(clock_now_ns() - run->start_ns);
    double cpu = own_cpu_seconds();
    log_line(&run->talk.log,
             "time: export %.1f s, build %.1f + %.1f s, start %.1f s, load %.1f s, read profiles "
             "%.1f s, decode and judge %.1f s",
             seconds(run->harness.export_ns), seconds(times.build_ns[SIDE_BASE]),
             seconds(times.build_ns[SIDE_CAND]), seconds(times.start_ns), seconds(times.load_ns),
             seconds(times.read_ns), seconds(run->judge_ns));
    log_line(&run->talk.log, "time: %.1f s in all, memgate itself %.2f s of CPU (%.1f %%)", wall,
             cpu, wall > 0 ? 100 * cpu / wall : 0);
}
