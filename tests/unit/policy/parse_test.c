#include "gate/policy/policy.h"

#include "tests/support/check.h"

#define MIB (1024.0 * 1024)

/* The smallest scenario, so that a row below shows only what it is about. */
#define SCENARIO                                                                                   \
    "version: 1\n"                                                                                 \
    "scenarios:\n"                                                                                 \
    "  - {name: a, gotest: {package: ./x, bench: B, benchtime: 1x}}\n"
#define SERVICE(inner)                                                                             \
    "version: 1\n"                                                                                 \
    "scenarios:\n"                                                                                 \
    "  - name: a\n" inner
#define LOAD(inner) SERVICE("    service: {args: [\"${ADDR}\"]}\n    load: {" inner "}\n")
/* The shortest load tool; what it lacks is added by a row. */
#define COMMAND_OUTPUT(output, inner)                                                              \
    LOAD("driver: command, command: [hey, \"${ADDR}\"], output: " output ", " inner)
#define COMMAND(inner) COMMAND_OUTPUT("hey", inner)
#define RULE(inner)    SCENARIO "rules:\n  - {" inner "}\n"

static enum status parse(struct policy *out, struct arena *arena, const char *text, struct err *err)
{
    return policy_parse(out, arena, STR("memgate.yaml"), bytes_of_str(str_from(text)), err);
}

struct refused_case {
    const char *name;
    const char *text;
    const char *message;
};

static const struct refused_case refused_cases[] = {
    {"empty file", "", "memgate.yaml: no scenarios; an empty policy would pass everything"},
    {"comments only", "# nothing\n",
     "memgate.yaml: no scenarios; an empty policy would pass everything"},
    {"version only", "version: 1\n",
     "memgate.yaml: no scenarios; an empty policy would pass everything"},
    {"no scenarios in the list", "version: 1\nscenarios: []\n",
     "memgate.yaml: no scenarios; an empty policy would pass everything"},
    {"a list", "- a\n", "memgate.yaml:1:1: a policy is a map of keys, not a list"},
    {"a text", "hello\n", "memgate.yaml:1:1: a policy is a map of keys, not a single value"},
    {"no version", "scenarios: []\n",
     "memgate.yaml: version is missing; begin the file with \"version: 1\""},
    {"another version, before its keys", "duration: 3\nversion: 2\n",
     "memgate.yaml:2:10: version \"2\" is not supported by this memgate; write 1"},
    {"version as a list", "version: [1]\n",
     "memgate.yaml:1:10: version \"\" is not supported by this memgate; write 1"},
    {"unknown key", "version: 1\n\ntreshold: 5\n",
     "memgate.yaml:3:1: unknown key \"treshold\"; did you mean \"thresholds\"?"},
    {"unknown key without a neighbour", SCENARIO "trials: {hello: 1}\n",
     "memgate.yaml:4:10: unknown key \"hello\"; known: exact steady duet max budget"},
    {"trace of benchmarks",
     SERVICE("    gotest: {package: ., bench: B, benchtime: 1x}\n    trace: true\n"),
     "memgate.yaml:5:12: trace needs a load that memgate sends itself (load.driver http): the "
     "trace is of some seconds more of it; remove this"},
    {"trace of another's load", COMMAND("count: 5, warmup: 0") "    trace: true\n",
     "memgate.yaml:6:12: trace needs a load that memgate sends itself (load.driver http): the "
     "trace is of some seconds more of it; remove this"},
    {"trace of a number", LOAD("requests: r, count: 1") "    trace: 3\n",
     "memgate.yaml:6:12: unknown trace \"3\"; known: false true"},
    {"unknown key in a scenario", SERVICE("    serivce: {}\n"),
     "memgate.yaml:4:5: unknown key \"serivce\"; did you mean \"service\"?"},
    {"unknown key in a rule", RULE("metric: p99, max_incraese: 5ms"),
     "memgate.yaml:5:19: unknown key \"max_incraese\"; did you mean \"max_increase\"?"},
    {"key without a value", SCENARIO "rules:\n",
     "memgate.yaml:4:7: rules has no value; write one or leave the key out"},
    {"duplicate key", "version: 1\nscenarios: []\nversion: 1\n",
     "memgate.yaml:3:1: duplicate key \"version\" (first at 1:1)"},

    {"thresholds: not a number", SCENARIO "thresholds:\n  heap_alloc_delta_mb: .nan\n",
     "memgate.yaml:5:24: \".nan\" is not a plain decimal number (write 5, 0.5 or 120)"},
    {"thresholds: infinite", SCENARIO "thresholds: {p99_delta_percent: .inf}\n",
     "memgate.yaml:4:33: \".inf\" is not a plain decimal number (write 5, 0.5 or 120)"},
    {"thresholds: negative", SCENARIO "thresholds: {p99_delta_percent: -5}\n",
     "memgate.yaml:4:33: \"-5\" is negative; a limit must be >= 0"},
    {"thresholds: with a unit", SCENARIO "thresholds: {heap_alloc_delta_mb: 8MB}\n",
     "memgate.yaml:4:35: heap_alloc_delta_mb takes a number without a unit, such as 5"},
    {"thresholds: with a percent sign", SCENARIO "thresholds: {p99_delta_percent: 5%}\n",
     "memgate.yaml:4:33: p99_delta_percent takes a number without a unit, such as 5"},
    {"thresholds: octal", SCENARIO "thresholds: {p99_delta_percent: 017}\n",
     "memgate.yaml:4:33: \"017\" is not a plain decimal number (write 5, 0.5 or 120)"},
    {"thresholds: hexadecimal", SCENARIO "thresholds: {p99_delta_percent: 0x10}\n",
     "memgate.yaml:4:33: \"0x10\" is not a plain decimal number (write 5, 0.5 or 120)"},
    {"thresholds: underscore", SCENARIO "thresholds: {p99_delta_percent: 1_000}\n",
     "memgate.yaml:4:33: \"1_000\" is not a plain decimal number (write 5, 0.5 or 120)"},
    {"thresholds: base sixty", SCENARIO "thresholds: {p99_delta_percent: 1:30}\n",
     "memgate.yaml:4:33: \"1:30\" is not a plain decimal number (write 5, 0.5 or 120)"},
    {"thresholds: 2^63", SCENARIO "thresholds: {p99_delta_percent: 9223372036854775808}\n",
     "memgate.yaml:4:33: \"9223372036854775808\" is too large"},
    {"thresholds: a list", SCENARIO "thresholds: {p99_delta_percent: [5]}\n",
     "memgate.yaml:4:33: p99_delta_percent is a single value, not a list"},
    {"focus: a text", SCENARIO "thresholds: {focus_functions: a.B}\n",
     "memgate.yaml:4:31: focus_functions is a list, such as [a, b]"},
    {"focus: everything", SCENARIO "thresholds: {focus_functions: [\"*\"]}\n",
     "memgate.yaml:4:32: focus_functions names functions; \"*\" is every function"},
    {"focus: twice", SCENARIO "thresholds: {focus_functions: [a.B, a.B]}\n",
     "memgate.yaml:4:37: \"a.B\" is listed twice"},

    {"unit unknown", RULE("metric: alloc_space, max_increase: 8 MBB"),
     "memgate.yaml:5:41: unknown unit \"MBB\"; known: B kB MB GB KiB MiB GiB"},
    {"unit missing", RULE("metric: alloc_space, max_increase: 8"),
     "memgate.yaml:5:41: the unit is missing; known: B kB MB GB KiB MiB GiB"},
    {"percent without its sign", RULE("metric: alloc_space, max_increase_percent: 15"),
     "memgate.yaml:5:49: the unit is missing; known: %"},
    {"decimal comma", RULE("metric: alloc_space, max_increase_percent: \"5,5%\""),
     "memgate.yaml:5:49: \"5,5\" is not a number; use a point, not a comma"},
    {"per request where there is none", RULE("metric: inuse_space, max: 8MiB/request"),
     "memgate.yaml:5:32: inuse_space is not counted per request; leave /request out"},
    {"bytes for a time", RULE("metric: p99, max: 8MiB"),
     "memgate.yaml:5:24: unknown unit \"MiB\"; known: ns us ms s m h"},
    {"metric unknown", RULE("metric: alloc_spcae, max: 8MiB"),
     "memgate.yaml:5:14: unknown metric \"alloc_spcae\"; did you mean \"alloc_space\"?"},
    {"metric missing", RULE("func: a.B, max: 8MiB"),
     "memgate.yaml:5:5: a rule needs metric or profile"},
    {"limit missing", RULE("metric: alloc_space, floor: 1MiB"),
     "memgate.yaml:5:5: a rule needs max_increase or max_increase_percent or max or max_share"},
    {"severity unknown", RULE("metric: alloc_space, max: 1MiB, severity: blok"),
     "memgate.yaml:5:48: unknown severity \"blok\"; did you mean \"block\"?"},
    {"kind unknown", RULE("kind: [map, strng], metric: alloc_space, max: 1MiB"),
     "memgate.yaml:5:18: unknown kind \"strng\"; did you mean \"string\"?"},
    {"kind list empty", RULE("kind: [], metric: alloc_space, max: 1MiB"),
     "memgate.yaml:5:12: kind names no kind; leave it out"},
    {"selector empty", RULE("func: \"\", metric: alloc_space, max: 1MiB"),
     "memgate.yaml:5:12: func is empty"},
    {"latency of a function", RULE("func: a.B, metric: p99, max: 5ms"),
     "memgate.yaml:5:5: p99 is measured for the whole scenario only; "
     "remove func, file, package and kind"},
    {"share of latency", RULE("metric: p99, max_increase: 5ms, floor_share: 1%"),
     "memgate.yaml:5:5: p99 has no shares; remove max_share and floor_share"},
    {"share of everything", RULE("metric: alloc_space, max_share: 35%"),
     "memgate.yaml:5:5: the share of a whole scenario is always 100 %; "
     "max_share needs func, file, package or kind"},
    {"a fall by nothing", RULE("metric: p99, max_increase: 5ms, max_decrease: 0%"),
     "memgate.yaml:5:5: max_decrease is more than 0 % and at most 100 %, since nothing falls by "
     "more than all of it"},
    {"a fall by more than all", RULE("metric: p99, max_increase: 5ms, max_decrease: 101%"),
     "memgate.yaml:5:5: max_decrease is more than 0 % and at most 100 %, since nothing falls by "
     "more than all of it"},
    {"a fall without its sign", RULE("metric: p99, max_increase: 5ms, max_decrease: 50"),
     "memgate.yaml:5:52: the unit is missing; known: %"},
    {"a fall of a budget", RULE("metric: p99, max: 5ms, max_decrease: 50%"),
     "memgate.yaml:5:5: max_decrease does nothing without max_increase or max_increase_percent"},
    {"floor of a budget", RULE("metric: alloc_space, max: 1GiB, floor: 1MiB"),
     "memgate.yaml:5:5: floor and floor_share do nothing without max_increase or "
     "max_increase_percent"},
    {"one closure ignored", SCENARIO "ignore:\n  - {func: a.io/m.F.func1, why: w}\n",
     "memgate.yaml:5:5: \"a.io/m.F.func1\" is one of several that are one subject: closures of a "
     "function, its type arguments, init functions of a package; to ignore all of them, write "
     "\"a.io/m.F.func\""},
    {"a range of one closure ignored",
     SCENARIO "ignore:\n  - {func: a.io/m.F.func1-range2.3, why: w}\n",
     "memgate.yaml:5:5: \"a.io/m.F.func1-range2.3\" is one of several that are one subject: "
     "closures of a function, its type arguments, init functions of a package; to ignore all of "
     "them, write \"a.io/m.F.func\""},
    {"one instance ignored", SCENARIO "ignore:\n  - {func: \"a.io/m.F[int]\", why: w}\n",
     "memgate.yaml:5:5: \"a.io/m.F[int]\" is one of several that are one subject: closures of a "
     "function, its type arguments, init functions of a package; to ignore all of them, write "
     "\"a.io/m.F[...]\""},
    {"some closures ignored", SCENARIO "ignore:\n  - {func: \"*.F.func1*\", why: w}\n",
     "memgate.yaml:5:5: closures of one function are one subject without a number, which "
     "\"*.F.func1*\" never matches; end the pattern in .func"},
    {"pattern with the number of a closure",
     RULE("func: \"*Total.func2*\", metric: alloc_space, max: 1MiB"),
     "memgate.yaml:5:5: closures of one function are one subject without a number, which "
     "\"*Total.func2*\" never matches; end the pattern in .func"},
    {"focus pattern with the number of a closure",
     SCENARIO "thresholds: {focus_functions: [a.B, \"*func12\"]}\n",
     "memgate.yaml:4:37: closures of one function are one subject without a number, which "
     "\"*func12\" never matches; end the pattern in .func"},
    {"scenario of a rule unknown", RULE("scenario: b, metric: p99, max: 5ms"),
     "memgate.yaml:5:5: unknown scenario \"b\"; known: a"},
    {"two limits of one subject",
     RULE("metric: p99, max_increase_percent: 5%") "  - {metric: p99, max_increase: 9ms}\n",
     "memgate.yaml:6:5: p99 of the same subject is limited at 5:5 already; "
     "one of the two would never judge"},
    {"two limits of the closures of one function",
     RULE("func: a.B.func1, metric: alloc_space, max: 1MiB") "  - {func: a.B.func2, metric: "
                                                             "alloc_space, max: 2MiB}\n",
     "memgate.yaml:6:5: alloc_space of the same subject is limited at 5:5 already; "
     "one of the two would never judge"},
    {"ignore without a reason", SCENARIO "ignore: [{func: a.B}]\n",
     "memgate.yaml:4:10: a row of ignore needs why: the reason, shown in the report"},
    {"a successor of itself", SCENARIO "successors: [{from: a.B, to: a.B}]\n",
     "memgate.yaml:4:14: a function is no successor of itself; change to"},
    {"a successor without a name", SCENARIO "successors: [{from: a.B}]\n",
     "memgate.yaml:4:14: a successor needs to: the function that takes its place and its rules"},
    {"two successors of one", SCENARIO "successors: [{from: a.B, to: a.C}, {from: a.B, to: a.D}]\n",
     "memgate.yaml:4:36: \"a.B\" has a successor already"},
    {"ignore everything", SCENARIO "ignore: [{metric: p99, why: noisy}]\n",
     "memgate.yaml:4:10: a row of ignore needs func or file or package or kind"},

    {"scenario without a load", SERVICE("    service: {args: [\"${ADDR}\"]}\n"),
     "memgate.yaml:3:5: a scenario needs load or gotest"},
    {"scenario without a name", "version: 1\nscenarios:\n  - {load: {}}\n",
     "memgate.yaml:3:5: a scenario needs name: how reports and the command line call it"},
    {"name of a path", "version: 1\nscenarios:\n  - {name: a/b, load: {}}\n",
     "memgate.yaml:3:12: name \"a/b\" is not 1 to 64 of A-Z a-z 0-9 _ . - "
     "(nor begins with . or -)"},
    {"name of the parent", "version: 1\nscenarios:\n  - {name: .., load: {}}\n",
     "memgate.yaml:3:12: name \"..\" is not 1 to 64 of A-Z a-z 0-9 _ . - "
     "(nor begins with . or -)"},
    {"name twice", SCENARIO "  - {name: a, gotest: {package: ., bench: B, benchtime: 1x}}\n",
     "memgate.yaml:4:5: second scenario \"a\" (first at 3:5)"},
    {"scenarios as a map", "version: 1\nscenarios: {name: a}\n",
     "memgate.yaml:2:12: scenarios is a list, each item begins with \"- \""},
    {"both drivers",
     SERVICE("    load: {requests: r, count: 1}\n"
             "    gotest: {package: ., bench: B, benchtime: 1x}\n"),
     "memgate.yaml:4:11: a scenario has either gotest or service and load; remove load"},
    {"package of a benchmark twice",
     SERVICE("    build: {package: ./x}\n"
             "    gotest: {package: ., bench: B, benchtime: 1x}\n"),
     "memgate.yaml:4:22: a gotest scenario names its package below gotest; remove this"},
    {"requests missing", LOAD("count: 5"),
     "memgate.yaml:5:11: load needs requests: path of the request file (JSON lines), "
     "relative to this file"},
    {"count missing", LOAD("requests: r"),
     "memgate.yaml:5:11: load needs count: number of requests; the same for both sides"},
    {"count of nothing", LOAD("requests: r, count: 0"),
     "memgate.yaml:5:32: count is 0; it can be 1 to 1000000000"},
    {"count with a fraction", LOAD("requests: r, count: 1.5"),
     "memgate.yaml:5:32: \"1.5\" is not a whole number"},
    {"rate without its unit", LOAD("requests: r, count: 5, rate: 1200"),
     "memgate.yaml:5:41: the unit is missing; known: /s"},
    {"batches of a closed loop", LOAD("requests: r, count: 5, batch: 1ms"),
     "memgate.yaml:5:42: batch needs a rate: a closed loop has no due times"},
    {"batches that are no rate", LOAD("requests: r, count: 5, rate: 5000/s, batch: 101ms"),
     "memgate.yaml:5:56: batch is at most 100ms"},
    {"rate of nothing", LOAD("requests: r, count: 5, rate: 0/s"),
     "memgate.yaml:5:41: rate is more than 0 and at most 1000000/s; "
     "leave it out for a closed loop"},
    {"command: its own keys with another driver", LOAD("requests: r, count: 5, output: hey"),
     "memgate.yaml:5:43: output is for driver: command; the driver here is http"},
    {"command: a request file", COMMAND("requests: r, count: 5"),
     "memgate.yaml:5:79: requests is for driver: http; the driver here is command"},
    {"command: missing", LOAD("driver: command, output: hey"),
     "memgate.yaml:5:11: load needs command: the load tool and its arguments, one item each"},
    {"command: a line for a shell", LOAD("driver: command, command: hey http://x, output: hey"),
     "memgate.yaml:5:38: command is a list, such as [a, b]"},
    {"command: no program", LOAD("driver: command, command: [\"\", a], output: hey"),
     "memgate.yaml:5:38: command names no program; its first item is one, such as "
     "[hey, -n, \"${COUNT}\", \"http://${ADDR}/\"]"},
    {"command: empty", LOAD("driver: command, command: [], output: hey"),
     "memgate.yaml:5:38: command names no program; its first item is one, such as "
     "[hey, -n, \"${COUNT}\", \"http://${ADDR}/\"]"},
    {"command: nowhere to send to", LOAD("driver: command, command: [hey], output: hey"),
     "memgate.yaml:5:38: neither command nor env holds ${ADDR} or ${PORT} (or ${SOCKET}): the tool would not "
     "learn where the service listens"},
    {"command: no word of its output", LOAD("driver: command, command: [hey, \"${ADDR}\"]"),
     "memgate.yaml:5:11: load needs output: which tool's result it writes, or none"},
    {"command: output unknown", COMMAND_OUTPUT("heyy", "warmup: 0"),
     "memgate.yaml:5:64: unknown output \"heyy\"; did you mean \"hey\"?"},
    {"command: a count that is not stated", COMMAND("warmup: 0, env: {N: \"${COUNT}\"}"),
     "memgate.yaml:5:38: ${COUNT} is put in from count; state count"},
    {"command: a rate that is not stated", COMMAND("warmup: 0, env: {N: \"${RATE}\"}"),
     "memgate.yaml:5:38: ${RATE} is put in from rate; state rate"},
    {"command: nobody counts", COMMAND_OUTPUT("none", "warmup: 0"),
     "memgate.yaml:5:64: with output: none nobody says how many requests were sent, and what is "
     "counted per request needs that; state count"},
    {"command: nobody counts what failed", COMMAND_OUTPUT("hey-csv", "warmup: 0"),
     "memgate.yaml:5:64: hey leaves requests without an answer out of its CSV: state count, so "
     "that they are missed"},
    {"command: no way to warm up", COMMAND("count: 5"),
     "memgate.yaml:5:38: command has no ${COUNT}, so it cannot be run with fewer requests as a "
     "warm-up: give warmup_command, or write warmup: 0"},
    {"command: a warm-up of the whole", COMMAND("count: 5, warmup: 2"),
     "memgate.yaml:5:87: command has no ${COUNT}, so it cannot be run with fewer requests as a "
     "warm-up: give warmup_command, or write warmup: 0"},
    {"command: a file outside", COMMAND("warmup: 0, output_file: ../../etc/passwd"),
     "memgate.yaml:5:93: output_file is a path below ${DIR}, without ${DIR} and \"..\""},
    {"command: a file of its own", COMMAND("warmup: 0, output_file: /tmp/x"),
     "memgate.yaml:5:93: output_file is a path below ${DIR}, without ${DIR} and \"..\""},
    {"command: a file that nobody reads",
     COMMAND_OUTPUT("none", "count: 5, warmup: 0, output_file: x"),
     "memgate.yaml:5:104: with output: none no file is read; remove output_file"},
    {"command: a tolerance without its sign", COMMAND("warmup: 0, count_tolerance: 1"),
     "memgate.yaml:5:97: the unit is missing; known: %"},
    {"command: a tolerance of everything", COMMAND("warmup: 0, count_tolerance: 10.1%"),
     "memgate.yaml:5:97: count_tolerance is at most 10%: state count, or have the tool keep a "
     "rate"},
    {"command: failures that a tolerance hides",
     COMMAND_OUTPUT("hey-csv", "count: 5, warmup: 0, count_tolerance: 1%"),
     "memgate.yaml:5:111: hey leaves requests without an answer out of its CSV: with a tolerance "
     "they would not be missed; use output: hey"},
    {"command: packets of no kind", COMMAND("warmup: 0, packets: singel"),
     "memgate.yaml:5:89: unknown packets \"singel\"; did you mean \"single\"?"},
    {"http: packets", LOAD("requests: r, count: 5, packets: single"),
     "memgate.yaml:5:44: packets is for driver: command; the driver here is http"},
    {"driver unknown", LOAD("driver: htpp, requests: r, count: 5"),
     "memgate.yaml:5:20: unknown driver \"htpp\"; did you mean \"http\"?"},
    {"service that cannot know its address",
     SERVICE("    service: {args: [-v]}\n    load: {requests: r, count: 5}\n"),
     "memgate.yaml:4:14: neither args nor env of service holds ${ADDR} or ${PORT} (or ${SOCKET}): "
     "the service would not learn where to listen"},
    {"no service at all", SERVICE("    load: {requests: r, count: 5}\n"),
     "memgate.yaml:3:5: neither args nor env of service holds ${ADDR} or ${PORT} (or ${SOCKET}): "
     "the service would not learn where to listen"},
    {"timeout without its unit", SERVICE("    service: {start_timeout: 60}\n    load: {}\n"),
     "memgate.yaml:4:30: the unit is missing; known: ns us ms s m h"},
    {"path of the service", SERVICE("    service: {ready: healthz}\n    load: {}\n"),
     "memgate.yaml:4:22: ready is a path on the service and begins with / (or with "
     "http://${PPROF_ADDR}/)"},
    {"package that is an option", SERVICE("    build: {package: -toolexec=x}\n    load: {}\n"),
     "memgate.yaml:4:22: package may not begin with -"},
    {"variable name", SERVICE("    build: {env: {A-B: x}}\n    load: {}\n"),
     "memgate.yaml:4:19: \"A-B\" is not the name of an environment variable"},
    {"variable without a value", SERVICE("    build: {env: {AB: }}\n    load: {}\n"),
     "memgate.yaml:4:23: AB has no value; write \"\" for an empty one"},
    {"benchtime of time", SERVICE("    gotest: {package: ., bench: B, benchtime: 1s}\n"),
     "memgate.yaml:4:47: benchtime \"1s\" is not a number of operations, such as 2000x; "
     "a time would give each side another amount of work"},

    {"fewer trials than trials", SCENARIO "trials: {exact: 9}\n",
     "memgate.yaml:4:9: max is 8, less than the 9 trials of one phase"},
    {"no trials", SCENARIO "trials: {exact: 0}\n",
     "memgate.yaml:4:17: exact is 0; it can be 1 to 64"},
    {"more of the duet than trials can be", SCENARIO "trials: {duet: 65}\n",
     "memgate.yaml:4:16: duet is 65; it can be 0 to 64"},
    {"notify", SCENARIO "notify: [{when: [block]}]\n",
     "memgate.yaml:4:1: notify is not supported by this version; leave it out"},
    {"profile of a later version", SCENARIO "profiles: [heap, allocs]\n",
     "memgate.yaml:4:18: profiles allocs is not supported by this version; leave it out"},
    {"profile unknown", SCENARIO "profiles: [heap, cpus]\n",
     "memgate.yaml:4:18: unknown profiles \"cpus\"; did you mean \"cpu\"?"},
    {"profiles without heap", SCENARIO "profiles: [cpu]\n",
     "memgate.yaml:4:11: profiles lacks heap, which every verdict rests on"},
    {"rule on a profile that is not recorded",
     SCENARIO "profiles: [heap]\nrules:\n  - {metric: map_cpu_share, max: 15%}\n",
     "memgate.yaml:6:5: map_cpu_share needs the CPU profile; add cpu to profiles"},
    {"share without its sign", RULE("metric: map_cpu_share, max: 15"),
     "memgate.yaml:5:34: the unit is missing; known: %"},
    {"share in bytes", RULE("metric: map_generic_key_share, max: 15MiB"),
     "memgate.yaml:5:42: unknown unit \"MiB\"; known: %"},
    {"percent of time per request", RULE("metric: map_cpu_per_request, max: 15%"),
     "memgate.yaml:5:40: unknown unit \"%\"; known: ns us ms s m h"},
    {"growth of a share", RULE("metric: map_cpu_share, max_increase: 5%"),
     "memgate.yaml:5:5: map_cpu_share is a share and is limited by max alone; limit the growth of "
     "map_cpu_per_request instead"},
    {"growth of a share in percent",
     RULE("metric: map_generic_key_share, max_increase_percent: 5%"),
     "memgate.yaml:5:5: map_generic_key_share is a share and is limited by max alone; limit the "
     "growth of map_cpu_per_request instead"},
    {"share that nothing exceeds", RULE("metric: map_cpu_share, max: 100%"),
     "memgate.yaml:5:5: no share is more than 100 %: max of map_cpu_share would never judge"},
    {"share of a function", RULE("func: a.B, metric: map_cpu_share, max: 15%"),
     "memgate.yaml:5:5: map_cpu_share is measured for the whole scenario only; remove func, file, "
     "package and kind"},
    {"rule about a profile that is not listed",
     LOAD("requests: r, count: 1") "rules:\n  - {profile: mutex, max_increase_percent: 30%}\n",
     "memgate.yaml:7:5: mutex_delay needs the mutex profile; add mutex to profiles"},
    {"rule about the CPU profile that is left out",
     SCENARIO "profiles: [heap]\nrules:\n  - {profile: cpu, max_increase_percent: 30%}\n",
     "memgate.yaml:6:5: cpu_profile needs the CPU profile; add cpu to profiles"},
    {"rule about goroutines of benchmarks",
     SCENARIO "profiles: [heap, goroutine]\nrules:\n  - {profile: goroutine, max: 10}\n",
     "memgate.yaml:6:5: goroutines is read from a service, and the scenario has none: remove the "
     "rule or name a scenario with a service"},
    {"rule about the heap profile", RULE("profile: heap, max_increase_percent: 30%"),
     "memgate.yaml:5:15: the heap profile has several values; name one instead, such as metric: "
     "alloc_space or metric: inuse_space"},
    {"rule about an unknown profile", RULE("profile: mutexes, max_increase_percent: 30%"),
     "memgate.yaml:5:15: unknown profile \"mutexes\"; did you mean \"mutex\"?"},
    {"rule about a profile and a metric", RULE("profile: cpu, metric: p99, max: 5ms"),
     "memgate.yaml:5:5: a rule takes metric or profile, not both"},
    {"kind of a profile", RULE("profile: cpu, kind: map, max_increase_percent: 30%"),
     "memgate.yaml:5:5: cpu_profile allocates nothing: it has functions but no kinds; remove kind"},
    {"bytes of a profile of time", RULE("profile: cpu, max_increase: 8MiB"),
     "memgate.yaml:5:34: unknown unit \"MiB\"; known: ns us ms s m h"},
    {"goroutines per request", RULE("profile: goroutine, max: 10/request"),
     "memgate.yaml:5:31: goroutines is not counted per request; leave /request out"},
    {"time of goroutines", RULE("profile: goroutine, max: 10ms"),
     "memgate.yaml:5:31: \"10ms\" is not a plain decimal number (write 5, 0.5 or 120)"},
    {"choice unknown", SCENARIO "on_inconclusive: fail\n",
     "memgate.yaml:4:18: unknown on_inconclusive \"fail\"; known: pass review block"},
};

static void refuses_with_place_and_what_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        struct arena arena;
        struct err err = {0};
        struct policy policy = {0};
        arena_init(&arena);
        print_message("%s\n", refused_cases[i].name);
        assert_int_equal(parse(&policy, &arena, refused_cases[i].text, &err), STATUS_POLICY);
        assert_string_equal(err.text, refused_cases[i].message);
        assert_int_equal(policy.rule_count, 0);
        arena_release(&arena);
    }
}

/* The sample of the design without what this version refuses. */
static const char sample[] =
    "# yaml-language-server: $schema=memgate.schema.json\n"
    "version: 1\n"
    "scenarios:\n"
    "  - name: orders\n"
    "    build:   {package: ./cmd/orders, flags: [], env: {}}\n"
    "    service:\n"
    "      args: [--addr, \"${ADDR}\"]\n"
    "      env: {ADDR: \"${ADDR}\", GOMAXPROCS: \"2\"}\n"
    "      ready: /healthz\n"
    "      pprof: /debug/pprof/\n"
    "      start_timeout: 60s\n"
    "      profile_timeout: 90s\n"
    "    load:\n"
    "      driver: http\n"
    "      requests: load/orders.jsonl\n"
    "      warmup: 500\n"
    "      count: 20000\n"
    "      rate: 1200/s\n"
    "      batch: 1ms\n"
    "      connections: 16\n"
    "      seed: 42\n"
    "  - name: codec\n"
    "    gotest:  {package: ./codec, bench: ^BenchmarkEncode$, benchtime: 2000x}\n"
    "trials: {exact: 3, steady: 3, max: 8, budget: 20m}\n"
    "profiles: [heap]\n"
    "thresholds:\n"
    "  alloc_delta_percent: 3\n"
    "  heap_alloc_delta_mb: 8\n"
    "  map_alloc_delta_percent: 15\n"
    "  p99_delta_percent: 15\n"
    "  rss_p95_delta_percent: 10\n"
    "  cpu_delta_percent: 15\n"
    "  focus_functions: [github.com/org/orders/cart.(*Service).Process]\n"
    "rules:\n"
    "  - {func: \"github.com/org/orders/cart.(*Service).Process\", metric: alloc_space, "
    "max_increase: 8MiB, max_increase_percent: 15%, severity: block, owner: \"@org/cart\"}\n"
    "  - {package: github.com/org/orders/cache/..., metric: inuse_space, max_increase: 64MiB, "
    "severity: block}\n"
    "  - {kind: map, metric: alloc_space, max_share: 35%, severity: review}\n"
    "  - {kind: [string, boxing], metric: alloc_objects, max_increase_percent: 20%, "
    "floor: 10/request, severity: review}\n"
    "  - {metric: gc_cycles_per_1000_requests, max: 60, severity: alert}\n"
    "  - {metric: heap_growth_per_1000_requests, max: 64KiB, severity: block}\n"
    "ignore: [{func: \"net/http.(*conn).serve\", metric: inuse_space, why: connection pool}]\n"
    "on_inconclusive: block\n"
    "toolchain_change: judge\n";

static void reads_the_scenarios_of_the_sample(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct policy policy = {0};
    arena_init(&arena);
    assert_ok(parse(&policy, &arena, sample, &err), &err);
    assert_int_equal(policy.scenario_count, 2);
    const struct scenario *orders = policy_scenario(&policy, STR("orders"));
    assert_int_equal(orders->driver, DRIVER_HTTP);
    assert_int_equal(orders->origin.line, 4);
    assert_str(orders->build.package, "./cmd/orders");
    assert_int_equal(orders->service.args.len, 2);
    assert_str(orders->service.args.items[1], "${ADDR}");
    assert_int_equal(orders->service.env_len, 2);
    assert_str(orders->service.env[1].name, "GOMAXPROCS");
    assert_str(orders->service.env[1].value, "2");
    assert_str(orders->service.ready, "/healthz");
    assert_int_equal(orders->service.start_timeout_ns, 60000000000);
    assert_int_equal(orders->service.profile_timeout_ns, 90000000000);
    assert_str(orders->load.requests, "load/orders.jsonl");
    assert_int_equal(orders->load.warmup, 500);
    assert_int_equal(orders->load.count, 20000);
    assert_close(orders->load.rate_per_second, 1200, 0);
    assert_int_equal(orders->load.batch_ns, 1000000);
    assert_int_equal(orders->load.connections, 16);
    assert_int_equal(orders->load.seed, 42);
    const struct scenario *codec = policy_scenario(&policy, STR("codec"));
    assert_int_equal(codec->driver, DRIVER_GOTEST);
    assert_str(codec->gotest.package, "./codec");
    assert_str(codec->gotest.bench, "^BenchmarkEncode$");
    assert_int_equal(codec->gotest.iterations, 2000);
    assert_null(policy_scenario(&policy, STR("other")));
    assert_int_equal(policy.trials.budget_ns, 1200000000000);
    assert_int_equal(policy.on_inconclusive, INCONCLUSIVE_BLOCK);
    assert_int_equal(policy.toolchain_change, TOOLCHAIN_JUDGE);
    arena_release(&arena);
}

static void reads_the_rules_of_the_sample(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct policy policy = {0};
    arena_init(&arena);
    assert_ok(parse(&policy, &arena, sample, &err), &err);
    /* 9 of the short form (maps and latency count twice), 6 rows, 10 defaults */
    assert_int_equal(policy.rule_count, 9 + 6 + 10);
    const struct rule *row = &policy.rules[9];
    assert_str(row->selector.func, "github.com/org/orders/cart.(*Service).Process");
    assert_int_equal(row->metric, METRIC_ALLOC_SPACE);
    assert_true(row->max_increase.set && !row->max_increase.per_request);
    assert_close(row->max_increase.value, 8 * MIB, 0);
    assert_close(row->max_increase_percent.value, 0.15, 1e-15);
    assert_int_equal(row->severity, SEVERITY_BLOCK);
    assert_str(row->owner, "@org/cart");
    assert_int_equal(row->origin.line, 35);
    assert_int_equal(row->origin.column, 5);
    assert_str(row->origin.file, "memgate.yaml");
    assert_false(row->is_default);
    assert_close(row[2].max_share.value, 0.35, 1e-15);
    assert_int_equal(row[2].selector.kinds.len, 1);
    assert_int_equal(row[3].selector.kinds.len, 2);
    assert_str(row[3].selector.kinds.items[1], "boxing");
    assert_true(row[3].floor.per_request);
    assert_close(row[3].floor.value, 10, 0);
    assert_int_equal(row[4].severity, SEVERITY_ALERT);
    assert_close(row[4].max.value, 60, 0);
    assert_close(row[5].max.value, 65536, 0);
    assert_int_equal(policy.ignore_count, 1);
    assert_true(policy.ignores[0].has_metric);
    assert_int_equal(policy.ignores[0].metric, METRIC_INUSE_SPACE);
    assert_str(policy.ignores[0].why, "connection pool");
    arena_release(&arena);
}

static void gives_what_is_left_out_its_default(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct policy policy = {0};
    arena_init(&arena);
    assert_ok(parse(&policy, &arena, LOAD("requests: r, count: 1000"), &err), &err);
    const struct scenario *scenario = &policy.scenarios[0];
    assert_str(scenario->build.package, ".");
    assert_int_equal(scenario->build.flags.len, 0);
    assert_str(scenario->service.ready, "/");
    assert_str(scenario->service.pprof, "/debug/pprof/");
    assert_int_equal(scenario->service.start_timeout_ns, 60000000000);
    assert_int_equal(scenario->service.profile_timeout_ns, 120000000000);
    assert_int_equal(scenario->load.warmup, 100);
    assert_close(scenario->load.rate_per_second, 0, 0);
    assert_int_equal(scenario->load.batch_ns, 0);
    assert_int_equal(scenario->load.connections, 4);
    assert_int_equal(scenario->load.seed, 1);
    assert_int_equal(scenario->load.request_timeout_ns, 30000000000);
    assert_int_equal(policy.trials.exact, 3);
    assert_int_equal(policy.trials.steady, 3);
    assert_int_equal(policy.trials.duet, 3);
    assert_int_equal(policy.trials.max, 8);
    assert_int_equal(policy.trials.budget_ns, 1200000000000);
    assert_int_equal(policy.on_inconclusive, INCONCLUSIVE_REVIEW);
    assert_int_equal(policy.toolchain_change, TOOLCHAIN_REVIEW);
    assert_int_equal(policy.rule_count, 10);
    assert_true(policy.rules[0].is_default);
    arena_release(&arena);
}

/* Policies with few trials are older than the duet, whose default is above theirs. */
static void the_duet_never_has_more_trials_than_max(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct policy policy = {0};
    arena_init(&arena);
    assert_ok(parse(&policy, &arena,
                    LOAD("requests: r, count: 1000") "trials: {exact: 2, steady: 2, max: 2}\n",
                    &err),
              &err);
    assert_int_equal(policy.trials.duet, 2);
    arena_release(&arena);
}

static void a_trace_is_taken_only_where_it_is_asked_for(void **state)
{
    static const struct {
        const char *text;
        bool trace;
    } rows[] = {
        {LOAD("requests: r, count: 1"), false},
        {LOAD("requests: r, count: 1") "    trace: false\n", false},
        {LOAD("requests: r, count: 1") "    trace: true\n", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena;
        struct err err = {0};
        struct policy policy = {0};
        arena_init(&arena);
        assert_ok(parse(&policy, &arena, rows[i].text, &err), &err);
        assert_int_equal(policy.scenarios[0].trace, rows[i].trace);
        arena_release(&arena);
    }
}

static void a_warmup_of_zero_stays_zero(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct policy policy = {0};
    arena_init(&arena);
    assert_ok(parse(&policy, &arena, LOAD("requests: r, count: 1000, warmup: 0"), &err), &err);
    assert_int_equal(policy.scenarios[0].load.warmup, 0);
    arena_release(&arena);
}

/* Spelled out, since each part has a default of another driver beside it. */
static void a_command_is_read_with_its_defaults(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct policy policy = {0};
    arena_init(&arena);
    assert_ok(
        parse(&policy, &arena,
              LOAD("driver: command, command: [k6, run, a.js], env: {T: \"${ADDR}/${COUNT}\"}, "
                   "output: k6, output_file: s.json, count: 1000, count_tolerance: 0.5%"),
              &err),
        &err);
    const struct scenario *scenario = &policy.scenarios[0];
    assert_int_equal(scenario->driver, DRIVER_COMMAND);
    assert_int_equal(scenario->load.command.len, 3);
    assert_str(scenario->load.command.items[2], "a.js");
    assert_int_equal(scenario->load.warmup_command.len, 0);
    assert_int_equal(scenario->load.warmup, 100);
    assert_int_equal(scenario->load.env_len, 1);
    assert_int_equal(scenario->load.output, LOAD_OUTPUT_K6);
    assert_str(scenario->load.output_file, "s.json");
    assert_close(scenario->load.count_tolerance.value, 0.005, 1e-12);
    assert_int_equal(scenario->load.timeout_ns, 600000000000);
    arena_release(&arena);
}

static void calls_of_ghz_share_packets_unless_it_is_said(void **state)
{
    static const struct {
        const char *text;
        enum load_packets packets;
    } rows[] = {
        {COMMAND("warmup: 0"), LOAD_PACKETS_SINGLE},
        {COMMAND("warmup: 0, packets: shared"), LOAD_PACKETS_SHARED},
        {COMMAND_OUTPUT("ghz", "warmup: 0"), LOAD_PACKETS_SHARED},
        {COMMAND_OUTPUT("ghz", "warmup: 0, packets: single"), LOAD_PACKETS_SINGLE},
        {COMMAND_OUTPUT("hey-csv", "count: 5, warmup: 0, count_tolerance: 0%"),
         LOAD_PACKETS_SINGLE},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena;
        struct err err = {0};
        struct policy policy = {0};
        arena_init(&arena);
        assert_ok(parse(&policy, &arena, rows[i].text, &err), &err);
        assert_int_equal(policy.scenarios[0].load.packets, rows[i].packets);
        arena_release(&arena);
    }
}

static void the_default_policy_stands_alone(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct policy policy = {0};
    arena_init(&arena);
    assert_ok(policy_default(&policy, &arena, &err), &err);
    assert_int_equal(policy.scenario_count, 0);
    assert_int_equal(policy.rule_count, 10);
    assert_int_equal(policy.trials.exact, 3);
    for (size_t i = 0; i < policy.rule_count; i++)
        assert_true(policy.rules[i].is_default);
    arena_release(&arena);
}

struct accepted_case {
    const char *name;
    const char *text;
};

static const struct accepted_case accepted_cases[] = {
    {"growth and budget of one subject in two rows",
     RULE("metric: p99, max_increase_percent: 5%") "  - {metric: p99, max: 9ms}\n"},
    {"one subject of two metrics", RULE("metric: p99, max: 5ms") "  - {metric: p90, max: 5ms}\n"},
    {"one metric of two scenarios by selector",
     RULE("metric: p99, max: 5ms") "  - {scenario: a, metric: p99, max: 9ms}\n"},
    {"one closure of a rule", RULE("func: a.B.func1, metric: alloc_space, max: 1MiB")},
    {"pattern of closures", RULE("func: \"*.B.func*\", metric: alloc_space, max: 1MiB")},
    {"pattern of names that begin like a closure",
     RULE("func: \"a.function*\", metric: alloc_space, max: 1MiB")},
    {"all closures ignored", SCENARIO "ignore:\n  - {func: a.io/m.F.func, why: w}\n"},
    {"no growth at all", RULE("metric: alloc_space, max_increase_percent: 0%")},
    {"time per request", RULE("metric: cpu_per_request, max: 5ms")},
    {"share of CPU", RULE("metric: map_cpu_share, max: 15%")},
    {"share of CPU, no map at all", RULE("metric: map_cpu_share, max: 0%")},
    {"growth of the time in maps", RULE("metric: map_cpu_per_request, max_increase_percent: 20%")},
    {"heap alone", SCENARIO "profiles: [heap]\n"},
    {"both profiles", SCENARIO "profiles: [cpu, heap]\nrules:\n"
                               "  - {metric: map_cpu_share, max: 15%}\n"},
    {"a command that runs for a time",
     COMMAND("warmup_command: [hey, \"${ADDR}\"], count_tolerance: 2%")},
    {"a command that says nothing", COMMAND_OUTPUT("none", "count: 5, warmup: 0")},
    {"the address in the environment",
     SERVICE("    service: {env: {PORT: \"${PORT}\"}}\n    load: {requests: r, count: 1}\n")},
    {"empty argument and empty variable",
     SERVICE("    service: {args: [\"\", \":${PORT}\"], env: {A: \"\"}}\n"
             "    load: {requests: r, count: 1}\n")},
    {"flags of a benchmark", SERVICE("    build: {flags: [-tags=x]}\n"
                                     "    gotest: {package: ., bench: B, benchtime: 1x}\n")},
    {"no thresholds in thresholds", SCENARIO "thresholds: {}\nrules: []\nignore: []\n"},
};

static void accepts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted_cases); i++) {
        struct arena arena;
        struct err err = {0};
        struct policy policy = {0};
        arena_init(&arena);
        print_message("%s\n", accepted_cases[i].name);
        assert_ok(parse(&policy, &arena, accepted_cases[i].text, &err), &err);
        arena_release(&arena);
    }
}

struct profiles_case {
    const char *name;
    const char *text;
    bool off[PROFILE_KINDS];
};

static const struct profiles_case profiles_cases[] = {
    {"left out: heap and cpu", SCENARIO, {false, false, true, true, true}},
    {"heap alone", SCENARIO "profiles: [heap]\n", {false, true, true, true, true}},
    {"both", SCENARIO "profiles: [cpu, heap]\n", {false, false, true, true, true}},
    {"mutex without cpu", SCENARIO "profiles: [heap, mutex]\n", {false, true, true, false, true}},
    {"all", SCENARIO "profiles: [heap, cpu, block, mutex, goroutine]\n", {false}},
};

static void profiles_are_recorded_unless_a_list_lacks_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(profiles_cases); i++) {
        struct arena arena;
        struct err err = {0};
        struct policy policy = {0};
        arena_init(&arena);
        print_message("%s\n", profiles_cases[i].name);
        assert_ok(parse(&policy, &arena, profiles_cases[i].text, &err), &err);
        for (size_t kind = 0; kind < PROFILE_KINDS; kind++)
            assert_int_equal(policy.profile_off[kind], profiles_cases[i].off[kind]);
        arena_release(&arena);
    }
}

struct profile_rule_case {
    const char *row;
    enum metric metric;
    double floor;
    bool per_request;
};

/* Times count over the load, as bytes do, unless they say otherwise. */
static const struct profile_rule_case profile_rule_cases[] = {
    {"profile: mutex, floor: 10ms", METRIC_MUTEX_DELAY, 10e6, false},
    {"profile: mutex, floor: 5us/request", METRIC_MUTEX_DELAY, 5e3, true},
    {"metric: mutex_delay, func: a.B, floor: 10ms", METRIC_MUTEX_DELAY, 10e6, false},
    {"metric: mutex_contentions, floor: 100", METRIC_MUTEX_CONTENTIONS, 100, false},
    {"metric: mutex_contentions, floor: 0.1/request", METRIC_MUTEX_CONTENTIONS, 0.1, true},
    {"profile: block, package: a/..., floor: 1s", METRIC_BLOCK_DELAY, 1e9, false},
    {"profile: cpu, func: \"*\", floor: 20ms", METRIC_CPU_PROFILE, 20e6, false},
    {"profile: goroutine, file: a/b.go, floor: 10", METRIC_GOROUTINES, 10, false},
    {"metric: goroutine_growth_per_1000_requests, floor: 1", METRIC_GOROUTINE_GROWTH, 1, false},
    {"metric: cpu_per_request, floor: 1ms", METRIC_CPU, 1e6, true},
};

static void rules_on_profiles_name_a_metric_of_theirs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(profile_rule_cases); i++) {
        const struct profile_rule_case *row = &profile_rule_cases[i];
        struct arena arena;
        struct err err = {0};
        struct policy policy = {0};
        arena_init(&arena);
        print_message("%s\n", row->row);
        struct str text = str_format(
            &arena,
            LOAD("requests: r, count: 1") "profiles: [heap, cpu, block, mutex, goroutine]\n"
                                          "rules:\n  - {%s, max_increase_percent: 30%%}\n",
            row->row);
        assert_ok(policy_parse(&policy, &arena, STR("memgate.yaml"), bytes_of_str(text), &err),
                  &err);
        assert_int_equal(policy.rules[0].metric, row->metric);
        assert_close(policy.rules[0].floor.value, row->floor, 1e-9);
        assert_int_equal(policy.rules[0].floor.per_request, row->per_request);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_are_recorded_unless_a_list_lacks_them),
        cmocka_unit_test(rules_on_profiles_name_a_metric_of_theirs),
        cmocka_unit_test(refuses_with_place_and_what_to_do),
        cmocka_unit_test(reads_the_scenarios_of_the_sample),
        cmocka_unit_test(reads_the_rules_of_the_sample),
        cmocka_unit_test(gives_what_is_left_out_its_default),
        cmocka_unit_test(the_duet_never_has_more_trials_than_max),
        cmocka_unit_test(a_trace_is_taken_only_where_it_is_asked_for),
        cmocka_unit_test(a_warmup_of_zero_stays_zero),
        cmocka_unit_test(a_command_is_read_with_its_defaults),
        cmocka_unit_test(calls_of_ghz_share_packets_unless_it_is_said),
        cmocka_unit_test(the_default_policy_stands_alone),
        cmocka_unit_test(accepts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
