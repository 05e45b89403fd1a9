#ifndef GATE_HARNESS_SAMPLER_H
#define GATE_HARNESS_SAMPLER_H

#include "gate/harness/process.h"
#include "gate/recording/recording.h"

struct sample {
    uint64_t at_ns; /* since sampler_init */
    struct tree_usage usage;
};

/* What a process tree has and uses over time, ten samples a second and a few more. */
struct sampler {
    const struct process *process;
    struct sample *samples; /* in the arena given at init */
    size_t len;
    size_t cap;
    uint64_t started_ns;
    uint64_t started_cpu_ns;
    uint64_t next_ns;
    uint64_t next_pss_ns;
    struct arena *arena;
};

void sampler_init(struct sampler *sampler, struct arena *arena, const struct process *process);
/* Takes a sample when one is due; call it as often as you like. */
void sampler_tick(struct sampler *sampler);
/* Takes a sample in any case; a process that is gone gives none. */
void sampler_take(struct sampler *sampler);
/* One more sample of resident bytes that was taken otherwise; 0 is none. */
void sampler_add(struct sampler *sampler, uint64_t bytes);
/*
 * Nearest-rank median and p95, and the maximum, of the resident bytes; the
 * largest numbers of threads and open files, and the last PSS.
 */
void sampler_summarize(const struct sampler *sampler, struct record_trial *out);
/* All samples as the series of a trial (recording/table.h). */
NODISCARD enum status sampler_write(const struct sampler *sampler, struct str file,
                                    struct err *err);

#endif
