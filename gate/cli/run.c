#include "gate/cli/run.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/cli/ci.h"
#include "gate/cli/noise.h"
#include "gate/harness/isolate.h"
#include "gate/harness/process.h"

static enum status parse_options(struct run *run, int argc, char **argv, struct err *err)
{
    const struct option_row rows[] = {
        {"base", 0, NULL, &run->base_spec, "REV", "baseline (default: tip of the target branch)"},
        {"head", 0, NULL, &run->head_spec, "REV", "candidate (default: HEAD, or the work tree)"},
        {"quick", 'q', &run->quick, NULL, NULL, "exact phase only: a memory verdict in seconds"},
        {"output", 'o', NULL, &run->out_dir, "DIR", "where reports go (default: memgate-out)"},
        {"policy", 0, NULL, &run->policy_path, "FILE",
         "policy, relative to the repository (default: memgate.yaml here, else at its root)"},
        {"policy-from", 0, NULL, &run->policy_from, "base|work-tree",
         "default: base under CI, else work-tree"},
        {"noise", 0, NULL, &run->noise_file, "FILE",
         "calibration of this machine, or none (default: memgate.noise/ beside the policy)"},
        {"always-measure", 0, &run->always_measure, NULL, NULL,
         "measure byte-identical binaries too"},
        {"isolate", 0, &run->isolate, NULL, NULL,
         "measure in a network with nothing but a loopback, each program alone"},
        {"exit-zero", 0, &run->exit_zero, NULL, NULL, "shadow mode: report, but exit 0"},
    };
    const struct option_table table = {"run", "[SCENARIO...]",
                                       "Builds two revisions, runs the same load through both, and "
                                       "judges the candidate by the policy.",
                                       rows, ARRAY_LEN(rows)};
    run->out_dir = STR("memgate-out");
    return options_parse(&run->names, &run->session.arena, &table, argc, argv, err);
}

static enum status resolve_head(struct run *run, struct err *err)
{
    struct arena *arena = &run->session.arena;
    enum status status = run->head_spec.len
                             ? repo_resolve(&run->head, arena, run->root, run->head_spec, err)
                             : repo_default_head(&run->head, arena, run->root, err);
    return status ? err_wrap(err, "head") : STATUS_OK;
}

static enum status resolve_sides(struct run *run, struct err *err)
{
    struct arena *arena = &run->session.arena;
    if (run->is_alone) {
        enum status status = resolve_head(run, err);
        run->base = run->head;
        return status;
    }
    enum status status =
        run->base_spec.len
            ? repo_resolve(&run->base, arena, run->root, run->base_spec, err)
            : repo_default_base(&run->base, arena, run->root, ci_target_branch(), err);
    if (status)
        return err_wrap(err, "base");
    if (resolve_head(run, err))
        return err->status;
    bool same = str_equal(run->base.sha, run->head.sha) && !run->head.is_work_tree;
    if (same && run->base_spec.len == 0) {
        return err_set(err, STATUS_USAGE,
                       "the candidate %.*s is the baseline %.*s itself: nothing would be compared; "
                       "name the other with --base (for the last commit: --base HEAD~1)",
                       STR_ARGS(run->head.label), STR_ARGS(run->base.label));
    }
    return STATUS_OK;
}

static enum status check_names(const struct run *run, struct err *err)
{
    const struct policy *policy = &run->session.policy;
    for (size_t i = 0; i < run->names.len; i++) {
        if (!policy_scenario(policy, run->names.items[i])) {
            return err_set(err, STATUS_USAGE, "policy %.*s has no scenario \"%.*s\"",
                           STR_ARGS(policy->name), STR_ARGS(run->names.items[i]));
        }
    }
    return STATUS_OK;
}

static bool is_wanted(const struct run *run, const struct scenario *scenario)
{
    bool wanted = run->names.len == 0;
    for (size_t i = 0; i < run->names.len; i++)
        wanted |= str_equal(run->names.items[i], scenario->name);
    return wanted;
}

/*
 * Old reports go first: a run that fails must not leave a verdict of
 * yesterday. They can be made again of their recording, which took the
 * time and stays until there is another.
 */
static enum status prepare_output(struct run *run, struct err *err)
{
    struct arena *arena = &run->session.arena;
    if (io_absolute(&run->out_dir, arena, run->out_dir, err))
        return err->status;
    bool is_new = !io_is_dir(run->out_dir);
    struct str ignore = io_join(arena, run->out_dir, STR(".gitignore"));
    if (io_make_dirs(run->out_dir, err) ||
        staged_open(&run->staged, arena, io_join(arena, run->out_dir, STR("recording")), err))
        return err->status;
    for (const struct report_format *format = report_formats(); format->name; format++) {
        if (io_remove_tree(io_join(arena, run->out_dir, str_from(format->file)), err))
            return err->status;
    }
    run->session.recording.dir = run->staged.part;
    /* Our own output must not make the work tree look changed. */
    return is_new ? io_write_file(ignore, bytes_of_str(STR("*\n")), err) : STATUS_OK;
}

static enum status open_harness(struct run *run, struct err *err)
{
    struct arena *arena = &run->session.arena;
    ptrdiff_t slash = str_find_last(run->policy_path, '/');
    struct harness_spec spec = {
        .repo_root = run->root,
        .policy_dir = slash < 0 ? STR("") : str_slice(run->policy_path, 0, (size_t)slash),
        .revisions = {run->base, run->head},
        .is_alone = run->is_alone,
        .policy_revision = run->policy_revision,
        .policy = &run->session.policy,
        .log = &run->talk.log,
    };
    harness_environment(&run->session.recording.environment, arena);
    run->session.recording.environment.memgate_version = str_from(cli_version());
    run->session.recording.quick = run->quick;
    run->measuring = (struct measuring){
        .arena = arena,
        .harness = &run->harness,
        .recording = &run->session.recording,
        .log = &run->talk.log,
        .always_measure = run->always_measure,
    };
    enum status status = harness_open(&run->harness, arena, &spec, err);
    run->session.recording.renames = run->harness.renames;
    run->session.recording.rename_count = run->harness.rename_count;
    if (status == STATUS_OK && run->isolate && isolate_try(err))
        status = err_wrap(err, "--isolate");
    if (!measure_voids_scenario(status))
        return status;
    /* The verdict says why there is none. */
    run->measuring.refusal = str_copy(arena, str_from(err->text));
    return STATUS_OK;
}

static enum status measure_phase(struct run *run, struct measured *measured, enum phase phase,
                                 uint32_t pairs, struct err *err)
{
    for (uint32_t i = 0; i < pairs && measured->ready; i++) {
        if (measure_pair(&run->measuring, measured, phase, err))
            return err->status;
    }
    return STATUS_OK;
}

/* Only requests that memgate sends itself can alternate between two services. */
static bool can_duet(const struct measured *measured)
{
    const struct scenario *scenario = measured->built.scenario;
    return scenario && scenario->driver == DRIVER_HTTP && measured->built.first_side == SIDE_BASE;
}

/* What a quick run leaves out, and what there can be no duet of. */
static uint32_t planned_pairs(const struct run *run, const struct measured *measured,
                              enum phase phase)
{
    const struct trial_plan *plan = &run->session.policy.trials;
    const uint32_t pairs[PHASES] = {
        [PHASE_EXACT] = plan->exact, [PHASE_STEADY] = plan->steady, [PHASE_DUET] = plan->duet};
    bool is_left_out =
        (phase != PHASE_EXACT && run->quick) || (phase == PHASE_DUET && !can_duet(measured));
    return is_left_out ? 0 : pairs[phase];
}

static enum status measure_planned(struct run *run, struct measured *measured, struct err *err)
{
    for (enum phase phase = 0; phase < PHASES; phase++) {
        if (measure_phase(run, measured, phase, planned_pairs(run, measured, phase), err))
            return err->status;
    }
    return STATUS_OK;
}

/* Builds may need the network; nothing after them does. */
static enum status isolate(struct run *run, struct err *err)
{
    if (!run->isolate || run->measuring.refusal.len)
        return STATUS_OK;
    if (isolate_enter(&run->harness.isolation, err))
        return err_wrap(err, "--isolate");
    run->session.recording.environment.isolation = run->harness.isolation;
    return STATUS_OK;
}

static enum status measure_scenarios(struct run *run, struct err *err)
{
    const struct policy *policy = &run->session.policy;
    run->measured = ARENA_ARRAY(&run->session.arena, struct measured, policy->scenario_count + 1);
    for (size_t i = 0; i < policy->scenario_count; i++) {
        if (!is_wanted(run, &policy->scenarios[i]))
            continue;
        struct measured *measured = &run->measured[run->measured_count++];
        if (measure_prepare(&run->measuring, measured, &policy->scenarios[i], err))
            return err->status;
    }
    if (isolate(run, err))
        return err->status;
    run->trials_start_ns = clock_now_ns();
    for (size_t i = 0; i < run->measured_count; i++) {
        if (measure_planned(run, &run->measured[i], err))
            return err->status;
    }
    return STATUS_OK;
}

/* Whatever ends the run from here on, what is judged now can be judged again. */
static enum status write_look(struct run *run, struct err *err)
{
    staged_begin(&run->staged);
    if (recording_write(&run->session.recording, err))
        return err->status;
    staged_end(&run->staged, &run->session.arena, &run->session.recording);
    return STATUS_OK;
}

static enum status judge_now(struct run *run, struct err *err)
{
    uint64_t start_ns = clock_now_ns();
    enum status status = write_look(run, err);
    if (status == STATUS_OK)
        status = session_judge(&run->session, err);
    run->judge_ns += clock_now_ns() - start_ns;
    return status;
}

static bool fits_budget(const struct run *run, enum phase phase)
{
    uint64_t spent_ns = clock_now_ns() - run->trials_start_ns;
    return spent_ns + run->measuring.trial_ns[phase] <= run->session.policy.trials.budget_ns;
}

/* Pairs up to the next look, as far as the budget allows: in between nobody looks. */
static enum status add_pairs(struct run *run, struct measured *measured, enum phase phase,
                             bool *added, struct err *err)
{
    const struct judged_scenario *judged =
        &run->session.judgement.scenarios[measured - run->measured];
    const struct record_scenario *record = &run->session.recording.scenarios[measured->scenario];
    size_t wanted = judged->next_look[phase];
    while (measured->ready && record->trial_count[SIDE_CAND][phase] < wanted &&
           fits_budget(run, phase)) {
        if (measure_pair(&run->measuring, measured, phase, err))
            return err->status;
        *added = true;
    }
    return STATUS_OK;
}

/* More trials wherever a block rule is still open. */
static enum status add_trials_to_open(struct run *run, bool *added, struct err *err)
{
    *added = false;
    for (size_t i = 0; i < run->measured_count; i++) {
        const struct judged_scenario *judged = &run->session.judgement.scenarios[i];
        for (int phase = 0; phase < PHASES; phase++) {
            if (!judged->undecided[phase] || judged->verdict == VERDICT_BLOCKED)
                continue;
            if (add_pairs(run, &run->measured[i], (enum phase)phase, added, err))
                return err->status;
        }
    }
    return STATUS_OK;
}

static enum status measure_and_judge(struct run *run, struct err *err)
{
    bool added = true;
    if (measure_scenarios(run, err))
        return err->status;
    while (added) {
        if (judge_now(run, err) || add_trials_to_open(run, &added, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status prepare(struct run *run, struct err *err)
{
    if (repo_find(&run->root, &run->session.arena, STR("."), err) || prepare_output(run, err) ||
        resolve_sides(run, err) || run_read_policy(run, err) || check_names(run, err) ||
        open_harness(run, err) || noise_find(run, err))
        return err->status;
    run_read_base_policy(run);
    return STATUS_OK;
}

enum status run_record(struct run *run, struct err *err)
{
    run->is_alone = true;
    if (prepare(run, err))
        return err->status;
    log_line(&run->talk.log, "recording %.*s (%.12s)", STR_ARGS(run->head.label),
             run->head.sha.data);
    if (measure_scenarios(run, err) || recording_write(&run->session.recording, err))
        return err->status;
    run_print_times(run);
    return STATUS_OK;
}

enum status run_settle(struct run *run, struct err *err)
{
    run->session.recording.dir = run->staged.dir;
    return staged_settle(&run->staged, err);
}

enum status run_all(struct run *run, struct err *err)
{
    if (prepare(run, err))
        return err->status;
    log_line(&run->talk.log, "baseline %.*s (%.12s), candidate %.*s (%.12s)",
             STR_ARGS(run->base.label), run->base.sha.data, STR_ARGS(run->head.label),
             run->head.sha.data);
    if (run_plant(run, err) || measure_and_judge(run, err))
        return err->status;
    run_print_times(run);
    if (run_settle(run, err))
        return err->status;
    return session_write_reports(&run->session, run->out_dir, err);
}

/* A proven regression stands even when it could not be written down. */
static int finish(struct run *run, enum status status, const struct err *err)
{
    struct err print_err;
    int code = 0;
    talk_clear(&run->talk);
    bool judged = run->session.judgement.scenario_count > 0;
    if (status) {
        code = talk_fail(&run->talk, err);
        code = judged && run->session.judgement.verdict == VERDICT_BLOCKED ? 1 : code;
    } else {
        code = verdict_exit_code(run->session.judgement.verdict);
        if (session_print(&run->session, report_format_find(STR("text")), &print_err)) {
            int failed = talk_fail(&run->talk, &print_err);
            code = code == 1 ? 1 : failed;
        }
    }
    /* Shadow mode hides verdicts; a wrong command line or policy is no verdict. */
    if (run->exit_zero && code != 0 && code != 2) {
        log_line(&run->talk.log, "would exit %d; --exit-zero was given", code);
        return 0;
    }
    return code;
}

void run_begin(struct run *run)
{
    run->start_ns = clock_now_ns();
    talk_init(&run->talk);
    session_init(&run->session);
}

/* The run ended before the new recording took its place: what took the time stays. */
static void keep_whole(struct run *run)
{
    struct err err;
    /* An old one that would not go is no loss: the next run removes it. */
    if (staged_keep(&run->staged, &run->session.arena, &err) && run->staged.part.len > 0) {
        log_line(&run->talk.log, "what was measured up to the last look stays in %.*s: %s",
                 STR_ARGS(run->staged.part), err.text);
        return;
    }
    log_line(&run->talk.log,
             "what was measured up to the last look is in %.*s; memgate check DIR judges it, by "
             "another policy with --policy FILE",
             STR_ARGS(run->out_dir));
}

void run_close(struct run *run)
{
    harness_close(&run->harness);
    if (run->staged.part.len == 0)
        return;
    /* A self-test's directory goes with it. */
    if (run->staged.is_whole && !run->planted) {
        keep_whole(run);
        return;
    }
    staged_drop(&run->staged);
    if (run->staged.has_old) {
        log_line(&run->talk.log, "the recording in %.*s is still the one before",
                 STR_ARGS(run->out_dir));
    }
}

int cmd_run(int argc, char **argv)
{
    static struct run run;
    static struct err err;
    /* Children are to be ended first; commands without any die of signals like any program. */
    process_setup();
    run_begin(&run);
    enum status status = parse_options(&run, argc, argv, &err);
    if (status == STATUS_OK && !run.names.help)
        status = run_all(&run, &err);
    run_close(&run);
    int code = run.names.help ? 0 : finish(&run, status, &err);
    session_release(&run.session);
    process_die();
    return code;
}
