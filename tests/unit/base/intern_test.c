#include "tests/support/check.h"

#include "gate/base/intern.h"

struct table {
    struct arena arena;
    struct intern intern;
};

static void table_init(struct table *table)
{
    arena_init(&table->arena);
    intern_init(&table->intern, &table->arena);
}

static void table_release(struct table *table)
{
    intern_release(&table->intern);
    arena_release(&table->arena);
}

static void ids_count_up_in_order_of_appearance(void **state)
{
    struct table table;
    (void)state;
    table_init(&table);
    assert_int_equal(intern_name(&table.intern, STR("b")).v, 1);
    assert_int_equal(intern_name(&table.intern, STR("a")).v, 2);
    assert_int_equal(intern_name(&table.intern, STR("b")).v, 1);
    assert_int_equal(table.intern.len, 3);
    table_release(&table);
}

static void id_zero_is_the_empty_name(void **state)
{
    struct table table;
    (void)state;
    table_init(&table);
    assert_int_equal(intern_name(&table.intern, STR("")).v, 0);
    assert_int_equal(intern_name(&table.intern, (struct str){NULL, 0}).v, 0);
    assert_str(intern_text(&table.intern, (struct name_id){0}), "");
    table_release(&table);
}

static void names_outlive_what_they_were_made_of(void **state)
{
    struct table table;
    char text[] = "main.run";
    (void)state;
    table_init(&table);
    struct name_id id = intern_name(&table.intern, str_from(text));
    memset(text, 'x', sizeof(text) - 1);
    assert_str(intern_text(&table.intern, id), "main.run");
    assert_false(name_equal(intern_name(&table.intern, str_from(text)), id));
    assert_true(name_equal(intern_name(&table.intern, STR("main.run")), id));
    table_release(&table);
}

static void names_with_nul_differ(void **state)
{
    struct table table;
    (void)state;
    table_init(&table);
    assert_false(
        name_equal(intern_name(&table.intern, STR("a")), intern_name(&table.intern, STR("a\0"))));
    table_release(&table);
}

static void growth_keeps_every_name(void **state)
{
    enum { COUNT = 5000 };
    struct table table;
    (void)state;
    table_init(&table);
    for (unsigned i = 1; i <= COUNT; i++)
        assert_int_equal(intern_name(&table.intern, str_format(&table.arena, "main.f%u", i)).v, i);
    for (unsigned i = 1; i <= COUNT; i++) {
        struct str name = str_format(&table.arena, "main.f%u", i);
        assert_int_equal(intern_name(&table.intern, name).v, i);
        assert_true(str_equal(intern_text(&table.intern, (struct name_id){i}), name));
    }
    table_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_count_up_in_order_of_appearance),
        cmocka_unit_test(id_zero_is_the_empty_name),
        cmocka_unit_test(names_outlive_what_they_were_made_of),
        cmocka_unit_test(names_with_nul_differ),
        cmocka_unit_test(growth_keeps_every_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
