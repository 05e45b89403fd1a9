#include <stdio.h>

#include "gate/base/io.h"
#include "gate/cli/options.h"
#include "gate/cli/plain.h"
#include "gate/cli/session.h"

struct check {
    struct talk talk;
    struct session session;
    struct str policy_file;
    struct str format_name;
    struct str out_dir;
    struct plain_options plain;
    bool exit_zero;
    struct operands operands;
};

static enum status parse_options(struct check *check, int argc, char **argv, struct err *err)
{
    plain_options_init(&check->plain, &check->session.arena, argc);
    check->plain.can_be_alone = true;
    const struct option_row rows[] = {
        {"policy", 0, NULL, &check->policy_file, "FILE", "judge by this policy instead"},
        {"format", 'f', NULL, &check->format_name, "F", "text (default), json or markdown"},
        {"quick", 'q', &check->session.quick, NULL, NULL, "judge allocation alone"},
        {"budgets", 0, &check->session.budgets, NULL, NULL,
         "judge max: rules alone, which need no baseline"},
        {"output", 'o', NULL, &check->out_dir, "DIR", "also write all reports there"},
        PLAIN_OPTION_ROWS(&check->plain),
        {"exit-zero", 0, &check->exit_zero, NULL, NULL, "report, but exit 0"},
    };
    const struct option_table table = {
        "check", "DIR | BASE CAND | [--base FILE...] --cand FILE...",
        "Judges a recording once more, or the candidate of one recording "
        "against the candidate of another by the policy of the "
        "first, or heap profiles, one or more of each side: no network, no "
        "clock, the same bytes on any machine. Of one side alone max: rules "
        "are judged.",
        rows, ARRAY_LEN(rows)};
    if (options_parse(&check->operands, &check->session.arena, &table, argc, argv, err))
        return err->status;
    return STATUS_OK;
}

static enum status judge_inputs(struct check *check, struct err *err)
{
    struct session *session = &check->session;
    const struct str *items = check->operands.items;
    enum session_input input = INPUT_RECORDING;
    bool is_plain = false;
    if (plain_take(&is_plain, &check->plain, items, check->operands.len, err))
        return err->status;
    if (is_plain)
        return plain_judge(session, &check->plain, check->policy_file, err);
    if (check->operands.len < 1 || check->operands.len > 2) {
        return err_set(
            err, STATUS_USAGE,
            "check takes a recording, two recordings or two profiles (more of them behind --base "
            "and --cand, or as directories); try memgate check --help");
    }
    if (session_input(&input, items, check->operands.len, err))
        return err->status;
    if (input == INPUT_PAIR)
        return session_open_pair(session, items[0], items[1], check->policy_file, err);
    return session_open(session, items[0], check->policy_file, err);
}

static enum status check_all(struct check *check, struct err *err)
{
    struct session *session = &check->session;
    const struct report_format *format = NULL;
    if (session_format(&format, check->format_name, err) || judge_inputs(check, err))
        return err->status;
    if (check->out_dir.len &&
        (io_make_dirs(check->out_dir, err) || session_write_reports(session, check->out_dir, err)))
        return err->status;
    return session_print(session, format, err);
}

int cmd_check(int argc, char **argv)
{
    static struct check check;
    static struct err err;
    talk_init(&check.talk);
    session_init(&check.session);
    enum status status = parse_options(&check, argc, argv, &err);
    if (status == STATUS_OK && !check.operands.help)
        status = check_all(&check, &err);
    int code = 0;
    if (status) {
        code = talk_fail(&check.talk, &err);
    } else if (!check.operands.help) {
        code = verdict_exit_code(check.session.judgement.verdict);
    }
    /* A report that could not be written never turns a regression into something softer. */
    if (status && check.session.judgement.verdict == VERDICT_BLOCKED)
        code = 1;
    session_release(&check.session);
    return check.exit_zero && code != 2 ? 0 : code;
}
