#include "gate/policy/policy.h"

#include "tests/support/check.h"

#define LIMITS(inner)                                                                              \
    "version: 1\n"                                                                                 \
    "scenarios:\n"                                                                                 \
    "  - name: a\n"                                                                                \
    "    load: {requests: r, count: 1}\n"                                                          \
    "    service: {args: [\"${ADDR}\"], limits: " inner "}\n"

static enum status parse(struct policy *out, struct arena *arena, const char *text, struct err *err)
{
    return policy_parse(out, arena, STR("memgate.yaml"), bytes_of_str(str_from(text)), err);
}

struct limits_case {
    const char *name;
    const char *text;
    uint64_t memory_bytes;
    double cpus;
    const char *cpuset;
};

static const struct limits_case limits_cases[] = {
    {"memory", LIMITS("{memory: 512MiB}"), 536870912, 0, ""},
    {"part of a CPU", LIMITS("{cpus: 1.5}"), 0, 1.5, ""},
    {"a list of CPUs", LIMITS("{cpuset: \"0-1,4\"}"), 0, 0, "0-1,4"},
    {"one CPU, which looks like a number", LIMITS("{cpuset: 0}"), 0, 0, "0"},
    {"all of them", LIMITS("{memory: 1GiB, cpus: 2, cpuset: 0-1}"), 1073741824, 2, "0-1"},
};

static void limits_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(limits_cases); i++) {
        const struct limits_case *row = &limits_cases[i];
        struct arena arena;
        struct policy policy = {0};
        struct err err = {0};
        print_message("%s\n", row->name);
        arena_init(&arena);
        assert_ok(parse(&policy, &arena, row->text, &err), &err);
        const struct scenario_limits *limits = &policy.scenarios[0].service.limits;
        assert_true(limits->memory_bytes == row->memory_bytes);
        assert_close(limits->cpus, row->cpus, 0);
        assert_str(limits->cpuset, row->cpuset);
        assert_true(limits_are_set(limits));
        arena_release(&arena);
    }
}

static void no_limits_are_none(void **state)
{
    struct scenario_limits none = {0};
    (void)state;
    assert_false(limits_are_set(&none));
}

struct refused_case {
    const char *name;
    const char *text;
    const char *message;
};

static const struct refused_case refused_cases[] = {
    {"none at all", LIMITS("{}"), "limits needs memory or cpus or cpuset"},
    {"memory without its unit", LIMITS("{memory: 512}"), "the unit is missing"},
    {"too little for any program", LIMITS("{memory: 4MiB}"), "memory is from 8 MiB to 1000 TB"},
    {"a list", LIMITS("{memory: [1GiB]}"), "memory is a single value"},
    {"no CPU", LIMITS("{cpus: 0}"), "cpus is from 0.01 to 4096"},
    {"a word", LIMITS("{cpus: two}"), "is not a plain decimal number"},
    {"an empty list of CPUs", LIMITS("{cpuset: \"\"}"), "no list of CPUs"},
    {"a comma at its end", LIMITS("{cpuset: \"0,\"}"), "no list of CPUs in ascending order"},
    {"an open range", LIMITS("{cpuset: \"0-\"}"), "no list of CPUs in ascending order"},
    {"a range backwards", LIMITS("{cpuset: \"3-1\"}"), "no list of CPUs in ascending order"},
    {"twice the same", LIMITS("{cpuset: \"0-3,3\"}"), "no list of CPUs in ascending order"},
    {"a path", LIMITS("{cpuset: \"../x\"}"), "no list of CPUs in ascending order"},
    {"more than any machine has", LIMITS("{cpuset: \"9000\"}"), "no list of CPUs"},
};

static void other_limits_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        struct arena arena;
        struct policy policy = {0};
        struct err err = {0};
        print_message("%s\n", refused_cases[i].name);
        arena_init(&arena);
        assert_fails(parse(&policy, &arena, refused_cases[i].text, &err), STATUS_POLICY, &err,
                     refused_cases[i].message);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_read),
        cmocka_unit_test(no_limits_are_none),
        cmocka_unit_test(other_limits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
