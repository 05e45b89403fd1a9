#include "gate/harness/load/requests.h"

#include "tests/support/check.h"

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* Beside the request file there is one other, "a.json". */
static enum status read_beside(void *ctx, struct bytes *out, struct arena *into, struct str path,
                               struct err *err)
{
    (void)ctx;
    if (!str_equal_text(path, "a.json"))
        return err_set(err, STATUS_NOT_FOUND, "no such file");
    *out = bytes_of_str(str_copy(into, STR("{k}\0{rand:")));
    return STATUS_OK;
}

static struct requests_source source_of(const char *text)
{
    return (struct requests_source){.name = STR("load.jsonl"),
                                    .text = bytes_of_str(str_from(text)),
                                    .seed = 42,
                                    .read = read_beside};
}

static struct requests parse(const char *text)
{
    struct err err = {0};
    struct requests requests = {0};
    struct requests_source source = source_of(text);
    assert_ok(requests_parse(&requests, &arena, &source, &err), &err);
    return requests;
}

static struct str render(const struct requests *requests, size_t line, uint64_t k)
{
    struct buf buf;
    buf_init(&buf, 4096);
    requests_render(&buf, &requests->lines[line], (struct request_values){42, k, NULL},
                    STR("127.0.0.1:8080"));
    struct str text = str_copy(&arena, buf_view(&buf));
    buf_release(&buf);
    return text;
}

struct render_case {
    const char *name;
    const char *line;
    uint64_t k;
    const char *want;
};

#define HOST "Host: 127.0.0.1:8080\r\nConnection: keep-alive\r\n"

static const struct render_case render_cases[] = {
    {"path alone", "{\"path\":\"/\"}", 0, "GET / HTTP/1.1\r\n" HOST "\r\n"},
    {"a body makes it a POST", "{\"path\":\"/a\",\"body\":\"xyz\"}", 0,
     "POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nxyz"},
    {"an empty body is announced", "{\"path\":\"/a\",\"body\":\"\"}", 0,
     "POST /a HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"},
    {"PUT without a body", "{\"method\":\"PUT\",\"path\":\"/a\"}", 0,
     "PUT /a HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"},
    {"headers in their order", "{\"path\":\"/\",\"header\":{\"X-B\":\" b \",\"X-A\":\"a\"}}", 0,
     "GET / HTTP/1.1\r\n" HOST "X-B: b\r\nX-A: a\r\n\r\n"},
    {"{k} everywhere",
     "{\"path\":\"/{k}/{k}\",\"header\":{\"X-K\":\"{k}\"},\"body\":\"<{k}>{{k}}{k\"}", 1234,
     "POST /1234/1234 HTTP/1.1\r\n" HOST "X-K: 1234\r\nContent-Length: 14\r\n\r\n<1234>{1234}{k"},
    {"{seed} and a range of one", "{\"path\":\"/{seed}?n={rand:7:7}\"}", 3,
     "GET /42?n=7 HTTP/1.1\r\n" HOST "\r\n"},
    {"a target of vegeta",
     "{\"method\":\"PUT\",\"url\":\"http://prod.example:80/a?b#c\","
     "\"header\":{\"X-A\":[\"1\",\"2\"]},\"body\":\"e2t9\"}",
     9, "PUT /a?b HTTP/1.1\r\n" HOST "X-A: 1\r\nX-A: 2\r\nContent-Length: 3\r\n\r\n{k}"},
    {"a body in hexadecimal", "{\"path\":\"/\",\"body_hex\":\"7b6b7D\"}", 3,
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n{k}"},
    {"a body in base64", "{\"path\":\"/\",\"body_base64\":\"e2t9\"}", 3,
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n{k}"},
    {"a target without a path", "{\"method\":\"GET\",\"url\":\"http://x\"}", 0,
     "GET / HTTP/1.1\r\n" HOST "\r\n"},
};

static void a_request_renders_as_http(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(render_cases); i++) {
        const struct render_case *row = &render_cases[i];
        print_message("%s\n", row->name);
        struct requests requests = parse(row->line);
        assert_str(render(&requests, 0, row->k), row->want);
    }
}

struct bad_case {
    const char *name;
    const char *text;
    const char *message;
};

static const struct bad_case bad_cases[] = {
    {"empty file", "", "load.jsonl:1: no requests"},
    {"blank lines only", "\n \n", "load.jsonl:1: no requests"},
    {"not JSON", "{\"path\":\"/\"}\n{\"path\":", "load.jsonl:2: not JSON: "},
    {"a list", "[]", "load.jsonl:1: a request is an object"},
    {"no path", "{\"method\":\"GET\"}", "load.jsonl:1: \"path\" is missing"},
    {"unknown key", "{\"path\":\"/\",\"wieght\":2}",
     "load.jsonl:1: unknown key \"wieght\"; did you mean \"weight\"?"},
    {"far-off key", "{\"path\":\"/\",\"zzzzzzzzzz\":2}", "known: method path"},
    {"relative path", "{\"path\":\"x\"}", "must be a string that starts with \"/\""},
    {"absolute URL", "{\"path\":\"http://169.254.169.254/\"}", "must be a string that starts"},
    {"line break in the path", "{\"path\":\"/a\\r\\nX: y\"}", "control character"},
    {"blank in the path", "{\"path\":\"/a b\"}", "\"path\" holds \" \"; write %20"},
    {"fragment", "{\"path\":\"/a#b\"}", "write %23"},
    {"not ASCII", "{\"path\":\"/\\u00e4\"}", "write %C3"},
    {"blank in the method", "{\"method\":\"GET /x\",\"path\":\"/\"}", "must be an HTTP method"},
    {"empty method", "{\"method\":\"\",\"path\":\"/\"}", "must be an HTTP method"},
    {"tunnel", "{\"method\":\"CONNECT\",\"path\":\"/\"}", "CONNECT is not supported"},
    {"line break in a header", "{\"path\":\"/\",\"header\":{\"A\":\"b\\r\\nC: d\"}}",
     "header \"A\" holds a control character"},
    {"header name with a colon", "{\"path\":\"/\",\"header\":{\"A:\":\"b\"}}",
     "\"A:\" is not a header name"},
    {"host", "{\"path\":\"/\",\"header\":{\"hOST\":\"b\"}}", "\"hOST\" is set by memgate"},
    {"connection", "{\"path\":\"/\",\"header\":{\"Connection\":\"close\"}}", "is set by memgate"},
    {"length", "{\"path\":\"/\",\"header\":{\"Content-Length\":\"1\"}}", "is set by memgate"},
    {"coding", "{\"path\":\"/\",\"header\":{\"Transfer-Encoding\":\"x\"}}", "is set by memgate"},
    {"header of a number", "{\"path\":\"/\",\"header\":{\"A\":1}}",
     "header \"A\" must be a string"},
    {"header list", "{\"path\":\"/\",\"header\":[]}", "\"header\" must be an object"},
    {"range without end", "{\"path\":\"/{rand:1}\"}", "\"{rand:1}\" is not {rand:LOW:HIGH}"},
    {"range that goes down", "{\"path\":\"/\",\"body\":\"{rand:2:1}\"}", "LOW not above HIGH"},
    {"range that is not closed", "{\"path\":\"/{rand:1:2\"}", "is not {rand:LOW:HIGH}"},
    {"body file that is not there", "{\"path\":\"/\",\"body_file\":\"b.json\"}",
     "load.jsonl:1: \"body_file\" b.json: no such file"},
    {"body and body file", "{\"path\":\"/\",\"body\":\"\",\"body_file\":\"a.json\"}",
     "exclude each other"},
    {"body and hexadecimal body", "{\"path\":\"/\",\"body\":\"\",\"body_hex\":\"00\"}",
     "exclude each other"},
    {"half a byte of a body", "{\"path\":\"/\",\"body_hex\":\"0\"}",
     "\"body_hex\" must be pairs of hexadecimal digits"},
    {"body that is no base64", "{\"path\":\"/\",\"body_base64\":\"a\"}",
     "\"body_base64\" must be base64"},
    {"call without a method", "{\"grpc\":\"shop.Orders\"}", "\"grpc\" must be a method such as"},
    {"call of an empty method", "{\"grpc\":\"shop.Orders/\"}", "\"grpc\" must be a method"},
    {"call by its path", "{\"grpc\":\"/shop.Orders/Create\"}", "\"grpc\" must be a method"},
    {"call of a number", "{\"grpc\":1}", "\"grpc\" must be a method"},
    {"call with a blank", "{\"grpc\":\"a b/C\"}", "write %20"},
    {"call that expects a status of HTTP", "{\"grpc\":\"a.B/C\",\"expect\":[200]}",
     "unknown key \"expect\""},
    {"call that expects what there is not", "{\"grpc\":\"a.B/C\",\"expect_grpc\":[17]}",
     "\"expect_grpc\" holds no status code from 0 to 16"},
    {"status of gRPC without a call", "{\"path\":\"/\",\"expect_grpc\":[0]}",
     "unknown key \"expect_grpc\""},
    {"length of half a byte", "{\"path\":\"/\",\"expect_bytes\":1.5}",
     "\"expect_bytes\" must be a whole number"},
    {"hash of another kind", "{\"path\":\"/\",\"expect_sha256\":\"d41d8cd98f00b204\"}",
     "\"expect_sha256\" must be a SHA-256"},
    {"key of ours in a target of vegeta", "{\"url\":\"http://x/\",\"weight\":2}",
     "unknown key \"weight\"; known: method url header body"},
    {"body of a target that is no base64", "{\"url\":\"http://x/\",\"body\":\"a\"}",
     "must be base64"},
    {"entry without a URL", "{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET\"}}]}}",
     "load.jsonl:1: entry 1: an entry has a request"},
    {"archive of nothing", "{\"log\":{\"entries\":[]}}", "load.jsonl:1: no requests"},
    {"body object", "{\"path\":\"/\",\"body\":{}}", "\"body\" must be a string"},
    {"weight zero", "{\"path\":\"/\",\"weight\":0}", "\"weight\" must be a whole number"},
    {"weight too large", "{\"path\":\"/\",\"weight\":1001}", "from 1 to 1000"},
    {"half a weight", "{\"path\":\"/\",\"weight\":1.5}", "\"weight\" must be a whole number"},
    {"expects nothing", "{\"path\":\"/\",\"expect\":[]}", "\"expect\" must be a list"},
    {"expects an interim status", "{\"path\":\"/\",\"expect\":[100]}", "from 200 to 599"},
    {"expects a number", "{\"path\":\"/\",\"expect\":200}", "\"expect\" must be a list"},
};

static void a_bad_request_file_is_refused_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_cases); i++) {
        const struct bad_case *row = &bad_cases[i];
        struct err err = {0};
        struct requests requests = {0};
        print_message("%s\n", row->name);
        struct requests_source source = source_of(row->text);
        assert_fails(requests_parse(&requests, &arena, &source, &err), STATUS_POLICY, &err,
                     row->message);
    }
}

static void defaults_are_get_once_and_200(void **state)
{
    (void)state;
    struct requests requests = parse("\n{\"path\":\"/\"}\r\n\n");
    assert_int_equal(requests.len, 1);
    assert_str(requests.lines[0].method, "GET");
    assert_int_equal(requests.lines[0].weight, 1);
    assert_int_equal(requests.lines[0].expect_len, 0);
}

static void a_body_file_is_sent_as_it_is(void **state)
{
    (void)state;
    struct requests requests = parse("{\"path\":\"/{k}\",\"body_file\":\"a.json\"}");
    struct str want = STR("POST /5 HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n{k}\0{rand:");
    struct str have = render(&requests, 0, 5);
    assert_true(str_equal(have, want));
}

static void a_call_of_grpc_expects_its_own_status(void **state)
{
    (void)state;
    struct requests requests =
        parse("{\"path\":\"/\"}\n{\"grpc\":\"shop.Orders/Create\"}\n"
              "{\"grpc\":\"a.B/C\",\"expect_grpc\":[5,0],\"body_hex\":\"00\"}");
    assert_int_equal(requests.grpc_line, 2);
    assert_false(requests.lines[0].is_grpc);
    assert_true(requests.lines[1].is_grpc);
    assert_str(requests.lines[1].method, "POST");
    assert_str(requests.lines[1].path, "/shop.Orders/Create");
    assert_int_equal(requests.lines[1].expect_len, 1);
    assert_int_equal(requests.lines[1].expect[0], 0);
    assert_int_equal(requests.lines[2].expect_len, 2);
    assert_int_equal(requests.lines[2].expect[0], 5);
    assert_int_equal(parse("{\"path\":\"/\"}").grpc_line, 0);
}

static void what_an_answer_must_be_is_read(void **state)
{
    static const char hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    struct requests requests =
        parse("{\"path\":\"/\",\"expect_bytes\":0,\"expect_sha256\":"
              "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}");
    (void)state;
    assert_true(requests.lines[0].expects_bytes);
    assert_int_equal(requests.lines[0].expect_bytes, 0);
    assert_str(requests.lines[0].expect_sha256, hash);
    assert_false(parse("{\"path\":\"/\"}").lines[0].expects_bytes);
}

/* As browsers write it: pseudo headers, what is about the connection, other hosts. */
static void an_archive_of_a_browser_is_sent_again(void **state)
{
    static const char har[] =
        "{\"log\": {\"version\": \"1.2\", \"entries\": [\n"
        " {\"request\": {\"method\": \"GET\", \"url\": \"https://shop.example/list?p=1\",\n"
        "   \"headers\": [{\"name\": \":authority\", \"value\": \"shop.example\"},\n"
        "    {\"name\": \"Host\", \"value\": \"shop.example\"},\n"
        "    {\"name\": \"Accept\", \"value\": \"*/*\"}]},\n"
        "  \"response\": {\"status\": 304}},\n"
        " {\"request\": {\"method\": \"GET\", \"url\": \"https://cdn.example/x.js\",\n"
        "   \"headers\": []}, \"response\": {\"status\": 200}},\n"
        " {\"request\": {\"method\": \"POST\", \"url\": \"https://shop.example/buy\",\n"
        "   \"headers\": [], \"postData\": {\"mimeType\": \"text/plain\", \"text\": \"{k}\"}},\n"
        "  \"response\": {\"status\": 0}}]}}\n";
    struct requests requests = parse(har);
    (void)state;
    assert_int_equal(requests.len, 2);
    assert_int_equal(requests.foreign, 1);
    assert_int_equal(requests.schedule_len, 2);
    assert_str(render(&requests, 0, 0), "GET /list?p=1 HTTP/1.1\r\n" HOST "Accept: */*\r\n\r\n");
    assert_int_equal(requests.lines[0].expect_len, 1);
    assert_int_equal(requests.lines[0].expect[0], 304);
    assert_str(render(&requests, 1, 0),
               "POST /buy HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n{k}");
    assert_int_equal(requests.lines[1].expect_len, 0);
}

static const char mix_of_six[] = "{\"path\":\"/a\",\"weight\":3}\n"
                                 "{\"path\":\"/b\",\"weight\":2}\n"
                                 "{\"path\":\"/c\"}\n";

static void every_cycle_hits_every_line_by_its_weight(void **state)
{
    (void)state;
    struct requests requests = parse(mix_of_six);
    assert_int_equal(requests.schedule_len, 6);
    for (uint64_t cycle = 0; cycle < 100; cycle++) {
        uint32_t hits[3] = {0};
        for (uint64_t k = cycle * 6; k < cycle * 6 + 6; k++)
            hits[requests_line(&requests, 42, k)]++;
        assert_int_equal(hits[0], 3);
        assert_int_equal(hits[1], 2);
        assert_int_equal(hits[2], 1);
    }
}

/* Any length must give a permutation, the powers of two and their neighbours most of all. */
static void every_length_of_cycle_is_a_permutation(void **state)
{
    (void)state;
    for (uint64_t len = 1; len <= 70; len++) {
        uint32_t schedule[70];
        bool seen[70] = {false};
        struct requests requests = {.schedule = schedule, .schedule_len = len};
        for (uint32_t i = 0; i < len; i++)
            schedule[i] = i;
        for (uint64_t k = 3 * len; k < 4 * len; k++) {
            uint32_t line = requests_line(&requests, 7, k);
            assert_true(line < len && !seen[line]);
            seen[line] = true;
        }
    }
}

/* Orders of 6 requests: 6!/(3! 2!) = 60. A stuck shuffle would repeat one. */
static void cycles_differ_in_their_order(void **state)
{
    (void)state;
    struct requests requests = parse(mix_of_six);
    uint64_t orders[50] = {0};
    size_t distinct = 0;
    for (uint64_t cycle = 0; cycle < 50; cycle++) {
        for (uint64_t k = cycle * 6; k < cycle * 6 + 6; k++)
            orders[cycle] = orders[cycle] * 3 + requests_line(&requests, 42, k);
        bool is_new = true;
        for (uint64_t i = 0; i < cycle; i++)
            is_new = is_new && orders[i] != orders[cycle];
        distinct += is_new;
    }
    /* 50 draws of 60 give 34 distinct ones on average, with a deviation of 2.4. */
    assert_in_range(distinct, 24, 44);
}

static void the_order_depends_on_seed_and_number_alone(void **state)
{
    (void)state;
    struct requests first = parse(mix_of_six);
    struct requests again = parse(mix_of_six);
    size_t same = 0;
    for (uint64_t k = 600; k-- > 0;) {
        assert_int_equal(requests_line(&first, 42, k), requests_line(&again, 42, k));
        same += requests_line(&first, 42, k) == requests_line(&first, 43, k);
    }
    /* Two random orders agree in (3*3 + 2*2 + 1*1) / 36 of the places: 233 of 600. */
    assert_in_range(same, 170, 300);
}

static void needed_requests_reach_the_rarest_line(void **state)
{
    (void)state;
    struct requests requests = parse(mix_of_six);
    assert_int_equal(requests_needed(&requests, 20), 120);
    requests = parse("{\"path\":\"/a\",\"weight\":3}\n{\"path\":\"/b\",\"weight\":6}");
    /* 20 hits of weight 3 take 7 cycles of 9. */
    assert_int_equal(requests_needed(&requests, 20), 63);
}

static void too_much_weight_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    struct requests requests = {0};
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 1001; i++)
        buf_text(&text, "{\"path\":\"/\",\"weight\":1000}\n");
    struct requests_source source = source_of(text.data);
    source.text = bytes_of_str(buf_view(&text));
    assert_fails(requests_parse(&requests, &arena, &source, &err), STATUS_POLICY, &err,
                 "weights add up to more than 1000000");
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_renders_as_http),
        cmocka_unit_test(a_bad_request_file_is_refused_with_its_line),
        cmocka_unit_test(defaults_are_get_once_and_200),
        cmocka_unit_test(a_body_file_is_sent_as_it_is),
        cmocka_unit_test(a_call_of_grpc_expects_its_own_status),
        cmocka_unit_test(what_an_answer_must_be_is_read),
        cmocka_unit_test(an_archive_of_a_browser_is_sent_again),
        cmocka_unit_test(every_cycle_hits_every_line_by_its_weight),
        cmocka_unit_test(every_length_of_cycle_is_a_permutation),
        cmocka_unit_test(cycles_differ_in_their_order),
        cmocka_unit_test(the_order_depends_on_seed_and_number_alone),
        cmocka_unit_test(needed_requests_reach_the_rarest_line),
        cmocka_unit_test(too_much_weight_is_refused),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
