#include "tests/support/check.h"

#include "gate/codec/json.h"
#include "gate/report/report.h"

/*
 * Names come from profiles, and a profile is whatever a stranger wrote.
 * Each sink must show them and let none of them act.
 */
enum { LONG_NAME_BYTES = 64 * 1024, FINDINGS_MANY = 5000, COMMENT_BYTES_MAX = 60000 };

struct fixture {
    struct arena arena;
    struct rule rule;
    struct record_scenario record;
    struct comparison comparison;
    struct moved moved;
    struct judged_scenario scenario;
    struct judgement judgement;
    struct recording recording;
    struct buf out;
};

static struct comparison_row *hostile_row(struct fixture *fixture, struct str name)
{
    struct culprit *culprit = ARENA_NEW(&fixture->arena, struct culprit);
    struct comparison_row *row = ARENA_NEW(&fixture->arena, struct comparison_row);
    *culprit = (struct culprit){.func = name,
                                .short_name = name,
                                .via = name,
                                .file = name,
                                .line = 7,
                                .kind = ALLOC_KIND_SLICE,
                                .delta = 10};
    *row = (struct comparison_row){
        .metric = METRIC_ALLOC_SPACE,
        .point = POINT_END,
        .level = ROW_FUNCTION,
        .func = name,
        .base_func = name,
        .normal = name,
        .package = name,
        .file = name,
        .line = 7,
        .kind = ALLOC_KIND_SLICE,
        .estimate = {.base = 100,
                     .cand = 110,
                     .delta = 10,
                     .delta_low = 9,
                     .delta_high = 11,
                     .has_ratio = true,
                     .ratio = 0.10,
                     .ratio_low = 0.09,
                     .ratio_high = 0.11,
                     .bounded = true},
        .culprits = culprit,
        .culprit_count = 1,
    };
    return row;
}

/* One blocked scenario that says the name wherever a name can stand. */
static void setup(struct fixture *fixture, struct str name, size_t findings)
{
    *fixture = (struct fixture){0};
    struct arena *arena = &fixture->arena;
    arena_init(arena);
    buf_init(&fixture->out, BUF_TEXT_BYTES_MAX);
    fixture->rule = (struct rule){.metric = METRIC_ALLOC_SPACE,
                                  .max_increase_percent = {true, 0.05},
                                  .severity = SEVERITY_BLOCK,
                                  .origin = {STR("memgate.yaml"), 12, 5}};
    fixture->moved = (struct moved){name, name, 10, METRIC_ALLOC_SPACE};
    fixture->comparison = (struct comparison){.scenario = STR("orders"),
                                              .record = &fixture->record,
                                              .moved = &fixture->moved,
                                              .moved_count = 1};
    fixture->scenario = (struct judged_scenario){
        .comparison = &fixture->comparison,
        .verdict = VERDICT_BLOCKED,
        .findings = ARENA_ARRAY(arena, struct finding, findings),
        .finding_count = findings,
    };
    for (size_t i = 0; i < findings; i++) {
        fixture->scenario.findings[i] = (struct finding){.verdict = FINDING_REGRESSION,
                                                         .rule = &fixture->rule,
                                                         .row = hostile_row(fixture, name),
                                                         .limit = 5};
    }
    fixture->judgement = (struct judgement){.verdict = VERDICT_BLOCKED,
                                            .scenarios = &fixture->scenario,
                                            .scenario_count = 1,
                                            .rule_count = 1,
                                            .judged_rules = 1};
    fixture->recording.policy_name = STR("memgate.yaml");
}

static void teardown(struct fixture *fixture)
{
    buf_release(&fixture->out);
    arena_release(&fixture->arena);
}

static struct str render(struct fixture *fixture, report_writer write)
{
    struct report_input input = {&fixture->judgement, &fixture->recording};
    buf_reset(&fixture->out);
    write(&fixture->out, &fixture->arena, &input);
    assert_false(fixture->out.overflow);
    return buf_view(&fixture->out);
}

static void assert_holds(struct str report, const char *want)
{
    if (!memmem(report.data, report.len, want, strlen(want)))
        fail_msg("\"%.2000s\" lacks \"%s\"", report.data, want);
}

struct name_case {
    const char *name;
    struct str func;
    const char *banned; /* must stand nowhere in a report for people */
};

/* NOLINTBEGIN(misc-misleading-bidirectional): what the rows are about */
static const struct name_case name_cases[] = {
    {"clears the screen", STR_INIT("main.\x1b[2J\x1b[H\x1b[31mred"), "\x1b"},
    {"sets the window's title", STR_INIT("main.\x1b]0;owned\x07"), "\x07"},
    {"one-byte control sequence",
     STR_INIT("main.\xc2\x9b"
              "2J"),
     "\xc2\x9b"},
    {"a workflow command on a line of its own", STR_INIT("\n::error file=a.go::gone"), "\n::"},
    {"a workflow command behind a carriage return", STR_INIT("x\r::set-output name=a::b"), "\r"},
    {"a workflow command at the name's start", STR_INIT("::stop-commands::x"), "\n::"},
    {"backspaces over what stands before", STR_INIT("main.f\b\b\b\bok"), "\b"},
    {"reads from right to left",
     STR_INIT("main.\xe2\x80\xae"
              "cilbup"),
     "\xe2\x80\xae"},
    {"no width", STR_INIT("main.\xe2\x80\x8b()"), "\xe2\x80\x8b"},
    {"NUL in the middle", STR_INIT("main.a\0b"), NULL},
    {"not UTF-8", STR_INIT("main.\xff\xfe"), "\xff"},
    {"is nothing but punctuation", STR_INIT("|||"), NULL},
};
/* NOLINTEND(misc-misleading-bidirectional) */

static bool is_control(char byte)
{
    unsigned char value = (unsigned char)byte;
    return (value < 0x20 && value != '\n') || value == 0x7f;
}

/* A runner skips blanks before it looks for a command. */
static void check_lines(struct str report)
{
    struct str line;
    for (size_t i = 0; i < report.len; i++)
        assert_false(is_control(report.data[i]));
    while (str_split(&report, '\n', &line))
        assert_false(str_starts_with(str_trim(line), STR("::")));
}

static void people_see_names_that_cannot_act(void **state)
{
    (void)state;
    static const report_writer writers[] = {report_text, report_markdown};
    for (size_t i = 0; i < ARRAY_LEN(name_cases); i++) {
        const struct name_case *one = &name_cases[i];
        struct fixture fixture;
        print_message("%s\n", one->name);
        setup(&fixture, one->func, 3);
        for (size_t w = 0; w < ARRAY_LEN(writers); w++) {
            struct str report = render(&fixture, writers[w]);
            check_lines(report);
            assert_holds(report, "BLOCK");
            if (one->banned)
                assert_null(memmem(report.data, report.len, one->banned, strlen(one->banned)));
        }
        teardown(&fixture);
    }
}

struct markdown_case {
    const char *name;
    struct str func;
    const char *want;
};

/* Each cell, link and tag of a comment is memgate's: a name is only ever text. */
static const struct markdown_case markdown_cases[] = {
    {"ends a script", STR_INIT("main.</script><b>"), "`main.</script><b>`"},
    {"ends a code span", STR_INIT("main.a`b``c"), "```main.a`b``c```"},
    {"ends a cell", STR_INIT("main.a|b"), "<code>main&#46;a&#124;b</code>"},
    {"ends a cell and a code span", STR_INIT("a`|<x>"), "<code>a&#96;&#124;&#60;x&#62;</code>"},
    {"breaks the row", STR_INIT("main.a\n| ok | |"),
     "<code>main&#46;a&#92;x0a&#124; ok &#124; &#124;</code>"},
};

static size_t count_pipes(struct str line)
{
    size_t count = 0;
    for (size_t i = 0; i < line.len; i++)
        count += line.data[i] == '|';
    return count;
}

static void markdown_rows_keep_their_cells(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(markdown_cases); i++) {
        struct fixture fixture;
        struct str line;
        size_t rows = 0;
        print_message("%s\n", markdown_cases[i].name);
        setup(&fixture, markdown_cases[i].func, 3);
        struct str report = render(&fixture, report_markdown);
        assert_holds(report, markdown_cases[i].want);
        while (str_split(&report, '\n', &line)) {
            if (!str_starts_with(line, STR("|")))
                continue;
            /* Seven cells have eight pipes. */
            assert_int_equal(count_pipes(line), 8);
            rows++;
        }
        /* Two tables' heads (two lines each) and three findings. */
        assert_int_equal(rows, 7);
        teardown(&fixture);
    }
}

static struct str long_name(struct arena *arena, const char *unit)
{
    struct buf buf;
    buf_init(&buf, LONG_NAME_BYTES + 16);
    while (buf.len < LONG_NAME_BYTES)
        buf_text(&buf, unit);
    struct str name = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return name;
}

/* Units that grow most under an escape: references, \u{...}, two-byte letters at a clip's edge. */
/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
static const char *const long_units[] = {"a", "|", "`", "\xe2\x80\xae", "\xc3\xa9", "\x1b"};

static void long_names_and_many_findings_fit_a_comment(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(long_units); i++) {
        struct arena arena;
        struct fixture fixture;
        print_message("64 KiB of unit %zu\n", i);
        arena_init(&arena);
        /* One row is built once and told of 5000 times: the arena stays small. */
        setup(&fixture, long_name(&arena, long_units[i]), 1);
        struct finding one = fixture.scenario.findings[0];
        fixture.scenario.findings = ARENA_ARRAY(&arena, struct finding, FINDINGS_MANY);
        fixture.scenario.finding_count = FINDINGS_MANY;
        for (size_t n = 0; n < FINDINGS_MANY; n++) {
            fixture.scenario.findings[n] = one;
            fixture.scenario.findings[n].verdict = n < 20 ? FINDING_REGRESSION : FINDING_OK;
        }
        struct str report = render(&fixture, report_markdown);
        assert_true(report.len < COMMENT_BYTES_MAX);
        assert_holds(report, "10 more in verdict.json");
        assert_holds(report, "exit 1 (blocked)");
        teardown(&fixture);
        arena_release(&arena);
    }
}

static void a_clipped_name_keeps_its_ends(void **state)
{
    (void)state;
    struct fixture fixture;
    struct arena arena;
    arena_init(&arena);
    struct str middle = long_name(&arena, "x");
    setup(&fixture, str_format(&arena, "main.%.*s.Method", STR_ARGS(middle)), 1);
    struct str report = render(&fixture, report_text);
    assert_true(report.len < 8192);
    assert_holds(report, "main.xxx");
    assert_holds(report, "xxx...xxx");
    assert_holds(report, "xxx.Method");
    teardown(&fixture);
    arena_release(&arena);
}

static struct str first_func(struct fixture *fixture, struct str report)
{
    struct json_value root;
    struct err err;
    struct str func = {0};
    assert_ok(json_parse(&root, &fixture->arena, report, &err), &err);
    const struct json_value *scenarios = json_get(&root, "scenarios");
    assert_non_null(scenarios);
    assert_int_equal(scenarios->len, 1);
    const struct json_value *findings = json_get(&scenarios->members[0].value, "findings");
    assert_non_null(findings);
    assert_int_equal(findings->len, 1);
    const struct json_value *subject = json_get(&findings->members[0].value, "subject");
    assert_true(json_get_str(subject, "func", &func));
    return func;
}

/* A machine gets the name as it is; only what is no UTF-8 becomes U+FFFD, byte for byte. */
static void json_holds_the_raw_name(void **state)
{
    (void)state;
    static const struct str replaced = STR_INIT("main.\xef\xbf\xbd\xef\xbf\xbd");
    for (size_t i = 0; i < ARRAY_LEN(name_cases); i++) {
        const struct name_case *one = &name_cases[i];
        bool is_text = !str_equal(one->func, STR("main.\xff\xfe"));
        struct fixture fixture;
        print_message("%s\n", one->name);
        setup(&fixture, one->func, 1);
        struct str report = render(&fixture, report_json);
        check_lines(report);
        assert_true(str_equal(first_func(&fixture, report), is_text ? one->func : replaced));
        teardown(&fixture);
    }
}

static void json_holds_a_long_name_whole(void **state)
{
    (void)state;
    struct fixture fixture;
    struct arena arena;
    arena_init(&arena);
    struct str name = long_name(&arena, "a\x1b\"\\");
    setup(&fixture, name, 1);
    assert_true(str_equal(first_func(&fixture, render(&fixture, report_json)), name));
    teardown(&fixture);
    arena_release(&arena);
}

/* What a build printed comes with its own line breaks. */
static void messages_of_many_lines_stay_off_the_edge(void **state)
{
    (void)state;
    static struct str invalid[] = {
        STR_INIT("candidate: build failed (exit 1)\n| ./z.go:2:13: \x1b[1mwrong\n::error::owned")};
    struct fixture fixture;
    setup(&fixture, STR("main.f"), 1);
    fixture.comparison.invalid = invalid;
    fixture.comparison.invalid_count = 1;
    struct str text = render(&fixture, report_text);
    check_lines(text);
    assert_holds(text, "  INVALID candidate: build failed (exit 1)\n"
                       "          | ./z.go:2:13: \\x1b[1mwrong\n"
                       "          | ::error::owned\n");
    struct str markdown = render(&fixture, report_markdown);
    check_lines(markdown);
    assert_holds(markdown, "&#41;<br><code>&#124; &#46;&#47;z&#46;go&#58;2"
                           "&#58;13&#58; &#92;x1b&#91;1mwrong</code>"
                           "<br>`::error::owned`");
    teardown(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_see_names_that_cannot_act),
        cmocka_unit_test(markdown_rows_keep_their_cells),
        cmocka_unit_test(long_names_and_many_findings_fit_a_comment),
        cmocka_unit_test(a_clipped_name_keeps_its_ends),
        cmocka_unit_test(json_holds_the_raw_name),
        cmocka_unit_test(json_holds_a_long_name_whole),
        cmocka_unit_test(messages_of_many_lines_stay_off_the_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
