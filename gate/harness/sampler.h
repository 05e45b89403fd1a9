#ifndef GATE_HARNESS_SAMPLER_H
#define GATE_HARNESS_SAMPLER_H

#include "gate/harness/process.h"
#include "gate/recording/recording.h"

/* Resident memory of a process tree over time, one sample each 50 ms at most. */
struct sampler {
    const struct process *process;
    uint64_t *samples; /* in the arena given at init */
    size_t len;
    size_t cap;
    uint64_t next_ns;
    struct arena *arena;
};

void sampler_init(struct sampler *sampler, struct arena *arena, const struct process *process);
/* Takes a sample when one is due; call it as often as you like. */
void sampler_tick(struct sampler *sampler);
/* Takes a sample in any case; a process that is gone gives none. */
void sampler_take(struct sampler *sampler);
/* One more sample that was taken otherwise; 0 is none. */
void sampler_add(struct sampler *sampler, uint64_t bytes);
/* Nearest-rank median and p95, and the maximum. Sorts the samples. */
void sampler_summarize(struct sampler *sampler, struct record_trial *out);

#endif
