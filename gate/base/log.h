#ifndef GATE_BASE_LOG_H
#define GATE_BASE_LOG_H

#include "gate/base/str.h"

/*
 * Talk: what memgate says on stderr while it works. Layers below cli
 * never print; they hand texts to the sink that cli gave them, which
 * escapes them and decides between a progress bar and plain lines.
 */
struct log_progress {
    struct str scenario;
    struct str phase; /* "exact", "steady" */
    struct str side;  /* "baseline", "candidate" */
    uint32_t trial;   /* 1-based, over both sides of the phase */
    uint32_t trial_count;
    uint64_t done; /* requests answered in this trial */
    uint64_t total;
};

struct log {
    void *ctx;
    void (*line)(void *ctx, struct str text);
    void (*progress)(void *ctx, const struct log_progress *progress);
};

/* One line; a log of NULL says nothing. */
void log_line(const struct log *log, const char *format, ...) PRINTF_LIKE(2, 3);
/* Cheap to call for each request: the sink drops what comes too fast to read. */
void log_show(const struct log *log, const struct log_progress *progress);

#endif
