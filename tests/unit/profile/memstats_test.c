#include "gate/profile/memstats.h"

#include "gate/base/buf.h"
#include "gate/base/io.h"
#include "tests/support/check.h"

static int take_arena(void **state)
{
    struct arena *arena = memory_resize(NULL, sizeof(*arena));
    arena_init(arena);
    *state = arena;
    return 0;
}

static int give_arena(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

static struct str read_text(struct arena *arena, const char *path)
{
    struct err err = {0};
    struct bytes data = {0};
    assert_ok(io_read_file(&data, arena, str_from(path), (size_t)1024 * 1024, &err), &err);
    return str_of_bytes(data);
}

/* The numbers are read off the files with an editor. */
static void memstats_reads_what_go_writes(void **state)
{
    struct err err = {0};
    struct memstats have = {0};
    struct str text = read_text(*state, "corpus/data/go1.26_http_heap_debug1.txt");
    assert_ok(memstats_parse(&have, text, &err), &err);
    assert_true(have.total_alloc_bytes == 74205336 && have.mallocs == 70539);
    assert_true(have.frees == 64985 && have.sys_bytes == 21338376);
    assert_true(have.heap_alloc_bytes == 5465200 && have.heap_sys_bytes == 16482304);
    assert_true(have.heap_idle_bytes == 10493952 && have.heap_inuse_bytes == 5988352);
    assert_true(have.heap_released_bytes == 7946240 && have.heap_objects == 5554);
    assert_true(have.stack_inuse_bytes == 294912 && have.next_gc_bytes == 11137154);
    assert_true(have.mspan_inuse_bytes == 151520 && have.mcache_inuse_bytes == 4592);
    assert_true(have.buck_hash_bytes == 1444984 && have.gc_sys_bytes == 2312432);
    assert_true(have.other_sys_bytes == 542872);
    assert_true(have.gc_count == 16 && have.forced_gc_count == 2);
    assert_close(have.gc_cpu_ratio, 0.001497556116995582, 1e-15);
    assert_true(have.max_rss_bytes == 18898944 && have.profile_rate == 524288);
    assert_int_equal(have.pause_count, 256);
    assert_true(have.pause_ns[0] == 205127 && have.pause_ns[15] == 201422);
    assert_true(have.pause_ns[16] == 0);
}

static void memstats_reads_the_oldest_release(void **state)
{
    struct err err = {0};
    struct memstats have = {0};
    struct str text = read_text(*state, "corpus/data/go1.19_http_heap_debug1.txt");
    assert_ok(memstats_parse(&have, text, &err), &err);
    assert_true(have.total_alloc_bytes == 74573240 && have.mallocs == 71731);
    assert_true(have.gc_count == 17 && have.max_rss_bytes == 18628608);
    assert_true(have.pause_ns[16] == 39189 && have.pause_ns[17] == 0);
}

/* The file with each occurrence of a text replaced by another. */
static struct str replace(struct arena *arena, struct str text, const char *from, const char *to)
{
    struct buf buf;
    struct str wanted = str_from(from);
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    for (size_t at = 0; at < text.len;) {
        bool found = str_starts_with(str_slice(text, at, text.len), wanted);
        buf_str(&buf, found ? str_from(to) : str_slice(text, at, at + 1));
        at += found ? wanted.len : 1;
    }
    struct str out = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return out;
}

static void memstats_names_what_is_missing_or_wrong(void **state)
{
    static const struct {
        const char *name;
        const char *from;
        const char *to;
        const char *error;
    } cases[] = {
        {"no tail", "# runtime.MemStats", "# something else", "runtime.MemStats is missing"},
        {"a field", "# TotalAlloc = ", "# TotalAlloced = ", "TotalAlloc is missing"},
        {"the last field", "# NumForcedGC", "# Forced", "NumForcedGC is missing"},
        {"pauses", "# PauseNs = [", "# Pauses = [", "PauseNs is missing"},
        {"GC share", "# GCCPUFraction", "# GCCPU", "GCCPUFraction is missing"},
        {"negative", "# Mallocs = ", "# Mallocs = -", "Mallocs has no number"},
        {"65 bits", "# Mallocs = ", "# Mallocs = 18446744073709551616", "Mallocs has no number"},
        {"pause without a number", "# PauseNs = [", "# PauseNs = [x ", "PauseNs has no number"},
        {"pauses without an end", " 0]\n# PauseEnd", "\n# PauseEnd", "PauseNs has no number"},
        {"GC share of NaN", "# GCCPUFraction = ", "# GCCPUFraction = NaN",
         "GCCPUFraction has no number"},
        {"another kind of text", "@ heap/1048576", "@ heapz_v2/1", "not the text of a Go heap"},
        {"rate without a number", "@ heap/1048576", "@ heap/", "not the text of a Go heap"},
    };
    struct str text = read_text(*state, "corpus/data/go1.26_http_heap_debug1.txt");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct memstats have = {.mallocs = 77};
        print_message("%s\n", cases[i].name);
        assert_fails(memstats_parse(&have, replace(*state, text, cases[i].from, cases[i].to), &err),
                     STATUS_FORMAT, &err, cases[i].error);
        assert_true(have.mallocs == 77);
    }
}

static void memstats_does_without_peak_memory_and_profiling(void **state)
{
    struct err err = {0};
    struct memstats have = {0};
    struct str text = read_text(*state, "corpus/data/go1.26_http_heap_debug1.txt");
    text = replace(*state, text, "# MaxRSS", "# Nothing");
    text = replace(*state, text, "@ heap/1048576", "@ heap/0");
    assert_ok(memstats_parse(&have, text, &err), &err);
    assert_true(have.max_rss_bytes == 0 && have.profile_rate == 0);
}

/* All other lines are as they were, also the number behind the slash of "# Stack = 294912 / 294912". */
static void memstats_adds_to_the_text(void **state)
{
    struct err err = {0};
    struct memstats have = {0};
    struct str more = {0};
    struct str text = read_text(*state, "corpus/data/go1.26_http_heap_debug1.txt");
    const struct memstats added = {.mallocs = 461, .stack_inuse_bytes = 88};
    assert_ok(memstats_add(&more, *state, text, &added, &err), &err);
    assert_ok(memstats_parse(&have, more, &err), &err);
    assert_true(have.mallocs == 71000 && have.stack_inuse_bytes == 295000);
    text = replace(*state, text, "# Mallocs = 70539", "# Mallocs = 71000");
    text = replace(*state, text, "# Stack = 294912", "# Stack = 295000");
    assert_true(str_starts_with(more, text));
    const struct memstats wraps = {.mallocs = UINT64_MAX};
    assert_fails(memstats_add(&more, *state, text, &wraps, &err), STATUS_FORMAT, &err, "Mallocs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(memstats_reads_what_go_writes, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(memstats_reads_the_oldest_release, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(memstats_names_what_is_missing_or_wrong, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(memstats_adds_to_the_text, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(memstats_does_without_peak_memory_and_profiling, take_arena,
                                        give_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
