#include "gate/harness/load/response.h"

#include "gate/base/buf.h"
#include "tests/support/check.h"

enum feeding { WHOLE, BYTEWISE };

/* Feeds all of text; *used counts up to the end of the response. */
static enum status feed(struct response *response, struct str text, enum feeding feeding,
                        size_t *used, struct err *err)
{
    size_t step = feeding == WHOLE ? text.len : 1;
    *used = 0;
    for (size_t at = 0; at < text.len && !response_done(response); at += step) {
        size_t part = 0;
        enum status status =
            response_feed(response, bytes_of_str(str_slice(text, at, at + step)), &part, err);
        if (status)
            return status;
        *used += part;
    }
    return STATUS_OK;
}

struct good_case {
    const char *name;
    const char *text;
    uint64_t body_bytes;
    size_t left; /* bytes after the end */
    uint16_t status;
    bool head_request;
    bool keep_alive;
};

static const struct good_case good_cases[] = {
    {"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 5, 0, 200, false, true},
    {"length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, 0, 200, false, true},
    {"same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nok", 2,
     0, 200, false, true},
    {"more bytes behind", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1", 2, 8, 200,
     false, true},
    {"no reason", "HTTP/1.1 201\r\nContent-Length: 0\r\n\r\n", 0, 0, 201, false, true},
    {"no content", "HTTP/1.1 204 No Content\r\n\r\n", 0, 0, 204, false, true},
    {"not modified with a length", "HTTP/1.1 304 NM\r\nContent-Length: 9\r\n\r\n", 0, 0, 304, false,
     true},
    {"answer to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 0, 0, 200, true, true},
    {"close", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: x, Close\r\n\r\n.", 1, 0, 200,
     false, false},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n.", 1, 0, 200, false, false},
    {"chunks",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n"
     "0\r\n\r\n",
     15, 0, 200, false, true},
    {"trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n", 0, 0,
     200, false, true},
    {"interim answers",
     "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
     "HTTP/1.1 404 NF\r\nContent-Length: 1\r\n\r\n.",
     1, 0, 404, false, true},
    {"empty header value", "HTTP/1.1 200 OK\r\nX:\r\nContent-Length:\t1 \r\n\r\n.", 1, 0, 200,
     false, true},
};

static void good_answers_are_read_in_any_pieces(void **state)
{
    (void)state;
    static struct response response;
    for (size_t i = 0; i < 2 * ARRAY_LEN(good_cases); i++) {
        const struct good_case *row = &good_cases[i / 2];
        struct err err = {0};
        struct str text = str_from(row->text);
        size_t used = 0;
        print_message("%s\n", row->name);
        response_init(&response, row->head_request);
        assert_ok(feed(&response, text, i % 2 ? BYTEWISE : WHOLE, &used, &err), &err);
        assert_true(response_done(&response));
        assert_int_equal(response.status, row->status);
        assert_int_equal(response.body_bytes, row->body_bytes);
        assert_int_equal(response.keep_alive, row->keep_alive);
        assert_int_equal(text.len - used, row->left);
    }
}

struct bad_case {
    const char *name;
    const char *text;
    const char *message;
};

#define OK_HEAD   "HTTP/1.1 200 OK\r\n"
#define CHUNKED   OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define STATUS_NO "answer does not start with an HTTP/1.1 status line"

static const struct bad_case bad_cases[] = {
    {"HTTP/2 preface", "PRI * HTTP/2.0\r\n", STATUS_NO},
    {"HTTP/2 status", "HTTP/2 200 OK\r\n", STATUS_NO},
    {"short status", "HTTP/1.1 20\r\n", STATUS_NO},
    {"long status", "HTTP/1.1 2000\r\n", STATUS_NO},
    {"status 000", "HTTP/1.1 000 x\r\n", STATUS_NO},
    {"signed status", "HTTP/1.1 +20 x\r\n", STATUS_NO},
    {"empty line", "\r\n", STATUS_NO},
    {"bare LF", "HTTP/1.1 200 OK\n", "does not end in CRLF"},
    {"lone CR", "HTTP/1.1 200 OK\rX\r\n", "CR or NUL"},
    {"folding", OK_HEAD "X: a\r\n b\r\n", "folds a header"},
    {"blank before colon", OK_HEAD "Content-Length : 1\r\n", "without a name"},
    {"no colon", OK_HEAD "Content-Length\r\n", "without a name"},
    {"no name", OK_HEAD ": x\r\n", "without a name"},
    {"two lengths", OK_HEAD "Content-Length: 1\r\nContent-Length: 2\r\n", "two different"},
    {"list of lengths", OK_HEAD "Content-Length: 1, 1\r\n", "not a number"},
    {"negative length", OK_HEAD "Content-Length: -1\r\n", "not a number"},
    {"hex length", OK_HEAD "Content-Length: 0x10\r\n", "not a number"},
    {"overflowing length", OK_HEAD "Content-Length: 18446744073709551616\r\n", "not a number"},
    {"huge length", OK_HEAD "Content-Length: 16777217\r\n\r\n", "larger than 16777216"},
    {"length and chunks", OK_HEAD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
     "both Content-Length and"},
    {"gzip coding", OK_HEAD "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding other"},
    {"chunked twice", OK_HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
     "Transfer-Encoding other"},
    {"no length", OK_HEAD "\r\n", "has no length"},
    {"switching protocols", "HTTP/1.1 101 SP\r\n\r\n", "switches protocols"},
    {"chunk size letters", CHUNKED "xyz\r\n", "not a hexadecimal"},
    {"chunk size empty", CHUNKED "\r\n", "not a hexadecimal"},
    {"chunk size signed", CHUNKED "+1\r\n", "not a hexadecimal"},
    {"chunk size 0x", CHUNKED "0x1\r\n", "not a hexadecimal"},
    {"chunk size control byte", CHUNKED "\x11\r\n", "not a hexadecimal"},
    {"chunk size 2^64-1", CHUNKED "ffffffffffffffff\r\n", "chunk is larger"},
    {"chunk size wraps", CHUNKED "10000000000000001\r\n", "chunk is larger"},
    {"chunk longer than its size", CHUNKED "1\r\nab\r\n", "longer than its size"},
    {"chunk end without CR", CHUNKED "1\r\na\n", "does not end in CRLF"},
    {"trailer folded", CHUNKED "0\r\n x\r\n", "folds a header"},
};

static void broken_answers_are_refused_in_any_pieces(void **state)
{
    (void)state;
    static struct response response;
    for (size_t i = 0; i < 2 * ARRAY_LEN(bad_cases); i++) {
        const struct bad_case *row = &bad_cases[i / 2];
        struct err err = {0};
        size_t used = 0;
        print_message("%s\n", row->name);
        response_init(&response, false);
        assert_fails(feed(&response, str_from(row->text), i % 2 ? BYTEWISE : WHOLE, &used, &err),
                     STATUS_CHILD, &err, row->message);
    }
}

static void a_nul_in_a_header_is_refused(void **state)
{
    (void)state;
    static struct response response;
    struct err err = {0};
    size_t used = 0;
    response_init(&response, false);
    assert_fails(feed(&response, STR(OK_HEAD "X: a\0b\r\n"), WHOLE, &used, &err), STATUS_CHILD,
                 &err, "CR or NUL");
}

struct repeat_case {
    const char *name;
    const char *start;
    const char *part;
    size_t count; /* of part that is too many; one less still passes */
    const char *message;
};

static const struct repeat_case repeat_cases[] = {
    {"17 interim answers", "", "HTTP/1.1 100 Continue\r\n\r\n", 17, "more than 16 interim"},
    {"257 headers", OK_HEAD, "X: y\r\n", 257, "more than 256 headers"},
    /* 17 bytes of status line, then lines of 1,000: 65 of them are 65,017 of 65,536. */
    {"64 KiB of head", OK_HEAD, "X: %0995d\r\n", 66, "head is larger than 65536"},
    {"one endless header", OK_HEAD "X: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0", 164,
     "header line longer than 8192"},
    {"16 MiB in chunks", CHUNKED, "100000\r\n%01048576d\r\n", 17, "body is larger than 16777216"},
    {"endless chunk extension", CHUNKED "1;", "aaaaaaaaaa", 52, "longer than 512 bytes"},
    {"256 trailers after one header", CHUNKED "0\r\n", "X: y\r\n", 256, "more than 256 headers"},
};

static void what_repeats_is_counted_against_a_limit(void **state)
{
    (void)state;
    static struct response response;
    for (size_t i = 0; i < ARRAY_LEN(repeat_cases); i++) {
        const struct repeat_case *row = &repeat_cases[i];
        struct err err = {0};
        struct buf part;
        size_t used = 0;
        print_message("%s\n", row->name);
        buf_init(&part, BUF_TEXT_BYTES_MAX);
        const char *zeros = strstr(row->part, "%0");
        buf_append(&part, row->part, zeros ? (size_t)(zeros - row->part) : strlen(row->part));
        if (zeros) {
            buf_repeat(&part, '0', (size_t)strtoul(zeros + 2, NULL, 10));
            buf_text(&part, strchr(zeros, 'd') + 1);
        }
        response_init(&response, false);
        assert_ok(feed(&response, str_from(row->start), WHOLE, &used, &err), &err);
        for (size_t count = 1; count < row->count; count++)
            assert_ok(feed(&response, buf_view(&part), WHOLE, &used, &err), &err);
        assert_fails(feed(&response, buf_view(&part), WHOLE, &used, &err), STATUS_CHILD, &err,
                     row->message);
        buf_release(&part);
    }
}

struct close_case {
    const char *name;
    const char *text;
    const char *message; /* NULL: the close completes the answer */
};

static const struct close_case close_cases[] = {
    {"until close", "HTTP/1.0 200 OK\r\n\r\nbody", NULL},
    {"announced close", OK_HEAD "Connection: close\r\n\r\nbody", NULL},
    {"before anything", "", "connection closed before the answer"},
    {"in the status line", "HTTP/1.1", "closed before the answer"},
    {"in the headers", OK_HEAD "Content-Le", "in the middle of the headers"},
    {"in the body", OK_HEAD "Content-Length: 5\r\n\r\nhell", "before the end of the body"},
    {"between chunks", CHUNKED "1\r\na\r\n", "before the last chunk"},
    {"in a chunk", CHUNKED "5\r\na", "in the middle of a chunk"},
    {"in the trailers", CHUNKED "0\r\n", "in the middle of the trailers"},
};

static void check_close(const struct close_case *row)
{
    static struct response response;
    struct err err = {0};
    size_t used = 0;
    response_init(&response, false);
    assert_ok(feed(&response, str_from(row->text), WHOLE, &used, &err), &err);
    enum status status = response_close(&response, &err);
    assert_int_equal(status, row->message ? STATUS_CHILD : STATUS_OK);
    assert_int_equal(response_done(&response), row->message == NULL);
    if (row->message)
        assert_non_null(strstr(err.text, row->message));
}

static void an_early_close_says_where_it_happened(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(close_cases); i++) {
        print_message("%s\n", close_cases[i].name);
        check_close(&close_cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_answers_are_read_in_any_pieces),
        cmocka_unit_test(broken_answers_are_refused_in_any_pieces),
        cmocka_unit_test(a_nul_in_a_header_is_refused),
        cmocka_unit_test(what_repeats_is_counted_against_a_limit),
        cmocka_unit_test(an_early_close_says_where_it_happened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
