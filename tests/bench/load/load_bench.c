/*
 * load_bench PORT RATE COUNT CONNECTIONS BATCH: memgate's own load engine without the rest of memgate.
 *
 *   bash tests/bench/load/run.sh    builds it and runs it beside other tools, or: tests/run.sh --bench-load
 *
 * Sends COUNT requests "GET /" to 127.0.0.1:PORT at RATE a second (0: a closed loop, as fast as the
 * connections allow), those due within the same BATCH microseconds at once, exactly as a trial of memgate does, and prints one "name value" a line, times in
 * nanoseconds. CPU time and memory are those of this process: who starts it takes them as it does for
 * any other tool.
 */
#include <stdio.h>

#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/harness/load/load.h"

enum { SEED = 42, ARGUMENTS = 6, CONNECTIONS_MAX = 4096 };

static const char request_file[] = "{\"path\": \"/\", \"expect\": [200]}\n";

static const struct quantile {
    const char *name;
    double quantile;
} quantiles[] = {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};

static bool read_spec(struct load_spec *spec, char **argv)
{
    uint64_t numbers[ARGUMENTS] = {0};
    for (int i = 1; i < ARGUMENTS; i++) {
        if (!num_parse_u64(&numbers[i], str_from(argv[i])))
            return false;
    }
    spec->addresses[0].port = (uint16_t)numbers[1];
    spec->streams = 1;
    spec->rate_per_second = (double)numbers[2];
    spec->count = numbers[3];
    spec->connections = (uint32_t)numbers[4];
    spec->batch_ns = numbers[5] * 1000;
    return numbers[1] > 0 && numbers[1] <= UINT16_MAX && spec->count > 0 && numbers[4] > 0 &&
           numbers[4] <= CONNECTIONS_MAX;
}

static void print_quantiles(const char *what, const struct histogram *histogram)
{
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
        printf("%s_%s_ns %llu\n", what, quantiles[i].name,
               (unsigned long long)histogram_quantile(histogram, quantiles[i].quantile));
    }
}

static enum status measure(struct arena *arena, struct load_spec *spec, struct err *err)
{
    struct requests requests = {0};
    struct load_result result = {0};
    struct requests_source source = {
        .name = STR("requests"), .text = bytes_of_str(str_from(request_file)), .seed = SEED};
    if (requests_parse(&requests, arena, &source, err))
        return err->status;
    spec->requests = &requests;
    if (load_run(&result, arena, spec, err))
        return err->status;
    if (result.unexpected)
        return err_set(err, STATUS_CHILD, "%.*s", STR_ARGS(result.first_problem));
    printf("answered %llu\nachieved_per_second %.3f\nduration_ns %llu\n",
           (unsigned long long)result.answered, result.achieved_per_second,
           (unsigned long long)result.duration_ns);
    print_quantiles("latency", &result.latency);
    print_quantiles("service", &result.service);
    print_quantiles("lateness", &result.lateness);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct err err = {0};
    struct load_spec spec = {
        .lane_count = 1,
        .seed = SEED,
        .request_timeout_ns = 10 * NS_PER_SECOND,
        .total_timeout_ns = 600 * NS_PER_SECOND,
    };
    if (argc != ARGUMENTS || !read_spec(&spec, argv)) {
        (void)fprintf(stderr, "usage: load_bench PORT RATE COUNT CONNECTIONS BATCH\n");
        return 2;
    }
    arena_init(&arena);
    enum status status = measure(&arena, &spec, &err);
    if (status)
        (void)fprintf(stderr, "load_bench: %s\n", err.text);
    arena_release(&arena);
    return status ? 3 : 0;
}
