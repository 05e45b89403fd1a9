#ifndef GATE_HARNESS_MACHINE_H
#define GATE_HARNESS_MACHINE_H

#include "gate/base/base.h"
#include "gate/base/str.h"
#include "gate/recording/recording.h"

/*
 * Private to the harness: what the whole machine did while a load ran, by
 * the first line of /proc/stat (proc(5): all CPUs together, in clock
 * ticks). In a container that line is about the machine around it, which
 * is what disturbs. All zero where it cannot be read.
 */
struct machine_times {
    uint64_t at_ns;
    uint64_t busy_ns;      /* user, nice, system, irq, softirq */
    uint64_t steal_ns;     /* a hypervisor ran others instead */
    uint64_t capacity_ns;  /* everything, idle time too: elapsed time by the number of CPUs */
    uint64_t throttled_ns; /* our control group was held back by its quota */
    uint64_t own_ns;       /* CPU time of memgate itself */
};

void machine_times_read(struct machine_times *out);
/* By the text of a control group's cpu.stat, of either version; 0 where it does not say. */
uint64_t machine_throttled_ns(struct str text);
/* The line of /proc/stat; false when it is not one. */
bool machine_times_parse(struct machine_times *out, struct str text, uint64_t tick_ns);

/* Adds what passed between two looks: the parts of a load may have pauses between them. */
void machine_times_add(struct machine_times *sum, const struct machine_times *from,
                       const struct machine_times *to);

/*
 * What the machine is like before and after a trial: load average, the
 * governor of its CPUs. `root` stands before /proc and /sys: "" but in
 * tests. Texts live in the arena.
 */
void machine_begin(struct record_machine *out, struct arena *arena, struct str root);
void machine_end(struct record_machine *out, struct arena *arena, struct str root);

/*
 * Between two looks: the shares of the machine that others took and that
 * was stolen, and how long we were throttled. `tree_ns` is the CPU time of
 * the processes under test meanwhile.
 */
struct record_noise machine_noise(const struct machine_times *from, const struct machine_times *to,
                                  uint64_t tree_ns);

#endif
