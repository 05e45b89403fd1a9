#include "gate/harness/machine.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "tests/support/check.h"

#define TICK_NS (10 * NS_PER_MS)

static void the_line_of_all_cpus_is_read(void **state)
{
    struct machine_times times = {0};
    (void)state;
    /* user nice system idle iowait irq softirq steal guest guest_nice */
    assert_true(machine_times_parse(
        &times, STR("cpu  100 20 30 1000 50 4 6 70 8 9\ncpu0 1 2 3 4 5 6 7 8 9 10\n"), TICK_NS));
    assert_int_equal(times.busy_ns, 160 * TICK_NS);
    assert_int_equal(times.steal_ns, 70 * TICK_NS);
    assert_int_equal(times.capacity_ns, (160 + 70 + 1050) * TICK_NS);
    /* Linux before 2.6.11 knew no steal time. */
    assert_true(machine_times_parse(&times, STR("cpu  1 0 0 1 0 0 0\n"), TICK_NS));
    assert_int_equal(times.steal_ns, 0);
}

static void other_texts_are_not_read(void **state)
{
    static const struct str texts[] = {STR_INIT(""), STR_INIT("cpu"), STR_INIT("cpu 1 2 3\n"),
                                       STR_INIT("cpu0 1 2 3 4 5 6 7 8\n"),
                                       STR_INIT("cpu  1 2 x 4 5 6 7 8\n")};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct machine_times times = {0};
        assert_false(machine_times_parse(&times, texts[i], TICK_NS));
        assert_int_equal(times.capacity_ns, 0);
    }
}

static void what_is_ours_is_no_noise(void **state)
{
    struct machine_times from = {.busy_ns = 1000, .capacity_ns = 10000, .own_ns = 50};
    struct machine_times to = {
        .busy_ns = 5000, .steal_ns = 500, .capacity_ns = 20000, .throttled_ns = 7, .own_ns = 1050};
    (void)state;
    struct record_noise noise = machine_noise(&from, &to, 2000);
    assert_close(noise.others_share, 0.1, 1e-12);
    assert_close(noise.steal_share, 0.05, 1e-12);
    assert_int_equal(noise.throttled_ns, 7);
    /* Ticks are coarse: ours can be more than what the machine has counted by now. */
    assert_close(machine_noise(&from, &to, 9000).others_share, 0, 1e-12);
    /* A machine that does not say. */
    struct machine_times none = {0};
    assert_close(machine_noise(&none, &none, 5).others_share, 0, 1e-12);
}

/* Busy between the parts of a load: 100 of 1000 in each, 900 of 1000 in the pause. */
static void pauses_between_parts_are_left_out(void **state)
{
    const struct machine_times none = {0};
    const struct machine_times looks[] = {
        {.busy_ns = 0, .capacity_ns = 0, .own_ns = 0},
        {.busy_ns = 100, .capacity_ns = 1000, .own_ns = 40, .throttled_ns = 3},
        {.busy_ns = 1000, .capacity_ns = 2000, .own_ns = 80, .throttled_ns = 900},
        {.busy_ns = 1100, .capacity_ns = 3000, .own_ns = 120, .throttled_ns = 904},
    };
    struct machine_times sum = {0};
    (void)state;
    machine_times_add(&sum, &looks[0], &looks[1]);
    machine_times_add(&sum, &looks[2], &looks[3]);
    struct record_noise noise = machine_noise(&none, &sum, 60);
    /* 200 busy, of which 60 are the services' and 80 ours, of 2000. */
    assert_close(noise.others_share, 0.03, 1e-12);
    assert_int_equal(noise.throttled_ns, 7);
}

static void put(struct arena *arena, struct str root, const char *path, const char *text)
{
    struct err err = {0};
    struct str file = str_format(arena, "%.*s%s", STR_ARGS(root), path);
    struct str dir = str_slice(file, 0, (size_t)str_find_last(file, '/'));
    assert_ok(io_make_dirs(dir, &err), &err);
    assert_ok(io_write_file(file, bytes_of_str(str_from(text)), &err), &err);
}

#define GOVERNOR(cpu) "/sys/devices/system/cpu/cpu" cpu "/cpufreq/scaling_governor"

/* Where nothing is said, nothing is known; where it changes, both are. */
static void load_and_governor_are_of_both_ends(void **state)
{
    struct arena arena;
    struct err err = {0};
    struct str root = {0};
    struct record_machine machine = {0};
    (void)state;
    arena_init(&arena);
    assert_ok(io_make_temp_dir(&root, &arena, "memgate-test", &err), &err);
    machine_begin(&machine, &arena, root);
    machine_end(&machine, &arena, root);
    assert_false(machine.is_known);
    assert_str(machine.governor, "");
    put(&arena, root, "/proc/loadavg", "0.54 0.27 0.11 5/99 7475\n");
    put(&arena, root, GOVERNOR("0"), "performance\n");
    machine_begin(&machine, &arena, root);
    put(&arena, root, "/proc/loadavg", "12.25 0.27 0.11 5/99 7475\n");
    machine_end(&machine, &arena, root);
    assert_true(machine.is_known);
    assert_close(machine.load_start, 0.54, 1e-12);
    assert_close(machine.load_end, 12.25, 1e-12);
    assert_str(machine.governor, "performance");
    machine_begin(&machine, &arena, root);
    put(&arena, root, GOVERNOR("0"), "powersave\n");
    machine_end(&machine, &arena, root);
    assert_str(machine.governor, "performance, then powersave");
    assert_ok(io_remove_tree(root, &err), &err);
    arena_release(&arena);
}

static void this_machine_works(void **state)
{
    struct machine_times from;
    struct machine_times to;
    (void)state;
    machine_times_read(&from);
    for (uint64_t start = clock_now_ns(); clock_now_ns() - start < 60 * NS_PER_MS;)
        continue;
    machine_times_read(&to);
    assert_true(to.own_ns - from.own_ns > NS_PER_MS);
    assert_true(to.at_ns > from.at_ns);
    assert_true(from.capacity_ns > 0 && to.capacity_ns >= from.capacity_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_of_all_cpus_is_read),
        cmocka_unit_test(other_texts_are_not_read),
        cmocka_unit_test(what_is_ours_is_no_noise),
        cmocka_unit_test(pauses_between_parts_are_left_out),
        cmocka_unit_test(load_and_governor_are_of_both_ends),
        cmocka_unit_test(this_machine_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
