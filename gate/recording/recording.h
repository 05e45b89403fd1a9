#ifndef GATE_RECORDING_RECORDING_H
#define GATE_RECORDING_RECORDING_H

#include "gate/base/buf.h"
#include "gate/base/err.h"
#include "gate/base/metric.h"
#include "gate/base/str.h"
#include "gate/profile/goroutines.h"
#include "gate/profile/memstats.h"
#include "gate/profile/profile.h"
#include "gate/profile/trace.h"

/*
 * A recording is a directory with everything needed to judge again on
 * any machine:
 *
 *   manifest.json                      schema, versions, scenarios, sides, file list with SHA-256
 *   policy.yaml                        the policy that applies, byte for byte
 *   noise.json                         the calibration of the machine that it was judged by, byte for
 *                                      byte (calibration.h); absent where there was none
 *   SCENARIO/SIDE/program.json         the build: revision, Go version, module, call targets
 *   SCENARIO/SIDE/functions.txt        the program's functions by name; only when they are known
 *   SCENARIO/SIDE/PHASE-N/trial.json   one process under the load: counts, latency, CPU, RSS
 *   SCENARIO/SIDE/PHASE-N/ready.pb.gz  heap profile at the point (warm, end likewise;
 *                                      gotest has only end)
 *   SCENARIO/SIDE/PHASE-N/ready.txt    the same as debug=1 text, for MemStats (not for gotest)
 *   SCENARIO/SIDE/steady-N/cpu.pb.gz   CPU profile over the load, or
 *   SCENARIO/SIDE/steady-N/cpu.txt     why there is none: one line; neither when none was wanted
 *   SCENARIO/SIDE/steady-N/mutex-warm.pb.gz  what waited for locks from the start to the point
 *                                      (mutex-end, block-warm, block-end likewise), or
 *   SCENARIO/SIDE/steady-N/mutex.txt   why there is none (block.txt likewise)
 *   SCENARIO/SIDE/steady-N/mutex-period.txt  of an empty one: 0 where nobody looked, one line
 *   SCENARIO/SIDE/steady-N/goroutine-warm.pb.gz  the goroutines at the point (goroutine-end
 *                                      likewise), or goroutine.txt
 *   SCENARIO/SIDE/steady-N/goroutine-end.txt  who created how many of them (goroutines.h); absent
 *                                      where the service does not tell
 *   SCENARIO/SIDE/exact-N/growth-1.pb.gz  heap profiles while the load goes on behind `end`, at
 *                                      most RECORDING_GROWTH_MAX, and
 *   SCENARIO/SIDE/exact-N/growth.txt   how many requests were answered by then (not for gotest)
 *   SCENARIO/SIDE/steady-N/series.txt  what the process had and used over the load (not for gotest)
 *   SCENARIO/SIDE/steady-N/memstats.txt  its MemStats over the load; absent where it was not polled
 *   SCENARIO/SIDE/steady-N/slow.txt    when its slowest requests were under way (not for gotest)
 *   SCENARIO/SIDE/steady-N/gc.txt      its collections during the load; only where they are known
 *   SCENARIO/SIDE/steady-N/trace.json  what an execution trace says, or why there is none; where
 *                                      the policy asks for one
 *   SCENARIO/SIDE/steady-N/trace.out   the trace itself, of some more of the load behind `end`, as
 *                                      `go tool trace` opens it
 *   SCENARIO/SIDE/steady-N/trace-gc.txt  the collections that it holds whole, and
 *   SCENARIO/SIDE/steady-N/trace-gctrace.txt  those that gctrace printed meanwhile, as gc.txt
 *   SCENARIO/SIDE/PHASE-N/output.txt   what the process printed, head and tail
 *   SCENARIO/SIDE/PHASE-N/tool.json    what a load tool said of the load it sent; where the load was
 *                                      memgate's own there is none
 *   SCENARIO/SIDE/PHASE-N/tool.txt     its result as it wrote it, the first MiB
 *
 * SIDE is "baseline" or "candidate", PHASE "exact", "steady" or "duet", N
 * counts from 1. The two trials N of the phase "duet" ran at the same time,
 * and window i of one beside window i of the other; their heap is read as
 * MemStats alone, into trial.json. Scenario directories are numbered (scenario-1) so that names
 * never become paths. Nothing in it is a time of day.
 *
 * manifest.json holds, in this order and nothing else:
 *
 *   schema, memgate_version, policy {name, revision}, noise {is_known, file, missing} (absent in
 *   older recordings), quick,
 *   environment {os, arch, cpu_model, cpu_count, kernel, pinned, isolation, quota},
 *   renames [["old path", "new path"]]   by old path, each once
 *   scenarios [{name, directory, gotest, identical, measured_because, failure,
 *               alone (absent where there are two sides),
 *               transport (absent where there is none, and in older recordings), notes,
 *               load_count, limits, trials {baseline {exact, steady, duet}, candidate {likewise}}}],
 *   files [{path, bytes, sha256}]   every file but manifest.json, by path
 *   sha256                          of the manifest's own bytes before this value
 *
 * The hashes show damage and mixing of files; they are no signature.
 * program.json, trial.json, trace.json and tool.json hold the members of the structs below under
 * the same names; targets are lists ["hexadecimal offset", "symbol",
 * "type", "call" or "hidden"]. Both sides have a program.json even when only
 * one was built; of a scenario that is alone there is nothing of a baseline.
 * functions.txt has one name a line, as profiles spell it, each greater in byte order than the one before. series.txt, memstats.txt,
 * slow.txt, gc.txt, trace-gc.txt, trace-gctrace.txt and growth.txt are tables (enum record_table): a first line
 * that names the columns, then one row a line. A trial's
 * directory may hold more files of any name; trial.json must be there for
 * every trial that the manifest counts, and for no other.
 */
#define RECORDING_SCHEMA "memgate.recording/3"

enum {
    RECORDING_FILES_MAX = 20000,
    RECORDING_JSON_BYTES_MAX = 8 * 1024 * 1024, /* parsing costs up to 100 times this */
    RECORDING_FUNCTIONS_MAX = 1000000,
    RECORDING_FUNCTIONS_BYTES_MAX = 64 * 1024 * 1024, /* of functions.txt; large programs need 8 */
    RECORDING_SCENARIOS_MAX = 1000,
    RECORDING_RENAMES_MAX = 1000,
    RECORDING_TRIALS_MAX = 64, /* per side and phase */
    RECORDING_REFUSAL_BYTES_MAX = 4096,
    RECORDING_WINDOWS_MAX = 20, /* per trial of the duet */
    RECORDING_LIVE_MAX = 64,    /* likewise */
    RECORDING_GROWTH_MAX = 3,
    RECORDING_SLOW_MAX = 1000,    /* requests in slow.txt */
    RECORDING_ROWS_MAX = 1000000, /* of a table */
    RECORDING_QUANTILES_MAX = 64, /* of a tool's latency */
};

/*
 * Tables of whole numbers; times count from the moment the load began.
 *
 * SERIES  ten samples a second and a few more of the process and all it
 *         started: resident bytes, PSS (once a second), CPU time since the
 *         load began, threads, open files.
 * SLOW    the slowest hundredth of the requests, RECORDING_SLOW_MAX at most,
 *         from where their latency counts until they were answered; in the
 *         order of that end.
 * CYCLES  collections by gctrace, those that runtime.GC forced as well, in
 *         their order: earliest moment of the start and latest of the end
 *         (they are 1 to 2 ms wide of the truth: harness/gctrace.h), how long the stop
 *         before, the marking and the stop behind it took, CPU time of assists and
 *         of everything, heap when it began, when it ended and what was
 *         found live, and the goal. Lines that other output tore are not in it.
 * MEMSTATS  runtime.MemStats about twice a second (heap?debug=1, which forces
 *         nothing), when its answer had come; pause_ns is what the collections
 *         since the row before stopped the program for, "-" in the first row
 *         and where there were more than the 256 that MemStats keeps.
 * TRACED  the same collections by an execution trace (profile/trace.h): asked
 *         for and over, both stops, and of the assists that began within it
 *         how long they ran, which part of that was of assists that ended the
 *         collection, and how many there were.
 * GCTRACE as CYCLES, over the time of the trace and a little more.
 * GROWTH  requests between `warm` and the profile growth-N.pb.gz of row N.
 */
#define RECORD_CYCLES_HEAD                                                                         \
    "# number forced from_us until_us sweep_ns mark_ns termination_ns assist_ns cpu_ns "           \
    "start_bytes end_bytes live_bytes goal_bytes"
#define RECORD_TABLE_MAP(X)                                                                         \
    X(SERIES, "series.txt", "# ms rss_bytes pss_bytes cpu_ns threads fds")                          \
    X(SLOW, "slow.txt", "# from_us until_us")                                                       \
    X(MEMSTATS, "memstats.txt",                                                                     \
      "# ms total_alloc_bytes mallocs frees heap_alloc_bytes heap_inuse_bytes heap_released_bytes " \
      "stack_bytes next_gc_bytes gc_count forced_gc_count pause_ns")                                \
    X(GROWTH, "growth.txt", "# requests")                                                           \
    X(TRACED, "trace-gc.txt",                                                                       \
      "# from_us until_us sweep_ns termination_ns assist_running_ns assist_ending_ns assists")      \
    X(GCTRACE, "trace-gctrace.txt", RECORD_CYCLES_HEAD)                                             \
    X(CYCLES, "gc.txt", RECORD_CYCLES_HEAD)

enum record_table {
#define X(symbol, file, head) TABLE_##symbol,
    RECORD_TABLE_MAP(X)
#undef X
        RECORD_TABLES
};

enum series_column {
    SERIES_MS,
    SERIES_RSS,
    SERIES_PSS,
    SERIES_CPU,
    SERIES_THREADS,
    SERIES_FDS,
    SERIES_COLUMNS
};
enum memstats_column {
    MEMSTATS_MS,
    MEMSTATS_TOTAL_ALLOC,
    MEMSTATS_MALLOCS,
    MEMSTATS_FREES,
    MEMSTATS_HEAP_ALLOC,
    MEMSTATS_HEAP_INUSE,
    MEMSTATS_HEAP_RELEASED,
    MEMSTATS_STACK,
    MEMSTATS_NEXT_GC,
    MEMSTATS_GC_COUNT,
    MEMSTATS_FORCED,
    MEMSTATS_PAUSE,
    MEMSTATS_COLUMNS
};
enum growth_column { GROWTH_REQUESTS, GROWTH_COLUMNS };
enum slow_column { SLOW_FROM, SLOW_UNTIL, SLOW_COLUMNS };
enum traced_column {
    TRACED_FROM,
    TRACED_UNTIL,
    TRACED_SWEEP,
    TRACED_TERMINATION,
    TRACED_ASSIST_RUNNING,
    TRACED_ASSIST_ENDING,
    TRACED_ASSISTS,
    TRACED_COLUMNS
};
enum cycle_column {
    CYCLE_NUMBER,
    CYCLE_FORCED,
    CYCLE_FROM,
    CYCLE_UNTIL,
    CYCLE_SWEEP,
    CYCLE_MARK,
    CYCLE_TERMINATION,
    CYCLE_ASSIST,
    CYCLE_CPU,
    CYCLE_START,
    CYCLE_END,
    CYCLE_LIVE,
    CYCLE_GOAL,
    CYCLE_COLUMNS
};

/* From `from` of a cycle its true start is at most this far. */
#define RECORDING_CYCLE_START_US 2000

/*
 * The kernel walks every page for PSS, and the service waits for it: of a
 * process that has more than this it is not looked at.
 */
#define RECORDING_PSS_RSS_BYTES_MAX (512ULL << 20)

/* Not looked at: "-" in the file. */
#define RECORD_NONE UINT64_MAX

struct record_rows {
    uint64_t *values; /* row by row */
    size_t len;       /* rows */
    size_t columns;
};

static inline uint64_t record_at(const struct record_rows *rows, size_t row, size_t column)
{
    return rows->values[row * rows->columns + column];
}

struct calibration;

enum side { SIDE_BASE, SIDE_CAND, SIDES };
enum phase { PHASE_EXACT, PHASE_STEADY, PHASE_DUET, PHASES };
enum point { POINT_READY, POINT_WARM, POINT_END, POINTS };
/*
 * So many collections memgate forces between the texts of two neighbouring
 * points: for the first one's profile and for the second one's text.
 */
enum { POINT_COLLECTIONS = 2 };

const char *side_name(enum side side);    /* "baseline", "candidate" */
const char *phase_name(enum phase phase); /* "exact", "steady", "duet" */
const char *point_name(enum point point); /* "ready", "warm", "end" */

#define RECORD_TARGET_CALL   "call"   /* the CALL instruction at the offset names the symbol */
#define RECORD_TARGET_HIDDEN "hidden" /* debug=1 text does: its runtime frame before the leaf */

/* What is called at a sampled address. */
struct record_target {
    uint64_t offset; /* in the file of the byte before the return address */
    struct str symbol;
    struct str type; /* Go's name of the allocated type; empty when not known */
    struct str how;  /* RECORD_TARGET_CALL or RECORD_TARGET_HIDDEN */
};

/* What was built for one side. */
struct record_program {
    struct str revision; /* full SHA, or "work tree" */
    struct str label;    /* what the user asked for: "origin/main" */
    struct str go_version;
    struct str module;
    struct str package;  /* package path of main, or of the tested package */
    struct str arch;     /* "amd64", "arm64" */
    struct str settings; /* build settings as the binary holds them */
    struct str sha256;   /* of the binary */
    uint64_t binary_bytes;
    struct record_target *targets; /* sorted by offset */
    size_t target_count;
    /*
     * All functions of the binary but the runtime's, inlined ones included, in
     * byte order, unique: whether a function vanished or did not allocate.
     */
    struct str *functions;
    size_t function_count;
    bool has_functions; /* false: the binary could not be asked */
};

struct record_benchmark {
    struct str name; /* "BenchmarkEncode/small", without the -N processor suffix */
    uint64_t iterations;
    double ns_per_op;
    double bytes_per_op;
    double allocs_per_op;
};

/* An equal part of the requests of a load. */
struct record_window {
    struct str latency; /* histogram_encode */
};

/* Live heap after a forced collection, by runtime.MemStats: exact at any profile rate. */
struct record_live {
    uint64_t request_count; /* answered so far, the warm-up left out */
    uint64_t bytes;         /* HeapAlloc */
    uint64_t objects;       /* HeapObjects */
};

/* What a control group held the services to; 0 and empty where it set no limit. */
struct record_limits {
    uint64_t cgroup_version; /* 1 or 2; 0: no group */
    uint64_t memory_bytes;
    double cpus; /* a quota */
    struct str cpuset;
};

/* The namespaces that everything from the first trial on ran in; those of the machine where false. */
struct record_isolation {
    bool network; /* nothing but a loopback */
    bool process; /* each program sees itself alone */
    bool user;    /* was needed for the others */
};

/*
 * CPU time that memgate and all it starts may use together, as their control
 * group says; see harness/cgroup_quota.h. Recordings of earlier versions do
 * not say.
 */
struct record_quota {
    bool is_known;
    double cpus; /* CPU seconds a second; 0: no quota */
};

/*
 * What the machine was like around a trial, which no program of ours can
 * change. Recordings of earlier versions do not say.
 */
struct record_machine {
    bool is_known;
    double load_start; /* average over the last minute, before the trial; see proc(5), loadavg */
    double load_end;   /* and after it */
    /*
     * Of the CPUs: "performance"; "powersave, then performance" where it
     * changed; empty: not visible, as in most virtual machines.
     */
    struct str governor;
    /*
     * How long the quota of record_limits held the service back, in the whole
     * trial: warm-up and, where there is one, the load under a trace included.
     */
    uint64_t limit_throttled_ns;
};

/*
 * What else the machine did during a load. Of all CPUs, idle time
 * included; in a container these are the machine's, not the container's.
 */
struct record_noise {
    double others_share;   /* CPU time of programs that were neither under test nor memgate */
    double steal_share;    /* CPU time that a hypervisor gave to other machines */
    uint64_t throttled_ns; /* our own control group was held back by its CPU quota */
};

/*
 * The two clocks of a load at a fixed rate, and how late memgate itself
 * was: its own delay is the actual send minus max(intended, connection
 * free). Recordings of earlier versions do not say.
 */
struct record_clocks {
    bool is_known;
    uint64_t batch_ns;        /* requests due within it left together; 0: each at its own time */
    uint64_t intended_p99_ns; /* of the latency from the intended send */
    uint64_t actual_p99_ns;   /* of the same from the actual send */
    uint64_t lateness_p50_ns;
    uint64_t lateness_max_ns;
};

/*
 * What memgate's own engine was to do and what it took, of the load between
 * warm and end. Not known of a tool's load, of benchmarks and in recordings
 * of earlier versions.
 */
struct record_engine {
    bool is_known;
    uint64_t connections;     /* to the service: 1 in the exact phase, else load.connections */
    uint64_t streams;         /* requests that each may carry at a time, likewise */
    uint64_t streams_allowed; /* the fewest that one could, then or later, as the service allows */
    uint64_t reconnects;      /* after an end of a connection, announced or not */
    uint64_t sent_again;      /* requests that such an end, or REFUSED_STREAM, left unanswered */
    uint64_t cpu_ns;          /* of the thread that sends and reads, for both sides in a duet */
    uint64_t wall_ns;         /* that passed meanwhile */
};

/* How the polls of TABLE_MEMSTATS went. Recordings of earlier versions do not say. */
struct record_polls {
    bool is_known;
    uint64_t asked; /* answered or lost; each one answered is a row */
    uint64_t lost;
    bool is_given_up; /* before the load was over */
};

/*
 * Collections during the load of a steady trial, by what the runtime
 * printed (GODEBUG=gctrace=1), those that the service forced as well.
 */
struct record_gc {
    bool is_traced;        /* false: nothing below was measured */
    struct str refusal;    /* why not; empty where nobody asked */
    uint64_t cycles;       /* 0 is a measurement */
    uint64_t lost;         /* of the cycles: known by their number alone */
    uint64_t pause_p50_ns; /* of the others: how long a cycle stopped the program in all */
    uint64_t pause_p99_ns;
    uint64_t pause_max_ns;
    double assist_share; /* of the CPU time of the load: marking by whoever allocates */
    double cpu_share;    /* likewise: everything the collector did, on idle processors too */
    uint64_t goal_bytes; /* of the last cycle; 0: no cycle, or no goal */
};

/*
 * What an execution trace of a steady trial says (trace of a scenario), whose
 * times count from the moment the measured load began.
 */
struct record_trace {
    bool is_read;               /* false: nothing below was measured */
    struct str refusal;         /* why not; empty where nobody asked */
    uint64_t bytes;             /* of trace.out */
    struct trace_totals totals; /* but its cycles, which are in TABLE_TRACED */
};

/* A figure of latency as a tool printed it. */
struct record_quantile {
    double quantile; /* 0.99; 1 is the maximum */
    uint64_t ns;
    /* How far the printed figure may be from what was measured: half of its last digit. */
    uint64_t rounding_ns;
};

/*
 * A load that a command of the user sent (load.driver: command). Latency is
 * what the tool measured, by its own clock and its own idea of when a
 * request begins.
 */
struct record_tool {
    struct str format;  /* of the result, which names the tool: "hey"; "none" */
    struct str program; /* what was run, as the policy says it */
    uint64_t exit_code;
    bool has_count; /* request_count is the tool's own figure; else it is load.count */
    uint64_t request_count;
    bool has_errors; /* false: the format says nothing of errors */
    uint64_t error_count;
    double rate_per_second;          /* 0: not said */
    uint64_t duration_ns;            /* as the tool has it; 0: not said */
    uint64_t wall_ns;                /* from its start to its end */
    uint64_t cpu_ns;                 /* of the tool and all it started */
    double count_tolerance;          /* how far counts of two trials may be apart: 0.01 is 1 % */
    struct record_quantile *latency; /* by quantile; empty: not said */
    size_t latency_count;
};

/* One process of one side under the load. */
struct record_trial {
    uint32_t number; /* 1-based within side and phase */
    uint64_t warmup_count;
    uint64_t request_count; /* requests between warm and end; gotest: sum of iterations */
    double rate_per_second; /* asked for; 0: closed loop */
    double achieved_per_second;
    uint64_t lateness_p99_ns; /* our own delay: send minus max(intended, connection free) */
    uint64_t duration_ns;     /* of the load between warm and end */
    uint64_t cpu_ns;          /* of the process tree, between warm and end */
    uint64_t response_bytes;
    struct str latency;            /* histogram_encode; empty for gotest */
    struct record_window *windows; /* of a duet, in order of the requests; else none */
    size_t window_count;
    /* "200:1000 404:500": answers of requests without an explicit `expect`; empty for gotest */
    struct str statuses;
    struct record_live *live; /* of a duet: before, between and after the parts of its load */
    size_t live_count;
    uint64_t rss_p50_bytes;
    uint64_t rss_p95_bytes;
    uint64_t rss_max_bytes;
    uint64_t rss_samples;
    uint64_t rss_end_bytes; /* before the point `end`; 0: not looked at */
    uint64_t pss_bytes;     /* the last of the load, shared pages by their users; 0: not allowed */
    uint64_t threads_max;
    uint64_t fds_max; /* open files */
    struct record_noise noise;
    struct record_machine machine;
    struct record_clocks clocks;
    struct record_engine engine;
    struct record_polls polls;
    struct record_gc gc;
    struct record_benchmark *benchmarks;
    size_t benchmark_count;
    /* How long the parts took, for "where the time went"; never judged. */
    uint64_t start_ns;                /* process start until ready */
    uint64_t read_ns;                 /* reading profiles */
    uint64_t wall_ns;                 /* whole trial */
    const struct record_tool *tool;   /* tool.json; NULL: memgate sent the load itself */
    const struct record_trace *trace; /* trace.json; NULL: nobody asked for one */
};

struct record_scenario {
    struct str name;
    bool is_gotest;
    bool identical; /* byte-identical binaries, not measured */
    struct str
        identical_why_measured; /* why identical binaries were measured all the same; may be empty */
    struct str failure;         /* why there is no verdict; empty when complete */
    /*
     * Why the candidate alone was measured: RECORD_ALONE_NEW where the
     * baseline does not have the scenario, RECORD_ALONE_MISSING where its
     * policy does or could not be read, but its tree not what the scenario
     * builds, RECORD_ALONE_ASKED where one revision was recorded on purpose.
     * Empty: there are two sides. Nothing of a baseline is on disk then.
     */
    struct str alone;
    /* Of the request file and what it names: equal ones are the same requests. Empty: not known. */
    struct str requests_sha256;
    struct str transport; /* "HTTP/2 over TLS over TCP"; empty: gotest, or not recorded */
    struct str notes;     /* what a reader must know of how it was taken: one line; may be empty */
    uint64_t load_count;  /* requests of the steady phase as the policy says: "over the load" */
    struct record_limits limits;
    struct record_program programs[SIDES];
    struct record_trial *trials[SIDES][PHASES];
    size_t trial_count[SIDES][PHASES];
};

#define RECORD_ALONE_NEW     "new"
#define RECORD_ALONE_MISSING "missing"
#define RECORD_ALONE_ASKED   "asked"

/* Where a loop over the sides that were measured begins. */
static inline enum side record_first_side(const struct record_scenario *record)
{
    return record->alone.len > 0 ? SIDE_CAND : SIDE_BASE;
}

struct record_environment {
    struct str memgate_version;
    struct str os;
    struct str arch;
    struct str cpu_model;
    uint64_t cpu_count; /* that memgate may run on, by its affinity */
    struct str kernel;
    struct record_isolation isolation;
    struct record_quota quota;
    bool pinned; /* the load of services ran on a CPU of its own, the services on the others */
};

/* A source file that is the same under another path; paths as the repository spells them. */
struct record_rename {
    struct str from; /* at the baseline */
    struct str to;   /* at the candidate */
};

/*
 * What was known of the noise of the machine when the recording was made.
 * Recordings of earlier versions do not say.
 */
struct record_calibration {
    bool is_known;
    struct str file;    /* "memgate.noise/CLASS.json", which noise.json is a copy of; empty: none */
    struct str missing; /* why there is none: "not calibrated for CLASS" */
    struct str text;    /* of noise.json */
    const struct calibration *table; /* what it says; NULL where there is none */
};

struct recording {
    struct str dir;
    struct str policy_name;     /* as shown in messages: "memgate.yaml" */
    struct str policy_revision; /* where the policy came from: SHA or "work tree" */
    struct str policy_text;
    struct record_calibration noise;
    bool quick; /* exact phase only, on purpose */
    struct record_environment environment;
    struct record_rename *renames; /* between the baseline and the candidate, by `from` */
    size_t rename_count;
    struct record_scenario *scenarios;
    size_t scenario_count;
    size_t scenario_cap;
};

/* Names one trial of a recording. */
struct trial_key {
    size_t scenario; /* index */
    enum side side;
    enum phase phase;
    uint32_t number; /* 1-based */
};

/* Writing: files first (paths below), then recording_write seals them. */

/* Directory of a trial, created: DIR/scenario-1/candidate/exact-2. */
NODISCARD enum status recording_trial_dir(struct str *out, struct arena *arena,
                                          const struct recording *recording, struct trial_key key,
                                          struct err *err);
/* File of a point in a trial's directory: "warm.pb.gz" or "warm.txt". */
struct str recording_point_file(struct arena *arena, struct str trial_dir, enum point point,
                                bool text);
/* The heap profile behind part `number` of the load that goes on behind `end`: "growth-1.pb.gz". */
struct str recording_growth_file(struct arena *arena, struct str trial_dir, uint32_t number);
/* The CPU profile in a trial's directory: "cpu.pb.gz". */
struct str recording_cpu_file(struct arena *arena, struct str trial_dir);
/* The execution trace in a trial's directory: "trace.out". */
struct str recording_trace_file(struct arena *arena, struct str trial_dir);
/* One of block, mutex or goroutine at a point: "mutex-warm.pb.gz". */
struct str recording_snapshot_file(struct arena *arena, struct str trial_dir,
                                   enum profile_kind kind, enum point point);
/* What runtime.SetMutexProfileFraction was set to, of a profile that is empty. */
struct str recording_mutex_period_file(struct arena *arena, struct str trial_dir);
/* Who created the goroutines: "goroutine-end.txt". */
struct str recording_creations_file(struct arena *arena, struct str trial_dir);
/* Why there is no such profile: "cpu.txt", "mutex.txt". */
struct str recording_refusal_file(struct arena *arena, struct str trial_dir,
                                  enum profile_kind kind);
/* A table in a trial's directory: "series.txt". */
struct str recording_table_file(struct arena *arena, struct str trial_dir, enum record_table table);
/* `values`: `len` rows of the table's columns. STATUS_LIMIT when they are no file of 64 MiB. */
NODISCARD enum status recording_table_write(struct str file, enum record_table table,
                                            const uint64_t *values, size_t len, struct err *err);
/* What a load tool wrote: "tool.txt". */
struct str recording_tool_file(struct arena *arena, struct str trial_dir);
/*
 * Writes program.json, functions.txt, trial.json and tool.json files, policy.yaml and, last,
 * manifest.json with all hashes. May be called again after trials were
 * added: the same recording gives the same bytes. Files in the directory
 * that are no part of a recording (left over from an earlier one) are
 * STATUS_FORMAT, numbers that JSON cannot hold STATUS_INVALID.
 */
NODISCARD enum status recording_write(const struct recording *recording, struct err *err);

/*
 * What recording_write would refuse of a program's program.json or of its
 * functions.txt, asked before hours are spent on what cannot be written:
 * STATUS_LIMIT or STATUS_INVALID with the name of the file.
 */
NODISCARD enum status recording_check_program(const struct record_program *program,
                                              struct err *err);
NODISCARD enum status recording_check_functions(const struct record_program *program,
                                                struct err *err);

/* Reading: everything is verified before anything is believed. */

/*
 * Opens DIR (or DIR/recording). A file that is missing, extra, changed
 * or of another schema is STATUS_FORMAT naming it; a directory without a
 * manifest is STATUS_NOT_FOUND.
 */
NODISCARD enum status recording_open(struct recording *out, struct arena *arena, struct str dir,
                                     struct err *err);
NODISCARD enum status recording_profile(struct profile *out, struct arena *arena,
                                        const struct recording *recording, struct trial_key key,
                                        enum point point, struct err *err);
/* growth-N.pb.gz of row N (from 1) of TABLE_GROWTH. */
NODISCARD enum status recording_growth_profile(struct profile *out, struct arena *arena,
                                               const struct recording *recording,
                                               struct trial_key key, uint32_t number,
                                               struct err *err);
/* The debug=1 text of the point as a profile; it has no mappings. */
NODISCARD enum status recording_text_profile(struct profile *out, struct arena *arena,
                                             const struct recording *recording,
                                             struct trial_key key, enum point point,
                                             struct err *err);
/*
 * STATUS_NOT_FOUND when none was asked for, STATUS_CHILD with the reason
 * when it could not be had.
 */
NODISCARD enum status recording_cpu_profile(struct profile *out, struct arena *arena,
                                            const struct recording *recording, struct trial_key key,
                                            struct err *err);
/* The same for one of block, mutex and goroutine, at warm or end. */
struct snapshot {
    enum profile_kind kind;
    enum point point;
};
NODISCARD enum status recording_snapshot(struct profile *out, struct arena *arena,
                                         const struct recording *recording, struct trial_key key,
                                         struct snapshot snapshot, struct err *err);
/* STATUS_NOT_FOUND where it is not known. */
NODISCARD enum status recording_mutex_period(uint64_t *out, const struct recording *recording,
                                             struct trial_key key, struct err *err);
/* At end; STATUS_NOT_FOUND where the service did not tell. */
NODISCARD enum status recording_creations(struct goroutine_sites *out, struct arena *arena,
                                          const struct recording *recording, struct trial_key key,
                                          struct err *err);
/* STATUS_NOT_FOUND where the trial has none: that it was not measured, not that it was nothing. */
NODISCARD enum status recording_table(struct record_rows *out, struct arena *arena,
                                      const struct recording *recording, struct trial_key key,
                                      enum record_table table, struct err *err);
NODISCARD enum status recording_memstats(struct memstats *out, struct arena *arena,
                                         const struct recording *recording, struct trial_key key,
                                         enum point point, struct err *err);

#endif
