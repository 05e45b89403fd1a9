#include "gate/profile/profile.h"

#include "gate/base/buf.h"
#include "gate/base/map.h"
#include "tests/support/check.h"

/*
 * Parts of a small profile. Strings: 1 space, 2 bytes, 3 main.f, 4 main.go;
 * function 1 is main.f; location 1 is at 0x10 in mapping 1, line 7.
 */
#define TYPE     "\x0a\x04\x08\x01\x10\x02"
#define MAPPING  "\x1a\x08\x08\x01\x10\x10\x18\x20\x28\x04"
#define FUNCTION "\x2a\x06\x08\x01\x10\x03\x20\x04"
#define LOCATION "\x22\x0c\x08\x01\x10\x01\x18\x10\x22\x04\x08\x01\x10\x07"
#define SAMPLE   "\x12\x04\x08\x01\x10\x05"
#define EMPTY    "\x32\x00"
#define NAMES                                                                                      \
    "\x32\x05space\x32\x05"                                                                        \
    "bytes\x32\x06main.f\x32\x07main.go"
#define STRINGS EMPTY NAMES
#define MAX63   "\xff\xff\xff\xff\xff\xff\xff\xff\x7f"
#define MAX64   "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"

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

static enum status decode(struct profile *out, struct arena *arena, struct str data,
                          struct err *err)
{
    return profile_decode(out, arena, bytes_of_str(data), err);
}

static void check_small_profile(const struct profile *profile)
{
    assert_int_equal(profile->type_count, 1);
    assert_str(profile->types[0].type, "space");
    assert_str(profile->types[0].unit, "bytes");
    assert_int_equal(profile->sample_count, 1);
    assert_int_equal(profile->samples[0].location_count, 1);
    assert_true(profile->samples[0].values[0] == 5);
    const struct profile_location *location = &profile->locations[profile->samples[0].locations[0]];
    assert_int_equal(location->address, 0x10);
    assert_str(profile->mappings[location->mapping].file, "main.go");
    assert_int_equal(location->line_count, 1);
    assert_true(location->lines[0].line == 7);
    assert_str(profile->functions[location->lines[0].function].name, "main.f");
    assert_str(profile->functions[location->lines[0].function].filename, "main.go");
    assert_true(profile_total(profile, 0) == 5);
}

static void proto_reads_parts_in_any_order(void **state)
{
    static const struct {
        const char *name;
        struct str data;
    } cases[] = {
        {"as Go writes", STR_INIT(TYPE MAPPING FUNCTION LOCATION SAMPLE STRINGS)},
        {"as google/pprof writes", STR_INIT(TYPE SAMPLE MAPPING LOCATION FUNCTION STRINGS)},
        {"strings first", STR_INIT(STRINGS SAMPLE LOCATION FUNCTION MAPPING TYPE)},
        {"unknown fields between",
         STR_INIT("\xa0\x06\x01" TYPE SAMPLE "\xa2\x06\x02zz" MAPPING LOCATION FUNCTION STRINGS)},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct profile profile = {0};
        print_message("%s\n", cases[i].name);
        assert_ok(decode(&profile, *state, cases[i].data, &err), &err);
        check_small_profile(&profile);
    }
}

static void proto_reads_packed_and_plain_numbers_alike(void **state)
{
    static const struct {
        const char *name;
        struct str data;
    } cases[] = {
        {"plain",
         STR_INIT(TYPE LOCATION MAPPING FUNCTION STRINGS "\x12\x06\x08\x01\x08\x01\x10\x05")},
        {"packed",
         STR_INIT(TYPE LOCATION MAPPING FUNCTION STRINGS "\x12\x07\x0a\x02\x01\x01\x12\x01\x05")},
        {"mixed", STR_INIT(TYPE LOCATION MAPPING FUNCTION STRINGS
                           "\x12\x09\x0a\x01\x01\x0a\x00\x08\x01\x10\x05")},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct profile profile = {0};
        print_message("%s\n", cases[i].name);
        assert_ok(decode(&profile, *state, cases[i].data, &err), &err);
        assert_int_equal(profile.samples[0].location_count, 2);
        assert_true(profile.samples[0].values[0] == 5);
    }
}

static void proto_keeps_ids_of_any_size(void **state)
{
    struct err err = {0};
    struct profile profile = {0};
    /* Location 2^64-1 and function 2^63-1, without mappings. */
    struct str data =
        STR(TYPE "\x2a\x0c\x08" MAX63 "\x10\x03"
                 "\x22\x17\x08" MAX64 "\x22\x0a\x08" MAX63 "\x12\x0d\x08" MAX64 "\x10\x05" STRINGS);
    assert_ok(decode(&profile, *state, data, &err), &err);
    assert_int_equal(profile.samples[0].locations[0], 0);
    assert_str(profile.functions[profile.locations[0].lines[0].function].name, "main.f");
    assert_true(profile.locations[0].mapping == PROFILE_NONE);
}

static void proto_does_not_depend_on_the_hash_seed(void **state)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct err err = {0};
        struct profile profile = {0};
        hash_seed_set(seed * 0x9e3779b97f4a7c15U);
        assert_ok(
            decode(&profile, *state, STR(TYPE SAMPLE MAPPING LOCATION FUNCTION STRINGS), &err),
            &err);
        check_small_profile(&profile);
    }
    hash_seed_set(0);
}

static void proto_keeps_scalars_labels_and_negative_values(void **state)
{
    struct err err = {0};
    struct profile profile = {0};
    /* time 1000, duration 2000, period type space/bytes, period 512, default type "space";
       a sample of -1 with the labels "bytes" = 48 and "space" = "main.f". */
    struct str data =
        STR(TYPE "\x48\xe8\x07\x50\xd0\x0f\x5a\x04\x08\x01\x10\x02\x60\x80\x04\x70\x01"
                 "\x12\x17\x10" MAX64 "\x1a\x04\x08\x02\x18\x30\x1a\x04\x08\x01\x10\x03" STRINGS);
    assert_ok(decode(&profile, *state, data, &err), &err);
    assert_true(profile.time_ns == 1000 && profile.duration_ns == 2000 && profile.period == 512);
    assert_str(profile.period_type.unit, "bytes");
    assert_str(profile.default_type, "space");
    assert_true(profile.samples[0].values[0] == -1);
    assert_true(profile.samples[0].object_bytes == 48);
    assert_int_equal(profile.samples[0].location_count, 0);
    assert_true(profile_total(&profile, 0) == -1);
}

struct hostile {
    const char *name;
    struct str data;
    const char *error;
};

#define TABLES TYPE MAPPING FUNCTION LOCATION STRINGS

static const struct hostile hostile_cases[] = {
    {"varint of 2^64", STR_INIT("\x48\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02" STRINGS),
     "byte 1: varint is longer than 64 bits"},
    {"varint of eleven bytes", STR_INIT("\x48\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01" STRINGS),
     "varint is longer than 64 bits"},
    {"varint cut short", STR_INIT(STRINGS "\x48\x80"), "varint is cut short"},
    {"part longer than the file", STR_INIT(STRINGS "\x12\x7f\x08"), "length passes the end"},
    {"part of 2^64-1 bytes", STR_INIT(STRINGS "\x12" MAX64), "length passes the end"},
    {"line longer than its location", STR_INIT(TYPE FUNCTION "\x22\x04\x08\x01\x22\x7f" STRINGS),
     "location 1: byte 4: length passes the end"},
    {"field 0", STR_INIT(STRINGS "\x00\x00"), "field number is out of range"},
    {"field 0 in a sample", STR_INIT(TABLES "\x12\x06\x08\x01\x10\x05\x00\x00"),
     "sample 1 byte 4: field number is out of range"},
    {"group", STR_INIT(STRINGS "\x0b\x0c"), "groups and unknown wire types"},
    {"wire type 7", STR_INIT(STRINGS "\x0f"), "groups and unknown wire types"},
    {"number where a part belongs", STR_INIT(TABLES "\x10\x05"),
     "sample 1 field 2 has wire type 0, not 2"},
    {"part where a number belongs", STR_INIT(STRINGS "\x4a\x00"), "field 9 has wire type 2, not 0"},
    {"fixed32 id", STR_INIT(TYPE "\x2a\x07\x0d\x01\x00\x00\x00\x10\x03" STRINGS),
     "function 1: field 1 has wire type 5, not 0"},
    {"string of a number", STR_INIT("\x30\x00" STRINGS), "field 6 has wire type 0, not 2"},
    {"no strings", STR_INIT("\x48\x01"), "the table of strings is missing"},
    {"string 0 not empty", STR_INIT(NAMES TYPE), "string 0 is not empty"},
    {"type outside of the strings", STR_INIT("\x0a\x04\x08\x05\x10\x02" STRINGS),
     "sample type 1: string 5 is not in the table of 5"},
    {"negative string", STR_INIT("\x0a\x0d\x08" MAX64 "\x10\x02" STRINGS),
     "sample type 1: string -1 is not in the table of 5"},
    {"string 2^32+1", STR_INIT("\x0a\x08\x08\x81\x80\x80\x80\x10\x10\x02" STRINGS),
     "sample type 1: string 4294967297 is not in the table of 5"},
    {"function name outside of the strings", STR_INIT("\x2a\x04\x08\x01\x10\x63" STRINGS),
     "function 1: string 99 is not in the table of 5"},
    {"mapping file outside of the strings", STR_INIT("\x1a\x04\x08\x01\x28\x63" STRINGS),
     "mapping 1: string 99 is not in the table of 5"},
    {"label key outside of the strings",
     STR_INIT(TABLES "\x12\x08\x10\x05\x1a\x04\x08\x63\x18\x01"), "sample 1 label: string 99"},
    {"label text outside of the strings",
     STR_INIT(TABLES "\x12\x08\x10\x05\x1a\x04\x08\x01\x10\x63"), "sample 1 label: string 99"},
    {"comment outside of the strings", STR_INIT(STRINGS "\x6a\x02\x01\x63"), "comment: string 99"},
    {"default type outside of the strings", STR_INIT(STRINGS "\x70\x63"),
     "default sample type: string 99"},
    {"drop_frames outside of the strings", STR_INIT(STRINGS "\x38\x63"), "field 7: string 99"},
    {"function id 0", STR_INIT("\x2a\x02\x10\x03" STRINGS),
     "function 1: function id 0 is reserved"},
    {"function id twice", STR_INIT(FUNCTION FUNCTION STRINGS),
     "function 2: function id 1 is defined twice"},
    {"mapping id 0", STR_INIT("\x1a\x02\x10\x10" STRINGS), "mapping 1: mapping id 0 is reserved"},
    {"mapping id twice", STR_INIT(MAPPING MAPPING STRINGS),
     "mapping 2: mapping id 1 is defined twice"},
    {"location id 0", STR_INIT("\x22\x02\x18\x10" STRINGS),
     "location 1: location id 0 is reserved"},
    {"location id twice", STR_INIT(FUNCTION MAPPING LOCATION LOCATION STRINGS),
     "location 2: location id 1 is defined twice"},
    {"large location id twice", STR_INIT("\x22\x0b\x08" MAX64 "\x22\x0b\x08" MAX64 STRINGS),
     "location 2: location id 18446744073709551615 is defined twice"},
    {"dangling mapping", STR_INIT(FUNCTION LOCATION STRINGS),
     "location 1: names mapping 1, which is not defined"},
    {"dangling function", STR_INIT(MAPPING LOCATION STRINGS),
     "location 1: names function 1, which is not defined"},
    {"line without a function", STR_INIT("\x22\x06\x08\x01\x22\x02\x10\x07" STRINGS),
     "location 1: names function 0, which is not defined"},
    {"dangling location", STR_INIT(TABLES SAMPLE SAMPLE SAMPLE "\x12\x04\x08\x4d\x10\x05"),
     "sample 4 names location 77, which is not defined"},
    {"location 0 in a sample", STR_INIT(TABLES "\x12\x04\x08\x00\x10\x05"),
     "sample 1 names location 0, which is not defined"},
    {"dangling location in a packed list", STR_INIT(TABLES "\x12\x06\x0a\x02\x01\x02\x10\x05"),
     "sample 1 names location 2, which is not defined"},
    {"too few values", STR_INIT(TYPE TABLES SAMPLE), "sample 1 has 1 values for 2 sample types"},
    {"too many values", STR_INIT(TABLES "\x12\x06\x08\x01\x10\x05\x10\x05"),
     "sample 1 has 2 values for 1 sample types"},
    {"no values", STR_INIT(TABLES "\x12\x02\x08\x01"), "sample 1 has 0 values for 1 sample types"},
    {"values without types", STR_INIT(STRINGS "\x12\x02\x10\x05"),
     "sample 1 has 1 values for 0 sample types"},
    {"samples without types and values", STR_INIT(STRINGS "\x12\x00"),
     "samples without a sample type"},
    {"packed values cut short", STR_INIT(TABLES "\x12\x05\x08\x01\x12\x01\x80"),
     "sample 1 byte 0: varint is cut short"},
    {"total of 2^63", STR_INIT(TABLES "\x12\x0a\x10" MAX63 "\x12\x02\x10\x01"),
     "space total passes 2^63-1"},
    {"total that wraps to -2", STR_INIT(TABLES "\x12\x0a\x10" MAX63 "\x12\x0a\x10" MAX63),
     "space total passes 2^63-1"},
    {"magnitudes that cancel", STR_INIT(TABLES "\x12\x0a\x10" MAX63 "\x12\x0b\x10" MAX64),
     "space total passes 2^63-1"},
    {"the value -2^63", STR_INIT(TABLES "\x12\x0b\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
     "space total passes 2^63-1"},
    {"two profiles glued", STR_INIT(STRINGS "\x48\x01" STRINGS "\x48\x01"),
     "two profiles in one file"},
};

static void proto_refuses_hostile_messages_with_the_place(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(hostile_cases); i++) {
        struct err err = {0};
        struct profile profile = {.period = 77};
        print_message("%s\n", hostile_cases[i].name);
        assert_fails(decode(&profile, *state, hostile_cases[i].data, &err), STATUS_FORMAT, &err,
                     hostile_cases[i].error);
        assert_true(profile.period == 77);
    }
}

static void proto_survives_every_cut(void **state)
{
    struct str whole = STR(TYPE SAMPLE MAPPING LOCATION FUNCTION STRINGS);
    for (size_t len = 0; len < whole.len; len++) {
        struct err err = {0};
        struct profile profile = {0};
        assert_int_not_equal(decode(&profile, *state, str_slice(whole, 0, len), &err), STATUS_OK);
        assert_true(err.text[0] != '\0');
    }
}

static void put_varint(struct buf *buf, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_byte(buf, (char)(value | 0x80));
    buf_byte(buf, (char)value);
}

/* Too many of one piece, at the top or (with a tag) inside one part. */
struct excess {
    const char *name;
    char outer; /* tag of the part that holds the pieces; 0: the file does */
    struct str piece;
    size_t max;
    const char *error;
};

static const struct excess excesses[] = {
    {"sample types", 0, STR_INIT(TYPE), PROFILE_TYPES_MAX, "more than 32 sample types"},
    {"samples", 0, STR_INIT("\x12\x00"), PROFILE_SAMPLES_MAX, "more than 1000000 samples"},
    {"mappings", 0, STR_INIT("\x1a\x00"), PROFILE_MAPPINGS_MAX, "more than 10000 mappings"},
    {"locations", 0, STR_INIT("\x22\x00"), PROFILE_LOCATIONS_MAX, "more than 1000000 locations"},
    {"functions", 0, STR_INIT("\x2a\x00"), PROFILE_FUNCTIONS_MAX, "more than 500000 functions"},
    {"strings", 0, STR_INIT("\x32\x00"), PROFILE_STRINGS_MAX, "more than 2000000 strings"},
    {"frames", '\x12', STR_INIT("\x08\x01"), PROFILE_FRAMES_MAX, "has more than 4096 frames"},
    {"labels", '\x12', STR_INIT("\x1a\x00"), PROFILE_LABELS_MAX, "has more than 256 labels"},
    {"lines", '\x22', STR_INIT("\x22\x02\x08\x01"), PROFILE_LINES_MAX, "has more than 512 lines"},
    {"bytes of a string", '\x32', STR_INIT("x"), PROFILE_STRING_BYTES_MAX,
     "is longer than 65536 bytes"},
};

/* The parts the pieces refer to, then `count` pieces. */
static void build_excess(struct buf *buf, const struct excess *excess, size_t count)
{
    static const struct str tables = STR_INIT(TYPE MAPPING FUNCTION LOCATION STRINGS);
    buf_reset(buf);
    if (excess->outer) {
        buf_str(buf, tables);
        buf_byte(buf, excess->outer);
        put_varint(buf, count * excess->piece.len);
    }
    for (size_t i = 0; i < count; i++)
        buf_str(buf, excess->piece);
}

static void proto_limits_every_count(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    for (size_t i = 0; i < ARRAY_LEN(excesses); i++) {
        struct arena arena;
        struct err err = {0};
        struct profile profile = {0};
        arena_init(&arena);
        print_message("%s\n", excesses[i].name);
        build_excess(&buf, &excesses[i], excesses[i].max + 1);
        assert_fails(decode(&profile, &arena, buf_view(&buf), &err), STATUS_LIMIT, &err,
                     excesses[i].error);
        build_excess(&buf, &excesses[i], excesses[i].max);
        assert_int_not_equal(decode(&profile, &arena, buf_view(&buf), &err), STATUS_LIMIT);
        arena_release(&arena);
    }
    buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(proto_reads_parts_in_any_order, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(proto_reads_packed_and_plain_numbers_alike, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(proto_keeps_ids_of_any_size, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(proto_does_not_depend_on_the_hash_seed, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(proto_keeps_scalars_labels_and_negative_values, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(proto_refuses_hostile_messages_with_the_place, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(proto_survives_every_cut, take_arena, give_arena),
        cmocka_unit_test(proto_limits_every_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
