#include "gate/harness/cgroup.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness/cgroup_fixture.h"

/* What version 2 needs beyond the places: controllers one by one, groups, and who enters them. */

#define OWN   "/sys/fs/cgroup/ci"
#define GROUP "/groups"

/* The root of the machine, where no process has to move; `switched` of `given` are on. */
static void put_root(struct fixture *fixture, const char *given, const char *switched)
{
    put(fixture, "/proc/self/mountinfo", MOUNT("/", "/sys/fs/cgroup", "cgroup2", "rw"));
    put(fixture, "/proc/self/cgroup", "0::/ci\n");
    put(fixture, OWN "/cgroup.procs", "1\n");
    put(fixture, OWN "/cgroup.controllers", given);
    put(fixture, OWN "/cgroup.subtree_control", switched);
}

static enum status open_all(struct fixture *fixture, struct cgroups *cgroups)
{
    struct cgroup_needs needs = {0};
    const struct scenario_limits limits = {1 << 20, 1.5, STR_INIT("0")};
    cgroup_needs_add(&needs, &limits);
    return cgroups_open(cgroups, &fixture->arena, fixture->root, &needs, &fixture->err);
}

/* Each is written over the start of what is there: nothing but "+cpu" is, then nothing but "-cpu". */
static void only_what_is_off_is_switched_on_and_off_again(void **state)
{
    struct fixture fixture;
    struct cgroups cgroups = {0};
    (void)state;
    fixture_init(&fixture);
    put_root(&fixture, "cpuset cpu memory\n", "memory cpuset\n");
    assert_ok(open_all(&fixture, &cgroups), &fixture.err);
    assert_str(get(&fixture, OWN "/cgroup.subtree_control"), "+cpury cpuset\n");
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        assert_int_equal(cgroups.places[i].version, 2);
        assert_true(str_equal(cgroups.places[i].dir, path_of(&fixture, OWN)));
    }
    cgroups_close(&cgroups);
    assert_str(get(&fixture, OWN "/cgroup.subtree_control"), "-cpury cpuset\n");
    fixture_release(&fixture);
}

/* Of three the kernel gives two: nothing is switched, and the third is named. */
static void one_controller_that_is_not_given_refuses_all(void **state)
{
    struct fixture fixture;
    struct cgroups cgroups = {0};
    (void)state;
    fixture_init(&fixture);
    put_root(&fixture, "cpu memory\n", "\n");
    assert_fails(open_all(&fixture, &cgroups), STATUS_INVALID, &fixture.err,
                 "is not given the cpuset controller");
    assert_str(get(&fixture, OWN "/cgroup.subtree_control"), "\n");
    fixture_release(&fixture);
}

static struct cgroups groups_at(struct fixture *fixture)
{
    struct cgroups out = {0};
    assert_ok(io_make_dirs(path_of(fixture, GROUP), &fixture->err), &fixture->err);
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++)
        out.places[i] = (struct cgroup_place){2, path_of(fixture, GROUP)};
    return out;
}

/* No kernel puts files into the group: the first limit cannot be set, and the group goes again. */
static void a_group_without_its_limit_does_not_stay(void **state)
{
    struct fixture fixture;
    struct cgroup group = {0};
    const struct scenario_limits limits = {.memory_bytes = 1 << 20};
    (void)state;
    fixture_init(&fixture);
    struct cgroups cgroups = groups_at(&fixture);
    assert_fails(cgroup_make(&group, &cgroups, &limits, &fixture.err), STATUS_INVALID, &fixture.err,
                 "memory.max: No such file or directory");
    assert_true(str_contains(str_from(fixture.err.text), STR("run memgate as root")));
    assert_int_equal(rmdir(path_of(&fixture, GROUP).data), 0);
    assert_int_equal(group.dirs[CGROUP_MEMORY][0], '\0');
    fixture_release(&fixture);
}

static void no_limit_makes_no_group(void **state)
{
    struct fixture fixture;
    struct cgroup group = {0};
    const struct scenario_limits none = {0};
    (void)state;
    fixture_init(&fixture);
    struct cgroups cgroups = groups_at(&fixture);
    assert_ok(cgroup_make(&group, &cgroups, &none, &fixture.err), &fixture.err);
    assert_true(cgroup_enter(&group));
    assert_true(cgroup_remove(&group));
    assert_int_equal(rmdir(path_of(&fixture, GROUP).data), 0);
    fixture_release(&fixture);
}

/* "0" is the writer itself, cgroups(7). A group that cannot be entered is no limit at all. */
static void a_process_enters_every_group_or_none_counts(void **state)
{
    struct fixture fixture;
    struct cgroup group = {.versions = {[CGROUP_MEMORY] = 2, [CGROUP_CPU] = 2}};
    (void)state;
    fixture_init(&fixture);
    put(&fixture, "/memory/cgroup.procs", "");
    put(&fixture, "/cpu/cgroup.procs", "");
    (void)snprintf(group.dirs[CGROUP_MEMORY], sizeof(group.dirs[0]), "%.*s/memory",
                   STR_ARGS(fixture.root));
    (void)snprintf(group.dirs[CGROUP_CPU], sizeof(group.dirs[0]), "%.*s/cpu",
                   STR_ARGS(fixture.root));
    assert_true(cgroup_enter(&group));
    assert_str(get(&fixture, "/memory/cgroup.procs"), "0");
    assert_str(get(&fixture, "/cpu/cgroup.procs"), "0");
    assert_int_equal(unlink(path_of(&fixture, "/cpu/cgroup.procs").data), 0);
    assert_false(cgroup_enter(&group));
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_off_is_switched_on_and_off_again),
        cmocka_unit_test(one_controller_that_is_not_given_refuses_all),
        cmocka_unit_test(a_group_without_its_limit_does_not_stay),
        cmocka_unit_test(no_limit_makes_no_group),
        cmocka_unit_test(a_process_enters_every_group_or_none_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
