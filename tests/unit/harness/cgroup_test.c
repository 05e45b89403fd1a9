#include "gate/harness/cgroup.h"

#include <sys/stat.h>
#include <unistd.h>

#include "gate/harness/cgroup_find.h"
#include "gate/harness/cgroup_quota.h"
#include "tests/unit/harness/cgroup_fixture.h"

static const char version_1[] =
    MOUNT("/", "/proc", "proc", "rw") MOUNT("/", "/sys/fs/cgroup/memory", "cgroup", "rw,memory")
        MOUNT("/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct")
            MOUNT("/", "/sys/fs/cgroup/unified", "cgroup2", "rw");
static const char container_1[] =
    MOUNT("/docker/ab", "/sys/fs/cgroup/memory", "cgroup", "rw,memory");
static const char version_2[] = MOUNT("/", "/sys/fs/cgroup", "cgroup2", "rw,nsdelegate");

struct find_case {
    const char *name;
    const char *mounts;
    const char *groups;
    const char *dir; /* that is there */
    enum cgroup_controller controller;
    int version; /* 0: refused, with the text */
    const char *want;
};

static const struct find_case find_cases[] = {
    {"version 1", version_1, "4:memory:/ci/job\n3:cpu,cpuacct:/\n0::/\n",
     "/sys/fs/cgroup/memory/ci/job", CGROUP_MEMORY, 1, "/sys/fs/cgroup/memory/ci/job"},
    {"one of two controllers of a hierarchy", version_1, "4:memory:/ci\n3:cpu,cpuacct:/\n0::/\n",
     "/sys/fs/cgroup/cpu,cpuacct", CGROUP_CPU, 1, "/sys/fs/cgroup/cpu,cpuacct"},
    {"a container of version 1 sees its own group as the root", container_1,
     "4:memory:/docker/ab\n", "/sys/fs/cgroup/memory", CGROUP_MEMORY, 1, "/sys/fs/cgroup/memory"},
    {"below what the container sees", container_1, "4:memory:/docker/ab/x\n",
     "/sys/fs/cgroup/memory/x", CGROUP_MEMORY, 1, "/sys/fs/cgroup/memory/x"},
    {"version 2", version_2, "0::/user.slice/a.scope\n", "/sys/fs/cgroup/user.slice/a.scope",
     CGROUP_CPUSET, 2, "/sys/fs/cgroup/user.slice/a.scope"},
    {"a container of version 2 that sees the machine's paths",
     MOUNT("/docker/ab", "/sys/fs/cgroup", "cgroup2", "rw"), "0::/docker/ab\n", "/sys/fs/cgroup",
     CGROUP_MEMORY, 2, "/sys/fs/cgroup"},
    {"version 2 beside version 1, which has not the controller", version_1, "4:memory:/\n0::/ci\n",
     "/sys/fs/cgroup/unified/ci", CGROUP_CPUSET, 2, "/sys/fs/cgroup/unified/ci"},
    {"outside of the namespace of groups", version_2, "0::/../b\n", "/sys/fs/cgroup/a",
     CGROUP_MEMORY, 0, "mounted that has our own group /../b"},
    {"the root of version 2", version_2, "0::/\n", "/sys/fs/cgroup", CGROUP_CPU, 2,
     "/sys/fs/cgroup"},
    {"no controller at all", version_1, "3:cpu,cpuacct:/\n", "/sys", CGROUP_MEMORY, 0,
     "this kernel has no memory controller of control groups"},
    {"nothing is mounted", MOUNT("/", "/proc", "proc", "rw"), "4:memory:/\n", "/sys", CGROUP_MEMORY,
     0, "no file system of control groups is mounted that has our own group /"},
    {"our group is not in what is mounted", container_1, "4:memory:/docker/abc\n",
     "/sys/fs/cgroup/memory", CGROUP_MEMORY, 0, "mounted that has our own group /docker/abc"},
    {"the directory is not there", version_2, "0::/gone\n", "/sys/fs/cgroup", CGROUP_CPU, 0,
     "our own group /gone"},
    {"no files of /proc", "", "", "/sys", CGROUP_MEMORY, 0, "this kernel has no memory controller"},
};

static void our_group_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(find_cases); i++) {
        const struct find_case *row = &find_cases[i];
        struct fixture fixture;
        struct cgroup_mount mount = {0};
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        put(&fixture, "/proc/self/mountinfo", row->mounts);
        put(&fixture, "/proc/self/cgroup", row->groups);
        assert_ok(io_make_dirs(path_of(&fixture, row->dir), &fixture.err), &fixture.err);
        enum status status =
            cgroup_find(&mount, &fixture.arena, fixture.root, row->controller, &fixture.err);
        if (row->version) {
            assert_ok(status, &fixture.err);
            assert_int_equal(mount.version, row->version);
            assert_true(str_equal(mount.own, path_of(&fixture, row->want)));
        } else {
            assert_fails(status, STATUS_INVALID, &fixture.err, row->want);
        }
        fixture_release(&fixture);
    }
}

#define OWN  "/sys/fs/cgroup/ci/job"
#define FREE "0::/ci/job\n"

/* Version 2 with our group, which `procs` are in; others and the group above as asked. */
static void put_version_2(struct fixture *fixture, const char *procs, const char *switched,
                          const char *switched_above)
{
    put(fixture, "/proc/self/mountinfo", version_2);
    put(fixture, "/proc/self/cgroup", FREE);
    put(fixture, OWN "/cgroup.type", "domain\n");
    put(fixture, OWN "/cgroup.procs", procs);
    put(fixture, OWN "/cgroup.controllers", "cpuset cpu io memory pids\n");
    put(fixture, OWN "/cgroup.subtree_control", switched);
    put(fixture, "/sys/fs/cgroup/ci/cgroup.subtree_control", switched_above);
}

static enum status open_memory(struct fixture *fixture, struct cgroups *cgroups)
{
    struct cgroup_needs needs = {.controllers = {[CGROUP_MEMORY] = true}};
    return cgroups_open(cgroups, &fixture->arena, fixture->root, &needs, &fixture->err);
}

static void a_group_with_controllers_is_taken_as_it_is(void **state)
{
    struct fixture fixture;
    struct cgroups cgroups = {0};
    (void)state;
    fixture_init(&fixture);
    put_version_2(&fixture, "1\n2\n", "memory pids\n", "");
    assert_ok(open_memory(&fixture, &cgroups), &fixture.err);
    assert_int_equal(cgroups.places[CGROUP_MEMORY].version, 2);
    assert_int_equal(cgroups.places[CGROUP_CPU].version, 0);
    assert_true(str_equal(cgroups.places[CGROUP_MEMORY].dir, path_of(&fixture, OWN)));
    cgroups_close(&cgroups);
    assert_str(get(&fixture, OWN "/cgroup.subtree_control"), "memory pids\n");
    fixture_release(&fixture);
}

/* The file keeps what is written last at its start: "-memory" is what closing writes. */
static void alone_in_its_group_memgate_moves_below_it(void **state)
{
    struct fixture fixture;
    struct cgroups cgroups = {0};
    char pid[32];
    char refuge[128];
    (void)state;
    fixture_init(&fixture);
    (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
    (void)snprintf(refuge, sizeof(refuge), OWN "/memgate-%s-self/cgroup.procs", pid);
    put_version_2(&fixture, pid, "", "");
    put(&fixture, refuge, "");
    assert_ok(open_memory(&fixture, &cgroups), &fixture.err);
    assert_str(get(&fixture, refuge), pid);
    assert_str(get(&fixture, OWN "/cgroup.subtree_control"), "+memory");
    assert_true(str_equal(cgroups.places[CGROUP_MEMORY].dir, path_of(&fixture, OWN)));
    cgroups_close(&cgroups);
    assert_str(get(&fixture, OWN "/cgroup.subtree_control"), "-memory");
    assert_str(get(&fixture, OWN "/cgroup.procs"), pid);
    cgroups_close(&cgroups);
    fixture_release(&fixture);
}

static void among_others_groups_are_made_beside_ours(void **state)
{
    struct fixture fixture;
    struct cgroups cgroups = {0};
    (void)state;
    fixture_init(&fixture);
    put_version_2(&fixture, "1\n2\n", "", "cpu memory\n");
    assert_ok(open_memory(&fixture, &cgroups), &fixture.err);
    assert_true(
        str_equal(cgroups.places[CGROUP_MEMORY].dir, path_of(&fixture, "/sys/fs/cgroup/ci")));
    fixture_release(&fixture);
}

static void the_root_of_the_machine_needs_no_move(void **state)
{
    struct fixture fixture;
    struct cgroups cgroups = {0};
    (void)state;
    fixture_init(&fixture);
    put_version_2(&fixture, "1\n2\n", "", "");
    assert_int_equal(unlink(path_of(&fixture, OWN "/cgroup.type").data), 0);
    assert_ok(open_memory(&fixture, &cgroups), &fixture.err);
    assert_str(get(&fixture, OWN "/cgroup.subtree_control"), "+memory");
    assert_true(str_equal(cgroups.places[CGROUP_MEMORY].dir, path_of(&fixture, OWN)));
    fixture_release(&fixture);
}

static void what_cannot_be_had_says_what_to_do(void **state)
{
    struct fixture fixture;
    struct cgroups cgroups = {0};
    (void)state;
    fixture_init(&fixture);
    put_version_2(&fixture, "1\n2\n", "", "cpu\n");
    assert_fails(open_memory(&fixture, &cgroups), STATUS_INVALID, &fixture.err,
                 "other processes are in our control group");
    assert_true(str_contains(str_from(fixture.err.text), STR("systemd-run --user --scope")));
    put(&fixture, OWN "/cgroup.controllers", "cpu io\n");
    assert_fails(open_memory(&fixture, &cgroups), STATUS_INVALID, &fixture.err,
                 "is not given the memory controller");
    assert_true(str_contains(str_from(fixture.err.text), STR("or leave service.limits out")));
    fixture_release(&fixture);
}

struct set_case {
    const char *name;
    int version;
    enum cgroup_controller controller;
    const char *file;
    const char *want;
};

static const struct set_case set_cases[] = {
    {"memory of version 1", 1, CGROUP_MEMORY, "/g/memory.limit_in_bytes", "536870912"},
    {"with swap", 1, CGROUP_MEMORY, "/g/memory.memsw.limit_in_bytes", "536870912"},
    {"memory of version 2", 2, CGROUP_MEMORY, "/g/memory.max", "536870912"},
    {"without swap", 2, CGROUP_MEMORY, "/g/memory.swap.max", "0"},
    {"all of it is killed", 2, CGROUP_MEMORY, "/g/memory.oom.group", "1"},
    {"the quota of version 1", 1, CGROUP_CPU, "/g/cpu.cfs_quota_us", "150000"},
    {"its period", 1, CGROUP_CPU, "/g/cpu.cfs_period_us", "100000"},
    {"the quota of version 2", 2, CGROUP_CPU, "/g/cpu.max", "150000 100000"},
    {"the CPUs of version 1", 1, CGROUP_CPUSET, "/g/cpuset.cpus", "0-1,4"},
    {"their memory nodes", 1, CGROUP_CPUSET, "/g/cpuset.mems", "0-1"},
    {"the CPUs of version 2", 2, CGROUP_CPUSET, "/g/cpuset.cpus", "0-1,4"},
};

static const struct scenario_limits limits = {536870912, 1.5, STR_INIT("0-1,4")};

/* Every file that a group has, empty, and CPUs 0, 1 and 4 in effect. */
static void put_group(struct fixture *fixture)
{
    static const char *const files[] = {"memory.limit_in_bytes",
                                        "memory.memsw.limit_in_bytes",
                                        "memory.max",
                                        "memory.swap.max",
                                        "memory.oom.group",
                                        "cpu.cfs_quota_us",
                                        "cpu.cfs_period_us",
                                        "cpu.max",
                                        "cpuset.cpus",
                                        "cpuset.mems"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        put(fixture, str_format(&fixture->arena, "/g/%s", files[i]).data, "");
    put(fixture, "/cpuset.mems", "0-1\n");
    put(fixture, "/g/cpuset.effective_cpus", "0-1,4\n");
    put(fixture, "/g/cpuset.cpus.effective", "0-1,4\n");
}

static enum status set(struct fixture *fixture, int version, enum cgroup_controller controller)
{
    struct cgroup_place place = {version, path_of(fixture, "/g")};
    return cgroup_set(&place, controller, &limits, &fixture->err);
}

static void limits_are_written_as_each_version_wants_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(set_cases); i++) {
        const struct set_case *row = &set_cases[i];
        struct fixture fixture;
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        put_group(&fixture);
        assert_ok(set(&fixture, row->version, row->controller), &fixture.err);
        assert_str(get(&fixture, row->file), row->want);
        fixture_release(&fixture);
    }
}

static void what_the_kernel_did_not_take_is_refused(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put_group(&fixture);
    put(&fixture, "/g/cpuset.cpus.effective", "0-1\n");
    assert_fails(set(&fixture, 2, CGROUP_CPUSET), STATUS_INVALID, &fixture.err,
                 "the service cannot be held to CPUs 0-1,4: of them it would get \"0-1\"");
    /* Longer than what is written: the rest stays, as if the kernel had taken another number. */
    put(&fixture, "/g/memory.max", "9999999999999");
    assert_fails(set(&fixture, 2, CGROUP_MEMORY), STATUS_INVALID, &fixture.err,
                 "memory.max is \"5368709129999\" after \"536870912\" was written to it");
    assert_int_equal(unlink(path_of(&fixture, "/g/cpu.max").data), 0);
    assert_fails(set(&fixture, 2, CGROUP_CPU), STATUS_INVALID, &fixture.err,
                 "cpu.max: No such file or directory; run memgate as root");
    fixture_release(&fixture);
}

static struct cgroup group_at(struct fixture *fixture, int version)
{
    struct cgroup group = {.memory_bytes = 1};
    struct str dir = path_of(fixture, "/g");
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        group.versions[i] = version;
        (void)snprintf(group.dirs[i], sizeof(group.dirs[i]), "%.*s", STR_ARGS(dir));
    }
    return group;
}

struct oom_case {
    int version;
    const char *file;
    const char *text;
    bool want;
};

static const struct oom_case oom_cases[] = {
    {1, "/g/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n", false},
    {1, "/g/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", true},
    {2, "/g/memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\noom_group_kill 0\n", false},
    {2, "/g/memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\noom_group_kill 1\n", true},
    {2, "/g/other", "oom_kill 1\n", false},
};

static void a_kill_for_memory_is_noticed(void **state)
{
    struct cgroup none = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(oom_cases); i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        put(&fixture, oom_cases[i].file, oom_cases[i].text);
        struct cgroup group = group_at(&fixture, oom_cases[i].version);
        assert_int_equal(cgroup_was_out_of_memory(&group), oom_cases[i].want);
        fixture_release(&fixture);
    }
    assert_false(cgroup_was_out_of_memory(&none));
}

static void a_quota_tells_how_long_it_held_back(void **state)
{
    struct fixture fixture;
    struct cgroup none = {0};
    (void)state;
    fixture_init(&fixture);
    struct cgroup group = group_at(&fixture, 2);
    put(&fixture, "/g/cpu.stat", "usage_usec 5\nnr_throttled 1\nthrottled_usec 12\n");
    assert_int_equal(cgroup_throttled_ns(&group), 12000);
    put(&fixture, "/g/cpu.stat", "nr_periods 5\nnr_throttled 1\nthrottled_time 12000\n");
    assert_int_equal(cgroup_throttled_ns(&group), 12000);
    assert_int_equal(cgroup_throttled_ns(&none), 0);
    fixture_release(&fixture);
}

static void a_group_goes_with_those_inside_it(void **state)
{
    struct fixture fixture;
    struct cgroup none = {0};
    (void)state;
    fixture_init(&fixture);
    struct cgroup group = group_at(&fixture, 1);
    assert_ok(io_make_dirs(path_of(&fixture, "/g/a/b"), &fixture.err), &fixture.err);
    assert_ok(io_make_dirs(path_of(&fixture, "/g/c"), &fixture.err), &fixture.err);
    assert_true(cgroup_remove(&group));
    assert_false(io_is_dir(path_of(&fixture, "/g")));
    assert_true(cgroup_remove(&group));
    assert_true(cgroup_remove(&none));
    /* Not a directory of ours: what is in it stays. */
    put(&fixture, "/g/file", "kept");
    assert_false(cgroup_remove(&group));
    assert_str(get(&fixture, "/g/file"), "kept");
    fixture_release(&fixture);
}

struct quota_file {
    const char *path;
    const char *text;
};

static const struct quota_case {
    const char *name;
    const char *mounts;
    const char *groups;
    struct quota_file files[4];
    bool is_known;
    double cpus;
} quota_cases[] = {
    {"its own",
     version_2,
     "0::/a/b\n",
     {{"/sys/fs/cgroup/a/b/cpu.max", "150000 100000\n"}},
     true,
     1.5},
    {"none of its own, one above",
     version_2,
     "0::/a/b\n",
     {{"/sys/fs/cgroup/a/b/cpu.max", "max 100000\n"},
      {"/sys/fs/cgroup/a/cpu.max", "25000 50000\n"}},
     true,
     0.5},
    {"the least of two, of other periods",
     version_2,
     "0::/a/b\n",
     {{"/sys/fs/cgroup/a/b/cpu.max", "300000 100000\n"},
      {"/sys/fs/cgroup/a/cpu.max", "400000 200000\n"}},
     true,
     2},
    {"of a container, which sees its own group as the root",
     version_2,
     "0::/\n",
     {{"/sys/fs/cgroup/cpu.max", "200000 100000\n"}},
     true,
     2},
    {"of nobody", version_2, "0::/a\n", {{"/sys/fs/cgroup/a/cpu.max", "max 100000\n"}}, true, 0},
    {"not of a group beside it",
     version_2,
     "0::/a\n",
     {{"/sys/fs/cgroup/a/cpu.max", "max 100000\n"},
      {"/sys/fs/cgroup/ab/cpu.max", "1000 100000\n"},
      {"/sys/fs/cpu.max", "1000 100000\n"}},
     true,
     0},
    {"version 1",
     version_1,
     "3:cpu,cpuacct:/ci\n0::/\n",
     {{"/sys/fs/cgroup/cpu,cpuacct/ci/cpu.cfs_quota_us", "-1\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/ci/cpu.cfs_period_us", "100000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "75000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}},
     true,
     0.75},
    {"no group to be found", "", "", {{"/sys/fs/cgroup/cpu.max", "1000 100000\n"}}, false, 0},
};

static void the_least_quota_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(quota_cases); i++) {
        const struct quota_case *row = &quota_cases[i];
        struct fixture fixture;
        struct record_quota quota = {true, 99};
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        put(&fixture, "/proc/self/mountinfo", row->mounts);
        put(&fixture, "/proc/self/cgroup", row->groups);
        for (size_t k = 0; k < ARRAY_LEN(row->files) && row->files[k].path; k++)
            put(&fixture, row->files[k].path, row->files[k].text);
        cgroup_quota_read(&quota, &fixture.arena, fixture.root);
        assert_int_equal(quota.is_known, row->is_known);
        assert_close(quota.cpus, row->cpus, 1e-12);
        fixture_release(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_group_is_found),
        cmocka_unit_test(a_group_with_controllers_is_taken_as_it_is),
        cmocka_unit_test(alone_in_its_group_memgate_moves_below_it),
        cmocka_unit_test(among_others_groups_are_made_beside_ours),
        cmocka_unit_test(the_root_of_the_machine_needs_no_move),
        cmocka_unit_test(what_cannot_be_had_says_what_to_do),
        cmocka_unit_test(limits_are_written_as_each_version_wants_them),
        cmocka_unit_test(what_the_kernel_did_not_take_is_refused),
        cmocka_unit_test(a_kill_for_memory_is_noticed),
        cmocka_unit_test(a_quota_tells_how_long_it_held_back),
        cmocka_unit_test(the_least_quota_holds),
        cmocka_unit_test(a_group_goes_with_those_inside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
