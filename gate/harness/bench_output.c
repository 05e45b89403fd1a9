#include "gate/harness/bench_output.h"

#include "gate/base/num.h"

/* Blanks and tabs in any number stand between two fields. */
static bool next_field(struct str *rest, struct str *field)
{
    *rest = str_trim(*rest);
    size_t len = 0;
    while (len < rest->len && rest->data[len] != ' ' && rest->data[len] != '\t')
        len++;
    *field = str_slice(*rest, 0, len);
    *rest = str_slice(*rest, len, rest->len);
    return len > 0;
}

static void set_value(struct record_benchmark *benchmark, double value, struct str unit)
{
    if (str_equal_text(unit, "ns/op")) {
        benchmark->ns_per_op = value;
    } else if (str_equal_text(unit, "B/op")) {
        benchmark->bytes_per_op = value;
    } else if (str_equal_text(unit, "allocs/op")) {
        benchmark->allocs_per_op = value;
    }
}

static struct str strip_processors(struct str name, struct str processors)
{
    size_t tail = processors.len + 1;
    if (str_equal_text(processors, "1") || name.len <= tail || !str_ends_with(name, processors) ||
        name.data[name.len - tail] != '-')
        return name;
    return str_slice(name, 0, name.len - tail);
}

/* False for anything that is no result: a name alone, or what the benchmark itself printed. */
static bool parse_line(struct record_benchmark *out, struct str line, struct str processors)
{
    struct record_benchmark benchmark = {0};
    struct str field = {0};
    struct str unit = {0};
    size_t values = 0;
    double value = 0;
    if (!str_starts_with(line, STR("Benchmark")) || !next_field(&line, &field))
        return false;
    benchmark.name = strip_processors(field, processors);
    if (!next_field(&line, &field) || !num_parse_u64(&benchmark.iterations, field) ||
        benchmark.iterations == 0)
        return false;
    for (; next_field(&line, &field) && next_field(&line, &unit); values++) {
        if (!num_parse_double(&value, field) || value < 0)
            return false;
        set_value(&benchmark, value, unit);
    }
    *out = benchmark;
    return values > 0;
}

enum status bench_output_parse(struct record_trial *out, struct arena *arena, struct str text,
                               struct str processors, struct err *err)
{
    struct record_benchmark *items = NULL;
    struct str line = {0};
    size_t len = 0;
    size_t cap = 0;
    uint64_t sum = 0;
    while (str_split(&text, '\n', &line)) {
        struct record_benchmark item = {0};
        if (!parse_line(&item, line, processors))
            continue;
        if (len == BENCHMARKS_MAX)
            return err_set(err, STATUS_LIMIT, "more than %d benchmarks", BENCHMARKS_MAX);
        if (!num_add_u64(&sum, sum, item.iterations))
            return err_set(err, STATUS_CHILD, "iterations of the benchmarks pass 2^64-1");
        item.name = str_copy(arena, item.name);
        ARENA_PUSH(arena, items, len, cap, item);
    }
    out->benchmarks = items;
    out->benchmark_count = len;
    out->request_count = sum;
    return STATUS_OK;
}
