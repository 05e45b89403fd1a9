#include "gate/harness/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/base/unit.h"
#include "gate/harness/cgroup_file.h"
#include "gate/harness/cgroup_find.h"
#include "gate/harness/machine.h"

enum { REMOVE_STEPS_MAX = 4096 };

#define REMOVE_NS    (2 * NS_PER_SECOND)
#define REMOVE_PAUSE (10 * NS_PER_MS)

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
    struct cgroup_text text;
    struct cgroup_needs missing = {0};
    struct str words = cgroup_file_read(&text, dir, name);
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        missing.controllers[i] = cgroups->places[i].version == 2 &&
                                 !cgroup_lists(words, ' ', cgroup_controller_names[i]);
    }
    return missing;
}

static bool is_alone(struct str dir)
{
    struct cgroup_text text;
    struct str line;
    struct str rest = cgroup_file_read(&text, dir, "cgroup.procs");
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
        if (which->controllers[i] && !cgroup_file_write(dir, "cgroup.subtree_control", word))
            return false;
    }
    return true;
}

static bool move_self(struct str dir)
{
    char pid[32];
    (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
    return cgroup_file_write(dir, "cgroup.procs", pid);
}

static enum status take_refuge(struct cgroups *cgroups, struct arena *arena, struct str own,
                               struct err *err)
{
    struct str refuge = str_format(arena, "%.*s/memgate-%d-self", STR_ARGS(own), (int)getpid());
    /* A run that was killed can have left one: nothing is in it. */
    if (mkdir(refuge.data, 0755) != 0 && errno != EEXIST) {
        return err_set(err, STATUS_INVALID, "cannot make %.*s: %s" CGROUP_WHAT_TO_DO,
                       STR_ARGS(refuge), strerror(errno));
    }
    if (!move_self(refuge)) {
        enum status status = cgroup_file_refuse(refuge, "cgroup.procs", err);
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
    return switch_controllers(dir, missing, '+')
               ? STATUS_OK
               : cgroup_file_refuse(dir, "cgroup.subtree_control", err);
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
    struct cgroup_path type;
    *out = own;
    if (!cgroup_needs_any(&missing))
        return STATUS_OK;
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++) {
        if (unknown.controllers[i]) {
            return err_set(
                err, STATUS_INVALID,
                "our control group %.*s is not given the %s controller" CGROUP_WHAT_TO_DO,
                STR_ARGS(own), cgroup_controller_names[i]);
        }
    }
    /* The root of the machine alone may have both processes and controllers. */
    if (access(cgroup_file_path(&type, own, "cgroup.type"), F_OK) != 0)
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
                   "controllers to groups without processes alone" CGROUP_WHAT_TO_DO,
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
        return err_set(err, STATUS_INVALID,
                       "cannot make the control group %s: %s" CGROUP_WHAT_TO_DO, dir,
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
        if (group->dirs[i][0] && !cgroup_file_write(str_from(group->dirs[i]), "cgroup.procs", "0"))
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
    struct cgroup_text text;
    struct str dir = str_from(group->dirs[CGROUP_MEMORY]);
    return dir.len > 0 && number_of(cgroup_file_read(&text, dir, name), "oom_kill") > 0;
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
    struct cgroup_text text;
    struct str dir = str_from(group->dirs[CGROUP_CPU]);
    return dir.len > 0 ? machine_throttled_ns(cgroup_file_read(&text, dir, "cpu.stat")) : 0;
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
