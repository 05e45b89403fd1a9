#include "gate/policy/policy.h"
#include "tests/support/check.h"

#define HEAD    "version: 1\nscenarios:\n  - name: s\n"
#define SERVICE "    service: {args: [\"${ADDR}\", \"-a\"], env: {A: \"1\"}}\n"
#define LOAD    "    load: {requests: r.jsonl, warmup: 5, count: 100, rate: 50/s, seed: 3}\n"

static const struct other_case {
    const char *name;
    const char *text;
    const char *want; /* the key; NULL: the same load */
} other_cases[] = {
    {"the same", HEAD SERVICE LOAD, NULL},
    {"rules are no load",
     HEAD SERVICE LOAD "rules:\n  - {metric: alloc_space, max: 1MiB, severity: block}\n", NULL},
    {"the file is told by what it holds",
     HEAD SERVICE "    load: {requests: q.jsonl, warmup: 5, count: 100, rate: 50/s, seed: 3}\n",
     NULL},
    {"arguments", HEAD "    service: {args: [\"${ADDR}\", \"-b\"], env: {A: \"1\"}}\n" LOAD,
     "service.args"},
    {"arguments split another way",
     HEAD "    service: {args: [\"${ADDR}\", \"-\", \"a\"], env: {A: \"1\"}}\n" LOAD,
     "service.args"},
    {"environment", HEAD "    service: {args: [\"${ADDR}\", \"-a\"], env: {A: \"2\"}}\n" LOAD,
     "service.env"},
    {"count",
     HEAD SERVICE "    load: {requests: r.jsonl, warmup: 5, count: 90, rate: 50/s, seed: 3}\n",
     "load.count"},
    {"warm-up",
     HEAD SERVICE "    load: {requests: r.jsonl, warmup: 6, count: 100, rate: 50/s, seed: 3}\n",
     "load.warmup"},
    {"rate",
     HEAD SERVICE "    load: {requests: r.jsonl, warmup: 5, count: 100, rate: 51/s, seed: 3}\n",
     "load.rate"},
    {"seed",
     HEAD SERVICE "    load: {requests: r.jsonl, warmup: 5, count: 100, rate: 50/s, seed: 4}\n",
     "load.seed"},
    {"flags of the build", HEAD "    build: {package: ., flags: [-tags=x]}\n" SERVICE LOAD,
     "build.flags"},
};

static const struct scenario *parse(struct policy *policy, struct arena *arena, const char *text)
{
    struct err err;
    assert_ok(policy_parse(policy, arena, STR("memgate.yaml"), bytes_of_str(str_from(text)), &err),
              &err);
    return &policy->scenarios[0];
}

static void what_shapes_the_load_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(other_cases); i++) {
        const struct other_case *row = &other_cases[i];
        struct arena arena;
        struct policy base;
        struct policy cand;
        print_message("%s\n", row->name);
        arena_init(&arena);
        const struct scenario *first = parse(&base, &arena, HEAD SERVICE LOAD);
        const char *have = scenario_other_load(&arena, first, parse(&cand, &arena, row->text));
        assert_string_equal(have ? have : "none", row->want ? row->want : "none");
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_shapes_the_load_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
