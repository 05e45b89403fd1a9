#include "gate/fold/sampling.h"

#include "tests/support/check.h"
#include "tests/unit/fold/sample.h"

/* Literals: tests/oracle/counts.py. */
static const struct variance_case {
    const char *name;
    double bytes;
    double object_bytes;
    double period;
    double want;
} variance_cases[] = {
    {"seven samples of small objects, cut to whole bytes", 3670184, 48, 524288, 1924145347264.0},
    {"objects larger than the period", 47370, 8192, 4096, 60738694.4167528},
    {"objects that are nearly all sampled", 3145728, 1048576, 65536, 371201.28295928525},
    {"every object was counted", 432, 48, 1, 0},
    {"nothing", 0, 48, 524288, 0},
    {"less than one object: R times the bytes", 1000, 1e9, 524288, 524288000.0},
};

static void variance_is_that_of_gos_sampling(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(variance_cases); i++) {
        const struct variance_case *row = &variance_cases[i];
        print_message("%s\n", row->name);
        assert_close(sampling_variance(row->bytes, row->object_bytes, row->period), row->want,
                     1e-9);
    }
}

static struct arena arena;
static struct intern names;
static struct runtime_table runtime;

static int names_up(void **state)
{
    struct err err;
    (void)state;
    arena_init(&arena);
    intern_init(&names, &arena);
    assert_ok(runtime_table_open(&runtime, &arena, STR(""), &err), &err);
    return 0;
}

static int names_down(void **state)
{
    (void)state;
    intern_release(&names);
    arena_release(&arena);
    return 0;
}

static struct fold folded(const struct sample_text *texts, size_t count, int64_t period, bool asked)
{
    struct fold out = {0};
    struct err err;
    struct fold_options options = {.runtime = &runtime, .has_variances = asked};
    struct profile profile = sample_profile(&arena, texts, count);
    profile.period = period;
    assert_ok(fold_heap(&out, &arena, &names, &profile, &options, &err), &err);
    return out;
}

/* Two stacks of one site, 100 objects of 48 bytes each seven times and five times sampled. */
static const struct sample_text late[] = {
    {"main.a<main.b", {76462, 3670184, 10923, 524288}, 0},
    {"main.a<main.b<main.c", {54615, 2621560, 0, 0}, 0},
};
static const struct sample_text early[] = {{"main.a<main.b", {32769, 1572936, 10923, 524288}, 0}};

static void sites_add_up_the_variances_of_their_samples(void **state)
{
    struct fold fold = folded(late, 2, 524288, true);
    (void)state;
    assert_int_equal(fold.site_count, 1);
    const double *variance = fold.sites[0].variance;
    assert_non_null(variance);
    double size = 3670184.0 / 76462;
    double other = 2621560.0 / 54615;
    assert_close(variance[HEAP_ALLOC_SPACE],
                 sampling_variance(3670184, size, 524288) +
                     sampling_variance(2621560, other, 524288),
                 1e-12);
    /* Twelve samples: each stands for the period, nearly. */
    assert_close(variance[HEAP_ALLOC_SPACE] / 12 / 524288 / 524288, 1, 1e-3);
    assert_close(variance[HEAP_ALLOC_OBJECTS] * 48 * 48 / variance[HEAP_ALLOC_SPACE], 1, 1e-3);
    assert_close(variance[HEAP_INUSE_SPACE] / 524288 / 524288, 1, 1e-3);
}

/* One sample of 48 bytes an object, whose label says a gigabyte each, or a byte: as without. */
static void a_label_that_the_bytes_contradict_is_not_believed(void **state)
{
    static const int64_t labels[] = {0, 48, 1, 1000000000};
    const int64_t values[HEAP_METRICS] = {10923, 524288, 10923, 524288};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        struct sampling sampling = {.arena = &arena, .period = 524288};
        struct profile_sample sample = {.object_bytes = labels[i]};
        print_message("%lld\n", (long long)labels[i]);
        sampling_add(&sampling, 1, &sample, values);
        assert_close(sampling.of_site[0][HEAP_ALLOC_SPACE] / 524288 / 524288, 1, 1e-3);
        assert_close(sampling.of_site[0][HEAP_ALLOC_OBJECTS] / 10923 / 10923, 1, 1e-3);
    }
}

static void exact_profiles_and_those_that_nobody_asked_have_none(void **state)
{
    (void)state;
    assert_null(folded(late, 2, 1, true).sites[0].variance);
    assert_null(folded(late, 2, 524288, false).sites[0].variance);
}

/* Between the points lie nine samples; live memory differs by the errors of both points. */
static void differences_vary_by_what_lies_between(void **state)
{
    struct fold later = folded(late, 2, 524288, true);
    struct fold earlier = folded(early, 1, 524288, true);
    struct fold fold;
    (void)state;
    fold_subtract(&fold, &arena, &names, &later, &earlier);
    const double *variance = fold.sites[0].variance;
    assert_non_null(variance);
    assert_close(variance[HEAP_ALLOC_SPACE] / 9 / 524288 / 524288, 1, 1e-3);
    assert_close(variance[HEAP_INUSE_SPACE] / 2 / 524288 / 524288, 1, 1e-3);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, names_up, names_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variance_is_that_of_gos_sampling),
        TEST(sites_add_up_the_variances_of_their_samples),
        TEST(a_label_that_the_bytes_contradict_is_not_believed),
        TEST(exact_profiles_and_those_that_nobody_asked_have_none),
        TEST(differences_vary_by_what_lies_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
