#include "gate/profile/profile.h"

#include "tests/support/check.h"

static void locations_are_in_the_mapping_or_in_none(void **state)
{
    (void)state;
    static const struct {
        uint64_t address;
        uint32_t mapping;
    } cases[] = {{0x3fffff, PROFILE_NONE}, {0x400000, 0}, {0x4fffff, 0}, {0x500000, PROFILE_NONE}};
    struct profile_location locations[ARRAY_LEN(cases)] = {{0}};
    struct profile profile = {.locations = locations, .location_count = ARRAY_LEN(cases)};
    const struct profile_mapping mapping = {.start = 0x400000, .limit = 0x500000, .offset = 7};
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        locations[i] = (struct profile_location){.address = cases[i].address, .mapping = 9};
    profile_use_mapping(&profile, &arena, &mapping);
    assert_int_equal(profile.mapping_count, 1);
    assert_true(profile.mappings[0].offset == 7);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("  %llx\n", (unsigned long long)cases[i].address);
        assert_true(locations[i].mapping == cases[i].mapping);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locations_are_in_the_mapping_or_in_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
