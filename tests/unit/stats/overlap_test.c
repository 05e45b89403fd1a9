#include "gate/stats/overlap.h"

#include "tests/support/check.h"

static void spans_that_touch_are_one(void **state)
{
    struct span spans[] = {{50, 60}, {10, 20}, {20, 30}, {12, 15}, {70, 70}};
    (void)state;
    assert_int_equal(spans_merge(spans, ARRAY_LEN(spans)), 3);
    assert_true(spans[0].from == 10 && spans[0].until == 30);
    assert_true(spans[1].from == 50 && spans[1].until == 60);
    assert_true(spans[2].from == 70 && spans[2].until == 70);
    assert_int_equal(spans_merge(spans, 0), 0);
}

struct meeting_case {
    const char *name;
    struct span event;
    uint64_t hits;
};

/* Windows from 100 to 200 and 400 to 500, in 1000. */
static const struct meeting_case meeting_cases[] = {
    {"before", {0, 100}, 0},
    {"reaches into it", {50, 101}, 1},
    {"within", {120, 130}, 1},
    {"around both", {50, 900}, 1},
    {"begins where it ends", {200, 300}, 0},
    {"begins before it ends", {199, 300}, 1},
    {"behind both", {500, 1000}, 0},
    {"a moment within", {150, 150}, 1},
    {"the first moment of it", {400, 400}, 1},
    {"the moment behind it", {500, 500}, 0},
    {"cut off at the end", {600, 5000}, 0},
};

static void an_event_meets_a_window_it_shares_time_with(void **state)
{
    static const struct span windows[] = {{100, 200}, {400, 500}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(meeting_cases); i++) {
        const struct meeting_case *row = &meeting_cases[i];
        struct overlap overlap = {0};
        print_message("%s\n", row->name);
        overlap_add(&overlap, &row->event, 1, windows, 2, 1000);
        assert_int_equal(overlap.hits, row->hits);
        assert_int_equal(overlap.events, 1);
        assert_close(overlap_time_share(&overlap), 0.2, 1e-12);
    }
}

/*
 * One window of 100 in 1000. An event of length L, begun anywhere, meets it
 * where it begins in the 100 or in the L before: (100 + L) / 1000, which is
 * more than the window's share of the time.
 */
static void chance_knows_how_long_events_are(void **state)
{
    static const struct span window = {300, 400};
    static const uint64_t lengths[] = {0, 50, 200, 850};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct span event = {100, 100 + lengths[i]};
        struct overlap overlap = {0};
        overlap_add(&overlap, &event, 1, &window, 1, 1000);
        assert_close(overlap_by_chance(&overlap), (100.0 + (double)lengths[i]) / 1000, 0.02);
    }
}

enum { MANY = 100 };

/* A window of 10 at the start of each 100, over 10000; events of 5 begin `at` after it, or anywhere. */
static struct overlap regular(uint64_t at, bool scattered)
{
    struct span windows[MANY];
    struct span events[MANY];
    struct overlap overlap = {0};
    for (size_t i = 0; i < MANY; i++) {
        uint64_t from = 100 * i;
        windows[i] = (struct span){from, from + 10};
        from += scattered ? 37 * i % 95 : at;
        events[i] = (struct span){from, from + 5};
    }
    overlap_add(&overlap, events, MANY, windows, MANY, 100 * (uint64_t)MANY);
    return overlap;
}

static void what_goes_together_is_told_from_chance(void **state)
{
    (void)state;
    struct overlap tied = regular(2, false);
    assert_close(overlap_share(&tied), 1, 1e-12);
    /* Begun in the window or 5 before it: 15 of 100, as for one event, for all move alike. */
    assert_close(overlap_by_chance(&tied), 0.15, 0.02);
    /* The same period on both sides: in 15 of 100 shifts all of them meet, which proves nothing. */
    assert_true(overlap_p(&tied) > 0.1);

    struct overlap scattered = regular(0, true);
    assert_close(overlap_by_chance(&scattered), 0.15, 0.03);
    assert_true(overlap_p(&scattered) > 0.005);
}

/* Windows at no regular distance: events that follow them meet all; moved, they meet few. */
static void irregular_windows_prove_it(void **state)
{
    struct span windows[MANY];
    struct span events[MANY];
    struct overlap overlap = {0};
    uint64_t at = 0;
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        at += 50 + (i * i * 31 + i * 17) % 101;
        windows[i] = (struct span){at, at + 10};
        events[i] = (struct span){at + 3, at + 8};
    }
    overlap_add(&overlap, events, MANY, windows, MANY, at + 50);
    assert_close(overlap_share(&overlap), 1, 1e-12);
    assert_true(overlap_by_chance(&overlap) < 0.25);
    assert_true(overlap_p(&overlap) <= 0.005);
}

/* One event: the share of shifts that meet is p itself, the unshifted one counted. */
static void runs_add_up(void **state)
{
    static const struct span window = {0, 100};
    static const struct span in = {10, 20};
    static const struct span out = {500, 510};
    struct overlap overlap = {0};
    (void)state;
    overlap_add(&overlap, &in, 1, &window, 1, 1000);
    double p = overlap_p(&overlap);
    assert_close(p, 0.11, 0.1);
    overlap_add(&overlap, &out, 1, &window, 1, 1000);
    overlap_add(&overlap, &in, 1, &window, 1, 0);
    assert_int_equal(overlap.events, 2);
    assert_close(overlap_share(&overlap), 0.5, 1e-12);
    assert_close(overlap_time_share(&overlap), 0.1, 1e-12);
}

static void nothing_is_nothing(void **state)
{
    struct overlap overlap = {0};
    (void)state;
    overlap_add(&overlap, NULL, 0, NULL, 0, 1000);
    assert_true(overlap.events == 0 && overlap.hits == 0);
    assert_close(overlap_share(&overlap), 0, 1e-12);
    assert_close(overlap_by_chance(&overlap), 0, 1e-12);
    assert_close(overlap_p(&overlap), 1, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_that_touch_are_one),
        cmocka_unit_test(an_event_meets_a_window_it_shares_time_with),
        cmocka_unit_test(chance_knows_how_long_events_are),
        cmocka_unit_test(what_goes_together_is_told_from_chance),
        cmocka_unit_test(irregular_windows_prove_it),
        cmocka_unit_test(runs_add_up),
        cmocka_unit_test(nothing_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
