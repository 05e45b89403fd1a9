#include "gate/harness/login.h"

#include "gate/base/clock.h"
#include "gate/harness/load/requests.h"
#include "tests/unit/harness/answers.h"

/* A trial that has come to its login, and a service that knows its answers by heart. */
struct fixture {
    struct arena arena;
    struct err err;
    struct requests requests;
    struct scenario scenario;
    struct harness_scenario built;
    struct trial trial;
    struct service service;
};

static void fixture_init(struct fixture *fixture, const char *lines)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    struct requests_source source = {
        .name = STR("load.jsonl"), .text = bytes_of_str(str_from(lines)), .seed = 42};
    assert_ok(requests_parse(&fixture->requests, &fixture->arena, &source, &fixture->err),
              &fixture->err);
    fixture->scenario.load = (struct scenario_load){
        .requests = STR("load.jsonl"), .seed = 42, .request_timeout_ns = 20 * NS_PER_SECOND};
    fixture->built.scenario = &fixture->scenario;
    fixture->built.requests = &fixture->requests;
    fixture->trial.scenario = &fixture->built;
    fixture->trial.scratch = &fixture->arena;
}

static void add_answer(struct fixture *fixture, const char *text)
{
    fixture->service.answers[fixture->service.answer_count++] = str_from(text);
}

static enum status log_in(struct fixture *fixture)
{
    service_start(&fixture->service);
    enum status status =
        login_run(&fixture->trial, &(struct address){.port = fixture->service.port}, &fixture->err);
    service_stop(&fixture->service);
    return status;
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

#define FIRST                                                                                                          \
    "{\"path\": \"/page\", \"header\": {\"X-Empty\": \"\", \"X-Ends\": \"a:\"}, \"capture\": {\"form\": {\"header\": " \
    "\"X-Form\"}}}\n"
#define SECOND                                                                                     \
    "{\"method\": \"PUT\", \"path\": \"/in/{{form}}?k={k}\", \"header\": {\"Content-Type\": "      \
    "\"text/x\", \"Cookie\": \"f={{form}}\"}, \"body\": \"f={{form}}\", \"capture\": {\"token\": " \
    "{\"json\": \"$.t\"}}}\n"
#define LOAD       "{\"path\": \"/\"}\n"
#define FORM       "HTTP/1.1 200 OK\r\nX-Form: F\r\nContent-Length: 0\r\n\r\n"
#define TOKEN      "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 9\r\n\r\n{\"t\": 17}"
#define LOCATION_1 "login, load.jsonl:1: GET /page: "
#define LOCATION_2 "login, load.jsonl:2: PUT /in/{{form}}?k={k}: "

/* As the load would send them: nothing of libcurl's own that says what a body is. */
static void sends_each_line_with_what_came_before(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, FIRST SECOND LOAD);
    add_answer(&fixture, "HTTP/1.1 103 Early\r\nX-Form: E\r\n\r\n" FORM);
    add_answer(&fixture, TOKEN);
    assert_ok(log_in(&fixture), &fixture.err);
    assert_str(fixture.trial.captured[0], "F");
    assert_str(fixture.trial.captured[1], "17");
    const char *first = fixture.service.requests[0];
    const char *second = fixture.service.requests[1];
    assert_holds(first, "GET /page HTTP/1.1\r\n");
    assert_holds(first, "\r\nX-Empty:\r\n");
    assert_holds(first, "\r\nX-Ends: a:\r\n");
    assert_null(strstr(first, "Content-Length"));
    assert_holds(second, "PUT /in/F?k=1 HTTP/1.1\r\n");
    assert_holds(second, "\r\nContent-Type: text/x\r\n");
    assert_holds(second, "\r\nCookie: f=F\r\n");
    assert_holds(second, "\r\nContent-Length: 3\r\n");
    assert_null(strstr(second, "urlencoded"));
    assert_null(strstr(second, "Expect"));
    assert_holds(second, "\r\n\r\nf=F");
    arena_release(&fixture.arena);
}

static const struct refused_case {
    const char *name;
    const char *answers[2];
    const char *message;
} refused_cases[] = {
    {"refused", {"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", NULL}, LOCATION_1 "answered 401"},
    {"failed", {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", NULL}, LOCATION_1 "answered 500"},
    {"without its header",
     {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL},
     LOCATION_1 "the answer has no header X-Form"},
    {"in an interim answer alone",
     {"HTTP/1.1 103 Early\r\nX-Form: E\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL},
     LOCATION_1 "the answer has no header X-Form"},
    {"cut short", {"HTTP/1.1 200 OK\r\nX-Form: F\r\nContent-Length: 9\r\n\r\n", NULL}, LOCATION_1},
    {"no answer", {"", NULL}, LOCATION_1},
    {"not for a path",
     {"HTTP/1.1 200 OK\r\nX-Form: s3cret value\r\nContent-Length: 0\r\n\r\n", NULL},
     LOCATION_1 "what {{form}} captured cannot stand in a path: it holds a blank, a \"#\" or no "
                "ASCII"},
    {"the second line",
     {"HTTP/1.1 200 OK\r\nX-Form: s3cret\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ns3cret!"},
     LOCATION_2 "the answer's body is not JSON"},
    {"no answer to the second",
     {"HTTP/1.1 200 OK\r\nX-Form: s3cret\r\nContent-Length: 0\r\n\r\n", ""},
     LOCATION_2},
};

/* The line is named, and no secret with it. */
static void says_which_line_failed_and_no_secret(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        const struct refused_case *row = &refused_cases[i];
        struct fixture fixture;
        print_message("%s\n", row->name);
        fixture_init(&fixture, FIRST SECOND LOAD);
        for (size_t k = 0; k < 2 && row->answers[k]; k++)
            add_answer(&fixture, row->answers[k]);
        assert_fails(log_in(&fixture), STATUS_CHILD, &fixture.err, row->message);
        assert_null(strstr(fixture.err.text, "s3cret"));
        assert_null(fixture.trial.captured);
        arena_release(&fixture.arena);
    }
}

static const struct expect_case {
    const char *expect;
    const char *message; /* NULL: fine */
} expect_cases[] = {
    {"\"expect\": [404]", LOCATION_1 "answered 200"},
    {"\"expect\": [404, 200], \"expect_bytes\": 2", NULL},
    {"\"expect_bytes\": 3", LOCATION_1 "answered 200 with 2 bytes, not 3"},
    /* sha256sum of "hi". */
    {"\"expect_sha256\": \"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4\"",
     NULL},
    {"\"expect_sha256\": \"0000000000000000000000000000000000000000000000000000000000000000\"",
     LOCATION_1 "answered 200 with another body"},
};

static void hold_to_line(const struct expect_case *row)
{
    struct fixture fixture;
    struct arena arena;
    arena_init(&arena);
    struct str lines = str_format(
        &arena, "{\"path\": \"/page\", %s, \"capture\": {\"a\": {\"header\": \"X-A\"}}}\n" LOAD,
        row->expect);
    fixture_init(&fixture, lines.data);
    add_answer(&fixture, "HTTP/1.1 200 OK\r\nX-A: a\r\nContent-Length: 2\r\n\r\nhi");
    enum status status = log_in(&fixture);
    assert_int_equal(status, row->message ? STATUS_CHILD : STATUS_OK);
    if (row->message)
        assert_holds(fixture.err.text, row->message);
    arena_release(&fixture.arena);
    arena_release(&arena);
}

static void an_answer_is_held_to_what_the_line_expects(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(expect_cases); i++) {
        print_message("%s\n", expect_cases[i].expect);
        hold_to_line(&expect_cases[i]);
    }
}

static void a_file_without_logins_asks_nobody(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, LOAD);
    assert_ok(login_run(&fixture.trial, &(struct address){.port = 1}, &fixture.err), &fixture.err);
    assert_null(fixture.trial.captured);
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_each_line_with_what_came_before),
        cmocka_unit_test(says_which_line_failed_and_no_secret),
        cmocka_unit_test(an_answer_is_held_to_what_the_line_expects),
        cmocka_unit_test(a_file_without_logins_asks_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
