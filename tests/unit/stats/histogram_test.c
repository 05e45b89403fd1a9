#include "gate/stats/histogram.h"

#include <math.h>
#include <stdlib.h>

#include "gate/base/buf.h"
#include "tests/support/check.h"

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct histogram of(const uint64_t *values, size_t len)
{
    struct histogram histogram;
    histogram_init(&histogram, &arena);
    for (size_t i = 0; i < len; i++)
        histogram_record(&histogram, values[i]);
    return histogram;
}

static void an_empty_histogram_has_quantile_zero(void **state)
{
    (void)state;
    struct histogram histogram = of(NULL, 0);
    assert_int_equal(histogram_quantile(&histogram, 0.99), 0);
    assert_str(histogram_encode(&histogram, &arena), "");
}

static void small_values_are_exact(void **state)
{
    (void)state;
    struct histogram histogram;
    histogram_init(&histogram, &arena);
    for (uint64_t i = 1; i <= 1000; i++)
        histogram_record(&histogram, i);
    assert_int_equal(histogram_quantile(&histogram, 0.5), 500);
    assert_int_equal(histogram_quantile(&histogram, 0.501), 501);
    assert_int_equal(histogram_quantile(&histogram, 0.99), 990);
    assert_int_equal(histogram_quantile(&histogram, 0.999), 999);
    assert_int_equal(histogram_quantile(&histogram, 1), 1000);
    assert_int_equal(histogram_quantile(&histogram, 1e-9), 1);
    assert_int_equal(histogram.min_ns, 1);
    assert_int_equal(histogram.max_ns, 1000);
}

/* 0.55 * 20 and 0.07 * 100 are a little above 11 and 7 in binary. */
static void a_rank_is_not_rounded_into_the_next(void **state)
{
    (void)state;
    struct histogram twenty = of(NULL, 0);
    struct histogram hundred = of(NULL, 0);
    for (uint64_t i = 1; i <= 100; i++) {
        if (i <= 20)
            histogram_record(&twenty, i);
        histogram_record(&hundred, i);
    }
    assert_int_equal(histogram_quantile(&twenty, 0.55), 11);
    assert_int_equal(histogram_quantile(&hundred, 0.07), 7);
    assert_int_equal(histogram_quantile(&hundred, 0.071), 8);
}

struct edge_case {
    const char *name;
    uint64_t value;
    uint64_t high; /* upper edge by hand: buckets of 2^(e-10) where 2^e <= value */
};

static const struct edge_case edge_cases[] = {
    {"zero", 0, 0},
    {"last exact", 2047, 2047},
    {"first bucket of two", 2048, 2049},
    {"its second value", 2049, 2049},
    {"next bucket", 2050, 2051},
    {"last of the first row", 4095, 4095},
    {"first bucket of four", 4096, 4099},
    {"one millisecond, buckets of 512", 1000000, 1000447},
    {"one second, buckets of 2^19", 1000000000, 1000341503},
    {"one hour, buckets of 2^31", 3600000000000, 3601330077695},
};

static void a_value_comes_back_as_the_upper_edge_of_its_bucket(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(edge_cases); i++) {
        const struct edge_case *row = &edge_cases[i];
        print_message("%s\n", row->name);
        /* The larger second value keeps max_ns out of the way. */
        uint64_t values[] = {row->value, 8000000000000};
        struct histogram histogram = of(values, 2);
        assert_int_equal(histogram_quantile(&histogram, 0.5), row->high);
    }
}

static void a_quantile_is_never_above_the_maximum(void **state)
{
    (void)state;
    uint64_t values[] = {1000000, 1000001};
    struct histogram histogram = of(values, 2);
    assert_int_equal(histogram_quantile(&histogram, 0.5), 1000001);
}

static void the_largest_value_is_kept_exactly(void **state)
{
    (void)state;
    uint64_t values[] = {5, UINT64_MAX};
    struct histogram histogram = of(values, 2);
    assert_true(histogram_quantile(&histogram, 1) == UINT64_MAX);
    assert_int_equal(histogram_quantile(&histogram, 0.5), 5);
}

static void merging_adds_counts_and_widens_the_range(void **state)
{
    (void)state;
    uint64_t few[] = {10, 20};
    uint64_t more[] = {5, 30, 40};
    struct histogram into = of(few, 2);
    struct histogram from = of(more, 3);
    struct histogram empty = of(NULL, 0);
    histogram_merge(&into, &from);
    histogram_merge(&into, &empty);
    assert_int_equal(into.count, 5);
    assert_int_equal(into.min_ns, 5);
    assert_int_equal(into.max_ns, 40);
    assert_int_equal(histogram_quantile(&into, 0.6), 20);
}

static void the_text_form_survives_a_round_trip(void **state)
{
    (void)state;
    struct err err = {0};
    uint64_t values[] = {7, 7, 2048, 2049, 4096, 1000000};
    struct histogram histogram = of(values, 6);
    struct histogram back = {0};
    struct str text = histogram_encode(&histogram, &arena);
    /* 1000000 >> 9 = 1953, shift 9: bucket 9 * 1024 + 1953. */
    assert_str(text, "7:2 2048:2 3072:1 11169:1");
    assert_ok(histogram_decode(&back, &arena, text, &err), &err);
    assert_int_equal(back.count, 6);
    assert_int_equal(back.min_ns, 7);
    assert_int_equal(back.max_ns, 1000447);
    assert_int_equal(histogram_quantile(&back, 0.5), 2049);
    assert_str(histogram_encode(&back, &arena), "7:2 2048:2 3072:1 11169:1");
}

static void an_empty_text_is_an_empty_histogram(void **state)
{
    (void)state;
    struct err err = {0};
    struct histogram back = {0};
    assert_ok(histogram_decode(&back, &arena, STR(""), &err), &err);
    assert_int_equal(back.count, 0);
}

struct bad_case {
    const char *name;
    const char *text;
    const char *message;
};

static const struct bad_case bad_cases[] = {
    {"no colon", "7", "entry 1 is not"},
    {"no count", "7:", "entry 1 is not"},
    {"zero count", "7:0", "entry 1 is not"},
    {"sign", "7:-1", "entry 1 is not"},
    {"two blanks", "7:1  8:1", "entry 2 is not"},
    {"bucket too large", "34816:1", "entry 1 is not"},
    {"bucket past 32 bits", "4294967303:1", "entry 1 is not"},
    {"descending", "8:1 7:1", "entry 2 is out of order"},
    {"twice", "8:1 8:1", "entry 2 is out of order"},
    {"total overflows", "7:18446744073709551615 8:1", "pass 2^64-1"},
};

static void a_damaged_text_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_cases); i++) {
        const struct bad_case *row = &bad_cases[i];
        struct err err = {0};
        struct histogram back = {0};
        print_message("%s\n", row->name);
        assert_fails(histogram_decode(&back, &arena, str_from(row->text), &err), STATUS_FORMAT,
                     &err, row->message);
    }
}

enum { SORTED_VALUES = 100000 };

#define VALUE_NS_MIN 1e3          /* 1 us */
#define VALUE_NS_MAX 3600000000e3 /* 1 h */

/* Steele and Vigna's generator (SplitMix64): the test's own, so that nothing of ours is in it. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t mixed = *state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

/* As many of each order of magnitude from 1 us to 1 h. */
static uint64_t next_value_ns(uint64_t *state)
{
    double part = (double)(next_random(state) >> 11) * 0x1p-53;
    return (uint64_t)(VALUE_NS_MIN * pow(VALUE_NS_MAX / VALUE_NS_MIN, part));
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;
    return (*left > *right) - (*left < *right);
}

/* The nearest rank of the sorted values themselves, at each thousandth and at each of the last hundred. */
static void assert_quantiles_are_exact(const struct histogram *histogram, const uint64_t *sorted)
{
    for (size_t rank = 100; rank <= SORTED_VALUES; rank += rank < SORTED_VALUES - 100 ? 100 : 1) {
        double quantile = (double)rank / SORTED_VALUES;
        uint64_t exact = sorted[rank - 1];
        uint64_t have = histogram_quantile(histogram, quantile);
        if (have < exact || (double)(have - exact) > (double)exact / 1000)
            fail_msg("rank %zu: %llu, by sorting %llu", rank, (unsigned long long)have,
                     (unsigned long long)exact);
    }
}

static void quantiles_agree_with_sorting_to_three_digits(void **state)
{
    (void)state;
    static uint64_t sorted[SORTED_VALUES];
    uint64_t seed = 1;
    struct histogram whole = of(NULL, 0);
    struct histogram halves[2] = {of(NULL, 0), of(NULL, 0)};
    for (size_t i = 0; i < SORTED_VALUES; i++) {
        sorted[i] = next_value_ns(&seed);
        histogram_record(&whole, sorted[i]);
        histogram_record(&halves[i % 2], sorted[i]);
    }
    qsort(sorted, SORTED_VALUES, sizeof(sorted[0]), by_value);
    assert_true(sorted[0] < 2000 && sorted[SORTED_VALUES - 1] > 3000000000000);
    assert_quantiles_are_exact(&whole, sorted);
    histogram_merge(&halves[0], &halves[1]);
    assert_quantiles_are_exact(&halves[0], sorted);
}

static struct str hgrm_of(const struct histogram *histogram)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    histogram_write_hgrm(&buf, histogram);
    struct str copy = str_copy(&arena, buf_view(&buf));
    buf_release(&buf);
    return copy;
}

/* The layout of HdrHistogram's own writer, five lines to a halving; the numbers by hand. */
static void the_distribution_is_written_as_hdrhistogram_does(void **state)
{
    static const uint64_t values[] = {1000000, 2000000, 3000000, 4000000};
    struct histogram histogram = of(values, ARRAY_LEN(values));
    (void)state;
    assert_str(hgrm_of(&histogram), "       Value     Percentile TotalCount 1/(1-Percentile)\n"
                                    "\n"
                                    "       1.000 0.000000000000          1           1.00\n"
                                    "       1.000 0.100000000000          1           1.11\n"
                                    "       1.000 0.200000000000          1           1.25\n"
                                    "       2.001 0.300000000000          2           1.43\n"
                                    "       2.001 0.400000000000          2           1.67\n"
                                    "       2.001 0.500000000000          2           2.00\n"
                                    "       3.000 0.550000000000          3           2.22\n"
                                    "       3.000 0.600000000000          3           2.50\n"
                                    "       3.000 0.650000000000          3           2.86\n"
                                    "       3.000 0.700000000000          3           3.33\n"
                                    "       3.000 0.750000000000          3           4.00\n"
                                    "       4.000 0.775000000000          4           4.44\n"
                                    "       4.000 1.000000000000          4\n"
                                    "#[Mean    =        2.500, StdDeviation   =        1.118]\n"
                                    "#[Max     =        4.000, Total count    =            4]\n"
                                    "#[Buckets =           34, SubBuckets     =         1024]\n");
}

static void an_empty_distribution_has_no_lines(void **state)
{
    (void)state;
    struct histogram histogram = of(NULL, 0);
    assert_true(str_contains(hgrm_of(&histogram), STR("\n\n#[Mean    =        0.000")));
}

/* A value that is nearly all: the steps must end all the same. */
static void a_rare_maximum_ends_the_distribution(void **state)
{
    (void)state;
    struct histogram histogram = of(NULL, 0);
    for (int i = 0; i < 100000; i++)
        histogram_record(&histogram, 1000000);
    histogram_record(&histogram, 50000000);
    struct str text = hgrm_of(&histogram);
    assert_true(text.len < 16 * 1024);
    assert_true(str_contains(text, STR("      50.000 1.000000000000     100001\n")));
}

static void a_shifted_histogram_has_longer_durations(void **state)
{
    struct histogram from;
    struct histogram to;
    (void)state;
    histogram_init(&from, &arena);
    histogram_init(&to, &arena);
    histogram_record(&from, 100);
    histogram_record(&from, 200);
    histogram_record(&from, 200);
    histogram_record(&to, 5);
    histogram_merge_shifted(&to, &from, 1000);
    assert_int_equal(to.count, 4);
    assert_int_equal(to.min_ns, 5);
    assert_int_equal(to.max_ns, 1200);
    assert_int_equal(histogram_quantile(&to, 0.5), 1100);
    assert_int_equal(histogram_quantile(&to, 0.75), 1200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_histogram_has_quantile_zero),
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(a_rank_is_not_rounded_into_the_next),
        cmocka_unit_test(a_value_comes_back_as_the_upper_edge_of_its_bucket),
        cmocka_unit_test(a_quantile_is_never_above_the_maximum),
        cmocka_unit_test(the_largest_value_is_kept_exactly),
        cmocka_unit_test(merging_adds_counts_and_widens_the_range),
        cmocka_unit_test(the_text_form_survives_a_round_trip),
        cmocka_unit_test(an_empty_text_is_an_empty_histogram),
        cmocka_unit_test(a_damaged_text_is_refused),
        cmocka_unit_test(quantiles_agree_with_sorting_to_three_digits),
        cmocka_unit_test(the_distribution_is_written_as_hdrhistogram_does),
        cmocka_unit_test(an_empty_distribution_has_no_lines),
        cmocka_unit_test(a_shifted_histogram_has_longer_durations),
        cmocka_unit_test(a_rare_maximum_ends_the_distribution),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
