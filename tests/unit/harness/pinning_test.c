#include "gate/harness/pinning.h"

#include "gate/base/clock.h"
#include "gate/harness/process.h"
#include "tests/support/check.h"

struct plan_case {
    const char *name;
    uint64_t words[2]; /* CPUs 0 to 127 that memgate may use */
    bool is_on;
    uint64_t load[2];
    uint64_t service[2];
};

static const struct plan_case plan_cases[] = {
    {"none", {0, 0}, false, {0, 0}, {0, 0}},
    {"one CPU", {0x1, 0}, false, {0, 0}, {0, 0}},
    {"two CPUs", {0x3, 0}, false, {0, 0}, {0, 0}},
    {"three CPUs", {0x7, 0}, false, {0, 0}, {0, 0}},
    {"four CPUs", {0xf, 0}, true, {0x8, 0}, {0x7, 0}},
    {"four of many", {0x8421, 0}, true, {0x8000, 0}, {0x0421, 0}},
    {"three of many", {0x0421, 0}, false, {0, 0}, {0, 0}},
    {"a full word", {UINT64_MAX, 0}, true, {1ULL << 63, 0}, {UINT64_MAX >> 1, 0}},
    {"over two words", {0x7, 0x1}, true, {0, 0x1}, {0x7, 0}},
    {"all in the second", {0, 0xf0}, true, {0, 0x80}, {0, 0x70}},
};

static void plan_gives_the_load_a_cpu_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(plan_cases); i++) {
        const struct plan_case *row = &plan_cases[i];
        struct pinning have;
        struct cpus allowed = {0};
        print_message("%s\n", row->name);
        memcpy(allowed.words, row->words, sizeof(row->words));
        pinning_plan(&have, &allowed);
        assert_int_equal(have.is_on, row->is_on);
        assert_memory_equal(have.load.words, row->load, sizeof(row->load));
        assert_memory_equal(have.service.words, row->service, sizeof(row->service));
        assert_memory_equal(&have.allowed, &allowed, sizeof(allowed));
        assert_int_equal(cpus_count(&have.load), row->is_on ? 1 : 0);
        assert_int_equal(cpus_count(&have.service), row->is_on ? cpus_count(&allowed) - 1 : 0);
    }
}

static void a_service_with_a_cpuset_may_have_every_cpu(void **state)
{
    (void)state;
    struct pinning pinning;
    struct cpus allowed = {{0xf}};
    pinning_plan(&pinning, &allowed);
    assert_ptr_equal(pinning_service(&pinning, false), &pinning.service);
    assert_ptr_equal(pinning_service(&pinning, true), &pinning.allowed);
    allowed = (struct cpus){{0x3}};
    pinning_plan(&pinning, &allowed);
    assert_null(pinning_service(&pinning, false));
    assert_null(pinning_service(&pinning, true));
}

static void plan_takes_the_last_cpu_that_there_can_be(void **state)
{
    (void)state;
    struct pinning have;
    struct cpus allowed = {0};
    for (uint32_t cpu = PINNING_CPUS_MAX - PINNING_CPUS_MIN; cpu < PINNING_CPUS_MAX; cpu++)
        cpus_add(&allowed, cpu);
    pinning_plan(&have, &allowed);
    assert_true(have.is_on);
    assert_true(have.load.words[PINNING_CPUS_MAX / 64 - 1] == 1ULL << 63);
    assert_int_equal(cpus_count(&have.service), PINNING_CPUS_MIN - 1);
}

static void read_agrees_with_the_machine_and_leaves_it_as_it_is(void **state)
{
    (void)state;
    struct pinning before;
    struct pinning after;
    pinning_read(&before);
    pinning_read(&after);
    assert_true(cpus_count(&before.allowed) > 0);
    assert_memory_equal(&before, &after, sizeof(before));
    if (before.is_on)
        assert_true(cpus_count(&before.allowed) >= PINNING_CPUS_MIN);
}

static void enter_refuses_no_cpu_at_all_and_holds_for_what_follows(void **state)
{
    (void)state;
    struct pinning have;
    struct pinning inside;
    struct cpus one = {0};
    uint32_t cpu = 0;
    assert_false(pinning_enter(&one));
    pinning_read(&have);
    while (!(have.allowed.words[cpu / 64] >> (cpu % 64) & 1))
        cpu++;
    cpus_add(&one, cpu);
    assert_true(pinning_enter(&one));
    pinning_read(&inside);
    assert_true(pinning_enter(&have.allowed));
    assert_memory_equal(&inside.allowed, &one, sizeof(one));
    assert_false(inside.is_on);
}

static enum status start_on(struct process *process, const struct cpus *cpus, struct err *err)
{
    static const char *const argv[] = {"/bin/sh", "-c",
                                       "while read -r name list; do [ \"$name\" = "
                                       "Cpus_allowed_list: ] && echo $list; done < "
                                       "/proc/self/status; exit 0",
                                       NULL};
    static const char *const env[] = {NULL};
    const struct process_spec spec = {.argv = argv, .env = env, .cpus = cpus};
    return process_start(process, &spec, err);
}

static void a_program_runs_where_it_is_told(void **state)
{
    (void)state;
    struct arena arena;
    struct process process = {0};
    struct pinning have;
    struct cpus one = {0};
    struct err err;
    uint32_t cpu = PINNING_CPUS_MAX - 1;
    pinning_read(&have);
    while (!(have.allowed.words[cpu / 64] >> (cpu % 64) & 1))
        cpu--;
    cpus_add(&one, cpu);
    arena_init(&arena);
    assert_ok(start_on(&process, &one, &err), &err);
    assert_ok(process_wait(&process, 20 * NS_PER_SECOND, &err), &err);
    struct str want = str_format(&arena, "%u\n", cpu);
    assert_true(str_equal(process_output_text(&arena, &process), want));
    process_release(&process);
    arena_release(&arena);
}

static void cpus_that_are_not_there_are_an_error(void **state)
{
    (void)state;
    struct process process = {0};
    struct cpus none = {0};
    struct err err;
    assert_fails(start_on(&process, &none, &err), STATUS_IO, &err,
                 "/bin/sh: cannot be held on its CPUs: Invalid argument");
    process_release(&process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_gives_the_load_a_cpu_of_its_own),
        cmocka_unit_test(a_service_with_a_cpuset_may_have_every_cpu),
        cmocka_unit_test(plan_takes_the_last_cpu_that_there_can_be),
        cmocka_unit_test(read_agrees_with_the_machine_and_leaves_it_as_it_is),
        cmocka_unit_test(enter_refuses_no_cpu_at_all_and_holds_for_what_follows),
        cmocka_unit_test(a_program_runs_where_it_is_told),
        cmocka_unit_test(cpus_that_are_not_there_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
