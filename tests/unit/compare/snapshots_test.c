#include "gate/compare/snapshots.h"

#include "tests/support/check.h"

enum { SITES = 40 };

/* A profile of SITES stacks of one frame each, whose sample i has counts[i] objects of `size`. */
struct made {
    struct profile profile;
    struct profile_type types[2];
    struct profile_location locations[SITES];
    struct profile_sample samples[SITES];
    uint32_t indexes[SITES];
    int64_t values[SITES][2];
};

static void make(struct made *made, int64_t period, int64_t size, const int64_t counts[SITES])
{
    *made = (struct made){
        .types = {{STR("alloc_objects"), STR("count")}, {STR("alloc_space"), STR("bytes")}}};
    for (uint32_t i = 0; i < SITES; i++) {
        made->locations[i].address = 0x1000 + 16 * (uint64_t)i;
        made->indexes[i] = i;
        made->values[i][0] = counts[i];
        made->values[i][1] = counts[i] * size;
        made->samples[i] = (struct profile_sample){.locations = &made->indexes[i],
                                                   .location_count = 1,
                                                   .values = made->values[i],
                                                   .object_bytes = size};
    }
    made->profile = (struct profile){.types = made->types,
                                     .type_count = 2,
                                     .samples = made->samples,
                                     .sample_count = SITES,
                                     .locations = made->locations,
                                     .location_count = SITES,
                                     .period = period};
}

static const struct nest_case {
    const char *name;
    int64_t period;
    int64_t size;
    int64_t grown; /* objects more in each of the first `touched` sites; 100 before */
    size_t touched;
    int64_t last;   /* objects more in the last site */
    size_t present; /* sites that the earlier one has at all */
    bool continues;
} nest_cases[] = {
    {"all sites grew", 65536, 64, 10, SITES, 10, SITES, true},
    {"a few grew, none has less", 65536, 64, 10, 3, 0, SITES, true},
    {"one has less", 65536, 64, 10, SITES - 1, -1, SITES, false},
    {"too few sites to tell", 65536, 64, 10, SITES, 10, 31, false},
    {"just enough", 65536, 64, 10, SITES, 10, 32, true},
    {"objects of the period, of which each process samples all", 65536, 65536, 10, SITES, 10, SITES,
     false},
    {"all grew at period 1", 1, 64, 10, SITES, 10, SITES, true},
    {"equal at period 1, as processes are", 1, 64, 0, 0, 0, SITES, false},
    {"a few grew at period 1, as after one more connection", 1, 64, 50, 20, 0, SITES, false},
};

static void a_snapshot_holds_all_of_an_earlier_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(nest_cases); i++) {
        const struct nest_case *row = &nest_cases[i];
        struct made earlier;
        struct made later;
        struct arena arena;
        int64_t first[SITES] = {0};
        int64_t second[SITES] = {0};
        for (size_t k = 0; k < SITES; k++) {
            first[k] = k < row->present ? 100 : 0;
            second[k] = 100 + (k < row->touched ? row->grown : 0);
        }
        second[SITES - 1] = 100 + row->last;
        print_message("%s\n", row->name);
        arena_init(&arena);
        make(&earlier, row->period, row->size, first);
        make(&later, row->period, row->size, second);
        struct heap_snapshot before = heap_snapshot_of(&arena, &earlier.profile);
        struct heap_snapshot after = heap_snapshot_of(&arena, &later.profile);
        assert_int_equal(heap_snapshot_continues(&after, &before), row->continues);
        if (after.objects > before.objects)
            assert_false(heap_snapshot_continues(&before, &after));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_holds_all_of_an_earlier_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
