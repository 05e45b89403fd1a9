#include "gate/base/buf.h"
#include "gate/base/io.h"
#include "gate/profile/profile.h"
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

/* One line for each part: "types", "period", then the samples as "values @ addresses". */
static struct str describe(struct arena *arena, const struct profile *profile)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    for (size_t i = 0; i < profile->type_count; i++) {
        buf_printf(&buf, "%.*s/%.*s ", STR_ARGS(profile->types[i].type),
                   STR_ARGS(profile->types[i].unit));
    }
    buf_printf(&buf, "period %lld\n", (long long)profile->period);
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        for (size_t k = 0; k < profile->type_count; k++)
            buf_printf(&buf, "%lld ", (long long)sample->values[k]);
        buf_text(&buf, "@");
        for (size_t k = 0; k < sample->location_count; k++) {
            const struct profile_location *at = &profile->locations[sample->locations[k]];
            buf_printf(&buf, " %llx", (unsigned long long)at->address);
            if (at->line_count) {
                buf_printf(&buf, "=%.*s:%lld",
                           STR_ARGS(profile->functions[at->lines[0].function].name),
                           (long long)at->lines[0].line);
            }
        }
        buf_text(&buf, "\n");
    }
    struct str text = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return text;
}

struct accepted {
    const char *name;
    struct str data;
    const char *want;
};

/* Values that were sampled are worked out by hand: 1 / (1 - exp(-1)) = 1.58197670686932651. */
static const struct accepted accepted_cases[] = {
    {"Go heap, unsampled by half of the header's rate",
     STR_INIT("heap profile: 1: 524288 [3: 1572864] @ heap/1048576\n"
              "1: 524288 [3: 1572864] @ 0x11 0x21\n"
              "0: 0 [0: 0] @ 0x11\n"),
     "alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes period 524288\n"
     "4 2488234 1 829411 @ 10 20\n0 0 0 0 @ 10\n"},
    {"Go heap at rate 1 with symbols; runtime frames at the ends go",
     STR_INIT("heap profile: 2: 96 [2: 96] @ heap/2\r\n"
              "2: 96 [2: 96] @ 0x11 0x21 0x31 0x41\n"
              "#\t0x20\tmain.(*T).f+0x2c\t\t/src/main.go:14\n"
              "#\t0x30\tmain.main+0x1\t/src/main.go:21\n\n"
              "# runtime.MemStats\n# Alloc = 5465200\n"),
     "objects/count space/bytes period 1\n2 96 @ 20=main.(*T).f:14 30=main.main:21\n"},
    {"tcmalloc heap, small objects scaled up",
     STR_INIT("heap profile:   10:  1000 [  10:  1000] @ heapz_v2/524288\n"
              "   10:  1000 [  10:  1000] @ 0x11\nMAPPED_LIBRARIES:\n"
              "0-100 r-xp 00000000 00:00 1 /bin/x\n"),
     "objects/count space/bytes period 524288\n52433 5243380 @ 10\n"},
    {"gperftools heap, not sampled",
     STR_INIT("heap profile: 3: 30 [5: 50] @ heapprofile\n 3: 30 [ 5: 50] @ 0x11\n"),
     "alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes period 1\n"
     "5 50 3 30 @ 10\n"},
    {"negative in-use values",
     STR_INIT("heap profile: 0: 0 [1: 8] @ heap/2\n-1: -8 [1: 8] @ 0x11\n"),
     "alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes period 1\n"
     "1 8 -1 -8 @ 10\n"},
    {"growth",
     STR_INIT(
         "heap profile: 1: 2097152 [ 1: 2097152] @ growthz\n 1: 2097152 [ 1: 2097152] @ 0x11\n"),
     "objects/count space/bytes period 1\n1 2097152 @ 10\n"},
    {"Go mutex: cycles to nanoseconds, times the period",
     STR_INIT("--- mutex:\ncycles/second=2000000000\nsampling period=5\n1000 2 @ 0x11 0x21\n"),
     "contentions/count delay/nanoseconds period 5\n10 2500 @ 10 20\n"},
    {"C++ contention with attributes",
     STR_INIT("--- contentionz 1 ---\ncycles/second = 1000000000\nsampling period = 100\n"
              "ms since reset = 5\ndiscarded samples = 0\n  7  3 @ 0x11\n--- Memory map: ---\n"),
     "contentions/count delay/nanoseconds period 100\n300 700 @ 10\n"},
    {"goroutines",
     STR_INIT("goroutine profile: total 3\n2 @ 0x11 0x21\n#\t0x10\tmain.f+0x1\tf.go:3\n"
              "\n1 @ 0x21\n"),
     "goroutine/count period 1\n2 @ 10=main.f:3\n1 @ 20\n"},
    {"threads: the leaf is no call, its double goes, repeats count",
     STR_INIT("--- threadz 1 ---\n\n--- Thread 7f (name: main/1) stack: ---\n  PC: 0x10 0x10 0x21\n"
              "--- Thread 7e (name: b/2) stack: ---\n  [same as previous thread]\n"
              "--- Memory map: ---\n"),
     "thread/count period 1\n2 @ 10 20\n"},
    {"CPU words of 32 bits, little endian",
     STR_INIT("\0\0\0\0\3\0\0\0\0\0\0\0\x10\x27\0\0\0\0\0\0" /* 10,000 us */
              "\2\0\0\0\2\0\0\0\x11\0\0\0\x21\0\0\0"
              "\3\0\0\0\1\0\0\0\x31\0\0\0"
              "\0\0\0\0\1\0\0\0\0\0\0\0"),
     "samples/count cpu/nanoseconds period 10000000\n2 20000000 @ 11 20\n3 30000000 @ 31\n"},
    {"CPU words of 64 bits, big endian",
     STR_INIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0"
              "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\x11"),
     "samples/count cpu/nanoseconds period 1000\n2 2000 @ 11\n"},
    {"CPU: the second frame that all share goes",
     STR_INIT("\0\0\0\0\3\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"
              "\1\0\0\0\3\0\0\0\x11\0\0\0\x99\0\0\0\x21\0\0\0"
              "\1\0\0\0\3\0\0\0\x12\0\0\0\x99\0\0\0\x31\0\0\0"),
     "samples/count cpu/nanoseconds period 1000\n1 1000 @ 11 20\n1 1000 @ 12 30\n"},
    {"Java heap: bytes first, names at the end",
     STR_INIT("--- heapz 1 ---\nformat = java\nresolution = bytes\n"
              "  524288  1 @ 0x1 0x2\n\n 0x1 a.B.c (B.java:12)\n 0x2 GC\n"),
     "inuse_objects/count inuse_space/bytes period 0\n1 829411 @ 1=a.B.c:12 2=GC:0\n"},
    {"Java contention",
     STR_INIT("--- contentionz 1 ---\nformat = java\nresolution = microseconds\n"
              "sampling period = 100\n 14  2 @ 0x1\n 0x1 write (/lib/libc.so)\n"),
     "contentions/count delay/microseconds period 100\n200 1400 @ 1=write:0\n"},
};

static void profile_reads_the_legacy_formats(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(accepted_cases); i++) {
        struct err err = {0};
        struct profile profile = {0};
        print_message("%s\n", accepted_cases[i].name);
        assert_ok(profile_decode(&profile, *state, bytes_of_str(accepted_cases[i].data), &err),
                  &err);
        assert_str(describe(*state, &profile), accepted_cases[i].want);
    }
}

static void profile_refuses_what_is_none(void **state)
{
    static const struct {
        const char *name;
        struct str data;
        enum status status;
        const char *error;
    } cases[] = {
        {"nothing", STR_INIT(""), STATUS_FORMAT, "not a profile (it is empty)"},
        {"error page", STR_INIT("404 page not found\n"), STATUS_FORMAT,
         "not a profile (starts \"404 page not found\")"},
        {"HTML", STR_INIT("\n<!DOCTYPE html>\r\n<html>"), STATUS_FORMAT,
         "not a profile (starts \"<!DOCTYPE html>\")"},
        {"jemalloc", STR_INIT("heap_v2/4096\n  t*: 1: 2 [0: 0]\n"), STATUS_FORMAT,
         "not a profile (starts \"heap_v2/4096\")"},
        {"random bytes", STR_INIT("\xde\xad\xbe\xef"), STATUS_FORMAT, "byte 0"},
        {"gzip cut short", STR_INIT("\x1f\x8b\x08\x00"), STATUS_FORMAT,
         "gzip stream ends early at byte 4"},
        {"heap of an unknown kind", STR_INIT("heap profile: 1: 2 [3: 4] @ heapx/1\n"),
         STATUS_FORMAT, "heap profile: line 1: not the first line"},
        {"heap sample without brackets",
         STR_INIT("heap profile: 1: 2 [3: 4] @ heap/2\n1: 2 @ 0x1\n"), STATUS_FORMAT,
         "heap profile: line 2: not a heap sample"},
        {"heap bytes without objects",
         STR_INIT("heap profile: 1: 2 [3: 4] @ heap/2\n0: 2 [0: 0] @ 0x1\n"), STATUS_FORMAT,
         "line 2: object count and bytes do not fit together"},
        {"heap count of 2^63",
         STR_INIT("heap profile: 1: 2 [3: 4] @ heap/2\n9223372036854775808: 2 [0: 0] @ 0x1\n"),
         STATUS_FORMAT, "line 2: not a heap sample"},
        {"heap address of 68 bits",
         STR_INIT("heap profile: 1: 2 [3: 4] @ heap/2\n1: 2 [0: 0] @ 0x11112222333344445\n"),
         STATUS_FORMAT, "line 2: an address has more than 64 bits"},
        {"heap total of 2^63",
         STR_INIT("heap profile: 1: 2 [3: 4] @ heap/2\n1: 9223372036854775807 [0: 0] @ 0x1\n"
                  "1: 1 [0: 0] @ 0x1\n"),
         STATUS_FORMAT, "inuse_space total passes 2^63-1"},
        {"heap sample that scales past 2^63",
         STR_INIT("heap profile: 1: 2 [3: 4] @ heap/2000000\n"
                  "9223372036854775807: 9223372036854775807 [0: 0] @ 0x1\n"),
         STATUS_FORMAT, "line 2: object count and bytes do not fit together"},
        {"contention of another attribute", STR_INIT("--- mutex:\nresolution=5\n"), STATUS_FORMAT,
         "contention profile: line 2: unknown attribute"},
        {"contention count times period past 2^63",
         STR_INIT("--- mutex:\nsampling period=9223372036854775807\n1 2 @ 0x1\n"), STATUS_FORMAT,
         "line 3: delay or count passes 2^63-1"},
        {"threads without stacks (Go 1.19)", STR_INIT("threadcreate profile: total 5\n5 @\n"),
         STATUS_FORMAT, "count profile: line 2: sample without a stack"},
        {"thread text that ends in a stack",
         STR_INIT("--- threadz 1 ---\n--- Thread 7f (name: a/1) stack: ---\n  0x10\n"),
         STATUS_FORMAT, "not the first line of a thread"},
        {"CPU stack deeper than the file",
         STR_INIT("\0\0\0\0\3\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\xff\xff\xff\xff\1\0\0\0"),
         STATUS_FORMAT, "CPU profile: sample 1 is cut short"},
        {"Java heap of no objects",
         STR_INIT("--- heapz 1 ---\nformat = java\nresolution = bytes\n 5  0 @ 0x1\n"),
         STATUS_FORMAT, "Java profile: line 4: count is zero"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct profile profile = {.period = 77};
        print_message("%s\n", cases[i].name);
        assert_fails(profile_decode(&profile, *state, bytes_of_str(cases[i].data), &err),
                     cases[i].status, &err, cases[i].error);
        assert_true(profile.period == 77);
    }
}

static struct profile load(struct arena *arena, const char *path)
{
    struct err err = {0};
    struct bytes data = {0};
    struct profile profile = {0};
    assert_ok(io_read_file(&data, arena, str_from(path), PROFILE_PACKED_BYTES_MAX, &err), &err);
    assert_ok(profile_decode(&profile, arena, data, &err), &err);
    return profile;
}

/* Bytes allocated by samples whose leaf is a function of package main. */
static int64_t leaf_bytes(const struct profile *profile, const char *function)
{
    int type = profile_type_index(profile, "alloc_space");
    int64_t total = 0;
    assert_true(type >= 0);
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        if (sample->location_count == 0)
            continue;
        const struct profile_location *leaf = &profile->locations[sample->locations[0]];
        if (leaf->line_count &&
            str_equal_text(profile->functions[leaf->lines[0].function].name, function))
            total += sample->values[type];
    }
    return total;
}

/*
 * Written by tests/oracle/heapgen at rate 1, where both forms are exact.
 * Sizes are those of Go 1.26: 50 buffers of 4096 and 20 of 106,496 (the
 * size class of 100,000 bytes), and 12 strings of 1008 bytes by recursion.
 */
static void profile_text_and_proto_of_one_heap_agree(void **state)
{
    static const char *const functions[] = {"main.keep", "main.fill", "main.recurse"};
    struct profile proto = load(*state, "corpus/data/go1.26_rate1.pb.gz");
    struct profile text = load(*state, "corpus/data/go1.26_rate1_debug1.txt");
    assert_true(proto.period == 1 && text.period == 1);
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        print_message("%s\n", functions[i]);
        assert_true(leaf_bytes(&proto, functions[i]) > 10000);
        assert_true(leaf_bytes(&proto, functions[i]) == leaf_bytes(&text, functions[i]));
    }
}

/* The frames that Go does not show stay in front of the leaf: the last one is what it calls. */
static void frames_that_go_does_not_show_are_kept_apart(void **state)
{
    static const struct str text = STR_INIT("heap profile: 2: 96 [2: 96] @ heap/2\n"
                                            "2: 96 [2: 96] @ 0x11 0x21 0x31 0x41\n"
                                            "#\t0x30\tmain.main+0x1\t/src/main.go:21\n\n"
                                            "2: 96 [2: 96] @ 0x31 0x41\n"
                                            "#\t0x30\tmain.main+0x1\t/src/main.go:21\n\n"
                                            "2: 96 [2: 96] @ 0x11 0x41\n");
    static const uint64_t hidden[] = {0x10, 0x20};
    struct err err = {0};
    struct profile profile = {0};
    assert_ok(profile_decode(&profile, *state, bytes_of_str(text), &err), &err);
    const struct profile_sample *sample = &profile.samples[0];
    assert_int_equal(sample->location_count, 1);
    assert_int_equal(sample->hidden_count, ARRAY_LEN(hidden));
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        const uint32_t *location = sample->locations - sample->hidden_count + i;
        assert_true(profile.locations[*location].address == hidden[i]);
    }
    assert_int_equal(profile.samples[1].hidden_count, 0);
    assert_int_equal(profile.samples[2].hidden_count, 0);
    assert_int_equal(profile.samples[2].location_count, 2);
}

static void profile_totals_and_types_are_found_by_name(void **state)
{
    struct profile profile = load(*state, "corpus/data/go1.26_rate1.pb.gz");
    assert_int_equal(profile_type_index(&profile, "alloc_objects"), 0);
    assert_int_equal(profile_type_index(&profile, "inuse_space"), 3);
    assert_int_equal(profile_type_index(&profile, "cpu"), -1);
}

/* A delta profile of Go: memory that was freed between its two ends. */
static void profile_keeps_negative_values_of_deltas(void **state)
{
    struct profile profile = load(*state, "corpus/data/go1.19_http_heap_delta_negative.pb.gz");
    size_t negative = 0;
    for (size_t i = 0; i < profile.sample_count; i++)
        negative += profile.samples[i].values[3] < 0;
    assert_true(negative > 0);
}

/* Members of 65,536 zeros, 96 bytes each: more than 256 MiB in 384 KiB. */
static void profile_stops_a_bomb_at_the_limit(void **state)
{
    enum { MEMBERS = PROFILE_BYTES_MAX / 65536 + 1, MEMBER_BYTES = 96 };
    static const uint8_t head[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
                                   0x02, 0x03, 0xed, 0xc1, 0x01, 0x01, 0x00, 0x00,
                                   0x00, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08, 0x0a};
    static const uint8_t tail[] = {0x6a, 0xeb, 0x8e, 0x97, 0xd7, 0x00, 0x00, 0x01, 0x00};
    struct buf bomb;
    struct err err = {0};
    struct profile profile = {0};
    buf_init(&bomb, (size_t)MEMBERS * MEMBER_BYTES);
    for (int i = 0; i < MEMBERS; i++) {
        buf_append(&bomb, head, sizeof(head));
        buf_repeat(&bomb, '\0', MEMBER_BYTES - sizeof(head) - sizeof(tail));
        buf_append(&bomb, tail, sizeof(tail));
    }
    assert_fails(profile_decode(&profile, *state, bytes_of_str(buf_view(&bomb)), &err),
                 STATUS_LIMIT, &err, "inflates past 256 MiB");
    buf_release(&bomb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(profile_reads_the_legacy_formats, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(profile_refuses_what_is_none, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(profile_text_and_proto_of_one_heap_agree, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(frames_that_go_does_not_show_are_kept_apart, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(profile_totals_and_types_are_found_by_name, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(profile_keeps_negative_values_of_deltas, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(profile_stops_a_bomb_at_the_limit, take_arena, give_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
