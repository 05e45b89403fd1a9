#include "gate/harness/load/stream.h"

#include <errno.h>
#include <sys/socket.h>

static ptrdiff_t plain_read(struct stream *stream, uint8_t *data, size_t len)
{
    ssize_t got = stamp_recv(stream->fd, data, len, &stream->arrival);
    if (got >= 0)
        return got;
    return errno == EINTR ? -EAGAIN : -errno;
}

static ptrdiff_t plain_write(struct stream *stream, struct str data)
{
    ssize_t sent = send(stream->fd, data.data, data.len, MSG_NOSIGNAL);
    if (sent >= 0)
        return sent;
    if (errno == EAGAIN || errno == EINTR)
        return 0;
    return errno == EPIPE || errno == ECONNRESET ? (ptrdiff_t)data.len : -errno;
}

const struct stream_kind stream_plain = {.read = plain_read, .write = plain_write};

const char *stream_explain(const struct stream *stream, int code)
{
    bool is_known = code == EPROTO && stream->kind->explain;
    return is_known ? stream->kind->explain(stream) : strerror(code);
}
