#include "gate/policy/keys.h"

/*
 * Every key of memgate.yaml, map by map, inner maps first; those of load
 * are in keys_load.c. The order of a map is the order in which its keys
 * are read, shown by help and written to the JSON Schema.
 */

/* Generous: more would be a typing error, and the harness allocates by it. */
enum { TRIALS_MAX = 64 };

static const struct key build_rows[] = {
    {.name = "package",
     .type = VALUE_ARGUMENT,
     .offset = offsetof(struct scenario_build, package),
     .preset = ".",
     .help = "what to build, as go build takes it: ./cmd/orders"},
    {.name = "flags",
     .type = VALUE_TEXTS,
     .offset = offsetof(struct scenario_build, flags),
     .help = "further arguments of go build, one item each; no shell reads them"},
    {.name = "env",
     .type = VALUE_ENV,
     .offset = offsetof(struct scenario_build, env),
     .len_offset = offsetof(struct scenario_build, env_len),
     .help = "environment of the build"},
};
static const struct key_map build_keys = {.what = "build",
                                          .keys = build_rows,
                                          .len = ARRAY_LEN(build_rows),
                                          .size = sizeof(struct scenario_build),
                                          .origin_offset = NO_TARGET};

/* Less holds no Go program. */
#define LIMIT_MEMORY_MIN (8ULL * 1024 * 1024)

static const struct key limit_rows[] = {
    {.name = "memory",
     .type = VALUE_BYTES,
     .offset = offsetof(struct scenario_limits, memory_bytes),
     .min = LIMIT_MEMORY_MIN,
     .help = "most memory of the service and all it starts; beyond it the kernel kills it"},
    {.name = "cpus",
     .type = VALUE_CPUS,
     .offset = offsetof(struct scenario_limits, cpus),
     .help = "CPU time per time; 1.5 is one and a half CPUs"},
    {.name = "cpuset",
     .type = VALUE_CPUSET,
     .offset = offsetof(struct scenario_limits, cpuset),
     .help = "which CPUs it may use"},
};
static const char *const limit_one_of[] = {"memory", "cpus", "cpuset", NULL};
static const struct key_map limit_keys = {.what = "limits",
                                          .keys = limit_rows,
                                          .len = ARRAY_LEN(limit_rows),
                                          .size = sizeof(struct scenario_limits),
                                          .origin_offset = NO_TARGET,
                                          .one_of = limit_one_of};

static const struct key tls_rows[] = {
    {.name = "ca",
     .type = VALUE_TEXT,
     .offset = offsetof(struct scenario_tls, ca),
     .required = true,
     .help =
         "path of the certificates (PEM) of which one signed the service's, or of the service's "
         "own, relative to this file; ${DIR}/FILE is one that the service writes when it starts"},
    {.name = "server_name",
     .type = VALUE_TEXT,
     .offset = offsetof(struct scenario_tls, server_name),
     .preset = "localhost",
     .help = "host name or IP address that the service's certificate holds"},
};
static const struct key_map tls_keys = {.what = "tls",
                                        .keys = tls_rows,
                                        .len = ARRAY_LEN(tls_rows),
                                        .size = sizeof(struct scenario_tls),
                                        .origin_offset = NO_TARGET};

static const struct key service_rows[] = {
    {.name = "args",
     .type = VALUE_TEXTS,
     .offset = offsetof(struct scenario_service, args),
     .help =
         "arguments of the service; ${ADDR}, ${PORT} (or ${SOCKET}, the path of a unix socket), "
         "${DIR} and, for a second listener, ${PPROF_ADDR} and ${PPROF_PORT} are put in by "
         "memgate"},
    {.name = "env",
     .type = VALUE_ENV,
     .offset = offsetof(struct scenario_service, env),
     .len_offset = offsetof(struct scenario_service, env_len),
     .help = "environment of the service; ${ADDR} and the others as above"},
    {.name = "ready",
     .type = VALUE_URL_PATH,
     .offset = offsetof(struct scenario_service, ready),
     .preset = "/",
     .help = "path that answers 2xx once the service can serve; "
             "http://${PPROF_ADDR}/PATH for the second listener"},
    {.name = "pprof",
     .type = VALUE_URL_PATH,
     .offset = offsetof(struct scenario_service, pprof),
     .preset = "/debug/pprof/",
     .help = "path of net/http/pprof; http://${PPROF_ADDR}/PATH for the second listener"},
    {.name = "tls",
     .type = VALUE_MAP,
     .offset = offsetof(struct scenario_service, tls),
     .map = &tls_keys,
     .help = "the service speaks HTTPS; the second listener does not"},
    {.name = "start_timeout",
     .type = VALUE_DURATION,
     .offset = offsetof(struct scenario_service, start_timeout_ns),
     .preset = "60s",
     .help = "how long the service may take until it is ready"},
    {.name = "profile_timeout",
     .type = VALUE_DURATION,
     .offset = offsetof(struct scenario_service, profile_timeout_ns),
     .preset = "120s",
     .help = "how long a heap profile may take; a service without an answer by then has failed"},
    {.name = "limits",
     .type = VALUE_MAP,
     .offset = offsetof(struct scenario_service, limits),
     .map = &limit_keys,
     .help = "of a control group of its own, version 1 or 2; where none can be had there is no "
             "verdict"},
};
static const struct key_map service_keys = {.what = "service",
                                            .keys = service_rows,
                                            .len = ARRAY_LEN(service_rows),
                                            .size = sizeof(struct scenario_service),
                                            .origin_offset = NO_TARGET};

static const struct key gotest_rows[] = {
    {.name = "package",
     .type = VALUE_ARGUMENT,
     .offset = offsetof(struct scenario_gotest, package),
     .required = true,
     .help = "package of the benchmarks: ./codec"},
    {.name = "bench",
     .type = VALUE_TEXT,
     .offset = offsetof(struct scenario_gotest, bench),
     .required = true,
     .help = "which benchmarks, as go test -bench takes it: ^BenchmarkEncode$"},
    {.name = "benchtime",
     .type = VALUE_ITERATIONS,
     .offset = offsetof(struct scenario_gotest, iterations),
     .required = true,
     .help = "operations of each benchmark: 2000x"},
};
static const struct key_map gotest_keys = {.what = "gotest",
                                           .keys = gotest_rows,
                                           .len = ARRAY_LEN(gotest_rows),
                                           .size = sizeof(struct scenario_gotest),
                                           .origin_offset = NO_TARGET};

static const char *const switch_names[] = {"false", "true", NULL};

static const struct key scenario_rows[] = {
    {.name = "name",
     .type = VALUE_NAME,
     .offset = offsetof(struct scenario, name),
     .required = true,
     .help = "how reports and the command line call it"},
    {.name = "build",
     .type = VALUE_MAP,
     .offset = offsetof(struct scenario, build),
     .map = &build_keys,
     .help = "how the program is built, the same for both sides"},
    {.name = "service",
     .type = VALUE_MAP,
     .offset = offsetof(struct scenario, service),
     .map = &service_keys,
     .help = "how the service is started"},
    {.name = "load",
     .type = VALUE_MAP,
     .offset = offsetof(struct scenario, load),
     .map = &load_keys,
     .help = "the fixed work that both sides do"},
    {.name = "gotest",
     .type = VALUE_MAP,
     .offset = offsetof(struct scenario, gotest),
     .map = &gotest_keys,
     .help = "benchmarks of go test, instead of service and load"},
    {.name = "trace",
     .type = VALUE_SWITCH,
     .offset = offsetof(struct scenario, trace),
     .choices = switch_names,
     .preset = "false",
     .help = "with load.driver http: behind each steady trial's load some seconds more of it under "
             "an execution trace (pprof's trace), held against gctrace; never judged"},
};
static const char *const scenario_one_of[] = {"load", "gotest", NULL};
static const struct key_map scenario_keys = {.what = "a scenario",
                                             .keys = scenario_rows,
                                             .len = ARRAY_LEN(scenario_rows),
                                             .size = sizeof(struct scenario),
                                             .origin_offset = offsetof(struct scenario, origin),
                                             .rows_max = POLICY_SCENARIOS_MAX,
                                             .one_of = scenario_one_of,
                                             .need = {"trace", "load", "driver", "http", "gotest"},
                                             .check = scenario_check};

static const struct key trial_rows[] = {
    {.name = "exact",
     .type = VALUE_SMALL,
     .offset = offsetof(struct trial_plan, exact),
     .preset = "3",
     .min = 1,
     .max = TRIALS_MAX,
     .help = "processes of each side that record every allocation"},
    {.name = "steady",
     .type = VALUE_SMALL,
     .offset = offsetof(struct trial_plan, steady),
     .preset = "3",
     .min = 1,
     .max = TRIALS_MAX,
     .help = "processes of each side that run undisturbed, for time and memory of the process"},
    {.name = "duet",
     .type = VALUE_SMALL,
     .offset = offsetof(struct trial_plan, duet),
     .preset = "3",
     .min = 0,
     .max = TRIALS_MAX,
     .help = "pairs of processes that answer side by side, for latency and CPU time, never more "
             "than max; 0: none, and both are those of the steady trials"},
    {.name = "max",
     .type = VALUE_SMALL,
     .offset = offsetof(struct trial_plan, max),
     .preset = "8",
     .min = 1,
     .max = TRIALS_MAX,
     .help = "most processes of each side and phase while a rule is undecided"},
    {.name = "budget",
     .type = VALUE_DURATION,
     .offset = offsetof(struct trial_plan, budget_ns),
     .preset = "20m",
     .help = "no trial is added after this time"},
};
static const struct key_map trial_keys = {.what = "trials",
                                          .keys = trial_rows,
                                          .len = ARRAY_LEN(trial_rows),
                                          .size = sizeof(struct trial_plan),
                                          .origin_offset = NO_TARGET,
                                          .check = trials_check};

static const struct key threshold_rows[] = {
    {.name = "alloc_delta_percent",
     .type = VALUE_LIMIT,
     .offset = offsetof(struct thresholds, alloc_percent),
     .help = "growth of bytes per request of the whole scenario"},
    {.name = "heap_alloc_delta_mb",
     .type = VALUE_LIMIT,
     .offset = offsetof(struct thresholds, heap_alloc_mb),
     .help = "growth of any single function over the load, in MB (1000000 bytes)"},
    {.name = "map_alloc_delta_percent",
     .type = VALUE_LIMIT,
     .offset = offsetof(struct thresholds, map_alloc_percent),
     .help = "growth of bytes in maps, of the whole scenario and of each function with at least "
             "1 % of all bytes"},
    {.name = "p99_delta_percent",
     .type = VALUE_LIMIT,
     .offset = offsetof(struct thresholds, p99_percent),
     .help = "growth of the latency that 1 % of the requests exceed, from 1 ms on"},
    {.name = "rss_p95_delta_percent",
     .type = VALUE_LIMIT,
     .offset = offsetof(struct thresholds, rss_percent),
     .help = "growth of the resident memory, from 16 MiB on"},
    {.name = "cpu_delta_percent",
     .type = VALUE_LIMIT,
     .offset = offsetof(struct thresholds, cpu_percent),
     .help = "growth of CPU time per request"},
    {.name = "focus_functions",
     .type = VALUE_FOCUS,
     .offset = offsetof(struct thresholds, focus),
     .help = "functions that get the limit of alloc_delta_percent (5 when left out) each"},
};
static const struct key_map threshold_keys = {.what = "thresholds",
                                              .keys = threshold_rows,
                                              .len = ARRAY_LEN(threshold_rows),
                                              .size = sizeof(struct thresholds),
                                              .origin_offset = NO_TARGET};

/* Rules and rows of ignore say in the same words what they are about. */
#define SELECTOR_KEY(row, member) .offset = offsetof(row, selector.member)
#define SELECTOR_KEYS(row)                                                                         \
    {.name = "scenario",                                                                           \
     .type = VALUE_NAME,                                                                           \
     SELECTOR_KEY(row, scenario),                                                                  \
     .help = "only this scenario"},                                                                \
        {.name = "func",                                                                           \
         .type = VALUE_SELECTOR,                                                                   \
         SELECTOR_KEY(row, func),                                                                  \
         .help = "functions as pprof spells them, * for any text; \"*\" is each function"},        \
        {.name = "file",                                                                           \
         .type = VALUE_SELECTOR,                                                                   \
         SELECTOR_KEY(row, file),                                                                  \
         .help = "functions of these source files"},                                               \
        {.name = "package",                                                                        \
         .type = VALUE_SELECTOR,                                                                   \
         SELECTOR_KEY(row, package),                                                               \
         .help = "functions of these packages; /... includes those below"},                        \
        {.name = "kind",                                                                           \
         .type = VALUE_KINDS,                                                                      \
         SELECTOR_KEY(row, kinds),                                                                 \
         .choices = kind_names,                                                                    \
         .help = "what was allocated"}

static const char *const limited_profiles[] = {"cpu", "block", "mutex", "goroutine", NULL};

static const struct key rule_rows[] = {
    SELECTOR_KEYS(struct rule),
    {.name = "metric",
     .type = VALUE_METRIC,
     .offset = offsetof(struct rule, metric),
     .help = "what is limited"},
    {.name = "profile",
     .type = VALUE_PROFILE,
     .offset = offsetof(struct rule, metric),
     .choices = limited_profiles,
     .help = "instead of metric: CPU time, time waited (block), time that others waited (mutex), "
             "each over the load or as 5us/request; or the number of goroutines"},
    {.name = "max_increase",
     .type = VALUE_QUANTITY,
     .offset = offsetof(struct rule, max_increase),
     .help = "largest growth over the baseline: over the whole load, or 64B/request; with "
             "max_increase_percent both must be passed to break the rule"},
    {.name = "max_increase_percent",
     .type = VALUE_PERCENT,
     .offset = offsetof(struct rule, max_increase_percent),
     .help = "largest growth relative to the baseline"},
    {.name = "max_decrease",
     .type = VALUE_PERCENT,
     .offset = offsetof(struct rule, max_decrease),
     .help = "largest fall below the baseline that nobody is asked about (default 90% of a whole "
             "scenario or benchmark, none of a part of it): more is a review, but in a rule on a "
             "whole scenario where code that was removed accounts for it; 100% asks never"},
    {.name = "floor",
     .type = VALUE_QUANTITY,
     .offset = offsetof(struct rule, floor),
     .help = "growth up to this is never a finding"},
    {.name = "floor_share",
     .type = VALUE_PERCENT,
     .offset = offsetof(struct rule, floor_share),
     .help = "growth up to this share of the whole scenario's value is never a finding"},
    {.name = "max",
     .type = VALUE_QUANTITY,
     .offset = offsetof(struct rule, max),
     .help = "largest value of the candidate, whatever the baseline has; a percentage for shares"},
    {.name = "max_share",
     .type = VALUE_PERCENT,
     .offset = offsetof(struct rule, max_share),
     .help = "largest share of the whole scenario's value in the candidate"},
    {.name = "severity",
     .type = VALUE_CHOICE,
     .offset = offsetof(struct rule, severity),
     .choices = severity_names,
     .preset = "block",
     .help = "block fails the run, review asks for a person, alert only tells"},
    {.name = "owner",
     .type = VALUE_TEXT,
     .offset = offsetof(struct rule, owner),
     .help = "who is named in the report"},
};
static const char *const rule_one_of[] = {"max_increase", "max_increase_percent", "max",
                                          "max_share", NULL};
static const char *const rule_either[] = {"metric", "profile", NULL};
static const struct key_map rule_keys = {.what = "a rule",
                                         .keys = rule_rows,
                                         .len = ARRAY_LEN(rule_rows),
                                         .size = sizeof(struct rule),
                                         .origin_offset = offsetof(struct rule, origin),
                                         .rows_max = POLICY_RULES_MAX,
                                         .one_of = rule_one_of,
                                         .either = rule_either,
                                         .check = rule_check};

static const struct key ignore_rows[] = {
    SELECTOR_KEYS(struct ignore_row),
    {.name = "metric",
     .type = VALUE_HAS_METRIC,
     .offset = offsetof(struct ignore_row, metric),
     .help = "only this metric"},
    {.name = "why",
     .type = VALUE_TEXT,
     .offset = offsetof(struct ignore_row, why),
     .required = true,
     .help = "the reason, shown in the report"},
};
static const char *const ignore_one_of[] = {"func", "file", "package", "kind", NULL};
static const struct key_map ignore_keys = {.what = "a row of ignore",
                                           .keys = ignore_rows,
                                           .len = ARRAY_LEN(ignore_rows),
                                           .size = sizeof(struct ignore_row),
                                           .origin_offset = offsetof(struct ignore_row, origin),
                                           .rows_max = POLICY_RULES_MAX,
                                           .one_of = ignore_one_of,
                                           .check = ignore_check};

static const struct key successor_rows[] = {
    {.name = "from",
     .type = VALUE_TEXT,
     .offset = offsetof(struct successor, from),
     .required = true,
     .help = "a function that a rule names and the next change removes"},
    {.name = "to",
     .type = VALUE_TEXT,
     .offset = offsetof(struct successor, to),
     .required = true,
     .help = "the function that takes its place and its rules"},
    {.name = "why",
     .type = VALUE_TEXT,
     .offset = offsetof(struct successor, why),
     .help = "the reason, shown by lint"},
};
static const struct key_map successor_keys = {.what = "a successor",
                                              .keys = successor_rows,
                                              .len = ARRAY_LEN(successor_rows),
                                              .size = sizeof(struct successor),
                                              .origin_offset = offsetof(struct successor, origin),
                                              .rows_max = POLICY_RULES_MAX,
                                              .check = successor_check};

/* By enum profile_kind. */
static const char *const profile_names[] = {
#define X(symbol, name) name,
    PROFILE_KIND_MAP(X)
#undef X
        NULL};
static const char *const later_profiles[] = {"allocs", "threadcreate", NULL};
static const char *const inconclusive_names[] = {"pass", "review", "block", NULL};
static const char *const toolchain_names[] = {"review", "judge", "refuse", NULL};

static const struct key document_rows[] = {
    {.name = "version",
     .type = VALUE_VERSION,
     .offset = NO_TARGET,
     .required = true,
     .help = "of this file's format: 1"},
    {.name = "scenarios",
     .type = VALUE_ROWS,
     .offset = offsetof(struct document, policy.scenarios),
     .len_offset = offsetof(struct document, policy.scenario_count),
     .map = &scenario_keys,
     .help = "what is measured"},
    {.name = "trials",
     .type = VALUE_MAP,
     .offset = offsetof(struct document, policy.trials),
     .map = &trial_keys,
     .help = "how often it is measured"},
    {.name = "profiles",
     .type = VALUE_PROFILES,
     .offset = offsetof(struct document, policy.profile_off),
     .choices = profile_names,
     .later = later_profiles,
     .help = "which profiles are recorded: heap, and in the steady phase cpu, block, mutex and "
             "goroutine; heap and cpu when left out"},
    {.name = "thresholds",
     .type = VALUE_MAP,
     .offset = offsetof(struct document, thresholds),
     .map = &threshold_keys,
     .help = "the short form of rules, each of severity block"},
    {.name = "rules",
     .type = VALUE_ROWS,
     .offset = offsetof(struct document, policy.rules),
     .len_offset = offsetof(struct document, policy.rule_count),
     .map = &rule_keys,
     .help = "the long form; the most specific row judges: "
             "func, file, package, kind, scenario, thresholds, defaults"},
    {.name = "ignore",
     .type = VALUE_ROWS,
     .offset = offsetof(struct document, policy.ignores),
     .len_offset = offsetof(struct document, policy.ignore_count),
     .map = &ignore_keys,
     .help = "what no rule judges"},
    {.name = "successors",
     .type = VALUE_ROWS,
     .offset = offsetof(struct document, policy.successors),
     .len_offset = offsetof(struct document, policy.successor_count),
     .map = &successor_keys,
     .help = "names for functions that a rule names and a change removes; read from the baseline"},
    {.name = "on_inconclusive",
     .type = VALUE_CHOICE,
     .offset = offsetof(struct document, policy.on_inconclusive),
     .choices = inconclusive_names,
     .preset = "review",
     .help = "what an undecided rule of severity block does to the run"},
    {.name = "toolchain_change",
     .type = VALUE_CHOICE,
     .offset = offsetof(struct document, policy.toolchain_change),
     .choices = toolchain_names,
     .preset = "review",
     .help = "when the Go versions differ: turn block into review, judge as usual, or refuse"},
    {.name = "notify", .type = VALUE_LATER},
};
const struct key_map document_keys = {.what = "a policy",
                                      .keys = document_rows,
                                      .len = ARRAY_LEN(document_rows),
                                      .size = sizeof(struct document),
                                      .origin_offset = NO_TARGET};
