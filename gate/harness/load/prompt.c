#include "gate/harness/load/prompt.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The least that the kernel takes. */
#define SLICE_NS 100000

/* Of Debian 12's C library there is no function for either. */
static bool read_attributes(struct sched_attr *out)
{
    *out = (struct sched_attr){0};
    return syscall(SYS_sched_getattr, 0, out, sizeof(*out), 0) == 0;
}

static bool write_slice(struct sched_attr *attributes, uint64_t slice_ns)
{
    attributes->size = SCHED_ATTR_SIZE_VER0;
    attributes->sched_flags = 0;
    attributes->sched_runtime = slice_ns;
    return syscall(SYS_sched_setattr, 0, attributes, 0) == 0;
}

void prompt_begin(struct prompt *out, bool is_paced)
{
    struct sched_attr attributes;
    *out = (struct prompt){.slack_ns = prctl(PR_GET_TIMERSLACK)};
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    /* Whoever started memgate under another policy wants that one. */
    if (!is_paced || !read_attributes(&attributes) || attributes.sched_policy != SCHED_NORMAL ||
        attributes.sched_flags != 0)
        return;
    out->slice_ns = attributes.sched_runtime;
    out->has_slice = write_slice(&attributes, SLICE_NS);
}

/*
 * 0 asks for the kernel's own slice, which follows its settings; written as
 * a number, the same slice would be the thread's own for good. So a number
 * goes back only where the thread had another one of its own before.
 */
void prompt_end(const struct prompt *prompt)
{
    struct sched_attr attributes;
    if (prompt->slack_ns > 0)
        (void)prctl(PR_SET_TIMERSLACK, (unsigned long)prompt->slack_ns);
    if (!prompt->has_slice || !read_attributes(&attributes) || !write_slice(&attributes, 0))
        return;
    if (read_attributes(&attributes) && attributes.sched_runtime != prompt->slice_ns)
        (void)write_slice(&attributes, prompt->slice_ns);
}
