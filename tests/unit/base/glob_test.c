#include "gate/base/glob.h"

#include "tests/support/check.h"

#include "gate/base/buf.h"
#include "gate/base/clock.h"

struct glob_case {
    const char *name;
    const char *pattern;
    const char *text;
    bool matches;
};

static const struct glob_case glob_cases[] = {
    {"equal", "a.B", "a.B", true},
    {"shorter", "a.B", "a.", false},
    {"longer", "a.B", "a.BC", false},
    {"other case", "a.B", "a.b", false},
    {"nothing for nothing", "", "", true},
    {"nothing for something", "", "a", false},
    {"something for nothing", "a", "", false},

    {"star alone", "*", "org/cart.(*Service).Process", true},
    {"star for nothing", "*", "", true},
    {"star for an empty run", "ab*cd", "abcd", true},
    {"star crosses slashes", "org/*.Process", "org/a/b/cart.Process", true},
    {"star at the end", "net/http.*", "net/http.Get", true},
    {"star at the end needs the dot", "net/http.*", "net/httputil.Dump", false},
    {"star at the start", "*.Process", "cart.Process", true},
    {"two stars", "*cart*Process", "org/cart.(*Service).Process", true},
    {"two stars out of order", "*Process*cart", "org/cart.Process", false},
    {"stars side by side", "a**b", "ab", true},
    {"the last star gives way", "*ab", "aab", true},
    {"the last star gives way twice", "a*bc", "abcbc", true},
    {"nothing behind the last match", "a*b", "abc", false},
    {"a question mark is itself", "a?c", "abc", false},
    {"a bracket is itself", "a[b]c", "abc", false},
    {"generic names", "maps.Clone[...]", "maps.Clone[...]", true},
    {"a backslash is itself", "a\\*", "a*", false},

    {"receiver star is itself", "cart.(*Service).Process", "cart.(*Service).Process", true},
    {"receiver star is no wildcard", "cart.(*Service).Process", "cart.(MyService).Process", false},
    {"receiver star and a wildcard", "cart.(*Service).*", "cart.(*Service).Get", true},
    {"receiver star, other receiver", "cart.(*Service).*", "cart.(*Server).Get", false},
    {"wildcard inside the receiver", "cart.(*S*).Get", "cart.(*Service).Get", true},
    {"receiver star at the end", "cart.(*", "cart.(x", false},

    {"package itself", "org/cart/...", "org/cart", true},
    {"package below", "org/cart/...", "org/cart/price", true},
    {"package two below", "org/cart/...", "org/cart/price/tax", true},
    {"package beside", "org/cart/...", "org/cartel", false},
    {"package above", "org/cart/...", "org", false},
    {"package elsewhere", "org/cart/...", "my/org/cart", false},
    {"dots without a slash", "org/cart...", "org/cart/price", false},
    {"dots in the middle", "org/.../price", "org/cart/price", false},
    {"star and dots", "*/cart/...", "org/x/cart/price", true},
    {"every package of a host", "github.com/*/...", "github.com/org/cart", true},
    {"dots alone below the root", "/...", "/a", true},
    {"dots alone are not everything", "/...", "a/b", false},
};

static void matches_as_the_row_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(glob_cases); i++) {
        const struct glob_case *row = &glob_cases[i];
        print_message("%s\n", row->name);
        assert_int_equal(glob_match(str_from(row->pattern), str_from(row->text)), row->matches);
    }
}

/* With a backtracking matcher this pattern takes longer than the universe has. */
static void many_stars_stay_cheap(void **state)
{
    (void)state;
    struct buf pattern;
    struct buf text;
    buf_init(&pattern, BUF_TEXT_BYTES_MAX);
    buf_init(&text, BUF_TEXT_BYTES_MAX);
    for (size_t i = 0; i < 1000; i++)
        buf_text(&pattern, "a*");
    buf_byte(&pattern, 'b');
    buf_repeat(&text, 'a', 4096);
    uint64_t begin_ns = clock_now_ns();
    assert_false(glob_match(buf_view(&pattern), buf_view(&text)));
    assert_true(clock_now_ns() - begin_ns < NS_PER_SECOND);
    buf_release(&pattern);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_as_the_row_says),
        cmocka_unit_test(many_stars_stay_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
