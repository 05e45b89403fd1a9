#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "gate/base/io.h"
#include "gate/base/remove.h"
#include "gate/cli/control.h"
#include "gate/cli/live.h"
#include "gate/cli/options.h"
#include "gate/harness/process.h"

struct selftest {
    struct talk talk;
    struct session session;
    struct injector injector;
    struct controls controls;
    struct live *lives; /* one for each scenario, with --live */
    size_t live_count;
    struct str temp_dir; /* of a recording that was made to choose by; empty: none */
    struct str policy_file;
    struct str revision;
    bool live;
    struct operands operands;
};

static enum status parse_options(struct selftest *selftest, int argc, char **argv, struct err *err)
{
    const struct option_row rows[] = {
        {"policy", 0, NULL, &selftest->policy_file, "FILE", "try the rules of this policy instead"},
        {"live", 0, &selftest->live, NULL, NULL,
         "also build the service with a function that allocates more, and measure it"},
        {"base", 0, NULL, &selftest->revision, "REV", "what --live builds (default: HEAD)"},
        {"strict", 0, &selftest->controls.strict, NULL, NULL,
         "exit 1 also for a block rule that goes red only past 4 times its limit"},
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
    if (selftest->revision.len > 0 && !selftest->live && !selftest->operands.help)
        return err_set(err, STATUS_USAGE, "--base says what --live builds; give --live as well");
    if (selftest->revision.len == 0)
        selftest->revision = STR("HEAD");
    if (selftest->live && selftest->policy_file.len > 0) {
        return err_set(err, STATUS_USAGE,
                       "--live is judged by the repository's policy; leave --policy out");
    }
    if (selftest->operands.len > 1) {
        return err_set(err, STATUS_USAGE,
                       "selftest takes one recording; try memgate selftest --help");
    }
    return STATUS_OK;
}

/* What has no verdict as it is shows nothing with more in it. */
static enum status check_judged(const struct session *session, struct err *err)
{
    for (size_t i = 0; i < session->judgement.scenario_count; i++) {
        const struct judged_scenario *judged = &session->judgement.scenarios[i];
        const struct comparison *comparison = judged->comparison;
        if (comparison->alone.len > 0)
            continue;
        if (judged->verdict == VERDICT_NONE) {
            return err_set(err, STATUS_INVALID, "scenario %.*s has no verdict: %.*s",
                           STR_ARGS(comparison->scenario), STR_ARGS(positive_why_none(judged)));
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
        if (process_interrupted())
            return process_interruption(err);
        if (control_run(&control, &selftest->injector, session, scenario, &session->policy.rules[i],
                        err)) {
            return err_wrap(err, "scenario %.*s",
                            STR_ARGS(session->recording.scenarios[scenario].name));
        }
        if (control_applies(&control))
            ARENA_PUSH(&session->arena, controls->items, controls->len, controls->cap, control);
    }
    return STATUS_OK;
}

static enum status try_controls(struct selftest *selftest, struct err *err)
{
    struct session *session = &selftest->session;
    if (inject_open(&selftest->injector, &session->arena, &session->recording, err))
        return err->status;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < session->recording.scenario_count && status == STATUS_OK; i++) {
        if (session->comparisons[i].alone.len == 0)
            status = try_scenario(selftest, i, err);
    }
    inject_close(&selftest->injector);
    return status;
}

/* What could not be built or measured takes nothing from what the recording showed. */
static enum status try_live(struct selftest *selftest, struct err *err)
{
    struct session *session = &selftest->session;
    size_t count = session->recording.scenario_count;
    selftest->lives = ARENA_ARRAY(&session->arena, struct live, count + 1);
    for (size_t i = 0; i < count && selftest->live; i++) {
        if (session->comparisons[i].alone.len > 0)
            continue;
        struct err live_err;
        struct live *live = &selftest->lives[selftest->live_count];
        enum status status = live_run(live, session, i, selftest->revision, &live_err);
        if (process_interrupted())
            return process_interruption(err);
        if (status)
            live_fail(live, &session->arena, &live_err);
        selftest->live_count++;
    }
    return STATUS_OK;
}

/* Where nobody says which recording and there is none, --live makes one to choose a function by. */
static enum status find_recording(struct str *out, struct selftest *selftest, struct err *err)
{
    struct arena *arena = &selftest->session.arena;
    *out = selftest->operands.len ? selftest->operands.items[0] : STR("memgate-out");
    bool is_there = io_is_file(io_join(arena, *out, STR("recording/manifest.json")));
    if (selftest->operands.len > 0 || !selftest->live || is_there)
        return STATUS_OK;
    if (io_make_temp_dir(&selftest->temp_dir, arena, "memgate-live", err))
        return err->status;
    *out = selftest->temp_dir;
    return live_record(selftest->revision, selftest->temp_dir, err);
}

static enum status try_all(struct selftest *selftest, struct err *err)
{
    struct session *session = &selftest->session;
    struct str dir = {0};
    if (find_recording(&dir, selftest, err) ||
        session_open(session, dir, selftest->policy_file, err) ||
        session_need_both(session, &selftest->talk.log, "selftest", err) ||
        check_judged(session, err) || try_controls(selftest, err))
        return err->status;
    return try_live(selftest, err);
}

/* A rule that is blind weighs more than one that could not be tried. */
static int worse_code(int code, int other)
{
    if (other == 1 || code == 0)
        return other;
    return code;
}

/* What is red in the recording and not in life is no gate either. */
static int exit_code(const struct selftest *selftest)
{
    int code = controls_exit_code(&selftest->controls);
    for (size_t i = 0; i < selftest->live_count; i++)
        code = worse_code(code, live_exit_code(&selftest->lives[i]));
    return code;
}

static void write_all(struct buf *out, struct selftest *selftest)
{
    static const char *const meanings[] = {
        [0] = "every block rule that was tried can go red",
        [1] = "not every block rule can go red as it is to, or there is none",
        [2] = "--live was given a wrong policy",
        [3] = "something could not be tried",
    };
    int code = exit_code(selftest);
    struct arena *arena = &selftest->session.arena;
    controls_write(out, arena, &selftest->controls);
    for (size_t i = 0; i < selftest->live_count; i++)
        live_write(out, arena, &selftest->lives[i]);
    buf_printf(out, "exit %d (%s)\n", code, meanings[code]);
}

static enum status print(struct selftest *selftest, struct err *err)
{
    struct buf out;
    enum status status = STATUS_OK;
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    write_all(&out, selftest);
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
        code = exit_code(&selftest);
    if (selftest.temp_dir.len > 0)
        (void)remove_tree(str_text(&selftest.session.arena, selftest.temp_dir));
    session_release(&selftest.session);
    process_die();
    return code;
}
