#ifndef TESTS_UNIT_HARNESS_CGROUP_FIXTURE_H
#define TESTS_UNIT_HARNESS_CGROUP_FIXTURE_H

#include "gate/base/io.h"
#include "gate/harness/cgroup.h"
#include "tests/support/check.h"

/* A tree that looks like /proc and /sys; unlike the kernel's, its files keep what is written. */
struct fixture {
    struct arena arena;
    struct err err;
    struct str root;
};

static inline void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    assert_ok(io_make_temp_dir(&fixture->root, &fixture->arena, "memgate-test", &fixture->err),
              &fixture->err);
}

static inline void fixture_release(struct fixture *fixture)
{
    assert_ok(io_remove_tree(fixture->root, &fixture->err), &fixture->err);
    arena_release(&fixture->arena);
}

static inline struct str path_of(struct fixture *fixture, const char *path)
{
    return str_format(&fixture->arena, "%.*s%s", STR_ARGS(fixture->root), path);
}

static inline void put(struct fixture *fixture, const char *path, const char *text)
{
    struct str file = path_of(fixture, path);
    struct str dir = str_slice(file, 0, (size_t)str_find_last(file, '/'));
    assert_ok(io_make_dirs(dir, &fixture->err), &fixture->err);
    assert_ok(io_write_file(file, bytes_of_str(str_from(text)), &fixture->err), &fixture->err);
}

static inline struct str get(struct fixture *fixture, const char *path)
{
    char *text = ARENA_ARRAY(&fixture->arena, char, 4096);
    return io_read_small(text, 4096, path_of(fixture, path).data);
}

/* A line of /proc/self/mountinfo. */
#define MOUNT(root, point, type, options)                                                          \
    "30 24 0:26 " root " " point " rw,nosuid shared:9 master:1 - " type " " type " " options "\n"

#endif
