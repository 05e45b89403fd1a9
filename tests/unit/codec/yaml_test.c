#include "gate/codec/yaml.h"

#include "tests/support/check.h"

#include "gate/base/buf.h"
#include "gate/base/clock.h"

#define TEXT(literal) STR_INIT(literal)

static enum status parse(struct yaml_node **out, struct arena *arena, struct str text,
                         struct err *err)
{
    return yaml_parse(out, arena, STR("memgate.yaml"), bytes_of_str(text), err);
}

static void refuses_with(struct str text, const char *message)
{
    struct arena arena;
    struct err err = {0};
    struct yaml_node *root = NULL;
    arena_init(&arena);
    assert_int_equal(parse(&root, &arena, text, &err), STATUS_POLICY);
    assert_string_equal(err.text, message);
    assert_null(root);
    arena_release(&arena);
}

struct refused_case {
    const char *name;
    struct str text;
    const char *message;
};

static const struct refused_case refused_cases[] = {
    {"UTF-16 with its mark", TEXT("\xff\xfev\0:\0"),
     "memgate.yaml: not UTF-8 (byte 0xff at offset 0)"},
    {"UTF-16 without a mark", TEXT("v\0:\0"), "memgate.yaml:1:2: control character U+0000"},
    {"Latin-1", TEXT("a: caf\xe9\n"), "memgate.yaml: not UTF-8 (byte 0xe9 at offset 6)"},
    {"an overlong slash", TEXT("a: \xc0\xaf"), "memgate.yaml: not UTF-8 (byte 0xc0 at offset 3)"},
    {"a surrogate", TEXT("a: \xed\xa0\x80"), "memgate.yaml: not UTF-8 (byte 0xed at offset 3)"},
    {"a character cut short", TEXT("a: \xe2\x82"),
     "memgate.yaml: not UTF-8 (byte 0xe2 at offset 3)"},
    {"NUL", TEXT("version: 1\0"), "memgate.yaml:1:11: control character U+0000"},
    {"escape in the third line, columns in characters", TEXT("a: 1\nb: 2\n\xc3\xa9: \x1b[2J"),
     "memgate.yaml:3:4: control character U+001B"},
    {"DEL", TEXT("a: \x7f"), "memgate.yaml:1:4: control character U+007F"},
    {"next line, a line end for YAML alone", TEXT("a: 1 #\xc2\x85version: 1"),
     "memgate.yaml:1:7: control character U+0085"},
    {"line separator",
     TEXT("a: 1 #\xe2\x80\xa8"
          "b: 1"),
     "memgate.yaml:1:7: control character U+2028"},
    {"a bare carriage return", TEXT("a: 1\rb: 2"), "memgate.yaml:1:5: control character U+000D"},
    {"a byte order mark inside",
     TEXT("a: \xef\xbb\xbf"
          "1"),
     "memgate.yaml:1:4: control character U+FEFF"},
    {"a noncharacter", TEXT("a: \xef\xbf\xbf"), "memgate.yaml:1:4: control character U+FFFF"},
    {"NUL by an escape", TEXT("a: 1\nb: \"x\\0y\"\n"),
     "memgate.yaml:2:4: control character U+0000"},
    {"ESC by an escape", TEXT("a: \"\\e[2J\""), "memgate.yaml:1:4: control character U+001B"},
    {"anchor on a value", TEXT("version: 1\nscenarios: []\ntrials:\n  a: &x 1\n"),
     "memgate.yaml:4:6: anchors and aliases are not allowed"},
    {"anchor on a list", TEXT("a: &a [*a]"),
     "memgate.yaml:1:4: anchors and aliases are not allowed"},
    {"anchor on a map", TEXT("&a {b: 1}"), "memgate.yaml:1:1: anchors and aliases are not allowed"},
    {"anchor on a key", TEXT("&a b: 1"), "memgate.yaml:1:1: anchors and aliases are not allowed"},
    {"alias", TEXT("a: *b"), "memgate.yaml:1:4: anchors and aliases are not allowed"},
    {"tag of Python", TEXT("a: 1\nb: !!python/object:os.system x"),
     "memgate.yaml:2:4: tags are not allowed"},
    {"tag of a string", TEXT("a: !!str 5"), "memgate.yaml:1:4: tags are not allowed"},
    {"tag that says nothing", TEXT("a: ! 5"), "memgate.yaml:1:4: tags are not allowed"},
    {"tag on a list", TEXT("!!set [a]"), "memgate.yaml:1:1: tags are not allowed"},
    {"tag on a map", TEXT("!!omap {a: 1}"), "memgate.yaml:1:1: tags are not allowed"},
    {"version directive", TEXT("%YAML 1.1\n---\na: 1"),
     "memgate.yaml:1:1: directives are not allowed (no line may begin with %)"},
    {"tag directive", TEXT("# x\n%TAG ! tag:x,2000:\n---\na: 1"),
     "memgate.yaml:2:1: directives are not allowed (no line may begin with %)"},
    {"second document", TEXT("a: 1\n---\nb: 2"),
     "memgate.yaml:2:1: second document; a policy is one document"},
    {"second document, empty", TEXT("a: 1\n...\n---\n"),
     "memgate.yaml:3:1: second document; a policy is one document"},
    {"duplicate key", TEXT("version: 1\na:\n  b: 1\nc: 2\nd: 3\ne: 4\nversion: 1"),
     "memgate.yaml:7:1: duplicate key \"version\" (first at 1:1)"},
    {"duplicate key below another key", TEXT("a:\n  x: 1\n  y: 2\n  \"x\": 3\n"),
     "memgate.yaml:4:3: duplicate key \"x\" (first at 2:3)"},
    {"duplicate empty key", TEXT("{\"\": 1, \"\": 2}"),
     "memgate.yaml:1:9: duplicate key \"\" (first at 1:2)"},
    {"merge key", TEXT("a: 1\n<<: {b: 1}"),
     "memgate.yaml:2:1: merge keys (<<) are not allowed; write the keys out"},
    {"a list as a key", TEXT("{[a]: 1}"),
     "memgate.yaml:1:2: a key must be text, not a list or a map"},
    {"a map as a key", TEXT("? {a: 1}\n: 2"),
     "memgate.yaml:1:3: a key must be text, not a list or a map"},
    {"seventeen levels", TEXT("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"),
     "memgate.yaml:1:17: nested deeper than 16"},
    {"seventeen levels of blocks", TEXT("- - - - - - - - - - - - - - - - - a"),
     "memgate.yaml:1:33: nested deeper than 16"},
    {"a tab as indentation", TEXT("a:\n\tb: 1"),
     "memgate.yaml:2:1: a tab cannot indent; use spaces"},
};

static void refuses_what_a_policy_may_not_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        print_message("%s\n", refused_cases[i].name);
        refuses_with(refused_cases[i].text, refused_cases[i].message);
    }
}

static const struct refused_case broken_cases[] = {
    {"a list that is not closed", TEXT("a: [1, 2"), "memgate.yaml:2:1: not YAML: "},
    {"a quote that is not closed", TEXT("a: \"b"), "memgate.yaml:1:6: not YAML: "},
    {"a key without its colon", TEXT("a: 1\nb\nc: 2"), "memgate.yaml:3:1: not YAML: "},
    {"two values", TEXT("a: b: c"), "memgate.yaml:1:5: not YAML: "},
    {"an unknown escape", TEXT("a: \"\\q\""), "memgate.yaml:1:5: not YAML: "},
    {"an escaped surrogate", TEXT("a: \"\\ud800\""), "memgate.yaml:1:7: not YAML: "},
};

static void broken_yaml_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(broken_cases); i++) {
        struct arena arena;
        struct err err = {0};
        struct yaml_node *root = NULL;
        print_message("%s\n", broken_cases[i].name);
        arena_init(&arena);
        assert_fails(parse(&root, &arena, broken_cases[i].text, &err), STATUS_POLICY, &err,
                     broken_cases[i].message);
        arena_release(&arena);
    }
}

struct hostile_case {
    const char *name;
    const char *prefix;
    const char *unit; /* repeated; %zu is the number of the repetition */
    size_t count;
    const char *message;
};

/* Each made libyaml 0.2.5 or a plain walk over its events slow, or could have. */
static const struct hostile_case hostile_cases[] = {
    {"open lists", "", "[", 100000, ":1:17: nested deeper than 16"},
    {"open maps", "", "{", 100000, ":1:2: a key must be text"},
    {"open lists in maps", "", "[{a: ", 50000, ":1:41: nested deeper than 16"},
    {"block lists", "", "- ", 100000, ":1:33: nested deeper than 16"},
    {"explicit keys", "", "? ", 100000, ":1:3: a key must be text"},
    {"anchors", "", "- &a%zu x\n", 50000, ":1:3: anchors and aliases are not allowed"},
    {"tag directives", "", "%%TAG !a%zu! tag:x,2000:\n", 30000, ":1:1: directives"},
    {"tag directives behind a document", "a: 1\n...\n", "%%TAG !a%zu! tag:x,2000:\n", 30000,
     ":3:1: directives"},
    {"list items", "", "- a\n", 100000, ": more than 20000 values"},
    {"empty lists", "[", "[],", 100000, ": more than 20000 values"},
    {"distinct keys", "", "k%zu: 1\n", 100000, ": more than 20000 values"},
    {"a long value", "a: ", "x", 70000, ":1:4: a value may have at most 64 KiB"},
    {"a long key", "", "x", 70000, ":1:1: a value may have at most 64 KiB"},
    {"document ends", "a: 1\n", "...\n", 200000, NULL},
    {"comments", "a: 1\n", "# x\n", 200000, NULL},
    {"blank lines", "a: 1\n", "\n", 1000000, NULL},
    {"blanks before a colon", "a", " ", 1000000, NULL},
    {"quotes", "", "'", 1000000, ":1:1: a value may have at most 64 KiB"},
    {"question marks", "a: 1\n", "?\n", 500000, ":3:2: duplicate key \"\" (first at 2:2)"},
    {"more than a MiB", "", "a", 1048577, "memgate.yaml: larger than 1 MiB"},
};

static void write_hostile(struct buf *buf, const struct hostile_case *hostile)
{
    char unit[64];
    buf_text(buf, hostile->prefix);
    for (size_t i = 0; i < hostile->count; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
        (void)snprintf(unit, sizeof(unit), hostile->unit, i);
#pragma GCC diagnostic pop
        buf_text(buf, unit);
    }
}

static void hostile_text_is_done_within_a_second(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile_cases); i++) {
        const struct hostile_case *hostile = &hostile_cases[i];
        struct arena arena;
        struct buf buf;
        struct err err = {0};
        struct yaml_node *root = NULL;
        arena_init(&arena);
        buf_init(&buf, BUF_TEXT_BYTES_MAX);
        write_hostile(&buf, hostile);
        uint64_t begin_ns = clock_now_ns();
        enum status status = parse(&root, &arena, buf_view(&buf), &err);
        uint64_t took_ns = clock_now_ns() - begin_ns;
        print_message("%s: %llu us %s\n", hostile->name, (unsigned long long)(took_ns / 1000),
                      err.text);
        if (hostile->message) {
            assert_int_equal(status, STATUS_POLICY);
            assert_non_null(strstr(err.text, hostile->message));
        }
        assert_true(took_ns < NS_PER_SECOND);
        buf_release(&buf);
        arena_release(&arena);
    }
}

static void builds_maps_lists_and_scalars_with_their_places(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct yaml_node *root = NULL;
    arena_init(&arena);
    assert_ok(
        parse(&root, &arena,
              STR("version: 1\nscenarios:\n  - name: \"a b\"\n    list: [x, {y: z}]\nlast: |\n"
                  "  one\n  two\n"),
              &err),
        &err);
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->len, 3);
    assert_str(root->pairs[1].key, "scenarios");
    assert_int_equal(root->pairs[1].key_line, 2);
    assert_int_equal(root->pairs[1].key_column, 1);
    const struct yaml_node *row = yaml_get(root, "scenarios")->pairs[0].value;
    const struct yaml_node *name = yaml_get(row, "name");
    assert_str(yaml_get(root, "scenarios")->pairs[0].key, "");
    assert_str(name->text, "a b");
    assert_false(name->plain);
    assert_true(yaml_get(root, "version")->plain);
    assert_int_equal(name->line, 3);
    assert_int_equal(name->column, 11);
    const struct yaml_node *list = yaml_get(row, "list");
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->len, 2);
    assert_str(yaml_get(list->pairs[1].value, "y")->text, "z");
    assert_str(yaml_get(root, "last")->text, "one\ntwo\n");
    arena_release(&arena);
}

static void an_absent_key_is_null(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct yaml_node *root = NULL;
    arena_init(&arena);
    assert_ok(parse(&root, &arena, STR("[a]"), &err), &err);
    assert_null(yaml_get(root, "a"));
    assert_null(yaml_get(NULL, "a"));
    assert_ok(parse(&root, &arena, STR("a: 1"), &err), &err);
    assert_null(yaml_get(root, "b"));
    arena_release(&arena);
}

static const struct refused_case empty_cases[] = {
    {"nothing", TEXT(""), NULL},
    {"a blank line", TEXT("\n"), NULL},
    {"a comment", TEXT("# nothing\n"), NULL},
    {"an open document", TEXT("---\n"), NULL},
    {"a byte order mark", TEXT("\xef\xbb\xbf"), NULL},
};

static void an_empty_document_is_an_empty_scalar(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(empty_cases); i++) {
        struct arena arena;
        struct err err = {0};
        struct yaml_node *root = NULL;
        print_message("%s\n", empty_cases[i].name);
        arena_init(&arena);
        assert_ok(parse(&root, &arena, empty_cases[i].text, &err), &err);
        assert_int_equal(root->kind, YAML_SCALAR);
        assert_int_equal(root->text.len, 0);
        assert_true(root->plain);
        arena_release(&arena);
    }
}

/* Steps beside the limits of refused_cases. */
static const struct refused_case accepted_cases[] = {
    {"sixteen levels", TEXT("[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]"), NULL},
    {"a byte order mark",
     TEXT("\xef\xbb\xbf"
          "a: 1"),
     NULL},
    {"Windows line ends", TEXT("a: 1\r\nb: 2\r\n"), NULL},
    {"a quoted merge key", TEXT("\"<<\": 1"), NULL},
    {"an asterisk in quotes", TEXT("a: \"*b\""), NULL},
    {"equal keys of two maps", TEXT("- {a: 1}\n- {a: 1}"), NULL},
    {"a percent sign inside a line", TEXT("a: 5%\nb:\n  x\n  %y"), NULL},
    {"tab and line end by an escape", TEXT("a: \"\\t\\n\""), NULL},
    {"characters of four bytes", TEXT("a: \xf0\x9f\x98\x80"), NULL},
    {"an explicit document", TEXT("---\na: 1\n...\n"), NULL},
};

static void accepts_the_other_side_of_each_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted_cases); i++) {
        struct arena arena;
        struct err err = {0};
        struct yaml_node *root = NULL;
        print_message("%s\n", accepted_cases[i].name);
        arena_init(&arena);
        assert_ok(parse(&root, &arena, accepted_cases[i].text, &err), &err);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_a_policy_may_not_hold),
        cmocka_unit_test(broken_yaml_is_refused_with_its_place),
        cmocka_unit_test(hostile_text_is_done_within_a_second),
        cmocka_unit_test(builds_maps_lists_and_scalars_with_their_places),
        cmocka_unit_test(an_absent_key_is_null),
        cmocka_unit_test(an_empty_document_is_an_empty_scalar),
        cmocka_unit_test(accepts_the_other_side_of_each_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
