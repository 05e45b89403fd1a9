#include "gate/harness/sampler.h"

#include "gate/base/clock.h"

/* Each look walks the process tree; 10 a second are asked for, and a tick comes late at times. */
#define SAMPLE_NS (85 * NS_PER_MS)

void sampler_init(struct sampler *sampler, struct arena *arena, const struct process *process)
{
    *sampler = (struct sampler){.process = process, .arena = arena};
}

void sampler_add(struct sampler *sampler, uint64_t bytes)
{
    if (bytes)
        ARENA_PUSH(sampler->arena, sampler->samples, sampler->len, sampler->cap, bytes);
}

void sampler_take(struct sampler *sampler)
{
    sampler_add(sampler, process_rss_bytes(sampler->process));
}

void sampler_tick(struct sampler *sampler)
{
    uint64_t now = clock_now_ns();
    if (now < sampler->next_ns)
        return;
    sampler->next_ns = now + SAMPLE_NS;
    sampler_take(sampler);
}

static int compare_bytes(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* Of sorted samples; rank ceil(percent / 100 * len). */
static uint64_t percentile(const struct sampler *sampler, size_t percent)
{
    return sampler->samples[(sampler->len * percent + 99) / 100 - 1];
}

void sampler_summarize(struct sampler *sampler, struct record_trial *out)
{
    out->rss_samples = sampler->len;
    if (sampler->len == 0)
        return;
    qsort(sampler->samples, sampler->len, sizeof(*sampler->samples), compare_bytes);
    out->rss_p50_bytes = percentile(sampler, 50);
    out->rss_p95_bytes = percentile(sampler, 95);
    out->rss_max_bytes = sampler->samples[sampler->len - 1];
}
