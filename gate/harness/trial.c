#include "gate/harness/trial.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/machine.h"
#include "gate/harness/trial_duet.h"
#include "gate/harness/trial_sampled.h"

enum { OUTPUT_LINES = 20 };

static enum status (*const drivers[])(struct trial *trial, struct err *err) = {
    [DRIVER_HTTP] = trial_http,
    [DRIVER_GOTEST] = trial_gotest,
    [DRIVER_COMMAND] = trial_http,
};

/* Cuts off what stands before the first variable; returns it, or NULL when none follows. */
static const struct trial_variable *next_variable(struct str rest, size_t *at,
                                                  const struct trial_variable *variables,
                                                  size_t count)
{
    for (size_t i = 0; i < rest.len; i++) {
        for (size_t which = 0; which < count; which++) {
            if (str_starts_with(str_slice(rest, i, rest.len), variables[which].name)) {
                *at = i;
                return &variables[which];
            }
        }
    }
    return NULL;
}

struct str trial_substitute(struct arena *arena, struct str text,
                            const struct trial_variable *variables, size_t count)
{
    struct buf buf;
    const struct trial_variable *found = NULL;
    size_t at = 0;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    while ((found = next_variable(text, &at, variables, count)) != NULL) {
        buf_str(&buf, str_slice(text, 0, at));
        buf_str(&buf, found->value);
        text = str_slice(text, at + found->name.len, text.len);
    }
    buf_str(&buf, text);
    struct str result = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return result;
}

static struct env_var *env_find(const struct trial_env *env, struct str name)
{
    for (size_t i = 0; i < env->len; i++) {
        if (str_equal(env->vars[i].name, name))
            return &env->vars[i];
    }
    return NULL;
}

void trial_env_set(struct trial_env *env, struct arena *arena, struct str name, struct str value)
{
    struct env_var *var = env_find(env, name);
    if (var) {
        var->value = value;
        return;
    }
    struct env_var added = {name, value};
    ARENA_PUSH(arena, env->vars, env->len, env->cap, added);
}

struct str trial_env_get(const struct trial_env *env, struct str name)
{
    const struct env_var *var = env_find(env, name);
    return var ? var->value : STR("");
}

enum status trial_env_init(struct trial_env *out, const struct trial *trial,
                           const struct env_var *vars, size_t len, struct err *err)
{
    struct arena *arena = trial->scratch;
    struct trial_env env = {0};
    if (len > PROCESS_ENV_MAX / 2) {
        return err_set(err, STATUS_LIMIT, "more than %d environment variables",
                       PROCESS_ENV_MAX / 2);
    }
    trial_env_set(&env, arena, STR("PATH"), str_from(getenv("PATH")));
    trial_env_set(&env, arena, STR("HOME"), trial->run_dir);
    trial_env_set(&env, arena, STR("TMPDIR"), trial->run_dir);
    trial_env_set(&env, arena, STR("LANG"), STR("C"));
    trial_env_set(&env, arena, STR("GOMAXPROCS"), STR("2"));
    for (size_t i = 0; i < len; i++)
        trial_env_set(&env, arena, vars[i].name, vars[i].value);
    *out = env;
    return STATUS_OK;
}

void trial_env_add_godebug(struct trial_env *env, struct arena *arena, struct str setting)
{
    struct str given = trial_env_get(env, STR("GODEBUG"));
    struct str value =
        str_format(arena, "%.*s%s%.*s", STR_ARGS(given), given.len ? "," : "", STR_ARGS(setting));
    trial_env_set(env, arena, STR("GODEBUG"), value);
}

void trial_env_set_rate(struct trial_env *env, struct arena *arena, uint64_t rate)
{
    trial_env_add_godebug(env, arena,
                          str_format(arena, "memprofilerate=%llu", (unsigned long long)rate));
}

const char *const *trial_env_list(const struct trial_env *env, struct arena *arena)
{
    const char **list = ARENA_ARRAY(arena, const char *, env->len + 1);
    for (size_t i = 0; i < env->len; i++) {
        list[i] = str_format(arena, "%.*s=%.*s", STR_ARGS(env->vars[i].name),
                             STR_ARGS(env->vars[i].value))
                      .data;
    }
    return list;
}

struct str trial_pprof_path(const struct trial *trial, struct arena *arena, struct str what)
{
    struct str pprof = trial->scenario->scenario->service.pprof;
    return str_format(arena, "%.*s%s%.*s", STR_ARGS(pprof),
                      str_ends_with(pprof, STR("/")) ? "" : "/", STR_ARGS(what));
}

void trial_show_progress(const struct trial *trial, uint64_t done, uint64_t total)
{
    const struct trial_plan *plan = &trial->harness->spec.policy->trials;
    const uint32_t plans[PHASES] = {
        [PHASE_EXACT] = plan->exact, [PHASE_STEADY] = plan->steady, [PHASE_DUET] = plan->duet};
    uint32_t planned = plans[trial->key.phase];
    bool is_duet = trial->key.phase == PHASE_DUET;
    bool is_one = is_duet || trial->scenario->first_side == SIDE_CAND;
    uint32_t number = trial->key.number;
    uint32_t pairs = number > planned ? number : planned;
    struct log_progress progress = {
        .scenario = trial->scenario->scenario->name,
        .phase = str_from(phase_name(trial->key.phase)),
        .side = is_duet ? STR("both sides") : str_from(side_name(trial->key.side)),
        .trial = is_one ? number : (number - 1) * SIDES + (trial->key.side == SIDE_CAND) + 1,
        .trial_count = is_one ? pairs : SIDES * pairs,
        .done = done,
        .total = total,
    };
    log_show(trial->harness->spec.log, &progress);
}

enum status trial_write_output(const struct trial *trial, const struct process *process,
                               struct err *err)
{
    struct str path = io_join(trial->scratch, trial->dir, STR("output.txt"));
    struct str text = process_output_text(trial->scratch, process);
    return io_write_file(path, bytes_of_str(text), err);
}

enum status trial_report_end(const struct trial *trial, const struct process *process,
                             const char *when, struct err *err)
{
    struct str fate = process_fate(trial->scratch, process);
    struct str tail = process_output_tail(trial->scratch, process, OUTPUT_LINES);
    return err_set(err, STATUS_CHILD, "%.*s, %s%s%.*s", STR_ARGS(fate), when, tail.len ? "\n" : "",
                   STR_ARGS(tail));
}

bool trial_is_too_slow(const struct trial *trial, uint64_t spent_ns)
{
    const struct harness_scenario *scenario = trial->scenario;
    return trial->key.phase == PHASE_EXACT && scenario->exact_rate == EXACT_RATE &&
           spent_ns > scenario->exact_limit_ns;
}

enum status trial_give_up(struct trial *trial, struct err *err)
{
    struct harness_scenario *scenario = trial->scenario;
    scenario->exact_rate = EXACT_RATE_COARSE;
    return err_set(err, STATUS_LIMIT, "not done within %.3g s at heap profile rate %d",
                   (double)scenario->exact_limit_ns / (double)NS_PER_SECOND, EXACT_RATE);
}

static enum status open_dirs(struct trial *trial, const struct recording *recording,
                             struct err *err)
{
    struct str dir = {0};
    /* Names of one length: the path must not make the sides differ. */
    struct str name =
        trial->key.side == SIDE_BASE || trial->key.phase != PHASE_DUET ? STR("run") : STR("too");
    trial->run_dir = io_join(trial->scratch, trial->harness->work_dir, name);
    if (recording_trial_dir(&dir, trial->scratch, recording, trial->key, err) ||
        io_absolute(&trial->dir, trial->scratch, dir, err) || io_remove_tree(trial->run_dir, err) ||
        io_make_dirs(trial->run_dir, err))
        return err->status;
    return STATUS_OK;
}

static enum status run_trial(struct trial *trial, const struct recording *recording,
                             struct err *err)
{
    uint64_t start_ns = clock_now_ns();
    if (open_dirs(trial, recording, err))
        return err->status;
    machine_begin(&trial->record->machine, trial->keep, STR(""));
    enum status status = drivers[trial->scenario->scenario->driver](trial, err);
    machine_end(&trial->record->machine, trial->keep, STR(""));
    struct err ignored = {0};
    (void)!io_remove_tree(trial->run_dir, &ignored);
    trial->record->wall_ns = clock_now_ns() - start_ns;
    return status;
}

/* The recording's arrays have no spare room; trials are few, so each append copies. */
static void append_trial(struct recording *recording, struct arena *arena, struct trial_key key,
                         const struct record_trial *trial)
{
    struct record_scenario *scenario = &recording->scenarios[key.scenario];
    struct record_trial **items = &scenario->trials[key.side][key.phase];
    size_t *len = &scenario->trial_count[key.side][key.phase];
    struct record_trial *grown = ARENA_ARRAY(arena, struct record_trial, *len + 1);
    if (*len)
        memcpy(grown, *items, *len * sizeof(*grown));
    grown[(*len)++] = *trial;
    *items = grown;
}

static struct trial trial_of(struct harness *harness, struct harness_scenario *scenario,
                             struct trial_key key, struct record_trial *record,
                             struct arena *scratch)
{
    *record = (struct record_trial){.number = key.number};
    return (struct trial){
        .harness = harness,
        .scenario = scenario,
        .key = key,
        .record = record,
        .scratch = scratch,
        .keep = harness->arena,
    };
}

static enum status take_trial(struct harness *harness, struct harness_scenario *scenario,
                              struct recording *recording, struct trial_key key, struct err *err)
{
    struct arena scratch;
    struct record_trial record;
    assert(key.scenario < recording->scenario_count && key.number > 0);
    arena_init(&scratch);
    struct trial trial = trial_of(harness, scenario, key, &record, &scratch);
    trial.module = recording->scenarios[key.scenario].programs[key.side].module;
    trial.is_quick = recording->quick;
    enum status status = run_trial(&trial, recording, err);
    if (status == STATUS_OK) {
        append_trial(recording, harness->arena, key, &record);
    } else {
        (void)err_wrap(err, "%s (%s trial %u)", side_name(key.side), phase_name(key.phase),
                       (unsigned)key.number);
    }
    arena_release(&scratch);
    return status;
}

static enum status remove_trial(const struct recording *recording, struct trial_key key,
                                struct err *err)
{
    struct arena scratch;
    struct str dir = {0};
    arena_init(&scratch);
    enum status status = recording_trial_dir(&dir, &scratch, recording, key, err);
    if (status == STATUS_OK)
        status = io_remove_tree(dir, err);
    arena_release(&scratch);
    return status;
}

/* Takes the exact trials up to the key, which failed, out of the recording; *counts: how many. */
static enum status drop_exact(size_t counts[SIDES], struct recording *recording,
                              struct trial_key key, struct err *err)
{
    size_t(*trial_count)[PHASES] = recording->scenarios[key.scenario].trial_count;
    for (enum side side = 0; side < SIDES; side++) {
        counts[side] = trial_count[side][PHASE_EXACT];
        trial_count[side][PHASE_EXACT] = 0;
        for (uint32_t number = 1; number <= counts[side]; number++) {
            struct trial_key dropped = {key.scenario, side, PHASE_EXACT, number};
            if (remove_trial(recording, dropped, err))
                return err->status;
        }
    }
    return remove_trial(recording, key, err);
}

/* The trials up to the key once more, alternating as they did. */
static enum status retake_exact(struct harness *harness, struct harness_scenario *scenario,
                                struct recording *recording, struct trial_key key,
                                const size_t counts[SIDES], struct err *err)
{
    for (uint32_t i = 0; i < SIDES * key.number; i++) {
        uint32_t number = i / SIDES + 1;
        enum side side = (number % 2 == 1) == (i % 2 == 0) ? SIDE_BASE : SIDE_CAND;
        struct trial_key again = {key.scenario, side, PHASE_EXACT, number};
        if (number <= counts[side] && take_trial(harness, scenario, recording, again, err))
            return err->status;
    }
    return take_trial(harness, scenario, recording, key, err);
}

/* Rate 1 takes too long: a trial of the baseline at the coarse rate shows which rate will do. */
static enum status sample_instead(struct harness *harness, struct harness_scenario *scenario,
                                  struct recording *recording, struct trial_key key,
                                  struct err *err)
{
    size_t counts[SIDES] = {0};
    size_t dropped[SIDES] = {0};
    struct trial_key probe = {key.scenario, scenario->first_side, PHASE_EXACT, 1};
    log_line(harness->spec.log,
             "%.*s: %s; the exact phase samples instead, at a rate that a trial of the %s "
             "at %llu will show",
             STR_ARGS(scenario->scenario->name), err->text, side_name(scenario->first_side),
             (unsigned long long)scenario->exact_rate);
    if (drop_exact(counts, recording, key, err) ||
        take_trial(harness, scenario, recording, probe, err) ||
        sampled_choose(harness, scenario, recording, probe, err) ||
        drop_exact(dropped, recording, probe, err))
        return err->status;
    return retake_exact(harness, scenario, recording, key, counts, err);
}

/*
 * A service that sets the rate itself is sampled at that: the first trial
 * shows how many requests it takes then, and is taken again with them.
 */
static enum status follow_own_rate(struct harness *harness, struct harness_scenario *scenario,
                                   struct recording *recording, struct trial_key key,
                                   struct err *err)
{
    size_t dropped[SIDES] = {0};
    uint64_t count = scenario->exact_count;
    bool is_first = key.phase == PHASE_EXACT && key.side == scenario->first_side && key.number == 1;
    if (!is_first || scenario->exact_rate != EXACT_RATE)
        return STATUS_OK;
    if (sampled_choose(harness, scenario, recording, key, err))
        return err->status;
    if (scenario->exact_count == count)
        return STATUS_OK;
    return drop_exact(dropped, recording, key, err)
               ? err->status
               : take_trial(harness, scenario, recording, key, err);
}

enum status harness_trial(struct harness *harness, struct harness_scenario *scenario,
                          struct recording *recording, struct trial_key key, struct err *err)
{
    uint64_t rate = scenario->exact_rate;
    enum status status = take_trial(harness, scenario, recording, key, err);
    if (status == STATUS_OK)
        return follow_own_rate(harness, scenario, recording, key, err);
    if (scenario->exact_rate == rate)
        return status;
    return sample_instead(harness, scenario, recording, key, err);
}

static enum status run_duet(struct trial trials[SIDES], const struct recording *recording,
                            struct err *err)
{
    uint64_t start_ns = clock_now_ns();
    struct err ignored = {0};
    if (open_dirs(&trials[SIDE_BASE], recording, err) ||
        open_dirs(&trials[SIDE_CAND], recording, err))
        return err->status;
    for (int side = 0; side < SIDES; side++)
        machine_begin(&trials[side].record->machine, trials[side].keep, STR(""));
    enum status status = trial_duet(trials, err);
    for (int side = 0; side < SIDES; side++) {
        machine_end(&trials[side].record->machine, trials[side].keep, STR(""));
        (void)!io_remove_tree(trials[side].run_dir, &ignored);
        /* Both took the same time: half of it each, so that a sum is what passed. */
        trials[side].record->wall_ns = (clock_now_ns() - start_ns) / SIDES;
    }
    return status;
}

enum status harness_duet(struct harness *harness, struct harness_scenario *scenario,
                         struct recording *recording, size_t index, uint32_t number,
                         struct err *err)
{
    struct arena scratch;
    struct record_trial records[SIDES];
    struct trial trials[SIDES];
    assert(index < recording->scenario_count && number > 0);
    arena_init(&scratch);
    for (enum side side = 0; side < SIDES; side++) {
        struct trial_key key = {index, side, PHASE_DUET, number};
        trials[side] = trial_of(harness, scenario, key, &records[side], &scratch);
    }
    enum status status = run_duet(trials, recording, err);
    for (int side = 0; side < SIDES && status == STATUS_OK; side++)
        append_trial(recording, harness->arena, trials[side].key, &records[side]);
    if (status != STATUS_OK)
        (void)err_wrap(err, "%s trial %u", phase_name(PHASE_DUET), (unsigned)number);
    arena_release(&scratch);
    return status;
}
