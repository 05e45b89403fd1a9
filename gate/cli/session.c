#include "gate/cli/session.h"

#include <errno.h>
#include <stdio.h>

#include "gate/base/io.h"
#include "gate/codec/yaml.h"

void session_init(struct session *session)
{
    *session = (struct session){0};
    arena_init(&session->arena);
}

void session_release(struct session *session)
{
    arena_release(&session->arena);
}

static enum status read_policy(struct session *session, struct str policy_file, struct err *err)
{
    struct bytes text = {0};
    if (policy_file.len == 0)
        return STATUS_OK;
    if (io_read_file(&text, &session->arena, policy_file, YAML_BYTES_MAX, err)) {
        err->status = STATUS_POLICY;
        return err_wrap(err, "policy");
    }
    session->recording.policy_name = policy_file;
    session->recording.policy_revision = (struct str){"", 0};
    session->recording.policy_text = str_of_bytes(text);
    return STATUS_OK;
}

enum status session_open(struct session *session, struct str dir, struct str policy_file,
                         struct err *err)
{
    struct recording *recording = &session->recording;
    if (recording_open(recording, &session->arena, dir, err) ||
        read_policy(session, policy_file, err) ||
        policy_parse(&session->policy, &session->arena, recording->policy_name,
                     bytes_of_str(recording->policy_text), err))
        return err->status;
    return session_judge(session, err);
}

enum status session_judge(struct session *session, struct err *err)
{
    struct recording *recording = &session->recording;
    size_t count = recording->scenario_count;
    session->comparisons = ARENA_ARRAY(&session->arena, struct comparison, count + 1);
    session->comparison_count = count;
    for (size_t i = 0; i < count; i++)
        if (comparison_of(&session->comparisons[i], &session->arena, recording, i, err))
            return err_wrap(err, "scenario %.*s", STR_ARGS(recording->scenarios[i].name));
    struct judge_input input = {
        .policy = &session->policy,
        .comparisons = session->comparisons,
        .comparison_count = count,
        .quick = recording->quick,
    };
    return judge(&session->judgement, &session->arena, &input, err);
}

static enum status render(struct buf *out, struct session *session,
                          const struct report_format *format, struct err *err)
{
    struct report_input input = {&session->judgement, &session->recording};
    format->write(out, &session->arena, &input);
    if (out->overflow)
        return err_set(err, STATUS_LIMIT, "%s report is larger than %d bytes", format->name,
                       BUF_TEXT_BYTES_MAX);
    return STATUS_OK;
}

enum status session_write_reports(struct session *session, struct str dir, struct err *err)
{
    enum status status = STATUS_OK;
    for (const struct report_format *format = report_formats(); format->name && !status; format++) {
        struct buf buf;
        buf_init(&buf, BUF_TEXT_BYTES_MAX);
        status = render(&buf, session, format, err);
        if (status == STATUS_OK)
            status = io_write_file(io_join(&session->arena, dir, str_from(format->file)),
                                   bytes_of_str(buf_view(&buf)), err);
        buf_release(&buf);
    }
    return status;
}

enum status session_print(struct session *session, const struct report_format *format,
                          struct err *err)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    enum status status = render(&buf, session, format, err);
    if (status == STATUS_OK &&
        (fwrite(buf.data, 1, buf.len, stdout) != buf.len || fflush(stdout) != 0))
        status = err_set(err, STATUS_IO, "cannot write the report: %s", strerror(errno));
    buf_release(&buf);
    return status;
}

enum status session_format(const struct report_format **out, struct str name, struct err *err)
{
    const struct report_format *format = report_format_find(name.len ? name : STR("text"));
    if (!format)
        return err_set(err, STATUS_USAGE, "unknown format \"%.*s\"; known: text json markdown",
                       STR_ARGS(name));
    *out = format;
    return STATUS_OK;
}
