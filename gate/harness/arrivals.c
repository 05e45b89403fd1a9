#include "gate/harness/arrivals.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/base/clock.h"

/* A dump comes in packets of what its reader takes, 16 KiB at most. */
enum { ANSWER_BYTES = 16 * 1024, EVENT_BYTES_WANTED = 8 * 1024 * 1024 };

/* net/tcp_states.h of the kernel; <netinet/tcp.h>, which has them too, knows no data_segs_in. */
enum { STATE_TIME_WAIT = 6, STATE_LISTEN = 10, STATE_NEW_SYN_RECV = 12 };

#define LISTENING (1U << STATE_LISTEN)
/* Those that have no counters are left out. */
#define CONNECTED (0xfffU & ~(LISTENING | 1U << STATE_TIME_WAIT | 1U << STATE_NEW_SYN_RECV))

#define PATIENCE_NS NS_PER_SECOND
#define ROUND_NS    (10 * NS_PER_MS)

struct arrival {
    uint64_t cookie; /* of the socket, for as long as the machine runs */
    struct arrivals_sum sum;
};

/* One socket of an answer or of an event. */
struct told {
    struct inet_diag_msg socket;
    bool has_sum;
    struct arrivals_sum sum;
};

struct reader {
    void (*take)(void *ctx, const struct told *told);
    void *ctx;
};

static uint64_t cookie_of(const struct told *told)
{
    return (uint64_t)told->socket.id.idiag_cookie[1] << 32 | told->socket.id.idiag_cookie[0];
}

/* Older kernels have a shorter struct, and the counters are at its end. */
static void read_sum(struct told *told, struct bytes attribute)
{
    struct tcp_info info;
    const size_t needed = offsetof(struct tcp_info, tcpi_data_segs_in) + sizeof(uint32_t);
    if (attribute.len < needed)
        return;
    memset(&info, 0, sizeof(info));
    memcpy(&info, attribute.data, attribute.len < sizeof(info) ? attribute.len : sizeof(info));
    told->has_sum = true;
    told->sum = (struct arrivals_sum){info.tcpi_data_segs_in, info.tcpi_bytes_received};
}

static void read_attributes(struct told *told, struct bytes rest)
{
    struct rtattr attribute;
    while (rest.len >= sizeof(attribute)) {
        memcpy(&attribute, rest.data, sizeof(attribute));
        if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > rest.len)
            return;
        size_t head = RTA_LENGTH(0);
        if (attribute.rta_type == INET_DIAG_INFO)
            read_sum(told, (struct bytes){rest.data + head, attribute.rta_len - head});
        size_t used = RTA_ALIGN((size_t)attribute.rta_len);
        used = used < rest.len ? used : rest.len;
        rest = (struct bytes){rest.data + used, rest.len - used};
    }
}

static bool take_message(const struct reader *reader, const struct nlmsghdr *header,
                         struct bytes message)
{
    struct told told = {0};
    size_t start = NLMSG_SPACE(sizeof(told.socket));
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY || message.len < start)
        return false;
    memcpy(&told.socket, message.data + NLMSG_HDRLEN, sizeof(told.socket));
    read_attributes(&told, (struct bytes){message.data + start, message.len - start});
    reader->take(reader->ctx, &told);
    return true;
}

/* The messages of a packet. False: one that we do not know, such as a refusal. */
static bool take_packet(const struct reader *reader, struct bytes left, bool *done)
{
    struct nlmsghdr header;
    while (left.len >= sizeof(header)) {
        memcpy(&header, left.data, sizeof(header));
        if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > left.len)
            return false;
        *done = header.nlmsg_type == NLMSG_DONE;
        if (*done)
            return true;
        if (!take_message(reader, &header, (struct bytes){left.data, header.nlmsg_len}))
            return false;
        size_t used = NLMSG_ALIGN((size_t)header.nlmsg_len);
        used = used < left.len ? used : left.len;
        left = (struct bytes){left.data + used, left.len - used};
    }
    return true;
}

static bool ask(int fd, uint8_t family, uint32_t states)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } question = {
        .header = {.nlmsg_len = sizeof(question),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = family,
                 .sdiag_protocol = IPPROTO_TCP,
                 .idiag_ext = 1U << (INET_DIAG_INFO - 1),
                 .idiag_states = states},
    };
    return send(fd, &question, sizeof(question), 0) == (ssize_t)sizeof(question);
}

static bool dump_family(const struct reader *reader, int fd, uint8_t family, uint32_t states)
{
    uint8_t packet[ANSWER_BYTES];
    bool done = false;
    if (!ask(fd, family, states))
        return false;
    while (!done) {
        ssize_t got = recv(fd, packet, sizeof(packet), MSG_TRUNC);
        if (got <= 0 || (size_t)got > sizeof(packet) ||
            !take_packet(reader, (struct bytes){packet, (size_t)got}, &done))
            return false;
    }
    return true;
}

/* All sockets of TCP in these states. */
static bool dump(const struct reader *reader, uint32_t states)
{
    struct timeval patience = {.tv_sec = 1};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0)
        return false;
    bool ok = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
              dump_family(reader, fd, AF_INET, states) && dump_family(reader, fd, AF_INET6, states);
    (void)close(fd);
    return ok;
}

static bool is_of_service(const struct arrivals *arrivals, const struct told *told)
{
    for (size_t i = 0; i < arrivals->port_count; i++) {
        if (told->socket.id.idiag_sport == htons(arrivals->ports[i]))
            return true;
    }
    return false;
}

struct port_search {
    struct arrivals *arrivals;
    const struct process *process;
};

static void take_listener(void *ctx, const struct told *told)
{
    const struct port_search *search = ctx;
    struct arrivals *arrivals = search->arrivals;
    if (arrivals->port_count < ARRIVALS_PORTS_MAX && !is_of_service(arrivals, told) &&
        process_holds_socket(search->process, told->socket.idiag_inode))
        arrivals->ports[arrivals->port_count++] = ntohs(told->socket.id.idiag_sport);
}

static void take_before(void *ctx, const struct told *told)
{
    struct arrivals *arrivals = ctx;
    struct arrival item = {cookie_of(told), told->sum};
    if (is_of_service(arrivals, told)) {
        ARENA_PUSH(arrivals->arena, arrivals->before, arrivals->before_len, arrivals->before_cap,
                   item);
    }
}

/* What the connection has had since the load began. */
static void add(struct arrivals_sum *sum, const struct arrivals *arrivals, const struct told *told)
{
    struct arrivals_sum before = {0};
    for (size_t i = 0; i < arrivals->before_len; i++) {
        if (arrivals->before[i].cookie == cookie_of(told))
            before = arrivals->before[i].sum;
    }
    sum->pieces += told->sum.pieces - before.pieces;
    sum->bytes += told->sum.bytes - before.bytes;
}

static void take_ended(void *ctx, const struct told *told)
{
    struct arrivals *arrivals = ctx;
    if (told->has_sum && is_of_service(arrivals, told))
        add(&arrivals->ended, arrivals, told);
}

struct open_sum {
    const struct arrivals *arrivals;
    struct arrivals_sum sum;
};

static void take_open(void *ctx, const struct told *told)
{
    struct open_sum *open = ctx;
    if (told->has_sum && is_of_service(open->arrivals, told))
        add(&open->sum, open->arrivals, told);
}

static uint32_t group(enum sknetlink_groups number)
{
    return 1U << (number - 1);
}

static bool open_events(struct arrivals *arrivals)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK,
                                  .nl_groups = group(SKNLGRP_INET_TCP_DESTROY) |
                                               group(SKNLGRP_INET6_TCP_DESTROY)};
    int wanted = EVENT_BYTES_WANTED;
    arrivals->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
    arrivals->is_open = arrivals->fd >= 0;
    if (!arrivals->is_open || bind(arrivals->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return false;
    /* Above the limit of the system root may go; others get what it allows. */
    if (setsockopt(arrivals->fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) != 0)
        (void)setsockopt(arrivals->fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
    return true;
}

static const char *const pieces_names[] = {
    [ARRIVALS_BY_SEGMENTS] = "packets", [ARRIVALS_BY_READS] = "reads"};

static enum status refuse_kernel(const struct arrivals *arrivals, struct err *err)
{
    static const char *const sources[] = {
        [ARRIVALS_BY_SEGMENTS] = "sock_diag, Linux 4.6", [ARRIVALS_BY_READS] = "/proc/PID/io"};
    return err_set(err, STATUS_INVALID,
                   "the kernel does not tell what reached the service (%s), so nobody could say "
                   "that load.command sent its load; use driver: http here",
                   sources[arrivals->kind]);
}

static bool begin_segments(struct arrivals *arrivals)
{
    struct port_search search = {arrivals, arrivals->process};
    return open_events(arrivals) && dump(&(struct reader){take_listener, &search}, LISTENING) &&
           dump(&(struct reader){take_before, arrivals}, CONNECTED);
}

enum status arrivals_begin(struct arrivals *out, struct arena *arena, const struct process *process,
                           enum arrivals_kind kind, struct err *err)
{
    *out = (struct arrivals){.arena = arena, .process = process, .kind = kind};
    bool ok = kind == ARRIVALS_BY_READS ? process_reads(&out->reads, process) : begin_segments(out);
    return ok ? STATUS_OK : refuse_kernel(out, err);
}

void arrivals_take(struct arrivals *arrivals)
{
    uint8_t packet[ANSWER_BYTES];
    struct reader reader = {take_ended, arrivals};
    bool done = false;
    while (arrivals->is_open) {
        ssize_t got = recv(arrivals->fd, packet, sizeof(packet), MSG_TRUNC);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == ENOBUFS) {
            arrivals->has_lost = true;
            continue;
        }
        if (got <= 0)
            return;
        if ((size_t)got > sizeof(packet) ||
            !take_packet(&reader, (struct bytes){packet, (size_t)got}, &done))
            arrivals->has_lost = true;
    }
}

bool arrivals_suffice(const struct arrivals_sum *seen, const struct arrivals_want *want)
{
    if (want->is_shared) {
        return seen->bytes >= want->own.bytes &&
               (seen->bytes - want->own.bytes) / ARRIVALS_BYTES_PER_REQUEST >= want->requests;
    }
    return seen->pieces >= want->own.pieces && seen->pieces - want->own.pieces >= want->requests;
}

/* The events first: a connection that ends between both is in the next round's. */
static bool look_at_connections(struct arrivals_sum *out, struct arrivals *arrivals)
{
    struct open_sum open = {.arrivals = arrivals};
    arrivals_take(arrivals);
    if (!dump(&(struct reader){take_open, &open}, CONNECTED))
        return false;
    *out = (struct arrivals_sum){arrivals->ended.pieces + open.sum.pieces,
                                 arrivals->ended.bytes + open.sum.bytes};
    return true;
}

static uint64_t less(uint64_t all, uint64_t own)
{
    return all > own ? all - own : 0;
}

static bool look(struct arrivals_sum *out, struct arrivals *arrivals)
{
    struct tree_reads reads = {0};
    if (arrivals->kind == ARRIVALS_BY_SEGMENTS)
        return look_at_connections(out, arrivals);
    if (!process_reads(&reads, arrivals->process))
        return false;
    *out = (struct arrivals_sum){less(reads.calls, arrivals->reads.calls),
                                 less(reads.bytes, arrivals->reads.bytes)};
    return true;
}

static enum status refuse(const struct arrivals *arrivals, const struct arrivals_sum *seen,
                          const struct arrivals_want *want, struct err *err)
{
    unsigned long long requests = want->requests;
    unsigned long long pieces = less(seen->pieces, want->own.pieces);
    unsigned long long bytes = less(seen->bytes, want->own.bytes);
    if (arrivals->has_lost) {
        return err_set(err, STATUS_INVALID,
                       "connections ended faster than they could be counted, so nobody can say "
                       "that %llu requests reached the service; let the tool keep them alive",
                       requests);
    }
    if (want->is_shared) {
        return err_set(err, STATUS_INVALID,
                       "%llu bytes reached the service, fewer than the %llu requests that are said "
                       "to have been sent can have",
                       bytes, requests);
    }
    return err_set(err, STATUS_INVALID,
                   "%llu %s with %llu bytes reached the service, too few for the %llu requests "
                   "that are said to have been sent; where requests share packets (HTTP/2, "
                   "pipelining), state load.packets: shared",
                   pieces, pieces_names[arrivals->kind], bytes, requests);
}

enum status arrivals_check(struct arrivals *arrivals, const struct arrivals_want *want,
                           struct err *err)
{
    struct arrivals_sum seen = {0};
    uint64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
    do {
        if (!look(&seen, arrivals))
            return refuse_kernel(arrivals, err);
        if (arrivals_suffice(&seen, want))
            return STATUS_OK;
        clock_sleep_ns(ROUND_NS);
    } while (clock_now_ns() < deadline_ns && !process_interrupted());
    return process_interrupted() ? process_interruption(err) : refuse(arrivals, &seen, want, err);
}

void arrivals_end(struct arrivals *arrivals)
{
    if (arrivals->is_open)
        (void)close(arrivals->fd);
    arrivals->is_open = false;
}
