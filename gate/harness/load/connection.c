#include "gate/harness/load/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/harness/load/stamp.h"

enum { RESET_MS_MAX = 20 };

static enum status socket_error(struct err *err, const char *what, int code)
{
    return err_set(err, STATUS_CHILD, "%s: %s", what, strerror(code));
}

static enum status set_watch(struct connection *connection, int epoll_fd, int operation,
                             uint32_t events, struct err *err)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(epoll_fd, operation, connection->stream.fd, &event) != 0)
        return err_set(err, STATUS_IO, "epoll_ctl: %s", strerror(errno));
    connection->watched = events;
    return STATUS_OK;
}

enum status connection_watch(struct connection *connection, int epoll_fd, struct err *err)
{
    if (connection->state == CONNECTION_OPENING)
        return STATUS_OK;
    bool waits = connection_has_unsent(connection) || connection->stream.wants_output;
    uint32_t events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN;
    if (events == connection->watched)
        return STATUS_OK;
    return set_watch(connection, epoll_fd, EPOLL_CTL_MOD, events, err);
}

static bool connect_tcp(int fd, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    stamp_enable(fd);
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ||
           errno == EINPROGRESS;
}

static bool connect_unix(int fd, struct str path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    static_assert(sizeof(address.sun_path) == ADDRESS_SOCKET_BYTES_MAX + 1, "as unix(7) has it");
    assert(path.len <= ADDRESS_SOCKET_BYTES_MAX);
    memcpy(address.sun_path, path.data, path.len);
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

enum status connection_open(struct connection *connection, int epoll_fd,
                            const struct address *address, struct err *err)
{
    bool is_unix = address->socket.len > 0;
    assert(connection->state == CONNECTION_CLOSED);
    int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, STATUS_IO, "socket: %s", strerror(errno));
    connection->stream = (struct stream){.kind = &stream_plain, .fd = fd};
    connection->state = CONNECTION_OPENING;
    connection->is_reused = false;
    bool is_open = is_unix ? connect_unix(fd, address->socket) : connect_tcp(fd, address->port);
    if (!is_open && is_unix && errno == EAGAIN)
        return err_set(err, STATUS_CHILD, "cannot connect: the socket's queue is full");
    if (!is_open)
        return socket_error(err, "cannot connect", errno);
    /* A finished connect is writable at once, so all cases take the same road. */
    return set_watch(connection, epoll_fd, EPOLL_CTL_ADD, EPOLLOUT, err);
}

enum status connection_opened(struct connection *connection, struct err *err)
{
    int code = 0;
    socklen_t len = sizeof(code);
    if (getsockopt(connection->stream.fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0)
        code = errno;
    return code ? socket_error(err, "cannot connect", code) : STATUS_OK;
}

bool connection_has_unsent(const struct connection *connection)
{
    return connection->unsent_at < connection->unsent.len;
}

static enum status write_error(const struct connection *connection, ptrdiff_t code, struct err *err)
{
    return err_set(err, STATUS_CHILD, "cannot send: %s",
                   stream_explain(&connection->stream, (int)-code));
}

enum status connection_send(struct connection *connection, int epoll_fd, struct str data,
                            struct err *err)
{
    struct stream *stream = &connection->stream;
    if (connection_has_unsent(connection)) {
        buf_str(&connection->unsent, data);
        return STATUS_OK;
    }
    ptrdiff_t sent = stream->kind->write(stream, data);
    if (sent < 0)
        return write_error(connection, sent, err);
    buf_reset(&connection->unsent);
    connection->unsent_at = 0;
    if ((size_t)sent == data.len)
        return STATUS_OK;
    buf_str(&connection->unsent, str_slice(data, (size_t)sent, data.len));
    return connection_watch(connection, epoll_fd, err);
}

enum status connection_flush(struct connection *connection, int epoll_fd, struct err *err)
{
    struct stream *stream = &connection->stream;
    struct str rest = buf_view(&connection->unsent);
    rest = str_slice(rest, connection->unsent_at, rest.len);
    ptrdiff_t sent = stream->kind->write(stream, rest);
    if (sent < 0)
        return write_error(connection, sent, err);
    connection->unsent_at += (size_t)sent;
    return connection_watch(connection, epoll_fd, err);
}

/* Not by reading: over TLS bytes may lie before the end. */
bool connection_has_ended(const struct connection *connection)
{
    struct pollfd look = {.fd = connection->stream.fd, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0;
}

/*
 * Bytes that arrive while the peer is in close() are reset behind its end,
 * which is then here already: a reset may need some time more, and that of
 * a scheduler if the peer lost its CPU there. Without one the load is over.
 */
bool connection_was_read(const struct connection *connection, int code)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);
    struct pollfd look = {.fd = connection->stream.fd}; /* for POLLERR and POLLHUP alone */
    (void)poll(&look, 1, RESET_MS_MAX);
    if (getsockopt(connection->stream.fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0)
        return info.tcpi_state == TCP_CLOSE_WAIT;
    return code == 0;
}

void connection_close(struct connection *connection)
{
    struct stream *stream = &connection->stream;
    if (connection->state == CONNECTION_CLOSED)
        return;
    if (stream->kind->close)
        stream->kind->close(stream);
    (void)close(stream->fd);
    connection->state = CONNECTION_CLOSED;
    buf_reset(&connection->unsent);
    connection->unsent_at = 0;
}

void connection_finish(struct connection *connection, uint64_t until_ns)
{
    char ignored[512];
    int fd = connection->stream.fd;
    if (connection->stream.kind->finish)
        connection->stream.kind->finish(&connection->stream);
    (void)shutdown(fd, SHUT_WR);
    for (uint64_t now = clock_now_ns(); now < until_ns; now = clock_now_ns()) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int left_ms = (int)((until_ns - now) / NS_PER_MS) + 1;
        if (poll(&wait, 1, left_ms) > 0 && recv(fd, ignored, sizeof(ignored), 0) <= 0)
            break;
    }
}
