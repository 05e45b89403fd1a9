#include "gate/harness/load/stamp.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "gate/base/clock.h"

void stamp_enable(int fd)
{
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
}

static int64_t wall_ns(const struct timespec *time)
{
    return (int64_t)time->tv_sec * (int64_t)NS_PER_SECOND + time->tv_nsec;
}

/*
 * The kernel stamps by the wall clock, and that can be set. So only the
 * age of the bytes is taken from it, over the little while that they
 * lay there; the caller knows what it cannot have been.
 */
static struct stamp stamp_of(const struct timespec *arrival)
{
    struct timespec wall;
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    uint64_t now = clock_now_ns();
    int64_t age_ns = wall_ns(&wall) - wall_ns(arrival);
    bool is_sane = age_ns >= 0 && (uint64_t)age_ns < now;
    return (struct stamp){is_sane ? now - (uint64_t)age_ns : now, is_sane};
}

ssize_t stamp_recv(int fd, void *data, size_t len, struct stamp *out)
{
    union {
        struct cmsghdr header; /* aligns the bytes */
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct iovec part = {data, len};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct timespec arrival;
    ssize_t got = recvmsg(fd, &message, 0);
    if (got <= 0)
        return got;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPNS) {
        *out = (struct stamp){clock_now_ns(), false};
        return got;
    }
    memcpy(&arrival, CMSG_DATA(header), sizeof(arrival));
    *out = stamp_of(&arrival);
    return got;
}
