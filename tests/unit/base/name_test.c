#include "gate/base/name.h"

#include "gate/base/buf.h"
#include "tests/support/check.h"

struct parts_case {
    const char *function;
    const char *package;
    const char *local;
    bool std;
};

static const struct parts_case parts_cases[] = {
    {"net/http.(*conn).serve", "net/http", "(*conn).serve", true},
    {"main.main", "main", "main", false},
    {"example.com/shop/cart.(*Service).Add", "example.com/shop/cart", "(*Service).Add", false},
    {"example.com/nm/pk%2eg.New", "example.com/nm/pk%2eg", "New", false},
    {"example%2ecom.New", "example%2ecom", "New", false},
    {"gopkg.in/yaml%2ev3.(*parser).parse", "gopkg.in/yaml%2ev3", "(*parser).parse", false},
    {"example.org/dep.v2/sub.New", "example.org/dep.v2/sub", "New", false},
    {"vendor/golang.org/x/net/idna.ToASCII", "vendor/golang.org/x/net/idna", "ToASCII", true},
    {"slices.Grow[go.shape.[]example.com/a/b.T]", "slices", "Grow[go.shape.[]example.com/a/b.T]",
     true},
    {"example.com/a.(*Stack[go.shape.struct { X int }]).Push", "example.com/a",
     "(*Stack[go.shape.struct { X int }]).Push", false},
    {"runtime.mallocgc", "runtime", "mallocgc", true},
    {"malloc", "", "malloc", false},
    {"", "", "", false},
};

static void names_split_at_the_package(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parts_cases); i++) {
        const struct parts_case *test = &parts_cases[i];
        print_message("  %s\n", test->function);
        assert_str(name_package(str_from(test->function)), test->package);
        assert_str(name_local(str_from(test->function)), test->local);
        assert_int_equal(name_is_std(str_from(test->function)), test->std);
    }
}

struct user_case {
    const char *function;
    const char *module;
    bool user;
};

static const struct user_case user_cases[] = {
    {"main.main", "", true},
    {"main.main", "example.com/shop", true},
    {"example.com/shop.New", "example.com/shop", true},
    {"example.com/shop/cart.New", "example.com/shop", true},
    {"example.com/shop_test.BenchmarkNew", "example.com/shop", true},
    {"example.com/shopping.New", "example.com/shop", false},
    {"example.com/shop.New", "", false},
    {"example.com/shop.New", "example.com/shop/v2", false},
    {"example.com/my%2eshop.New", "example.com/my.shop", true},
    {"example.com/my.shop/cart.New", "example.com/my.shop", true},
    {"orders/cart.New", "orders", true},
    {"maintenance.Run", "", false},
    {"runtime.malg", "example.com/shop", false},
};

static void user_frames_are_at_or_below_the_module(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(user_cases); i++) {
        const struct user_case *test = &user_cases[i];
        print_message("  %s in %s\n", test->function, test->module);
        assert_int_equal(name_is_user(str_from(test->function), str_from(test->module)),
                         test->user);
    }
}

struct spelling_case {
    const char *function;
    const char *normal;
    const char *brief;
};

static const struct spelling_case spelling_cases[] = {
    {"net/http.(*conn).serve", "net/http.(*conn).serve", "http.(*conn).serve"},
    {"main.main", "main.main", "main.main"},
    {"malloc", "malloc", "malloc"},
    {"", "", ""},
    {"a.b/c.F[go.shape.string,go.shape.int]", "a.b/c.F[...]", "c.F[...]"},
    {"a.b/c.F[...]", "a.b/c.F[...]", "c.F[...]"},
    {"a.b/c.F[go.shape.[]go.shape.map[string]int].func1", "a.b/c.F[...].func1", "c.F[...].func1"},
    {"a.b/c.(*S[go.shape.struct { A [2]int }]).Push", "a.b/c.(*S[...]).Push", "c.(*S[...]).Push"},
    {"a.b/c.F[unclosed", "a.b/c.F[...]", "c.F[...]"},
    {"example.com/nm/pk%2eg.New", "example.com/nm/pk.g.New", "pk.g.New"},
    {"a.b/c.glob..func3", "a.b/c.init.func3", "c.glob..func3"},
    {"a.b/c.init.func3", "a.b/c.init.func3", "c.init.func3"},
    {"a.b/c.init.0", "a.b/c.init", "c.init.0"},
    {"a.b/c.init.12.func1", "a.b/c.init.func1", "c.init.12.func1"},
    {"a.b/c.init.0x", "a.b/c.init.0x", "c.init.0x"},
    {"a.b/c.F-range1", "a.b/c.F-range1", "c.F-range1"},
    {"a.b/c%2.F", "a.b/c%2.F", "c%2.F"},
};

static void spellings_of_one_function_meet(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(spelling_cases); i++) {
        const struct spelling_case *test = &spelling_cases[i];
        print_message("  %s\n", test->function);
        assert_str(name_normal(str_from(test->function), &arena), test->normal);
        assert_str(name_short(str_from(test->function), &arena), test->brief);
    }
    arena_release(&arena);
}

static const struct key_case {
    const char *function;
    const char *want;
} key_cases[] = {
    {"main.work", "main.work"},
    {"main.work.func1", "main.work.func"},
    {"main.work.func2", "main.work.func"},
    {"main.work.func2.1", "main.work.func"},
    {"main.work.func2.gowrap1", "main.work.func"},
    {"main.work-range1", "main.work.func"},
    {"main.work.func1-range2.3", "main.work.func"},
    {"example.com/a.b/pkg.(*T).Method", "example.com/a.b/pkg.(*T).Method"},
    {"example.com/a.b/pkg.(*T).Method.func7", "example.com/a.b/pkg.(*T).Method.func"},
    {"main.funcs", "main.funcs"},
    {"main.func1x", "main.func1x"},
    {"example.com/v2.New", "example.com/v2.New"},
    {"gopkg.in/yaml%2ev3.Unmarshal", "gopkg.in/yaml%2ev3.Unmarshal"},
    {"gopkg.in/yaml%2ev3.Unmarshal.func1", "gopkg.in/yaml%2ev3.Unmarshal.func"},
    {"a.io/m.Set[go.shape.struct { X int \"json:\\\"a ]b\\\"\" }].Add", "a.io/m.Set[...].Add"},
    {"a.io/m.glob..func2", "a.io/m.init.func"},
    {"a.io/m.init.func1", "a.io/m.init.func"},
    {"a.io/m.init.3", "a.io/m.init"},
    {"main.work.func1.other", "main.work.func1.other"},
    {"main.work.func1.other.func2.1", "main.work.func1.other.func"},
    {"main.work.func1.2x.func3-range1", "main.work.func1.2x.func"},
    {"main.work.func1x.2.func3", "main.work.func1x.func"},
};

static void closures_share_the_key_of_their_function(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(key_cases); i++) {
        print_message("%s\n", key_cases[i].function);
        assert_str(name_key(str_from(key_cases[i].function), &arena), key_cases[i].want);
        if (!str_equal_text(str_from(key_cases[i].want), key_cases[i].function))
            assert_false(name_is_key(str_from(key_cases[i].function)));
        /* A key is its own key. */
        assert_str(name_key(str_from(key_cases[i].want), &arena), key_cases[i].want);
    }
    arena_release(&arena);
}

static void plain_names_are_seen_to_be_keys(void **state)
{
    (void)state;
    assert_true(name_is_key(STR("main.work")));
    assert_true(name_is_key(STR("example.com/v2.(*T).Method2")));
    assert_true(name_is_key(STR("main.func1x")));
    assert_true(name_is_key(STR("")));
}

/* A runtime that grows with the square of the length would take minutes here. */
static void a_long_name_costs_no_more_than_its_length(void **state)
{
    static const char *const parts[] = {".1", ".func1", "-range1", ".func", ".1x", "."};
    enum { LONG_NAME_BYTES = 64 * 1024, ROUNDS = 100 };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct buf buf;
        struct arena arena;
        print_message("%s\n", parts[i]);
        arena_init(&arena);
        buf_init(&buf, (size_t)2 * LONG_NAME_BYTES);
        buf_text(&buf, "a.io/m.F");
        while (buf.len < LONG_NAME_BYTES)
            buf_text(&buf, parts[i]);
        buf_text(&buf, "x");
        for (size_t round = 0; round < ROUNDS; round++)
            assert_int_equal(name_key(buf_view(&buf), &arena).len, buf.len);
        buf_release(&buf);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_split_at_the_package),
        cmocka_unit_test(user_frames_are_at_or_below_the_module),
        cmocka_unit_test(spellings_of_one_function_meet),
        cmocka_unit_test(closures_share_the_key_of_their_function),
        cmocka_unit_test(plain_names_are_seen_to_be_keys),
        cmocka_unit_test(a_long_name_costs_no_more_than_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
