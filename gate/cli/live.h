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
    struct str why;     /* there is no verdict */
};

/* Measures the revision against itself, nothing planted, into out_dir: a recording to choose by. */
NODISCARD enum status live_record(struct str revision, struct str out_dir, struct err *err);

/*
 * Plants into what allocates most in the scenario of the session's
 * recording and measures. Texts live in the session's arena.
 */
NODISCARD enum status live_run(struct live *out, struct session *session, size_t scenario,
                               struct str revision, struct err *err);

/* 0: it went red and named the function; 1: it did not; 3: no verdict. */
int live_exit_code(const struct live *live);
void live_write(struct buf *out, struct arena *arena, const struct live *live);

#endif
