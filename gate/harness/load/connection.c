#include "gate/harness/load/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/harness/load/stamp.h"

static enum status socket_error(struct err *err, const char *what, int code)
{
    return err_set(err, STATUS_CHILD, "%s: %s", what, strerror(code));
}

static enum status watch(struct connection *connection, int epoll_fd, int operation,
                         uint32_t events, struct err *err)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(epoll_fd, operation, connection->fd, &event) != 0)
        return err_set(err, STATUS_IO, "epoll_ctl: %s", strerror(errno));
    return STATUS_OK;
}

enum status connection_open(struct connection *connection, int epoll_fd, uint16_t port,
                            struct err *err)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    assert(connection->state == CONNECTION_CLOSED);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, STATUS_IO, "socket: %s", strerror(errno));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    stamp_enable(fd);
    connection->fd = fd;
    connection->state = CONNECTION_OPENING;
    connection->is_reused = false;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
        errno != EINPROGRESS)
        return socket_error(err, "cannot connect", errno);
    /* A finished connect is writable at once, so both cases take the same road. */
    return watch(connection, epoll_fd, EPOLL_CTL_ADD, EPOLLOUT, err);
}

enum status connection_opened(struct connection *connection, int epoll_fd, struct err *err)
{
    int code = 0;
    socklen_t len = sizeof(code);
    if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0)
        code = errno;
    if (code)
        return socket_error(err, "cannot connect", code);
    connection->state = CONNECTION_IDLE;
    return watch(connection, epoll_fd, EPOLL_CTL_MOD, EPOLLIN, err);
}

bool connection_has_unsent(const struct connection *connection)
{
    return connection->unsent_at < connection->unsent.len;
}

/* Bytes the socket took, or -1 with errno set; a full socket takes 0, a dead one takes all. */
static ptrdiff_t send_some(int fd, struct str data)
{
    ssize_t sent = send(fd, data.data, data.len, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
        return (ptrdiff_t)data.len;
    return sent;
}

enum status connection_send(struct connection *connection, int epoll_fd, struct str request,
                            struct err *err)
{
    ptrdiff_t sent = send_some(connection->fd, request);
    if (sent < 0)
        return socket_error(err, "cannot send", errno);
    buf_reset(&connection->unsent);
    connection->unsent_at = 0;
    if ((size_t)sent == request.len)
        return STATUS_OK;
    buf_str(&connection->unsent, str_slice(request, (size_t)sent, request.len));
    return watch(connection, epoll_fd, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT, err);
}

enum status connection_flush(struct connection *connection, int epoll_fd, struct err *err)
{
    struct str rest = buf_view(&connection->unsent);
    rest = str_slice(rest, connection->unsent_at, rest.len);
    ptrdiff_t sent = send_some(connection->fd, rest);
    if (sent < 0)
        return socket_error(err, "cannot send", errno);
    connection->unsent_at += (size_t)sent;
    if (connection_has_unsent(connection))
        return STATUS_OK;
    return watch(connection, epoll_fd, EPOLL_CTL_MOD, EPOLLIN, err);
}

void connection_close(struct connection *connection)
{
    if (connection->state == CONNECTION_CLOSED)
        return;
    (void)close(connection->fd);
    connection->state = CONNECTION_CLOSED;
    buf_reset(&connection->unsent);
    connection->unsent_at = 0;
}

void connection_finish(struct connection *connection, uint64_t until_ns)
{
    char ignored[512];
    if (connection->state != CONNECTION_IDLE)
        return;
    (void)shutdown(connection->fd, SHUT_WR);
    for (uint64_t now = clock_now_ns(); now < until_ns; now = clock_now_ns()) {
        struct pollfd wait = {.fd = connection->fd, .events = POLLIN};
        int left_ms = (int)((until_ns - now) / NS_PER_MS) + 1;
        if (poll(&wait, 1, left_ms) > 0 && recv(connection->fd, ignored, sizeof(ignored), 0) <= 0)
            break;
    }
}
