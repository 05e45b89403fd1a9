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

static enum status parse(struct requests *out, const char *text, struct err *err)
{
    struct requests_source source = {
        .name = STR("load.jsonl"), .text = bytes_of_str(str_from(text)), .seed = 42};
    return requests_parse(out, &arena, &source, err);
}

static struct str render(const struct request_line *line, uint64_t k, const struct str *captured)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    requests_render(&buf, line, (struct request_values){42, k, captured}, STR("127.0.0.1:8080"));
    struct str text = str_copy(&arena, buf_view(&buf));
    buf_release(&buf);
    return text;
}

#define LOGIN                                                                                      \
    "{\"method\": \"POST\", \"path\": \"/login\", \"body\": \"{}\", \"capture\": "                 \
    "{\"token\": {\"json\": \"$.t\"}, \"sid\": {\"cookie\": \"s\"}}}\n"

static void login_lines_are_no_part_of_the_load(void **state)
{
    (void)state;
    struct requests requests = {0};
    struct err err = {0};
    assert_ok(parse(&requests,
                    "{\"path\": \"/free\"}\n" LOGIN
                    "{\"path\": \"/me/{{sid}}\", \"header\": {\"Authorization\": \"Bearer "
                    "{{token}}\"}, \"capture\": {\"csrf\": {\"header\": \"X\"}}}\n"
                    "{\"method\": \"PUT\", \"path\": \"/x/{k}\", \"header\": {\"Cookie\": "
                    "\"s={{sid}}\"}, \"body\": \"{{csrf}}{{k}}{{sid}}{{\", \"weight\": 2}\n",
                    &err),
              &err);
    assert_int_equal(requests.len, 2);
    assert_int_equal(requests.schedule_len, 3);
    assert_int_equal(requests.login_count, 2);
    assert_int_equal(requests.logins[0].number, 2);
    assert_int_equal(requests.logins[1].number, 3);
    assert_int_equal(requests.slots.len, 3);
    assert_str(requests.slots.items[0].name, "token");
    assert_str(requests.slots.items[2].name, "csrf");
    assert_false(requests.slots.items[0].is_in_path);
    assert_true(requests.slots.items[1].is_in_path);
    const struct str captured[] = {STR("T"), STR("S"), STR("C")};
    assert_str(render(&requests.logins[1], 1, captured),
               "GET /me/S HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n"
               "Authorization: Bearer T\r\n\r\n");
    assert_str(render(&requests.lines[1], 7, captured),
               "PUT /x/7 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n"
               "Cookie: s=S\r\nContent-Length: 7\r\n\r\nC{7}S{{");
}

/* The order of requests and what is drawn must not depend on whether a file has logins. */
static void a_login_leaves_the_sequence_as_it_is(void **state)
{
    (void)state;
    struct requests with = {0};
    struct requests without = {0};
    struct err err = {0};
    const char *lines = "{\"path\": \"/a/{uuid}\"}\n{\"path\": \"/b\", \"weight\": 3}\n";
    assert_ok(parse(&with, str_format(&arena, "%s%s", LOGIN, lines).data, &err), &err);
    assert_ok(parse(&without, lines, &err), &err);
    for (uint64_t k = 0; k < 100; k++)
        assert_int_equal(requests_line(&with, 42, k), requests_line(&without, 42, k));
    assert_true(str_equal(render(&with.lines[0], 5, NULL), render(&without.lines[0], 5, NULL)));
}

static const struct refused_case {
    const char *text;
    const char *message;
} refused_cases[] = {
    {LOGIN "{\"path\": \"/a/{{tokn}}\"}\n",
     "load.jsonl:2:14: {{tokn}} is captured by no line above; did you mean {{token}}?"},
    {LOGIN "\n  {\"path\": \"/a\", \"body\": \"x {{other}}\"}\n",
     "load.jsonl:3:29: {{other}} is captured by no line above, which capture token sid; send "
     "braces that are meant as such from a \"body_file\""},
    {"{\"path\": \"/a/{{token}}\"}\n" LOGIN,
     "load.jsonl:1:14: {{token}} is captured by no line above; send braces that are meant as such "
     "from a \"body_file\""},
    {LOGIN LOGIN "{\"path\": \"/\"}\n", "load.jsonl:2: \"capture\": \"token\" is captured twice"},
    {LOGIN, "load.jsonl:1: no requests but logins; write one JSON object a line"},
    {"{\"path\": \"/\", \"weight\": 2, \"capture\": {\"a\": {\"cookie\": \"a\"}}}\n",
     "load.jsonl:1: a line with \"capture\" is sent once; remove \"weight\""},
    {"{\"path\": \"/\", \"capture\": {}}\n",
     "load.jsonl:1: \"capture\" must be an object of 1 to 64 names, such as {\"token\": "
     "{\"json\": \"$.access_token\"}}"},
    {"{\"path\": \"/\", \"capture\": {\"a\": {\"json\": \"a\"}}}\n",
     "load.jsonl:1: \"capture\": \"a\": json \"a\", column 1: a path begins with $"},
    {"{\"path\": \"/\", \"captures\": {}}\n",
     "load.jsonl:1: unknown key \"captures\"; did you mean \"capture\"?"},
    {"{\"url\": \"http://x/\", \"capture\": {\"a\": {\"cookie\": \"a\"}}}\n",
     "load.jsonl:1: unknown key \"capture\""},
};

static void refuses_with_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        struct requests requests = {0};
        struct err err = {0};
        print_message("%s\n", refused_cases[i].text);
        assert_fails(parse(&requests, refused_cases[i].text, &err), STATUS_POLICY, &err,
                     refused_cases[i].message);
        assert_int_equal(requests.len, 0);
    }
}

/* Vegeta fills in nothing, and a browser's URL may hold what it likes. */
static void other_forms_have_no_captures(void **state)
{
    (void)state;
    struct requests requests = {0};
    struct err err = {0};
    assert_ok(parse(&requests, "{\"url\": \"http://x/{{token}}\"}\n", &err), &err);
    assert_non_null(strstr(render(&requests.lines[0], 1, NULL).data, "GET /{{token}} HTTP"));
    assert_ok(parse(&requests,
                    "{\"log\": {\"entries\": [{\"request\": {\"method\": \"GET\", \"url\": "
                    "\"http://x/{{token}}\"}}]}}",
                    &err),
              &err);
    assert_non_null(strstr(render(&requests.lines[0], 1, NULL).data, "GET /{{token}} HTTP"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(login_lines_are_no_part_of_the_load),
        cmocka_unit_test(a_login_leaves_the_sequence_as_it_is),
        cmocka_unit_test(refuses_with_place),
        cmocka_unit_test(other_forms_have_no_captures),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
