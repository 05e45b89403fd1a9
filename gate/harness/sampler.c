#include "gate/harness/sampler.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/stats/sample.h"

/* Each look walks the process tree; 10 a second are asked for, and a tick comes late at times. */
#define SAMPLE_NS (85 * NS_PER_MS)
#define PSS_NS    NS_PER_SECOND

void sampler_init(struct sampler *sampler, struct arena *arena, const struct process *process)
{
    *sampler = (struct sampler){
        .process = process,
        .arena = arena,
        .started_ns = clock_now_ns(),
        .started_cpu_ns = process_cpu_ns(process),
    };
}

static void keep(struct sampler *sampler, const struct sample *sample)
{
    if (sample->usage.rss_bytes)
        ARENA_PUSH(sampler->arena, sampler->samples, sampler->len, sampler->cap, *sample);
}

void sampler_add(struct sampler *sampler, uint64_t bytes)
{
    struct sample sample = {.at_ns = clock_now_ns() - sampler->started_ns,
                            .usage.rss_bytes = bytes};
    keep(sampler, &sample);
}

void sampler_take(struct sampler *sampler)
{
    uint64_t now = clock_now_ns();
    uint64_t rss_bytes = sampler->len ? sampler->samples[sampler->len - 1].usage.rss_bytes : 0;
    bool with_pss = now >= sampler->next_pss_ns && rss_bytes <= RECORDING_PSS_RSS_BYTES_MAX;
    struct sample sample = {.at_ns = now - sampler->started_ns};
    process_usage(&sample.usage, sampler->process, with_pss);
    sample.usage.cpu_ns -= sample.usage.cpu_ns < sampler->started_cpu_ns ? sample.usage.cpu_ns
                                                                         : sampler->started_cpu_ns;
    if (with_pss)
        sampler->next_pss_ns = now + PSS_NS;
    keep(sampler, &sample);
}

void sampler_tick(struct sampler *sampler)
{
    uint64_t now = clock_now_ns();
    if (now < sampler->next_ns)
        return;
    sampler->next_ns = now + SAMPLE_NS;
    sampler_take(sampler);
}

static void summarize_rss(const struct sampler *sampler, struct record_trial *out)
{
    struct arena scratch;
    arena_init(&scratch);
    uint64_t *bytes = ARENA_ARRAY(&scratch, uint64_t, sampler->len);
    for (size_t i = 0; i < sampler->len; i++)
        bytes[i] = sampler->samples[i].usage.rss_bytes;
    sample_sort_u64(bytes, sampler->len);
    out->rss_p50_bytes = sample_percentile_u64(bytes, sampler->len, 50);
    out->rss_p95_bytes = sample_percentile_u64(bytes, sampler->len, 95);
    out->rss_max_bytes = bytes[sampler->len - 1];
    arena_release(&scratch);
}

void sampler_summarize(const struct sampler *sampler, struct record_trial *out)
{
    out->rss_samples = sampler->len;
    if (sampler->len == 0)
        return;
    summarize_rss(sampler, out);
    for (size_t i = 0; i < sampler->len; i++) {
        const struct tree_usage *usage = &sampler->samples[i].usage;
        out->threads_max = num_max_u64(out->threads_max, usage->threads);
        out->fds_max = num_max_u64(out->fds_max, usage->fds);
        out->pss_bytes = usage->pss_bytes ? usage->pss_bytes : out->pss_bytes;
    }
}

/* Nothing that runs has none of it. */
static uint64_t looked_at(uint64_t number)
{
    return number ? number : RECORD_NONE;
}

enum status sampler_write(const struct sampler *sampler, struct str file, struct err *err)
{
    struct arena scratch;
    arena_init(&scratch);
    uint64_t(*rows)[SERIES_COLUMNS] =
        arena_alloc(&scratch, sampler->len + 1, SERIES_COLUMNS * sizeof(uint64_t));
    for (size_t i = 0; i < sampler->len; i++) {
        const struct sample *sample = &sampler->samples[i];
        rows[i][SERIES_MS] = sample->at_ns / NS_PER_MS;
        rows[i][SERIES_RSS] = looked_at(sample->usage.rss_bytes);
        rows[i][SERIES_PSS] = looked_at(sample->usage.pss_bytes);
        rows[i][SERIES_CPU] = sample->usage.cpu_ns;
        rows[i][SERIES_THREADS] = looked_at(sample->usage.threads);
        rows[i][SERIES_FDS] = looked_at(sample->usage.fds);
    }
    enum status status = recording_table_write(file, TABLE_SERIES, rows[0], sampler->len, err);
    arena_release(&scratch);
    return status;
}
