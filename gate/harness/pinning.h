#ifndef GATE_HARNESS_PINNING_H
#define GATE_HARNESS_PINNING_H

#include "gate/base/err.h"

/*
 * Private to the harness: which CPUs the load and the services run on.
 * Where both may use all of them, the scheduler lets the service wait for
 * the load that waits for the service. Threads of one core count as CPUs.
 */
enum {
    /* One for the load, and what is left lets a collector run beside a service. */
    PINNING_CPUS_MIN = 4,
    PINNING_CPUS_MAX = 4096,
};

/* A set of CPUs as the kernel has it; CPU n is bit n % 64 of word n / 64. */
struct cpus {
    uint64_t words[PINNING_CPUS_MAX / 64];
};

struct pinning {
    bool is_on;          /* false: the sets are empty, and everything runs anywhere */
    struct cpus allowed; /* what memgate was started with */
    struct cpus load;    /* memgate itself, while it sends requests */
    struct cpus service;
};

uint64_t cpus_count(const struct cpus *cpus);
void cpus_add(struct cpus *cpus, uint32_t cpu);
/* The last of PINNING_CPUS_MIN or more CPUs for the load: the first ones serve most interrupts. */
void pinning_plan(struct pinning *out, const struct cpus *allowed);
/* The plan for this process. Off where the kernel does not say or does not let us choose. */
void pinning_read(struct pinning *out);
/* Where the calling thread runs from now on; what it starts inherits that. False: see errno. */
bool pinning_enter(const struct cpus *cpus);
/*
 * Where a service is started; NULL: where memgate is. One with a cpuset of
 * its own (service.limits) gets all CPUs that memgate was started with: the
 * set, which may hold none of `service`, has the last word, and memgate's
 * own CPU would be inherited otherwise.
 */
const struct cpus *pinning_service(const struct pinning *pinning, bool has_cpuset);
/* Around a load: memgate itself on its CPU and back. Nothing happens where pinning is off. */
NODISCARD enum status pinning_begin(const struct pinning *pinning, struct err *err);
void pinning_end(const struct pinning *pinning);

#endif
