#include "gate/fold/kind.h"

#include "tests/support/check.h"

static void names_of_kinds_read_back(void **state)
{
    (void)state;
    enum alloc_kind kind = ALLOC_KIND_OTHER;
    for (size_t i = 0; i < ALLOC_KINDS; i++) {
        assert_true(alloc_kind_parse(&kind, str_from(alloc_kind_name((enum alloc_kind)i))));
        assert_int_equal(kind, i);
    }
    assert_string_equal(alloc_kind_name(ALLOC_KIND_BOXING), "boxing");
    assert_string_equal(alloc_kind_name(ALLOC_KIND_CLOSURE), "closure");
    assert_false(alloc_kind_parse(&kind, STR("Map")));
    assert_false(alloc_kind_parse(&kind, STR("")));
}

static void names_of_operations_read_back(void **state)
{
    (void)state;
    enum alloc_op op = ALLOC_OP_NONE;
    for (size_t i = ALLOC_OP_NONE + 1; i < ALLOC_OPS; i++) {
        assert_true(alloc_op_parse(&op, str_from(alloc_op_name((enum alloc_op)i))));
        assert_int_equal(op, i);
    }
    assert_string_equal(alloc_op_name(ALLOC_OP_CONCAT), "concat");
    assert_string_equal(alloc_op_name(ALLOC_OP_NONE), "");
    assert_false(alloc_op_parse(&op, STR("")));
    assert_false(alloc_op_parse(&op, STR("maker")));
}

static void ways_to_know_have_names(void **state)
{
    (void)state;
    assert_string_equal(alloc_how_name(ALLOC_HOW_UNKNOWN), "unknown");
    assert_string_equal(alloc_how_name(ALLOC_HOW_CALL), "call target");
    assert_string_equal(alloc_how_name(ALLOC_HOW_CHAIN), "hidden frames");
    assert_string_equal(alloc_how_name(ALLOC_HOW_NAME), "name rule");
}

struct type_case {
    const char *type;
    bool closure;
    bool closure_if_named; /* Go 1.19 and 1.20 */
};

static const struct type_case type_cases[] = {
    {"struct { F uintptr; X0 int }", true, true},
    {"struct { F uintptr; X12 *int; X13 int }", true, true},
    {"struct { F uintptr; R main.point }", true, true},
    {"struct { F uintptr; wg *sync.WaitGroup }", false, true},
    {"struct { F uintptr; Rest int }", false, true},
    {"struct { F uintptr; X int }", false, true},
    {"struct { F uintptr; Xa int }", false, true},
    {"struct { F uintptr }", false, false},
    {"struct { F uintptr; ", false, false},
    {"struct { F uintptr; X0", false, false},
    {"struct { .F uintptr; X0 *int }", false, false},
    {"struct { F uintptrs; X0 int }", false, false},
    {"struct { F uintptr \"json:f\"; X0 int }", false, false},
    {"struct { X0 int; F uintptr }", false, false},
    {"struct { Func uintptr; X0 int }", false, false},
    {"[]struct { F uintptr; X0 int }", false, false},
    {"main.F", false, false},
    {"", false, false},
};

static void closures_are_told_by_code_pointer_and_captures(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(type_cases); i++) {
        const struct type_case *row = &type_cases[i];
        print_message("  %s\n", row->type);
        assert_int_equal(alloc_type_is_closure(str_from(row->type), false), row->closure);
        assert_int_equal(alloc_type_is_closure(str_from(row->type), true), row->closure_if_named);
    }
}

static void goroutines_and_the_unnamed_are_not_plainly_allocated(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALLOC_KINDS; i++) {
        struct alloc_class class = {(enum alloc_kind)i, ALLOC_OP_NONE};
        bool plain = i != ALLOC_KIND_UNKNOWN && i != ALLOC_KIND_GOROUTINE && i != ALLOC_KIND_OTHER;
        assert_int_equal(alloc_class_is_plain(class), plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_kinds_read_back),
        cmocka_unit_test(names_of_operations_read_back),
        cmocka_unit_test(ways_to_know_have_names),
        cmocka_unit_test(closures_are_told_by_code_pointer_and_captures),
        cmocka_unit_test(goroutines_and_the_unnamed_are_not_plainly_allocated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
