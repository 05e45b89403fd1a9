#ifndef TESTS_UNIT_HARNESS_ANSWERS_H
#define TESTS_UNIT_HARNESS_ANSWERS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/base/buf.h"
#include "tests/support/check.h"

enum { ANSWERS_MAX = 3 };

/* A service that answers connection by connection, from a list; then it is gone. */
struct service {
    int fd;
    uint16_t port;
    pthread_t thread;
    struct str answers[ANSWERS_MAX];
    size_t answer_count;
    bool waits_for_end; /* answers when the client has closed its half */
    bool hangs;         /* never answers */
    char requests[ANSWERS_MAX][512];
};

static inline void *serve(void *ctx)
{
    struct service *service = ctx;
    for (size_t i = 0; i < service->answer_count; i++) {
        int fd = accept(service->fd, NULL, NULL);
        char *request = service->requests[i];
        ssize_t got = recv(fd, request, sizeof(service->requests[i]) - 1, 0);
        request[got > 0 ? got : 0] = '\0';
        char more[64];
        while ((service->waits_for_end || service->hangs) && recv(fd, more, sizeof(more), 0) > 0)
            continue;
        if (service->hangs)
            (void)poll(&(struct pollfd){.fd = fd}, 1, -1);
        for (struct str rest = service->answers[i]; rest.len > 0;) {
            ssize_t put = send(fd, rest.data, rest.len, MSG_NOSIGNAL);
            rest = str_slice(rest, put > 0 ? (size_t)put : rest.len, rest.len);
        }
        (void)close(fd);
    }
    return NULL;
}

static inline void service_start(struct service *service)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    service->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(service->fd >= 0);
    assert_int_equal(bind(service->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(service->fd, ANSWERS_MAX), 0);
    assert_int_equal(getsockname(service->fd, (struct sockaddr *)&address, &len), 0);
    service->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&service->thread, NULL, serve, service), 0);
}

static inline void service_stop(struct service *service)
{
    (void)pthread_join(service->thread, NULL);
    (void)close(service->fd);
}

static inline struct str answer(struct arena *arena, const char *status, struct str body)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    buf_printf(&buf, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", status, body.len);
    buf_str(&buf, body);
    struct str out = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return out;
}

#endif
