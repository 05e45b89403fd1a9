#ifndef GATE_HARNESS_LOAD_PROMPT_H
#define GATE_HARNESS_LOAD_PROMPT_H

#include "gate/base/base.h"

/*
 * Private to load: has the kernel wake the calling thread when it asked to
 * be woken, for as long as a load lasts.
 *
 * Timer slack: by default timers of a thread may be 50 us late, which
 * would be most of the lateness of a request.
 *
 * Slice: from Linux 6.6 on (EEVDF) a thread that wakes takes the CPU from
 * another one only if its own deadline is sooner, and else waits for the
 * other's slice to end, some milliseconds. A deadline is a slice away, and
 * from 6.12 on a thread may ask for a short one (sched_setattr(2),
 * sched_runtime; Documentation/scheduler/sched-eevdf.rst). It gets no more
 * CPU time by it. Older kernels ignore the number, and preempt for sleepers
 * anyway.
 *
 * What the kernel refuses is left as it was: how late requests went out is
 * measured and said (load_result.lateness).
 */
struct prompt {
    int slack_ns;      /* before; 0 or less: not changed */
    bool has_slice;    /* the slice was changed */
    uint64_t slice_ns; /* before */
};

/* `is_paced`: a closed loop has nothing to be in time for, and keeps its slice. */
void prompt_begin(struct prompt *out, bool is_paced);
/*
 * As it was before, a slice of the thread's own or none: services, which
 * are started later, inherit it.
 */
void prompt_end(const struct prompt *prompt);

#endif
