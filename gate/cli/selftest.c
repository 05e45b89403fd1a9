#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "gate/cli/control.h"
#include "gate/cli/options.h"
#include "gate/harness/process.h"

struct selftest {
    struct talk talk;
    struct session session;
    struct injector injector;
    struct controls controls;
    struct str policy_file;
    struct operands operands;
};

static enum status parse_options(struct selftest *selftest, int argc, char **argv, struct err *err)
{
    const struct option_row rows[] = {
        {"policy", 0, NULL, &selftest->policy_file, "FILE", "try the rules of this policy instead"},
        {"quick", 'q', &selftest->session.quick, NULL, NULL, "try the rules on allocation alone"},
    };
    const struct option_table table = {
        "selftest", "[DIR]",
        "Tries whether the gate can go red: of a recording (default: memgate-out), a copy is "
        "judged again for each rule, with twice the cost that the rule allows injected into the "
        "candidate. Exit 0 when every block rule goes red, 1 when one does not or there is none, "
        "3 when the recording has no verdict of its own.",
        rows, ARRAY_LEN(rows)};
    if (options_parse(&selftest->operands, &selftest->session.arena, &table, argc, argv, err))
        return err->status;
    if (selftest->operands.len > 1)
        return err_set(err, STATUS_USAGE,
                       "selftest takes one recording; try memgate selftest --help");
    return STATUS_OK;
}

/* What has no verdict as it is shows nothing with more in it. */
static enum status check_judged(const struct session *session, struct err *err)
{
    for (size_t i = 0; i < session->judgement.scenario_count; i++) {
        const struct comparison *comparison = session->judgement.scenarios[i].comparison;
        if (comparison->invalid_count > 0) {
            return err_set(err, STATUS_INVALID, "scenario %.*s has no verdict: %.*s",
                           STR_ARGS(comparison->scenario), STR_ARGS(comparison->invalid[0]));
        }
        if (comparison->record->identical) {
            return err_set(err, STATUS_INVALID,
                           "scenario %.*s: nothing was measured, its binaries were identical; "
                           "record it with memgate run --always-measure",
                           STR_ARGS(comparison->scenario));
        }
    }
    return STATUS_OK;
}

static enum status try_scenario(struct selftest *selftest, size_t scenario, struct err *err)
{
    struct session *session = &selftest->session;
    struct controls *controls = &selftest->controls;
    for (size_t i = 0; i < session->policy.rule_count; i++) {
        struct control control;
        bool applies = false;
        if (process_interrupted())
            return process_interruption(err);
        if (control_run(&control, &applies, &selftest->injector, session, scenario,
                        &session->policy.rules[i], err))
            return err_wrap(err, "scenario %.*s",
                            STR_ARGS(session->recording.scenarios[scenario].name));
        if (applies)
            ARENA_PUSH(&session->arena, controls->items, controls->len, controls->cap, control);
    }
    return STATUS_OK;
}

static enum status try_all(struct selftest *selftest, struct err *err)
{
    struct session *session = &selftest->session;
    struct str dir = selftest->operands.len ? selftest->operands.items[0] : STR("memgate-out");
    if (session_open(session, dir, selftest->policy_file, err) || check_judged(session, err) ||
        inject_open(&selftest->injector, &session->arena, &session->recording, err))
        return err->status;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < session->recording.scenario_count && status == STATUS_OK; i++)
        status = try_scenario(selftest, i, err);
    inject_close(&selftest->injector);
    return status;
}

static enum status print(struct selftest *selftest, struct err *err)
{
    struct buf out;
    enum status status = STATUS_OK;
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    controls_write(&out, &selftest->session.arena, &selftest->controls);
    if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
        status = err_set(err, STATUS_IO, "cannot write to stdout: %s", strerror(errno));
    buf_release(&out);
    return status;
}

int cmd_selftest(int argc, char **argv)
{
    static struct selftest selftest;
    static struct err err;
    /* A copy of the recording is to go away also when somebody gives up waiting. */
    process_setup();
    talk_init(&selftest.talk);
    session_init(&selftest.session);
    enum status status = parse_options(&selftest, argc, argv, &err);
    bool is_wanted = status == STATUS_OK && !selftest.operands.help;
    if (is_wanted && (try_all(&selftest, &err) || print(&selftest, &err)))
        status = err.status;
    int code = status ? talk_fail(&selftest.talk, &err) : 0;
    if (is_wanted && status == STATUS_OK)
        code = controls_exit_code(&selftest.controls);
    session_release(&selftest.session);
    return code;
}
