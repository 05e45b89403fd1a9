#ifndef GATE_HARNESS_CONTROL_H
#define GATE_HARNESS_CONTROL_H

#include "gate/base/err.h"
#include "gate/base/str.h"
#include "gate/harness/address.h"

/*
 * Control requests (readiness, profiles) over libcurl: HTTP/1.1, only
 * to the address that is given, over TLS where it says so, no redirects, no proxy, no cookies, bounded in bytes
 * and time. The load has its own engine. Interruptible.
 */
enum { CONTROL_BODY_BYTES_MAX = 64 * 1024 * 1024 };

struct control_reply {
    long http_code;
    struct str header; /* lines as they came, without the status line; of the last answer */
    struct bytes body;
};

/* A request that is no plain GET. */
struct control_request {
    struct str method;
    struct str path;
    struct str shown;  /* of the path in messages, where it holds a secret; empty: the path */
    struct str header; /* "Name: value\r\n" each */
    bool has_body;
    struct str body; /* must live as long as the exchange */
};

/*
 * An answer with any status is STATUS_OK; no answer, too much or too late is
 * STATUS_CHILD. STATUS_INVALID: the certificate is not accepted, and will
 * not be when it is asked again.
 */
NODISCARD enum status control_get(struct control_reply *out, struct arena *arena,
                                  const struct address *address, struct str path,
                                  uint64_t timeout_ns, struct err *err);

/* The same for any request. */
NODISCARD enum status control_send(struct control_reply *out, struct arena *arena,
                                   const struct address *address,
                                   const struct control_request *request, uint64_t timeout_ns,
                                   struct err *err);

/*
 * The same beside something else that goes on meanwhile: begin, look in
 * with step, which never waits, until it is over, then end: that gives
 * what control_get would have given, or ends an exchange still under way
 * as STATUS_CHILD. Wait steps until it is over, or that long, and takes
 * what children print meanwhile. The exchange lives in the arena; only end
 * releases it.
 *
 * Hang_up closes the sending half of the connection. net/http ends the
 * context of the request on that, whereupon a handler that sleeps until
 * then, as the one of the CPU profile does, answers with what it has.
 */
struct control_exchange;

NODISCARD enum status control_begin(struct control_exchange **out, struct arena *arena,
                                    const struct address *address, struct str path,
                                    uint64_t timeout_ns, struct err *err);
NODISCARD bool control_step(struct control_exchange *exchange); /* true when it is over */
void control_hang_up(struct control_exchange *exchange);
void control_wait(struct control_exchange *exchange, uint64_t limit_ns);
/* Requests that left, each in one piece, with their bytes before TLS. */
struct control_sent {
    uint64_t requests;
    uint64_t bytes;
};
/* Adds the exchange's own, if it left. */
void control_add_sent(struct control_sent *sum, const struct control_exchange *exchange);
NODISCARD enum status control_end(struct control_reply *out, struct arena *arena,
                                  struct control_exchange *exchange, struct err *err);

/*
 * STATUS_CHILD unless it is a 200 with something in it: "GET PATH answered
 * 403: tracing is off", with the first line of what the service says to it.
 */
NODISCARD enum status control_check_profile(const struct control_reply *reply, struct arena *arena,
                                            struct str path, struct err *err);

#endif
