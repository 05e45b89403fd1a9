#include "gate/base/io.h"
#include "gate/recording/recording.h"
#include "tests/support/check.h"

/* Half a file would be read as a broken recording later, by somebody who cannot tell why. */
static void what_is_no_file_is_refused(void **state)
{
    enum { ROWS = 1700000 };
    struct arena arena;
    struct err err = {0};
    struct str dir = {0};
    (void)state;
    arena_init(&arena);
    assert_ok(io_make_temp_dir(&dir, &arena, "memgate-test", &err), &err);
    struct str file = recording_table_file(&arena, dir, TABLE_SLOW);
    uint64_t *values = ARENA_ARRAY(&arena, uint64_t, (size_t)ROWS *SLOW_COLUMNS);
    for (size_t i = 0; i < (size_t)ROWS * SLOW_COLUMNS; i++)
        values[i] = 1000000000000000000U;
    assert_fails(recording_table_write(file, TABLE_SLOW, values, ROWS, &err), STATUS_LIMIT, &err,
                 "slow.txt is larger than 64 MiB");
    assert_false(io_is_file(file));
    assert_ok(recording_table_write(file, TABLE_SLOW, values, 2, &err), &err);
    struct bytes text = {0};
    assert_ok(io_read_file(&text, &arena, file, 1000, &err), &err);
    assert_str(str_of_bytes(text), "# from_us until_us\n"
                                   "1000000000000000000 1000000000000000000\n"
                                   "1000000000000000000 1000000000000000000\n");
    assert_ok(io_remove_tree(dir, &err), &err);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
