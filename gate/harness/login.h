#ifndef GATE_HARNESS_LOGIN_H
#define GATE_HARNESS_LOGIN_H

#include "gate/harness/address.h"
#include "gate/harness/trial.h"

/*
 * Private to the harness: sends the login lines of the request file to the
 * trial's service, in their order and one after the other, and keeps what
 * they capture in trial->captured until the end of the trial: of this
 * process alone, in no file and in no message. Done when the service is
 * ready and before its warm-up, so that nothing of it is measured. Does
 * nothing where the file has none.
 *
 * STATUS_CHILD names the line: no answer, an answer that it does not expect
 * (without "expect": that is no 2xx and no 3xx), or one without what is
 * captured.
 */
NODISCARD enum status login_run(struct trial *trial, const struct address *address,
                                struct err *err);

#endif
