#include "gate/codec/wire.h"

#include "tests/support/check.h"

#define BYTES(...) {(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})}

static const struct varint_case {
    const char *name;
    struct bytes data;
    const char *error; /* NULL: it is read */
    uint64_t want;
    size_t consumed;
} varint_cases[] = {
    {"zero", BYTES(0x00), NULL, 0, 1},
    {"largest of one byte", BYTES(0x7f), NULL, 127, 1},
    {"stops at its last byte", BYTES(0xac, 0x02, 0x7f), NULL, 300, 2},
    {"padded with zero groups", BYTES(0x81, 0x80, 0x00), NULL, 1, 3},
    {"2^64-1", BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), NULL, UINT64_MAX,
     10},
    {"2^64", BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02),
     "byte 0: varint is longer than 64 bits", 0, 0},
    {"eleven bytes", BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00),
     "byte 0: varint is longer than 64 bits", 0, 0},
    {"cut short", BYTES(0x80), "byte 0: varint is cut short", 0, 0},
    {"nothing there", {NULL, 0}, "byte 0: varint is cut short", 0, 0},
};

static void check_varint(const struct varint_case *row)
{
    struct err err = {0};
    struct wire wire = wire_open(row->data);
    uint64_t value = 77;
    enum status status = wire_varint(&wire, &value, &err);
    assert_int_equal(status, row->error ? STATUS_FORMAT : STATUS_OK);
    assert_true(value == (row->error ? 77 : row->want));
    assert_int_equal(wire.at - wire.start, row->consumed);
    assert_string_equal(err.text, row->error ? row->error : "");
}

static void wire_reads_varints(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(varint_cases); i++) {
        print_message("%s\n", varint_cases[i].name);
        check_varint(&varint_cases[i]);
    }
}

static void wire_reads_fields_of_every_type(void **state)
{
    (void)state;
    const struct bytes data =
        BYTES(0x08, 0x96, 0x01, 0x12, 0x03, 'a', 'b', 'c', 0x1d, 1, 0, 0, 0x80, 0x21, 2, 0, 0, 0, 0,
              0, 0, 0x80, 0xfa, 0xff, 0xff, 0xff, 0x0f, 0x00);
    struct err err = {0};
    struct wire wire = wire_open(data);
    struct wire_field field = {0};
    assert_ok(wire_next(&wire, &field, &err), &err);
    assert_true(field.number == 1 && field.type == WIRE_VARINT && field.value == 150);
    assert_ok(wire_next(&wire, &field, &err), &err);
    assert_true(field.number == 2 && field.type == WIRE_BYTES);
    assert_str(str_of_bytes(field.bytes), "abc");
    assert_ok(wire_next(&wire, &field, &err), &err);
    assert_true(field.number == 3 && field.type == WIRE_FIXED32 && field.value == 0x80000001);
    assert_ok(wire_next(&wire, &field, &err), &err);
    assert_true(field.number == 4 && field.type == WIRE_FIXED64 &&
                field.value == 0x8000000000000002);
    assert_ok(wire_next(&wire, &field, &err), &err);
    assert_true(field.number == (1U << 29) - 1 && field.bytes.len == 0);
    assert_true(wire_at_end(&wire));
}

static void wire_refuses_broken_fields(void **state)
{
    (void)state;
    const struct {
        const char *name;
        struct bytes data;
        const char *error;
    } cases[] = {
        {"field number 0", BYTES(0x00, 0x00), "byte 0: field number is out of range"},
        {"field number 2^29", BYTES(0x80, 0x80, 0x80, 0x80, 0x10, 0x00), "field number"},
        {"start of a group", BYTES(0x0b), "byte 0: groups"},
        {"end of a group", BYTES(0x0c), "byte 0: groups"},
        {"wire type 6", BYTES(0x0e), "byte 0: groups"},
        {"wire type 7", BYTES(0x0f), "byte 0: groups"},
        {"tag cut short", BYTES(0x88), "byte 0: varint is cut short"},
        {"value missing", BYTES(0x08), "byte 1: varint is cut short"},
        {"length missing", BYTES(0x0a), "byte 1: varint is cut short"},
        {"length one past the end", BYTES(0x0a, 0x02, 0x00), "byte 2: length passes the end"},
        {"length 2^64-1", BYTES(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
         "byte 11: length passes the end"},
        {"fixed32 of three bytes", BYTES(0x0d, 1, 2, 3), "byte 1: fixed-size number"},
        {"fixed64 of seven bytes", BYTES(0x09, 1, 2, 3, 4, 5, 6, 7), "byte 1: fixed-size number"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct wire wire = wire_open(cases[i].data);
        struct wire_field field;
        print_message("%s\n", cases[i].name);
        assert_fails(wire_next(&wire, &field, &err), STATUS_FORMAT, &err, cases[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_reads_varints),
        cmocka_unit_test(wire_reads_fields_of_every_type),
        cmocka_unit_test(wire_refuses_broken_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
