#ifndef TESTS_UNIT_HARNESS_HUB_H
#define TESTS_UNIT_HARNESS_HUB_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/harness/load/load.h"
#include "tests/support/check.h"

/*
 * What servers of the load's tests have in common: one thread for all
 * connections, on a free port of the loopback or on a unix socket. A server
 * holds a hub as its first member and says what it does with what comes.
 */
enum { HUB_PEERS_MAX = 8, HUB_READ_BYTES = 16 * 1024 };

struct hub {
    const char *path; /* of its socket; NULL: TCP */
    /* Of a connection that was opened. */
    void (*on_open)(struct hub *hub, size_t peer);
    /* Of what came; may close the connection. */
    void (*on_bytes)(struct hub *hub, size_t peer, const char *data, size_t len);
    uint16_t port;
    size_t accepted;
    int fds[HUB_PEERS_MAX]; /* of the connections; -1: none */
    int listen_fd;
    int stop_fds[2]; /* the first is readable once the hub shall stop */
    pthread_t thread;
};

static inline void hub_close(struct hub *hub, size_t peer)
{
    (void)close(hub->fds[peer]);
    hub->fds[peer] = -1;
}

static inline void hub_accept(struct hub *hub)
{
    int fd = accept(hub->listen_fd, NULL, NULL);
    const int on = 1;
    /* An answer in two pieces would wait 40 ms for the word that the first has come; no TCP: no matter. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    for (size_t i = 0; fd >= 0 && i < HUB_PEERS_MAX; i++) {
        if (hub->fds[i] >= 0)
            continue;
        hub->fds[i] = fd;
        hub->accepted++;
        hub->on_open(hub, i);
        return;
    }
    (void)close(fd);
}

static inline void hub_read(struct hub *hub, size_t peer)
{
    char data[HUB_READ_BYTES];
    ssize_t got = recv(hub->fds[peer], data, sizeof(data), 0);
    if (got > 0) {
        hub->on_bytes(hub, peer, data, (size_t)got);
    } else {
        hub_close(hub, peer);
    }
}

static inline void *hub_run(void *ctx)
{
    struct hub *hub = ctx;
    for (;;) {
        struct pollfd waits[HUB_PEERS_MAX + 2];
        for (size_t i = 0; i < HUB_PEERS_MAX; i++)
            waits[i] = (struct pollfd){.fd = hub->fds[i], .events = POLLIN};
        waits[HUB_PEERS_MAX] = (struct pollfd){.fd = hub->listen_fd, .events = POLLIN};
        waits[HUB_PEERS_MAX + 1] = (struct pollfd){.fd = hub->stop_fds[0], .events = POLLIN};
        (void)poll(waits, HUB_PEERS_MAX + 2, -1);
        if (waits[HUB_PEERS_MAX + 1].revents)
            return NULL;
        for (size_t i = 0; i < HUB_PEERS_MAX; i++) {
            if (waits[i].revents)
                hub_read(hub, i);
        }
        if (waits[HUB_PEERS_MAX].revents)
            hub_accept(hub);
    }
}

static inline int hub_listen_tcp(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static inline int hub_listen_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static inline void hub_start(struct hub *hub)
{
    for (size_t i = 0; i < HUB_PEERS_MAX; i++)
        hub->fds[i] = -1;
    hub->accepted = 0;
    hub->listen_fd = hub->path ? hub_listen_unix(hub->path) : hub_listen_tcp(&hub->port);
    assert_int_equal(listen(hub->listen_fd, 64), 0);
    assert_int_equal(pipe(hub->stop_fds), 0);
    assert_int_equal(pthread_create(&hub->thread, NULL, hub_run, hub), 0);
}

static inline void hub_stop(struct hub *hub)
{
    assert_int_equal(write(hub->stop_fds[1], "x", 1), 1);
    assert_int_equal(pthread_join(hub->thread, NULL), 0);
    for (size_t i = 0; i < HUB_PEERS_MAX; i++) {
        if (hub->fds[i] >= 0)
            hub_close(hub, i);
    }
    (void)close(hub->listen_fd);
    (void)close(hub->stop_fds[0]);
    (void)close(hub->stop_fds[1]);
}

/* Of the test that runs. */
static struct arena arena;

static inline int open_arena(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static inline int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static inline struct requests parse(const char *text)
{
    struct err err = {0};
    struct requests requests = {0};
    struct requests_source source = {
        .name = STR("r"), .text = bytes_of_str(str_from(text)), .seed = 1};
    assert_ok(requests_parse(&requests, &arena, &source, &err), &err);
    return requests;
}

/* Twenty requests over two connections. */
static inline struct load_spec hub_load(const struct hub *hub, const struct requests *requests,
                                        enum load_protocol protocol)
{
    return (struct load_spec){
        .addresses = {{.port = hub->port}},
        .lane_count = 1,
        .requests = requests,
        .seed = 1,
        .count = 20,
        .protocol = protocol,
        .connections = 2,
        .streams = 1,
        .request_timeout_ns = 5 * NS_PER_SECOND,
        .total_timeout_ns = 20 * NS_PER_SECOND,
    };
}

#endif
