#include "gate/harness/load/grpc.h"

#include <strings.h>

#include "gate/base/num.h"

void grpc_reader_init(struct grpc_reader *reader)
{
    *reader = (struct grpc_reader){0};
}

static enum status read_status(struct grpc_reader *reader, struct str value, struct err *err)
{
    uint64_t status = 0;
    if (!num_parse_u64(&status, value) || status > UINT32_MAX)
        return err_set(err, STATUS_CHILD, "grpc-status is not a number");
    if (reader->has_status && reader->status != status)
        return err_set(err, STATUS_CHILD, "answer has two different grpc-status");
    reader->has_status = true;
    reader->status = (uint32_t)status;
    return STATUS_OK;
}

static enum status read_reason(struct grpc_reader *reader, struct str value, struct err *err)
{
    (void)err;
    (void)snprintf(reader->reason, sizeof(reader->reason), "%.*s", STR_ARGS(value));
    return STATUS_OK;
}

static enum status read_encoding(struct grpc_reader *reader, struct str value, struct err *err)
{
    (void)reader;
    if (str_equal_text(value, "identity"))
        return STATUS_OK;
    return err_set(err, STATUS_CHILD,
                   "answer is compressed (grpc-encoding), which nobody asked for");
}

/* "application/grpc", "application/grpc+proto"; "application/grpc-web" is another protocol. */
static enum status read_type(struct grpc_reader *reader, struct str value, struct err *err)
{
    static const char type[] = "application/grpc";
    size_t len = sizeof(type) - 1;
    (void)err;
    reader->is_grpc = value.len >= len && strncasecmp(value.data, type, len) == 0 &&
                      (value.len == len || memchr("+; ", value.data[len], 3));
    return STATUS_OK;
}

static const struct {
    const char *name;
    bool is_trailer; /* only */
    enum status (*read)(struct grpc_reader *reader, struct str value, struct err *err);
} headers[] = {
    {"content-type", false, read_type},
    {"grpc-encoding", false, read_encoding},
    {"grpc-status", true, read_status},
    {"grpc-message", true, read_reason},
};

static enum status read_field(struct grpc_reader *reader, struct str name, struct str value,
                              bool is_trailer, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        if (str_equal_text(name, headers[i].name) && (is_trailer || !headers[i].is_trailer))
            return headers[i].read(reader, value, err);
    }
    return STATUS_OK;
}

enum status grpc_read_header(struct grpc_reader *reader, struct str name, struct str value,
                             struct err *err)
{
    return read_field(reader, name, value, false, err);
}

enum status grpc_read_trailer(struct grpc_reader *reader, struct str name, struct str value,
                              struct err *err)
{
    return read_field(reader, name, value, true, err);
}

/* The length is big-endian. */
static enum status begin_message(struct grpc_reader *reader, struct err *err)
{
    const uint8_t *prefix = reader->prefix;
    if (prefix[0] != 0)
        return err_set(err, STATUS_CHILD, "message is compressed, which nobody asked for");
    if (++reader->message_count > 1)
        return err_set(err, STATUS_CHILD, "answer has more than one message; only unary is known");
    reader->left = (uint64_t)prefix[1] << 24 | (uint64_t)prefix[2] << 16 |
                   (uint64_t)prefix[3] << 8 | prefix[4];
    reader->prefix_len = 0;
    return STATUS_OK;
}

static enum status take_prefix(struct grpc_reader *reader, uint8_t byte, struct err *err)
{
    reader->prefix[reader->prefix_len++] = byte;
    return reader->prefix_len == GRPC_PREFIX_BYTES ? begin_message(reader, err) : STATUS_OK;
}

enum status grpc_feed(struct grpc_reader *reader, struct bytes data, struct buf *keep,
                      uint64_t *message_bytes, struct err *err)
{
    for (size_t at = 0; at < data.len;) {
        if (reader->left == 0) {
            if (take_prefix(reader, data.data[at++], err))
                return err->status;
            continue;
        }
        size_t len = data.len - at < reader->left ? data.len - at : (size_t)reader->left;
        if (keep)
            buf_append(keep, data.data + at, len);
        *message_bytes += len;
        reader->left -= len;
        at += len;
    }
    return STATUS_OK;
}

enum status grpc_end(const struct grpc_reader *reader, struct err *err)
{
    if (!reader->is_grpc) {
        return err_set(err, STATUS_CHILD,
                       "answer has no content-type application/grpc: not of a gRPC service?");
    }
    if (!reader->has_status)
        return err_set(err, STATUS_CHILD, "answer has no grpc-status behind its message");
    if (reader->left > 0 || reader->prefix_len > 0)
        return err_set(err, STATUS_CHILD, "answer ends in the middle of a message");
    if (reader->status == 0 && reader->message_count == 0)
        return err_set(err, STATUS_CHILD, "answer has grpc-status 0 and no message");
    return STATUS_OK;
}

void grpc_write_prefix(struct buf *out, uint32_t message_bytes)
{
    const uint8_t prefix[GRPC_PREFIX_BYTES] = {
        0, (uint8_t)(message_bytes >> 24), (uint8_t)(message_bytes >> 16),
        (uint8_t)(message_bytes >> 8), (uint8_t)message_bytes};
    buf_append(out, prefix, sizeof(prefix));
}

/* doc/statuscodes.md of the same repository. */
static const char *const status_names[GRPC_STATUSES] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

const char *grpc_status_name(uint32_t status)
{
    return status < GRPC_STATUSES ? status_names[status] : "unknown";
}
