#ifndef GATE_HARNESS_ISOLATE_H
#define GATE_HARNESS_ISOLATE_H

#include "gate/base/err.h"
#include "gate/recording/recording.h"

/*
 * Namespaces (namespaces(7)) for `memgate run --isolate`. memgate itself
 * enters a network namespace that holds nothing but a loopback, when
 * everything is built and before the first trial: so the load, the control
 * requests, the search for listeners and the services are in it together,
 * and builds still reach their module proxy. Each program is then started
 * in a process namespace of its own (process_spec.apart), whose first
 * process is its keeper. Without the right to make them (CAP_SYS_ADMIN)
 * they belong to a user namespace in which we are who we are; programs have
 * no rights there that they lack outside, but for root's over what is in
 * these namespaces. All of it is gone when memgate ends.
 */

/* Makes everything in a child and throws it away; STATUS_INVALID with what to do. */
NODISCARD enum status isolate_try(struct err *err);
/*
 * Enters for good. The process may have no threads. On failure some
 * namespaces may have been entered: nothing can be measured any more.
 */
NODISCARD enum status isolate_enter(struct record_isolation *out, struct err *err);

#endif
