#include "gate/base/io.h"
#include "gate/cli/run.h"
#include "gate/harness/process.h"

/*
 * One revision alone: a baseline that is kept and compared with later, or
 * a program that is held to its budgets. Judging is left to `check`.
 */
static enum status parse_options(struct run *run, int argc, char **argv, struct err *err)
{
    const struct option_row rows[] = {
        {"quick", 'q', &run->quick, NULL, NULL, "exact phase only: what allocates, in seconds"},
        {"output", 'o', NULL, &run->out_dir, "DIR", "where the recording goes; needed"},
        {"policy", 0, NULL, &run->policy_path, "FILE",
         "policy, relative to the repository (default: memgate.yaml here, else at its root)"},
        {"policy-from", 0, NULL, &run->policy_from, "base|work-tree",
         "base: the recorded revision; default: base under CI, else work-tree"},
        {"noise", 0, NULL, &run->noise_file, "FILE",
         "calibration of this machine, or none (default: memgate.noise/ beside the policy)"},
        {"isolate", 0, &run->isolate, NULL, NULL,
         "measure in a network with nothing but a loopback, each program alone"},
    };
    const struct option_table table = {
        "record", "[REV] [SCENARIO...]",
        "Builds one revision (default: HEAD, or the work tree) and records what it costs. memgate "
        "check BASE CAND compares two such recordings, memgate check DIR judges max: rules of one.",
        rows, ARRAY_LEN(rows)};
    if (options_parse(&run->names, &run->session.arena, &table, argc, argv, err))
        return err->status;
    if (run->names.help)
        return STATUS_OK;
    if (run->out_dir.len == 0)
        return err_set(err, STATUS_USAGE, "record needs -o DIR; try memgate record --help");
    if (run->names.len > 0) {
        run->head_spec = run->names.items[0];
        run->names.items++;
        run->names.len--;
    }
    return STATUS_OK;
}

/* A scenario without a measurement is in the recording, so that nobody takes it for complete. */
static enum status check_complete(const struct run *run, struct err *err)
{
    const struct recording *recording = &run->session.recording;
    for (size_t i = 0; i < recording->scenario_count; i++) {
        const struct record_scenario *record = &recording->scenarios[i];
        if (record->failure.len > 0) {
            return err_set(err, STATUS_CHILD, "scenario %.*s was not recorded: %.*s",
                           STR_ARGS(record->name), STR_ARGS(record->failure));
        }
    }
    return STATUS_OK;
}

/* A failure takes the place of no recording, unless there is none that it could take from anybody. */
static enum status settle_complete(struct run *run, struct err *err)
{
    enum status status = check_complete(run, err);
    struct err settle_err;
    if (status && run->staged.has_old)
        return status;
    if (run_settle(run, &settle_err)) {
        *err = settle_err;
        return err->status;
    }
    return status;
}

static enum status record(struct run *run, struct err *err)
{
    if (run_record(run, err) || settle_complete(run, err))
        return err->status;
    log_line(&run->talk.log,
             "recorded into %.*s; memgate check DIR judges its max: rules, memgate check BASE CAND "
             "compares two recordings",
             STR_ARGS(run->out_dir));
    return STATUS_OK;
}

int cmd_record(int argc, char **argv)
{
    static struct run run;
    static struct err err;
    process_setup();
    run_begin(&run);
    enum status status = parse_options(&run, argc, argv, &err);
    if (status == STATUS_OK && !run.names.help)
        status = record(&run, &err);
    run_close(&run);
    talk_clear(&run.talk);
    int code = status ? talk_fail(&run.talk, &err) : 0;
    session_release(&run.session);
    process_die();
    return code;
}
