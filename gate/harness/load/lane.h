#ifndef GATE_HARNESS_LOAD_LANE_H
#define GATE_HARNESS_LOAD_LANE_H

#include "gate/harness/load/connection.h"
#include "gate/harness/load/load.h"
#include "gate/harness/load/stamp.h"

/*
 * Private to load: the requests of one service, their connections and
 * what came back. Errors name the request; the caller knows the lane.
 */
struct lane {
    const struct load_spec *spec;
    struct arena *arena; /* what the result points to */
    uint32_t number;     /* in spec->ports */
    int epoll_fd;
    struct connection *connections;
    struct connection **idle; /* ring: first come, first served, so that none starves */
    size_t idle_at;
    size_t idle_len;
    uint64_t sent; /* requests handed out, also the next one's number after first_k */
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
 * connection is free; else UINT64_MAX. In a closed loop that is its turn
 * among the lanes: 0 or 1.
 */
uint64_t lane_due_ns(const struct lane *lane, uint64_t until);
/* When a request with this due time leaves: then, or at the start of its batch. */
uint64_t lane_leave_ns(const struct lane *lane, uint64_t due_ns);
/*
 * True when nothing is lost if events of the lane are looked at a little
 * later: no request waits for a connection, none is left in part, and
 * the kernel notes when answers arrive.
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

#endif
