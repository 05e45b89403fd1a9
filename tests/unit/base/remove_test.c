#include "gate/base/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/base/io.h"
#include "tests/support/check.h"

/* A directory to be removed, and one beside it that must stay. */
struct place {
    struct arena arena;
    struct err err;
    const char *gone;
    const char *kept;
    const char *kept_file;
};

static const char *below(struct place *place, const char *dir, const char *name)
{
    return str_format(&place->arena, "%s/%s", dir, name).data;
}

static void make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(close(fd), 0);
}

static void place_init(struct place *place)
{
    struct str root = {0};
    arena_init(&place->arena);
    assert_ok(io_make_temp_dir(&root, &place->arena, "memgate-test", &place->err), &place->err);
    place->gone = below(place, root.data, "gone");
    place->kept = below(place, root.data, "kept");
    assert_int_equal(mkdir(place->gone, 0700), 0);
    assert_int_equal(mkdir(place->kept, 0700), 0);
    place->kept_file = below(place, place->kept, "file");
    make_file(place->kept_file);
}

/* Removing twice is fine; nothing outside is touched. */
static void place_check(struct place *place)
{
    struct stat info;
    assert_int_equal(remove_tree(place->gone), 0);
    assert_int_equal(lstat(place->gone, &info), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(remove_tree(place->gone), 0);
    assert_int_equal(stat(place->kept_file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(place->kept, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
}

static void place_release(struct place *place)
{
    struct stat info;
    const char *root =
        str_format(&place->arena, "%.*s", (int)(strlen(place->kept) - 5), place->kept).data;
    assert_int_equal(remove_tree(root), 0);
    assert_int_equal(lstat(root, &info), -1);
    arena_release(&place->arena);
}

static void fill_nothing(struct place *place)
{
    (void)place;
}

static void fill_files(struct place *place)
{
    for (int i = 0; i < 300; i++) {
        const char *dir = below(place, place->gone, str_format(&place->arena, "%d", i).data);
        assert_int_equal(mkdir(dir, 0700), 0);
        make_file(below(place, dir, "file"));
        assert_int_equal(mkdir(below(place, dir, "empty"), 0700), 0);
    }
}

/* Each level is entered, so that no path is longer than its name. */
static void fill_deep(struct place *place)
{
    char name[NAME_MAX + 1];
    memset(name, 'd', NAME_MAX);
    name[NAME_MAX] = '\0';
    int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(chdir(place->gone), 0);
    for (int i = 0; i < 400; i++) {
        make_file("file");
        assert_int_equal(mkdir(name, 0700), 0);
        assert_int_equal(chdir(name), 0);
    }
    assert_int_equal(fchdir(home), 0);
    assert_int_equal(close(home), 0);
}

static void fill_locked(struct place *place)
{
    const char *dir = below(place, place->gone, "a");
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(mkdir(below(place, dir, "b"), 0700), 0);
    make_file(below(place, dir, "b/file"));
    assert_int_equal(chmod(below(place, dir, "b/file"), 0), 0);
    assert_int_equal(chmod(below(place, dir, "b"), 0), 0);
    assert_int_equal(chmod(dir, 0500), 0);
    assert_int_equal(chmod(place->gone, 0), 0);
}

static void fill_links(struct place *place)
{
    const char *dir = below(place, place->gone, "dir");
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(symlink(place->kept, below(place, dir, "link")), 0);
    assert_int_equal(symlink(place->kept, below(place, place->gone, "link")), 0);
    assert_int_equal(symlink("..", below(place, place->gone, "up")), 0);
    assert_int_equal(symlink("nowhere", below(place, place->gone, "dangling")), 0);
    assert_int_equal(mkfifo(below(place, place->gone, "pipe"), 0600), 0);
}

/* The names that moved directories get are taken already. */
static void fill_taken_names(struct place *place)
{
    const char *dir = below(place, place->gone, "z/z");
    make_file(below(place, place->gone, ".memgate-1"));
    assert_int_equal(mkdir(below(place, place->gone, ".memgate-2"), 0700), 0);
    make_file(below(place, place->gone, ".memgate-2/file"));
    assert_int_equal(mkdir(below(place, place->gone, "z"), 0700), 0);
    assert_int_equal(mkdir(dir, 0700), 0);
    make_file(below(place, dir, "file"));
}

static const struct fill_case {
    const char *name;
    void (*fill)(struct place *place);
} fill_cases[] = {
    {"an empty directory", fill_nothing},  {"many files", fill_files},
    {"paths of 100,000 bytes", fill_deep}, {"no permissions", fill_locked},
    {"links and a pipe", fill_links},      {"names of its own", fill_taken_names},
};

static void remove_all_cases(void)
{
    for (size_t i = 0; i < ARRAY_LEN(fill_cases); i++) {
        struct place place = {0};
        print_message("%s\n", fill_cases[i].name);
        place_init(&place);
        fill_cases[i].fill(&place);
        place_check(&place);
        place_release(&place);
    }
}

static void trees_of_every_kind_go(void **state)
{
    (void)state;
    remove_all_cases();
}

/* To root no permission is a lock. */
static void trees_of_every_kind_go_without_privileges(void **state)
{
    enum { NOBODY = 65534 };
    int status = 0;
    (void)state;
    if (geteuid() != 0)
        skip();
    pid_t pid = fork();
    if (pid == 0) {
        if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
            _exit(1);
        remove_all_cases();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void a_link_goes_and_what_it_names_stays(void **state)
{
    struct place place = {0};
    struct stat info;
    (void)state;
    place_init(&place);
    const char *link = below(&place, place.gone, "link");
    assert_int_equal(symlink(place.kept, link), 0);
    assert_int_equal(remove_tree(link), 0);
    assert_int_equal(lstat(link, &info), -1);
    place_check(&place);
    place_release(&place);
}

static void what_cannot_go_is_told_and_the_rest_goes(void **state)
{
    struct place place = {0};
    struct stat info;
    (void)state;
    assert_int_equal(remove_tree("/proc/self/task"), EPERM);
    place_init(&place);
    const char *file = below(&place, place.gone, "file");
    make_file(file);
    assert_int_equal(remove_tree(below(&place, file, "x")), ENOTDIR);
    assert_int_equal(lstat(file, &info), 0);
    place_check(&place);
    place_release(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_of_every_kind_go),
        cmocka_unit_test(trees_of_every_kind_go_without_privileges),
        cmocka_unit_test(a_link_goes_and_what_it_names_stays),
        cmocka_unit_test(what_cannot_go_is_told_and_the_rest_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
