#include "gate/harness/load_command.h"

#include <math.h>
#include <sys/stat.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/harness/tool/tool.h"

#define TICK_NS       (10 * NS_PER_MS)
#define STOP_GRACE_NS NS_PER_SECOND
/* The parts of a pipeline end one after the other. */
#define LEFT_BEHIND_NS NS_PER_SECOND
/* Before anything is known of how long a load takes: a first profile begins by then. */
#define UNKNOWN_NS (100 * NS_PER_MS)

enum {
    STEPS_UNKNOWN = 1000,
    TAIL_LINES = 20,
    PROBLEM_BYTES_SHOWN = 400,
    RESULT_BYTES_KEPT = 1024 * 1024,
    VARIABLES = 8,
};

struct run {
    struct trial *trial;
    const struct scenario_load *load;
    const struct load_spec *spec;
    enum load_part part;
    const struct str_list *command;
    struct str program;
    struct str dir; /* ${DIR} of the tool, which is not that of the service */
    struct process process;
    struct str stdout_file; /* empty: stdout is no result */
    struct str result_file; /* empty: none is read */
    uint64_t expected_ns;   /* 0: unknown */
    int watched_fd;
    uint64_t wall_ns;
    uint64_t cpu_ns;
};

bool load_command_has_warmup(const struct trial *trial)
{
    return trial->scenario->scenario->driver == DRIVER_COMMAND &&
           trial->scenario->scenario->load.warmup_command.len > 0;
}

uint64_t load_command_steps(const struct trial *trial, const struct load_spec *spec)
{
    bool is_unknown = trial->scenario->scenario->driver == DRIVER_COMMAND && spec->count == 0;
    return is_unknown ? STEPS_UNKNOWN : spec->count;
}

static void set_variables(struct trial_variable variables[VARIABLES], const struct run *run)
{
    struct arena *arena = run->trial->scratch;
    const struct load_spec *spec = run->spec;
    const struct trial_variable values[VARIABLES] = {
        {STR("${ADDR}"), str_format(arena, "127.0.0.1:%u", spec->addresses[0].port)},
        {STR("${PORT}"), str_format(arena, "%u", spec->addresses[0].port)},
        {STR("${SOCKET}"), spec->addresses[0].socket},
        {STR("${DIR}"), run->dir},
        {STR("${SEED}"), str_format(arena, "%llu", (unsigned long long)spec->seed)},
        {STR("${COUNT}"), str_format(arena, "%llu", (unsigned long long)spec->count)},
        {STR("${RATE}"), str_format(arena, "%.15g", run->load->rate_per_second)},
        {STR("${CONNECTIONS}"), str_format(arena, "%u", (unsigned)spec->connections)},
    };
    memcpy(variables, values, sizeof(values));
}

static const char *const *build_argv(const struct run *run, const struct trial_variable *variables)
{
    struct arena *arena = run->trial->scratch;
    const char **argv = ARENA_ARRAY(arena, const char *, run->command->len + 1);
    for (size_t i = 0; i < run->command->len; i++) {
        argv[i] =
            str_text(arena, trial_substitute(arena, run->command->items[i], variables, VARIABLES));
    }
    return argv;
}

static enum status build_env(const char *const **out, const struct run *run,
                             const struct trial_variable *variables, struct err *err)
{
    struct arena *arena = run->trial->scratch;
    struct trial_env env = {0};
    struct trial own = *run->trial;
    own.run_dir = run->dir;
    if (trial_env_init(&env, &own, run->load->env, run->load->env_len, err))
        return err->status;
    for (size_t i = 0; i < env.len; i++)
        env.vars[i].value = trial_substitute(arena, env.vars[i].value, variables, VARIABLES);
    *out = trial_env_list(&env, arena);
    return STATUS_OK;
}

/*
 * An empty directory: a result of the warm-up, or of the load before, must
 * not pass for this one's. The service, whose ${DIR} is another, is not told
 * where the result will be.
 */
static enum status place_result(struct run *run, struct err *err)
{
    struct arena *arena = run->trial->scratch;
    struct str tool_dir = run->trial->harness->tool_dir;
    struct str stdout_file = io_join(arena, tool_dir, STR("stdout"));
    run->dir = io_join(arena, tool_dir, STR("run"));
    if (io_remove_tree(run->dir, err) || io_make_dirs(run->dir, err) ||
        io_remove_tree(stdout_file, err))
        return err->status;
    if (run->load->output == LOAD_OUTPUT_NONE)
        return STATUS_OK;
    if (run->load->output_file.len > 0) {
        run->result_file = io_join(arena, run->dir, run->load->output_file);
    } else {
        run->stdout_file = stdout_file;
        run->result_file = stdout_file;
    }
    return STATUS_OK;
}

static enum status start(struct run *run, struct err *err)
{
    struct trial_variable variables[VARIABLES];
    struct process_spec spec = {
        .dir = run->trial->scenario->load_tree,
        .apart = run->trial->harness->isolation.process,
    };
    if (place_result(run, err))
        return err->status;
    set_variables(variables, run);
    spec.argv = build_argv(run, variables);
    spec.stdout_file = run->stdout_file;
    if (build_env(&spec.env, run, variables, err))
        return err->status;
    enum status status = process_start(&run->process, &spec, err);
    /* A tool that is not installed is the machine's fault, and no file that the run lacks. */
    return status == STATUS_NOT_FOUND ? err_set(err, STATUS_CHILD,
                                                "load.command: %.*s is not in PATH; install it "
                                                "where memgate runs",
                                                STR_ARGS(run->program))
                                      : status;
}

/* Time stands for requests, of which a tool tells nothing before its end. */
static uint64_t steps_done(const struct run *run, uint64_t spent_ns)
{
    uint64_t steps = load_command_steps(run->trial, run->spec);
    if (run->expected_ns == 0)
        return spent_ns < UNKNOWN_NS ? 0 : steps / 10 + 1;
    double share = (double)spent_ns / (double)run->expected_ns;
    return share < 1 ? (uint64_t)(share * (double)steps) : steps - (steps > 1);
}

static enum status check_size(const struct run *run, struct err *err)
{
    struct stat info;
    if (run->result_file.len == 0 ||
        lstat(str_text(run->trial->scratch, run->result_file), &info) ||
        info.st_size <= TOOL_RESULT_BYTES_MAX)
        return STATUS_OK;
    return err_set(err, STATUS_LIMIT, "its result is larger than %d bytes", TOOL_RESULT_BYTES_MAX);
}

static enum status check_running(struct run *run, struct err *err)
{
    uint64_t spent_ns = clock_now_ns() - run->process.started_ns;
    if (process_interrupted())
        return process_interruption(err);
    if (spent_ns > run->load->timeout_ns) {
        return err_set(err, STATUS_CHILD, "still runs after %.3g s; raise load.timeout",
                       (double)run->load->timeout_ns / (double)NS_PER_SECOND);
    }
    if (check_size(run, err))
        return err->status;
    if (!run->spec->tick(run->spec->tick_ctx, steps_done(run, spent_ns)))
        return err_set(err, STATUS_CHILD, "was ended before its load was done");
    return STATUS_OK;
}

/* Until something happens to the tool or the service prints, at most a tick. */
static void sleep_a_tick(struct run *run)
{
    switch (process_sleep(&run->process, run->watched_fd, TICK_NS)) {
    case PROCESS_SLEEP_OTHER:
        run->spec->on_watch(run->spec->tick_ctx);
        break;
    case PROCESS_SLEEP_OTHER_ENDED:
        run->spec->on_watch(run->spec->tick_ctx);
        run->watched_fd = -1;
        break;
    case PROCESS_SLEEP_DONE:
        break;
    }
}

static enum status wait_end(struct run *run, struct err *err)
{
    uint64_t next_ns = 0;
    run->watched_fd = run->spec->watch_fds[0];
    for (process_poll(&run->process); !run->process.ended; process_poll(&run->process)) {
        if (clock_now_ns() >= next_ns) {
            next_ns = clock_now_ns() + TICK_NS;
            if (check_running(run, err))
                return err->status;
        }
        sleep_a_tick(run);
    }
    run->wall_ns = run->process.ended_ns - run->process.started_ns;
    run->cpu_ns = process_cpu_ns(&run->process);
    return STATUS_OK;
}

/* What still runs may still send: the figures would not be those of the whole load. */
static enum status check_left_behind(const struct run *run, struct err *err)
{
    uint64_t deadline_ns = clock_now_ns() + LEFT_BEHIND_NS;
    struct tree_usage usage = {0};
    do {
        process_usage(&usage, &run->process, false);
        if (usage.threads == 0)
            return STATUS_OK;
        clock_sleep_ns(TICK_NS);
    } while (clock_now_ns() < deadline_ns && !process_interrupted());
    if (process_interrupted())
        return process_interruption(err);
    return err_set(err, STATUS_CHILD,
                   "ended, but left processes behind, which were killed: a command ends when all "
                   "it started has ended");
}

static enum status check_exit(const struct run *run, struct err *err)
{
    struct arena *arena = run->trial->scratch;
    if (run->process.exit_status == 0)
        return STATUS_OK;
    struct str fate = process_fate(arena, &run->process);
    struct str tail = process_output_tail(arena, &run->process, TAIL_LINES);
    return err_set(err, STATUS_CHILD, "%.*s, so its load does not count%s%.*s", STR_ARGS(fate),
                   tail.len ? "\n" : "", STR_ARGS(tail));
}

static enum status run_tool(struct run *run, struct err *err)
{
    enum status status = start(run, err);
    if (status == STATUS_OK)
        status = wait_end(run, err);
    if (status == STATUS_OK)
        status = check_left_behind(run, err);
    process_end(&run->process, STOP_GRACE_NS);
    if (run->process.has_survivors && status == STATUS_OK)
        status = err_set(err, STATUS_CHILD, "could not be killed; it would disturb what follows");
    if (status == STATUS_OK)
        status = check_exit(run, err);
    return status;
}

static enum status read_result(struct tool_figures *out, const struct run *run, struct err *err)
{
    struct trial *trial = run->trial;
    struct bytes result = {0};
    const char *format = load_output_name(run->load->output);
    struct str place = run->load->output_file.len > 0 ? run->load->output_file : STR("stdout");
    if (run->result_file.len == 0)
        return STATUS_OK;
    enum status status =
        io_read_own_file(&result, trial->scratch, run->result_file, TOOL_RESULT_BYTES_MAX, err);
    if (status == STATUS_NOT_FOUND)
        return err_set(err, STATUS_CHILD, "it wrote no %.*s into ${DIR}", STR_ARGS(place));
    if (status != STATUS_OK)
        return status;
    if (tool_parse(out, trial->scratch, run->load->output, str_of_bytes(result), err))
        return err_wrap(err, "result (%s, %.*s)", format, STR_ARGS(place));
    if (run->part == LOAD_PART_WARMUP)
        return STATUS_OK;
    result.len = result.len < RESULT_BYTES_KEPT ? result.len : RESULT_BYTES_KEPT;
    return io_write_file(recording_tool_file(trial->scratch, trial->dir), result, err);
}

/* With a tolerance two numbers are the same; without one only equal ones are. */
static bool counts_agree(const struct run *run, uint64_t have, uint64_t want)
{
    double gap = fabs((double)have - (double)want);
    return gap <= run->load->count_tolerance.value * (double)want;
}

static enum status check_count(struct tool_figures *figures, const struct run *run, struct err *err)
{
    const char *key = run->part == LOAD_PART_WARMUP ? "load.warmup" : "load.count";
    uint64_t stated = run->spec->count;
    if (!figures->has_count)
        figures->count = stated;
    if (stated > 0 && !counts_agree(run, figures->count, stated)) {
        return err_set(err, STATUS_INVALID, "sent %llu requests, not the %llu of %s",
                       (unsigned long long)figures->count, (unsigned long long)stated, key);
    }
    if (figures->count > 0 || run->part == LOAD_PART_WARMUP)
        return STATUS_OK;
    return err_set(err, STATUS_INVALID, "%s",
                   figures->has_count ? "sent no request"
                                      : "its result does not say how many requests were sent, "
                                        "and what is counted per request needs that; state "
                                        "load.count");
}

static enum status check_answers(const struct tool_figures *figures, const struct run *run,
                                 struct err *err)
{
    struct arena *arena = run->trial->scratch;
    struct str problem = str_printable(arena, str_slice(figures->problem, 0, PROBLEM_BYTES_SHOWN));
    if (figures->errors > 0) {
        return err_set(err, STATUS_CHILD, "%llu of %llu requests failed (%.*s); nothing is judged",
                       (unsigned long long)figures->errors, (unsigned long long)figures->count,
                       STR_ARGS(problem));
    }
    if (problem.len > 0)
        return err_set(err, STATUS_CHILD, "%.*s; nothing is judged", STR_ARGS(problem));
    return STATUS_OK;
}

/*
 * As load_run has it: below 500 and not 2xx is no success, but as good as one when both sides
 * have as many of it. Redirects are successes of tools that do not follow them. Where counts may
 * differ, those of the answers do too, and only successes can be told to be the same.
 */
static enum status take_statuses(struct load_result *out, const struct tool_figures *figures,
                                 const struct run *run, struct err *err)
{
    bool may_differ = run->load->count_tolerance.value > 0;
    if (!figures->has_statuses) {
        out->successes = figures->count;
        return STATUS_OK;
    }
    for (uint64_t status = 0; status < TOOL_STATUS_MAX; status++) {
        uint64_t count = figures->statuses[status];
        bool is_success = status >= 200 && status < 400;
        out->successes += is_success ? count : 0;
        if (may_differ && !is_success && count > 0) {
            return err_set(err, STATUS_CHILD,
                           "%llu requests were answered %llu; with load.count_tolerance all "
                           "answers must be 2xx or 3xx",
                           (unsigned long long)count, (unsigned long long)status);
        }
        out->unlisted[status] = may_differ ? 0 : count;
    }
    if (out->successes > 0 || figures->count == 0)
        return STATUS_OK;
    return err_set(err, STATUS_CHILD, "no request succeeded (%.*s); nothing is judged",
                   STR_ARGS(load_statuses(out, run->trial->scratch)));
}

static void record_tool(const struct run *run, const struct tool_figures *figures)
{
    struct trial *trial = run->trial;
    struct record_tool *tool = ARENA_NEW(trial->keep, struct record_tool);
    *tool = (struct record_tool){
        .format = str_from(load_output_name(run->load->output)),
        .program = run->program,
        .exit_code = 0,
        .has_count = figures->has_count,
        .request_count = figures->count,
        .has_errors = figures->has_errors,
        .error_count = figures->errors,
        .rate_per_second = figures->rate_per_second,
        .duration_ns = figures->duration_ns,
        .wall_ns = run->wall_ns,
        .cpu_ns = run->cpu_ns,
        .count_tolerance = run->load->count_tolerance.value,
        .latency = ARENA_ARRAY(trial->keep, struct record_quantile, figures->latency_count + 1),
        .latency_count = figures->latency_count,
    };
    memcpy(tool->latency, figures->latency, figures->latency_count * sizeof(*tool->latency));
    trial->record->tool = tool;
}

static enum status take_figures(struct load_result *out, const struct run *run,
                                struct tool_figures *figures, struct err *err)
{
    /* Requests that failed first: a tool that reached nobody sent too few as well. */
    if (check_answers(figures, run, err) || check_count(figures, run, err) ||
        take_statuses(out, figures, run, err))
        return err->status;
    out->answered = figures->count;
    out->duration_ns = run->wall_ns;
    out->achieved_per_second =
        figures->rate_per_second > 0
            ? figures->rate_per_second
            : num_ratio((double)figures->count, (double)run->wall_ns / (double)NS_PER_SECOND);
    return STATUS_OK;
}

/* What the next load of the phase will take, about. */
static void note_time(const struct run *run)
{
    struct harness_scenario *scenario = run->trial->scenario;
    if (run->part == LOAD_PART_MEASURED) {
        scenario->load_ns[run->trial->key.phase] = run->wall_ns;
    } else if (run->spec->count > 0 && scenario->load_ns[run->trial->key.phase] == 0) {
        double scale = (double)scenario->scenario->load.count / (double)run->spec->count;
        scenario->load_ns[run->trial->key.phase] = (uint64_t)(scale * (double)run->wall_ns);
    }
}

static bool has_p99(const struct tool_figures *figures)
{
    for (size_t i = 0; i < figures->latency_count; i++) {
        if (fabs(figures->latency[i].quantile - 0.99) < 1e-9)
            return true;
    }
    return false;
}

/* Told by the first trial: who wants a rule on it need not wait for the verdict. */
static void say_missing_p99(const struct run *run, const struct tool_figures *figures)
{
    const struct trial_key *key = &run->trial->key;
    enum load_output output = run->load->output;
    if (has_p99(figures) || run->part == LOAD_PART_WARMUP || key->phase != PHASE_EXACT ||
        key->side != run->trial->scenario->first_side || key->number != 1)
        return;
    log_line(run->trial->harness->spec.log,
             "%.*s: no p99 in the result of %.*s, so rules on it will have no verdict: %s",
             STR_ARGS(run->trial->scenario->scenario->name), STR_ARGS(run->program),
             tool_latency_hint(output));
}

static enum status run_part(struct load_result *out, struct run *run, struct err *err)
{
    struct tool_figures *figures = ARENA_NEW(run->trial->scratch, struct tool_figures);
    if (run_tool(run, err) || read_result(figures, run, err) ||
        take_figures(out, run, figures, err))
        return err->status;
    note_time(run);
    say_missing_p99(run, figures);
    if (run->part == LOAD_PART_MEASURED)
        record_tool(run, figures);
    return STATUS_OK;
}

enum status load_command_run(struct load_result *out, struct trial *trial,
                             const struct load_spec *spec, enum load_part part, struct err *err)
{
    const struct scenario_load *load = &trial->scenario->scenario->load;
    bool has_own = part == LOAD_PART_WARMUP && load->warmup_command.len > 0;
    const struct str_list *command = has_own ? &load->warmup_command : &load->command;
    struct run run = {
        .trial = trial,
        .load = load,
        .spec = spec,
        .part = part,
        .command = command,
        .program = command->items[0],
        .expected_ns = part == LOAD_PART_MEASURED ? trial->scenario->load_ns[trial->key.phase] : 0,
    };
    *out = (struct load_result){0};
    histogram_init(&out->latency, trial->scratch);
    histogram_init(&out->lateness, trial->scratch);
    enum status status = run_part(out, &run, err);
    process_release(&run.process);
    return status == STATUS_OK
               ? STATUS_OK
               : err_wrap(err, "%.*s", STR_ARGS(str_printable(trial->scratch, run.program)));
}
