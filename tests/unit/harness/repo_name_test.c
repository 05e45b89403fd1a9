#include "gate/harness/repo_name.h"

#include "tests/support/check.h"

#define FULL_ID "0123456789abcdef0123456789abcdef01234567"

struct name_case {
    const char *name;
    struct str spec;
    bool is_valid;
    const char *base;
    size_t step_count;
};

static const struct name_case name_cases[] = {
    {"HEAD", STR_INIT("HEAD"), true, "HEAD", 0},
    {"parent", STR_INIT("HEAD^"), true, "HEAD", 1},
    {"second parent", STR_INIT("HEAD^2"), true, "HEAD", 1},
    {"ancestor", STR_INIT("main~12"), true, "main", 1},
    {"steps in a row", STR_INIT("main~2^2~"), true, "main", 3},
    {"full id", STR_INIT(FULL_ID), true, FULL_ID, 0},
    {"short id", STR_INIT("0123abc"), true, "0123abc", 0},
    {"branch with slashes", STR_INIT("feature/a/b-c_d.e"), true, "feature/a/b-c_d.e", 0},
    {"remote branch", STR_INIT("origin/main"), true, "origin/main", 0},
    {"full ref", STR_INIT("refs/heads/main"), true, "refs/heads/main", 0},
    {"at sign inside", STR_INIT("user@host"), true, "user@host", 0},
    {"legal branch that a shell would run", STR_INIT("zzz\";echo${IFS}\"hello\";#"), true,
     "zzz\";echo${IFS}\"hello\";#", 0},
    {"letters beyond ASCII", STR_INIT("gr\xc3\xbc\xc3\x9f"), true, "gr\xc3\xbc\xc3\x9f", 0},
    {"eight steps", STR_INIT("a^^^^^^^^"), true, "a", 8},
    {"largest generation", STR_INIT("a~10000"), true, "a", 1},

    {"nothing", STR_INIT(""), false, NULL, 0},
    {"commit by message", STR_INIT(":/fix"), false, NULL, 0},
    {"file of a commit", STR_INIT("HEAD:memgate.yaml"), false, NULL, 0},
    {"file of the index", STR_INIT(":memgate.yaml"), false, NULL, 0},
    {"reflog by number", STR_INIT("HEAD@{1}"), false, NULL, 0},
    {"branch before this one", STR_INIT("@{-1}"), false, NULL, 0},
    {"reflog by date", STR_INIT("main@{yesterday}"), false, NULL, 0},
    {"upstream", STR_INIT("main@{upstream}"), false, NULL, 0},
    {"at sign alone", STR_INIT("@"), false, NULL, 0},
    {"peel to a type", STR_INIT("v1^{tree}"), false, NULL, 0},
    {"peel to a message", STR_INIT("HEAD^{/fix}"), false, NULL, 0},
    {"all parents", STR_INIT("HEAD^@"), false, NULL, 0},
    {"without parents", STR_INIT("HEAD^!"), false, NULL, 0},
    {"range", STR_INIT("main..HEAD"), false, NULL, 0},
    {"symmetric range", STR_INIT("main...HEAD"), false, NULL, 0},
    {"exclusion", STR_INIT("^main"), false, NULL, 0},
    {"option", STR_INIT("--upload-pack=x"), false, NULL, 0},
    {"short option", STR_INIT("-n"), false, NULL, 0},
    {"way up", STR_INIT("../../etc/passwd"), false, NULL, 0},
    {"absolute path", STR_INIT("/etc/passwd"), false, NULL, 0},
    {"empty part", STR_INIT("a//b"), false, NULL, 0},
    {"slash at the end", STR_INIT("a/"), false, NULL, 0},
    {"hidden part", STR_INIT("a/.b"), false, NULL, 0},
    {"lock file", STR_INIT("main.lock"), false, NULL, 0},
    {"lock part", STR_INIT("main.lock/x"), false, NULL, 0},
    {"point at the end", STR_INIT("main."), false, NULL, 0},
    {"pattern", STR_INIT("ma*n"), false, NULL, 0},
    {"bracket", STR_INIT("m[a]in"), false, NULL, 0},
    {"question mark", STR_INIT("ma?n"), false, NULL, 0},
    {"blank", STR_INIT("a b"), false, NULL, 0},
    {"new line", STR_INIT("main\n"), false, NULL, 0},
    {"zero byte", STR_INIT("main\0x"), false, NULL, 0},
    {"escape", STR_INIT("a\x1b[2J"), false, NULL, 0},
    {"delete", STR_INIT("a\x7f"), false, NULL, 0},
    {"backslash", STR_INIT("a\\b"), false, NULL, 0},
    {"what a fetch left behind", STR_INIT("FETCH_HEAD"), false, NULL, 0},
    {"nine steps", STR_INIT("a^^^^^^^^^"), false, NULL, 0},
    {"generation too large", STR_INIT("a~10001"), false, NULL, 0},
    {"generation past 64 bits", STR_INIT("a~99999999999999999999"), false, NULL, 0},
    {"text behind a step", STR_INIT("a~1b"), false, NULL, 0},
    {"negative step", STR_INIT("a~-1"), false, NULL, 0},
};

static void grammar_knows_ids_and_ref_names_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(name_cases); i++) {
        const struct name_case *row = &name_cases[i];
        struct revision_name name;
        print_message("%s\n", row->name);
        assert_int_equal(revision_parse(&name, row->spec), row->is_valid);
        if (!row->is_valid)
            continue;
        assert_str(name.name, row->base);
        assert_int_equal(name.step_count, row->step_count);
    }
}

static void length_has_a_limit(void **state)
{
    char text[REVISION_BYTES_MAX + 1];
    struct revision_name name;
    (void)state;
    memset(text, 'a', sizeof(text));
    assert_true(revision_parse(&name, (struct str){text, REVISION_BYTES_MAX}));
    assert_false(revision_parse(&name, (struct str){text, REVISION_BYTES_MAX + 1}));
}

struct id_case {
    const char *name;
    struct str spec;
    bool is_id;
    bool may_be_id;
};

static const struct id_case id_cases[] = {
    {"40 digits", STR_INIT(FULL_ID), true, false},
    {"39 digits", STR_INIT("0123456789abcdef0123456789abcdef0123456"), false, true},
    {"41 digits", STR_INIT(FULL_ID "8"), false, false},
    {"7 digits", STR_INIT("deadbee"), false, true},
    {"6 digits", STR_INIT("deadbe"), false, false},
    {"capital digits", STR_INIT("DEADBEE"), false, false},
    {"no hex", STR_INIT("deadbeg"), false, false},
};

static void ids_are_seven_to_forty_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(id_cases); i++) {
        struct revision_name name;
        print_message("%s\n", id_cases[i].name);
        assert_true(revision_parse(&name, id_cases[i].spec));
        assert_int_equal(name.is_id, id_cases[i].is_id);
        assert_int_equal(name.may_be_id, id_cases[i].may_be_id);
    }
}

static void steps_keep_kind_and_count(void **state)
{
    struct revision_name name;
    (void)state;
    assert_true(revision_parse(&name, STR("x^2~3^")));
    assert_true(name.steps[0].is_parent && !name.steps[1].is_parent && name.steps[2].is_parent);
    assert_int_equal(name.steps[0].count, 2);
    assert_int_equal(name.steps[1].count, 3);
    assert_int_equal(name.steps[2].count, 1);
}

static const struct {
    struct str name;
    size_t count;
    const char *refs[REVISION_REFS_MAX];
} ref_cases[] = {
    {STR_INIT("HEAD"), 1, {"HEAD"}},
    {STR_INIT("refs/heads/main"), 1, {"refs/heads/main"}},
    {STR_INIT("origin/x"),
     4,
     {"refs/tags/origin/x", "refs/heads/origin/x", "refs/remotes/origin/x",
      "refs/remotes/origin/x/HEAD"}},
};

static void short_names_stand_for_what_git_takes_them_for(void **state)
{
    struct arena arena;
    struct str refs[REVISION_REFS_MAX];
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(ref_cases); i++) {
        print_message("%.*s\n", STR_ARGS(ref_cases[i].name));
        assert_int_equal(revision_refs(refs, &arena, ref_cases[i].name), ref_cases[i].count);
        for (size_t k = 0; k < ref_cases[i].count; k++)
            assert_str(refs[k], ref_cases[i].refs[k]);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grammar_knows_ids_and_ref_names_alone),
        cmocka_unit_test(length_has_a_limit),
        cmocka_unit_test(ids_are_seven_to_forty_digits),
        cmocka_unit_test(steps_keep_kind_and_count),
        cmocka_unit_test(short_names_stand_for_what_git_takes_them_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
