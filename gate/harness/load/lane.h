#ifndef GATE_HARNESS_LOAD_LANE_H
#define GATE_HARNESS_LOAD_LANE_H

#include "gate/harness/load/connection.h"
#include "gate/harness/load/load.h"
#include "gate/harness/load/protocol.h"
#include "gate/harness/load/stamp.h"

/* Room for one more request on a connection. */
struct lane_slot {
    struct connection *connection;
    uint64_t free_since_ns;
};

/*
 * Private to load: the requests of one service, their connections and
 * what came back. Errors name the request; the caller knows the lane.
 */
struct lane {
    const struct load_spec *spec;
    const struct protocol *protocol;
    struct arena *arena; /* what the result points to */
    uint32_t number;     /* in spec->addresses */
    int epoll_fd;
    struct str name;        /* of the service's address, for messages */
    struct str authority;   /* of its requests */
    struct tls_client *tls; /* NULL: none */
    struct connection *connections;
    struct lane_slot *idle; /* ring: in turn, so that no connection starves */
    size_t idle_cap;
    size_t idle_at;
    size_t idle_len;
    uint32_t ready_count; /* of the connections */
    uint64_t sent;        /* requests handed out, also the next one's number after first_k */
    uint64_t start_ns;
    uint64_t last_send_ns;
    uint64_t last_early_ns; /* how long before its place in the rate, with its batch */
    uint32_t restless;      /* connections that the kernel must wake us for, see lane_can_wait */
    struct stamp arrival;   /* of what was read last */
    struct buf request;
    uint8_t *input; /* LANE_INPUT_BYTES, shared by all lanes */
    struct load_result result;
};

enum { LANE_INPUT_BYTES = 64 * 1024 };

/* Starts to connect; scratch lives as long as the lane. */
NODISCARD enum status lane_open(struct lane *lane, struct arena *scratch, struct err *err);
void lane_close(struct lane *lane);
/* All connections stand. */
bool lane_is_ready(const struct lane *lane);
bool lane_is_done(const struct lane *lane);
/* From here the intended times count. */
void lane_start(struct lane *lane, uint64_t now);
/*
 * When the next request is to go out, if it is one of the first `until` of
 * the load (a closed loop of two lanes keeps them together by it) and a
 * connection has room; else UINT64_MAX. In a closed loop that is its turn
 * among the lanes: 0 or 1.
 */
uint64_t lane_due_ns(const struct lane *lane, uint64_t until);
/* When a request with this due time leaves: then, or at the start of its batch. */
uint64_t lane_leave_ns(const struct lane *lane, uint64_t due_ns);
/*
 * True when nothing is lost if events of the lane are looked at a little
 * later: no request waits for a connection, none is left in part, and
 * the kernel notes when answers arrive. It notes one time for all that is
 * read at once: so never where a connection carries several answers.
 */
bool lane_can_wait(const struct lane *lane);
/* Sends the next request. */
NODISCARD enum status lane_send(struct lane *lane, struct err *err);
/* An event of one of the lane's connections. */
NODISCARD enum status lane_handle(struct lane *lane, struct connection *connection, uint32_t events,
                                  struct err *err);
NODISCARD enum status lane_check_deadlines(const struct lane *lane, uint64_t now, struct err *err);
/* Fills in what is known at the end and says good-bye to the peer. */
void lane_finish(struct lane *lane, uint64_t until_ns);

/* What protocols tell a lane. */

/* The connection can carry so many requests at a time; what waits to be sent again goes first. */
NODISCARD enum status lane_connection_ready(struct connection *connection, uint32_t slots,
                                            struct err *err);
/* The peer of a connection that is ready allows so many at a time from now on. */
void lane_take_width(struct lane *lane, uint32_t slots);
/*
 * The answer of the exchange is whole, head and body: it is counted and
 * judged. Whatever else wants to look at answers looks here, before
 * lane_end_exchange has the exchange used for another request.
 */
void lane_take_answer(struct lane *lane, const struct exchange *exchange);
/* The exchange is over; with has_slot another request may follow on its connection. */
void lane_end_exchange(struct connection *connection, struct exchange *exchange, bool has_slot);
/*
 * The peer never looked at the request: it is sent again once a connection
 * is ready, and its own deadline holds on, so that a server that always
 * refuses gains none.
 */
void lane_send_again(struct connection *connection, struct exchange *exchange);
/* Sends all that lane_send_again noted, on a connection that is ready. */
NODISCARD enum status lane_resend(struct connection *connection, struct err *err);
/* No new request goes to the connection any more. */
void lane_drain(struct connection *connection);
/* In place of a connection that is of no more use; nothing may be sent on it unanswered. */
NODISCARD enum status lane_reopen(struct connection *connection, struct err *err);

#endif
