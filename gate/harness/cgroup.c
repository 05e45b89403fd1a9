#include "gate/harness/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/base/unit.h"
#include "gate/harness/cgroup_find.h"
#include "gate/harness/machine.h"

enum { SMALL_BYTES_MAX = 4096, REMOVE_STEPS_MAX = 4096 };

/* Of a quota; what systemd, Docker and Kubernetes take. */
#define PERIOD_US 100000

/* The kernel rounds a limit of memory down to whole pages, of up to 64 KiB. */
#define PAGE_BYTES_MAX ((uint64_t)64 * 1024)

#define REMOVE_NS    (2 * NS_PER_SECOND)
#define REMOVE_PAUSE (10 * NS_PER_MS)
#define WHAT_TO_DO                                                                                 \
    "; run memgate as root, or where a part of the tree is delegated to it (systemd-run --user "   \
    "--scope -p Delegate=yes memgate run), in a container with a writable /sys/fs/cgroup; or "     \
    "leave service.limits out"

struct file_path {
    char text[CGROUP_PATH_BYTES_MAX + 64];
};

static const char *file_in(struct file_path *out, struct str dir, const char *name)
{
    (void)snprintf(out->text, sizeof(out->text), "%.*s/%s", STR_ARGS(dir), name);
    return out->text;
}

static bool write_file(struct str dir, const char *name, const char *value)
{
    struct file_path path;
    int fd = open(file_in(&path, dir, name), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t put = write(fd, value, strlen(value));
    int code = errno;
    (void)close(fd);
    errno = code;
    return put == (ssize_t)strlen(value);
}

struct small_text {
    char text[SMALL_BYTES_MAX];
};

static struct str read_file(struct small_text *out, struct str dir, const char *name)
{
    struct file_path path;
    return str_trim(io_read_small(out->text, sizeof(out->text), file_in(&path, dir, name)));
}

static enum status refuse(struct str dir, const char *name, struct err *err)
{
    return err_set(err, STATUS_INVALID, "cannot write %.*s/%s: %s" WHAT_TO_DO, STR_ARGS(dir), name,
                   strerror(errno));
}

void cgroup_needs_add(struct cgroup_needs *needs, const struct scenario_limits *limits)
{
    needs->controllers[CGROUP_MEMORY] |= limits->memory_bytes > 0;
    needs->controllers[CGROUP_CPU] |= limits->cpus > 0;
    needs->controllers[CGROUP_CPUSET] |= limits->cpuset.len > 0;
}

bool cgroup_needs_any(const struct cgroup_needs *needs)
{
    bool any = false;
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++)
        any = any || needs->controllers[i];
    return any;
}

/* The needed controllers of version 2 that a file of the group does not list. */
static struct cgroup_needs missing_in(const struct cgroups *cgroups, struct str dir,
                                      const char *name)
{
    struct small_text text;
    struct cgroup_needs missing = {0};
    struct str words = read_file(&text, dir, name);
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        missing.controllers[i] = cgroups->places[i].version == 2 &&
                                 !cgroup_lists(words, ' ', cgroup_controller_names[i]);
    }
    return missing;
}

static bool is_alone(struct str dir)
{
    struct small_text text;
    struct str line;
    struct str rest = read_file(&text, dir, "cgroup.procs");
    while (str_split(&rest, '\n', &line)) {
        uint64_t pid = 0;
        if (!num_parse_u64(&pid, line) || pid != (uint64_t)getpid())
            return false;
    }
    return true;
}

/* "+memory" and the like, one write for each: a single refusal is then named. */
static bool switch_controllers(struct str dir, const struct cgroup_needs *which, char sign)
{
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        char word[32];
        (void)snprintf(word, sizeof(word), "%c%s", sign, cgroup_controller_names[i]);
        if (which->controllers[i] && !write_file(dir, "cgroup.subtree_control", word))
            return false;
    }
    return true;
}

static bool move_self(struct str dir)
{
    char pid[32];
    (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
    return write_file(dir, "cgroup.procs", pid);
}

static enum status take_refuge(struct cgroups *cgroups, struct arena *arena, struct str own,
                               struct err *err)
{
    struct str refuge = str_format(arena, "%.*s/memgate-%d-self", STR_ARGS(own), (int)getpid());
    /* A run that was killed can have left one: nothing is in it. */
    if (mkdir(refuge.data, 0755) != 0 && errno != EEXIST) {
        return err_set(err, STATUS_INVALID, "cannot make %.*s: %s" WHAT_TO_DO, STR_ARGS(refuge),
                       strerror(errno));
    }
    if (!move_self(refuge)) {
        enum status status = refuse(refuge, "cgroup.procs", err);
        (void)rmdir(refuge.data);
        return status;
    }
    cgroups->own = own;
    cgroups->refuge = refuge;
    return STATUS_OK;
}

static enum status switch_on(struct cgroups *cgroups, struct str dir,
                             const struct cgroup_needs *missing, struct err *err)
{
    cgroups->switched = dir;
    cgroups->on = *missing;
    return switch_controllers(dir, missing, '+') ? STATUS_OK
                                                 : refuse(dir, "cgroup.subtree_control", err);
}

static struct str dir_above(struct str dir, struct str top)
{
    ptrdiff_t slash = str_find_last(dir, '/');
    return dir.len > top.len && slash > 0 ? str_slice(dir, 0, (size_t)slash) : STR("");
}

/* *out: the group of version 2 below which groups with the controllers can be made. */
static enum status choose_parent(struct str *out, struct cgroups *cgroups, struct arena *arena,
                                 struct str own, struct str top, struct err *err)
{
    struct cgroup_needs missing = missing_in(cgroups, own, "cgroup.subtree_control");
    struct cgroup_needs unknown = missing_in(cgroups, own, "cgroup.controllers");
    struct str above = dir_above(own, top);
    struct file_path type;
    *out = own;
    if (!cgroup_needs_any(&missing))
        return STATUS_OK;
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        if (unknown.controllers[i]) {
            return err_set(err, STATUS_INVALID,
                           "our control group %.*s is not given the %s controller" WHAT_TO_DO,
                           STR_ARGS(own), cgroup_controller_names[i]);
        }
    }
    /* The root of the machine alone may have both processes and controllers. */
    if (access(file_in(&type, own, "cgroup.type"), F_OK) != 0)
        return switch_on(cgroups, own, &missing, err);
    if (is_alone(own)) {
        return take_refuge(cgroups, arena, own, err) ? err->status
                                                     : switch_on(cgroups, own, &missing, err);
    }
    struct cgroup_needs missing_above = missing_in(cgroups, above, "cgroup.subtree_control");
    if (above.len && !cgroup_needs_any(&missing_above) && access(above.data, W_OK) == 0) {
        *out = str_copy(arena, above);
        return STATUS_OK;
    }
    return err_set(err, STATUS_INVALID,
                   "other processes are in our control group %.*s too, and version 2 gives "
                   "controllers to groups without processes alone" WHAT_TO_DO,
                   STR_ARGS(own));
}

static enum status open_places(struct cgroups *cgroups, struct arena *arena, struct str root,
                               const struct cgroup_needs *needs, struct err *err)
{
    struct cgroup_mount second = {0};
    struct str parent = {0};
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        struct cgroup_mount mount = {0};
        if (!needs->controllers[i])
            continue;
        if (cgroup_find(&mount, arena, root, (enum cgroup_controller)i, err))
            return err->status;
        cgroups->places[i] = (struct cgroup_place){mount.version, mount.own};
        second = mount.version == 2 ? mount : second;
    }
    if (second.version && choose_parent(&parent, cgroups, arena, second.own, second.top, err))
        return err->status;
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        if (cgroups->places[i].version == 2)
            cgroups->places[i].dir = parent;
    }
    return STATUS_OK;
}

enum status cgroups_open(struct cgroups *out, struct arena *arena, struct str root,
                         const struct cgroup_needs *needs, struct err *err)
{
    struct cgroups cgroups = {0};
    if (open_places(&cgroups, arena, root, needs, err)) {
        cgroups_close(&cgroups);
        return err->status;
    }
    *out = cgroups;
    return STATUS_OK;
}

void cgroups_close(struct cgroups *cgroups)
{
    if (cgroups->switched.len)
        (void)switch_controllers(cgroups->switched, &cgroups->on, '-');
    if (cgroups->refuge.len && move_self(cgroups->own))
        (void)rmdir(cgroups->refuge.data);
    *cgroups = (struct cgroups){0};
}

static enum status set_value(struct str dir, const char *name, const char *value, struct err *err)
{
    return write_file(dir, name, value) ? STATUS_OK : refuse(dir, name, err);
}

static enum status not_taken(struct str dir, const char *name, const char *value, struct str have,
                             struct err *err)
{
    return err_set(err, STATUS_INVALID, "%.*s/%s is \"%.*s\" after \"%s\" was written to it",
                   STR_ARGS(dir), name, STR_ARGS(have), value);
}

static enum status set_memory(const struct cgroup_place *place,
                              const struct scenario_limits *limits, struct err *err)
{
    const char *name = place->version == 1 ? "memory.limit_in_bytes" : "memory.max";
    struct small_text text;
    uint64_t have = 0;
    char value[32];
    (void)snprintf(value, sizeof(value), "%llu", (unsigned long long)limits->memory_bytes);
    if (set_value(place->dir, name, value, err))
        return err->status;
    struct str back = read_file(&text, place->dir, name);
    if (!num_parse_u64(&have, back) || have > limits->memory_bytes ||
        limits->memory_bytes - have >= PAGE_BYTES_MAX)
        return not_taken(place->dir, name, value, back, err);
    /* Kernels may come without swap: then there is nothing to deny. What is killed goes whole. */
    if (place->version == 1) {
        (void)write_file(place->dir, "memory.memsw.limit_in_bytes", value);
    } else {
        (void)write_file(place->dir, "memory.swap.max", "0");
        (void)write_file(place->dir, "memory.oom.group", "1");
    }
    return STATUS_OK;
}

static enum status set_cpu(const struct cgroup_place *place, const struct scenario_limits *limits,
                           struct err *err)
{
    const char *name = place->version == 1 ? "cpu.cfs_quota_us" : "cpu.max";
    struct small_text text;
    char value[64];
    char period[32];
    long long quota_us = (long long)(limits->cpus * PERIOD_US + 0.5);
    (void)snprintf(period, sizeof(period), "%d", PERIOD_US);
    if (place->version == 1) {
        (void)snprintf(value, sizeof(value), "%lld", quota_us);
        if (set_value(place->dir, "cpu.cfs_period_us", period, err))
            return err->status;
    } else {
        (void)snprintf(value, sizeof(value), "%lld %s", quota_us, period);
    }
    if (set_value(place->dir, name, value, err))
        return err->status;
    struct str back = read_file(&text, place->dir, name);
    return str_equal_text(back, value) ? STATUS_OK : not_taken(place->dir, name, value, back, err);
}

/* In version 1 a new group has no memory nodes; those of the one above it will do. */
static enum status copy_nodes(struct str dir, struct err *err)
{
    struct small_text text;
    struct file_path above;
    (void)snprintf(above.text, sizeof(above.text), "%.*s/..", STR_ARGS(dir));
    struct str nodes = read_file(&text, str_from(above.text), "cpuset.mems");
    char value[SMALL_BYTES_MAX];
    (void)snprintf(value, sizeof(value), "%.*s", STR_ARGS(nodes));
    return set_value(dir, "cpuset.mems", value, err);
}

/* CPUs that are not there are left out by version 2, or all are given instead. */
static uint64_t count_cpus(struct str list)
{
    struct str part;
    uint64_t count = 0;
    while (str_split(&list, ',', &part)) {
        uint64_t first = 0;
        uint64_t last = 0;
        struct str low = {0};
        bool is_range = str_find(part, '-') >= 0;
        (void)str_split(&part, '-', &low);
        if (!num_parse_u64(&first, low) || (is_range && !num_parse_u64(&last, part)))
            return 0;
        count += is_range ? last - first + 1 : 1;
    }
    return count;
}

static enum status set_cpuset(const struct cgroup_place *place,
                              const struct scenario_limits *limits, struct err *err)
{
    const char *name = place->version == 1 ? "cpuset.effective_cpus" : "cpuset.cpus.effective";
    struct small_text text;
    char value[SMALL_BYTES_MAX];
    (void)snprintf(value, sizeof(value), "%.*s", STR_ARGS(limits->cpuset));
    if (place->version == 1 && copy_nodes(place->dir, err))
        return err->status;
    if (!write_file(place->dir, "cpuset.cpus", value)) {
        return err_set(err, STATUS_INVALID, "the service cannot be held to CPUs %s: %s", value,
                       strerror(errno));
    }
    struct str back = read_file(&text, place->dir, name);
    if (count_cpus(back) != count_cpus(limits->cpuset)) {
        return err_set(err, STATUS_INVALID,
                       "the service cannot be held to CPUs %s: of them it would get \"%.*s\"",
                       value, STR_ARGS(back));
    }
    return STATUS_OK;
}

enum status cgroup_set(const struct cgroup_place *place, enum cgroup_controller controller,
                       const struct scenario_limits *limits, struct err *err)
{
    static enum status (*const setters[CGROUP_CONTROLLERS])(
        const struct cgroup_place *place, const struct scenario_limits *limits, struct err *err) = {
        [CGROUP_MEMORY] = set_memory,
        [CGROUP_CPU] = set_cpu,
        [CGROUP_CPUSET] = set_cpuset,
    };
    return setters[controller](place, limits, err);
}

/* Two controllers of one hierarchy share a directory. */
static bool is_made(const struct cgroup *group, const char *dir)
{
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        if (strcmp(group->dirs[i], dir) == 0)
            return true;
    }
    return false;
}

/* A run that was killed can have left one of this name: it is ours to take when it is empty. */
static bool make_group(const char *dir)
{
    return mkdir(dir, 0755) == 0 || (errno == EEXIST && rmdir(dir) == 0 && mkdir(dir, 0755) == 0);
}

static enum status add_controller(struct cgroup *group, const struct cgroup_place *parent,
                                  enum cgroup_controller controller, const char *name,
                                  struct err *err)
{
    char dir[CGROUP_PATH_BYTES_MAX];
    int len = snprintf(dir, sizeof(dir), "%.*s/%s", STR_ARGS(parent->dir), name);
    if (len < 0 || (size_t)len >= sizeof(dir))
        return err_set(err, STATUS_LIMIT, "the path of our control group is too long");
    if (!is_made(group, dir) && !make_group(dir)) {
        return err_set(err, STATUS_INVALID, "cannot make the control group %s: %s" WHAT_TO_DO, dir,
                       strerror(errno));
    }
    memcpy(group->dirs[controller], dir, sizeof(dir));
    group->versions[controller] = parent->version;
    return STATUS_OK;
}

enum status cgroup_make(struct cgroup *out, const struct cgroups *cgroups,
                        const struct scenario_limits *limits, struct err *err)
{
    static uint32_t made; /* no two groups of a run have one name, not even one after the other */
    struct cgroup group = {.memory_bytes = limits->memory_bytes};
    struct cgroup_needs needs = {0};
    char name[64];
    enum status status = STATUS_OK;
    cgroup_needs_add(&needs, limits);
    (void)snprintf(name, sizeof(name), "memgate-%d-%u", (int)getpid(), (unsigned)++made);
    for (size_t i = 0; i < CGROUP_CONTROLLERS && status == STATUS_OK; i++) {
        const struct cgroup_place *parent = &cgroups->places[i];
        if (!needs.controllers[i])
            continue;
        assert(parent->version > 0);
        status = add_controller(&group, parent, (enum cgroup_controller)i, name, err);
        struct cgroup_place place = {parent->version, str_from(group.dirs[i])};
        if (status == STATUS_OK)
            status = cgroup_set(&place, (enum cgroup_controller)i, limits, err);
    }
    if (status == STATUS_OK) {
        *out = group;
    } else {
        (void)cgroup_remove(&group);
    }
    return status;
}

bool cgroup_enter(const struct cgroup *group)
{
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        if (group->dirs[i][0] && !write_file(str_from(group->dirs[i]), "cgroup.procs", "0"))
            return false;
    }
    return true;
}

/* The number of a line "NAME 12"; 0 where there is none. */
static uint64_t number_of(struct str text, const char *name)
{
    struct str line;
    struct str word;
    uint64_t value = 0;
    while (str_split(&text, '\n', &line)) {
        if (str_split(&line, ' ', &word) && str_equal_text(word, name) &&
            num_parse_u64(&value, str_trim(line)))
            return value;
    }
    return 0;
}

bool cgroup_was_out_of_memory(const struct cgroup *group)
{
    const char *name = group->versions[CGROUP_MEMORY] == 1 ? "memory.oom_control" : "memory.events";
    struct small_text text;
    struct str dir = str_from(group->dirs[CGROUP_MEMORY]);
    return dir.len > 0 && number_of(read_file(&text, dir, name), "oom_kill") > 0;
}

struct str cgroup_memory_text(struct arena *arena, uint64_t limit_bytes)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    unit_write(&buf, UNIT_BYTES, (double)limit_bytes, false);
    struct str text = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return text;
}

uint64_t cgroup_throttled_ns(const struct cgroup *group)
{
    struct small_text text;
    struct str dir = str_from(group->dirs[CGROUP_CPU]);
    return dir.len > 0 ? machine_throttled_ns(read_file(&text, dir, "cpu.stat")) : 0;
}

/* A directory in the one at `path`, appended to it; false when there is none, or no room. */
static bool descend(char path[CGROUP_PATH_BYTES_MAX])
{
    const struct dirent *entry = NULL;
    size_t len = strlen(path);
    bool found = false;
    DIR *dir = opendir(path);
    while (dir && !found && (entry = readdir(dir)) != NULL) {
        size_t more = strlen(entry->d_name);
        found = entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
                len + more + 2 <= CGROUP_PATH_BYTES_MAX;
        if (found)
            (void)snprintf(path + len, CGROUP_PATH_BYTES_MAX - len, "/%s", entry->d_name);
    }
    if (dir)
        (void)closedir(dir);
    return found;
}

/* Innermost first, as rmdir wants it. False when something cannot go now. */
static bool remove_once(const char *top)
{
    char path[CGROUP_PATH_BYTES_MAX];
    for (int step = 0; step < REMOVE_STEPS_MAX; step++) {
        (void)snprintf(path, sizeof(path), "%s", top);
        while (descend(path))
            continue;
        if (rmdir(path) != 0 && errno != ENOENT)
            return false;
        if (strcmp(path, top) == 0)
            return true;
    }
    return false;
}

static bool remove_dir(const char *dir)
{
    uint64_t start_ns = clock_now_ns();
    while (!remove_once(dir)) {
        if (errno != EBUSY || clock_now_ns() - start_ns > REMOVE_NS)
            return false;
        clock_sleep_ns(REMOVE_PAUSE);
    }
    return true;
}

bool cgroup_remove(const struct cgroup *group)
{
    bool all = true;
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++)
        all = (!group->dirs[i][0] || remove_dir(group->dirs[i])) && all;
    return all;
}
