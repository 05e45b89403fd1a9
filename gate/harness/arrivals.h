#ifndef GATE_HARNESS_ARRIVALS_H
#define GATE_HARNESS_ARRIVALS_H

#include "gate/base/err.h"
#include "gate/harness/process.h"

/*
 * What reached the service while a load tool of the user ran: the one
 * witness of a load that is neither the tool nor the service.
 *
 * By segments: tcpi_data_segs_in and tcpi_bytes_received (linux/tcp.h, since
 * Linux 4.6) of each connection to a port that a process of the service
 * listens on. sock_diag(7) tells them of those that are open, and to
 * listeners of the groups SKNLGRP_INET*_TCP_DESTROY (linux/sock_diag.h)
 * of each that ends. What a connection had before the load is taken off,
 * and so are memgate's own requests.
 *
 * Formula: a client that waits for each answer before it sends the next
 * request on a connection (HTTP/1.1 without pipelining, kept alive or not)
 * needs at least one segment with data for each request:
 *     segments - own segments >= requests.
 * Where several requests may share a segment (load.packets: shared; HTTP/2,
 * gRPC, pipelining) bytes must do: a request of HTTP/2 has a frame header
 * of 9 bytes (RFC 9113, 4.1) and at least three fields of a byte
 * (:method, :scheme, :path; 8.3.1 and RFC 7541, 6.1), one of HTTP/1 more:
 *     bytes - own bytes >= 12 * requests.
 *
 * Measured with a service of net/http: hey, kept alive and not, k6 and
 * vegeta gave exactly as many segments as requests (200, 200, 200, 400;
 * 20,000 of 20,000 connections), wrk 41,613 of 41,613; h2load with 50
 * requests at a time 270 segments of 2,000 requests, and 19 bytes each; ghz
 * 42 segments of 400 calls, and 36 bytes each.
 *
 * By reads, where the service listens on a UNIX socket, for which the
 * kernel counts nothing: syscr of /proc/PID/io (proc(5)) of its processes
 * in place of segments, rchar in place of bytes. A service has to read
 * once at least for each request that comes alone. Measured likewise: 404
 * reads for 200 requests of hey kept alive, 476 without, 414 for 200 of k6,
 * none of an idle service.
 *
 * Limits: all are lower bounds. Requests in several segments (large
 * bodies, TLS), what others send to these ports and memgate's own TLS
 * handshakes can stand for requests that are missing; bytes can by their
 * whole ratio to 12, and reads by all else that a service reads, so that
 * half of a load is missed for sure by segments alone. A load that nobody
 * sent has no segment, and an idle service no read in the exact phase,
 * where memgate asks for nothing meanwhile. What arrives by UDP (HTTP/3) is
 * not seen, nor is a connection that was reset and that the service still
 * holds a second after the load: honest loads of that kind end without a
 * verdict.
 */
enum { ARRIVALS_PORTS_MAX = 64, ARRIVALS_BYTES_PER_REQUEST = 12 };

enum arrivals_kind { ARRIVALS_BY_SEGMENTS, ARRIVALS_BY_READS };

struct arrivals_sum {
    uint64_t pieces; /* segments with data, or reads */
    uint64_t bytes;
};

struct arrivals_want {
    uint64_t requests;
    bool is_shared;
    struct arrivals_sum own; /* of memgate's own requests during the load */
};

struct arrival;

struct arrivals {
    struct arena *arena;
    const struct process *process;
    enum arrivals_kind kind;
    struct tree_reads reads; /* by reads: when it began */
    int fd;                  /* of what ends; open when is_open */
    bool is_open;
    bool has_lost; /* more ended than the kernel could tell */
    uint16_t ports[ARRIVALS_PORTS_MAX];
    size_t port_count;
    struct arrival *before; /* connections that were open when it began */
    size_t before_len;
    size_t before_cap;
    struct arrivals_sum ended;
};

/* Right before the load. STATUS_INVALID: the kernel tells nothing of that kind. */
NODISCARD enum status arrivals_begin(struct arrivals *out, struct arena *arena,
                                     const struct process *process, enum arrivals_kind kind,
                                     struct err *err);
/* Every 10 ms or so during the load: what the kernel tells waits in a bounded buffer. */
void arrivals_take(struct arrivals *arrivals);
/*
 * After the load. The kernel may tell of what has ended a moment later, so
 * what is missing is waited for, a second at most. STATUS_INVALID: fewer
 * requests can have reached the service, or nobody knows.
 */
NODISCARD enum status arrivals_check(struct arrivals *arrivals, const struct arrivals_want *want,
                                     struct err *err);
/* Safe on a zeroed one. */
void arrivals_end(struct arrivals *arrivals);

/* The formula above. */
bool arrivals_suffice(const struct arrivals_sum *seen, const struct arrivals_want *want);

#endif
