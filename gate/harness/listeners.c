#include "gate/harness/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/base/num.h"
#include "gate/base/str.h"

/* A dump comes in packets of what its reader takes, 16 KiB at most. */
enum { ANSWER_BYTES = 16 * 1024, TCP_LINE_BYTES_MAX = 512, UNIX_LINE_BYTES_MAX = 512 };

static void add(struct listeners *listeners, uint64_t inode)
{
    if (listeners->len < LISTENERS_MAX)
        listeners->inodes[listeners->len++] = inode;
}

/*
 * Local addresses that answer a call to 127.0.0.1, as /proc/net/tcp and
 * tcp6 print them: words of 32 bits in the byte order of the machine, all
 * of ours being little endian.
 */
static const struct str answering_addresses[] = {
    STR_INIT("0100007F"),
    STR_INIT("00000000"),
    STR_INIT("00000000000000000000000000000000"),
    STR_INIT("0000000000000000FFFF00000100007F"),
    STR_INIT("0000000000000000FFFF000000000000"),
};

enum tcp_column { TCP_LOCAL = 1, TCP_STATE = 3, TCP_INODE = 9, TCP_COLUMNS = 10 };

/* Cuts a line of /proc/net/tcp into its columns; false when there are too few. */
static bool tcp_columns(struct str line, struct str columns[TCP_COLUMNS])
{
    struct str part;
    size_t count = 0;
    line = str_trim(line);
    while (count < TCP_COLUMNS && str_split(&line, ' ', &part)) {
        if (part.len > 0)
            columns[count++] = part;
    }
    return count == TCP_COLUMNS;
}

static bool is_answering(struct str address)
{
    for (size_t i = 0; i < ARRAY_LEN(answering_addresses); i++) {
        if (str_equal(address, answering_addresses[i]))
            return true;
    }
    return false;
}

/* True for a line about a socket that listens where 127.0.0.1:port arrives. */
static bool tcp_listens(struct str line, const char *port_hex, uint64_t *inode)
{
    struct str columns[TCP_COLUMNS];
    if (!tcp_columns(line, columns) || !str_equal_text(columns[TCP_STATE], "0A"))
        return false;
    struct str rest = columns[TCP_LOCAL];
    struct str address;
    return str_split(&rest, ':', &address) && str_equal_text(rest, port_hex) &&
           is_answering(address) && num_parse_u64(inode, columns[TCP_INODE]);
}

enum status listeners_read_proc(struct listeners *out, enum listeners_family family, uint16_t port,
                                struct err *err)
{
    const char *path = family == LISTENERS_IPV4 ? "/proc/self/net/tcp" : "/proc/self/net/tcp6";
    char line[TCP_LINE_BYTES_MAX];
    char port_hex[8];
    uint64_t inode = 0;
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT)
        return STATUS_OK;
    if (!file)
        return err_set(err, STATUS_IO, "cannot read %s: %s", path, strerror(errno));
    (void)snprintf(port_hex, sizeof(port_hex), "%04X", (unsigned)port);
    while (fgets(line, sizeof(line), file)) {
        if (tcp_listens(str_from(line), port_hex, &inode))
            add(out, inode);
    }
    (void)fclose(file);
    return STATUS_OK;
}

static bool ask(int fd, enum listeners_family family, uint16_t port)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } question = {
        .header = {.nlmsg_len = sizeof(question),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = family == LISTENERS_IPV4 ? AF_INET : AF_INET6,
                 .sdiag_protocol = IPPROTO_TCP,
                 .idiag_states = 1U << TCP_LISTEN,
                 .id.idiag_sport = htons(port)},
    };
    return send(fd, &question, sizeof(question), 0) == (ssize_t)sizeof(question);
}

/* Older kernels take the port for a hint, so what they name is looked at again. */
static void take_socket(struct listeners *out, const struct inet_diag_msg *socket, uint16_t port)
{
    const uint32_t *words = socket->id.idiag_src;
    char address[33];
    if (socket->idiag_family == AF_INET) {
        (void)snprintf(address, sizeof(address), "%08X", words[0]);
    } else {
        (void)snprintf(address, sizeof(address), "%08X%08X%08X%08X", words[0], words[1], words[2],
                       words[3]);
    }
    if (socket->id.idiag_sport == htons(port) && is_answering(str_from(address)))
        add(out, socket->idiag_inode);
}

/* One message of an answer, at the front of what is left. False: not one that we know. */
static bool take_message(struct listeners *out, struct bytes *left, uint16_t port, bool *done)
{
    struct nlmsghdr header;
    struct inet_diag_msg socket;
    if (left->len < sizeof(header))
        return false;
    memcpy(&header, left->data, sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > left->len)
        return false;
    *done = header.nlmsg_type == NLMSG_DONE;
    if (*done)
        return true;
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || header.nlmsg_len < NLMSG_LENGTH(sizeof(socket)))
        return false;
    memcpy(&socket, left->data + NLMSG_HDRLEN, sizeof(socket));
    take_socket(out, &socket, port);
    size_t used = NLMSG_ALIGN((size_t)header.nlmsg_len);
    used = used < left->len ? used : left->len;
    *left = (struct bytes){left->data + used, left->len - used};
    return true;
}

static bool take_packet(struct listeners *out, int fd, uint16_t port, bool *done)
{
    uint8_t packet[ANSWER_BYTES];
    ssize_t got = recv(fd, packet, sizeof(packet), MSG_TRUNC);
    if (got <= 0 || (size_t)got > sizeof(packet))
        return false;
    struct bytes left = {packet, (size_t)got};
    while (left.len && !*done) {
        if (!take_message(out, &left, port, done))
            return false;
    }
    return true;
}

bool listeners_ask_kernel(struct listeners *out, enum listeners_family family, uint16_t port)
{
    struct listeners found = {0};
    struct timeval patience = {.tv_sec = 1};
    bool done = false;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0)
        return false;
    bool ok = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
              ask(fd, family, port);
    while (ok && !done)
        ok = take_packet(&found, fd, port, &done);
    (void)close(fd);
    if (ok)
        *out = found;
    return ok;
}

static enum status find(struct listeners *out, enum listeners_family family, uint16_t port,
                        struct err *err)
{
    return listeners_ask_kernel(out, family, port) ? STATUS_OK
                                                   : listeners_read_proc(out, family, port, err);
}

enum status listeners_find(struct listeners *out, uint16_t port, struct err *err)
{
    *out = (struct listeners){0};
    if (find(out, LISTENERS_IPV4, port, err))
        return err->status;
    return out->len ? STATUS_OK : find(out, LISTENERS_IPV6, port, err);
}

/* Num, RefCount, Protocol, Flags, Type, St, Inode; the path is the rest of the line. */
enum unix_column { UNIX_FLAGS = 3, UNIX_INODE = 6, UNIX_COLUMNS = 7 };

/* Cuts the columns off the line, whose rest is then the path. */
static bool unix_columns(struct str *line, struct str columns[UNIX_COLUMNS])
{
    struct str part = {0};
    size_t count = 0;
    while (count < UNIX_COLUMNS && str_split(line, ' ', &part)) {
        if (part.len > 0)
            columns[count++] = part;
    }
    *line = str_trim(*line);
    return count == UNIX_COLUMNS;
}

/* net/unix/af_unix.c prints this flag for a socket that listens, and no other. */
static bool unix_listens(struct str line, struct str path, uint64_t *inode)
{
    struct str columns[UNIX_COLUMNS];
    return unix_columns(&line, columns) && str_equal_text(columns[UNIX_FLAGS], "00010000") &&
           str_equal(line, path) && num_parse_u64(inode, columns[UNIX_INODE]);
}

enum status listeners_find_unix(struct listeners *out, struct str path, struct err *err)
{
    static const char file_path[] = "/proc/self/net/unix";
    char line[UNIX_LINE_BYTES_MAX];
    uint64_t inode = 0;
    *out = (struct listeners){0};
    FILE *file = fopen(file_path, "re");
    if (!file)
        return err_set(err, STATUS_IO, "cannot read %s: %s", file_path, strerror(errno));
    while (fgets(line, sizeof(line), file)) {
        if (unix_listens(str_from(line), path, &inode))
            add(out, inode);
    }
    (void)fclose(file);
    return STATUS_OK;
}
