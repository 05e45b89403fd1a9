#include "gate/codec/base64.h"
#include "gate/codec/hex.h"
#include "gate/harness/load/request_draft.h"

static enum status set_body(struct request_draft *draft, struct str body, struct err *err)
{
    if (draft->line.has_body) {
        return err_set(err, STATUS_POLICY,
                       "\"body\", \"body_file\", \"body_hex\" and \"body_base64\" exclude "
                       "each other");
    }
    draft->body = body;
    draft->line.has_body = true;
    return STATUS_OK;
}

enum status draft_body(struct request_draft *draft, const struct json_value *value, struct err *err)
{
    if (value->kind != JSON_STRING)
        return err_set(err, STATUS_POLICY, "\"body\" must be a string; quote the text it sends");
    return set_body(draft, value->string, err);
}

enum status draft_body_file(struct request_draft *draft, const struct json_value *value,
                            struct err *err)
{
    const struct requests_source *source = draft->source;
    struct bytes data = {0};
    if (value->kind != JSON_STRING || value->string.len == 0)
        return err_set(err, STATUS_POLICY, "\"body_file\" must name a file beside this one");
    if (!source->read || source->read(source->ctx, &data, draft->arena, value->string, err)) {
        struct err inner = {0};
        (void)err_set(&inner, STATUS_POLICY, "\"body_file\" %.*s: %s", STR_ARGS(value->string),
                      source->read ? err->text : "files cannot be read here");
        *err = inner;
        return err->status;
    }
    draft->body_is_verbatim = true;
    return set_body(draft, str_of_bytes(data), err);
}

enum status draft_body_hex(struct request_draft *draft, const struct json_value *value,
                           struct err *err)
{
    struct str body = STR("");
    if (value->kind != JSON_STRING || !hex_decode(&body, draft->arena, value->string))
        return err_set(err, STATUS_POLICY, "\"body_hex\" must be pairs of hexadecimal digits");
    draft->body_is_verbatim = true;
    return set_body(draft, body, err);
}

enum status draft_body_base64(struct request_draft *draft, const struct json_value *value,
                              struct err *err)
{
    struct str body = STR("");
    if (value->kind != JSON_STRING || !base64_decode(&body, draft->arena, value->string))
        return err_set(err, STATUS_POLICY, "\"body_base64\" must be base64 (RFC 4648, padded)");
    draft->body_is_verbatim = true;
    return set_body(draft, body, err);
}

enum status draft_body_vegeta(struct request_draft *draft, const struct json_value *value,
                              struct err *err)
{
    struct str body = STR("");
    if (value->kind != JSON_STRING || !base64_decode(&body, draft->arena, value->string))
        return err_set(err, STATUS_POLICY, "\"body\" of a target with \"url\" must be base64");
    draft->body_is_verbatim = true;
    return set_body(draft, body, err);
}
