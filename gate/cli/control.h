#ifndef GATE_CLI_CONTROL_H
#define GATE_CLI_CONTROL_H

#include "gate/cli/session.h"
#include "gate/judge/positive.h"
#include "gate/recording/inject.h"

/*
 * The positive control of one rule in one scenario: the recording is
 * judged again with a known cost injected into its candidate, twice what
 * the rule allows at first, and more where that is within the noise.
 */
enum control_result {
    CONTROL_RED,      /* the rule broke, with its severity */
    CONTROL_NOT_RED,  /* it did not: see why */
    CONTROL_LEFT_OUT, /* not tried, on purpose: see why */
};

struct control {
    const struct rule *rule;
    const struct judged_scenario *judged; /* without the injection */
    enum control_result result;
    struct positive positive; /* what was injected last */
    double factor;            /* how many times the limit that was */
    bool was_injected;
    enum finding_verdict before;
    enum finding_verdict after;
    bool is_named; /* the finding is about the function, or blames it */
    struct str why;
};

/* Red only past CONTROL_FACTOR_WEAK times its limit, a rule is weak: what it is for goes by it. */
enum { CONTROL_FACTOR = 2, CONTROL_FACTOR_WEAK = 4, CONTROL_FACTOR_MAX = 64 };

/* `scenario` is an index in the session's recording, which was judged. */
NODISCARD enum status control_run(struct control *out, struct injector *injector,
                                  struct session *session, size_t scenario, const struct rule *rule,
                                  struct err *err);
/* True when the rule went red, but only past CONTROL_FACTOR_WEAK times its limit. */
bool control_is_weak(const struct control *control);
/* False when the rule has nothing to do with the scenario. */
bool control_applies(const struct control *control);

/* The table of all that was tried, and what it comes to. */
struct controls {
    struct control *items;
    size_t len;
    size_t cap;
    bool strict; /* a weak block rule counts as one that did not go red */
};

/*
 * 0: every block rule that was tried went red; 1: one did not, one is weak
 * and `strict` is set, or there is none; 3: none could be tried.
 */
int controls_exit_code(const struct controls *controls);
void controls_write(struct buf *out, struct arena *arena, const struct controls *controls);

#endif
