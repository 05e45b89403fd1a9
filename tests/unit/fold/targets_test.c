#include "gate/fold/targets.h"

#include "tests/support/check.h"
#include "tests/unit/binary/image.h"
#include "tests/unit/fold/sample.h"

static struct err err;

struct offset_case {
    const char *name;
    struct profile_mapping mapping;
    struct profile_location location;
    bool inside;
    uint64_t offset;
};

static const struct offset_case offset_cases[] = {
    {"plain", {.start = 0x400000, .limit = 0x500000}, {.address = 0x401104}, true, 0x1104},
    {"first byte", {.start = 0x400000, .limit = 0x500000}, {.address = 0x400000}, true, 0},
    {"mapping behind the start of the file",
     {.start = 0x401000, .limit = 0x500000, .offset = 0x1000},
     {.address = 0x401104},
     true,
     0x1104},
    {"position-independent",
     {.start = 0x55d0c0c01000, .limit = 0x55d0c0d00000, .offset = 0x1000},
     {.address = 0x55d0c0c01104},
     true,
     0x1104},
    {"limit", {.start = 0x400000, .limit = 0x500000}, {.address = 0x500000}, false, 0},
    {"below", {.start = 0x400000, .limit = 0x500000}, {.address = 0x3fffff}, false, 0},
    {"fake mapping", {0}, {.address = 0x401104}, false, 0},
    {"library",
     {.start = 0x400000, .limit = 0x500000},
     {.address = 0x401104, .mapping = 1},
     false,
     0},
    {"no mapping",
     {.start = 0x400000, .limit = 0x500000},
     {.address = 0x401104, .mapping = PROFILE_NONE},
     false,
     0},
    {"offset that wraps",
     {.start = 0x400000, .limit = 0x500000, .offset = UINT64_MAX - 1},
     {.address = 0x401104},
     false,
     0},
};

static void offsets_come_from_the_first_mapping(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(offset_cases); i++) {
        const struct offset_case *test = &offset_cases[i];
        print_message("  %s\n", test->name);
        struct profile_mapping mappings[2] = {test->mapping, {.start = 0x400000, .limit = ~0ULL}};
        struct profile profile = {.mappings = mappings, .mapping_count = 2};
        uint64_t offset = 0;
        assert_int_equal(targets_offset(&profile, &test->location, &offset), test->inside);
        assert_true(offset == test->offset);
    }
}

static void a_profile_without_mappings_has_no_offsets(void **state)
{
    (void)state;
    struct profile profile = {0};
    struct profile_location location = {.address = 0x401104};
    uint64_t offset = 0;
    assert_false(targets_offset(&profile, &location, &offset));
}

static void sorting_drops_what_is_there_twice(void **state)
{
    (void)state;
    struct call_target items[] = {{.offset = 30, .symbol = STR("c")},
                                  {.offset = 10, .symbol = STR("a")},
                                  {.offset = 30, .symbol = STR("c")},
                                  {.offset = 20, .symbol = STR("b")}};
    struct call_targets targets = {.items = items, .len = 4, .cap = 4};
    targets_sort(&targets);
    assert_int_equal(targets.len, 3);
    assert_str(targets_find(&targets, 10)->symbol, "a");
    assert_str(targets_find(&targets, 20)->symbol, "b");
    assert_str(targets_find(&targets, 30)->symbol, "c");
    assert_null(targets_find(&targets, 0));
    assert_null(targets_find(&targets, 25));
    assert_null(targets_find(&targets, 31));
}

static void no_targets_find_nothing(void **state)
{
    (void)state;
    struct call_targets targets = {0};
    targets_sort(&targets);
    assert_null(targets_find(&targets, 0));
}

/* The profile's mapping puts file offset 0x1000 at 0x400000: text begins there. */
static void leaves_of_many_profiles_are_added_once(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {
        {"main.f<main.main", {1, 1, 0, 0}, 0x400104},
        {"main.f<main.main", {1, 1, 0, 0}, 0x400104},
        {"main.g<main.main", {1, 1, 0, 0}, 0x400114},
        {"main.h<main.main", {1, 1, 0, 0}, 0x400124},
        {"", {1, 1, 0, 0}, 0},
    };
    struct arena arena;
    struct binary binary;
    struct call_targets targets = {0};
    struct image image;
    arena_init(&arena);
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_symtab(&image);
    image_call_amd64(&image, 0x100, 0x40);
    image_call_amd64(&image, 0x110, 0x00);
    assert_ok(binary_open(&binary, &arena, image_file(&image), &err), &err);
    struct profile profile = sample_profile(&arena, texts, ARRAY_LEN(texts));
    targets_add(&targets, &arena, &binary, &profile);
    targets_add(&targets, &arena, &binary, &profile);
    targets_sort(&targets);
    assert_int_equal(targets.len, 2);
    assert_str(targets_find(&targets, 0x1104)->symbol, "runtime.newobject");
    assert_str(targets_find(&targets, 0x1114)->symbol, "runtime.makemap");
    assert_null(targets_find(&targets, 0x1124));
    arena_release(&arena);
}

struct hidden_case {
    const char *name;
    uint64_t leaf;
    uint64_t hidden;
    const char *symbol; /* NULL: none is added */
    enum alloc_how how;
};

/* The image has runtime.makemap at 0, runtime.newobject at 0x40, main.f at 0x80 of its code. */
static const struct hidden_case hidden_cases[] = {
    {"frame of the runtime", 0x400124, 0x400004, "runtime.makemap", ALLOC_HOW_CHAIN},
    {"last byte of one", 0x400124, 0x40007f, "runtime.newobject", ALLOC_HOW_CHAIN},
    {"entry inlined into the program", 0x400124, 0x400090, NULL, ALLOC_HOW_UNKNOWN},
    {"outside the code", 0x400124, 0x400fff, NULL, ALLOC_HOW_UNKNOWN},
    {"outside the mapping", 0x400124, 0x300000, NULL, ALLOC_HOW_UNKNOWN},
    {"leaf outside the mapping", 0x300000, 0x400004, NULL, ALLOC_HOW_UNKNOWN},
    {"a call that is there is better", 0x400104, 0x400004, "runtime.newobject", ALLOC_HOW_CALL},
};

static void hidden_frames_name_what_no_call_does(void **state)
{
    (void)state;
    static const struct sample_text shown = {"main.f<main.main", {1, 1, 0, 0}, 0x400104};
    static const struct sample_text listed = {"?<main.f<main.main", {1, 1, 0, 0}, 0};
    for (size_t i = 0; i < ARRAY_LEN(hidden_cases); i++) {
        const struct hidden_case *test = &hidden_cases[i];
        struct arena arena;
        struct binary binary;
        struct call_targets targets = {0};
        struct image image;
        print_message("  %s\n", test->name);
        arena_init(&arena);
        image_init(&image, IMAGE_AMD64);
        image_build_info(&image);
        image_symtab(&image);
        image_call_amd64(&image, 0x100, 0x40);
        assert_ok(binary_open(&binary, &arena, image_file(&image), &err), &err);
        struct profile profile = sample_profile(&arena, &shown, 1);
        struct profile text = sample_profile(&arena, &listed, 1);
        text.samples[0].locations++;
        text.samples[0].location_count--;
        text.samples[0].hidden_count++;
        text.locations[0].address = test->hidden;
        text.locations[1].address = test->leaf;
        targets_add(&targets, &arena, &binary, &profile);
        targets_add_text(&targets, &arena, &binary, &text);
        const struct call_target *target = targets_find(&targets, test->leaf - 0x400000 + 0x1000);
        assert_int_equal(target != NULL, test->symbol != NULL);
        if (target) {
            assert_str(target->symbol, test->symbol);
            assert_string_equal(alloc_how_name(target->how), alloc_how_name(test->how));
        }
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_come_from_the_first_mapping),
        cmocka_unit_test(a_profile_without_mappings_has_no_offsets),
        cmocka_unit_test(sorting_drops_what_is_there_twice),
        cmocka_unit_test(no_targets_find_nothing),
        cmocka_unit_test(hidden_frames_name_what_no_call_does),
        cmocka_unit_test(leaves_of_many_profiles_are_added_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
