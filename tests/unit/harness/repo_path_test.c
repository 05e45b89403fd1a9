#include "gate/harness/repo_path.h"

#include "tests/support/check.h"

struct part_case {
    const char *name;
    struct str part;
    bool is_safe;
};

static const struct part_case part_cases[] = {
    {"plain", STR_INIT("main.go"), true},
    {"hidden", STR_INIT(".github"), true},
    {"git files that are data", STR_INIT(".gitignore"), true},
    {"blank inside", STR_INIT("a b"), true},
    {"three points", STR_INIT("..."), true},
    {"umlaut", STR_INIT("\xc3\xbc.go"), true},
    {"bytes that are no UTF-8", STR_INIT("\xff\xe2"), true},
    {"git~2", STR_INIT("git~2"), true},
    {"git without a point", STR_INIT("git"), true},
    {"HFS character elsewhere",
     STR_INIT("a\xe2\x80\x8c"
              "b"),
     true},

    {"empty", STR_INIT(""), false},
    {"itself", STR_INIT("."), false},
    {"parent", STR_INIT(".."), false},
    {".git", STR_INIT(".git"), false},
    {"capitals", STR_INIT(".GIT"), false},
    {"mixed case", STR_INIT(".gIt"), false},
    {"U+200C inside", STR_INIT(".g\xe2\x80\x8cit"), false},
    {"U+200F before", STR_INIT("\xe2\x80\x8f.git"), false},
    /* NOLINTNEXTLINE(misc-misleading-bidirectional): that is the point. */
    {"U+202E behind", STR_INIT(".git\xe2\x80\xae"), false},
    {"U+206A inside", STR_INIT(".gi\xe2\x81\xaat"), false},
    {"byte order mark inside", STR_INIT(".git\xef\xbb\xbf"), false},
    {"NTFS short name", STR_INIT("git~1"), false},
    {"NTFS short name in capitals", STR_INIT("GIT~1"), false},
    {"blank at the end", STR_INIT(".git "), false},
    {"points at the end", STR_INIT(".git..."), false},
    {"NTFS stream", STR_INIT(".git::$INDEX_ALLOCATION"), false},
    {"slash", STR_INIT("a/b"), false},
    {"backslash", STR_INIT("a\\b"), false},
    {"new line", STR_INIT("a\nb"), false},
    {"carriage return", STR_INIT("a\r"), false},
    {"escape", STR_INIT("\x1b[2J"), false},
    {"zero byte", STR_INIT("a\0b"), false},
    {"delete", STR_INIT("\x7f"), false},
};

static void parts_that_could_hurt_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(part_cases); i++) {
        print_message("%s\n", part_cases[i].name);
        assert_int_equal(path_part_is_safe(part_cases[i].part), part_cases[i].is_safe);
    }
}

static void parts_have_a_longest_length(void **state)
{
    char text[256];
    (void)state;
    memset(text, 'a', sizeof(text));
    assert_true(path_part_is_safe((struct str){text, 255}));
    assert_false(path_part_is_safe((struct str){text, 256}));
}

static const struct part_case path_cases[] = {
    {"one part", STR_INIT("a"), true},
    {"three parts", STR_INIT("a/b/c.go"), true},
    {"empty", STR_INIT(""), false},
    {"absolute", STR_INIT("/a"), false},
    {"slash at the end", STR_INIT("a/"), false},
    {"way up", STR_INIT("a/../b"), false},
    {"into .git", STR_INIT("a/.git/config"), false},
};

static void paths_are_made_of_safe_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(path_cases); i++) {
        print_message("%s\n", path_cases[i].name);
        assert_int_equal(path_is_safe(path_cases[i].part), path_cases[i].is_safe);
    }
}

struct dots_case {
    struct str path;
    const char *want;
};

static const struct dots_case dots_cases[] = {
    {STR_INIT("a/b"), "a/b"},       {STR_INIT("./a"), "a"}, {STR_INIT("././a/./b"), "a/b"},
    {STR_INIT("../a"), "../a"},     {STR_INIT("/a"), "/a"}, {STR_INIT("."), ""},
    {STR_INIT("a//b"), "a//b"},     {STR_INIT(""), ""},     {STR_INIT(".a/b."), ".a/b."},
    {STR_INIT("a/../b"), "a/../b"},
};

static void dots_that_mean_nothing_are_dropped(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(dots_cases); i++)
        assert_str(path_without_dots(&arena, dots_cases[i].path), dots_cases[i].want);
    arena_release(&arena);
}

struct link_case {
    const char *name;
    struct str dir;
    struct str target;
    bool stays;
};

static const struct link_case link_cases[] = {
    {"beside", STR_INIT(""), STR_INIT("b"), true},
    {"below", STR_INIT(""), STR_INIT("b/c"), true},
    {"up to the root", STR_INIT("a/b"), STR_INIT("../../c"), true},
    {"the root itself", STR_INIT("a"), STR_INIT(".."), true},
    {"points and double slashes", STR_INIT("a"), STR_INIT(".././/b"), true},
    {"directory itself", STR_INIT(""), STR_INIT("."), true},
    {"empty", STR_INIT("a"), STR_INIT(""), false},
    {"absolute", STR_INIT("a"), STR_INIT("/etc"), false},
    {"one level too far", STR_INIT("a/b"), STR_INIT("../../../c"), false},
    {"up from the root", STR_INIT(""), STR_INIT(".."), false},
    {"up again behind a name", STR_INIT("a/b"), STR_INIT("../x/../../c"), false},
    {"zero byte", STR_INIT("a"), STR_INIT("b\0c"), false},
};

static void links_stay_in_the_tree(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(link_cases); i++) {
        print_message("%s\n", link_cases[i].name);
        assert_int_equal(path_link_stays(link_cases[i].dir, link_cases[i].target),
                         link_cases[i].stays);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_that_could_hurt_are_refused),
        cmocka_unit_test(parts_have_a_longest_length),
        cmocka_unit_test(paths_are_made_of_safe_parts),
        cmocka_unit_test(dots_that_mean_nothing_are_dropped),
        cmocka_unit_test(links_stay_in_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
