#ifndef GATE_POLICY_POLICY_H
#define GATE_POLICY_POLICY_H

#include "gate/base/err.h"
#include "gate/base/metric.h"
#include "gate/base/unit.h"

/*
 * memgate.yaml as structs. One table (policy/keys.c) defines every key:
 * it parses, validates, prints help and emits config/memgate.schema.json.
 */
enum { POLICY_RULES_MAX = 4096, POLICY_SCENARIOS_MAX = 256, POLICY_LIST_MAX = 4096 };

/* Where a value was written, for messages and reports: "memgate.yaml:12". */
struct origin {
    struct str file; /* "memgate.yaml", or "default policy" */
    uint32_t line;   /* 0 when there is no line */
    uint32_t column;
};

struct str_list {
    struct str *items;
    size_t len;
};

struct env_var {
    struct str name;
    struct str value;
};

enum scenario_driver { DRIVER_HTTP, DRIVER_GOTEST, DRIVER_COMMAND };

/* Who sends the requests of a service's load. */
enum load_driver { LOAD_HTTP, LOAD_COMMAND };

/* What the command of a load writes about its result; harness/tool/tool.h reads them. */
#define LOAD_OUTPUT_MAP(X)                                                                         \
    X(NONE, "none")                                                                                \
    X(K6, "k6")                                                                                    \
    X(VEGETA, "vegeta")                                                                            \
    X(WRK, "wrk")                                                                                  \
    X(WRK2, "wrk2")                                                                                \
    X(HEY, "hey")                                                                                  \
    X(HEY_CSV, "hey-csv")                                                                          \
    X(GHZ, "ghz")

enum load_output {
#define X(symbol, name) LOAD_OUTPUT_##symbol,
    LOAD_OUTPUT_MAP(X)
#undef X
        LOAD_OUTPUTS
};

const char *load_output_name(enum load_output output);

/* A number that may be absent. */
struct ratio {
    bool set;
    double value;
};

struct scenario_build {
    struct str package; /* "./cmd/orders"; default "." */
    struct str_list flags;
    struct env_var *env;
    size_t env_len;
};

/* What a control group holds the service and all it starts to; 0 or empty: nothing. */
struct scenario_limits {
    uint64_t memory_bytes;
    double cpus;       /* CPU time per time, as a quota; 1.5 is one and a half CPUs */
    struct str cpuset; /* which CPUs: "0-1,4" */
};

/* True when a control group is needed. */
bool limits_are_set(const struct scenario_limits *limits);

/* HTTPS: who may have signed the service's certificate, and the name in it. */
struct scenario_tls {
    struct str ca; /* path of certificates in PEM, as scenario_load.requests; empty: no TLS */
    struct str server_name; /* default "localhost" */
};

/* What stands before a path that is asked for at the second listener. */
#define POLICY_SECOND_LISTENER "http://${PPROF_ADDR}"

struct scenario_service {
    struct str_list args;
    struct env_var *env;
    size_t env_len;
    struct str ready; /* path answered with 2xx when the service can serve; default "/" */
    struct str pprof; /* default "/debug/pprof/" */
    struct scenario_tls tls;
    bool has_socket;             /* ${SOCKET} is where it listens, not ${ADDR} */
    bool ready_is_second;        /* ready is asked of the second listener, ${PPROF_ADDR} */
    bool pprof_is_second;        /* so is pprof */
    uint64_t start_timeout_ns;   /* default 60 s */
    uint64_t profile_timeout_ns; /* default 120 s */
    struct scenario_limits limits;
};

enum load_protocol { PROTOCOL_HTTP1, PROTOCOL_HTTP2 };

/* Whether several requests of a tool may travel in one packet, as HTTP/2 and pipelining have it. */
enum load_packets { LOAD_PACKETS_SINGLE, LOAD_PACKETS_SHARED };

struct scenario_load {
    enum load_driver driver;
    struct str requests;    /* path of the request file, relative to the policy's directory */
    uint64_t warmup;        /* requests before the `warm` point; default 10 % of count */
    uint64_t count;         /* requests of the steady phase; 0: the command's output says it */
    double rate_per_second; /* 0: closed loop, or as the command has it */
    uint64_t batch_ns;      /* 0: each request at its own time; needs a rate */
    enum load_protocol protocol;
    uint64_t connections;        /* default 4 */
    uint64_t streams;            /* of each connection at a time; 1 with HTTP/1.1 */
    uint64_t seed;               /* default 1 */
    uint64_t request_timeout_ns; /* default 30 s */

    /* LOAD_COMMAND: a load tool, run in the policy's directory of the policy's revision. */
    struct str_list command;        /* argv; ${ADDR}, ${COUNT} ... are put in by the harness */
    struct str_list warmup_command; /* empty: `command` with ${COUNT} of `warmup`, or no warm-up */
    struct env_var *env;
    size_t env_len;
    enum load_output output;
    struct str output_file;       /* relative to ${DIR}; empty: standard output */
    uint64_t timeout_ns;          /* default 10 min */
    struct ratio count_tolerance; /* how far counts of trials may be apart; not set: not at all */
    enum load_packets packets;    /* default: shared for ghz, else single */
};

struct scenario_gotest {
    struct str package;  /* "./codec" */
    struct str bench;    /* -test.bench expression */
    uint64_t iterations; /* benchtime: Nx */
};

struct scenario {
    struct str name;
    enum scenario_driver driver;
    struct scenario_build build;
    struct scenario_service service; /* DRIVER_HTTP, DRIVER_COMMAND */
    struct scenario_load load;       /* likewise */
    struct scenario_gotest gotest;   /* DRIVER_GOTEST */
    bool trace;                      /* DRIVER_HTTP: execution traces in the steady phase */
    struct origin origin;
};

enum severity { SEVERITY_ALERT, SEVERITY_REVIEW, SEVERITY_BLOCK };
const char *severity_name(enum severity severity);

/* An absolute quantity of a rule. "8MiB" counts over the whole load, "64B/request" per request. */
struct quantity {
    bool set;
    bool per_request;
    double value;
};

/* What a rule is about; an empty str matches everything of its level. */
struct selector {
    struct str scenario;
    struct str func; /* glob over keys and normalised keys; "*" names the level, no function */
    /*
     * name_key of an exact func: all closures of a function are one subject,
     * whichever of them a rule names. Empty for patterns.
     */
    struct str func_key;
    struct str package; /* glob, may end in /... */
    struct str file;    /* glob */
    struct str_list kinds;
    bool each_function; /* set for func "*": about single functions though it names none */
};

/* True when it is about single functions; func "*" is. */
bool selector_names_functions(const struct selector *selector);

struct rule {
    enum metric metric;
    struct selector selector;
    struct quantity max_increase;
    struct ratio max_increase_percent; /* 0.15 for 15 % */
    struct ratio max_decrease;         /* a fall by more asks for a person */
    struct quantity floor;             /* growth at or below is never a finding */
    struct ratio floor_share;          /* same, as a share of all bytes (0.01) */
    struct quantity max;               /* absolute budget of the candidate */
    struct ratio max_share;            /* of the whole scenario's value, candidate */
    enum severity severity;
    struct str owner;
    struct origin origin;
    bool is_default;
};

struct ignore_row {
    struct selector selector;
    bool has_metric;
    enum metric metric;
    struct str why;
    struct origin origin;
};

/* What a function that a rule names is called after the next change. */
struct successor {
    struct str from; /* as the rule or pprof spells it */
    struct str to;
    struct str why;
    struct origin origin;
};

enum on_inconclusive { INCONCLUSIVE_PASS, INCONCLUSIVE_REVIEW, INCONCLUSIVE_BLOCK };
enum toolchain_change { TOOLCHAIN_REVIEW, TOOLCHAIN_JUDGE, TOOLCHAIN_REFUSE };

struct trial_plan {
    uint32_t exact;     /* processes per side; default 3 */
    uint32_t steady;    /* default 3 */
    uint32_t duet;      /* pairs of processes; default 3; 0: latency of the steady phase */
    uint32_t max;       /* default 8 */
    uint64_t budget_ns; /* default 20 min */
};

struct policy {
    struct str name; /* as shown in messages */
    /*
     * Not recorded: left out of the list `profiles`; without one, all but heap
     * and cpu. Heap is what a verdict rests on and cannot be left out.
     */
    bool profile_off[PROFILE_KINDS];
    struct scenario *scenarios;
    size_t scenario_count;
    struct rule *rules; /* the short form's, then the file's rows in order, then the defaults */
    size_t rule_count;
    struct ignore_row *ignores;
    size_t ignore_count;
    struct successor *successors;
    size_t successor_count;
    struct trial_plan trials;
    enum on_inconclusive on_inconclusive;
    enum toolchain_change toolchain_change;
};

/*
 * Parses and validates a policy. Every error is STATUS_POLICY and reads
 * "memgate.yaml:LINE:COL: what is wrong; what to do". The default rules
 * (config/default.yaml, compiled in) are appended with is_default set.
 * Keys of design section 7 whose feature is not built yet (notify) are refused with "... is not supported by this version", never ignored.
 */
NODISCARD enum status policy_parse(struct policy *out, struct arena *arena, struct str name,
                                   struct bytes text, struct err *err);

/* No scenarios and the default rules alone, for profiles that nobody wrote a policy for. */
NODISCARD enum status policy_default(struct policy *out, struct arena *arena, struct err *err);

/* The scenario of that name, or NULL. */
const struct scenario *policy_scenario(const struct policy *policy, struct str name);

/*
 * The first key that makes the program, its start or its load another one:
 * "service.args"; NULL when there is none. The request file is told by what
 * it holds, which a recording has, not by its name.
 */
const char *scenario_other_load(struct arena *arena, const struct scenario *base,
                                const struct scenario *cand);

/* What a rule is asked about. Empty fields mean "not at that level" (a whole scenario has no func). */
struct subject {
    struct str scenario;
    struct str func;   /* pprof spelling: of one of those that are the subject */
    struct str key;    /* name_key: "pkg.F.func" for each closure of pkg.F */
    struct str normal; /* name_normal of the key */
    struct str package;
    struct str file;
    /* Of package main, which every program has: "example.com/orders/cmd/orders.run" of main.run. */
    struct str main_func;
    struct str main_key;
    struct str main_package;
    /*
     * Keys of what rules written before the change call it: the baseline's
     * spelling where it differs, and the functions whose successor it is.
     */
    struct str_list former;
    struct str other_file; /* of the other side; empty where it is the same */
    struct str kind;       /* "map" ... */
};

/* What max_decrease is of a whole scenario or benchmark where the rule has none. */
#define POLICY_MAX_DECREASE 0.9

/* True when it limits what changed from a baseline, or what the candidate is; it may do both. */
bool rule_limits_growth(const struct rule *rule);
bool rule_limits_value(const struct rule *rule);
/* True when the rule names this scenario, or none. */
bool rule_is_of_scenario(const struct rule *rule, struct str scenario);

/*
 * True when the rule speaks of this subject at this level. A rule with
 * func, package or file speaks of single functions, one without them of
 * the whole scenario; a rule with kinds speaks of those kinds of the
 * function or scenario, one without them of all bytes. So a subject
 * with `kind` set meets only rules that name kinds.
 */
bool rule_matches(const struct rule *rule, enum metric metric, const struct subject *subject);

/*
 * The rule that judges the subject: most specific first (func > file >
 * package > kind > scenario > default), then the one that names its
 * scenario, then the later row; NULL when no rule speaks of it or an
 * ignore row matches (*ignored is then that row, else NULL). Where a rule
 * names the function exactly, former names lead to no other, and to no
 * row of ignore. A row of ignore that has a pattern, a package or a file
 * matches only what both sides have there.
 */
const struct rule *policy_rule_for(const struct policy *policy, enum metric metric,
                                   const struct subject *subject,
                                   const struct ignore_row **ignored);

/*
 * A budget (max, max_share) and a limit of growth do not displace each
 * other: a row that caps the share of maps leaves the growth of maps to
 * the rule that judged it before. Writes the winner of each, the same
 * rule once; returns how many (0 to 2), policy_rule_for's choice first.
 */
enum { POLICY_WINNERS_MAX = 2 };
size_t policy_rules_for(const struct policy *policy, enum metric metric,
                        const struct subject *subject,
                        const struct rule *winners[POLICY_WINNERS_MAX],
                        const struct ignore_row **ignored);

/*
 * True of a default about the whole scenario, or about kinds in it, to
 * which another rule is preferred there: of each kind that it names. What
 * is ignored is not replaced.
 */
bool policy_replaces(const struct policy *policy, const struct rule *rule, struct str scenario);

/* One line that reads like the row: "alloc_space max_increase_percent 5 %, floor 64 B/request". */
struct str rule_describe(struct arena *arena, const struct rule *rule);
/* "memgate.yaml:12" or "default policy: alloc_space". */
struct str origin_text(struct arena *arena, const struct origin *origin);

/* Every key of memgate.yaml with its values, default and meaning, as indented lines. */
void policy_write_keys(struct buf *out);

/* The JSON Schema (draft 2020-12) of memgate.yaml, from the same table. */
void policy_write_schema(struct buf *out);

#endif
