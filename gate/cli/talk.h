#ifndef GATE_CLI_TALK_H
#define GATE_CLI_TALK_H

#include "gate/base/err.h"
#include "gate/base/log.h"

/*
 * What memgate says on stderr: one status line that is redrawn on a
 * terminal, plain lines elsewhere; colour only on a terminal and never
 * when NO_COLOR is set.
 */
struct talk {
    bool is_terminal;
    bool has_line; /* a status line stands on the screen */
    uint64_t last_ns;
    uint64_t phase_start_ns;
    uint32_t last_trial;
    const char *last_phase;
    struct log log;
};

void talk_init(struct talk *talk);
void talk_clear(struct talk *talk); /* removes the status line */
/* "memgate: MESSAGE" on stderr, made printable; returns the status's exit code. */
int talk_fail(struct talk *talk, const struct err *err);

#endif
