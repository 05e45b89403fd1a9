#include "gate/compare/series_rows.h"

#include "tests/unit/compare/steady.h"

enum { TRIALS = 2, SAMPLES = 40 };

static struct str file_of(struct fixture *fixture, struct trial_key key)
{
    struct str dir = {0};
    assert_ok(recording_trial_dir(&dir, &fixture->arena, &fixture->recording, key, &fixture->err),
              &fixture->err);
    return recording_table_file(&fixture->arena, dir, TABLE_SERIES);
}

/*
 * PSS once in ten samples: 1, 2, 3, 4 times `unit`; threads 5 to 9 and 5
 * again; open files from 41 down to 2.
 */
static void put_grown(struct fixture *fixture, struct trial_key key, uint64_t unit,
                      uint64_t last_rss)
{
    uint64_t rows[SAMPLES][SERIES_COLUMNS];
    for (size_t i = 0; i < SAMPLES; i++) {
        rows[i][SERIES_MS] = 100 * i;
        rows[i][SERIES_RSS] = i + 1 < SAMPLES ? 4096 : last_rss;
        rows[i][SERIES_PSS] = i % 10 == 0 && unit ? (i / 10 + 1) * unit : RECORD_NONE;
        rows[i][SERIES_CPU] = i;
        rows[i][SERIES_THREADS] = 5 + i % 5;
        rows[i][SERIES_FDS] = SAMPLES + 1 - i;
    }
    assert_ok(
        recording_table_write(file_of(fixture, key), TABLE_SERIES, rows[0], SAMPLES, &fixture->err),
        &fixture->err);
}

static void put(struct fixture *fixture, struct trial_key key, uint64_t unit)
{
    put_grown(fixture, key, unit, 4096);
}

static void fixture_init(struct fixture *fixture)
{
    fixture_open(fixture, TRIALS);
    for (enum side side = 0; side < SIDES; side++) {
        for (uint32_t t = 0; t < TRIALS; t++) {
            fixture->trials[side][t].number = t + 1;
            put(fixture, (struct trial_key){0, side, PHASE_STEADY, t + 1},
                side == SIDE_BASE ? 1000 : 2000);
        }
    }
}

static void add(struct fixture *fixture)
{
    struct fixture_sources sources = fixture_sources(fixture);
    assert_ok(series_rows_add(&fixture->comparison, &fixture->arena, sources.items, &fixture->err),
              &fixture->err);
}

static double value_at(const struct fixture *fixture, enum metric metric, enum side side)
{
    for (size_t i = 0; i < fixture->comparison.row_count; i++) {
        const struct comparison_row *row = &fixture->comparison.rows[i];
        if (row->metric == metric)
            return side == SIDE_BASE ? row->estimate.base : row->estimate.cand;
    }
    return -1;
}

static void samples_become_numbers(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    add(&fixture);
    assert_int_equal(fixture.comparison.row_count, 3);
    assert_true(metric_needs_series(METRIC_PSS_P95) && !metric_needs_series(METRIC_RSS_P95));
    /* Rank ceil(0.95 * 4) = 4 of 1, 2, 3, 4 thousand. */
    assert_close(value_at(&fixture, METRIC_PSS_P95, SIDE_BASE), 4000, 1e-9);
    assert_close(value_at(&fixture, METRIC_PSS_P95, SIDE_CAND), 8000, 1e-9);
    assert_close(value_at(&fixture, METRIC_THREADS_MAX, SIDE_CAND), 9, 1e-9);
    assert_close(value_at(&fixture, METRIC_FDS_END, SIDE_CAND), 2, 1e-9);
    /* Counts that are equal in all trials do not prove that they always are. */
    for (size_t i = 0; i < fixture.comparison.row_count; i++) {
        const struct comparison_row *row = &fixture.comparison.rows[i];
        bool is_count = row->metric != METRIC_PSS_P95;
        assert_int_equal(row->estimate.delta_high > row->estimate.delta + 0.5, is_count);
    }
    fixture_release(&fixture);
}

static void without_pss_the_rest_is_there(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put(&fixture, (struct trial_key){0, SIDE_CAND, PHASE_STEADY, 2}, 0);
    add(&fixture);
    assert_int_equal(fixture.comparison.row_count, 2);
    assert_str(comparison_why_unmeasured(&fixture.comparison, METRIC_PSS_P95),
               "candidate, steady trial 2: its PSS was not looked at: not allowed, or too large "
               "for it");
    assert_str(comparison_why_unmeasured(&fixture.comparison, METRIC_THREADS_MAX), "");
    fixture_release(&fixture);
}

/* It was looked at while the process was small. */
static void pss_of_a_process_that_outgrew_it_is_none(void **state)
{
    struct fixture fixture;
    struct trial_key key = {0, SIDE_CAND, PHASE_STEADY, 2};
    (void)state;
    fixture_init(&fixture);
    put_grown(&fixture, key, 2000, RECORDING_PSS_RSS_BYTES_MAX);
    add(&fixture);
    assert_int_equal(fixture.comparison.row_count, 3);
    put_grown(&fixture, key, 2000, RECORDING_PSS_RSS_BYTES_MAX + 1);
    fixture.comparison.row_count = 0;
    add(&fixture);
    assert_int_equal(fixture.comparison.row_count, 2);
    assert_true(str_contains(comparison_why_unmeasured(&fixture.comparison, METRIC_PSS_P95),
                             STR("or too large for it")));
    fixture_release(&fixture);
}

static void without_samples_there_is_a_reason(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct str file = file_of(&fixture, (struct trial_key){0, SIDE_BASE, PHASE_STEADY, 1});
    assert_ok(io_remove_tree(file, &fixture.err), &fixture.err);
    add(&fixture);
    assert_int_equal(fixture.comparison.row_count, 0);
    static const char why[] = "baseline, steady trial 1: no samples of the process were recorded";
    assert_str(comparison_why_unmeasured(&fixture.comparison, METRIC_PSS_P95), why);
    assert_str(comparison_why_unmeasured(&fixture.comparison, METRIC_FDS_END), why);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_become_numbers),
        cmocka_unit_test(without_pss_the_rest_is_there),
        cmocka_unit_test(pss_of_a_process_that_outgrew_it_is_none),
        cmocka_unit_test(without_samples_there_is_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
