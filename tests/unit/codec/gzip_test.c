#include "gate/codec/gzip.h"

#include "gate/base/buf.h"
#include "tests/support/check.h"

/* gzip of "hello, gate\n", of nothing and of 65,536 zeros, as Python's gzip module packs them. */
static const uint8_t hello[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb,
                                0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0x48, 0x4f, 0x2c, 0x49, 0xe5,
                                0x02, 0x00, 0x2f, 0x19, 0xd1, 0x00, 0x0c, 0x00, 0x00, 0x00};
static const uint8_t nothing[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                  0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
static const uint8_t zeros_head[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
                                     0x02, 0x03, 0xed, 0xc1, 0x01, 0x01, 0x00, 0x00,
                                     0x00, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08, 0x0a};
static const uint8_t zeros_tail[] = {0x6a, 0xeb, 0x8e, 0x97, 0xd7, 0x00, 0x00, 0x01, 0x00};
enum { ZEROS_PACKED_BYTES = 96, ZEROS_BYTES = 65536 };

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

static struct bytes zeros(struct arena *arena)
{
    uint8_t *data = arena_alloc(arena, ZEROS_PACKED_BYTES, 1);
    memcpy(data, zeros_head, sizeof(zeros_head));
    memcpy(data + ZEROS_PACKED_BYTES - sizeof(zeros_tail), zeros_tail, sizeof(zeros_tail));
    return (struct bytes){data, ZEROS_PACKED_BYTES};
}

static struct bytes join(struct arena *arena, struct bytes a, struct bytes b)
{
    uint8_t *data = arena_alloc(arena, a.len + b.len, 1);
    memcpy(data, a.data, a.len);
    memcpy(data + a.len, b.data, b.len);
    return (struct bytes){data, a.len + b.len};
}

static void gzip_unpacks_what_another_packer_wrote(void **state)
{
    struct err err = {0};
    struct bytes out = {0};
    assert_ok(gzip_unpack(&out, *state, (struct bytes){hello, sizeof(hello)}, 100, &err), &err);
    assert_str(str_of_bytes(out), "hello, gate\n");
    assert_ok(gzip_unpack(&out, *state, (struct bytes){nothing, sizeof(nothing)}, 100, &err), &err);
    assert_int_equal(out.len, 0);
}

static void gzip_joins_members(void **state)
{
    struct err err = {0};
    struct bytes out = {0};
    struct bytes one = {hello, sizeof(hello)};
    assert_ok(gzip_unpack(&out, *state, join(*state, one, one), 100, &err), &err);
    assert_str(str_of_bytes(out), "hello, gate\nhello, gate\n");
}

static void gzip_says_where_a_stream_ends_early(void **state)
{
    char want[64];
    for (size_t len = 0; len < sizeof(hello); len++) {
        struct err err = {0};
        struct bytes out = {0};
        (void)snprintf(want, sizeof(want), "gzip stream ends early at byte %zu", len);
        assert_fails(gzip_unpack(&out, *state, (struct bytes){hello, len}, 100, &err),
                     STATUS_FORMAT, &err, want);
        assert_null(out.data);
    }
}

static void gzip_refuses_damage_and_strangers(void **state)
{
    struct err err = {0};
    struct bytes out = {0};
    uint8_t flipped[sizeof(hello)];
    memcpy(flipped, hello, sizeof(hello));
    flipped[sizeof(hello) - 6] ^= 1; /* in the checksum */
    assert_fails(gzip_unpack(&out, *state, (struct bytes){flipped, sizeof(flipped)}, 100, &err),
                 STATUS_FORMAT, &err, "incorrect data check");
    struct bytes tail = bytes_of_str(STR("garbage after the stream"));
    struct bytes glued = join(*state, (struct bytes){hello, sizeof(hello)}, tail);
    assert_fails(gzip_unpack(&out, *state, glued, 100, &err), STATUS_FORMAT, &err,
                 "gzip stream is damaged at byte 3");
    assert_fails(gzip_unpack(&out, *state, tail, 100, &err), STATUS_FORMAT, &err,
                 "incorrect header check");
}

static void gzip_stops_at_the_limit(void **state)
{
    struct err err = {0};
    struct bytes out = {0};
    struct bytes packed = zeros(*state);
    assert_ok(gzip_unpack(&out, *state, packed, ZEROS_BYTES, &err), &err);
    assert_int_equal(out.len, ZEROS_BYTES);
    assert_fails(gzip_unpack(&out, *state, packed, ZEROS_BYTES - 1, &err), STATUS_LIMIT, &err,
                 "inflates past 65535 bytes");
}

/* 32 MiB in 48 KiB: refused after one MiB was inflated. */
static void gzip_names_the_limit_of_a_bomb(void **state)
{
    enum { MEMBERS = 512, MIB = 1024 * 1024 };
    struct buf bomb;
    struct bytes one = zeros(*state);
    struct err err = {0};
    struct bytes out = {0};
    buf_init(&bomb, (size_t)MEMBERS * ZEROS_PACKED_BYTES);
    for (int i = 0; i < MEMBERS; i++)
        buf_append(&bomb, one.data, one.len);
    assert_fails(gzip_unpack(&out, *state, bytes_of_str(buf_view(&bomb)), MIB, &err), STATUS_LIMIT,
                 &err, "inflates past 1 MiB");
    buf_release(&bomb);
}

static void gzip_is_told_by_its_first_bytes(void **state)
{
    (void)state;
    assert_true(gzip_is_packed((struct bytes){hello, 2}));
    assert_false(gzip_is_packed((struct bytes){hello, 1}));
    assert_false(gzip_is_packed((struct bytes){hello + 1, 5}));
    assert_false(gzip_is_packed((struct bytes){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gzip_unpacks_what_another_packer_wrote, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(gzip_joins_members, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(gzip_says_where_a_stream_ends_early, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(gzip_refuses_damage_and_strangers, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(gzip_stops_at_the_limit, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(gzip_names_the_limit_of_a_bomb, take_arena, give_arena),
        cmocka_unit_test(gzip_is_told_by_its_first_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
