#include "gate/harness/login.h"

#include "gate/base/buf.h"
#include "gate/harness/control.h"
#include "gate/harness/load/requests.h"

enum { PART_BYTES_MAX = 64 * 1024 * 1024 };

struct login {
    struct trial *trial;
    const struct requests *requests;
    const struct address *address;
    struct str *captured; /* by slot */
    size_t captured_count;
};

static struct str render(const struct login *login, const struct request_line *line,
                         enum request_part part, uint64_t k)
{
    struct buf buf;
    const struct request_values values = {login->trial->scenario->scenario->load.seed, k,
                                          login->captured};
    buf_init(&buf, PART_BYTES_MAX);
    request_text_render(&buf, &line->parts[part], values);
    struct str text = str_copy(login->trial->scratch, buf_view(&buf));
    buf_release(&buf);
    return text;
}

static bool is_expected(const struct request_line *line, long status)
{
    if (line->expect_len)
        return request_lists_status(line, (uint32_t)status);
    return status >= 200 && status < 400;
}

static enum status check_answer(const struct request_line *line, struct arena *arena,
                                const struct control_reply *reply, struct err *err)
{
    if (!is_expected(line, reply->http_code))
        return err_set(err, STATUS_CHILD, "answered %ld", reply->http_code);
    struct str problem =
        request_body_problem(line, arena, reply->body.len, str_of_bytes(reply->body));
    if (problem.len == 0)
        return STATUS_OK;
    return err_set(err, STATUS_CHILD, "answered %ld %.*s", reply->http_code, STR_ARGS(problem));
}

static enum status take(struct login *login, const struct capture *capture,
                        const struct control_reply *reply, struct err *err)
{
    struct str *out = &login->captured[login->captured_count];
    const struct capture_slot *slot = &login->requests->slots.items[login->captured_count];
    if (capture_take(out, login->trial->scratch, capture, reply->header, str_of_bytes(reply->body),
                     err))
        return err->status;
    if (slot->is_in_path && !capture_fits_path(*out)) {
        return err_set(
            err, STATUS_CHILD,
            "what {{%.*s}} captured cannot stand in a path: it holds a blank, a \"#\" or "
            "no ASCII",
            STR_ARGS(slot->name));
    }
    login->captured_count++;
    return STATUS_OK;
}

static enum status send(struct login *login, const struct request_line *line, uint64_t k,
                        struct err *err)
{
    struct trial *trial = login->trial;
    struct control_reply reply = {0};
    const struct control_request request = {
        .method = line->method,
        .path = render(login, line, REQUEST_PATH, k),
        .shown = line->path,
        .header = render(login, line, REQUEST_HEADER, k),
        .has_body = line->has_body,
        .body = render(login, line, REQUEST_BODY, k),
    };
    if (control_send(&reply, trial->scratch, login->address, &request,
                     trial->scenario->scenario->load.request_timeout_ns, err))
        return err->status;
    enum status status = check_answer(line, trial->scratch, &reply, err);
    for (size_t i = 0; i < line->capture_count && status == STATUS_OK; i++)
        status = take(login, &line->captures[i], &reply, err);
    if (status != STATUS_OK) {
        return err_wrap(err, "%.*s %.*s", STR_ARGS(line->method), STR_ARGS(line->path));
    }
    return STATUS_OK;
}

enum status login_run(struct trial *trial, const struct address *address, struct err *err)
{
    const struct requests *requests = trial->scenario->requests;
    if (!requests || requests->login_count == 0)
        return STATUS_OK;
    struct login login = {
        .trial = trial,
        .requests = requests,
        .address = address,
        .captured = ARENA_ARRAY(trial->scratch, struct str, requests->slots.len),
    };
    for (size_t i = 0; i < requests->login_count; i++) {
        const struct request_line *line = &requests->logins[i];
        if (send(&login, line, i, err)) {
            return err_wrap(err, "login, %.*s:%u",
                            STR_ARGS(trial->scenario->scenario->load.requests),
                            (unsigned)line->number);
        }
    }
    trial->captured = login.captured;
    return STATUS_OK;
}
