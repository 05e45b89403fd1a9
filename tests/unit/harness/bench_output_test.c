#include "gate/harness/bench_output.h"

#include "gate/base/buf.h"
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
                                     1, &err),
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
    assert_ok(bench_output_parse(&trial, &arena, str_from(text), STR("2"), 1, &err), &err);
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
                                 STR("2"), 1, &err),
              &err);
    assert_int_equal(trial.benchmark_count, 2);
    assert_int_equal(trial.request_count, 123);
}

/* Three passes of A, two of B (whose third is missing) and three of another A; the first is cold. */
static void passes_of_a_benchmark_are_one(void **state)
{
    static const char text[] = "BenchmarkA-2 100 9 ns/op 48 B/op 3 allocs/op\n"
                               "BenchmarkA-2 100 1 ns/op 64 B/op 3 allocs/op\n"
                               "BenchmarkA-2 100 5 ns/op 56 B/op 4 allocs/op\n"
                               "BenchmarkB-2 10 7 ns/op\nBenchmarkB-2 10 8 ns/op\n"
                               "BenchmarkA-2 5 30 ns/op\nBenchmarkA-2 5 20 ns/op\n"
                               "BenchmarkA-2 5 10 ns/op\nBenchmarkA-2 5 40 ns/op\n";
    static const struct record_benchmark want[] = {
        {STR_INIT("BenchmarkA"), 300, 3, 60, 3.5, {0, 0}},
        {STR_INIT("BenchmarkB"), 20, 8, 0, 0, {0, 0}},
        {STR_INIT("BenchmarkA"), 15, 15, 0, 0, {0, 0}},
        {STR_INIT("BenchmarkA"), 5, 40, 0, 0, {0, 0}}};
    struct err err = {0};
    struct record_trial trial = {0};
    (void)state;
    assert_ok(bench_output_parse(&trial, &arena, str_from(text), STR("2"), 3, &err), &err);
    assert_int_equal(trial.benchmark_count, ARRAY_LEN(want));
    assert_int_equal(trial.request_count, 340);
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(trial.benchmarks[i].iterations, want[i].iterations);
        assert_close(trial.benchmarks[i].ns_per_op, want[i].ns_per_op, 1e-12);
        assert_close(trial.benchmarks[i].bytes_per_op, want[i].bytes_per_op, 1e-12);
        assert_close(trial.benchmarks[i].allocs_per_op, want[i].allocs_per_op, 1e-12);
    }
}

static const struct {
    const char *name;
    const char *line;
    bool is_taken;
} name_cases[] = {
    {"plain", "BenchmarkEncode", true},
    {"nothing behind the prefix", "Benchmark", true},
    {"digit", "Benchmark2", true},
    {"underscore", "Benchmark_x", true},
    {"letter beyond ASCII", "Benchmark\xc3\x89t\xc3\xa9", true},
    {"carriage return", "BenchmarkEncode\r", true},
    {"small letter", "Benchmarking", false},
    {"test", "TestBenchmarkEncode", false},
    {"example", "ExampleEncode", false},
    {"talk", "Benchmark database is up", false},
    {"result", "BenchmarkEncode-2 10 5 ns/op", false},
    {"expression", "BenchmarkA|B", false},
    {"dot", "BenchmarkA.", false},
    {"escape", "Benchmark\x1b[2J", false},
    {"not UTF-8", "Benchmark\xff", false},
    {"empty", "", false},
};

static struct str_list names_of(const char *text)
{
    struct err err = {0};
    struct str_list names = {0};
    assert_ok(bench_output_names(&names, &arena, str_from(text), &err), &err);
    return names;
}

static void a_listed_name_is_one_that_go_takes_for_a_benchmark(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(name_cases); i++) {
        print_message("%s\n", name_cases[i].name);
        assert_int_equal(names_of(name_cases[i].line).len, name_cases[i].is_taken);
    }
}

static void listed_names_are_sorted_and_each_there_once(void **state)
{
    (void)state;
    struct str_list names =
        names_of("BenchmarkB\nTestB\nBenchmarkA\nBenchmarkB\nBenchmark\nPASS\n");
    assert_int_equal(names.len, 3);
    assert_str(names.items[0], "Benchmark");
    assert_str(names.items[1], "BenchmarkA");
    assert_str(names.items[2], "BenchmarkB");
}

static void benchmarks_without_end_are_refused(void **state)
{
    (void)state;
    struct err err = {0};
    struct str_list names = {0};
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    for (int i = 0; i < BENCHMARKS_MAX; i++)
        buf_printf(&buf, "Benchmark%d\n", i);
    assert_ok(bench_output_names(&names, &arena, buf_view(&buf), &err), &err);
    assert_int_equal(names.len, BENCHMARKS_MAX);
    buf_text(&buf, "BenchmarkX\n");
    assert_fails(bench_output_names(&names, &arena, buf_view(&buf), &err), STATUS_LIMIT, &err,
                 "more than 10000 benchmarks");
    buf_release(&buf);
}

/* Heads and rests as "head rest", one term behind the other with commas. */
static const struct {
    const char *name;
    const char *expression;
    const char *want;
} split_cases[] = {
    {"one name", "^BenchmarkA$", "^BenchmarkA$ "},
    {"empty", "", "^ "},
    {"alternatives without slash stay together", "A|B", "A|B "},
    {"path", "A/x/y", "A /x/y"},
    {"every benchmark of a path", "/x", "^ /x"},
    {"slash at the end", "A/", "A /"},
    {"alternatives with paths", "A/x|B|C/y/z", "A /x,B ,C /y/z"},
    {"empty alternative", "A/x|", "A /x,^ "},
    {"slash in a class", "[/]A", "[/]A "},
    {"slash in a group", "(A/x|B)", "(A/x|B) "},
    {"bar in a group", "(A|B)/x", "(A|B) /x"},
    {"group closed in a class", "([)]|A)/x", "([)]|A) /x"},
    {"escaped bracket", "A\\[/x", "A\\[ /x"},
    {"escaped slash", "A\\/x", "A\\/x "},
    {"bracket closed twice", "[a]]A/x", "[a]]A /x"},
    {"backslash at the end", "A\\", "A\\ "},
};

static void expressions_are_cut_as_go_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(split_cases); i++) {
        struct bench_term *terms = NULL;
        struct str have = STR("");
        print_message("%s\n", split_cases[i].name);
        size_t count = bench_terms_split(&terms, &arena, str_from(split_cases[i].expression));
        for (size_t t = 0; t < count; t++) {
            have = str_format(&arena, "%.*s%s%.*s %.*s", STR_ARGS(have), t ? "," : "",
                              STR_ARGS(terms[t].head), STR_ARGS(terms[t].rest));
        }
        assert_str(have, split_cases[i].want);
    }
}

/* What each side lists for the first two terms, one name a line. */
static const struct pick_case {
    const char *name;
    const char *expression;
    const char *base[2];
    const char *cand[2];
    const char *want;
    const char *lone;
} pick_cases[] = {
    {"the same names",
     "Benchmark",
     {"BenchmarkA\nBenchmarkB"},
     {"BenchmarkB\nBenchmarkA"},
     "Benchmark",
     "baseline: none; candidate: none"},
    {"one added",
     "Benchmark",
     {"BenchmarkA"},
     {"BenchmarkA\nBenchmarkB"},
     "^(BenchmarkA)$",
     "baseline: none; candidate: BenchmarkB"},
    {"one removed, one added, two kept",
     ".",
     {"BenchmarkA\nBenchmarkB\nBenchmarkC"},
     {"BenchmarkD\nBenchmarkC\nBenchmarkA"},
     "^(BenchmarkA|BenchmarkC)$",
     "baseline: BenchmarkB; candidate: BenchmarkD"},
    {"the path is kept",
     "./size=1",
     {"BenchmarkA\nBenchmarkB\nBenchmarkC"},
     {"BenchmarkA\nBenchmarkB"},
     "^(BenchmarkA|BenchmarkB)$/size=1",
     "baseline: BenchmarkC; candidate: none"},
    {"each alternative keeps its path",
     "A/x|B/y",
     {"BenchmarkA", "BenchmarkB"},
     {"BenchmarkA\nBenchmarkA2", "BenchmarkB"},
     "^(BenchmarkA)$/x|^(BenchmarkB)$/y",
     "baseline: none; candidate: BenchmarkA2"},
    {"an alternative of one side falls away",
     "A/x|B/y",
     {"", "BenchmarkB"},
     {"BenchmarkA", "BenchmarkB"},
     "^(BenchmarkB)$/y",
     "baseline: none; candidate: BenchmarkA"},
    {"one name in two alternatives is said once",
     "A/x|A/y",
     {"BenchmarkA", "BenchmarkA"},
     {"BenchmarkA\nBenchmarkA2", "BenchmarkA\nBenchmarkA2"},
     "^(BenchmarkA)$/x|^(BenchmarkA)$/y",
     "baseline: none; candidate: BenchmarkA2"},
    {"nothing in common",
     "Benchmark",
     {"BenchmarkA"},
     {"BenchmarkB"},
     "",
     "baseline: BenchmarkA; candidate: BenchmarkB"},
    {"nothing at all", "Nope", {""}, {""}, "", "baseline: none; candidate: none"},
    {"many are counted",
     "Benchmark",
     {"BenchmarkA"},
     {"BenchmarkA\nBenchmarkB\nBenchmarkC\nBenchmarkD\nBenchmarkE\nBenchmarkF\nBenchmarkG\n"
      "BenchmarkH"},
     "^(BenchmarkA)$",
     "baseline: none; candidate: BenchmarkB, BenchmarkC, BenchmarkD, BenchmarkE, BenchmarkF and 2 "
     "more"},
};

static void both_sides_run_what_both_have(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pick_cases); i++) {
        const struct pick_case *row = &pick_cases[i];
        struct str expression = str_from(row->expression);
        struct bench_term *terms = NULL;
        print_message("%s\n", row->name);
        size_t count = bench_terms_split(&terms, &arena, expression);
        assert_in_range(count, 1, 2);
        for (size_t t = 0; t < count; t++) {
            terms[t].names[SIDE_BASE] = names_of(row->base[t]);
            terms[t].names[SIDE_CAND] = names_of(row->cand[t]);
        }
        assert_str(bench_terms_pick(&arena, expression, terms, count), row->want);
        assert_str(bench_terms_lone(&arena, terms, count), row->lone);
    }
}

/* Five names a side, "Benchmark" and 191 more bytes each: 80 are shown, and dots. */
static void long_names_are_cut_in_messages(void **state)
{
    (void)state;
    struct bench_term term = {.head = STR("^")};
    char name[201] = {0};
    for (enum side side = 0; side < SIDES; side++) {
        struct str text = STR("");
        for (int i = 0; i < 6; i++) {
            (void)snprintf(name, sizeof(name), "Benchmark%0191d", (int)side * 10 + i);
            text = str_format(&arena, "%.*s%s\n", STR_ARGS(text), name);
        }
        term.names[side] = names_of(text.data);
        assert_int_equal(term.names[side].len, 6);
    }
    struct str lone = bench_terms_lone(&arena, &term, 1);
    assert_true(str_contains(lone, STR("0000..., Benchmark0000")));
    assert_true(str_ends_with(lone, STR("... and 1 more")));
    assert_in_range(lone.len, 10 * 83, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_line_is_read),
        cmocka_unit_test(other_lines_are_not_results),
        cmocka_unit_test(iterations_add_up),
        cmocka_unit_test(passes_of_a_benchmark_are_one),
        cmocka_unit_test(a_listed_name_is_one_that_go_takes_for_a_benchmark),
        cmocka_unit_test(listed_names_are_sorted_and_each_there_once),
        cmocka_unit_test(benchmarks_without_end_are_refused),
        cmocka_unit_test(expressions_are_cut_as_go_does),
        cmocka_unit_test(both_sides_run_what_both_have),
        cmocka_unit_test(long_names_are_cut_in_messages),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
