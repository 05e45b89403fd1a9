#include "gate/compare/rss_parts.h"

#include "gate/base/buf.h"
#include "tests/unit/compare/steady.h"

enum { TRIALS = 2, MIB = 1024 * 1024 };

/* In MiB: 4 live of a heap of `heap`, of which 2 were given back; stacks 1, tables 1 + 1 + 1 + 1 + 1. */
static void put_memstats(struct fixture *fixture, struct trial_key key, unsigned heap)
{
    struct str dir = {0};
    struct buf text;
    buf_init(&text, BUF_TEXT_BYTES_MAX);
    buf_printf(&text,
               "heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n"
               "# TotalAlloc = 1\n# Mallocs = 1\n# Frees = 1\n# Sys = 1\n# HeapAlloc = %d\n"
               "# HeapSys = %d\n# HeapIdle = 1\n# HeapInuse = 1\n# HeapReleased = %d\n"
               "# HeapObjects = 1\n# Stack = %d / 9\n# MSpan = %d / 9\n# MCache = %d / 9\n"
               "# BuckHashSys = %d\n# GCSys = %d\n# OtherSys = %d\n# NextGC = 1\n"
               "# GCCPUFraction = 0\n# PauseNs = [0]\n# NumGC = 1\n# NumForcedGC = 1\n",
               4 * MIB, (int)heap * MIB, 2 * MIB, MIB, MIB, MIB, MIB, MIB, MIB);
    assert_ok(recording_trial_dir(&dir, &fixture->arena, &fixture->recording, key, &fixture->err),
              &fixture->err);
    struct str file = recording_point_file(&fixture->arena, dir, POINT_END, true);
    assert_ok(io_write_file(file, bytes_of_str(buf_view(&text)), &fixture->err), &fixture->err);
    buf_release(&text);
}

static void fixture_init(struct fixture *fixture)
{
    fixture_open(fixture, TRIALS);
    for (enum side side = 0; side < SIDES; side++) {
        for (uint32_t t = 0; t < TRIALS; t++) {
            fixture->trials[side][t] = (struct record_trial){
                .number = t + 1, .rss_end_bytes = (uint64_t)(side == SIDE_CAND ? 40 : 20) * MIB};
            /* The means are 9 and 27. */
            put_memstats(fixture, (struct trial_key){0, side, PHASE_STEADY, t + 1},
                         (side == SIDE_CAND ? 26 : 8) + 2 * t);
        }
    }
}

static enum status add(struct fixture *fixture)
{
    struct fixture_sources sources = fixture_sources(fixture);
    return rss_parts_add(&fixture->comparison, sources.items, &fixture->err);
}

static void assert_parts(const struct rss_side *side, const double want[RSS_PARTS])
{
    for (enum rss_part part = 0; part < RSS_PARTS; part++) {
        print_message("%s\n", rss_part_name(part));
        assert_close(side->parts[part], want[part] * MIB, 1e-9);
    }
}

static void memory_is_what_it_is_for(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(add(&fixture), &fixture.err);
    assert_true(fixture.comparison.has_rss);
    assert_close(fixture.comparison.rss[SIDE_BASE].total, 20.0 * MIB, 1e-9);
    assert_parts(&fixture.comparison.rss[SIDE_BASE], (const double[RSS_PARTS]){4, 3, 1, 5, 7});
    assert_parts(&fixture.comparison.rss[SIDE_CAND], (const double[RSS_PARTS]){4, 21, 1, 5, 9});
    fixture_release(&fixture);
}

/* 9 MiB are resident of 4 + 2 + 1 + 5: 4/7 of 2 and of 5; of 4 + 4 + 1 + 5: 4/9 of 4 and of 5. */
static void what_nobody_touched_is_not_resident(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (uint32_t t = 0; t < TRIALS; t++)
        fixture.trials[SIDE_BASE][t].rss_end_bytes = (uint64_t)9 * MIB;
    assert_ok(add(&fixture), &fixture.err);
    assert_parts(&fixture.comparison.rss[SIDE_BASE],
                 (const double[RSS_PARTS]){4, 184.0 / 126, 1, 320.0 / 126, 0});
    fixture_release(&fixture);
}

static void without_a_look_at_the_end_nothing_is_explained(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.trials[SIDE_CAND][1].rss_end_bytes = 0;
    assert_ok(add(&fixture), &fixture.err);
    assert_false(fixture.comparison.has_rss);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_what_it_is_for),
        cmocka_unit_test(what_nobody_touched_is_not_resident),
        cmocka_unit_test(without_a_look_at_the_end_nothing_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
