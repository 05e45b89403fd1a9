#include "gate/harness/load/http2_answer.h"

#include "gate/base/num.h"
#include "gate/harness/load/response.h"

static enum status read_grpc(struct exchange *exchange, struct str name, struct str value,
                             bool is_last, struct err *err)
{
    struct grpc_reader *reader = &exchange->answer.grpc;
    if (is_last)
        return grpc_read_trailer(reader, name, value, err);
    return exchange->answer.status < 200 ? STATUS_OK : grpc_read_header(reader, name, value, err);
}

enum status http2_answer_field(struct exchange *exchange, struct str name, struct str value,
                               bool is_last, struct err *err)
{
    struct answer *answer = &exchange->answer;
    uint64_t status = 0;
    /* RFC 9113, section 6.5.2, counts a field so; the limits are those of HTTP/1.1. */
    answer->head_bytes += name.len + value.len + 32;
    if (++answer->header_count > RESPONSE_HEADERS_MAX)
        return err_set(err, STATUS_CHILD, "answer has more than %d headers", RESPONSE_HEADERS_MAX);
    if (answer->head_bytes > RESPONSE_HEAD_BYTES_MAX) {
        return err_set(err, STATUS_CHILD, "answer's head is larger than %d bytes",
                       RESPONSE_HEAD_BYTES_MAX);
    }
    if (str_equal_text(name, ":status")) {
        if (!num_parse_u64(&status, value) || status < 100 || status > 599)
            return err_set(err, STATUS_CHILD, "answer has the status \"%.*s\"", STR_ARGS(value));
        answer->status = (uint16_t)status;
    }
    return exchange->line->is_grpc ? read_grpc(exchange, name, value, is_last, err) : STATUS_OK;
}

enum status http2_answer_body(struct exchange *exchange, struct bytes data, struct err *err)
{
    struct answer *answer = &exchange->answer;
    struct buf *keep = answer->keeps_body ? &answer->body : NULL;
    if (data.len > RESPONSE_BODY_BYTES_MAX - answer->body_bytes) {
        return err_set(err, STATUS_CHILD, "answer's body is larger than %d bytes",
                       RESPONSE_BODY_BYTES_MAX);
    }
    /* What refuses a call without gRPC's status has a body of its own kind. */
    if (exchange->line->is_grpc && answer->status == 200)
        return grpc_feed(&answer->grpc, data, keep, &answer->body_bytes, err);
    answer->body_bytes += data.len;
    if (keep)
        buf_append(keep, data.data, data.len);
    return STATUS_OK;
}
