#include "gate/judge/positive.h"

#include <math.h>

#include "gate/base/name.h"
#include "gate/judge/decide.h"

/* Of each unit: what is injected where the limit is 0, and what no program does. */
struct scale_row {
    double least;
    double most;
};

#define GIB     1073741824.0
#define HOUR_NS 3600e9

static const struct scale_row scales[] = {
    [UNIT_COUNT] = {1, 1e9},
    [UNIT_BYTES] = {1024, 1024 * GIB},
    [UNIT_NS] = {1e6, HOUR_NS},
    [UNIT_RATIO] = {0.01, 1},
    [UNIT_BYTES_PER_REQUEST] = {64, GIB},
    [UNIT_COUNT_PER_REQUEST] = {1, 1e9},
    [UNIT_NS_PER_REQUEST] = {1000, HOUR_NS},
    [UNIT_BYTES_PER_1000_REQUESTS] = {1024, 1024 * GIB},
};

struct aiming {
    struct arena *arena;
    const struct judge_input *input;
    const struct judged_scenario *judged;
    const struct comparison *comparison;
    const struct rule *rule;
    const struct comparison_row *row; /* the best that the rule judges */
    const struct ignore_row *ignored; /* a row that it would judge */
    const struct rule *winner;        /* over it, on a row that it matches */
};

enum finding_verdict positive_broken(enum severity severity)
{
    static const enum finding_verdict by_severity[] = {
        [SEVERITY_ALERT] = FINDING_ALERT,
        [SEVERITY_REVIEW] = FINDING_REVIEW,
        [SEVERITY_BLOCK] = FINDING_REGRESSION,
    };
    return by_severity[severity];
}

/* All closures of a function are one subject, whichever of them a row shows. */
static bool is_same(struct str a, struct str b)
{
    struct arena scratch;
    arena_init(&scratch);
    bool same = str_equal(a, b) || str_equal(name_key(a, &scratch), name_key(b, &scratch));
    arena_release(&scratch);
    return same;
}

/* Of a rule about single functions only what it says of this one is an answer. */
static bool is_about(const struct finding *finding, struct str func)
{
    return row_is_of_function(finding->row) && is_same(finding->row->func, func);
}

bool positive_names(const struct finding *finding, struct str func)
{
    const struct comparison_row *row = finding->row;
    for (size_t i = 0; i < row->culprit_count; i++) {
        if (is_same(row->culprits[i].func, func))
            return true;
    }
    return is_about(finding, func);
}

const struct finding *positive_finding(const struct judged_scenario *judged,
                                       const struct rule *rule, struct str func)
{
    const struct finding *worst = NULL;
    for (size_t i = 0; i < judged->finding_count; i++) {
        const struct finding *finding = &judged->findings[i];
        if (finding->rule != rule)
            continue;
        bool is_nearer = worst && is_about(finding, func) && !is_about(worst, func);
        bool is_worse = !worst || (finding->verdict < worst->verdict &&
                                   is_about(finding, func) == is_about(worst, func));
        if (is_nearer || is_worse)
            worst = finding;
    }
    return worst;
}

struct str positive_why_none(const struct judged_scenario *judged)
{
    if (judged->comparison->invalid_count > 0)
        return judged->comparison->invalid[0];
    return judged->refusals.len > 0 ? judged->refusals.items[0] : STR("");
}

static bool is_users(const struct aiming *aiming, const struct comparison_row *row)
{
    struct str module = aiming->comparison->record->programs[SIDE_CAND].module;
    return name_is_user(row->func, module);
}

/* The program's own function before a library's, more before less, the end before the warm-up. */
static bool is_better(const struct aiming *aiming, const struct comparison_row *row,
                      const struct comparison_row *best)
{
    if (!best)
        return true;
    if (row_is_of_function(row) && is_users(aiming, row) != is_users(aiming, best))
        return is_users(aiming, row);
    if (row->point != best->point)
        return row->point > best->point;
    return row->estimate.cand > best->estimate.cand;
}

static void look_at(struct aiming *aiming, const struct comparison_row *row,
                    const struct subject *subject)
{
    const struct rule *winners[POLICY_WINNERS_MAX];
    const struct ignore_row *ignored = NULL;
    const struct policy *policy = aiming->input->policy;
    if (row->metric != aiming->rule->metric || !rule_matches(aiming->rule, row->metric, subject) ||
        judged_elsewhere(aiming->rule, row))
        return;
    size_t count = policy_rules_for(policy, row->metric, subject, winners, &ignored);
    bool wins = false;
    for (size_t i = 0; i < count; i++)
        wins = wins || winners[i] == aiming->rule;
    if (wins && is_better(aiming, row, aiming->row))
        aiming->row = row;
    if (!wins && ignored)
        aiming->ignored = ignored;
    if (!wins && !ignored && count > 0)
        aiming->winner = winners[0];
}

static void look_at_rows(struct aiming *aiming)
{
    for (size_t i = 0; i < aiming->comparison->row_count; i++)
        look_at(aiming, &aiming->comparison->rows[i], &aiming->judged->watch.subjects[i]);
}

static bool is_measured(const struct aiming *aiming)
{
    for (size_t i = 0; i < aiming->comparison->row_count; i++) {
        if (aiming->comparison->rows[i].metric == aiming->rule->metric)
            return true;
    }
    return false;
}

/* Where the candidate does nothing yet that the rule is about: a function, a kind. */
static const struct comparison_row *empty_row(const struct aiming *aiming)
{
    const struct selector *selector = &aiming->rule->selector;
    struct comparison_row *row = ARENA_NEW(aiming->arena, struct comparison_row);
    bool is_function = selector_names_functions(selector);
    *row = (struct comparison_row){.metric = aiming->rule->metric,
                                   .point = POINT_END,
                                   .level = is_function ? ROW_FUNCTION : ROW_KIND,
                                   .estimate = {.bounded = true}};
    if (selector->kinds.len > 0)
        (void)alloc_kind_parse(&row->kind, selector->kinds.items[0]);
    if (is_function)
        row->func = watch_example(&aiming->judged->watch, aiming->arena, aiming->rule);
    if (is_function && row->func.len == 0)
        return NULL;
    return is_function || selector->kinds.len > 0 ? row : NULL;
}

/* The program's own function that does most of the metric, or allocates most where it has none. */
static const struct comparison_row *spender(const struct aiming *aiming, enum metric metric)
{
    const struct comparison_row *best = NULL;
    for (size_t i = 0; i < aiming->comparison->row_count; i++) {
        const struct comparison_row *row = &aiming->comparison->rows[i];
        if (row->metric == metric && row->level == ROW_FUNCTION && row->estimate.cand > 0 &&
            is_users(aiming, row) && is_better(aiming, row, best))
            best = row;
    }
    return best;
}

static void place(struct positive *out, const struct aiming *aiming)
{
    const struct comparison_row *row = aiming->row;
    const struct comparison_row *at = row_is_of_function(row) ? row : NULL;
    if (!at)
        at = spender(aiming, row->metric);
    if (!at)
        at = spender(aiming, METRIC_ALLOC_SPACE);
    out->func = at ? at->func : STR("main.main");
    out->file = at ? at->file : STR("");
    out->line = at ? at->line : 0;
    out->kind = row->level == ROW_SCENARIO || row->level == ROW_BENCHMARK
                    ? (at ? at->kind : ALLOC_KIND_SLICE)
                    : row->kind;
    bool is_told = out->kind != ALLOC_KIND_UNKNOWN && out->kind != ALLOC_KIND_OTHER;
    if (!is_told && aiming->rule->selector.kinds.len == 0)
        out->kind = ALLOC_KIND_SLICE;
}

/* One limit of the rule is enough to be broken. */
static struct rule one_limit(const struct rule *rule)
{
    struct rule out = *rule;
    bool growth = out.max_increase.set || out.max_increase_percent.set;
    if (growth)
        out.max.set = false;
    if (growth || out.max.set)
        out.max_share.set = false;
    return out;
}

static struct decide_scale scale_of(const struct aiming *aiming)
{
    struct decide_scale out = {.load_count = (double)aiming->comparison->record->load_count};
    for (size_t i = aiming->comparison->row_count; i > 0; i--) {
        const struct comparison_row *row = &aiming->comparison->rows[i - 1];
        if (row->level == ROW_SCENARIO && row->metric == aiming->row->metric &&
            row->point == aiming->row->point)
            out.scenario_value = row->estimate.base;
    }
    return out;
}

/* The candidate's value of the whole scenario, which a share is of. */
static double whole_of(const struct aiming *aiming)
{
    const struct comparison_row *row = aiming->row;
    double share = row->cand_share;
    if (share > 0)
        return row->estimate.cand / share;
    for (size_t i = 0; i < aiming->comparison->row_count; i++) {
        const struct comparison_row *other = &aiming->comparison->rows[i];
        if (other->level == ROW_SCENARIO && other->metric == row->metric &&
            other->point == row->point)
            return other->estimate.cand;
    }
    return 0;
}

/* Above the limit, and nearer to 1 the larger the factor. */
static double share_wanted(double limit, double factor)
{
    return fmin(factor * limit, 1 - (1 - limit) / factor);
}

static double amount_of(const struct aiming *aiming, const struct rule *rule, double limit,
                        double factor)
{
    const struct comparison_row *row = aiming->row;
    const struct estimate *estimate = &row->estimate;
    if (rule->max_share.set) {
        double want = share_wanted(limit, factor);
        return (want * whole_of(aiming) - estimate->cand) / (1 - want);
    }
    if (rule->max.set && metric_unit(row->metric) == UNIT_RATIO)
        return share_wanted(limit, factor) - estimate->cand;
    if (rule->max.set)
        return factor * limit - estimate->cand;
    /* What the candidate saved does not make the rule blind to what it spends. */
    return factor * limit + fmax(0, row->moved - estimate->delta);
}

static void refuse(struct positive *out, enum positive_state state, struct str why)
{
    out->state = state;
    out->why = why;
}

static void refuse_size(struct positive *out, const struct aiming *aiming, const char *why)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_BYTES_MAX);
    buf_text(&text, why);
    unit_write(&text, metric_unit(aiming->rule->metric), out->amount, false);
    refuse(out, POSITIVE_IMPOSSIBLE, str_copy(aiming->arena, buf_view(&text)));
    buf_release(&text);
}

/* What a control group lets the service have of a metric of memory; 0: no bound. */
static double memory_of(const struct aiming *aiming)
{
    static const bool is_resident[METRICS] = {
        [METRIC_RSS_P95] = true, [METRIC_RSS_MAX] = true, [METRIC_PSS_P95] = true};
    const struct record_limits *limits = &aiming->comparison->record->limits;
    return is_resident[aiming->rule->metric] ? (double)limits->memory_bytes : 0;
}

static void size(struct positive *out, const struct aiming *aiming, double factor)
{
    struct finding finding;
    struct rule rule = one_limit(aiming->rule);
    struct decide_scale scale = scale_of(aiming);
    const struct scale_row *unit = &scales[metric_unit(rule.metric)];
    decide(&finding, &rule, aiming->row, &scale);
    if (aiming->row->doubt.len > 0 || !aiming->row->estimate.bounded) {
        refuse(out, POSITIVE_IMPOSSIBLE, finding.reason);
        return;
    }
    out->limit = finding.limit;
    out->is_budget = finding.is_budget;
    out->limit_is_share = rule.max_share.set;
    out->amount = fmax(unit->least, amount_of(aiming, &rule, finding.limit, factor));
    double room = memory_of(aiming);
    double base = finding.is_budget ? 0 : aiming->row->estimate.base;
    if (out->amount > unit->most) {
        refuse_size(out, aiming, "its limit is too high: nothing grows by ");
    } else if (room > 0 && base + finding.limit >= room) {
        refuse_size(out, aiming, "service.limits.memory ends the service before it grows by ");
    }
}

static struct str why_unmeasured(const struct aiming *aiming)
{
    struct str why = comparison_why_unmeasured(aiming->comparison, aiming->rule->metric);
    return str_format(aiming->arena, "%s was not measured%s%.*s", metric_name(aiming->rule->metric),
                      why.len > 0 ? ": " : "", STR_ARGS(why));
}

/* The rule judges no row, and none could be there for it. */
static void explain(struct positive *out, const struct aiming *aiming)
{
    struct arena *arena = aiming->arena;
    if (!is_measured(aiming)) {
        refuse(out, POSITIVE_IMPOSSIBLE, why_unmeasured(aiming));
    } else if (aiming->winner) {
        struct str origin = origin_text(arena, &aiming->winner->origin);
        refuse(out, aiming->rule->is_default ? POSITIVE_REPLACED : POSITIVE_IMPOSSIBLE,
               str_format(arena, "another rule judges all that it names: %.*s", STR_ARGS(origin)));
    } else if (aiming->ignored) {
        struct str origin = origin_text(arena, &aiming->ignored->origin);
        refuse(out, POSITIVE_IMPOSSIBLE,
               str_format(arena, "all that it names is ignored: %.*s", STR_ARGS(origin)));
    } else {
        refuse(out, POSITIVE_IMPOSSIBLE, STR("no function of the candidate matches it"));
    }
}

/* False where the rule has nothing to do with this scenario or recording; *out says so. */
static bool concerns(struct positive *out, const struct aiming *aiming)
{
    const struct rule *rule = aiming->rule;
    const struct comparison *comparison = aiming->comparison;
    if (!rule_is_of_scenario(rule, comparison->scenario) ||
        !judge_applies(aiming->input, comparison, rule->metric)) {
        refuse(out, POSITIVE_ELSEWHERE, STR("about another scenario"));
        return false;
    }
    if (policy_replaces(aiming->input->policy, rule, comparison->scenario)) {
        refuse(out, POSITIVE_REPLACED, STR("a rule of the policy replaced it"));
        return false;
    }
    if (!judge_runs(aiming->input, rule)) {
        refuse(out, POSITIVE_LEFT_OUT, STR("the recording has the exact phase alone (--quick)"));
        return false;
    }
    if (rule->is_default && metric_is_latency(rule->metric) && comparison->has_no_latency) {
        refuse(out, POSITIVE_LEFT_OUT, why_unmeasured(aiming));
        return false;
    }
    return true;
}

void positive_find(struct positive *out, struct arena *arena, const struct judge_input *input,
                   const struct judged_scenario *judged, const struct rule *rule, double factor)
{
    struct aiming aiming = {.arena = arena,
                            .input = input,
                            .judged = judged,
                            .comparison = judged->comparison,
                            .rule = rule};
    *out = (struct positive){.state = POSITIVE_AIMED};
    if (!concerns(out, &aiming))
        return;
    look_at_rows(&aiming);
    if (!aiming.row && is_measured(&aiming) && !aiming.winner && !aiming.ignored)
        aiming.row = empty_row(&aiming);
    if (!aiming.row) {
        explain(out, &aiming);
        return;
    }
    out->row = aiming.row;
    place(out, &aiming);
    size(out, &aiming, factor);
}
