#ifndef GATE_BASE_METRIC_H
#define GATE_BASE_METRIC_H

#include "gate/base/unit.h"

/*
 * What memgate measures and a rule can limit. Values are per request
 * where the unit says so (for gotest: per benchmark operation). Compare
 * fills them, policy names them, report prints them. The shares of map
 * operations are of all CPU samples of the program, so that neither has a
 * denominator that may be nothing; that of the collector is of the CPU
 * time of the load. What comes of a profile by function is between warm and
 * end: CPU time, time that goroutines waited for channels and locks
 * (block) or made others wait by holding one (mutex), and how often.
 */
#define METRIC_MAP(X)                                                                              \
    /* symbol, name, unit, judged on the exact phase */                                            \
    X(ALLOC_SPACE, "alloc_space", UNIT_BYTES_PER_REQUEST, true)                                    \
    X(ALLOC_OBJECTS, "alloc_objects", UNIT_COUNT_PER_REQUEST, true)                                \
    X(INUSE_SPACE, "inuse_space", UNIT_BYTES, true)                                                \
    X(INUSE_OBJECTS, "inuse_objects", UNIT_COUNT, true)                                            \
    X(HEAP_GROWTH, "heap_growth_per_1000_requests", UNIT_BYTES_PER_1000_REQUESTS, true)            \
    X(CPU, "cpu_per_request", UNIT_NS_PER_REQUEST, false)                                          \
    X(P50, "p50", UNIT_NS, false)                                                                  \
    X(P90, "p90", UNIT_NS, false)                                                                  \
    X(P99, "p99", UNIT_NS, false)                                                                  \
    X(RSS_P95, "rss_p95", UNIT_BYTES, false)                                                       \
    X(RSS_MAX, "rss_max", UNIT_BYTES, false)                                                       \
    /* by the samples of the process and all it started; of open files the last ones */            \
    X(PSS_P95, "pss_p95", UNIT_BYTES, false)                                                       \
    X(THREADS_MAX, "threads_max", UNIT_COUNT, false)                                               \
    X(FDS_END, "open_fds_end", UNIT_COUNT, false)                                                  \
    X(GC_CYCLES, "gc_cycles_per_1000_requests", UNIT_COUNT, false)                                 \
    /* by gctrace: how long a cycle stopped the program, how many there were, what they cost */    \
    X(GC_PAUSE_P99, "gc_pause_p99", UNIT_NS, false)                                                \
    X(GC_PER_MINUTE, "gc_cycles_per_minute", UNIT_COUNT, false)                                    \
    X(GC_CPU_SHARE, "gc_cpu_share", UNIT_RATIO, false)                                             \
    X(GC_CPU, "gc_cpu_per_request", UNIT_NS_PER_REQUEST, false)                                    \
    X(GC_ASSIST_SHARE, "gc_assist_share", UNIT_RATIO, false)                                       \
    X(HEAP_GOAL, "heap_goal", UNIT_BYTES, false)                                                   \
    X(NS_PER_OP, "ns_per_op", UNIT_NS, false)                                                      \
    /* of the CPU profile: samples in map operations, and in those for keys of any type */         \
    X(MAP_CPU_SHARE, "map_cpu_share", UNIT_RATIO, false)                                           \
    X(MAP_CPU, "map_cpu_per_request", UNIT_NS_PER_REQUEST, false)                                  \
    X(MAP_GENERIC_KEY_SHARE, "map_generic_key_share", UNIT_RATIO, false)                           \
    X(CPU_PROFILE, "cpu_profile", UNIT_NS_PER_REQUEST, false)                                      \
    X(BLOCK_DELAY, "block_delay", UNIT_NS_PER_REQUEST, false)                                      \
    X(BLOCK_CONTENTIONS, "block_contentions", UNIT_COUNT_PER_REQUEST, false)                       \
    X(MUTEX_DELAY, "mutex_delay", UNIT_NS_PER_REQUEST, false)                                      \
    X(MUTEX_CONTENTIONS, "mutex_contentions", UNIT_COUNT_PER_REQUEST, false)                       \
    X(GOROUTINES, "goroutines", UNIT_COUNT, false)                                                 \
    X(GOROUTINE_GROWTH, "goroutine_growth_per_1000_requests", UNIT_COUNT, false)

enum metric {
#define X(symbol, name, unit, exact) METRIC_##symbol,
    METRIC_MAP(X)
#undef X
        METRICS
};

const char *metric_name(enum metric metric);
enum unit metric_unit(enum metric metric);
bool metric_is_exact(enum metric metric);   /* judged on the exact phase alone (`run --quick`) */
bool metric_is_latency(enum metric metric); /* of requests: the duet's, where there is one */
bool metric_needs_gctrace(enum metric metric);
bool metric_needs_series(enum metric metric); /* samples of the process beside the load */
/* Of a share, which rules limit by `max` alone: what its growth is limited by instead. */
enum metric metric_of_growth(enum metric metric);
bool metric_has_kinds(enum metric metric); /* rows of each kind of allocation */
bool metric_has_functions(enum metric metric);
/*
 * Time per request that a rule spells over the load ("10ms") unless it
 * says "/request"; other times per request are always of one request.
 */
bool metric_sums_over_load(enum metric metric);
bool metric_parse(enum metric *out, struct str name);

/* Profiles of Go's runtime/pprof that memgate records, under its names for them. */
#define PROFILE_KIND_MAP(X)                                                                        \
    X(HEAP, "heap")                                                                                \
    X(CPU, "cpu")                                                                                  \
    X(BLOCK, "block")                                                                              \
    X(MUTEX, "mutex")                                                                              \
    X(GOROUTINE, "goroutine")

enum profile_kind {
#define X(symbol, name) PROFILE_KIND_##symbol,
    PROFILE_KIND_MAP(X)
#undef X
        PROFILE_KINDS
};

const char *profile_kind_name(enum profile_kind kind);
const char *profile_kind_spoken(enum profile_kind kind); /* in a sentence: "CPU", "mutex" */
/* What the metric is read from beside the heap profile, which is always there; HEAP: nothing. */
enum profile_kind metric_profile(enum metric metric);

#endif
