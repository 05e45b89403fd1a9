/*
 * fold_bench PROFILE [ROUNDS]: what folding and classifying costs beside decoding.
 *
 *   bash tests/bench/fold/run.sh [PROFILE]    builds both, or: tests/run.sh --bench
 *
 * Prints the least CPU time of ROUNDS (default 9) of each: decoding the file,
 * and fold_heap over it with call targets for all leaf addresses, half of
 * them with a type. The targets are made up, entry by entry in turn, since
 * the executable is not at hand; that costs as much as real ones. Both
 * start from nothing each time: a fresh arena and a fresh table of names.
 * The aim is a ratio under 0.30; the exit code is 1 when it is missed.
 *
 * "scattered" is the same with the samples in an order in which hardly any
 * two in a row share their roots, as no program writes them: the most that
 * folding costs. Its limit only keeps that from growing.
 * Run it on an idle machine.
 */
#include <stdio.h>
#include <time.h>

#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/fold/fold.h"

enum { ROUNDS_DEFAULT = 9, ROUNDS_MAX = 1000 };

static const double ratio_max = 0.30;
static const double scattered_ratio_max = 0.70;

/* Coprime to any number of samples below it, and so a walk through all of them. */
enum { STRIDE = 1000003 };

static const char *const entries[] = {
    "runtime.newobject",     "runtime.growslice",
    "runtime.makeslice",     "runtime.mapassign_faststr",
    "runtime.makemap_small", "runtime.slicebytetostring",
    "runtime.concatstrings", "runtime.convTstring",
    "runtime.makechan",      "runtime.mallocgcSmallScanNoHeaderSC6",
    "runtime.deferproc",     "internal/runtime/maps.(*Map).Clone",
};

static const char *const types[] = {"", "struct { F uintptr; X0 *int }", "", "ir.Name"};

struct bench {
    struct bytes file;
    struct arena arena; /* of what lives through all rounds */
    struct runtime_table runtime;
    struct call_targets targets;
    struct err err;
    uint64_t rounds;
    uint64_t decode_ns; /* least of all rounds */
    uint64_t fold_ns;
    uint64_t scattered_ns;
    size_t samples;
    size_t sites;
};

static void targets_make(struct bench *bench, const struct profile *profile)
{
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        struct call_target target = {.how = ALLOC_HOW_CALL};
        if (sample->location_count == 0 ||
            !targets_offset(profile, &profile->locations[sample->locations[0]], &target.offset))
            continue;
        target.symbol = str_from(entries[target.offset % ARRAY_LEN(entries)]);
        target.type = str_from(types[target.offset % ARRAY_LEN(types)]);
        ARENA_PUSH(&bench->arena, bench->targets.items, bench->targets.len, bench->targets.cap,
                   target);
    }
    targets_sort(&bench->targets);
}

/* Of this process: what others run meanwhile costs caches, not time. */
static uint64_t cpu_now_ns(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void take_least(uint64_t *least, uint64_t since_ns)
{
    uint64_t took_ns = cpu_now_ns() - since_ns;
    if (*least == 0 || took_ns < *least)
        *least = took_ns;
}

/* In memory too, as decoding such a profile would leave it. */
static void samples_scatter(struct profile *profile, struct arena *arena)
{
    struct profile_sample *samples =
        ARENA_ARRAY(arena, struct profile_sample, profile->sample_count);
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *from = &profile->samples[i * STRIDE % profile->sample_count];
        uint32_t *locations = ARENA_ARRAY(arena, uint32_t, from->location_count);
        int64_t *values = ARENA_ARRAY(arena, int64_t, profile->type_count);
        if (from->location_count > 0)
            memcpy(locations, from->locations, from->location_count * sizeof(*locations));
        memcpy(values, from->values, profile->type_count * sizeof(*values));
        samples[i] = *from;
        samples[i].locations = locations;
        samples[i].values = values;
    }
    profile->samples = samples;
}

static enum status fold_run(struct bench *bench, uint64_t *least_ns, const struct profile *profile)
{
    struct arena result;
    struct intern names;
    struct fold fold = {0};
    struct fold_options options = {
        .runtime = &bench->runtime, .targets = &bench->targets, .module = STR("cmd")};
    arena_init(&result);
    uint64_t start_ns = cpu_now_ns();
    intern_init(&names, &result);
    enum status status = fold_heap(&fold, &result, &names, profile, &options, &bench->err);
    take_least(least_ns, start_ns);
    intern_release(&names);
    bench->sites = fold.site_count;
    arena_release(&result);
    return status;
}

static enum status round_run(struct bench *bench)
{
    struct arena side;
    struct profile profile = {0};
    arena_init(&side);
    uint64_t start_ns = cpu_now_ns();
    enum status status = profile_decode(&profile, &side, bench->file, &bench->err);
    take_least(&bench->decode_ns, start_ns);
    if (status == STATUS_OK && bench->targets.len == 0)
        targets_make(bench, &profile);
    if (status == STATUS_OK)
        status = fold_run(bench, &bench->fold_ns, &profile);
    if (status == STATUS_OK) {
        samples_scatter(&profile, &side);
        status = fold_run(bench, &bench->scattered_ns, &profile);
    }
    bench->samples = profile.sample_count;
    arena_release(&side);
    return status;
}

static enum status bench_run(struct bench *bench, const char *path)
{
    if (io_read_file(&bench->file, &bench->arena, str_from(path), PROFILE_PACKED_BYTES_MAX,
                     &bench->err) ||
        runtime_table_open(&bench->runtime, &bench->arena, STR(""), &bench->err))
        return bench->err.status;
    for (uint64_t i = 0; i < bench->rounds; i++) {
        if (round_run(bench))
            return bench->err.status;
    }
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    static struct bench bench = {.rounds = ROUNDS_DEFAULT};
    if (argc < 2 || argc > 3 ||
        (argc == 3 && (!num_parse_u64(&bench.rounds, str_from(argv[2])) || bench.rounds == 0 ||
                       bench.rounds > ROUNDS_MAX))) {
        (void)fprintf(stderr, "usage: fold_bench PROFILE [ROUNDS]\n");
        return 2;
    }
    arena_init(&bench.arena);
    if (bench_run(&bench, argv[1])) {
        (void)fprintf(stderr, "fold_bench: %s\n", bench.err.text);
        return 3;
    }
    double ratio = num_ratio((double)bench.fold_ns, (double)bench.decode_ns);
    double scattered_ratio = num_ratio((double)bench.scattered_ns, (double)bench.decode_ns);
    printf("%zu samples, %zu targets, %zu sites: decode %.1f ms, fold and classify %.1f ms, "
           "ratio %.3f (limit %.2f), scattered %.1f ms, ratio %.3f (limit %.2f)\n",
           bench.samples, bench.targets.len, bench.sites, (double)bench.decode_ns / 1e6,
           (double)bench.fold_ns / 1e6, ratio, ratio_max, (double)bench.scattered_ns / 1e6,
           scattered_ratio, scattered_ratio_max);
    arena_release(&bench.arena);
    return ratio >= ratio_max || scattered_ratio >= scattered_ratio_max;
}
