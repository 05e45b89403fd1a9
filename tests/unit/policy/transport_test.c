#include "gate/policy/policy.h"
#include "tests/support/check.h"

#define HEAD "version: 1\nscenarios:\n  - name: a\n"
#define ARGS "    service: {args: [\"${ADDR}\"]}\n"

static enum status parse(struct policy *out, struct arena *arena, const char *text, struct err *err)
{
    return policy_parse(out, arena, STR("memgate.yaml"), bytes_of_str(str_from(text)), err);
}

static const struct good_case {
    const char *name;
    const char *text;
    struct scenario_service service; /* what is compared of it: has_socket to tls */
    enum load_protocol protocol;
    uint64_t streams;
} good_cases[] = {
    {"nothing said",
     HEAD ARGS "    load: {requests: r, count: 1}\n",
     {.ready = STR_INIT("/"), .pprof = STR_INIT("/debug/pprof/")},
     PROTOCOL_HTTP1,
     1},
    {"one stream of HTTP/1.1",
     HEAD ARGS "    load: {requests: r, count: 1, protocol: http1, streams: 1}\n",
     {.ready = STR_INIT("/"), .pprof = STR_INIT("/debug/pprof/")},
     PROTOCOL_HTTP1,
     1},
    {"HTTP/2 in a closed loop",
     HEAD ARGS "    load: {requests: r, count: 1, protocol: http2}\n",
     {.ready = STR_INIT("/"), .pprof = STR_INIT("/debug/pprof/")},
     PROTOCOL_HTTP2,
     1},
    {"HTTP/2 at a rate",
     HEAD ARGS "    load: {requests: r, count: 1, protocol: http2, rate: 9/s}\n",
     {.ready = STR_INIT("/"), .pprof = STR_INIT("/debug/pprof/")},
     PROTOCOL_HTTP2,
     100},
    {"streams",
     HEAD ARGS "    load: {requests: r, count: 1, protocol: http2, streams: 7}\n",
     {.ready = STR_INIT("/"), .pprof = STR_INIT("/debug/pprof/")},
     PROTOCOL_HTTP2,
     7},
    {"a socket",
     HEAD "    service: {env: {LISTEN: \"unix:${SOCKET}\"}}\n    load: {requests: r, count: 1}\n",
     {.ready = STR_INIT("/"), .pprof = STR_INIT("/debug/pprof/"), .has_socket = true},
     PROTOCOL_HTTP1,
     1},
    {"TLS",
     HEAD "    service: {args: [\"${ADDR}\"], tls: {ca: certs/ca.pem}}\n"
          "    load: {requests: r, count: 1}\n",
     {.ready = STR_INIT("/"),
      .pprof = STR_INIT("/debug/pprof/"),
      .tls = {STR_INIT("certs/ca.pem"), STR_INIT("localhost")}},
     PROTOCOL_HTTP1,
     1},
    {"another name",
     HEAD "    service: {args: [\"${ADDR}\"], tls: {ca: c, server_name: shop.test}}\n"
          "    load: {requests: r, count: 1}\n",
     {.ready = STR_INIT("/"),
      .pprof = STR_INIT("/debug/pprof/"),
      .tls = {STR_INIT("c"), STR_INIT("shop.test")}},
     PROTOCOL_HTTP1,
     1},
    {"a second listener",
     HEAD
     "    service: {args: [\"${ADDR}\", \"${PPROF_PORT}\"], ready: \"http://${PPROF_ADDR}/r\"}\n"
     "    load: {requests: r, count: 1}\n",
     {.ready = STR_INIT("/r"), .pprof = STR_INIT("/debug/pprof/"), .ready_is_second = true},
     PROTOCOL_HTTP1,
     1},
    {"a second listener beside a socket",
     HEAD
     "    service: {args: [\"${SOCKET}\", \"${PPROF_ADDR}\"], pprof: \"http://${PPROF_ADDR}/p\"}\n"
     "    load: {requests: r, count: 1}\n",
     {.ready = STR_INIT("/"), .pprof = STR_INIT("/p"), .has_socket = true, .pprof_is_second = true},
     PROTOCOL_HTTP1,
     1},
};

static void a_transport_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good_cases); i++) {
        const struct good_case *row = &good_cases[i];
        struct arena arena;
        struct err err = {0};
        struct policy policy = {0};
        arena_init(&arena);
        print_message("%s\n", row->name);
        assert_ok(parse(&policy, &arena, row->text, &err), &err);
        const struct scenario_service *service = &policy.scenarios[0].service;
        assert_true(str_equal(service->ready, row->service.ready));
        assert_true(str_equal(service->pprof, row->service.pprof));
        assert_int_equal(service->has_socket, row->service.has_socket);
        assert_int_equal(service->ready_is_second, row->service.ready_is_second);
        assert_int_equal(service->pprof_is_second, row->service.pprof_is_second);
        assert_true(str_equal(service->tls.ca, row->service.tls.ca));
        assert_true(row->service.tls.ca.len == 0 ||
                    str_equal(service->tls.server_name, row->service.tls.server_name));
        assert_int_equal(policy.scenarios[0].load.protocol, row->protocol);
        assert_int_equal(policy.scenarios[0].load.streams, row->streams);
        arena_release(&arena);
    }
}

static const struct bad_case {
    const char *name;
    const char *text;
    const char *message;
} bad_cases[] = {
    {"a protocol of the future", HEAD ARGS "    load: {requests: r, count: 1, protocol: http3}\n",
     "memgate.yaml:5:45: unknown protocol \"http3\"; did you mean \"http1\"?"},
    {"streams of HTTP/1.1", HEAD ARGS "    load: {requests: r, count: 1, streams: 2}\n",
     "memgate.yaml:5:44: streams are of HTTP/2"},
    {"no stream", HEAD ARGS "    load: {requests: r, count: 1, protocol: http2, streams: 0}\n",
     "streams is 0; it can be 1 to 1000"},
    {"two places for the load",
     HEAD "    service: {args: [\"${ADDR}\", \"${SOCKET}\"]}\n    load: {requests: r, count: 1}\n",
     "memgate.yaml:4:14: args and env of service hold ${SOCKET} and ${ADDR} or ${PORT}"},
    {"a second listener alone",
     HEAD "    service: {args: [\"${PPROF_ADDR}\"]}\n    load: {requests: r, count: 1}\n",
     "neither args nor env of service holds ${ADDR} or ${PORT} (or ${SOCKET})"},
    {"a second listener that is not told",
     HEAD "    service: {args: [\"${ADDR}\"], pprof: \"http://${PPROF_ADDR}/p\"}\n"
          "    load: {requests: r, count: 1}\n",
     "memgate.yaml:4:14: neither args nor env of service holds ${PPROF_ADDR} or ${PPROF_PORT}"},
    {"a listener elsewhere",
     HEAD "    service: {args: [\"${ADDR}\"], pprof: \"http://10.0.0.1/p\"}\n"
          "    load: {requests: r, count: 1}\n",
     "pprof is a path on the service and begins with / (or with http://${PPROF_ADDR}/)"},
    {"TLS without an authority",
     HEAD "    service: {args: [\"${ADDR}\"], tls: {server_name: a}}\n"
          "    load: {requests: r, count: 1}\n",
     "ca"},
    {"a protocol of a load tool",
     HEAD ARGS "    load: {driver: command, command: [hey, \"${ADDR}\"], output: hey, warmup: 0, "
               "protocol: http2}\n",
     "protocol is for driver: http; the driver here is command"},
    {"a load tool that is told nowhere",
     HEAD ARGS "    load: {driver: command, command: [hey], output: hey, warmup: 0}\n",
     "neither command nor env holds ${ADDR} or ${PORT} (or ${SOCKET})"},
    {"an authority without its file",
     HEAD "    service: {args: [\"${ADDR}\"], tls: {ca: \"\"}}\n"
          "    load: {requests: r, count: 1}\n",
     "ca is empty"},
};

static void a_transport_that_cannot_be_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_cases); i++) {
        struct arena arena;
        struct err err = {0};
        struct policy policy = {0};
        arena_init(&arena);
        print_message("%s\n", bad_cases[i].name);
        assert_fails(parse(&policy, &arena, bad_cases[i].text, &err), STATUS_POLICY, &err,
                     bad_cases[i].message);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transport_is_read),
        cmocka_unit_test(a_transport_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
