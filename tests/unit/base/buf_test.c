#include "tests/support/check.h"

#include "gate/base/buf.h"

static void an_unused_buffer_is_the_empty_text(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 8);
    assert_str(buf_view(&buf), "");
    buf_release(&buf);
}

static void appends_follow_each_other(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 1024);
    buf_str(&buf, STR("a"));
    buf_text(&buf, "b");
    buf_byte(&buf, 'c');
    buf_repeat(&buf, '-', 3);
    buf_printf(&buf, "%d%s", 42, "x");
    buf_append(&buf, NULL, 0);
    assert_str(buf_view(&buf), "abc---42x");
    assert_string_equal(buf.data, "abc---42x");
    assert_false(buf.overflow);
    buf_release(&buf);
}

static void growth_keeps_every_byte(void **state)
{
    enum { COUNT = 100000 };
    struct buf buf;
    (void)state;
    buf_init(&buf, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        buf_byte(&buf, (char)('a' + i % 26));
    assert_int_equal(buf.len, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(buf.data[i] == (char)('a' + i % 26));
    assert_false(buf.overflow);
    buf_release(&buf);
}

static void the_ceiling_holds_and_shows(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 4);
    buf_text(&buf, "abcd");
    assert_false(buf.overflow);
    buf_text(&buf, "e");
    assert_true(buf.overflow);
    assert_str(buf_view(&buf), "abcd");
    buf_text(&buf, "");
    assert_true(buf.overflow);
    buf_release(&buf);
}

static void text_past_the_ceiling_is_cut(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 4);
    buf_text(&buf, "abcdef");
    assert_str(buf_view(&buf), "abcd");
    assert_true(buf.overflow);
    buf_release(&buf);
}

/* Half a number would be another number. */
static void formatted_text_past_the_ceiling_is_dropped_whole(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 4);
    buf_printf(&buf, "%d", 12345);
    assert_str(buf_view(&buf), "");
    assert_true(buf.overflow);
    buf_release(&buf);
}

static void reset_empties_and_forgives(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 4);
    buf_text(&buf, "abcdef");
    buf_reset(&buf);
    assert_str(buf_view(&buf), "");
    assert_false(buf.overflow);
    buf_text(&buf, "xy");
    assert_str(buf_view(&buf), "xy");
    buf_release(&buf);
}

static void release_keeps_the_ceiling(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 2);
    buf_text(&buf, "a");
    buf_release(&buf);
    assert_null(buf.data);
    buf_text(&buf, "abc");
    assert_str(buf_view(&buf), "ab");
    buf_release(&buf);
}

static void what_is_taken_outlives_the_buffer(void **state)
{
    (void)state;
    struct arena arena;
    struct buf buf;
    arena_init(&arena);
    buf_init(&buf, 16);
    buf_text(&buf, "abc");
    struct str text = buf_take(&buf, &arena);
    buf_init(&buf, 16);
    buf_text(&buf, "xyz");
    assert_true(str_equal_text(text, "abc"));
    buf_release(&buf);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unused_buffer_is_the_empty_text),
        cmocka_unit_test(appends_follow_each_other),
        cmocka_unit_test(growth_keeps_every_byte),
        cmocka_unit_test(the_ceiling_holds_and_shows),
        cmocka_unit_test(text_past_the_ceiling_is_cut),
        cmocka_unit_test(formatted_text_past_the_ceiling_is_dropped_whole),
        cmocka_unit_test(reset_empties_and_forgives),
        cmocka_unit_test(release_keeps_the_ceiling),
        cmocka_unit_test(what_is_taken_outlives_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
