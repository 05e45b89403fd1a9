#include "gate/cli/plain.h"

#include "gate/base/io.h"
#include "gate/cli/plain_files.h"
#include "gate/codec/yaml.h"
#include "gate/compare/validity.h"
#include "gate/recording/layout.h"

void plain_options_init(struct plain_options *options, struct arena *arena, int argc)
{
    *options = (struct plain_options){0};
    for (int side = 0; side < SIDES; side++)
        options->sides[side].files = ARENA_ARRAY(arena, struct str, (size_t)argc + 1);
}

static bool has_files(const struct plain_side *side)
{
    return side->files[0].len > 0;
}

/* A recording, or what `run` wrote one into. */
static bool is_recording(struct str path)
{
    struct arena scratch;
    arena_init(&scratch);
    struct str inner = io_join(&scratch, path, STR("recording"));
    bool out = io_is_file(io_join(&scratch, path, STR(LAYOUT_MANIFEST))) ||
               io_is_file(io_join(&scratch, inner, STR(LAYOUT_MANIFEST)));
    arena_release(&scratch);
    return out;
}

/* An option that says something of plain profiles, or NULL. */
static const char *first_given(const struct plain_options *options)
{
    const struct plain_side *base = &options->sides[SIDE_BASE];
    const struct plain_side *cand = &options->sides[SIDE_CAND];
    const struct {
        struct str value;
        const char *name;
    } given[] = {
        {base->binary, "--base-binary"},     {cand->binary, "--cand-binary"},
        {options->requests, "--requests"},   {base->requests, "--base-requests"},
        {cand->requests, "--cand-requests"},
    };
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        if (given[i].value.len)
            return given[i].name;
    }
    return NULL;
}

static enum status take_options(const struct plain_options *options, const struct str *operands,
                                size_t count, struct err *err)
{
    bool has_base = has_files(&options->sides[SIDE_BASE]);
    bool has_cand = has_files(&options->sides[SIDE_CAND]);
    if (count > 0) {
        return err_set(err, STATUS_USAGE,
                       "\"%.*s\" belongs to neither side: with --base and --cand give every "
                       "profile behind one of them, or each side as a directory",
                       STR_ARGS(operands[0]));
    }
    if (has_cand && (has_base || options->can_be_alone))
        return STATUS_OK;
    return err_set(err, STATUS_USAGE, "--%s needs --%s as well: profiles of both sides",
                   has_base ? "base" : "cand", has_base ? "cand" : "base");
}

enum status plain_take(bool *is_plain, struct plain_options *options, const struct str *operands,
                       size_t count, struct err *err)
{
    bool by_option = has_files(&options->sides[SIDE_BASE]) || has_files(&options->sides[SIDE_CAND]);
    *is_plain =
        by_option || (count == SIDES && !is_recording(operands[0]) && !is_recording(operands[1]));
    if (by_option)
        return take_options(options, operands, count, err);
    const char *given = first_given(options);
    if (!*is_plain && given) {
        return err_set(err, STATUS_USAGE,
                       "%s is for plain profiles; a recording knows its programs and requests",
                       given);
    }
    for (int side = 0; side < SIDES && *is_plain; side++)
        options->sides[side].files[0] = operands[side];
    return STATUS_OK;
}

/* With the kinds of one side alone, and its module, unlike would be compared with unlike. */
static enum status refuse_lone(const struct plain_options *options, struct err *err)
{
    const struct {
        const char *what;
        struct str values[SIDES];
        const char *why;
    } pairs[] = {
        {"binary",
         {options->sides[SIDE_BASE].binary, options->sides[SIDE_CAND].binary},
         "one side's kinds alone cannot be compared"},
        {"requests",
         {options->sides[SIDE_BASE].requests, options->sides[SIDE_CAND].requests},
         "values per request of one side alone cannot be compared"},
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        bool has_base = pairs[i].values[SIDE_BASE].len > 0;
        bool has_cand = pairs[i].values[SIDE_CAND].len > 0;
        bool for_both = i == 1 && options->requests.len > 0;
        if (has_base == has_cand || for_both)
            continue;
        return err_set(err, STATUS_USAGE, "--%s-%s needs --%s-%s as well: %s; give both or none",
                       has_base ? "base" : "cand", pairs[i].what, has_base ? "cand" : "base",
                       pairs[i].what, pairs[i].why);
    }
    return STATUS_OK;
}

static bool plain_is_alone(const struct plain_options *options)
{
    return !has_files(&options->sides[SIDE_BASE]);
}

static enum status refuse_of_base(const struct plain_options *options, struct err *err)
{
    const struct plain_side *base = &options->sides[SIDE_BASE];
    if (base->binary.len == 0 && base->requests.len == 0)
        return STATUS_OK;
    return err_set(err, STATUS_USAGE,
                   "--base-%s is of a baseline, and no --base was given: give its profiles as well",
                   base->binary.len > 0 ? "binary" : "requests");
}

enum status plain_compare(struct session *session, const struct plain_options *options,
                          struct err *err)
{
    struct comparison_profiles sides[SIDES];
    struct arena *arena = &session->arena;
    bool is_alone = plain_is_alone(options);
    if (is_alone ? refuse_of_base(options, err) : refuse_lone(options, err))
        return err->status;
    for (int side = 0; side < SIDES; side++) {
        sides[side] = (struct comparison_profiles){0};
        if (is_alone && side == SIDE_BASE)
            continue;
        const struct plain_side *named = &options->sides[side];
        const struct plain_source source = {
            .files = named->files,
            .binary = named->binary,
            .requests = named->requests.len ? named->requests : options->requests,
        };
        if (plain_files_read(&sides[side], arena, &source, err))
            return err_wrap(err, "%s", side_name((enum side)side));
    }
    session->comparisons = ARENA_NEW(arena, struct comparison);
    session->comparison_count = 1;
    return comparison_of_profiles(session->comparisons, arena, sides, &session->hints, err);
}

static enum status read_policy(struct session *session, struct str policy_file, struct err *err)
{
    struct bytes text = {0};
    session->recording.policy_name = STR("default policy");
    if (policy_file.len == 0)
        return policy_default(&session->policy, &session->arena, err);
    session->recording.policy_name = policy_file;
    if (io_read_file(&text, &session->arena, policy_file, YAML_BYTES_MAX, err)) {
        err->status = STATUS_POLICY;
        return err_wrap(err, "policy");
    }
    return policy_parse(&session->policy, &session->arena, policy_file, text, err);
}

static bool is_of_allocation(const struct rule *rule)
{
    return rule->metric == METRIC_ALLOC_SPACE || rule->metric == METRIC_ALLOC_OBJECTS;
}

static bool is_per_request(const struct quantity *quantity)
{
    return quantity->set && quantity->per_request;
}

/*
 * Of whole profiles no amount per request is known. A limit of one cannot
 * be judged; a floor only spares small growth, so without it the rule is
 * stricter, and says so.
 */
static enum status drop_per_request(struct session *session, struct err *err)
{
    struct comparison *comparison = session->comparisons;
    struct str dropped = {"", 0};
    for (size_t i = 0; i < session->policy.rule_count; i++) {
        struct rule *rule = &session->policy.rules[i];
        bool is_left_out =
            (session->budgets || comparison->alone.len > 0) && !rule_limits_value(rule);
        if (!is_of_allocation(rule) || is_left_out)
            continue;
        struct str origin = origin_text(&session->arena, &rule->origin);
        if (is_per_request(&rule->max_increase) || is_per_request(&rule->max)) {
            return err_set(err, STATUS_USAGE,
                           "%.*s limits %s per request, and nobody knows how many requests the "
                           "profiles cover; say so with --requests N",
                           STR_ARGS(origin), metric_name(rule->metric));
        }
        if (!is_per_request(&rule->floor))
            continue;
        rule->floor.set = false;
        if (dropped.len == 0)
            dropped = origin;
    }
    if (dropped.len) {
        comparison_note(comparison, &session->arena,
                        "floors per request do not apply without --requests (%.*s), so small "
                        "growth counts as well",
                        STR_ARGS(dropped));
    }
    return STATUS_OK;
}

enum status plain_judge(struct session *session, const struct plain_options *options,
                        struct str policy_file, struct err *err)
{
    if (read_policy(session, policy_file, err))
        return err->status;
    session_take_hints(session);
    if ((session->budgets || plain_is_alone(options)) && session_need_budget(session, err))
        return err->status;
    if (plain_compare(session, options, err))
        return err->status;
    if (session->comparisons->is_per_profile && drop_per_request(session, err))
        return err->status;
    struct judge_input input = {
        .policy = &session->policy,
        .comparisons = session->comparisons,
        .comparison_count = 1,
        .plain = true,
        .budgets = session->budgets,
    };
    return judge(&session->judgement, &session->arena, &input, err);
}
