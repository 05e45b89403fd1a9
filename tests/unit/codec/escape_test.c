#include "tests/support/check.h"

#include "gate/codec/escape.h"

struct escape_case {
    const char *name;
    struct str text;
    const char *want;
};

static void check_cases(void (*escape)(struct buf *buf, struct str text),
                        const struct escape_case *cases, size_t count)
{
    struct buf buf;
    for (size_t i = 0; i < count; i++) {
        print_message("%s\n", cases[i].name);
        buf_init(&buf, 4096);
        escape(&buf, cases[i].text);
        assert_str(buf_view(&buf), cases[i].want);
        buf_release(&buf);
    }
}

static const struct escape_case text_cases[] = {
    {"empty", STR_INIT(""), ""},
    {"Go name", STR_INIT("example.com/a.(*T[...]).Run.func1"), "example.com/a.(*T[...]).Run.func1"},
    {"letters of all scripts", STR_INIT("\xc3\xa9\xe6\x97\xa5"), "\xc3\xa9\xe6\x97\xa5"},
    {"terminal escape", STR_INIT("a\x1b[31mb"), "a\\x1b[31mb"},
    {"new line of a log command", STR_INIT("x\n::error::y"), "x\\x0a::error::y"},
    {"NUL", STR_INIT("a\0b"), "a\\x00b"},
    /* NOLINTNEXTLINE(misc-misleading-bidirectional): what the row is about */
    {"direction override", STR_INIT("a\xe2\x80\xaex"), "a\\u{202e}x"},
    {"zero width", STR_INIT("a\xe2\x80\x8bx"), "a\\u{200b}x"},
    {"no UTF-8", STR_INIT("a\xff"), "a\\xff"},
};

static void text_shows_what_would_act(void **state)
{
    (void)state;
    check_cases(escape_text, text_cases, ARRAY_LEN(text_cases));
}

/* Expected texts follow CommonMark 0.31, section 6.1. */
static const struct escape_case code_cases[] = {
    {"plain", STR_INIT("a.b"), "`a.b`"},
    {"markup is no markup in code", STR_INIT("<b>*x*</b> @org #1"), "`<b>*x*</b> @org #1`"},
    {"one backtick inside", STR_INIT("a`b"), "``a`b``"},
    {"longest run counts", STR_INIT("a``b`c"), "```a``b`c```"},
    {"backtick at an edge", STR_INIT("`a"), "`` `a ``"},
    {"backticks alone", STR_INIT("``"), "``` `` ```"},
    {"blanks at both edges stay", STR_INIT(" a "), "`  a  `"},
    {"empty is still a span", STR_INIT(""), "`  `"},
    {"new line cannot leave", STR_INIT("a\nb"), "`a\\x0ab`"},
};

static void code_spans_keep_the_text(void **state)
{
    (void)state;
    check_cases(escape_markdown_code, code_cases, ARRAY_LEN(code_cases));
}

/* Without a pipe, or a table row would break inside the span. */
static void code_with_a_pipe_is_safe_in_tables(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 4096);
    escape_markdown_code(&buf, STR("a|b</code><script>`"));
    assert_int_equal(str_find(buf_view(&buf), '|'), -1);
    assert_int_equal(str_find(buf_view(&buf), '`'), -1);
    assert_str(buf_view(&buf), "<code>a&#124;b&#60;&#47;code&#62;&#60;script&#62;&#96;</code>");
    buf_release(&buf);
}

/* Every ASCII byte that begins or ends some markup of CommonMark or of its GitHub dialect. */
static const char active[] = "`*_{}[]()<>#+-.!|~@:/\\&\"'=$^";

static void prose_keeps_no_active_byte(void **state)
{
    struct buf buf;
    (void)state;
    for (size_t i = 0; i < sizeof(active) - 1; i++) {
        struct str one = {&active[i], 1};
        buf_init(&buf, 4096);
        escape_markdown(&buf, one);
        print_message("%c\n", active[i]);
        struct str view = buf_view(&buf);
        char want[16];
        (void)snprintf(want, sizeof(want), "&#%d;", active[i]);
        assert_true(str_starts_with(view, str_from(want)));
        buf_release(&buf);
    }
}

static const struct escape_case prose_cases[] = {
    {"words", STR_INIT("one more map"), "one more map"},
    {"mention", STR_INIT("@org"), "&#64;<!-- -->org"},
    {"issue", STR_INIT("#12"), "&#35;<!-- -->12"},
    {"link", STR_INIT("[a](b)"), "&#91;a&#93;&#40;b&#41;"},
    {"tag", STR_INIT("<img>"), "&#60;img&#62;"},
    {"bare address", STR_INIT("www.a"), "www&#46;a"},
    {"reference stays what it was", STR_INIT("&lt;"), "&#38;lt&#59;"},
    {"other scripts", STR_INIT("\xc3\xa9"), "\xc3\xa9"},
    {"control character", STR_INIT("a\rb"), "a&#92;x0db"},
};

static void prose_shows_every_character_as_itself(void **state)
{
    (void)state;
    check_cases(escape_markdown, prose_cases, ARRAY_LEN(prose_cases));
}

static void output_is_bounded_by_the_buffer(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 10);
    escape_markdown(&buf, STR("@@@@"));
    assert_true(buf.overflow);
    assert_true(buf.len <= 10);
    buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_shows_what_would_act),
        cmocka_unit_test(code_spans_keep_the_text),
        cmocka_unit_test(code_with_a_pipe_is_safe_in_tables),
        cmocka_unit_test(prose_keeps_no_active_byte),
        cmocka_unit_test(prose_shows_every_character_as_itself),
        cmocka_unit_test(output_is_bounded_by_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
