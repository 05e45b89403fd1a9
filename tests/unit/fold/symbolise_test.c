#include "gate/fold/symbolise.h"

#include "gate/fold/targets.h"
#include "tests/support/check.h"
#include "tests/unit/binary/image.h"
#include "tests/unit/fold/sample.h"

/*
 * The image has runtime.makemap at 0x401000, runtime.newobject at
 * 0x401040, main.f at 0x401080 and ends at 0x402000; offset 0x1000 of the
 * file is its address 0x401000.
 */
struct fixture {
    struct arena arena;
    struct image image;
    struct binary binary;
    struct profile profile;
    struct err err;
};

static int fixture_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    arena_init(&fixture.arena);
    image_init(&fixture.image, IMAGE_AMD64);
    image_build_info(&fixture.image);
    image_symtab(&fixture.image);
    *state = &fixture;
    return 0;
}

static int fixture_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->arena);
    return 0;
}

/* Each frame of the stack is a location; `addresses` are theirs. */
static enum status put_together(struct fixture *fixture, const char *stack,
                                const uint64_t *addresses)
{
    const struct sample_text text = {stack, {1, 1, 0, 0}, 0};
    assert_ok(
        binary_open(&fixture->binary, &fixture->arena, image_file(&fixture->image), &fixture->err),
        &fixture->err);
    fixture->profile = sample_profile(&fixture->arena, &text, 1);
    for (size_t i = 0; i < fixture->profile.location_count; i++)
        fixture->profile.locations[i].address = addresses[i];
    fixture->profile.mapping_count = 0;
    return symbolise(&fixture->profile, &fixture->arena, &fixture->binary, &fixture->err);
}

static struct str name_at(const struct fixture *fixture, size_t location)
{
    const struct profile_location *at = &fixture->profile.locations[location];
    return at->line_count ? fixture->profile.functions[at->lines[0].function].name : STR("");
}

static void addresses_without_a_name_get_one(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t addresses[] = {0x401004, 0x401090, 0x401091, 0x401f00, 0x900000};
    assert_ok(put_together(fixture, "?<?<main.f<?<?", addresses), &fixture->err);
    assert_str(name_at(fixture, 0), "runtime.makemap");
    assert_str(name_at(fixture, 1), "main.f");
    assert_str(name_at(fixture, 2), "main.f");
    assert_str(name_at(fixture, 3), "");
    assert_str(name_at(fixture, 4), "");
    assert_int_equal(fixture->profile.function_count, 2);
    assert_int_equal(fixture->profile.locations[1].lines[0].line, 0);
    assert_int_equal(fixture->profile.locations[2].lines[0].line, 1);
    assert_int_equal(fixture->profile.mapping_count, 1);
    assert_true(fixture->profile.mappings[0].offset == 0x1000);
}

struct fit_case {
    const char *name;
    const char *stack;
    uint64_t addresses[3];
    const char *message; /* NULL: they fit */
};

static const struct fit_case fit_cases[] = {
    {"all agree", "main.f<main.f", {0x401090, 0x401094}, NULL},
    {"inlined into it", "main.g|main.f<main.f", {0x401090, 0x401094}, NULL},
    {"type arguments", "main.f[...]<main.f", {0x401090, 0x401094}, NULL},
    {"text's frames of inlined functions",
     "main.g<main.h<main.f",
     {0x401090, 0x401094, 0x401098},
     NULL},
    {"one of few differs", "main.f<main.g", {0x401090, 0x401094}, NULL},
    {"two of few differ",
     "main.f<main.g<main.h",
     {0x401090, 0x401094, 0x401098},
     "2 of 3 addresses are in other functions"},
    {"a caller in the same function that differs excuses nothing",
     "main.g<main.h<main.f",
     {0x401090, 0x401094, 0x401004},
     "3 of 3 addresses are in other functions"},
    {"no address is inside", "main.f<?", {0x900000, 0x1000}, "no address of the profile"},
};

static void an_executable_of_another_build_is_refused(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LEN(fit_cases); i++) {
        const struct fit_case *test = &fit_cases[i];
        print_message("  %s\n", test->name);
        enum status status = put_together(fixture, test->stack, test->addresses);
        if (test->message) {
            assert_fails(status, STATUS_USAGE, &fixture->err, test->message);
        } else {
            assert_ok(status, &fixture->err);
        }
    }
}

/* 100 stacks of one frame at the same place; the last ones have another name than is there. */
static enum status put_hundred(struct fixture *fixture, size_t different)
{
    struct sample_text texts[100];
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        texts[i] = (struct sample_text){.stack = i + different < 100 ? "main.f" : "main.g",
                                        .values = {1, 1, 0, 0}};
    }
    fixture->profile = sample_profile(&fixture->arena, texts, ARRAY_LEN(texts));
    for (size_t i = 0; i < fixture->profile.location_count; i++)
        fixture->profile.locations[i].address = 0x401090;
    fixture->profile.mapping_count = 0;
    return symbolise(&fixture->profile, &fixture->arena, &fixture->binary, &fixture->err);
}

static void two_per_cent_and_one_may_differ(void **state)
{
    struct fixture *fixture = *state;
    assert_ok(
        binary_open(&fixture->binary, &fixture->arena, image_file(&fixture->image), &fixture->err),
        &fixture->err);
    assert_ok(put_hundred(fixture, 3), &fixture->err);
    assert_fails(put_hundred(fixture, 4), STATUS_USAGE, &fixture->err,
                 "4 of 100 addresses are in other functions of the executable");
}

/* An address of another build may hold a call too, and of anything. */
static void nothing_is_called_where_names_differ(void **state)
{
    struct fixture *fixture = *state;
    struct call_targets targets = {0};
    static const uint8_t call[] = {0xe8, 0x78, 0xff, 0xff, 0xff}; /* runtime.makemap */
    image_text(&fixture->image, IMAGE_TEXT_OFFSET + 0x83, call, sizeof(call));
    assert_ok(put_together(fixture, "main.f", (uint64_t[]){0x401087}), &fixture->err);
    targets_add(&targets, &fixture->arena, &fixture->binary, &fixture->profile);
    assert_int_equal(targets.len, 1);
    assert_str(targets.items[0].symbol, "runtime.makemap");
    targets.len = 0;
    assert_ok(put_together(fixture, "main.g", (uint64_t[]){0x401087}), &fixture->err);
    targets_add(&targets, &fixture->arena, &fixture->binary, &fixture->profile);
    assert_int_equal(targets.len, 0);
}

/* main.f's name is the last in the table of names. */
static void rename_last_function(struct image *image, const char *name)
{
    enum { NAME_AT = 40 };
    size_t header = IMAGE_HEADERS_OFFSET + 64UL * (image->section_count - 1);
    image_text(image, IMAGE_STRTAB_AT + NAME_AT, name, strlen(name) + 1);
    image_put(image, header + 32, NAME_AT + strlen(name) + 1, 8);
}

struct wrapper_case {
    const char *symbol;
    const char *name;
    bool fits;
};

static const struct wrapper_case wrapper_cases[] = {
    {"main.(*T).Read-fm", "main.(*T).Read", true},
    {"main.f.gowrap1", "main.g", true},
    {"main.f.gowrap", "main.g", false},
    {"main.f.func1.deferwrap12", "main.g", true},
    {"main.(*Variable).ID", "main.(*object).ID", true},
    {"main.(*T[...]).ID", "main.(*object[go.shape.int]).ID", true},
    {"main.(*T).ID", "main.(*T).Name", false},
    {"main.ID", "other.ID", false},
};

static void what_was_inlined_into_a_wrapper_fits(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LEN(wrapper_cases); i++) {
        const struct wrapper_case *test = &wrapper_cases[i];
        print_message("  %s in %s\n", test->name, test->symbol);
        rename_last_function(&fixture->image, test->symbol);
        assert_ok(put_together(fixture, test->name, (uint64_t[]){0x401090}), &fixture->err);
        assert_int_equal(fixture->profile.locations[0].mapping == 0, test->fits);
    }
}

static void a_moved_executable_needs_a_mapping(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t addresses[] = {0x401090};
    image_put(&fixture->image, 16, 3, 2); /* ET_DYN */
    assert_fails(put_together(fixture, "?", addresses), STATUS_USAGE, &fixture->err,
                 "position-independent");
}

static void build_ids_must_be_equal_where_both_are_known(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t addresses[] = {0x401090};
    static const struct {
        const char *id;
        const char *message;
    } cases[] = {
        {"", NULL}, {"00ff10", NULL}, {"00ff11", "build id 00ff11, the executable has 00ff10"}};
    enum { NOTE_AT = IMAGE_DATA_OFFSET + 0xe00 };
    image_put(&fixture->image, NOTE_AT, 4, 4);
    image_put(&fixture->image, NOTE_AT + 4, 3, 4);
    image_put(&fixture->image, NOTE_AT + 8, 3, 4);
    image_text(&fixture->image, NOTE_AT + 12, "GNU", 4);
    image_text(&fixture->image, NOTE_AT + 16, "\x00\xff\x10", 3);
    image_section(&fixture->image,
                  (struct image_section){".note.gnu.build-id", 7, 0, NOTE_AT, 20, 0});
    assert_ok(put_together(fixture, "main.f", addresses), &fixture->err);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("  \"%s\"\n", cases[i].id);
        fixture->profile.mappings[0].build_id = str_from(cases[i].id);
        enum status status =
            symbolise(&fixture->profile, &fixture->arena, &fixture->binary, &fixture->err);
        if (cases[i].message) {
            assert_fails(status, STATUS_USAGE, &fixture->err, cases[i].message);
        } else {
            assert_ok(status, &fixture->err);
        }
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_up, fixture_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(addresses_without_a_name_get_one),
        TEST(an_executable_of_another_build_is_refused),
        TEST(two_per_cent_and_one_may_differ),
        TEST(nothing_is_called_where_names_differ),
        TEST(what_was_inlined_into_a_wrapper_fits),
        TEST(a_moved_executable_needs_a_mapping),
        TEST(build_ids_must_be_equal_where_both_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
