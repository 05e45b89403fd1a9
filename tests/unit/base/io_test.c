#include "tests/support/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/base/io.h"

/* A fresh directory for each test. */
struct place {
    struct arena arena;
    struct err err;
    struct str dir;
};

static void place_init(struct place *place)
{
    *place = (struct place){0};
    arena_init(&place->arena);
    assert_ok(io_make_temp_dir(&place->dir, &place->arena, "memgate-io", &place->err), &place->err);
}

static void place_release(struct place *place)
{
    assert_ok(io_remove_tree(place->dir, &place->err), &place->err);
    assert_false(io_is_dir(place->dir));
    arena_release(&place->arena);
}

static struct str at(struct place *place, const char *path)
{
    return io_join(&place->arena, place->dir, str_from(path));
}

static void put(struct place *place, const char *path, struct str text)
{
    assert_ok(io_write_file(at(place, path), bytes_of_str(text), &place->err), &place->err);
}

static struct str get(struct place *place, const char *path)
{
    struct bytes data = {0};
    assert_ok(io_read_file(&data, &place->arena, at(place, path), 1 << 20, &place->err),
              &place->err);
    return str_of_bytes(data);
}

static void a_temporary_directory_is_private(void **state)
{
    struct place place;
    struct stat info;
    (void)state;
    place_init(&place);
    assert_true(place.dir.data[0] == '/');
    assert_int_equal(stat(place.dir.data, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    place_release(&place);
}

static void what_was_written_is_read(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    put(&place, "a", STR("one\0two"));
    assert_true(str_equal(get(&place, "a"), STR("one\0two")));
    put(&place, "a", STR(""));
    assert_str(get(&place, "a"), "");
    assert_ok(io_copy_file(at(&place, "b"), at(&place, "a"), &place.err), &place.err);
    assert_str(get(&place, "b"), "");
    place_release(&place);
}

static void writing_leaves_no_temporary_file(void **state)
{
    struct place place;
    struct str *paths = NULL;
    size_t count = 0;
    (void)state;
    place_init(&place);
    put(&place, "a", STR("1"));
    put(&place, "a", STR("2"));
    assert_int_equal(mkdir(at(&place, "dir").data, 0700), 0);
    assert_fails(io_write_file(at(&place, "dir"), bytes_of_str(STR("x")), &place.err), STATUS_IO,
                 &place.err, "cannot write");
    assert_ok(io_list_files(&paths, &count, &place.arena, place.dir, 10, &place.err), &place.err);
    assert_int_equal(count, 1);
    assert_str(paths[0], "a");
    place_release(&place);
}

static void written_files_follow_the_umask(void **state)
{
    struct place place;
    struct stat info;
    (void)state;
    place_init(&place);
    mode_t mask = umask(027);
    put(&place, "a", STR("1"));
    (void)umask(mask);
    assert_int_equal(stat(at(&place, "a").data, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    place_release(&place);
}

static void only_regular_files_within_the_limit_are_read(void **state)
{
    struct place place;
    struct bytes data = {0};
    (void)state;
    place_init(&place);
    put(&place, "a", STR("12345"));
    assert_ok(io_read_file(&data, &place.arena, at(&place, "a"), 5, &place.err), &place.err);
    assert_fails(io_read_file(&data, &place.arena, at(&place, "a"), 4, &place.err), STATUS_LIMIT,
                 &place.err, "is larger than 4 bytes");
    assert_fails(io_read_file(&data, &place.arena, at(&place, "none"), 4, &place.err),
                 STATUS_NOT_FOUND, &place.err, "none: No such file");
    assert_fails(io_read_file(&data, &place.arena, place.dir, 4, &place.err), STATUS_IO, &place.err,
                 "is not a regular file");
    assert_int_equal(mkfifo(at(&place, "fifo").data, 0600), 0);
    assert_fails(io_read_file(&data, &place.arena, at(&place, "fifo"), 4, &place.err), STATUS_IO,
                 &place.err, "is not a regular file");
    place_release(&place);
}

static void paths_the_system_would_misread_are_refused(void **state)
{
    struct place place;
    struct bytes data = {0};
    (void)state;
    place_init(&place);
    char *text = arena_alloc(&place.arena, 5000, 1);
    memset(text, 'a', 5000);
    assert_fails(io_read_file(&data, &place.arena, (struct str){text, 5000}, 4, &place.err),
                 STATUS_IO, &place.err, "too long");
    assert_fails(io_read_file(&data, &place.arena, STR(""), 4, &place.err), STATUS_IO, &place.err,
                 "is empty");
    assert_fails(io_read_file(&data, &place.arena, STR("a\0b"), 4, &place.err), STATUS_IO,
                 &place.err, "holds NUL");
    place_release(&place);
}

static void directories_are_made_with_their_parents(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    assert_ok(io_make_dirs(at(&place, "a/b/c"), &place.err), &place.err);
    assert_ok(io_make_dirs(at(&place, "a/b/c"), &place.err), &place.err);
    assert_ok(io_make_dirs(at(&place, "a/b/d/"), &place.err), &place.err);
    assert_true(io_is_dir(at(&place, "a/b/c")));
    assert_true(io_is_dir(at(&place, "a/b/d")));
    assert_false(io_is_file(at(&place, "a/b/c")));
    put(&place, "file", STR(""));
    assert_true(io_is_file(at(&place, "file")));
    assert_fails(io_make_dirs(at(&place, "file"), &place.err), STATUS_IO, &place.err,
                 "is not a directory");
    assert_fails(io_make_dirs(at(&place, "file/x"), &place.err), STATUS_IO, &place.err,
                 "cannot create directory");
    place_release(&place);
}

static void files_are_listed_in_byte_order(void **state)
{
    static const char *const want[] = {"B", "a-b", "a/x/y", "a/z", "b"};
    struct place place;
    struct str *paths = NULL;
    size_t count = 0;
    (void)state;
    place_init(&place);
    assert_ok(io_make_dirs(at(&place, "a/x"), &place.err), &place.err);
    assert_ok(io_make_dirs(at(&place, "empty"), &place.err), &place.err);
    for (size_t i = ARRAY_LEN(want); i > 0; i--)
        put(&place, want[i - 1], STR("x"));
    assert_ok(io_list_files(&paths, &count, &place.arena, place.dir, ARRAY_LEN(want), &place.err),
              &place.err);
    assert_int_equal(count, ARRAY_LEN(want));
    for (size_t i = 0; i < count; i++)
        assert_str(paths[i], want[i]);
    assert_fails(
        io_list_files(&paths, &count, &place.arena, place.dir, ARRAY_LEN(want) - 1, &place.err),
        STATUS_LIMIT, &place.err, "more than 4 files");
    place_release(&place);
}

static void links_and_devices_are_not_listed(void **state)
{
    struct place place;
    struct str *paths = NULL;
    size_t count = 0;
    (void)state;
    place_init(&place);
    assert_int_equal(symlink("/", at(&place, "root").data), 0);
    assert_fails(io_list_files(&paths, &count, &place.arena, place.dir, 9, &place.err),
                 STATUS_FORMAT, &place.err, "root is neither a file nor a directory");
    assert_fails(io_list_files(&paths, &count, &place.arena, at(&place, "none"), 9, &place.err),
                 STATUS_NOT_FOUND, &place.err, "none");
    place_release(&place);
}

/* What a program wrote is its own; a link to a file of another's is not. */
static void own_files_are_read_and_links_are_not(void **state)
{
    (void)state;
    struct place place;
    struct bytes data = {0};
    place_init(&place);
    put(&place, "file", STR("text"));
    assert_int_equal(symlink("file", at(&place, "link").data), 0);
    assert_ok(io_read_own_file(&data, &place.arena, at(&place, "file"), 10, &place.err),
              &place.err);
    assert_str(str_of_bytes(data), "text");
    assert_ok(io_read_file(&data, &place.arena, at(&place, "link"), 10, &place.err), &place.err);
    assert_fails(io_read_own_file(&data, &place.arena, at(&place, "link"), 10, &place.err),
                 STATUS_IO, &place.err, "link");
    place_release(&place);
}

static void removing_does_not_follow_links(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    assert_ok(io_make_dirs(at(&place, "kept"), &place.err), &place.err);
    put(&place, "kept/file", STR("x"));
    assert_ok(io_make_dirs(at(&place, "gone/deep"), &place.err), &place.err);
    put(&place, "gone/deep/file", STR("x"));
    assert_int_equal(symlink("../kept", at(&place, "gone/link").data), 0);
    assert_int_equal(chmod(at(&place, "gone/deep").data, 0500), 0);
    assert_ok(io_remove_tree(at(&place, "gone"), &place.err), &place.err);
    assert_false(io_is_dir(at(&place, "gone")));
    assert_true(io_is_file(at(&place, "kept/file")));
    assert_ok(io_remove_tree(at(&place, "gone"), &place.err), &place.err);
    place_release(&place);
}

static void paths_join_as_the_shell_would(void **state)
{
    struct place place;
    struct str path = {0};
    (void)state;
    place_init(&place);
    assert_str(io_join(&place.arena, STR("a"), STR("b")), "a/b");
    assert_str(io_join(&place.arena, STR("a/"), STR("b")), "a/b");
    assert_str(io_join(&place.arena, STR("a"), STR("/b")), "/b");
    assert_str(io_join(&place.arena, STR(""), STR("b")), "b");
    assert_ok(io_absolute(&path, &place.arena, STR("/x"), &place.err), &place.err);
    assert_str(path, "/x");
    assert_ok(io_absolute(&path, &place.arena, STR("x"), &place.err), &place.err);
    assert_true(path.data[0] == '/' && str_ends_with(path, STR("/x")));
    place_release(&place);
}

static void small_files_are_read_as_far_as_they_fit(void **state)
{
    struct place place;
    char text[8];
    (void)state;
    place_init(&place);
    struct str path = io_join(&place.arena, place.dir, STR("small"));
    assert_str(io_read_small(text, sizeof(text), path.data), "");
    assert_ok(io_write_file(path, bytes_of_str(STR("0123456789")), &place.err), &place.err);
    assert_str(io_read_small(text, sizeof(text), path.data), "0123456");
    assert_int_equal(text[7], '\0');
    place_release(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_temporary_directory_is_private),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(writing_leaves_no_temporary_file),
        cmocka_unit_test(written_files_follow_the_umask),
        cmocka_unit_test(only_regular_files_within_the_limit_are_read),
        cmocka_unit_test(paths_the_system_would_misread_are_refused),
        cmocka_unit_test(directories_are_made_with_their_parents),
        cmocka_unit_test(files_are_listed_in_byte_order),
        cmocka_unit_test(links_and_devices_are_not_listed),
        cmocka_unit_test(own_files_are_read_and_links_are_not),
        cmocka_unit_test(removing_does_not_follow_links),
        cmocka_unit_test(small_files_are_read_as_far_as_they_fit),
        cmocka_unit_test(paths_join_as_the_shell_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
