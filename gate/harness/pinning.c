#include "gate/harness/pinning.h"

#include <errno.h>
#include <sched.h>

enum { WORD_BITS = 64 };

uint64_t cpus_count(const struct cpus *cpus)
{
    uint64_t count = 0;
    for (uint32_t cpu = 0; cpu < PINNING_CPUS_MAX; cpu++)
        count += cpus->words[cpu / WORD_BITS] >> (cpu % WORD_BITS) & 1;
    return count;
}

void cpus_add(struct cpus *cpus, uint32_t cpu)
{
    assert(cpu < PINNING_CPUS_MAX);
    cpus->words[cpu / WORD_BITS] |= (uint64_t)1 << (cpu % WORD_BITS);
}

void pinning_plan(struct pinning *out, const struct cpus *allowed)
{
    *out = (struct pinning){.allowed = *allowed};
    if (cpus_count(allowed) < PINNING_CPUS_MIN)
        return;
    uint32_t last = PINNING_CPUS_MAX - 1;
    while (!(allowed->words[last / WORD_BITS] >> (last % WORD_BITS) & 1))
        last--;
    cpus_add(&out->load, last);
    out->service = *allowed;
    out->service.words[last / WORD_BITS] &= ~((uint64_t)1 << (last % WORD_BITS));
    out->is_on = true;
}

/* glibc's set of 1024 is too small for some machines; the kernel takes a longer one. */
union cpus_view {
    struct cpus cpus;
    cpu_set_t set;
};

bool pinning_enter(const struct cpus *cpus)
{
    union cpus_view view = {.cpus = *cpus};
    return sched_setaffinity(0, sizeof(view), &view.set) == 0;
}

void pinning_read(struct pinning *out)
{
    union cpus_view allowed = {.cpus = {{0}}};
    *out = (struct pinning){0};
    if (sched_getaffinity(0, sizeof(allowed), &allowed.set) != 0)
        return;
    pinning_plan(out, &allowed.cpus);
    /* Sandboxes may forbid the call: better to know now than in the middle of a trial. */
    if (out->is_on && !(pinning_enter(&out->load) && pinning_enter(&out->allowed)))
        *out = (struct pinning){.allowed = allowed.cpus};
}

const struct cpus *pinning_service(const struct pinning *pinning, bool has_cpuset)
{
    if (!pinning->is_on)
        return NULL;
    return has_cpuset ? &pinning->allowed : &pinning->service;
}

enum status pinning_begin(const struct pinning *pinning, struct err *err)
{
    if (pinning->is_on && !pinning_enter(&pinning->load)) {
        return err_set(err, STATUS_IO, "the load cannot be held on its CPU: %s", strerror(errno));
    }
    return STATUS_OK;
}

void pinning_end(const struct pinning *pinning)
{
    if (pinning->is_on)
        (void)pinning_enter(&pinning->allowed);
}
