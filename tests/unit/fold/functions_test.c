#include "gate/fold/functions.h"

#include "tests/support/check.h"

/* As .gopclntab has them, and which of them a program's owner may ask for. */
static void what_may_be_somebodys_is_listed_once(void **state)
{
    (void)state;
    struct str items[] = {
        STR_INIT("main.main"),
        STR_INIT("runtime.mallocgc"),
        STR_INIT("runtime/pprof.StartCPUProfile"),
        STR_INIT("internal/runtime/maps.NewMap"),
        STR_INIT("runtime/internal/atomic.Load"),
        STR_INIT("example.com/shop/internal/cart.Add"),
        STR_INIT("type:.eq.main.key"),
        STR_INIT("type..eq.example.com/shop.key"),
        STR_INIT("go:buildid"),
        STR_INIT("go.buildid"),
        STR_INIT("go.uber.org/zap.New"),
        STR_INIT("x_cgo_init"),
        STR_INIT(""),
        STR_INIT("main.main"),
        STR_INIT("example.com/shop.F[go.shape.struct { X int }]"),
        STR_INIT("main.main.func1"),
        STR_INIT("main.a\nb"),
    };
    static const char *const want[] = {
        "example.com/shop.F[go.shape.struct { X int }]",
        "example.com/shop/internal/cart.Add",
        "go.uber.org/zap.New",
        "main.main",
        "main.main.func1",
        "runtime/pprof.StartCPUProfile",
    };
    struct binary_names names = {items, ARRAY_LEN(items)};
    functions_select(&names);
    assert_int_equal(names.len, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_str(names.items[i], want[i]);
}

static void no_name_gives_none(void **state)
{
    (void)state;
    struct binary_names names = {0};
    functions_select(&names);
    assert_int_equal(names.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_somebodys_is_listed_once),
        cmocka_unit_test(no_name_gives_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
