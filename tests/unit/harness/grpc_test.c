#include "gate/harness/load/grpc.h"

#include "tests/support/check.h"

struct header {
    const char *name;
    const char *value;
};

/* Bodies by hand, from the grammar Length-Prefixed-Message of the protocol's description. */
static const struct grpc_case {
    const char *name;
    const char *body;
    size_t body_len;
    struct header headers[3];
    const char *want; /* NULL: the error below */
    size_t want_len;
    uint32_t want_status;
    const char *error;
} grpc_cases[] = {
    {"a message", "\0\0\0\0\2hi", 7, {{"grpc-status", "0"}}, "hi", 2, 0, NULL},
    {"an empty message", "\0\0\0\0\0", 5, {{"grpc-status", "0"}}, "", 0, 0, NULL},
    {"a message of zeros", "\0\0\0\0\3\0\0\0", 8, {{"grpc-status", "0"}}, "\0\0\0", 3, 0, NULL},
    {"an error without a message",
     "",
     0,
     {{"grpc-status", "14"}, {"grpc-message", "try%20again"}},
     "",
     0,
     14,
     NULL},
    {"an error behind a message", "\0\0\0\0\1x", 6, {{"grpc-status", "13"}}, "x", 1, 13, NULL},
    {"other headers",
     "\0\0\0\0\1x",
     6,
     {{"content-type", "application/grpc"}, {"grpc-encoding", "identity"}, {"grpc-status", "0"}},
     "x",
     1,
     0,
     NULL},
    {"no status", "\0\0\0\0\1x", 6, {{"x", "y"}}, NULL, 0, 0, "no grpc-status"},
    {"a status that is none", "", 0, {{"grpc-status", "OK"}}, NULL, 0, 0, "not a number"},
    {"a status beyond 32 bits", "", 0, {{"grpc-status", "4294967296"}}, NULL, 0, 0, "not a number"},
    {"two statuses",
     "",
     0,
     {{"grpc-status", "0"}, {"grpc-status", "5"}},
     NULL,
     0,
     0,
     "two different grpc-status"},
    {"status 0 without a message", "", 0, {{"grpc-status", "0"}}, NULL, 0, 0, "no message"},
    {"a cut prefix", "\0\0\0", 3, {{"grpc-status", "0"}}, NULL, 0, 0, "middle of a message"},
    {"a cut message", "\0\0\0\0\3hi", 7, {{"grpc-status", "0"}}, NULL, 0, 0, "middle of a message"},
    {"two messages",
     "\0\0\0\0\1a\0\0\0\0\1b",
     12,
     {{"grpc-status", "0"}},
     NULL,
     0,
     0,
     "more than one message"},
    {"compressed", "\1\0\0\0\1x", 6, {{"grpc-status", "0"}}, NULL, 0, 0, "compressed"},
    {"compressed by its header", "", 0, {{"grpc-encoding", "gzip"}}, NULL, 0, 0, "compressed"},
    {"a length of four bytes", "\0\1\2\3\4x", 6, {{"grpc-status", "0"}}, NULL, 0, 0, "middle of"},
};

static enum status read_all(struct grpc_reader *reader, const struct grpc_case *row, size_t step,
                            struct buf *keep, struct err *err)
{
    uint64_t bytes = 0;
    grpc_reader_init(reader);
    if (grpc_read_header(reader, STR("content-type"), STR("application/grpc"), err))
        return err->status;
    for (size_t at = 0; at < row->body_len; at += step) {
        struct str body = {row->body, row->body_len};
        if (grpc_feed(reader, bytes_of_str(str_slice(body, at, at + step)), keep, &bytes, err))
            return err->status;
    }
    assert_int_equal(bytes, keep->len);
    for (size_t i = 0; i < ARRAY_LEN(row->headers) && row->headers[i].name; i++) {
        if (grpc_read_trailer(reader, str_from(row->headers[i].name),
                              str_from(row->headers[i].value), err))
            return err->status;
    }
    return grpc_end(reader, err);
}

static void check_case(const struct grpc_case *row, size_t step)
{
    struct grpc_reader reader;
    struct err err = {0};
    struct buf keep;
    buf_init(&keep, 1024);
    print_message("%s, %zu bytes at a time\n", row->name, step);
    if (row->want) {
        assert_ok(read_all(&reader, row, step, &keep, &err), &err);
        assert_true(str_equal(buf_view(&keep), (struct str){row->want, row->want_len}));
        assert_int_equal(reader.status, row->want_status);
    } else {
        assert_fails(read_all(&reader, row, step, &keep, &err), STATUS_CHILD, &err, row->error);
    }
    buf_release(&keep);
}

static void an_answer_is_read_in_any_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(grpc_cases); i++) {
        check_case(&grpc_cases[i], 1);
        check_case(&grpc_cases[i], 4);
        check_case(&grpc_cases[i], 64);
    }
}

static const struct {
    const char *type;
    bool is_grpc;
} type_cases[] = {
    {"application/grpc", true},       {"application/grpc+proto", true},
    {"application/grpc; a=b", true},  {"Application/GRPC", true},
    {"application/grpc-web", false},  {"application/grp", false},
    {"application/grpcx", false},     {"text/plain", false},
    {"text/application/grpc", false}, {"", false},
};

static void an_answer_needs_the_type_of_grpc(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(type_cases); i++) {
        struct grpc_reader reader;
        struct err err = {0};
        print_message("%s\n", type_cases[i].type);
        grpc_reader_init(&reader);
        assert_ok(
            grpc_read_header(&reader, STR("content-type"), str_from(type_cases[i].type), &err),
            &err);
        assert_ok(grpc_read_trailer(&reader, STR("grpc-status"), STR("5"), &err), &err);
        if (type_cases[i].is_grpc) {
            assert_ok(grpc_end(&reader, &err), &err);
        } else {
            assert_fails(grpc_end(&reader, &err), STATUS_CHILD, &err,
                         "no content-type application/grpc");
        }
    }
}

static void the_outcome_stands_in_trailers_alone(void **state)
{
    struct grpc_reader reader;
    struct err err = {0};
    (void)state;
    grpc_reader_init(&reader);
    assert_ok(grpc_read_header(&reader, STR("content-type"), STR("application/grpc"), &err), &err);
    assert_ok(grpc_read_header(&reader, STR("grpc-status"), STR("0"), &err), &err);
    assert_fails(grpc_end(&reader, &err), STATUS_CHILD, &err, "no grpc-status");
}

static void a_long_reason_is_cut(void **state)
{
    struct grpc_reader reader;
    struct err err = {0};
    char text[2 * GRPC_REASON_BYTES_MAX];
    (void)state;
    memset(text, 'x', sizeof(text));
    grpc_reader_init(&reader);
    assert_ok(
        grpc_read_trailer(&reader, STR("grpc-message"), (struct str){text, sizeof(text)}, &err),
        &err);
    assert_int_equal(strlen(reader.reason), GRPC_REASON_BYTES_MAX - 1);
}

static void the_prefix_holds_the_length_in_network_order(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 64);
    grpc_write_prefix(&buf, 0x01020304);
    assert_true(str_equal(buf_view(&buf), (struct str){"\0\1\2\3\4", 5}));
    buf_release(&buf);
}

static void statuses_have_names(void **state)
{
    (void)state;
    assert_string_equal(grpc_status_name(0), "OK");
    assert_string_equal(grpc_status_name(14), "UNAVAILABLE");
    assert_string_equal(grpc_status_name(16), "UNAUTHENTICATED");
    assert_string_equal(grpc_status_name(17), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read_in_any_pieces),
        cmocka_unit_test(an_answer_needs_the_type_of_grpc),
        cmocka_unit_test(the_outcome_stands_in_trailers_alone),
        cmocka_unit_test(a_long_reason_is_cut),
        cmocka_unit_test(the_prefix_holds_the_length_in_network_order),
        cmocka_unit_test(statuses_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
