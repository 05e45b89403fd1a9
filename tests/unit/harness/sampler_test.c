#include "gate/harness/sampler.h"

#include <unistd.h>

#include "gate/base/io.h"
#include "tests/support/check.h"

struct fixture {
    struct arena arena;
    struct err err;
    struct str dir;
    struct process process;
    struct sampler sampler;
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    assert_ok(io_make_temp_dir(&fixture->dir, &fixture->arena, "memgate-test", &fixture->err),
              &fixture->err);
    sampler_init(&fixture->sampler, &fixture->arena, &fixture->process);
}

static void fixture_release(struct fixture *fixture)
{
    process_release(&fixture->process);
    assert_ok(io_remove_tree(fixture->dir, &fixture->err), &fixture->err);
    arena_release(&fixture->arena);
}

static struct str series(struct fixture *fixture)
{
    struct bytes data = {0};
    struct str file = recording_table_file(&fixture->arena, fixture->dir, TABLE_SERIES);
    assert_ok(sampler_write(&fixture->sampler, file, &fixture->err), &fixture->err);
    assert_ok(io_read_file(&data, &fixture->arena, file, 1 << 20, &fixture->err), &fixture->err);
    return str_of_bytes(data);
}

static void the_summary_is_of_the_samples(void **state)
{
    struct fixture fixture;
    struct record_trial trial = {0};
    (void)state;
    fixture_init(&fixture);
    /* 40 samples out of order: ranks 20 and 38 of them. */
    for (uint64_t i = 0; i < 40; i++)
        sampler_add(&fixture.sampler, 1 + (i * 7) % 40);
    sampler_add(&fixture.sampler, 0);
    sampler_summarize(&fixture.sampler, &trial);
    assert_int_equal(trial.rss_samples, 40);
    assert_int_equal(trial.rss_p50_bytes, 20);
    assert_int_equal(trial.rss_p95_bytes, 38);
    assert_int_equal(trial.rss_max_bytes, 40);
    fixture_release(&fixture);
}

static void nothing_gives_nothing(void **state)
{
    struct fixture fixture;
    struct record_trial trial = {0};
    (void)state;
    fixture_init(&fixture);
    sampler_take(&fixture.sampler);
    sampler_summarize(&fixture.sampler, &trial);
    assert_true(trial.rss_samples == 0 && trial.rss_max_bytes == 0);
    assert_str(series(&fixture), "# ms rss_bytes pss_bytes cpu_ns threads fds\n");
    fixture_release(&fixture);
}

static void what_was_not_looked_at_is_a_dash(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.sampler.started_ns = 0;
    sampler_add(&fixture.sampler, 4096);
    fixture.sampler.samples[0].at_ns = 85999999;
    assert_str(series(&fixture), "# ms rss_bytes pss_bytes cpu_ns threads fds\n85 4096 - 0 - -\n");
    fixture_release(&fixture);
}

static void note_output(void *ctx, const char *data, size_t len)
{
    (void)data;
    *(bool *)ctx |= len > 0;
}

/*
 * A shell with a child of its own, two files opened besides the three of
 * each. It first takes some ticks of CPU time. The child speaks, then stands still for good: one that is just being
 * loaded opens and closes files.
 */
static void a_tree_is_sampled_whole(void **state)
{
    struct fixture fixture;
    struct record_trial trial = {0};
    const char *const argv[] = {
        "sh", "-c",
        "exec 3</dev/null 4</dev/null; i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); "
        "done; sh -c 'echo go; kill -s STOP $$' & wait",
        NULL};
    const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
    bool has_spoken = false;
    struct process_spec spec = {
        .argv = argv, .env = env, .on_output = note_output, .output_ctx = &has_spoken};
    (void)state;
    fixture_init(&fixture);
    assert_ok(process_start(&fixture.process, &spec, &fixture.err), &fixture.err);
    sampler_init(&fixture.sampler, &fixture.arena, &fixture.process);
    while (!has_spoken && !fixture.process.ended) {
        process_poll(&fixture.process);
        (void)usleep(1000);
    }
    sampler_take(&fixture.sampler);
    sampler_take(&fixture.sampler);
    sampler_summarize(&fixture.sampler, &trial);
    const struct sample *first = &fixture.sampler.samples[0];
    assert_int_equal(trial.threads_max, 2);
    assert_int_equal(trial.fds_max, 10);
    assert_true(first->usage.cpu_ns > 0);
    assert_in_range(trial.pss_bytes, 1, first->usage.rss_bytes);
    /* Within the same second nobody asks again. */
    assert_true(fixture.sampler.samples[1].usage.pss_bytes == 0);
    assert_true(trial.rss_max_bytes >= (uint64_t)1024 * 1024);
    fixture_release(&fixture);
}

int main(void)
{
    process_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_summary_is_of_the_samples),
        cmocka_unit_test(nothing_gives_nothing),
        cmocka_unit_test(what_was_not_looked_at_is_a_dash),
        cmocka_unit_test(a_tree_is_sampled_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
