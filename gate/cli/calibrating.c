#include <math.h>

#include "gate/cli/calibrate.h"
#include "gate/report/phrase.h"

/* The runs' policy and machine, by the first of them. */
static void begin(struct calibrating *calibrating, const struct session *session)
{
    struct arena *arena = calibrating->arena;
    const struct recording *recording = &session->recording;
    struct calibration *out = &calibrating->out;
    *out = (struct calibration){
        .memgate_version = str_copy(arena, recording->environment.memgate_version),
        .machine = machine_class_of(arena, &recording->environment),
        .kernel = str_copy(arena, recording->environment.kernel),
        .policy_sha256 = calibration_policy_hash(arena, recording->policy_text),
        .quick = recording->quick,
    };
    out->machine.os = str_copy(arena, out->machine.os);
    out->machine.arch = str_copy(arena, out->machine.arch);
    out->machine.cpu_model = str_copy(arena, out->machine.cpu_model);
    calibrating->policy_name = str_copy(arena, recording->policy_name);
    calibrating->scenario_count = session->judgement.scenario_count;
    calibrating->scenarios =
        ARENA_ARRAY(arena, struct calibrating_scenario, calibrating->scenario_count + 1);
    for (size_t i = 0; i < calibrating->scenario_count; i++) {
        const struct comparison *comparison = session->judgement.scenarios[i].comparison;
        calibrating->scenarios[i].rows.arena = arena;
        calibrating->scenarios[i].out.name = str_copy(arena, comparison->scenario);
    }
}

static bool is_same_run(const struct calibrating *calibrating, const struct session *session)
{
    struct arena scratch;
    arena_init(&scratch);
    struct str hash = calibration_policy_hash(&scratch, session->recording.policy_text);
    bool is_same = str_equal(calibrating->out.policy_sha256, hash) &&
                   calibrating->scenario_count == session->judgement.scenario_count;
    arena_release(&scratch);
    return is_same;
}

static double tightness(double detectable, double limit)
{
    return limit > 0 ? detectable / limit : HUGE_VAL;
}

static void take_detectable(struct calibration_rule *out, struct arena *arena,
                            const struct finding *finding)
{
    double least = finding->detectable_at_most;
    double limit = finding->limit_in_row;
    if (out->subject.len > 0 && !out->has_detectable)
        return;
    struct str subject =
        str_format(arena, "%.*s, %.*s", STR_ARGS(phrase_metric(arena, finding->row)),
                   STR_ARGS(phrase_subject(arena, finding->row)));
    /* Where one subject of a block rule is blind the rule is: no other makes up for it. */
    if (!isfinite(least) && finding->rule->severity == SEVERITY_BLOCK) {
        out->has_detectable = false;
        out->detectable = 0;
        out->limit = 0;
        out->unit = STR("");
        out->subject = subject;
    }
    if (!isfinite(least) || !(limit > 0))
        return;
    if (out->has_detectable && tightness(least, limit) <= tightness(out->detectable, out->limit))
        return;
    out->has_detectable = true;
    out->detectable = least;
    out->limit = limit;
    out->unit = str_from(unit_name(comparison_row_unit(finding->row)));
    out->subject = subject;
}

static struct calibration_rule *rule_of(struct calibration_scenario *scenario, struct str rule)
{
    for (size_t i = 0; i < scenario->rule_count; i++) {
        if (str_equal(scenario->rules[i].rule, rule))
            return &scenario->rules[i];
    }
    return NULL;
}

static void take_rules(struct calibrating_scenario *scenario, struct arena *arena,
                       const struct session *session)
{
    size_t count = session->policy.rule_count;
    if (scenario->out.rules)
        return;
    scenario->out.rules = ARENA_ARRAY(arena, struct calibration_rule, count + 1);
    for (size_t i = 0; i < count && scenario->out.rule_count < CALIBRATION_RULES_MAX; i++) {
        const struct rule *rule = &session->policy.rules[i];
        struct str described = str_copy(arena, rule_describe(arena, rule));
        if (!rule_of(&scenario->out, described)) {
            scenario->out.rules[scenario->out.rule_count++] = (struct calibration_rule){
                .rule = described, .severity = str_from(severity_name(rule->severity))};
        }
    }
}

static struct calibration_rule *find_rule(struct calibration_scenario *scenario,
                                          const struct rule *rule)
{
    struct arena scratch;
    arena_init(&scratch);
    struct calibration_rule *found = rule_of(scenario, rule_describe(&scratch, rule));
    arena_release(&scratch);
    return found;
}

static void take_finding(struct calibration_scenario *scenario, const struct finding *finding)
{
    struct calibration_rule *rule = find_rule(scenario, finding->rule);
    if (!rule)
        return;
    rule->decisions++;
    rule->false_alarms += finding->verdict < FINDING_INCONCLUSIVE;
    rule->inconclusive += finding->verdict == FINDING_INCONCLUSIVE;
}

static void take_scenario(struct calibrating *calibrating, struct calibrating_scenario *scenario,
                          const struct session *session, const struct judged_scenario *judged)
{
    struct arena *arena = calibrating->arena;
    if (judged->verdict == VERDICT_NONE) {
        struct str_list why = phrase_invalid(arena, judged);
        scenario->void_runs++;
        scenario->why_void = why.len ? str_copy(arena, why.items[0]) : STR("no verdict");
        return;
    }
    struct str go = judged->comparison->record->programs[SIDE_CAND].go_version;
    scenario->runs++;
    scenario->out.go_version = str_copy(arena, go);
    scenario->out.blocked_runs += judged->verdict == VERDICT_BLOCKED;
    scenario->out.inconclusive_runs += judged->verdict == VERDICT_INCONCLUSIVE;
    calibrated_take(&scenario->rows, judged->comparison, calibrating->runs);
    take_rules(scenario, arena, session);
    for (size_t i = 0; i < judged->finding_count; i++)
        take_finding(&scenario->out, &judged->findings[i]);
}

enum status calibrating_add(struct calibrating *calibrating, const struct session *session,
                            struct err *err)
{
    if (calibrating->runs == 0)
        begin(calibrating, session);
    if (!is_same_run(calibrating, session)) {
        return err_set(err, STATUS_INVALID,
                       "%.*s was changed between two runs: calibrate again, and leave it alone",
                       STR_ARGS(calibrating->policy_name));
    }
    calibrating->runs++;
    for (size_t i = 0; i < calibrating->scenario_count; i++) {
        take_scenario(calibrating, &calibrating->scenarios[i], session,
                      &session->judgement.scenarios[i]);
    }
    return STATUS_OK;
}

/* Rules that met nothing in the scenario say nothing of it. */
static void drop_silent_rules(struct calibration_scenario *scenario)
{
    size_t len = 0;
    for (size_t i = 0; i < scenario->rule_count; i++) {
        if (scenario->rules[i].decisions > 0)
            scenario->rules[len++] = scenario->rules[i];
    }
    scenario->rule_count = len;
}

enum status calibrating_close(struct calibrating *calibrating, struct err *err)
{
    struct calibration *out = &calibrating->out;
    const struct calibrating_scenario *void_scenario = NULL;
    out->runs = calibrating->runs;
    out->scenarios = ARENA_ARRAY(calibrating->arena, struct calibration_scenario,
                                 calibrating->scenario_count + 1);
    for (size_t i = 0; i < calibrating->scenario_count; i++) {
        struct calibrating_scenario *scenario = &calibrating->scenarios[i];
        if (scenario->runs < CALIBRATING_RUNS_MIN) {
            void_scenario = scenario;
            continue;
        }
        scenario->out.runs = scenario->runs;
        calibrated_pool(&scenario->out, &scenario->rows);
        drop_silent_rules(&scenario->out);
        out->scenarios[out->scenario_count++] = scenario->out;
    }
    if (void_scenario && out->scenario_count == 0) {
        return err_set(err, STATUS_INVALID,
                       "scenario %.*s: %llu of %llu runs had a verdict, and it takes %d: %.*s",
                       STR_ARGS(void_scenario->out.name), (unsigned long long)void_scenario->runs,
                       (unsigned long long)calibrating->runs, CALIBRATING_RUNS_MIN,
                       STR_ARGS(void_scenario->why_void));
    }
    return STATUS_OK;
}

static struct calibration_scenario *scenario_of(struct calibration *out, struct str name)
{
    for (size_t i = 0; i < out->scenario_count; i++) {
        if (str_equal(out->scenarios[i].name, name))
            return &out->scenarios[i];
    }
    return NULL;
}

void calibrating_detect(struct calibrating *calibrating, const struct session *session)
{
    for (size_t i = 0; i < session->judgement.scenario_count; i++) {
        const struct judged_scenario *judged = &session->judgement.scenarios[i];
        struct calibration_scenario *scenario =
            scenario_of(&calibrating->out, judged->comparison->scenario);
        if (!scenario)
            continue;
        for (size_t k = 0; k < judged->finding_count; k++) {
            const struct finding *finding = &judged->findings[k];
            struct calibration_rule *rule = find_rule(scenario, finding->rule);
            if (rule)
                take_detectable(rule, calibrating->arena, finding);
        }
    }
}
