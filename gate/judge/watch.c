#include "gate/judge/watch.h"

#include "gate/base/map.h"
#include "gate/base/name.h"

/* A successor's names, and whether it took a place that nobody holds any more. */
struct heir {
    struct str from;
    struct str from_key;
    struct str to;
    struct str to_key;
    bool inherits;
};

/* A rule about functions of this scenario, whatever kinds it limits. */
struct watched {
    struct rule whole;
    size_t rule; /* index */
};

struct watching {
    struct arena *arena;
    struct watch *out;
    struct heir *heirs;
    size_t heir_count;
    struct watched *watched; /* those with an exact name last */
    size_t watched_count;
    size_t pattern_count;
    struct map exact; /* hashes of the exact names and their keys */
};

/* What is done with each function of a side. */
typedef void (*visitor)(struct watching *watching, enum side side, const struct subject *subject);

/* "example.com/orders/cmd/orders.run" of main.run: package main has the same name in every program. */
static struct str main_spelling(struct arena *arena, const struct record_program *program,
                                struct str func)
{
    return str_format(arena, "%.*s.%.*s", STR_ARGS(program->package), STR_ARGS(name_local(func)));
}

static void name_main(struct subject *subject, struct arena *arena,
                      const struct record_program *program)
{
    if (!str_equal(subject->package, STR("main")) || program->package.len == 0)
        return;
    subject->main_package = program->package;
    subject->main_func = main_spelling(arena, program, subject->func);
    subject->main_key = name_key(subject->main_func, arena);
}

/* True when a name that a person wrote, or its key, is the function's. */
static bool is_called(const struct subject *subject, struct str name, struct str key)
{
    const struct str names[] = {subject->func, subject->normal, subject->key, subject->main_func,
                                subject->main_key};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].len > 0 && (str_equal(names[i], name) || str_equal(names[i], key)))
            return true;
    }
    return false;
}

static void add_name(struct str_list *names, struct arena *arena, struct str key)
{
    /* Few functions have any, and those few have one or two. */
    struct str *items = ARENA_ARRAY(arena, struct str, names->len + 1);
    if (names->len > 0)
        memcpy(items, names->items, names->len * sizeof(*items));
    items[names->len] = key;
    *names = (struct str_list){items, names->len + 1};
}

/* What rules that were written for the baseline call a function of the candidate. */
static void add_formers(struct subject *subject, struct arena *arena,
                        const struct watching *watching, struct str base_func)
{
    const struct record_program *programs = watching->out->comparison->record->programs;
    if (base_func.len > 0)
        add_name(&subject->former, arena, name_key(base_func, arena));
    if (subject->main_func.len > 0 &&
        !str_equal(programs[SIDE_BASE].package, programs[SIDE_CAND].package)) {
        struct str main = main_spelling(arena, &programs[SIDE_BASE], subject->func);
        add_name(&subject->former, arena, name_key(main, arena));
    }
    for (size_t i = 0; i < watching->heir_count; i++) {
        const struct heir *heir = &watching->heirs[i];
        if (heir->inherits && is_called(subject, heir->to, heir->to_key))
            add_name(&subject->former, arena, heir->from_key);
    }
}

/* The names of one function of a program; normal and key are up to the caller. */
static struct subject function_subject(struct arena *arena, const struct comparison *comparison,
                                       enum side side, struct str func)
{
    struct subject out = {
        .scenario = comparison->scenario, .func = func, .package = name_package(func)};
    name_main(&out, arena, &comparison->record->programs[side]);
    return out;
}

static struct subject row_subject(const struct watching *watching, const struct comparison_row *row)
{
    const struct comparison *comparison = watching->out->comparison;
    struct subject out = {.scenario = comparison->scenario};
    if (row_is_of_function(row)) {
        out = function_subject(watching->arena, comparison, SIDE_CAND, row->func);
        out.normal = row->normal;
        out.key = row->key;
        out.file = row->file;
        out.other_file = row->other_file;
    }
    if (row->level == ROW_KIND || row->level == ROW_FUNCTION_KIND)
        out.kind = str_from(alloc_kind_name(row->kind));
    return out;
}

static void visit_rows(struct watching *watching, enum side side, visitor visit)
{
    const struct comparison *comparison = watching->out->comparison;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        double value = side == SIDE_BASE ? row->estimate.base : row->estimate.cand;
        if (row->level == ROW_FUNCTION && value > 0)
            visit(watching, side, &watching->out->subjects[i]);
    }
}

static void visit_executable(struct watching *watching, enum side side, visitor visit)
{
    const struct comparison *comparison = watching->out->comparison;
    const struct record_program *program = &comparison->record->programs[side];
    for (size_t i = 0; i < program->function_count; i++) {
        struct arena scratch;
        arena_init(&scratch);
        struct subject subject =
            function_subject(&scratch, comparison, side, program->functions[i]);
        subject.key = name_key(subject.func, &scratch);
        subject.normal = name_normal(subject.key, &scratch);
        if (side == SIDE_CAND)
            add_formers(&subject, &scratch, watching, (struct str){"", 0});
        visit(watching, side, &subject);
        arena_release(&scratch);
    }
}

static void keep_place(struct watching *watching, enum side side, const struct subject *subject)
{
    (void)side;
    for (size_t i = 0; i < watching->heir_count; i++) {
        struct heir *heir = &watching->heirs[i];
        heir->inherits = heir->inherits && !is_called(subject, heir->from, heir->from_key);
    }
}

/* A successor inherits nothing while the function that it is to follow is still there. */
static void find_heirs(struct watching *watching)
{
    const struct policy *policy = watching->out->policy;
    struct arena *arena = watching->arena;
    watching->heirs = ARENA_ARRAY(arena, struct heir, policy->successor_count + 1);
    for (size_t i = 0; i < policy->successor_count; i++) {
        const struct successor *row = &policy->successors[i];
        watching->heirs[watching->heir_count++] =
            (struct heir){row->from, name_key(row->from, arena), row->to, name_key(row->to, arena),
                          .inherits = true};
    }
    if (watching->heir_count == 0)
        return;
    visit_rows(watching, SIDE_CAND, keep_place);
    visit_executable(watching, SIDE_CAND, keep_place);
}

static bool names_functions(const struct selector *selector)
{
    return (selector->func.len > 0 && !selector->each_function) || selector->package.len > 0 ||
           selector->file.len > 0;
}

static void add_watched(struct watching *watching, bool exact)
{
    const struct policy *policy = watching->out->policy;
    for (size_t i = 0; i < policy->rule_count; i++) {
        struct watched watched = {policy->rules[i], i};
        const struct selector *selector = &policy->rules[i].selector;
        if (!names_functions(selector) || (selector->func_key.len > 0) != exact)
            continue;
        watched.whole.selector.kinds = (struct str_list){0};
        watching->watched[watching->watched_count++] = watched;
        if (!exact)
            continue;
        (void)map_insert(&watching->exact, hash_str(selector->func), 0);
        (void)map_insert(&watching->exact, hash_str(selector->func_key), 0);
    }
}

static void list_watched(struct watching *watching)
{
    size_t most = watching->out->policy->rule_count + 1;
    watching->watched = ARENA_ARRAY(watching->arena, struct watched, most);
    add_watched(watching, false);
    watching->pattern_count = watching->watched_count;
    add_watched(watching, true);
}

static bool has_exact_one(const struct watching *watching, const struct str_list *names)
{
    uint32_t at = 0;
    for (size_t i = 0; i < names->len; i++) {
        if (map_find(&watching->exact, hash_str(names->items[i]), &at))
            return true;
    }
    return false;
}

/* Programs have hundreds of thousands of functions, of which rules name a few. */
static bool has_exact_name(const struct watching *watching, const struct subject *subject)
{
    const struct str names[] = {subject->func, subject->normal, subject->key, subject->main_func,
                                subject->main_key};
    uint32_t at = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (map_find(&watching->exact, hash_str(names[i]), &at))
            return true;
    }
    return has_exact_one(watching, &subject->former);
}

static void mark_there(struct watching *watching, enum side side, const struct subject *subject)
{
    size_t count =
        has_exact_name(watching, subject) ? watching->watched_count : watching->pattern_count;
    for (size_t i = 0; i < count; i++) {
        const struct watched *watched = &watching->watched[i];
        enum presence *presence = &watching->out->presence[side][watched->rule];
        if (*presence != PRESENCE_THERE &&
            rule_matches(&watched->whole, watched->whole.metric, subject))
            *presence = PRESENCE_THERE;
    }
}

/* The executable's list has no files: a name in it is enough for a rule that has both. */
static void forget_files(struct watching *watching)
{
    for (size_t i = 0; i < watching->watched_count; i++) {
        struct selector *selector = &watching->watched[i].whole.selector;
        if (selector->func.len > 0)
            selector->file = (struct str){"", 0};
    }
}

/* No list of functions has those of the toolchain, which no change of the program removes. */
static bool is_listed(const struct rule *rule)
{
    return rule->selector.func_key.len == 0 || !name_is_toolchain(rule->selector.func);
}

static bool any_missing(const struct watching *watching, enum side side)
{
    for (size_t i = 0; i < watching->watched_count; i++) {
        if (watching->out->presence[side][watching->watched[i].rule] != PRESENCE_THERE)
            return true;
    }
    return false;
}

/* Only what does not allocate needs the long list of the executable. */
static void find_presence(struct watching *watching)
{
    const struct watch *out = watching->out;
    for (int side = 0; side < SIDES; side++)
        visit_rows(watching, (enum side)side, mark_there);
    forget_files(watching);
    for (int side = 0; side < SIDES; side++) {
        bool has_list = out->comparison->record->programs[side].has_functions;
        if (any_missing(watching, (enum side)side))
            visit_executable(watching, (enum side)side, mark_there);
        for (size_t i = 0; i < watching->watched_count; i++) {
            const struct watched *watched = &watching->watched[i];
            enum presence *presence = &out->presence[side][watched->rule];
            if (*presence == PRESENCE_GONE && (!has_list || !is_listed(&watched->whole)))
                *presence = PRESENCE_UNKNOWN;
        }
    }
}

void watch_init(struct watch *out, struct arena *arena, const struct policy *policy,
                const struct comparison *comparison)
{
    struct watching watching = {.arena = arena, .out = out};
    *out = (struct watch){.policy = policy, .comparison = comparison};
    out->subjects = ARENA_ARRAY(arena, struct subject, comparison->row_count + 1);
    for (int side = 0; side < SIDES; side++)
        out->presence[side] = ARENA_ARRAY(arena, enum presence, policy->rule_count + 1);
    for (size_t i = 0; i < comparison->row_count; i++)
        out->subjects[i] = row_subject(&watching, &comparison->rows[i]);
    find_heirs(&watching);
    for (size_t i = 0; i < comparison->row_count; i++) {
        if (row_is_of_function(&comparison->rows[i]))
            add_formers(&out->subjects[i], arena, &watching, comparison->rows[i].base_func);
    }
    map_init(&watching.exact);
    list_watched(&watching);
    find_presence(&watching);
    map_release(&watching.exact);
}

bool watch_knows(const struct watch *watch, const struct rule *rule)
{
    size_t at = (size_t)(rule - watch->policy->rules);
    return watch->presence[SIDE_BASE][at] == PRESENCE_THERE ||
           watch->presence[SIDE_CAND][at] == PRESENCE_THERE;
}

struct str watch_example(const struct watch *watch, struct arena *arena, const struct rule *rule)
{
    const struct comparison *comparison = watch->comparison;
    const struct record_program *program = &comparison->record->programs[SIDE_CAND];
    struct rule any = *rule;
    struct str found = STR("");
    any.selector.kinds = (struct str_list){0};
    any.selector.file = (struct str){"", 0};
    for (size_t i = 0; i < program->function_count && found.len == 0; i++) {
        struct arena scratch;
        arena_init(&scratch);
        struct subject subject =
            function_subject(&scratch, comparison, SIDE_CAND, program->functions[i]);
        subject.key = name_key(subject.func, &scratch);
        subject.normal = name_normal(subject.key, &scratch);
        if (rule_matches(&any, any.metric, &subject))
            found = str_copy(arena, program->functions[i]);
        arena_release(&scratch);
    }
    return found;
}

static bool is_same_toolchain(const struct comparison *comparison)
{
    const struct record_program *programs = comparison->record->programs;
    return programs[SIDE_BASE].go_version.len > 0 &&
           str_equal(programs[SIDE_BASE].go_version, programs[SIDE_CAND].go_version);
}

/* An exact name of this scenario that the baseline has, and the candidate perhaps has not. */
static bool is_missed(const struct watch *watch, size_t at)
{
    const struct rule *rule = &watch->policy->rules[at];
    bool here = rule_is_of_scenario(rule, watch->comparison->scenario);
    bool is_kept = !is_listed(rule) && is_same_toolchain(watch->comparison);
    return here && rule->selector.func_key.len > 0 && !is_kept &&
           watch->presence[SIDE_BASE][at] == PRESENCE_THERE &&
           watch->presence[SIDE_CAND][at] != PRESENCE_THERE;
}

/* Rules on several metrics of one function say it once. */
static bool is_said(const struct watch *watch, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (str_equal(watch->policy->rules[i].selector.func,
                      watch->policy->rules[at].selector.func) &&
            is_missed(watch, i))
            return true;
    }
    return false;
}

static struct str missed_text(struct arena *arena, const struct watch *watch, size_t at)
{
    const struct rule *rule = &watch->policy->rules[at];
    struct str origin = origin_text(arena, &rule->origin);
    if (watch->presence[SIDE_CAND][at] == PRESENCE_GONE) {
        return str_format(
            arena,
            "%.*s vanished: %.*s limits it, but the candidate has no such function and none "
            "that took its place; name its successor in the baseline's policy "
            "(successors: [{from: OLD, to: NEW}]) or remove the rule there",
            STR_ARGS(rule->selector.func), STR_ARGS(origin));
    }
    const char *why = is_listed(rule)
                          ? "the functions of the candidate's executable are not known"
                          : "it is a part of the toolchain, which is not known to be the same";
    const char *next = is_listed(rule) ? "record the candidate anew, or give --cand-binary with "
                                         "profiles; else name"
                                       : "name";
    return str_format(arena,
                      "%.*s may have vanished: %.*s limits it, but the candidate %s nothing "
                      "by that name, and %s; %s its successor in the baseline's policy "
                      "(successors: [{from: OLD, to: NEW}]) or remove the rule there",
                      STR_ARGS(rule->selector.func), STR_ARGS(origin),
                      metric_has_kinds(rule->metric) ? "allocates" : "shows", why, next);
}

void watch_vanished(struct str_list *out, struct arena *arena, const struct watch *watch)
{
    out->items = ARENA_ARRAY(arena, struct str, watch->policy->rule_count + 2);
    out->len = 0;
    for (size_t i = 0; i < watch->policy->rule_count; i++) {
        if (is_missed(watch, i) && !is_said(watch, i))
            out->items[out->len++] = missed_text(arena, watch, i);
    }
}
