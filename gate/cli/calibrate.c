#include "gate/cli/calibrate.h"

#include <errno.h>
#include <stdio.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/cli/noise.h"
#include "gate/harness/process.h"

/* Five degrees of freedom make a bound of 0.2 % reach 1.7 times as far as with many; 2 make it 5.5. */
enum { TIMES_DEFAULT = 5, TIMES_MIN = CALIBRATING_RUNS_MIN };
#define BUDGET_DEFAULT_NS (3600 * NS_PER_SECOND)
#define BUDGET_MAX_NS     (8760.0 * 3600 * (double)NS_PER_SECOND)
#define RUNS_DIR          "memgate-out/calibration"

struct calibrate {
    struct talk talk;
    struct arena arena;
    struct calibrating calibrating;
    bool is_mixed; /* the last run was by another policy than those before */
    uint64_t times;
    uint64_t budget_ns;
    uint64_t longest_ns;
    uint64_t start_ns;
    struct str folder; /* that the file goes to */
    struct str file;   /* as written */
    /* options */
    struct str times_text;
    struct str budget_text;
    struct str folder_option;
    struct str policy_path;
    bool quick;
    struct operands operands;
};

static enum status parse_numbers(struct calibrate *calibrate, struct err *err)
{
    double budget_ns = (double)BUDGET_DEFAULT_NS;
    calibrate->times = TIMES_DEFAULT;
    if (calibrate->times_text.len > 0 &&
        (!num_parse_u64(&calibrate->times, calibrate->times_text) || calibrate->times < TIMES_MIN ||
         calibrate->times > CALIBRATION_RUNS_MAX)) {
        return err_set(err, STATUS_USAGE, "--times takes a number from %d to %d, not \"%.*s\"",
                       TIMES_MIN, CALIBRATION_RUNS_MAX, STR_ARGS(calibrate->times_text));
    }
    if (calibrate->budget_text.len > 0 &&
        unit_parse_duration(&budget_ns, calibrate->budget_text, err)) {
        err->status = STATUS_USAGE;
        return err_wrap(err, "--budget");
    }
    if (budget_ns > BUDGET_MAX_NS) {
        return err_set(err, STATUS_USAGE, "--budget takes 8760h (a year) at most, not \"%.*s\"",
                       STR_ARGS(calibrate->budget_text));
    }
    calibrate->budget_ns = (uint64_t)budget_ns;
    return STATUS_OK;
}

static enum status parse_options(struct calibrate *calibrate, int argc, char **argv,
                                 struct err *err)
{
    const struct option_row rows[] = {
        {"times", 'k', NULL, &calibrate->times_text, "K", "runs, 2 to 100 (default: 5)"},
        {"budget", 0, NULL, &calibrate->budget_text, "TIME",
         "begin no further run that would pass it (default: 1h); two are run in any case"},
        {"quick", 'q', &calibrate->quick, NULL, NULL, "exact phase only: the noise of memory"},
        {"output", 'o', NULL, &calibrate->folder_option, "FOLDER",
         "where the file goes (default: memgate.noise/ beside the policy)"},
        {"policy", 0, NULL, &calibrate->policy_path, "FILE",
         "policy, relative to the repository (default: as memgate run)"},
    };
    const struct option_table table = {
        "calibrate", "[REV]",
        "Runs a revision (default: HEAD) against itself, as memgate run does, and writes what "
        "differs although nothing changed: memgate.noise/CLASS.json, by which later runs on such "
        "a machine know its noise. Commit the file. The runs stay in " RUNS_DIR ".",
        rows, ARRAY_LEN(rows)};
    if (options_parse(&calibrate->operands, &calibrate->arena, &table, argc, argv, err))
        return err->status;
    if (calibrate->operands.len > 1) {
        return err_set(err, STATUS_USAGE,
                       "calibrate takes one revision; try memgate calibrate --help");
    }
    return parse_numbers(calibrate, err);
}

static struct str run_dir(struct arena *arena, uint64_t number)
{
    return str_format(arena, RUNS_DIR "/run-%llu", (unsigned long long)number);
}

static struct run *new_run(struct calibrate *calibrate, struct arena *arena, uint64_t number)
{
    struct run *run = ARENA_NEW(arena, struct run);
    struct str revision = calibrate->operands.len ? calibrate->operands.items[0] : STR("HEAD");
    run_begin(run);
    run->base_spec = revision;
    run->head_spec = revision;
    run->policy_path = calibrate->policy_path;
    run->out_dir = run_dir(arena, number);
    run->noise_file = STR(NOISE_NONE); /* a floor would be taken for what is measured */
    run->quick = calibrate->quick;
    run->always_measure = true;
    run->session.list_all = true;
    return run;
}

/* Beside the policy, in the work tree: where it is to be committed. */
static void keep_names(struct calibrate *calibrate, const struct run *run)
{
    struct arena *arena = &calibrate->arena;
    calibrate->folder = io_join(arena, run->root, noise_folder(arena, run->policy_path));
    calibrate->calibrating.out.revision = str_copy(arena, run->head.sha);
}

static enum status run_once(struct calibrate *calibrate, uint64_t number, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    log_line(&calibrate->talk.log, "run %llu of %llu", (unsigned long long)number,
             (unsigned long long)calibrate->times);
    struct run *run = new_run(calibrate, &arena, number);
    enum status status = run_all(run, err);
    run_close(run);
    talk_clear(&run->talk);
    if (process_interrupted()) {
        status = process_interruption(err);
    } else if (status == STATUS_OK) {
        status = calibrating_add(&calibrate->calibrating, &run->session, err);
        calibrate->is_mixed = status != STATUS_OK;
        if (status == STATUS_OK)
            keep_names(calibrate, run);
    }
    uint64_t took_ns = clock_now_ns() - run->start_ns;
    if (took_ns > calibrate->longest_ns)
        calibrate->longest_ns = took_ns;
    session_release(&run->session);
    arena_release(&arena);
    return status;
}

static bool fits_budget(const struct calibrate *calibrate)
{
    uint64_t spent_ns = clock_now_ns() - calibrate->start_ns;
    return calibrate->calibrating.runs < TIMES_MIN ||
           spent_ns + calibrate->longest_ns <= calibrate->budget_ns;
}

static enum status write_file(struct calibrate *calibrate, struct err *err)
{
    struct arena *arena = &calibrate->arena;
    const struct calibration *out = &calibrate->calibrating.out;
    struct str folder = calibrate->folder_option.len ? calibrate->folder_option : calibrate->folder;
    if (process_interrupted())
        return process_interruption(err);
    struct buf buf;
    buf_init(&buf, CALIBRATION_BYTES_MAX);
    calibrate->file =
        io_join(arena, folder, str_format(arena, "%.*s.json", STR_ARGS(out->machine.name)));
    enum status status = calibration_write(&buf, out, err);
    if (status == STATUS_OK)
        status = io_make_dirs(folder, err);
    if (status == STATUS_OK)
        status = io_write_file(calibrate->file, bytes_of_str(buf_view(&buf)), err);
    buf_release(&buf);
    return status;
}

static enum status print(struct calibrate *calibrate, struct err *err)
{
    enum status status = STATUS_OK;
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    calibrating_write_text(&buf, &calibrate->calibrating.out);
    buf_printf(&buf, "\n%.*s: commit it beside the policy\n", STR_ARGS(calibrate->file));
    if (fwrite(buf.data, 1, buf.len, stdout) != buf.len || fflush(stdout) != 0)
        status = err_set(err, STATUS_IO, "cannot write to stdout: %s", strerror(errno));
    buf_release(&buf);
    return status;
}

/* The runs again, from their recordings, as a run that knows of the noise judges. */
static enum status detect(struct calibrate *calibrate, struct err *err)
{
    for (uint64_t i = 1; i <= calibrate->calibrating.runs; i++) {
        struct session session;
        session_init(&session);
        session.list_all = true;
        session.floors = &calibrate->calibrating.out;
        struct str dir = run_dir(&session.arena, i);
        enum status status = session_open(&session, dir, STR(""), err);
        if (status == STATUS_OK)
            calibrating_detect(&calibrate->calibrating, &session);
        session_release(&session);
        if (status)
            return err_wrap(err, "run %llu", (unsigned long long)i);
    }
    return STATUS_OK;
}

static void tell_left_out(struct calibrate *calibrate)
{
    for (size_t i = 0; i < calibrate->calibrating.scenario_count; i++) {
        const struct calibrating_scenario *scenario = &calibrate->calibrating.scenarios[i];
        if (scenario->runs >= CALIBRATING_RUNS_MIN)
            continue;
        log_line(
            &calibrate->talk.log,
            "scenario %.*s is left out: %llu of %llu runs had a verdict, and it takes %d: %.*s",
            STR_ARGS(scenario->out.name), (unsigned long long)scenario->runs,
            (unsigned long long)calibrate->calibrating.runs, CALIBRATING_RUNS_MIN,
            STR_ARGS(scenario->why_void));
    }
}

static enum status calibrate_all(struct calibrate *calibrate, struct err *err)
{
    calibrate->calibrating.arena = &calibrate->arena;
    calibrate->start_ns = clock_now_ns();
    for (uint64_t i = 1; i <= calibrate->times; i++) {
        if (!fits_budget(calibrate)) {
            log_line(&calibrate->talk.log, "the budget ends here: %llu of %llu runs",
                     (unsigned long long)(i - 1), (unsigned long long)calibrate->times);
            break;
        }
        if (run_once(calibrate, i, err) == STATUS_OK)
            continue;
        (void)err_wrap(err, "run %llu", (unsigned long long)i);
        bool is_usable = calibrate->calibrating.runs >= TIMES_MIN && !calibrate->is_mixed;
        if (process_interrupted() || !is_usable)
            return err->status;
        log_line(&calibrate->talk.log, "%s; going on with the %llu runs before it", err->text,
                 (unsigned long long)calibrate->calibrating.runs);
        err->status = STATUS_OK;
        break;
    }
    if (calibrating_close(&calibrate->calibrating, err))
        return err->status;
    tell_left_out(calibrate);
    if (detect(calibrate, err) || write_file(calibrate, err))
        return err->status;
    return print(calibrate, err);
}

int cmd_calibrate(int argc, char **argv)
{
    static struct calibrate calibrate;
    static struct err err;
    process_setup();
    talk_init(&calibrate.talk);
    arena_init(&calibrate.arena);
    enum status status = parse_options(&calibrate, argc, argv, &err);
    if (status == STATUS_OK && !calibrate.operands.help)
        status = calibrate_all(&calibrate, &err);
    int code = status ? talk_fail(&calibrate.talk, &err) : 0;
    arena_release(&calibrate.arena);
    process_die();
    return code;
}
