#ifndef GATE_HARNESS_LISTENERS_H
#define GATE_HARNESS_LISTENERS_H

#include "gate/base/base.h"
#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * Who listens where a call to 127.0.0.1:port arrives.
 *
 * The kernel tells it by sock_diag(7), which walks the listening sockets
 * alone: a dump of an `inet_diag_req_v2` (linux/inet_diag.h) whose states
 * are TCP_LISTEN and whose source port is the one asked for. Where that is
 * not built in or not allowed, /proc/self/net/tcp and tcp6 (proc(5)) say
 * the same after a walk over every connection of the machine.
 */

/* More sockets on one port than this are all the same to us: too many. */
enum { LISTENERS_MAX = 8 };

struct listeners {
    uint64_t inodes[LISTENERS_MAX]; /* of the sockets, as in /proc/PID/fd */
    size_t len;
};

enum listeners_family { LISTENERS_IPV4, LISTENERS_IPV6 };

/* False, and nothing found, when the kernel does not answer such questions. */
NODISCARD bool listeners_ask_kernel(struct listeners *out, enum listeners_family family,
                                    uint16_t port);

/* Nothing is found in a family that the machine does not have. STATUS_IO: the file is unreadable. */
NODISCARD enum status listeners_read_proc(struct listeners *out, enum listeners_family family,
                                          uint16_t port, struct err *err);

/* By the kernel's answer, else by /proc. A socket of IPv6 is asked for only when none of IPv4 is
 * there: that one would be the one to answer. */
NODISCARD enum status listeners_find(struct listeners *out, uint16_t port, struct err *err);

/*
 * Who listens on a unix socket, by the path that it was bound to:
 * /proc/self/net/unix (proc(5)), where listening sockets have the flag
 * __SO_ACCEPTCON. Asking the socket itself (SO_PEERCRED) would be one more
 * connection for the service to serve, in the middle of what is counted.
 */
NODISCARD enum status listeners_find_unix(struct listeners *out, struct str path, struct err *err);

#endif
