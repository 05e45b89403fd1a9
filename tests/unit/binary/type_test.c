#include "gate/binary/type.h"

#include "tests/support/check.h"

/* One descriptor at 0x10 whose name is at 0x60; the flags say what the text begins with. */
enum { TYPES_ADDRESS = 0x500000, TYPE_AT = 0x10, NAME_AT = 0x60, BYTES = 0x200 };

struct type_bytes {
    uint8_t bytes[BYTES];
};

static struct types types_of(const struct type_bytes *of)
{
    return (struct types){.bytes = {of->bytes, sizeof(of->bytes)}, .address = TYPES_ADDRESS};
}

static void type_put(struct type_bytes *of, unsigned flags, const char *text)
{
    *of = (struct type_bytes){0};
    of->bytes[TYPE_AT] = 8;
    of->bytes[TYPE_AT + 20] = (uint8_t)flags;
    of->bytes[TYPE_AT + 21] = 8;
    of->bytes[TYPE_AT + 23] = 25;
    of->bytes[TYPE_AT + 40] = NAME_AT;
    size_t len = strlen(text);
    /* Two bytes of length whatever it is: the high one may be 0. */
    of->bytes[NAME_AT + 1] = (uint8_t)(len & 0x7f) | 0x80;
    of->bytes[NAME_AT + 2] = (uint8_t)(len >> 7);
    memcpy(of->bytes + NAME_AT + 3, text, len);
}

struct name_case {
    const char *name;
    unsigned flags;
    const char *text;
    const char *want; /* NULL: refused */
};

#define LONG_200                                                                                   \
    "struct { A string \"json:\\\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"    \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\\"\" }"

static const struct name_case name_cases[] = {
    {"plain", 0, "map[string]int", "map[string]int"},
    {"shared with its pointer", 2, "*cart.Item", "cart.Item"},
    {"a pointer", 0, "*cart.Item", "*cart.Item"},
    {"other flags", 5, "*cart.Item", "*cart.Item"},
    {"long", 0, LONG_200, LONG_200},
    {"not ASCII", 0,
     "main.Gr\xc3\xb6\xc3\x9f"
     "e",
     "main.Gr\xc3\xb6\xc3\x9f"
     "e"},
    {"empty", 0, "", NULL},
    {"no star to drop", 2, "cart.Item", NULL},
    {"a star alone", 2, "*", NULL},
    {"control byte", 0, "cart\x01.Item", NULL},
    {"not UTF-8", 0, "cart\xff.Item", NULL},
};

static void names_are_what_reflect_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(name_cases); i++) {
        const struct name_case *test = &name_cases[i];
        print_message("  %s\n", test->name);
        struct type_bytes of;
        struct str name = {0};
        type_put(&of, test->flags, test->text);
        struct types types = types_of(&of);
        assert_int_equal(type_name(&types, TYPES_ADDRESS + TYPE_AT, &name), test->want != NULL);
        if (test->want)
            assert_str(name, test->want);
    }
}

struct damage_case {
    const char *name;
    unsigned at;
    uint8_t value;
};

static const struct damage_case damage_cases[] = {
    {"more pointers than bytes", TYPE_AT + 8, 9},
    {"no alignment", TYPE_AT + 21, 0},
    {"odd alignment", TYPE_AT + 21, 3},
    {"alignment of a page", TYPE_AT + 21, 128},
    {"kind 0", TYPE_AT + 23, 0},
    {"kind 27", TYPE_AT + 23, 27},
    {"name behind the end", TYPE_AT + 41, 0x7f},
    {"name before the start", TYPE_AT + 43, 0xff},
    {"endless length", NAME_AT + 2, 0x80},
    {"length behind the end", NAME_AT + 2, 0x7f},
};

static void what_is_no_descriptor_has_no_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(damage_cases); i++) {
        print_message("  %s\n", damage_cases[i].name);
        struct type_bytes of;
        struct str name = {0};
        type_put(&of, 0, "cart.Item");
        memset(of.bytes + NAME_AT + 3, 0x80, 4 * (damage_cases[i].at == NAME_AT + 2));
        of.bytes[damage_cases[i].at] = damage_cases[i].value;
        struct types types = types_of(&of);
        assert_false(type_name(&types, TYPES_ADDRESS + TYPE_AT, &name));
        assert_null(name.data);
    }
}

static void addresses_outside_have_no_name(void **state)
{
    (void)state;
    static const uint64_t addresses[] = {0, TYPES_ADDRESS - 1, TYPES_ADDRESS + BYTES - 8,
                                         TYPES_ADDRESS + BYTES, UINT64_MAX};
    struct type_bytes of;
    struct str name = {0};
    type_put(&of, 0, "cart.Item");
    struct types types = types_of(&of);
    struct types none = {.address = TYPES_ADDRESS};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        assert_false(type_name(&types, addresses[i], &name));
    assert_false(type_name(&none, TYPES_ADDRESS, &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_what_reflect_says),
        cmocka_unit_test(what_is_no_descriptor_has_no_name),
        cmocka_unit_test(addresses_outside_have_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
