#include "gate/policy/keys.h"

/* The keys of `load`, as keys.c has those of the other maps. */

/* Generous: more would be a typing error, and the harness allocates by them. */
enum { REQUESTS_MAX = 1000000000, CONNECTIONS_MAX = 4096, STREAMS_MAX = 1000 };

/* As many digits as every JSON reader keeps. */
#define SEED_MAX 999999999999999

/* By enum load_driver and enum load_output. */
static const char *const driver_names[] = {"http", "command", NULL};
static const char *const packets_names[] = {
    [LOAD_PACKETS_SINGLE] = "single", [LOAD_PACKETS_SHARED] = "shared", NULL};

static const char *const output_names[] = {
#define X(symbol, name) name,
    LOAD_OUTPUT_MAP(X)
#undef X
        NULL};
static const char *const protocol_names[] = {"http1", "http2", NULL};

static const struct key load_rows[] = {
    {.name = "driver",
     .type = VALUE_CHOICE,
     .offset = offsetof(struct scenario_load, driver),
     .choices = driver_names,
     .preset = "http",
     .help = "who sends the requests: memgate, or a load tool that it runs"},
    {.name = "requests",
     .type = VALUE_TEXT,
     .offset = offsetof(struct scenario_load, requests),
     .help = "http: path of the request file (JSON lines), relative to this file"},
    {.name = "count",
     .type = VALUE_COUNT,
     .offset = offsetof(struct scenario_load, count),
     .min = 1,
     .max = REQUESTS_MAX,
     .help = "number of requests, the same for both sides; with a command what ${COUNT} is and "
             "what its output must say, or left out where the output alone says it"},
    {.name = "warmup",
     .type = VALUE_COUNT,
     .offset = offsetof(struct scenario_load, warmup),
     .max = REQUESTS_MAX,
     .help = "requests before anything is measured; a tenth of count when left out"},
    {.name = "rate",
     .type = VALUE_RATE,
     .offset = offsetof(struct scenario_load, rate_per_second),
     .help = "requests per second, sent on time whatever the service does (open loop); "
             "each waits for the one before it when left out (closed loop); ${RATE}"},
    {.name = "batch",
     .type = VALUE_DURATION,
     .offset = offsetof(struct scenario_load, batch_ns),
     .help = "at high rates: requests due within so long (100ms at most) leave together at its "
             "start, which costs memgate less CPU; each leaves at its own time when left out"},
    {.name = "protocol",
     .type = VALUE_CHOICE,
     .offset = offsetof(struct scenario_load, protocol),
     .choices = protocol_names,
     .preset = "http1",
     .help = "HTTP/1.1 or HTTP/2; with HTTP/2 over TLS where service.tls is set, else in cleartext "
             "with prior knowledge (h2c)"},
    {.name = "connections",
     .type = VALUE_COUNT,
     .offset = offsetof(struct scenario_load, connections),
     .preset = "4",
     .min = 1,
     .max = CONNECTIONS_MAX,
     .help = "connections that are kept open; ${CONNECTIONS}, which is 1 in the exact phase"},
    {.name = "streams",
     .type = VALUE_COUNT,
     .offset = offsetof(struct scenario_load, streams),
     .min = 1,
     .max = STREAMS_MAX,
     .help = "most requests at a time on each connection of HTTP/2; when left out 100 with rate, "
             "else 1"},
    {.name = "seed",
     .type = VALUE_COUNT,
     .offset = offsetof(struct scenario_load, seed),
     .preset = "1",
     .max = SEED_MAX,
     .help = "of the order of the requests; ${SEED}"},
    {.name = "request_timeout",
     .type = VALUE_DURATION,
     .offset = offsetof(struct scenario_load, request_timeout_ns),
     .preset = "30s",
     .help = "http: a request without an answer by then has failed"},
    {.name = "command",
     .type = VALUE_TEXTS,
     .offset = offsetof(struct scenario_load, command),
     .help =
         "command: the load tool and its arguments, one item each; no shell reads them; "
         "${ADDR}, ${PORT}, ${SOCKET}, ${DIR}, ${SEED}, ${COUNT}, ${RATE} and ${CONNECTIONS} are put "
         "in"},
    {.name = "warmup_command",
     .type = VALUE_TEXTS,
     .offset = offsetof(struct scenario_load, warmup_command),
     .help = "command: what runs before anything is measured, where it is not `command` with "
             "${COUNT} of `warmup`"},
    {.name = "env",
     .type = VALUE_ENV,
     .offset = offsetof(struct scenario_load, env),
     .len_offset = offsetof(struct scenario_load, env_len),
     .help = "command: its environment; ${ADDR} and the others as above"},
    {.name = "output",
     .type = VALUE_CHOICE,
     .offset = offsetof(struct scenario_load, output),
     .choices = output_names,
     .help = "command: which tool's result it writes; none: nothing is read but the exit code"},
    {.name = "output_file",
     .type = VALUE_TEXT,
     .offset = offsetof(struct scenario_load, output_file),
     .help = "command: the file of the result in ${DIR}; its standard output when left out"},
    {.name = "timeout",
     .type = VALUE_DURATION,
     .offset = offsetof(struct scenario_load, timeout_ns),
     .preset = "10m",
     .help = "command: one that still runs by then has failed"},
    {.name = "count_tolerance",
     .type = VALUE_PERCENT,
     .offset = offsetof(struct scenario_load, count_tolerance),
     .help = "command: how far the numbers of requests of two trials may be apart, for tools that "
             "run for a time, at most 10%; not at all when left out"},
    {.name = "packets",
     .type = VALUE_CHOICE,
     .offset = offsetof(struct scenario_load, packets),
     .choices = packets_names,
     .help = "command: single, where each request leaves in a packet of its own, as HTTP/1.1 has "
             "it, or shared (HTTP/2, gRPC, pipelining); shared with ghz, else single, when left "
             "out"},
};

static const struct choice_key driver_keys[] = {
    {"requests", LOAD_HTTP, true, "path of the request file (JSON lines), relative to this file"},
    {"count", LOAD_HTTP, false, "number of requests; the same for both sides"},
    {"batch", LOAD_HTTP, true, NULL},
    {"request_timeout", LOAD_HTTP, true, NULL},
    {"protocol", LOAD_HTTP, true, NULL},
    {"streams", LOAD_HTTP, true, NULL},
    {"command", LOAD_COMMAND, true, "the load tool and its arguments, one item each"},
    {"warmup_command", LOAD_COMMAND, true, NULL},
    {"env", LOAD_COMMAND, true, NULL},
    {"output", LOAD_COMMAND, true, "which tool's result it writes, or none"},
    {"output_file", LOAD_COMMAND, true, NULL},
    {"timeout", LOAD_COMMAND, true, NULL},
    {"count_tolerance", LOAD_COMMAND, true, NULL},
    {"packets", LOAD_COMMAND, true, NULL},
    {0},
};

const struct key_map load_keys = {.what = "load",
                                  .keys = load_rows,
                                  .len = ARRAY_LEN(load_rows),
                                  .size = sizeof(struct scenario_load),
                                  .origin_offset = NO_TARGET,
                                  .chooser = "driver",
                                  .choice_keys = driver_keys,
                                  .check = load_check};
