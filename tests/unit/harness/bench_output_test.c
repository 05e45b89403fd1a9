#include "gate/harness/bench_output.h"

#include "tests/support/check.h"

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

struct line_case {
    const char *name;
    const char *line;
    const char *processors;
    const char *benchmark;
    uint64_t iterations;
    double ns;
    double bytes;
    double allocs;
};

static const struct line_case line_cases[] = {
    {"plain",
     "BenchmarkEncode-2   \t    2000\t       123.5 ns/op\t      45 B/op\t       6 allocs/op", "2",
     "BenchmarkEncode", 2000, 123.5, 45, 6},
    {"with throughput", "BenchmarkX-2 100 7 ns/op 512.00 MB/s 8 B/op 1 allocs/op", "2",
     "BenchmarkX", 100, 7, 8, 1},
    {"with its own metric", "BenchmarkX-2 100 7 ns/op 0.5 hits/op 8 B/op 1 allocs/op", "2",
     "BenchmarkX", 100, 7, 8, 1},
    {"sub-benchmark that ends in a number", "BenchmarkX/size-64-2 10 1 ns/op", "2",
     "BenchmarkX/size-64", 10, 1, 0, 0},
    {"one processor has no suffix", "BenchmarkX/size-1 10 1 ns/op", "1", "BenchmarkX/size-1", 10, 1,
     0, 0},
    {"another number is part of the name", "BenchmarkX/size-64 10 1 ns/op", "2",
     "BenchmarkX/size-64", 10, 1, 0, 0},
    {"exponent", "BenchmarkX-2 1 1e+09 ns/op", "2", "BenchmarkX", 1, 1e9, 0, 0},
    {"carriage return", "BenchmarkX-2 1 5 ns/op\r", "2", "BenchmarkX", 1, 5, 0, 0},
};

static void a_result_line_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(line_cases); i++) {
        const struct line_case *row = &line_cases[i];
        struct err err = {0};
        struct record_trial trial = {0};
        print_message("%s\n", row->name);
        assert_ok(bench_output_parse(&trial, &arena, str_from(row->line), str_from(row->processors),
                                     &err),
                  &err);
        assert_int_equal(trial.benchmark_count, 1);
        assert_str(trial.benchmarks[0].name, row->benchmark);
        assert_int_equal(trial.benchmarks[0].iterations, row->iterations);
        assert_close(trial.benchmarks[0].ns_per_op, row->ns, 1e-12);
        assert_close(trial.benchmarks[0].bytes_per_op, row->bytes, 1e-12);
        assert_close(trial.benchmarks[0].allocs_per_op, row->allocs, 1e-12);
    }
}

static void other_lines_are_not_results(void **state)
{
    (void)state;
    static const char text[] = "goos: linux\n"
                               "cpu: Some CPU @ 2.10GHz\n"
                               "BenchmarkLog\n"
                               "BenchmarkLog-2 \n"
                               "BenchmarkLog-2 starting 5 workers\n"
                               "BenchmarkLog-2 0 1 ns/op\n"
                               "BenchmarkLog-2 10\n"
                               "BenchmarkLog-2 10 -1 ns/op\n"
                               "BenchmarkLog-2 10 nan ns/op\n"
                               "--- BENCH: BenchmarkLog-2\n"
                               "PASS\nok  \texample\t0.1s\n";
    struct err err = {0};
    struct record_trial trial = {0};
    assert_ok(bench_output_parse(&trial, &arena, str_from(text), STR("2"), &err), &err);
    assert_int_equal(trial.benchmark_count, 0);
    assert_int_equal(trial.request_count, 0);
}

static void iterations_add_up(void **state)
{
    (void)state;
    struct err err = {0};
    struct record_trial trial = {0};
    assert_ok(bench_output_parse(&trial, &arena,
                                 STR("BenchmarkA-2 100 1 ns/op\nnoise\nBenchmarkB-2 23 1 ns/op\n"),
                                 STR("2"), &err),
              &err);
    assert_int_equal(trial.benchmark_count, 2);
    assert_int_equal(trial.request_count, 123);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_line_is_read),
        cmocka_unit_test(other_lines_are_not_results),
        cmocka_unit_test(iterations_add_up),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
