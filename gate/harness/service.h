#ifndef GATE_HARNESS_SERVICE_H
#define GATE_HARNESS_SERVICE_H

#include "gate/harness/address.h"
#include "gate/harness/gctrace.h"
#include "gate/harness/process.h"
#include "gate/harness/trial.h"

/*
 * Private to the harness: the process of a trial that answers HTTP, on a
 * port of 127.0.0.1 or on a unix socket, and its diagnostics there or on a
 * second port.
 */
struct service {
    struct trial *trial;
    struct process process;
    struct cgroup group;    /* of the process, where the scenario has limits; else empty */
    struct address address; /* of the load */
    struct address pprof;   /* of its diagnostics; the same where there is no second listener */
    struct address ready;   /* where it is asked whether it is ready */
    uint16_t second_port;
    struct gctrace gctrace; /* of steady trials; others print nothing */
};

/* Starts it on free ports and waits until it is ready; the socket there is its own. */
NODISCARD enum status service_start(struct service *service, struct err *err);
NODISCARD enum status service_check_listener(const struct service *service, struct err *err);
/* At the end of a load: it still runs and still listens. */
NODISCARD enum status service_check_alive(struct service *service, struct err *err);
/*
 * After something failed with *err: a service that died is told as its
 * death, `when` being "during the load".
 */
enum status service_explain(struct service *service, const char *when, struct err *err);
/*
 * Ends the process with all it started and writes what it printed. Returns
 * `status` and leaves *err when the trial had failed already. Safe on a
 * service that was never started.
 */
NODISCARD enum status service_end(struct service *service, enum status status, struct err *err);

#endif
