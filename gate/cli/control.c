#include "gate/cli/control.h"

/*
 * What a function calls to allocate each kind: entries that every release
 * of Go has and every table of config/runtime knows. A closure is told by
 * its type alone.
 */
static const struct {
    struct str entry;
    struct str type;
} entries[ALLOC_KINDS] = {
    [ALLOC_KIND_MAP] = {STR_INIT("runtime.makemap"), STR_INIT("")},
    [ALLOC_KIND_SLICE] = {STR_INIT("runtime.makeslice"), STR_INIT("")},
    [ALLOC_KIND_STRING] = {STR_INIT("runtime.concatstrings"), STR_INIT("")},
    [ALLOC_KIND_BOXING] = {STR_INIT("runtime.convT"), STR_INIT("")},
    [ALLOC_KIND_OBJECT] = {STR_INIT("runtime.newobject"), STR_INIT("")},
    [ALLOC_KIND_CLOSURE] = {STR_INIT("runtime.newobject"),
                            STR_INIT("struct { F uintptr; X0 int }")},
    [ALLOC_KIND_CHANNEL] = {STR_INIT("runtime.makechan"), STR_INIT("")},
    [ALLOC_KIND_GOROUTINE] = {STR_INIT("runtime.newproc"), STR_INIT("")},
    [ALLOC_KIND_OTHER] = {STR_INIT("runtime.persistentalloc"), STR_INIT("")},
};

struct controlling {
    struct control *out;
    struct injector *injector;
    struct session *session;
    size_t scenario;
};

static struct injection injection_of(const struct controlling *controlling)
{
    const struct positive *positive = &controlling->out->positive;
    return (struct injection){
        .scenario = controlling->scenario,
        .metric = controlling->out->rule->metric,
        .amount = positive->amount,
        .have = positive->row->estimate.cand,
        .func = positive->func,
        .file = positive->file,
        .line = positive->line,
        .entry = entries[positive->kind].entry,
        .type = entries[positive->kind].type,
    };
}

static struct str why_not(const struct judged_scenario *judged, const struct finding *finding)
{
    if (judged->verdict == VERDICT_NONE)
        return positive_why_none(judged);
    if (finding && finding->reason.len > 0)
        return finding->reason;
    if (finding && finding->verdict == FINDING_INCONCLUSIVE)
        return STR("its interval is wider than what was injected: more trials, or a wider limit");
    return STR("what was injected did not break it");
}

/*
 * What was red without the injection shows only by its size that it is
 * seen. Means of logarithms take a little off, so half of it will do.
 */
static bool is_seen(const struct control *control, const struct finding *finding)
{
    const struct comparison_row *before = control->positive.row;
    const struct comparison_row *after = finding->row;
    bool is_same = before->level == after->level && before->point == after->point &&
                   str_equal(before->func, after->func);
    return control->before != finding->verdict || !is_same ||
           after->estimate.cand - before->estimate.cand >= control->positive.amount / 2;
}

static void read_verdict(struct control *out, struct arena *arena,
                         const struct judged_scenario *judged)
{
    const struct finding *finding = positive_finding(judged, out->rule, out->positive.func);
    enum finding_verdict broken = positive_broken(out->rule->severity);
    bool blocks = out->rule->severity != SEVERITY_BLOCK || judged->verdict == VERDICT_BLOCKED;
    out->after = finding ? finding->verdict : FINDING_OK;
    bool is_broken = out->after == broken && blocks;
    bool is_red = is_broken && finding && is_seen(out, finding);
    out->result = is_red ? CONTROL_RED : CONTROL_NOT_RED;
    out->is_named = finding && positive_names(finding, out->positive.func);
    if (is_broken && !is_red) {
        out->why = STR("it is red without the injection as well, and does not grow by it");
    } else {
        out->why = is_red ? STR("") : str_copy(arena, why_not(judged, finding));
    }
}

static enum status judge_copy(const struct controlling *controlling, struct err *err)
{
    struct arena arena;
    struct recording copy = {0};
    struct judgement judgement = {0};
    struct session *session = controlling->session;
    arena_init(&arena);
    enum status status = recording_open(&copy, &arena, controlling->injector->dir, err);
    if (status == STATUS_OK) {
        status =
            session_judge_other(&judgement, &arena, session, &copy, controlling->scenario, err);
    }
    if (status == STATUS_OK) {
        read_verdict(controlling->out, &session->arena,
                     &judgement.scenarios[controlling->scenario]);
    }
    arena_release(&arena);
    return status;
}

/* What no recording can hold no candidate can do: the rule allows it all the same. */
static enum status inject(const struct controlling *controlling, struct err *err)
{
    struct control *out = controlling->out;
    const struct injection what = injection_of(controlling);
    enum status status = inject_apply(controlling->injector, &what, err);
    if (status == STATUS_OK) {
        out->was_injected = true;
        return judge_copy(controlling, err);
    }
    if (status != STATUS_INVALID)
        return status;
    out->result = CONTROL_NOT_RED;
    out->why = str_copy(&controlling->session->arena, str_from(err->text));
    return STATUS_OK;
}

/* False where nothing can be injected: why was taken over. */
static bool aim(const struct controlling *controlling, const struct judge_input *input)
{
    struct control *out = controlling->out;
    struct positive next;
    positive_find(&next, &controlling->session->arena, input, out->judged, out->rule, out->factor);
    if (next.state == POSITIVE_AIMED) {
        const struct finding *before = positive_finding(out->judged, out->rule, next.func);
        out->before = before ? before->verdict : FINDING_OK;
        out->positive = next;
        return true;
    }
    /* Past the first try there is a better reason already. */
    if (out->was_injected)
        return false;
    out->positive = next;
    out->why = next.why;
    out->result = next.state == POSITIVE_IMPOSSIBLE ? CONTROL_NOT_RED : CONTROL_LEFT_OUT;
    return false;
}

enum status control_run(struct control *out, struct injector *injector, struct session *session,
                        size_t scenario, const struct rule *rule, struct err *err)
{
    const struct judged_scenario *judged = &session->judgement.scenarios[scenario];
    const struct judge_input input = session_judge_input(session);
    struct controlling controlling = {out, injector, session, scenario};
    *out = (struct control){.rule = rule,
                            .judged = judged,
                            .factor = CONTROL_FACTOR,
                            .before = FINDING_OK,
                            .after = FINDING_OK};
    while (aim(&controlling, &input)) {
        if (inject(&controlling, err))
            return err_wrap(err, "%s", metric_name(rule->metric));
        bool is_done =
            out->result == CONTROL_RED || !out->was_injected || out->after != FINDING_INCONCLUSIVE;
        if (is_done || out->factor >= CONTROL_FACTOR_MAX)
            break;
        out->factor *= 2;
    }
    return STATUS_OK;
}

bool control_is_weak(const struct control *control)
{
    return control->result == CONTROL_RED && control->factor > CONTROL_FACTOR_WEAK;
}

bool control_applies(const struct control *control)
{
    enum positive_state state = control->positive.state;
    return state != POSITIVE_ELSEWHERE && state != POSITIVE_REPLACED;
}
