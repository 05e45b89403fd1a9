#include "gate/fold/rows.h"

#include "tests/support/check.h"
#include "tests/unit/fold/sample.h"

enum { SAMPLES = 40, FUNCTIONS = 6, LOCATIONS = 10 };

/* Most locations have lines of one function or two: there are wider ones. */
static const struct size_case {
    const char *name;
    size_t profiles;
    uint32_t frames_max;
    uint32_t lines_max;
} size_cases[] = {
    {"short stacks", 200, 12, 3},
    {"long stacks", 3, 300, 3},
    {"long stacks of frames with many lines", 3, 300, 7},
};

/* Numbers that are the same on every run. */
static uint32_t chance(uint32_t below)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state >> 33) % below;
}

/* Few functions and locations, so that stacks recur and recurse; location 0 has no name. */
static struct profile random_profile(struct arena *arena, const struct size_case *size)
{
    static const char *const names[FUNCTIONS] = {"",    "a.A",         "b.B.func1",
                                                 "a.A", "b.B.func2.1", "d.D"};
    struct profile profile = {.function_count = FUNCTIONS, .location_count = LOCATIONS};
    profile.functions = ARENA_ARRAY(arena, struct profile_function, FUNCTIONS);
    profile.locations = ARENA_ARRAY(arena, struct profile_location, LOCATIONS);
    profile.samples = ARENA_ARRAY(arena, struct profile_sample, SAMPLES);
    profile.sample_count = SAMPLES;
    for (size_t i = 0; i < FUNCTIONS; i++)
        profile.functions[i].name = str_from(names[i]);
    for (size_t i = 1; i < LOCATIONS; i++) {
        struct profile_line *lines = ARENA_ARRAY(arena, struct profile_line, size->lines_max);
        profile.locations[i].line_count = 1 + chance(size->lines_max);
        profile.locations[i].lines = lines;
        for (uint32_t j = 0; j < profile.locations[i].line_count; j++)
            lines[j].function = chance(FUNCTIONS);
    }
    for (size_t i = 0; i < SAMPLES; i++) {
        uint32_t *locations = ARENA_ARRAY(arena, uint32_t, size->frames_max);
        int64_t *values = ARENA_ARRAY(arena, int64_t, HEAP_METRICS);
        uint32_t count = chance(size->frames_max + 1);
        /* The root half is one of two, as it is in real programs. */
        for (uint32_t j = 0; j < count; j++)
            locations[j] =
                j * 2 < count ? chance(LOCATIONS) : ((uint32_t)i / 8 + count - j) % LOCATIONS;
        for (size_t j = 0; j < HEAP_METRICS; j++)
            values[j] = (int64_t)chance(1000) - 100;
        profile.samples[i] = (struct profile_sample){
            .locations = count ? locations : NULL, .location_count = count, .values = values};
    }
    return profile;
}

static const struct profile_line *leaf_of(const struct profile *profile,
                                          const struct profile_sample *sample)
{
    if (sample->location_count == 0)
        return NULL;
    const struct profile_location *location = &profile->locations[sample->locations[0]];
    return location->line_count > 0 ? location->lines : NULL;
}

static bool is_called(struct str function, struct str key)
{
    struct arena arena;
    arena_init(&arena);
    bool out = str_equal(name_key(function, &arena), key);
    arena_release(&arena);
    return out;
}

static bool has_function(const struct profile *profile, const struct profile_sample *sample,
                         struct str name)
{
    for (uint32_t i = 0; i < sample->location_count; i++) {
        const struct profile_location *location = &profile->locations[sample->locations[i]];
        for (uint32_t j = 0; j < location->line_count; j++) {
            if (is_called(profile->functions[location->lines[j].function].name, name))
                return true;
        }
    }
    return name.len == 0 && !leaf_of(profile, sample);
}

static bool is_leaf(const struct profile *profile, const struct profile_sample *sample,
                    struct str name)
{
    const struct profile_line *leaf = leaf_of(profile, sample);
    return leaf ? is_called(profile->functions[leaf->function].name, name) : name.len == 0;
}

/* Every third sample is left out, as fold leaves out those of the profiler. */
static bool is_kept(size_t sample)
{
    return sample % 3 != 1;
}

static void assert_sums(const struct profile *profile, const struct fold_function *have,
                        struct str name)
{
    int64_t flat[HEAP_METRICS] = {0};
    int64_t cum[HEAP_METRICS] = {0};
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        for (size_t j = 0; j < HEAP_METRICS && is_kept(i); j++) {
            flat[j] += is_leaf(profile, sample, name) ? sample->values[j] : 0;
            cum[j] += has_function(profile, sample, name) ? sample->values[j] : 0;
        }
    }
    for (size_t j = 0; j < HEAP_METRICS; j++) {
        assert_int_equal(have->flat[j], flat[j]);
        assert_int_equal(have->cum[j], cum[j]);
    }
}

/* Against the definition: flat by the leaf, cum once for each function that is in the stack. */
static void assert_definition(const struct size_case *size)
{
    struct arena arena;
    struct intern names;
    struct rows rows;
    struct fold fold = {0};
    struct runtime_table runtime = {0};
    const struct fold_options options = {.runtime = &runtime};
    arena_init(&arena);
    intern_init(&names, &arena);
    struct profile profile = random_profile(&arena, size);
    struct frame *frames = frames_of(&profile, &arena, &names, &options);
    rows_init(&rows, &arena, &names, &profile, frames);
    for (size_t i = 0; i < SAMPLES; i++) {
        const struct profile_sample *sample = &profile.samples[i];
        const struct profile_sample *next = i + 1 < SAMPLES ? sample + 1 : NULL;
        const struct profile_line *leaf = leaf_of(&profile, sample);
        if (!is_kept(i))
            continue;
        rows_add(&rows, sample, next, !leaf, sample->values);
        rows_add_flat(&rows, leaf ? frames[leaf->function].func : (struct name_id){0},
                      sample->values);
    }
    rows_finish(&rows);
    rows_collect(&rows, &arena, &fold);
    assert_true(fold.function_count > 0);
    for (size_t i = 0; i < fold.function_count; i++)
        assert_sums(&profile, &fold.functions[i], intern_text(&names, fold.functions[i].func));
    intern_release(&names);
    arena_release(&arena);
}

static void sums_are_those_of_the_definition(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(size_cases); i++) {
        print_message("%s\n", size_cases[i].name);
        for (size_t round = 0; round < size_cases[i].profiles; round++)
            assert_definition(&size_cases[i]);
    }
}

/* r.R comes into the path when the sum that it has no part in is the least there is. */
static void shared_frames_may_follow_the_least_sum(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {{"o.O", {INT64_MIN, 0, 0, 0}, 0},
                                               {"x.X<r.R", {5, 1, 0, 0}, 0},
                                               {"y.Y<r.R", {7, 2, 0, 0}, 0}};
    struct arena arena;
    struct intern names;
    struct fold fold = {0};
    struct err err = {0};
    struct runtime_table runtime = {0};
    const struct fold_options options = {.runtime = &runtime};
    arena_init(&arena);
    intern_init(&names, &arena);
    struct profile profile = sample_profile(&arena, texts, ARRAY_LEN(texts));
    const uint32_t shared[] = {profile.samples[2].locations[0], profile.samples[1].locations[1]};
    profile.samples[2].locations = shared;
    assert_ok(fold_heap(&fold, &arena, &names, &profile, &options, &err), &err);
    assert_int_equal(fold.function_count, 4);
    assert_str(intern_text(&names, fold.functions[1].func), "r.R");
    assert_int_equal(fold.functions[0].cum[HEAP_ALLOC_OBJECTS], INT64_MIN);
    assert_int_equal(fold.functions[1].cum[HEAP_ALLOC_OBJECTS], 12);
    assert_int_equal(fold.functions[1].cum[HEAP_ALLOC_SPACE], 3);
    intern_release(&names);
    arena_release(&arena);
}

static void only_functions_of_samples_are_collected(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {{"a.A<b.B", {1, 2, 3, 4}, 0},
                                               {"c.C", {1, 2, 3, 4}, 0}};
    struct arena arena;
    struct intern names;
    struct rows rows;
    struct fold fold = {0};
    struct runtime_table runtime = {0};
    const struct fold_options options = {.runtime = &runtime};
    arena_init(&arena);
    intern_init(&names, &arena);
    struct profile profile = sample_profile(&arena, texts, ARRAY_LEN(texts));
    struct frame *frames = frames_of(&profile, &arena, &names, &options);
    rows_init(&rows, &arena, &names, &profile, frames);
    rows_add(&rows, &profile.samples[0], &profile.samples[1], false, profile.samples[0].values);
    rows_add_flat(&rows, frames[profile.locations[0].lines[0].function].func,
                  profile.samples[0].values);
    rows_finish(&rows);
    rows_collect(&rows, &arena, &fold);
    assert_int_equal(fold.function_count, 2);
    assert_str(intern_text(&names, fold.functions[0].func), "a.A");
    assert_str(intern_text(&names, fold.functions[0].file), "f.go");
    assert_int_equal(fold.functions[0].flat[HEAP_ALLOC_SPACE], 2);
    assert_int_equal(fold.functions[1].flat[HEAP_ALLOC_SPACE], 0);
    assert_int_equal(fold.functions[1].cum[HEAP_INUSE_SPACE], 4);
    intern_release(&names);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_definition),
        cmocka_unit_test(shared_frames_may_follow_the_least_sum),
        cmocka_unit_test(only_functions_of_samples_are_collected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
