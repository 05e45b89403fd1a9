#include "gate/fold/map_cpu.h"

#include "gate/base/io.h"
#include "tests/support/check.h"
#include "tests/unit/fold/sample.h"

/* With the rows of all releases. */
static enum status fold(struct map_cpu *out, const struct profile *profile, struct err *err)
{
    struct arena arena;
    struct runtime_table runtime = {0};
    arena_init(&arena);
    assert_ok(runtime_table_open(&runtime, &arena, STR(""), err), err);
    enum status status = map_cpu_fold(out, profile, &runtime, err);
    arena_release(&arena);
    return status;
}

/* The helper's first two columns, as a CPU profile names them. */
static struct profile cpu_profile(struct arena *arena, const struct sample_text *texts,
                                  size_t count)
{
    struct profile profile = sample_profile(arena, texts, count);
    profile.types[0] = (struct profile_type){STR("samples"), STR("count")};
    profile.types[1] = (struct profile_type){STR("cpu"), STR("nanoseconds")};
    profile.type_count = 2;
    return profile;
}

struct fold_case {
    const char *name;
    struct sample_text sample;
    struct map_cpu want;
};

static const struct fold_case fold_cases[] = {
    {"an entry as the leaf", {"runtime.mapaccess1<main.f<main.main", {3, 30}, 0}, {3, 3, 3, 0}},
    {"below a Swiss leaf",
     {"internal/runtime/maps.ctrlGroup.matchH2<runtime.mapaccess2_faststr<main.f", {2, 20}, 0},
     {2, 2, 0, 0}},
    {"below a bucket leaf",
     {"runtime.evacuate_faststr<runtime.growWork_faststr<runtime.mapassign_faststr<main.f", {1}, 0},
     {1, 1, 0, 0}},
    {"as an inlined line",
     {"runtime.memhash|runtime.mapassign|main.f<main.main", {4}, 0},
     {4, 4, 4, 0}},
    {"a collector's assist belongs to the map that asked",
     {"runtime.gcDrainN<runtime.gcAssistAlloc<runtime.mallocgc<runtime.mapassign<main.f", {1}, 0},
     {1, 1, 1, 0}},
    {"the outermost entry decides",
     {"runtime.mapassign<runtime.mapclone2<maps.clone<main.f", {1}, 0},
     {1, 1, 0, 0}},
    {"reflection on a Swiss map",
     {"internal/runtime/maps.(*Map).Clear<reflect.mapclear<main.f", {1}, 0},
     {1, 1, 0, 0}},
    {"a hash without a map",
     {"internal/runtime/maps.memHashAES<hash/maphash.rthash<main.f", {5}, 0},
     {5, 0, 0, 0}},
    {"idle and unknown stay in the whole", {"?", {7}, 0}, {7, 0, 0, 0}},
    {"the profiler's own maps",
     {"runtime.mapassign<runtime/pprof.(*profileBuilder).locForPC<runtime/pprof.profileWriter",
      {6},
      0},
     {0, 0, 0, 6}},
    {"pprof.Do is the program's",
     {"runtime.mapassign<main.f<runtime/pprof.Do<main.main", {1}, 0},
     {1, 1, 1, 0}},
    {"no count, no sample", {"runtime.mapassign<main.f", {0}, 0}, {0, 0, 0, 0}},
};

static void samples_count_by_the_entries_they_contain(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fold_cases); i++) {
        const struct fold_case *row = &fold_cases[i];
        struct arena arena;
        struct map_cpu have = {0};
        struct err err = {0};
        arena_init(&arena);
        struct profile profile = cpu_profile(&arena, &row->sample, 1);
        print_message("%s\n", row->name);
        assert_ok(fold(&have, &profile, &err), &err);
        assert_int_equal(have.samples, row->want.samples);
        assert_int_equal(have.map_samples, row->want.map_samples);
        assert_int_equal(have.generic_samples, row->want.generic_samples);
        assert_int_equal(have.excluded, row->want.excluded);
        arena_release(&arena);
    }
}

static void samples_add_up(void **state)
{
    static const struct sample_text texts[] = {
        {"runtime.mapaccess1<main.f", {3}, 0},
        {"runtime.mapassign_fast64<main.f", {4}, 0},
        {"main.g<main.f", {5}, 0},
        {"runtime.mapassign<runtime/pprof.profileWriter", {9}, 0},
    };
    struct arena arena;
    struct map_cpu have = {0};
    struct err err = {0};
    (void)state;
    arena_init(&arena);
    struct profile profile = cpu_profile(&arena, texts, ARRAY_LEN(texts));
    assert_ok(fold(&have, &profile, &err), &err);
    assert_int_equal(have.samples, 12);
    assert_int_equal(have.map_samples, 7);
    assert_int_equal(have.generic_samples, 3);
    assert_int_equal(have.excluded, 9);
    arena_release(&arena);
}

static void other_profiles_are_refused(void **state)
{
    static const struct sample_text texts[] = {
        {"main.f", {1, 10}, 0},
        {"main.f", {-1, 10}, 0},
        {"main.f", {INT64_MAX, 10}, 0},
    };
    struct arena arena;
    struct map_cpu have = {.samples = 77};
    struct err err = {0};
    (void)state;
    arena_init(&arena);
    struct profile heap = sample_profile(&arena, texts, 1);
    assert_fails(fold(&have, &heap, &err), STATUS_FORMAT, &err, "no samples column");
    struct profile wall = cpu_profile(&arena, texts, 1);
    wall.types[1].type = STR("time");
    assert_fails(fold(&have, &wall, &err), STATUS_FORMAT, &err, "no cpu column");
    struct profile delta = cpu_profile(&arena, texts, 2);
    assert_fails(fold(&have, &delta, &err), STATUS_FORMAT, &err, "sample 2: a negative count");
    struct profile large = cpu_profile(&arena, texts, 3);
    large.samples[1] = large.samples[0];
    assert_fails(fold(&have, &large, &err), STATUS_FORMAT, &err, "sample 3: a sum exceeds 63 bits");
    assert_int_equal(have.samples, 77);
    arena_release(&arena);
}

struct real_case {
    const char *file;
    struct map_cpu want;
};

/* tests/oracle/map_cpu.py: go tool pprof's reading of the same files, taken by tests/oracle/cpugen. */
static const struct real_case real_cases[] = {
    {"corpus/data/go1.19_maps_cpu.pb.gz", {235, 175, 120, 0}},
    {"corpus/data/go1.23_maps_cpu.pb.gz", {243, 197, 133, 0}},
    {"corpus/data/go1.26_maps_cpu.pb.gz", {261, 226, 142, 0}},
    {"corpus/data/go1.27_maps_cpu.pb.gz", {309, 267, 186, 0}},
};

static void real_profiles_have_the_counts_of_pprof(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(real_cases); i++) {
        const struct real_case *row = &real_cases[i];
        struct arena arena;
        struct bytes data = {0};
        struct profile profile = {0};
        struct map_cpu have = {0};
        struct err err = {0};
        arena_init(&arena);
        print_message("%s\n", row->file);
        assert_ok(io_read_file(&data, &arena, str_from(row->file), PROFILE_PACKED_BYTES_MAX, &err),
                  &err);
        assert_ok(profile_decode(&profile, &arena, data, &err), &err);
        assert_ok(fold(&have, &profile, &err), &err);
        assert_int_equal(have.samples, row->want.samples);
        assert_int_equal(have.map_samples, row->want.map_samples);
        assert_int_equal(have.generic_samples, row->want.generic_samples);
        assert_int_equal(have.excluded, row->want.excluded);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_count_by_the_entries_they_contain),
        cmocka_unit_test(samples_add_up),
        cmocka_unit_test(other_profiles_are_refused),
        cmocka_unit_test(real_profiles_have_the_counts_of_pprof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
