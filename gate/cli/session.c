#include "gate/cli/session.h"

#include <errno.h>
#include <stdio.h>

#include "gate/base/io.h"
#include "gate/cli/latency_files.h"
#include "gate/codec/yaml.h"
#include "gate/compare/calibrated.h"
#include "gate/compare/validity.h"

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

enum status session_input(enum session_input *out, const struct str *paths, size_t count,
                          struct err *err)
{
    size_t dir_count = 0;
    for (size_t i = 0; i < count; i++)
        dir_count += io_is_dir(paths[i]);
    if (count == 2 && dir_count == 1) {
        size_t dir = io_is_dir(paths[0]) ? 0 : 1;
        return err_set(err, STATUS_USAGE,
                       "%.*s is a directory and %.*s is not: give two recordings or two profiles",
                       STR_ARGS(paths[dir]), STR_ARGS(paths[1 - dir]));
    }
    *out = count == 2 ? INPUT_PAIR : INPUT_RECORDING;
    return STATUS_OK;
}

static enum status open_pair(struct session *session, struct str base, struct str cand,
                             struct err *err)
{
    struct recording *recording = &session->recording;
    if (recording_open(&session->base, &session->arena, base, err))
        return err_wrap(err, "baseline");
    if (recording_open(recording, &session->arena, cand, err))
        return err_wrap(err, "candidate");
    session->is_pair = true;
    recorded_policies_read(&session->recorded, &session->arena, &session->base, recording);
    /* The protected side's rules hold: a change cannot loosen its own gate. */
    recording->policy_name = session->base.policy_name;
    recording->policy_revision = session->base.policy_revision;
    recording->policy_text = session->base.policy_text;
    recording->quick = recording->quick && session->base.quick;
    return STATUS_OK;
}

/* Index of a scenario by name, or the count. */
static size_t find_scenario(const struct recording *recording, struct str name)
{
    size_t i = 0;
    while (i < recording->scenario_count && !str_equal(recording->scenarios[i].name, name))
        i++;
    return i;
}

static enum status compare_joined(struct comparison *out, struct session *session, size_t base,
                                  size_t cand, struct err *err)
{
    const struct comparison_source sources[SIDES] = {{&session->base, base, SIDE_CAND},
                                                     {&session->recording, cand, SIDE_CAND}};
    if (comparison_of_sources(out, &session->arena, sources, &session->hints, err))
        return err->status;
    same_load_check(out, &session->arena, &session->recorded, &session->base.scenarios[base],
                    &session->recording.scenarios[cand]);
    return STATUS_OK;
}

/* What the baseline's own policy has was left out of its recording, and what nobody can read may have it. */
static bool is_new(const struct session *session, struct str name)
{
    const struct recorded_policies *recorded = &session->recorded;
    return recorded->problem.len == 0 && recorded->is_known[SIDE_BASE] &&
           !policy_scenario(&recorded->policies[SIDE_BASE], name);
}

/* As memgate run has it where the baseline's tree lacks what a scenario builds. */
static enum status compare_added(struct comparison *out, struct session *session, size_t cand,
                                 struct err *err)
{
    struct record_scenario *record = &session->recording.scenarios[cand];
    const struct comparison_source source = {&session->recording, cand, SIDE_CAND};
    const struct comparison_source alone[SIDES] = {source, source};
    if (!is_new(session, record->name)) {
        comparison_of_lone(out, &session->arena, &source, SIDE_CAND);
        return STATUS_OK;
    }
    record->alone = STR(RECORD_ALONE_NEW);
    return comparison_of_sources(out, &session->arena, alone, &session->hints, err);
}

/* Scenarios of the baseline's recording in its order, then what the candidate's alone holds. */
static enum status compare_pair(struct session *session, struct err *err)
{
    const struct recording *base = &session->base;
    const struct recording *cand = &session->recording;
    size_t most = base->scenario_count + cand->scenario_count;
    session->comparisons = ARENA_ARRAY(&session->arena, struct comparison, most + 1);
    for (size_t i = 0; i < base->scenario_count; i++) {
        struct comparison *out = &session->comparisons[session->comparison_count++];
        const struct comparison_source source = {base, i, SIDE_CAND};
        size_t other = find_scenario(cand, base->scenarios[i].name);
        if (other == cand->scenario_count) {
            comparison_of_lone(out, &session->arena, &source, SIDE_BASE);
        } else if (compare_joined(out, session, i, other, err)) {
            return err_wrap(err, "scenario %.*s", STR_ARGS(base->scenarios[i].name));
        }
    }
    for (size_t i = 0; i < cand->scenario_count; i++) {
        struct comparison *out = &session->comparisons[session->comparison_count];
        if (find_scenario(base, cand->scenarios[i].name) < base->scenario_count)
            continue;
        session->comparison_count++;
        if (compare_added(out, session, i, err))
            return err_wrap(err, "scenario %.*s", STR_ARGS(cand->scenarios[i].name));
    }
    return STATUS_OK;
}

static enum status compare_one(struct session *session, struct err *err)
{
    struct recording *recording = &session->recording;
    size_t count = recording->scenario_count;
    session->comparisons = ARENA_ARRAY(&session->arena, struct comparison, count + 1);
    session->comparison_count = count;
    for (size_t i = 0; i < count; i++) {
        if (comparison_of(&session->comparisons[i], &session->arena, recording, i, &session->hints,
                          err))
            return err_wrap(err, "scenario %.*s", STR_ARGS(recording->scenarios[i].name));
    }
    return STATUS_OK;
}

static enum status compare_all(struct session *session, struct err *err)
{
    struct recording *policy = session->is_pair ? &session->base : &session->recording;
    session->comparison_count = 0;
    if (session->floors)
        policy->noise = (struct record_calibration){.is_known = true, .table = session->floors};
    enum status status = session->is_pair ? compare_pair(session, err) : compare_one(session, err);
    for (size_t i = 0; i < session->comparison_count && status == STATUS_OK; i++) {
        calibrated_apply(&session->comparisons[i], &session->arena, policy, &session->recording);
    }
    return status;
}

enum status session_compare(struct session *session, const struct str *dirs, size_t count,
                            struct err *err)
{
    enum status status = count == 2
                             ? open_pair(session, dirs[0], dirs[1], err)
                             : recording_open(&session->recording, &session->arena, dirs[0], err);
    return status ? status : compare_all(session, err);
}

enum status session_need_both(const struct session *session, const struct log *log,
                              const char *command, struct err *err)
{
    const struct comparison *last = NULL;
    size_t count = 0;
    for (size_t i = 0; i < session->comparison_count; i++) {
        const struct comparison *comparison = &session->comparisons[i];
        if (comparison->alone.len == 0)
            continue;
        last = comparison;
        count++;
    }
    if (last && count == session->comparison_count) {
        return err_set(err, STATUS_USAGE,
                       "scenario %.*s has no baseline in %.*s, and %s needs one; name two "
                       "recordings where the command takes them, or record both sides with "
                       "memgate run",
                       STR_ARGS(last->scenario), STR_ARGS(session->recording.dir), command);
    }
    for (size_t i = 0; i < session->comparison_count && last; i++) {
        if (session->comparisons[i].alone.len > 0) {
            log_line(log, "scenario %.*s has no baseline: left out",
                     STR_ARGS(session->comparisons[i].scenario));
        }
    }
    return STATUS_OK;
}

static enum status judge_opened(struct session *session, struct str policy_file, struct err *err)
{
    struct recording *recording = &session->recording;
    if (read_policy(session, policy_file, err) ||
        policy_parse(&session->policy, &session->arena, recording->policy_name,
                     bytes_of_str(recording->policy_text), err))
        return err->status;
    return session_judge(session, err);
}

enum status session_open(struct session *session, struct str dir, struct str policy_file,
                         struct err *err)
{
    if (recording_open(&session->recording, &session->arena, dir, err))
        return err->status;
    return judge_opened(session, policy_file, err);
}

enum status session_open_pair(struct session *session, struct str base, struct str cand,
                              struct str policy_file, struct err *err)
{
    if (open_pair(session, base, cand, err))
        return err->status;
    return judge_opened(session, policy_file, err);
}

/* The first rule that needs the steady phase of the scenario; NULL when none does. */
static const struct rule *steady_rule(const struct policy *policy, struct str scenario,
                                      bool budgets)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        bool is_left_out = budgets && !rule_limits_value(rule);
        if (rule_is_of_scenario(rule, scenario) && !is_left_out && !metric_is_exact(rule->metric))
            return rule;
    }
    return NULL;
}

/* A refused steady phase voids the verdict only of those who wanted a verdict on it. */
static void require_steady(const struct session *session, struct arena *arena,
                           struct comparison *comparison)
{
    const struct rule *rule = steady_rule(&session->policy, comparison->scenario, session->budgets);
    if (!rule || comparison->steady_refusal.len == 0)
        return;
    /* A built-in rule has no line. */
    struct str line =
        rule->origin.line ? str_format(arena, ":%u", rule->origin.line) : (struct str){"", 0};
    comparison_invalid(comparison, arena,
                       "%s was not compared, but a rule limits it (%.*s%.*s): %.*s; memgate "
                       "check --quick judges allocation alone",
                       metric_name(rule->metric), STR_ARGS(rule->origin.file), STR_ARGS(line),
                       STR_ARGS(comparison->steady_refusal));
}

/* The kinds that a rule limits in single functions. */
static void take_kinds(struct pair_hints *hints, const struct policy *policy)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct selector *selector = &policy->rules[i].selector;
        for (size_t k = 0; selector_names_functions(selector) && k < selector->kinds.len; k++) {
            enum alloc_kind kind = ALLOC_KIND_UNKNOWN;
            if (alloc_kind_parse(&kind, selector->kinds.items[k]))
                hints->limits_kind[kind] = true;
        }
    }
}

void session_take_hints(struct session *session)
{
    const struct policy *policy = &session->policy;
    struct pair_hint *items =
        ARENA_ARRAY(&session->arena, struct pair_hint, policy->successor_count + 1);
    for (size_t i = 0; i < policy->successor_count; i++)
        items[i] = (struct pair_hint){policy->successors[i].from, policy->successors[i].to};
    session->hints = (struct pair_hints){.items = items, .len = policy->successor_count};
    take_kinds(&session->hints, policy);
}

enum status session_need_budget(const struct session *session, struct err *err)
{
    const struct policy *policy = &session->policy;
    for (size_t i = 0; i < policy->rule_count; i++) {
        if (rule_limits_value(&policy->rules[i]))
            return STATUS_OK;
    }
    return err_set(
        err, STATUS_POLICY,
        "%.*s has no `max:` rule, and those alone are judged without a baseline, or with "
        "--budgets; write one, as in {metric: alloc_space, max: 64KiB/request, "
        "severity: block}, or give another policy with --policy",
        STR_ARGS(policy->name));
}

enum status session_judge(struct session *session, struct err *err)
{
    bool quick = session->recording.quick || session->quick;
    session_take_hints(session);
    if (session->budgets && session_need_budget(session, err))
        return err->status;
    if (compare_all(session, err))
        return err->status;
    for (size_t i = 0; i < session->comparison_count && !quick; i++)
        require_steady(session, &session->arena, &session->comparisons[i]);
    struct judge_input input = session_judge_input(session);
    return judge(&session->judgement, &session->arena, &input, err);
}

struct judge_input session_judge_input(const struct session *session)
{
    return (struct judge_input){
        .policy = &session->policy,
        .comparisons = session->comparisons,
        .comparison_count = session->comparison_count,
        .list_all = session->list_all,
        .quick = session->recording.quick || session->quick,
        .budgets = session->budgets,
    };
}

enum status session_judge_other(struct judgement *out, struct arena *arena,
                                const struct session *session, const struct recording *recording,
                                size_t scenario, struct err *err)
{
    struct judge_input input = session_judge_input(session);
    struct comparison *all = ARENA_ARRAY(arena, struct comparison, session->comparison_count);
    memcpy(all, session->comparisons, session->comparison_count * sizeof(*all));
    if (comparison_of(&all[scenario], arena, recording, scenario, &session->hints, err))
        return err_wrap(err, "scenario %.*s", STR_ARGS(recording->scenarios[scenario].name));
    calibrated_apply(&all[scenario], arena, &session->recording, recording);
    if (!input.quick)
        require_steady(session, arena, &all[scenario]);
    input.comparisons = all;
    return judge(out, arena, &input, err);
}

static enum status render(struct buf *out, struct session *session,
                          const struct report_format *format, struct err *err)
{
    struct report_input input = {&session->judgement, &session->recording};
    format->write(out, &session->arena, &input);
    if (out->overflow) {
        return err_set(err, STATUS_LIMIT, "%s report is larger than %d bytes", format->name,
                       BUF_TEXT_BYTES_MAX);
    }
    return STATUS_OK;
}

enum status session_write_reports(struct session *session, struct str dir, struct err *err)
{
    enum status status = STATUS_OK;
    for (const struct report_format *format = report_formats(); format->name && !status; format++) {
        struct buf buf;
        buf_init(&buf, BUF_TEXT_BYTES_MAX);
        status = render(&buf, session, format, err);
        if (status == STATUS_OK) {
            status = io_write_file(io_join(&session->arena, dir, str_from(format->file)),
                                   bytes_of_str(buf_view(&buf)), err);
        }
        buf_release(&buf);
    }
    return status ? status : latency_files_write(&session->recording, dir, err);
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
    if (!format) {
        return err_set(err, STATUS_USAGE, "unknown format \"%.*s\"; known: text json markdown",
                       STR_ARGS(name));
    }
    *out = format;
    return STATUS_OK;
}
