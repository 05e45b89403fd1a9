#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/base/num.h"
#include "gate/harness/process.h"
#include "gate/harness/process_tree.h"

/* More sockets on one port than this are all the same to us: too many. */
enum { LISTENERS_MAX = 8, TCP_LINE_BYTES_MAX = 512 };

struct listeners {
    uint64_t inodes[LISTENERS_MAX];
    size_t len;
};

/*
 * Local addresses of /proc/net/tcp and tcp6 that answer a call to
 * 127.0.0.1, as the kernel prints them: words of 32 bits in the byte
 * order of the machine, all of ours being little endian.
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

static enum status find_listeners(struct listeners *out, const char *path, uint16_t port,
                                  struct err *err)
{
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
        if (tcp_listens(str_from(line), port_hex, &inode) && out->len < LISTENERS_MAX)
            out->inodes[out->len++] = inode;
    }
    (void)fclose(file);
    return STATUS_OK;
}

static enum status refuse_foreign(uint16_t port, uint64_t inode, struct err *err)
{
    pid_t pid = tree_find_socket_anywhere(inode);
    if (pid > 0) {
        return err_set(err, STATUS_CHILD,
                       "port %u is held by pid %d, not by the program under test", (unsigned)port,
                       (int)pid);
    }
    return err_set(err, STATUS_CHILD,
                   "port %u is held by another process, not by the program under test",
                   (unsigned)port);
}

enum status process_check_listener(const struct process *process, uint16_t port, bool *listening,
                                   struct err *err)
{
    struct listeners found = {0};
    struct tree tree = {0};
    *listening = false;
    /* A socket of IPv6 is asked only when none of IPv4 does: that one would be the one to answer. */
    if (find_listeners(&found, "/proc/self/net/tcp", port, err) ||
        (found.len == 0 && find_listeners(&found, "/proc/self/net/tcp6", port, err)))
        return err->status;
    *listening = found.len > 0;
    if (found.len == 0)
        return err_set(err, STATUS_CHILD, "nobody listens on 127.0.0.1:%u", (unsigned)port);
    if (process->keeper)
        tree_below(&tree, process->keeper);
    for (size_t i = 0; i < found.len; i++) {
        if (!tree_find_socket(&tree, found.inodes[i]))
            return refuse_foreign(port, found.inodes[i], err);
    }
    if (found.len > 1) {
        return err_set(err, STATUS_CHILD,
                       "%zu sockets listen on port %u (SO_REUSEPORT?): any of them could answer",
                       found.len, (unsigned)port);
    }
    return STATUS_OK;
}

enum status process_free_port(uint16_t *out, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, STATUS_IO, "cannot make a socket: %s", strerror(errno));
    bool found = bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                 getsockname(fd, (struct sockaddr *)&address, &len) == 0;
    int code = errno;
    (void)close(fd);
    if (!found)
        return err_set(err, STATUS_IO, "no free port on 127.0.0.1: %s", strerror(code));
    *out = ntohs(address.sin_port);
    return STATUS_OK;
}
