#include "gate/harness/trial.h"

#include <sys/stat.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/coarse.h"
#include "gate/harness/trial_gotest.h"
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

static const struct trial_variable variables[] = {
    {STR_INIT("${ADDR}"), STR_INIT("127.0.0.1:80")},
    {STR_INIT("${PORT}"), STR_INIT("80")},
    {STR_INIT("${DIR}"), STR_INIT("/tmp/${PORT}")},
};

struct text_case {
    const char *name;
    const char *text;
    const char *want;
};

static const struct text_case text_cases[] = {
    {"empty", "", ""},
    {"nothing to do", "--addr", "--addr"},
    {"whole", "${ADDR}", "127.0.0.1:80"},
    {"inside and twice", "a=${PORT},b=${PORT}!", "a=80,b=80!"},
    {"values are not read again", "${DIR}", "/tmp/${PORT}"},
    {"unknown names stay", "${HOME} $PORT ${PORT", "${HOME} $PORT ${PORT"},
};

static void variables_are_substituted_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
        const struct text_case *row = &text_cases[i];
        print_message("%s\n", row->name);
        assert_str(trial_substitute(&arena, str_from(row->text), variables, ARRAY_LEN(variables)),
                   row->want);
    }
}

static void the_environment_is_fixed_and_the_scenario_has_the_last_word(void **state)
{
    (void)state;
    struct err err = {0};
    struct trial_env env = {0};
    struct trial trial = {.scratch = &arena, .run_dir = STR("/run")};
    struct env_var vars[] = {{STR("GOMAXPROCS"), STR("4")}, {STR("MODE"), STR("x=y")}};
    assert_ok(trial_env_init(&env, &trial, vars, ARRAY_LEN(vars), &err), &err);
    assert_str(trial_env_get(&env, STR("HOME")), "/run");
    assert_str(trial_env_get(&env, STR("TMPDIR")), "/run");
    assert_str(trial_env_get(&env, STR("GOMAXPROCS")), "4");
    assert_str(trial_env_get(&env, STR("GODEBUG")), "");
    assert_int_equal(env.len, 6);
    const char *const *list = trial_env_list(&env, &arena);
    assert_string_equal(list[3], "LANG=C");
    assert_string_equal(list[5], "MODE=x=y");
    assert_null(list[6]);
}

static void two_processors_are_the_default(void **state)
{
    (void)state;
    struct err err = {0};
    struct trial_env env = {0};
    struct trial trial = {.scratch = &arena, .run_dir = STR("/run")};
    assert_ok(trial_env_init(&env, &trial, NULL, 0, &err), &err);
    assert_str(trial_env_get(&env, STR("GOMAXPROCS")), "2");
}

struct slow_case {
    const char *name;
    uint64_t rate;
    uint64_t spent_ns;
    enum phase phase;
    bool is_too_slow;
};

static const struct slow_case slow_cases[] = {
    {"within the limit", 1, 100, PHASE_EXACT, false},
    {"beyond the limit", 1, 101, PHASE_EXACT, true},
    {"coarse already", 16384, 101, PHASE_EXACT, false},
    {"steady phase", 1, 101, PHASE_STEADY, false},
};

static void only_exact_trials_at_rate_1_are_too_slow(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(slow_cases); i++) {
        const struct slow_case *row = &slow_cases[i];
        struct harness_scenario scenario = {.exact_rate = row->rate, .exact_limit_ns = 100};
        struct trial trial = {.scenario = &scenario, .key.phase = row->phase};
        print_message("%s\n", row->name);
        assert_int_equal(trial_is_too_slow(&trial, row->spent_ns), row->is_too_slow);
    }
}

/*
 * Stands for a test binary: never ends at rate 1 when `slow` is beside
 * it, else notes side and rate, writes a profile of the rate it was given
 * and works for some milliseconds, as the smallest of them do. What never
 * ends notes nothing: how far it gets before it is given up is chance.
 */
static const char benchmark[] =
    "#!/bin/sh\n"
    "for arg; do case $arg in\n"
    "-test.memprofile=*) file=${arg#*=} ;;\n"
    "-test.memprofilerate=*) rate=${arg#*=} ;;\n"
    "esac; done\n"
    "[ \"$GODEBUG\" = memprofilerate=$rate ] || exit 1\n"
    "[ \"$rate\" = 1 ] && [ -e \"${0%/*}/slow\" ] && exec tail -f /dev/null\n"
    "echo \"${0##*/} $rate\" >> \"${0%/*}/calls\"\n"
    "echo \"heap profile: 1: 8 [1: 8] @ heap/$((2 * rate))\n1: 8 [1: 8] @ 0x1\" > \"$file\"\n"
    "i=0; while [ $i -lt 150000 ]; do i=$((i + 1)); done\n"
    "echo 'BenchmarkX-2 100 5.0 ns/op 0 B/op 0 allocs/op'\n";

struct bench {
    struct err err;
    struct str dir;
    struct policy policy;
    struct scenario scenario;
    struct harness harness;
    struct harness_scenario built;
    struct recording recording;
    struct record_scenario record;
};

/*
 * Lists the file beside it that is called as it is with ".names" behind;
 * without one it fails, as a TestMain does that misses its database.
 */
static const char lister[] = "#!/bin/sh\n"
                             "echo \"${0##*/} $* $GOMAXPROCS $PWD\" >> \"${0%/*}/calls\"\n"
                             "exec cat \"$0.names\"\n";

static struct str path_in(const struct bench *bench, const char *name)
{
    return io_join(&arena, bench->dir, str_from(name));
}

static void write_text(struct bench *bench, const char *name, const char *text)
{
    assert_ok(io_write_file(path_in(bench, name), bytes_of_str(str_from(text)), &bench->err),
              &bench->err);
}

static void write_program(struct bench *bench, enum side side, const char *name, const char *text)
{
    struct str path = path_in(bench, name);
    write_text(bench, name, text);
    assert_int_equal(chmod(path.data, 0755), 0);
    bench->built.binaries[side] = path;
    bench->built.trees[side] = bench->dir;
}

static void open_bench(struct bench *bench, const char *program)
{
    *bench = (struct bench){.scenario = {.name = STR("codec"),
                                         .driver = DRIVER_GOTEST,
                                         .gotest = {.package = STR("."), .iterations = 100}}};
    bench->built.scenario = &bench->scenario;
    bench->built.exact_rate = EXACT_RATE;
    bench->built.exact_limit_ns = 60 * NS_PER_SECOND;
    assert_ok(io_make_temp_dir(&bench->dir, &arena, "memgate-test", &bench->err), &bench->err);
    write_program(bench, SIDE_BASE, "base", program);
    write_program(bench, SIDE_CAND, "cand", program);
    bench->harness = (struct harness){
        .spec.policy = &bench->policy, .arena = &arena, .work_dir = path_in(bench, "work")};
    bench->recording = (struct recording){
        .dir = path_in(bench, "recording"), .scenarios = &bench->record, .scenario_count = 1};
}

static enum status run_trial(struct bench *bench, enum side side, uint32_t number)
{
    struct trial_key key = {0, side, PHASE_EXACT, number};
    return harness_trial(&bench->harness, &bench->built, &bench->recording, key, &bench->err);
}

static struct str calls(struct bench *bench)
{
    struct bytes text = {0};
    assert_ok(io_read_file(&text, &arena, path_in(bench, "calls"), 4096, &bench->err), &bench->err);
    return str_of_bytes(text);
}

static void a_rate_that_is_too_slow_is_given_up_for_both_sides(void **state)
{
    (void)state;
    struct bench bench;
    struct rule rule = {.metric = METRIC_ALLOC_SPACE,
                        .max_increase_percent = {.set = true, .value = 0.05},
                        .severity = SEVERITY_BLOCK};
    open_bench(&bench, benchmark);
    bench.policy = (struct policy){.rules = &rule, .rule_count = 1, .trials.exact = 2};
    assert_ok(run_trial(&bench, SIDE_BASE, 1), &bench.err);
    assert_ok(run_trial(&bench, SIDE_CAND, 1), &bench.err);
    struct str left = path_in(&bench, "recording/scenario-1/candidate/exact-1/left");
    assert_ok(io_write_file(left, (struct bytes){0}, &bench.err), &bench.err);
    assert_ok(io_write_file(path_in(&bench, "slow"), (struct bytes){0}, &bench.err), &bench.err);
    bench.built.exact_limit_ns = 1;
    assert_ok(run_trial(&bench, SIDE_CAND, 2), &bench.err);
    /* The probe at 16384 is not kept: it shows next to no bytes, and 5 % of that needs them all. */
    assert_str(calls(&bench), "base 1\ncand 1\nbase 16384\nbase 4096\ncand 4096\ncand 4096\n");
    assert_int_equal(bench.built.exact_rate, COARSE_PERIOD_MIN);
    assert_int_equal(bench.record.trial_count[SIDE_BASE][PHASE_EXACT], 1);
    assert_int_equal(bench.record.trial_count[SIDE_CAND][PHASE_EXACT], 2);
    assert_int_equal(bench.record.trials[SIDE_CAND][PHASE_EXACT][1].number, 2);
    assert_false(io_is_file(left));
    assert_ok(run_trial(&bench, SIDE_BASE, 2), &bench.err);
    assert_true(str_ends_with(calls(&bench), STR("cand 4096\nbase 4096\n")));
    assert_ok(io_remove_tree(bench.dir, &bench.err), &bench.err);
}

static void the_peak_of_a_short_benchmark_is_known(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, benchmark);
    assert_ok(run_trial(&bench, SIDE_BASE, 1), &bench.err);
    const struct record_trial *trial = &bench.record.trials[SIDE_BASE][PHASE_EXACT][0];
    assert_true(trial->rss_samples >= 1);
    assert_int_equal(trial->rss_p95_bytes, trial->rss_max_bytes);
    /* A shell holds more than 100 KiB and less than what this process may have at its fork. */
    assert_in_range(trial->rss_max_bytes, 100 * 1024, 64 * 1024 * 1024);
    assert_ok(io_remove_tree(bench.dir, &bench.err), &bench.err);
}

static enum status select_benchmarks(struct bench *bench, const char *expression)
{
    bench->scenario.gotest.bench = str_from(expression);
    return trial_gotest_select(&bench->harness, &bench->built, &bench->err);
}

static void sides_that_list_the_same_run_the_expression_as_it_is(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, lister);
    write_text(&bench, "base.names", "TestA\nBenchmarkA\n");
    write_text(&bench, "cand.names", "BenchmarkA\nTestB\n");
    assert_ok(select_benchmarks(&bench, "A/x"), &bench.err);
    assert_str(bench.built.bench, "A/x");
    assert_str(bench.built.notes, "");
    assert_str(calls(&bench),
               str_format(&arena, "base -test.list=A 2 %.*s\ncand -test.list=A 2 %.*s\n",
                          STR_ARGS(bench.dir), STR_ARGS(bench.dir))
                   .data);
    assert_false(io_is_file(path_in(&bench, "work/run")));
    assert_ok(io_remove_tree(bench.dir, &bench.err), &bench.err);
}

static void a_benchmark_of_one_side_is_left_out_and_named(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, lister);
    write_text(&bench, "base.names", "BenchmarkA\n");
    write_text(&bench, "cand.names", "BenchmarkA\nBenchmarkB\n");
    assert_ok(select_benchmarks(&bench, "."), &bench.err);
    assert_str(bench.built.bench, "^(BenchmarkA)$");
    assert_str(bench.built.notes, "benchmarks of one side alone are not compared: "
                                  "baseline: none; candidate: BenchmarkB");
    assert_ok(io_remove_tree(bench.dir, &bench.err), &bench.err);
}

static void no_common_benchmark_says_what_each_side_has(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, lister);
    write_text(&bench, "base.names", "BenchmarkA\n");
    write_text(&bench, "cand.names", "TestB\n");
    assert_fails(
        select_benchmarks(&bench, "A|B"), STATUS_CHILD, &bench.err,
        "no benchmark matches \"A|B\" on both sides: baseline: BenchmarkA; candidate: none");
    assert_ok(io_remove_tree(bench.dir, &bench.err), &bench.err);
}

static void a_side_that_cannot_list_leaves_the_expression_alone(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, lister);
    write_text(&bench, "base.names", "BenchmarkA\n");
    assert_ok(select_benchmarks(&bench, "."), &bench.err);
    assert_str(bench.built.bench, ".");
    assert_str(bench.built.notes, "");
    assert_ok(io_remove_tree(bench.dir, &bench.err), &bench.err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_are_substituted_once),
        cmocka_unit_test(the_environment_is_fixed_and_the_scenario_has_the_last_word),
        cmocka_unit_test(two_processors_are_the_default),
        cmocka_unit_test(only_exact_trials_at_rate_1_are_too_slow),
        cmocka_unit_test(a_rate_that_is_too_slow_is_given_up_for_both_sides),
        cmocka_unit_test(the_peak_of_a_short_benchmark_is_known),
        cmocka_unit_test(sides_that_list_the_same_run_the_expression_as_it_is),
        cmocka_unit_test(a_benchmark_of_one_side_is_left_out_and_named),
        cmocka_unit_test(no_common_benchmark_says_what_each_side_has),
        cmocka_unit_test(a_side_that_cannot_list_leaves_the_expression_alone),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
