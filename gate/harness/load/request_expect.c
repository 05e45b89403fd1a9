#include "gate/codec/sha256.h"
#include "gate/harness/load/grpc.h"
#include "gate/harness/load/request_draft.h"

/* The statuses that one of the protocols has. */
struct status_range {
    const char *key;
    int64_t least;
    int64_t most;
};

static enum status read_statuses(struct request_draft *draft, const struct json_value *value,
                                 const struct status_range *range, struct err *err)
{
    if (value->kind != JSON_LIST || value->len == 0 || value->len > REQUEST_STATUSES_MAX) {
        return err_set(err, STATUS_POLICY, "\"%s\" must be a list of 1 to %d status codes",
                       range->key, REQUEST_STATUSES_MAX);
    }
    for (size_t i = 0; i < value->len; i++) {
        const struct json_value *item = &value->members[i].value;
        if (item->kind != JSON_INTEGER || item->integer < range->least ||
            item->integer > range->most) {
            return err_set(err, STATUS_POLICY, "\"%s\" holds no status code from %d to %d",
                           range->key, (int)range->least, (int)range->most);
        }
        draft->line.expect[i] = (uint16_t)item->integer;
    }
    draft->line.expect_len = value->len;
    return STATUS_OK;
}

enum status draft_expect(struct request_draft *draft, const struct json_value *value,
                         struct err *err)
{
    static const struct status_range range = {"expect", 200, 599};
    return read_statuses(draft, value, &range, err);
}

enum status draft_expect_grpc(struct request_draft *draft, const struct json_value *value,
                              struct err *err)
{
    static const struct status_range range = {"expect_grpc", 0, GRPC_STATUSES - 1};
    return read_statuses(draft, value, &range, err);
}

enum status draft_expect_bytes(struct request_draft *draft, const struct json_value *value,
                               struct err *err)
{
    if (value->kind != JSON_INTEGER || value->integer < 0)
        return err_set(err, STATUS_POLICY, "\"expect_bytes\" must be a whole number");
    draft->line.expects_bytes = true;
    draft->line.expect_bytes = (uint64_t)value->integer;
    return STATUS_OK;
}

static bool is_sha256(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!strchr("0123456789abcdef", text.data[i]) || text.data[i] == '\0')
            return false;
    }
    return text.len == 64;
}

enum status draft_expect_sha256(struct request_draft *draft, const struct json_value *value,
                                struct err *err)
{
    if (value->kind != JSON_STRING || !is_sha256(value->string)) {
        return err_set(err, STATUS_POLICY,
                       "\"expect_sha256\" must be a SHA-256 in 64 lower-case hexadecimal digits");
    }
    draft->line.expect_sha256 = value->string;
    return STATUS_OK;
}

/* Only what the hash needs of the body is kept: its length is counted apart. */
struct str request_body_problem(const struct request_line *line, struct arena *arena,
                                uint64_t body_bytes, struct str body)
{
    if (line->expects_bytes && body_bytes != line->expect_bytes) {
        return str_format(arena, "with %llu bytes, not %llu", (unsigned long long)body_bytes,
                          (unsigned long long)line->expect_bytes);
    }
    if (line->expect_sha256.len == 0)
        return STR("");
    struct arena scratch;
    arena_init(&scratch);
    bool differs = !str_equal(sha256_hex(&scratch, bytes_of_str(body)), line->expect_sha256);
    arena_release(&scratch);
    return differs ? STR("with another body than expect_sha256 says") : STR("");
}
