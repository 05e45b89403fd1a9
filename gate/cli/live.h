#ifndef GATE_CLI_LIVE_H
#define GATE_CLI_LIVE_H

#include "gate/cli/planted.h"

/*
 * The positive control of the whole gate: the service is built with one
 * function that allocates more, measured against itself, and judged.
 */
struct live {
    struct str scenario;
    struct str revision;
    struct plant plant;
    enum verdict verdict;
    bool is_named;      /* a block rule that broke is about the function, or blames it */
    double calls;       /* of the function per request, as far as the growth shows */
    struct str finding; /* of the block rule that broke; empty: none did */
    bool is_left_out;   /* nothing was planted, on purpose: see why */
    enum status status; /* not OK: it could not be built or measured; see why */
    struct str why;     /* there is no verdict */
};

/* Measures the revision against itself, nothing planted, into out_dir: a recording to choose by. */
NODISCARD enum status live_record(struct str revision, struct str out_dir, struct err *err);

/*
 * Plants into what allocates most in the scenario of the session's
 * recording, or into the function that the only rules which a plant can
 * break are about, and measures. The size is by the strictest block rule
 * on bytes or objects that more allocation in each call of a function
 * breaks; where there is none, or it takes more than a service bears, the
 * scenario is left out. Texts live in the session's arena; the scenario
 * and the revision are set whatever the status.
 */
NODISCARD enum status live_run(struct live *out, struct session *session, size_t scenario,
                               struct str revision, struct err *err);

/* What live_run refused, as a row of the table; the message is copied into the arena. */
void live_fail(struct live *out, struct arena *arena, const struct err *err);

/*
 * 0: it went red and named the function; 1: it did not; 3: no verdict, or
 * left out; of a failure what its status gives.
 */
int live_exit_code(const struct live *live);
void live_write(struct buf *out, struct arena *arena, const struct live *live);

#endif
