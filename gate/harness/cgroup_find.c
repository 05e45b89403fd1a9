#include "gate/harness/cgroup_find.h"

#include "gate/base/io.h"

enum { MOUNTS_BYTES_MAX = 1024 * 1024, GROUPS_BYTES_MAX = 64 * 1024, MOUNT_FIELDS = 5 };

const char *const cgroup_controller_names[CGROUP_CONTROLLERS] = {
    [CGROUP_MEMORY] = "memory",
    [CGROUP_CPU] = "cpu",
    [CGROUP_CPUSET] = "cpuset",
};

bool cgroup_lists(struct str words, char separator, const char *name)
{
    struct str word;
    while (str_split(&words, separator, &word)) {
        if (str_equal_text(str_trim(word), name))
            return true;
    }
    return false;
}

static struct str read_proc(struct arena *arena, struct str root, const char *path, size_t max)
{
    char *text = ARENA_ARRAY(arena, char, max);
    struct str file = str_format(arena, "%.*s/proc/self/%s", STR_ARGS(root), path);
    return io_read_small(text, max, file.data);
}

/* A line "4:memory:/path" or "0::/path" of cgroups(7). */
struct membership {
    struct str controllers; /* empty: version 2 */
    struct str path;
};

static bool parse_membership(struct membership *out, struct str line)
{
    struct str id;
    if (!str_split(&line, ':', &id) || !str_split(&line, ':', &out->controllers))
        return false;
    out->path = line;
    return line.len > 0 && line.data[0] == '/';
}

/* Of version 1 where that has the controller, else of version 2. */
static int find_membership(struct membership *out, struct str groups, const char *controller)
{
    struct str line;
    int version = 0;
    while (str_split(&groups, '\n', &line)) {
        struct membership here = {0};
        if (!parse_membership(&here, line))
            continue;
        if (cgroup_lists(here.controllers, ',', controller)) {
            *out = here;
            return 1;
        }
        if (here.controllers.len == 0) {
            *out = here;
            version = 2;
        }
    }
    return version;
}

/* A line of /proc/self/mountinfo, proc(5). */
struct mount {
    struct str root; /* the directory of the file system that is mounted */
    struct str point;
    struct str type;
    struct str options; /* of the super block */
};

static bool parse_mount(struct mount *out, struct str line)
{
    struct str fields[MOUNT_FIELDS];
    struct str word = {0};
    for (size_t i = 0; i < MOUNT_FIELDS; i++) {
        if (!str_split(&line, ' ', &fields[i]))
            return false;
    }
    out->root = fields[3];
    out->point = fields[4];
    /* Optional fields follow; a hyphen ends them. */
    while (!str_equal_text(word, "-")) {
        if (!str_split(&line, ' ', &word))
            return false;
    }
    return str_split(&line, ' ', &out->type) && str_split(&line, ' ', &word) &&
           str_split(&line, ' ', &out->options);
}

static bool has_controller(const struct mount *mount, int version, const char *controller)
{
    if (version == 2)
        return str_equal_text(mount->type, "cgroup2");
    return str_equal_text(mount->type, "cgroup") && cgroup_lists(mount->options, ',', controller);
}

/* The part of the path below what is mounted; false when the group is elsewhere. */
static bool path_below(struct str *out, struct str path, struct str root)
{
    if (str_equal_text(root, "/"))
        root.len = 0;
    if (!str_starts_with(path, root) || (path.len > root.len && path.data[root.len] != '/'))
        return false;
    *out = str_slice(path, root.len, path.len);
    if (str_equal_text(*out, "/"))
        out->len = 0;
    return !str_contains(*out, STR("/../"));
}

/* What is looked for in the mounts. */
struct wanted {
    struct membership group;
    int version;
    const char *controller;
};

static bool find_dir(struct cgroup_mount *out, struct arena *arena, struct str root,
                     struct str mounts, const struct wanted *wanted)
{
    struct str line;
    while (str_split(&mounts, '\n', &line)) {
        struct mount mount = {0};
        struct str below = {0};
        /* A mount point with blanks in it is escaped; nobody has a hierarchy there. */
        if (!parse_mount(&mount, line) ||
            !has_controller(&mount, wanted->version, wanted->controller) ||
            str_find(mount.point, '\\') >= 0 || !path_below(&below, wanted->group.path, mount.root))
            continue;
        out->top = str_format(arena, "%.*s%.*s", STR_ARGS(root), STR_ARGS(mount.point));
        out->own = str_format(arena, "%.*s%.*s", STR_ARGS(out->top), STR_ARGS(below));
        if (io_is_dir(out->own))
            return true;
    }
    return false;
}

enum status cgroup_find(struct cgroup_mount *out, struct arena *arena, struct str root,
                        enum cgroup_controller controller, struct err *err)
{
    const char *name = cgroup_controller_names[controller];
    struct str groups = read_proc(arena, root, "cgroup", GROUPS_BYTES_MAX);
    struct str mounts = read_proc(arena, root, "mountinfo", MOUNTS_BYTES_MAX);
    struct wanted wanted = {.controller = name};
    struct cgroup_mount found = {0};
    wanted.version = find_membership(&wanted.group, groups, name);
    if (wanted.version == 0) {
        return err_set(err, STATUS_INVALID,
                       "this kernel has no %s controller of control groups, or hides it", name);
    }
    if (!find_dir(&found, arena, root, mounts, &wanted)) {
        return err_set(err, STATUS_INVALID,
                       "no file system of control groups is mounted that has our own group %.*s "
                       "and the %s controller; in a container, mount /sys/fs/cgroup",
                       STR_ARGS(wanted.group.path), name);
    }
    found.version = wanted.version;
    *out = found;
    return STATUS_OK;
}
