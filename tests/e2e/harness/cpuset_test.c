#include "gate/base/clock.h"
#include "gate/harness/cgroup.h"
#include "gate/harness/pinning.h"
#include "gate/harness/process.h"
#include "tests/support/check.h"

/*
 * A service with a cpuset while memgate holds its load on a CPU: by real
 * control groups, as root or where they are delegated. The machine needs two
 * CPUs; the plan, which wants four, is written down here.
 */
struct fixture {
    struct arena arena;
    struct err err;
    struct pinning pinning;
    struct cgroups groups;
    uint32_t first; /* CPU; the load's */
    uint32_t last;  /* the service's, without a cpuset */
};

static bool has_cpu(const struct cpus *cpus, uint32_t cpu)
{
    return cpus->words[cpu / 64] >> (cpu % 64) & 1;
}

static void fixture_init(struct fixture *fixture)
{
    struct cgroup_needs needs = {{[CGROUP_CPUSET] = true}};
    *fixture = (struct fixture){.last = PINNING_CPUS_MAX - 1};
    struct pinning *pinning = &fixture->pinning;
    arena_init(&fixture->arena);
    pinning_read(pinning);
    assert_true(cpus_count(&pinning->allowed) >= 2);
    while (!has_cpu(&pinning->allowed, fixture->first))
        fixture->first++;
    while (!has_cpu(&pinning->allowed, fixture->last))
        fixture->last--;
    pinning->is_on = true;
    pinning->load = (struct cpus){{0}};
    pinning->service = (struct cpus){{0}};
    cpus_add(&pinning->load, fixture->first);
    cpus_add(&pinning->service, fixture->last);
    assert_ok(cgroups_open(&fixture->groups, &fixture->arena, STR(""), &needs, &fixture->err),
              &fixture->err);
    assert_ok(pinning_begin(pinning, &fixture->err), &fixture->err);
}

static void fixture_release(struct fixture *fixture)
{
    pinning_end(&fixture->pinning);
    cgroups_close(&fixture->groups);
    arena_release(&fixture->arena);
}

/* Where a program may run that is held to the CPU, by its own word. */
static void check_held(struct fixture *fixture, uint32_t cpu)
{
    static const char *const argv[] = {"/bin/sh", "-c",
                                       "while read -r name list; do [ \"$name\" = "
                                       "Cpus_allowed_list: ] && echo $list; done < "
                                       "/proc/self/status; exit 0",
                                       NULL};
    static const char *const env[] = {NULL};
    struct err *err = &fixture->err;
    struct process process = {0};
    struct cgroup group = {0};
    struct str name = str_format(&fixture->arena, "%u", (unsigned)cpu);
    const struct scenario_limits limits = {.cpuset = name};
    const struct process_spec spec = {.argv = argv,
                                      .env = env,
                                      .cpus = pinning_service(&fixture->pinning, true),
                                      .group = &group};
    assert_ok(cgroup_make(&group, &fixture->groups, &limits, err), err);
    assert_ok(process_start(&process, &spec, err), err);
    assert_ok(process_wait(&process, 20 * NS_PER_SECOND, err), err);
    struct str said = str_trim(process_output_text(&fixture->arena, &process));
    process_release(&process);
    assert_true(cgroup_remove(&group));
    assert_true(str_equal(said, name));
}

/* Not where the load is, where memgate itself runs when it starts the program. */
static void a_set_is_kept_beside_the_load(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    check_held(&fixture, fixture.last);
    fixture_release(&fixture);
}

/* The user's word counts, also where the plan has nothing of it for services. */
static void a_set_on_the_cpu_of_the_load_is_kept_too(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    check_held(&fixture, fixture.first);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_is_kept_beside_the_load),
        cmocka_unit_test(a_set_on_the_cpu_of_the_load_is_kept_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
