#ifndef GATE_RECORDING_TRIAL_H
#define GATE_RECORDING_TRIAL_H

#include "gate/base/str.h"
#include "gate/profile/trace.h"

/* What one trial gives in numbers: trial.json, and what a load tool and a trace add to it. */

enum {
    RECORDING_WINDOWS_MAX = 20,   /* per trial of the duet */
    RECORDING_LIVE_MAX = 64,      /* likewise */
    RECORDING_QUANTILES_MAX = 64, /* of a tool's latency */
};

/*
 * Passes of a benchmark that a second process of a steady trial made, when the
 * machine has settled. None where the first took long enough, or where they
 * failed; recordings of earlier versions do not say.
 */
struct record_passes {
    uint64_t count;
    double ns_per_op; /* their median, but for the first, which is cold */
};

struct record_benchmark {
    struct str name; /* "BenchmarkEncode/small", without the -N processor suffix */
    uint64_t iterations;
    double ns_per_op;
    double bytes_per_op;
    double allocs_per_op;
    struct record_passes passes;
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

#endif
