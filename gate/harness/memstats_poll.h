#ifndef GATE_HARNESS_MEMSTATS_POLL_H
#define GATE_HARNESS_MEMSTATS_POLL_H

#include "gate/harness/control.h"
#include "gate/harness/trial.h"

/*
 * MemStats of a service over the load of a steady trial, as rows of
 * TABLE_MEMSTATS: heap?debug=1 is asked for about twice a second, oftener where
 * the collector would run through its ring of 256 pauses meanwhile, and never
 * so often that the answers take more than a twentieth of the time. A poll
 * without an answer (none within 5 s, or a status that says "later": 408, 429,
 * 5xx) is lost, and counted; the next one waits for 1, then 2 s, and after
 * MEMSTATS_LOST_MAX in a row, or an answer that is no such text, the service
 * is asked no more. Not polled where the latency is
 * that of the steady trials (`trials.duet: 0`): each answer keeps the program
 * busy for some milliseconds.
 */
enum { MEMSTATS_LOST_MAX = 3 };

struct memstats_poll {
    struct trial *trial;
    const struct address *address;
    uint64_t origin_ns;
    uint64_t asked_ns;
    uint64_t next_ns; /* UINT64_MAX: no more */
    uint64_t interval_ns;
    struct arena once; /* of the exchange under way */
    struct control_exchange *exchange;
    struct control_sent sent; /* so far */
    uint64_t *values;         /* rows */
    size_t value_len;
    size_t value_cap;
    uint64_t last_gc_count;
    uint32_t lost_in_row;
    struct record_polls polls; /* so far */
};

/* The address has to live as long; times count from origin_ns. */
void memstats_poll_begin(struct memstats_poll *out, struct trial *trial,
                         const struct address *address, uint64_t origin_ns);
/* Never waits; does nothing on a zeroed struct. */
void memstats_poll_step(struct memstats_poll *poll, uint64_t now_ns);
/* Ends an exchange still under way, and asks no more; safe to call twice. */
void memstats_poll_end(struct memstats_poll *poll);
/* The rows so far; 0 where it was not polled. */
struct record_rows memstats_poll_rows(const struct memstats_poll *poll);

#endif
