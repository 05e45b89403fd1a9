#ifndef GATE_PROFILE_MEMSTATS_H
#define GATE_PROFILE_MEMSTATS_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * The "# runtime.MemStats" tail of net/http/pprof's heap?debug=1 text
 * (Go 1.19 to 1.27, written by runtime/pprof writeHeapInternal). Exact at
 * any profile rate. Bytes and counts as runtime.MemStats documents them.
 */
enum { MEMSTATS_PAUSES = 256 };

struct memstats {
    uint64_t total_alloc_bytes;
    uint64_t mallocs;
    uint64_t frees;
    uint64_t sys_bytes;
    uint64_t heap_alloc_bytes;
    uint64_t heap_sys_bytes;
    uint64_t heap_idle_bytes;
    uint64_t heap_inuse_bytes;
    uint64_t heap_released_bytes;
    uint64_t heap_objects;
    uint64_t stack_inuse_bytes;
    uint64_t mspan_inuse_bytes;
    uint64_t mcache_inuse_bytes;
    uint64_t buck_hash_bytes;
    uint64_t gc_sys_bytes;
    uint64_t other_sys_bytes;
    uint64_t next_gc_bytes;
    uint64_t gc_count;
    uint64_t forced_gc_count;
    double gc_cpu_ratio;    /* GCCPUFraction */
    uint64_t max_rss_bytes; /* 0 where the line is absent */
    uint64_t pause_ns[MEMSTATS_PAUSES];
    size_t pause_count;    /* entries of pause_ns that were in the text */
    uint64_t profile_rate; /* from the header "@ heap/N": N / 2; 0 when profiling is off */
};

/* A missing tail or field is STATUS_FORMAT naming it. */
NODISCARD enum status memstats_parse(struct memstats *out, struct str text, struct err *err);

/*
 * The text with the numbers of `more` added to its own, where those are
 * not 0: for positive controls. Pauses, ratio and rate of `more` are left
 * out of account, and so are the samples that stand before the MemStats.
 */
NODISCARD enum status memstats_add(struct str *out, struct arena *arena, struct str text,
                                   const struct memstats *more, struct err *err);

#endif
