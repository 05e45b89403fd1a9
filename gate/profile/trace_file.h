#ifndef GATE_PROFILE_TRACE_FILE_H
#define GATE_PROFILE_TRACE_FILE_H

#include "gate/base/map.h"
#include "gate/codec/wire.h"
#include "gate/profile/trace.h"

/*
 * The frame of a trace: a header, then batches. A batch is the events of one
 * thread, or strings, stacks, CPU samples or the clock's frequency; all of a
 * generation come before any of the next (internal/trace/generation.go and
 * batch.go). Numbers are varints, as protobuf has them. Stacks and
 * experiments are passed over.
 */

/* Types of events (internal/trace/tracev2/events.go), those that are told apart here. */
enum trace_type {
    TRACE_EVENT_BATCH = 1,
    TRACE_STACKS,
    TRACE_STACK,
    TRACE_STRINGS,
    TRACE_STRING,
    TRACE_CPU_SAMPLES,
    TRACE_CPU_SAMPLE,
    TRACE_FREQUENCY,
    TRACE_PROCS_CHANGE,
    TRACE_PROC_START,
    TRACE_PROC_STOP,
    TRACE_PROC_STEAL,
    TRACE_PROC_STATUS,
    TRACE_GO_CREATE,
    TRACE_GO_CREATE_SYSCALL,
    TRACE_GO_START,
    TRACE_GO_DESTROY,
    TRACE_GO_DESTROY_SYSCALL,
    TRACE_GO_STOP,
    TRACE_GO_BLOCK,
    TRACE_GO_UNBLOCK,
    TRACE_GO_SYSCALL_BEGIN,
    TRACE_GO_SYSCALL_END,
    TRACE_GO_SYSCALL_END_BLOCKED,
    TRACE_GO_STATUS,
    TRACE_STW_BEGIN,
    TRACE_STW_END,
    TRACE_GC_ACTIVE,
    TRACE_GC_BEGIN,
    TRACE_GC_END,
    TRACE_SWEEP_ACTIVE,
    TRACE_SWEEP_BEGIN,
    TRACE_SWEEP_END,
    TRACE_ASSIST_ACTIVE,
    TRACE_ASSIST_BEGIN,
    TRACE_ASSIST_END,
    TRACE_HEAP_ALLOC,
    TRACE_HEAP_GOAL,
    TRACE_GO_LABEL,
    TRACE_TASK_BEGIN,
    TRACE_TASK_END,
    TRACE_REGION_BEGIN,
    TRACE_REGION_END,
    TRACE_USER_LOG,
    TRACE_GO_SWITCH, /* Go 1.23 */
    TRACE_GO_SWITCH_DESTROY,
    TRACE_GO_CREATE_BLOCKED,
    TRACE_GO_STATUS_STACK,
    TRACE_EXPERIMENTAL_BATCH,
    TRACE_SYNC, /* Go 1.25 */
    TRACE_CLOCK_SNAPSHOT,
    TRACE_END_OF_GENERATION, /* Go 1.26 */
};

/* Those of the experiment AllocFree of Go 1.23. */
enum trace_experiment_type {
    TRACE_SPAN = 128,
    TRACE_SPAN_ALLOC,
    TRACE_SPAN_FREE,
    TRACE_HEAP_OBJECT,
    TRACE_HEAP_OBJECT_ALLOC,
    TRACE_HEAP_OBJECT_FREE,
    TRACE_GOROUTINE_STACK,
    TRACE_GOROUTINE_STACK_ALLOC,
    TRACE_GOROUTINE_STACK_FREE,
    TRACE_TYPES
};

/* On the wire, no thread: of batches that are nobody's. */
#define TRACE_NO_THREAD UINT64_MAX

/* Which of the sums a stop belongs to. */
enum trace_stop { TRACE_STOP_SWEEP, TRACE_STOP_MARK, TRACE_STOP_START, TRACE_STOP_OTHER };

/* An entry of a generation's string table, as far as anybody asks for it. */
struct trace_string {
    enum trace_wait wait; /* as a reason to block */
    enum trace_stop stop; /* as a kind of stop */
};

struct trace_batch {
    uint64_t thread;
    uint64_t ticks; /* before its first event */
    struct bytes data;
};

struct trace_generation {
    uint64_t number;
    struct trace_batch *batches; /* of threads, in the file's order */
    size_t batch_count;
    size_t batch_cap;
    uint64_t read_count;  /* of batches of any sort */
    uint64_t first_ticks; /* 0: not yet known */
    double ns_per_tick;   /* likewise */
    bool has_snapshot;
    struct trace_string *strings;
    size_t string_count;
    size_t string_cap;
    struct map string_ids;
    uint64_t *samples; /* ticks of CPU samples */
    size_t sample_count;
    size_t sample_cap;
};

struct trace_file {
    struct wire wire;
    uint32_t version;
    uint64_t last_number; /* of the whole generations so far; 0: none yet */
    /* Before Go 1.26 a generation ends where the next one's first batch begins. */
    bool has_spill;
    uint64_t spill_number;
    const uint8_t *spill_start; /* its head */
    bool spill_is_passed;       /* of an experiment */
    struct trace_batch spill;
    uint64_t lost_batches;
    uint64_t lost_bytes;
};

/* Reads the header; STATUS_FORMAT as of trace_decode. */
NODISCARD enum status trace_file_open(struct trace_file *out, struct bytes data, struct err *err);

/*
 * The next whole generation, whose slices point into the data. STATUS_NOT_FOUND
 * at the end of the file, where lost_batches and lost_bytes say what was cut
 * short. What was read is given back by trace_generation_release also then.
 */
NODISCARD enum status trace_file_next(struct trace_generation *out, struct arena *arena,
                                      struct trace_file *file, struct err *err);
void trace_generation_release(struct trace_generation *generation);

/* NULL where the table does not hold it. */
const struct trace_string *trace_string_find(const struct trace_generation *generation,
                                             uint64_t id);

/* Time of a number of ticks; false beyond what a clock can show. */
NODISCARD bool trace_ns_of(uint64_t *out, const struct trace_generation *generation,
                           uint64_t ticks);

#endif
