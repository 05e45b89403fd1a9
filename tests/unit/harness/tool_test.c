#include "gate/base/io.h"
#include "gate/harness/tool/tool.h"

#include "tests/support/check.h"

/* Where the files are from is in their README; every figure below was read off them by eye. */
struct figure {
    double quantile;
    uint64_t ns;
    uint64_t rounding_ns;
};

static const struct file_case {
    const char *file;
    enum load_output format;
    uint64_t count;
    uint64_t errors;
    double rate;
    uint64_t duration_ns;
    const char *problem;
    struct figure figures[6]; /* not all of the file's; ended by a zero */
} file_cases[] = {
    {"hey.txt",
     LOAD_OUTPUT_HEY,
     400,
     0,
     2863.1481,
     139700000,
     "",
     {{0.5, 1300000, 50000}, {0.9, 1500000, 50000}, {0.99, 5600000, 50000}, {1, 6700000, 50000}}},
    {"hey_503.txt", LOAD_OUTPUT_HEY, 40, 40, 19033.335, 2100000, "40 answered 503", {{0, 0, 0}}},
    {"hey_refused.txt",
     LOAD_OUTPUT_HEY,
     40,
     40,
     14478.7575,
     2800000,
     "Get \"http://127.0.0.1:18434/ok\": dial tcp 127.0.0.1:18434: connect: connection refused",
     {{0, 0, 0}}},
    /* Ranks 60, 108, 119 and 120 of the sorted first column. */
    {"hey.csv",
     LOAD_OUTPUT_HEY_CSV,
     120,
     0,
     0,
     0,
     "",
     {{0.5, 1300000, 50000}, {0.9, 1500000, 50000}, {0.99, 2700000, 50000}, {1, 2700000, 50000}}},
    {"wrk.txt",
     LOAD_OUTPUT_WRK,
     6407,
     0,
     3200.85,
     2000000000,
     "",
     {{0.5, 1210000, 5000}, {0.9, 1310000, 5000}, {0.99, 2710000, 5000}, {1, 4780000, 5000}}},
    {"wrk_503.txt",
     LOAD_OUTPUT_WRK,
     33087,
     33087,
     33069.37,
     1000000000,
     "Non-2xx or 3xx responses: 33087",
     {{1, 7990000, 5000}}},
    {"wrk2.txt",
     LOAD_OUTPUT_WRK2,
     20003,
     0,
     2000.16,
     10000000000,
     "",
     {{0.5, 1280000, 5000},
      {0.9, 1830000, 5000},
      {0.99, 2420000, 5000},
      {0.999, 6670000, 5000},
      {1, 9800000, 5000}}},
    {"vegeta.json",
     LOAD_OUTPUT_VEGETA,
     400,
     0,
     200.49990440665806,
     1995013420 + 1567189,
     "",
     {{0.5, 1440773, 0}, {0.9, 1638986, 0}, {0.99, 4969720, 0}, {1, 6110007, 0}}},
    {"vegeta_bad.json",
     LOAD_OUTPUT_VEGETA,
     100,
     66,
     100.99771868978964,
     990121374 + 1511025,
     "33 without an answer; 503 Service Unavailable",
     {{0.99, 2400461, 0}}},
    {"ghz.json",
     LOAD_OUTPUT_GHZ,
     100,
     0,
     9676.40083561527,
     10334421,
     "",
     {{0.5, 243473, 0}, {0.9, 527487, 0}, {0.99, 1420169, 0}, {1, 1423164, 0}}},
    {"ghz_bad.json",
     LOAD_OUTPUT_GHZ,
     20,
     20,
     7044.667063751067,
     2839027,
     "20 answered Unknown; rpc error: code = Unknown desc = no",
     {{0, 0, 0}}},
    {"k6_export.json",
     LOAD_OUTPUT_K6,
     1200,
     0,
     119.875,
     0,
     "",
     {{0.5, 2187500, 0}, {0.9, 3500000, 0}, {0.99, 9015625, 0}, {1, 41250000, 0}}},
    {"k6_summary.json",
     LOAD_OUTPUT_K6,
     1200,
     3,
     119.875,
     10009500000,
     "3 requests failed (http_req_failed)",
     {{0.5, 2187500, 0}, {0.95, 4750000, 0}, {1, 41250000, 0}}},
};

static const struct record_quantile *find(const struct tool_figures *figures, double quantile)
{
    for (size_t i = 0; i < figures->latency_count; i++) {
        if (figures->latency[i].quantile > quantile - 1e-9 &&
            figures->latency[i].quantile < quantile + 1e-9)
            return &figures->latency[i];
    }
    return NULL;
}

static void check_figures(const struct tool_figures *have, const struct figure *want)
{
    for (; want->quantile > 0; want++) {
        const struct record_quantile *found = find(have, want->quantile);
        const struct record_quantile none = {0};
        const struct record_quantile *have_it = found ? found : &none;
        assert_int_equal(have_it->ns, want->ns);
        assert_int_equal(have_it->rounding_ns, want->rounding_ns);
    }
}

static void reads_what_each_tool_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(file_cases); i++) {
        const struct file_case *row = &file_cases[i];
        struct arena arena;
        struct bytes text = {0};
        struct err err = {0};
        arena_init(&arena);
        print_message("%s\n", row->file);
        struct tool_figures *figures = ARENA_NEW(&arena, struct tool_figures);
        struct str path = io_join(&arena, STR("unit/harness/tool"), str_from(row->file));
        assert_ok(io_read_file(&text, &arena, path, TOOL_RESULT_BYTES_MAX, &err), &err);
        assert_ok(tool_parse(figures, &arena, row->format, str_of_bytes(text), &err), &err);
        assert_true(figures->has_count);
        assert_int_equal(figures->count, row->count);
        /* hey's CSV leaves out what failed, so it says nothing of errors. */
        assert_int_equal(figures->has_errors, row->format != LOAD_OUTPUT_HEY_CSV);
        assert_int_equal(figures->errors, row->errors);
        assert_close(figures->rate_per_second, row->rate, 1e-9);
        assert_int_equal(figures->duration_ns, row->duration_ns);
        assert_str(figures->problem, row->problem);
        check_figures(figures, row->figures);
        arena_release(&arena);
    }
}

#define HEY_TAIL    "\nStatus code distribution:\n  [200]\t10 responses\n"
#define WRK_TAIL    "  10 requests in 1.00s, 1.00KB read\n"
#define K6(metrics) "{\"metrics\": {" metrics "}}"
#define VEGETA(inner)                                                                              \
    "{\"latencies\": {\"99th\": 5}, \"requests\": 4, \"status_codes\": {\"200\": 4}" inner "}"
#define GHZ(inner) "{\"count\": 4, \"statusCodeDistribution\": {\"OK\": 4}" inner "}"

static const struct refused_case {
    const char *name;
    enum load_output format;
    const char *text;
    const char *message;
} refused_cases[] = {
    {"k6: empty", LOAD_OUTPUT_K6, "", "line 1 column 0: unexpected token near end of file"},
    {"k6: cut short", LOAD_OUTPUT_K6, "{\"metrics\": {\"http_reqs\": {\"count\": 1",
     "line 1 column 37: '}' expected near end of file"},
    {"k6: NaN", LOAD_OUTPUT_K6, K6("\"http_reqs\": {\"count\": NaN}"),
     "line 1 column 39: invalid token near 'NaN'"},
    {"k6: a key twice", LOAD_OUTPUT_K6,
     K6("\"http_reqs\": {\"count\": 1}, \"http_reqs\": {\"count\": 2}"),
     "line 1 column 51: duplicate object key near '\"http_reqs\"'"},
    {"k6: another JSON", LOAD_OUTPUT_K6, "{\"metric\": 1}",
     "no object \"metrics\": not what k6 writes with --summary-export, or handleSummary as "
     "JSON.stringify(data)"},
    {"k6: negative count", LOAD_OUTPUT_K6, K6("\"http_reqs\": {\"count\": -1}"),
     "metrics.http_reqs: count: not a whole number from 0 to 1000000000000"},
    {"k6: half a request", LOAD_OUTPUT_K6, K6("\"http_reqs\": {\"count\": 1.5}"),
     "metrics.http_reqs: count: not a whole number from 0 to 1000000000000"},
    {"k6: a count beyond belief", LOAD_OUTPUT_K6, K6("\"http_reqs\": {\"count\": 1000000000001}"),
     "metrics.http_reqs: count: not a whole number from 0 to 1000000000000"},
    {"k6: a text for a time", LOAD_OUTPUT_K6, K6("\"http_req_duration\": {\"p(99)\": \"5ms\"}"),
     "metrics.http_req_duration: p(99): not a number from 0 to 8.64e+07"},
    {"k6: infinite", LOAD_OUTPUT_K6, K6("\"http_req_duration\": {\"max\": 1e999}"),
     "line 1 column 47: real number overflow near '1e999'"},
    {"k6: a year", LOAD_OUTPUT_K6, K6("\"http_req_duration\": {\"max\": 31536000000}"),
     "metrics.http_req_duration: max: not a number from 0 to 8.64e+07"},
    {"k6: p99 above the maximum", LOAD_OUTPUT_K6,
     K6("\"http_req_duration\": {\"p(99)\": 5, \"max\": 4}"),
     "metrics.http_req_duration: percentile 100 (4 ms) is below percentile 99 (5 ms)"},
    {"k6: the 101st percentile", LOAD_OUTPUT_K6, K6("\"http_req_duration\": {\"p(101)\": 5}"),
     "metrics.http_req_duration: 101 % is no percentile"},
    {"k6: more failed than sent", LOAD_OUTPUT_K6,
     K6("\"http_reqs\": {\"count\": 1}, \"http_req_failed\": {\"passes\": 2}"),
     "2 errors of 1 requests"},

    {"k6: gRPC that nobody checked", LOAD_OUTPUT_K6,
     K6("\"iterations\": {\"count\": 5}, \"grpc_req_duration\": {\"p(99)\": 1}"),
     "0 checks passed in 5 iterations: k6 counts no failures of gRPC, so call once an iteration, "
     "and check its status (check(response, {ok: (r) => r.status === grpc.StatusOK}))"},
    {"k6: gRPC of which a part was checked", LOAD_OUTPUT_K6,
     K6("\"iterations\": {\"count\": 5}, \"grpc_req_duration\": {\"p(99)\": 1}, "
        "\"checks\": {\"passes\": 4}"),
     "4 checks passed in 5 iterations: k6 counts no failures of gRPC, so call once an iteration, "
     "and check its status (check(response, {ok: (r) => r.status === grpc.StatusOK}))"},
    {"k6: two protocols", LOAD_OUTPUT_K6,
     K6("\"http_reqs\": {\"count\": 5}, \"grpc_req_duration\": {\"p(99)\": 1}"),
     "requests of HTTP and of gRPC in one load: k6 counts those of HTTP alone"},

    {"vegeta: a list", LOAD_OUTPUT_VEGETA, "[]",
     "no \"requests\" and \"latencies\": not what vegeta report -type=json writes"},
    {"vegeta: answers of other requests", LOAD_OUTPUT_VEGETA,
     "{\"latencies\": {}, \"requests\": 4, \"status_codes\": {\"200\": 3}}",
     "status_codes: 3 answers of 4 requests"},
    {"vegeta: no status", LOAD_OUTPUT_VEGETA,
     "{\"latencies\": {}, \"requests\": 4, \"status_codes\": {\"2xx\": 4}}",
     "status_codes: \"2xx\" is no status of HTTP"},
    {"vegeta: status 99", LOAD_OUTPUT_VEGETA,
     "{\"latencies\": {}, \"requests\": 4, \"status_codes\": {\"99\": 4}}",
     "status_codes: 99 is no status of HTTP"},
    {"vegeta: status 600", LOAD_OUTPUT_VEGETA,
     "{\"latencies\": {}, \"requests\": 4, \"status_codes\": {\"600\": 4}}",
     "status_codes: 600 is no status of HTTP"},
    {"vegeta: negative wait", LOAD_OUTPUT_VEGETA, VEGETA(", \"wait\": -1"),
     "wait: not a number from 0 to 8.64e+13"},

    {"ghz: no count", LOAD_OUTPUT_GHZ, "{}", "no \"count\": not what ghz -O json writes"},
    {"ghz: a percentile of nothing", LOAD_OUTPUT_GHZ,
     GHZ(", \"latencyDistribution\": [{\"percentage\": 99}]"),
     "latencyDistribution: an item without percentage or latency"},
    {"ghz: falling", LOAD_OUTPUT_GHZ,
     GHZ(", \"latencyDistribution\": [{\"percentage\": 99, \"latency\": 7}, {\"percentage\": 50, "
         "\"latency\": 8}]"),
     "latencyDistribution: percentile 50 is there twice or out of order"},
    {"ghz: more good than there were", LOAD_OUTPUT_GHZ,
     "{\"count\": 4, \"statusCodeDistribution\": {\"OK\": 5}}",
     "statusCodeDistribution: OK: more than the 4 calls"},

    {"wrk: empty", LOAD_OUTPUT_WRK, "", "no line \"N requests in T\": not what wrk and wrk2 print"},
    {"wrk: cut short", LOAD_OUTPUT_WRK, "Running 2s test\n  2 threads and 4 connections\n",
     "no line \"N requests in T\": not what wrk and wrk2 print"},
    {"wrk: NaN", LOAD_OUTPUT_WRK, "  Latency Distribution\n   99%  nanus\n" WRK_TAIL,
     "line 2: \"nanus\" is not a time"},
    {"wrk: negative", LOAD_OUTPUT_WRK, "  Latency Distribution\n   99%  -1.00ms\n" WRK_TAIL,
     "line 2: \"-1.00ms\" is not a time"},
    {"wrk: without a unit", LOAD_OUTPUT_WRK, "  Latency Distribution\n   99%  1.00\n" WRK_TAIL,
     "line 2: \"1.00\" is not a time"},
    {"wrk: two days", LOAD_OUTPUT_WRK, "  Latency Distribution\n   99%  48.00h\n" WRK_TAIL,
     "line 2: \"48.00h\" is not a time"},
    {"wrk: a percentile twice", LOAD_OUTPUT_WRK,
     "  Latency Distribution\n   99%  1.00ms\n   99%  2.00ms\n" WRK_TAIL,
     "line 3: percentile 99 is there twice or out of order"},
    {"wrk: two counts", LOAD_OUTPUT_WRK, WRK_TAIL WRK_TAIL, "line 2: a second number of requests"},
    {"wrk: a count beyond belief", LOAD_OUTPUT_WRK,
     "  99999999999999999999 requests in 1.00s, 1.00KB read\n",
     "line 1: \"99999999999999999999\" is not a number of requests"},
    {"wrk: p99 above the maximum", LOAD_OUTPUT_WRK,
     "    Latency     1.26ms  278.16us   4.78ms   96.79%\n  Latency Distribution\n"
     "   99%  5.00ms\n" WRK_TAIL,
     "maximum: percentile 100 (4.78 ms) is below percentile 99 (5 ms)"},

    {"hey: empty", LOAD_OUTPUT_HEY, "",
     "no \"Status code distribution:\": not what hey prints, or cut short"},
    {"hey: cut short", LOAD_OUTPUT_HEY, "\nSummary:\n  Total:\t0.1397 secs\n",
     "no \"Status code distribution:\": not what hey prints, or cut short"},
    {"hey: NaN", LOAD_OUTPUT_HEY, "Summary:\n  Slowest:\tNaN secs\n" HEY_TAIL,
     "line 2: \"NaN secs\" is not a time in seconds"},
    {"hey: negative", LOAD_OUTPUT_HEY, "Latency distribution:\n  99% in -0.0010 secs\n" HEY_TAIL,
     "line 2: \"99% in -0.0010 secs\" is not a time in seconds"},
    {"hey: in another unit", LOAD_OUTPUT_HEY,
     "Latency distribution:\n  99% in 5 milliseconds\n" HEY_TAIL,
     "line 2: \"99% in 5 milliseconds\" is not a time in seconds"},
    {"hey: a part twice", LOAD_OUTPUT_HEY, HEY_TAIL HEY_TAIL,
     "line 5: \"Status code distribution:\" is there twice or out of order"},
    {"hey: answers without a number", LOAD_OUTPUT_HEY,
     "Status code distribution:\n  [200]\tmany responses\n",
     "line 2: \"[200]\tmany responses\" is not \"[STATUS] N responses\""},
    {"hey: an error without a number", LOAD_OUTPUT_HEY, HEY_TAIL "\nError distribution:\n  oops\n",
     "line 6: \"oops\" is not \"[N] ERROR\""},

    {"hey-csv: empty", LOAD_OUTPUT_HEY_CSV, "",
     "line 1: no columns response-time and status-code: not what hey -o csv prints"},
    {"hey-csv: a line cut short", LOAD_OUTPUT_HEY_CSV,
     "response-time,status-code\n0.0012,200\n0.00", "line 3: 1 columns, the head has 2"},
    {"hey-csv: NaN", LOAD_OUTPUT_HEY_CSV, "response-time,status-code\nNaN,200\n",
     "line 2: \"NaN\" is not a time in seconds"},
    {"hey-csv: no status", LOAD_OUTPUT_HEY_CSV, "response-time,status-code\n0.1,ok\n",
     "line 2: \"ok\" is not a status"},
};

static void refuses_with_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        const struct refused_case *row = &refused_cases[i];
        struct arena arena;
        struct err err = {0};
        arena_init(&arena);
        print_message("%s\n", row->name);
        struct tool_figures *figures = ARENA_NEW(&arena, struct tool_figures);
        assert_int_equal(tool_parse(figures, &arena, row->format, str_from(row->text), &err),
                         STATUS_FORMAT);
        assert_string_equal(err.text, row->message);
        assert_int_equal(figures->count, 0);
        arena_release(&arena);
    }
}

struct lack_case {
    const char *name;
    const char *text;
    const char *problem;
    enum load_output format;
    bool has_count;
};

/* A figure that is not there is left out: nothing stands in for it. */
static void leaves_out_what_is_not_there(void **state)
{
    static const struct lack_case rows[] = {
        {"nothing is read", "anything", "", LOAD_OUTPUT_NONE, false},
        {"k6 without requests", K6("\"iterations\": {\"count\": 5}"), "", LOAD_OUTPUT_K6, false},
        {"k6 with checks that failed",
         K6("\"http_reqs\": {\"count\": 5}, \"checks\": {\"fails\": 2}"), "2 checks failed",
         LOAD_OUTPUT_K6, true},
        {"k6 that fell behind",
         K6("\"http_reqs\": {\"count\": 5}, \"dropped_iterations\": {\"count\": 7}"),
         "7 iterations were dropped: the rate was not kept", LOAD_OUTPUT_K6, true},
        {"wrk without --latency", WRK_TAIL, "", LOAD_OUTPUT_WRK, true},
        {"hey of few requests", "Latency distribution:\n  0% in 0.0000 secs\n" HEY_TAIL, "",
         LOAD_OUTPUT_HEY, true},
        {"ghz that was cut short", GHZ(", \"endReason\": \"cancel\""), "ghz ended by cancel",
         LOAD_OUTPUT_GHZ, true},
        {"ghz that ran for a time", GHZ(", \"endReason\": \"timeout\""), "", LOAD_OUTPUT_GHZ, true},
        {"k6 of gRPC, each call checked",
         K6("\"iterations\": {\"count\": 5}, \"grpc_req_duration\": {\"med\": 1}, "
            "\"checks\": {\"passes\": 5, \"fails\": 0}"),
         "", LOAD_OUTPUT_K6, true},
        {"k6 of gRPC, a check failed",
         K6("\"iterations\": {\"count\": 5}, \"grpc_req_duration\": {\"med\": 1}, "
            "\"checks\": {\"passes\": 4, \"fails\": 1}"),
         "1 checks failed", LOAD_OUTPUT_K6, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena;
        struct err err = {0};
        arena_init(&arena);
        print_message("%s\n", rows[i].name);
        struct tool_figures *figures = ARENA_NEW(&arena, struct tool_figures);
        assert_ok(tool_parse(figures, &arena, rows[i].format, str_from(rows[i].text), &err), &err);
        assert_int_equal(figures->has_count, rows[i].has_count);
        assert_null(find(figures, 0.99));
        assert_int_equal(figures->errors, 0);
        assert_str(figures->problem, rows[i].problem);
        arena_release(&arena);
    }
}

/* Requests that died on their socket are in no count of wrk: they are added to both. */
static void counts_the_socket_errors_of_wrk(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    arena_init(&arena);
    struct tool_figures *figures = ARENA_NEW(&arena, struct tool_figures);
    struct str text = STR(WRK_TAIL "  Socket errors: connect 1, read 2, write 0, timeout 3\n"
                                   "  Non-2xx or 3xx responses: 4\n");
    assert_ok(tool_parse(figures, &arena, LOAD_OUTPUT_WRK, text, &err), &err);
    assert_int_equal(figures->count, 16);
    assert_int_equal(figures->errors, 10);
    assert_str(figures->problem, "Socket errors: connect 1, read 2, write 0, timeout 3");
    arena_release(&arena);
}

static void refuses_what_is_too_large(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    arena_init(&arena);
    struct tool_figures *figures = ARENA_NEW(&arena, struct tool_figures);
    char *text = arena_alloc(&arena, TOOL_RESULT_BYTES_MAX + 1, 1);
    memset(text, ' ', TOOL_RESULT_BYTES_MAX + 1);
    static const struct {
        enum load_output format;
        size_t bytes_max;
        const char *message;
    } rows[] = {
        {LOAD_OUTPUT_K6, TOOL_SUMMARY_BYTES_MAX, "larger than 2097152 bytes"},
        {LOAD_OUTPUT_VEGETA, TOOL_SUMMARY_BYTES_MAX, "larger than 2097152 bytes"},
        {LOAD_OUTPUT_WRK, TOOL_RESULT_BYTES_MAX, "larger than 16777216 bytes"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str large = {text, rows[i].bytes_max + 1};
        assert_fails(tool_parse(figures, &arena, rows[i].format, large, &err), STATUS_LIMIT, &err,
                     rows[i].message);
    }
    arena_release(&arena);
}

/* hey -n 1100000 prints the statuses of a million: the sum says nothing any more. */
static void refuses_what_hey_forgets(void **state)
{
    static const struct {
        const char *text;
        bool is_whole;
    } rows[] = {
        {"Status code distribution:\n  [200]\t999999 responses\n", true},
        {"Status code distribution:\n  [200]\t1000000 responses\n", false},
        {"Status code distribution:\n  [200]\t999000 responses\n\nError distribution:\n  [1000]\tx\n",
         false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena;
        struct err err = {0};
        arena_init(&arena);
        struct tool_figures *figures = ARENA_NEW(&arena, struct tool_figures);
        struct str text = str_from(rows[i].text);
        enum status status = tool_parse(figures, &arena, LOAD_OUTPUT_HEY, text, &err);
        assert_int_equal(status, rows[i].is_whole ? STATUS_OK : STATUS_LIMIT);
        assert_true(rows[i].is_whole || strstr(err.text, "hey keeps the results of 1000000 "));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_each_tool_writes),
        cmocka_unit_test(refuses_with_place),
        cmocka_unit_test(leaves_out_what_is_not_there),
        cmocka_unit_test(counts_the_socket_errors_of_wrk),
        cmocka_unit_test(refuses_what_is_too_large),
        cmocka_unit_test(refuses_what_hey_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
