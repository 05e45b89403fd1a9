#include "gate/compare/pair.h"

#include <math.h>

#include "gate/base/map.h"
#include "gate/compare/pair_steps.h"
#include "gate/fold/fold.h"

/* More functions with one key are a crowd in which no one has a single partner anyway. */
enum { GROUP_MAX = 2000 };

static const struct {
    const char *name;
    const char *text;
} step_rows[PAIR_STEPS] = {
#define X(symbol, name, text) {name, text},
    PAIR_STEP_MAP(X)
#undef X
};

const char *pair_step_name(enum pair_step step)
{
    return step_rows[step].name;
}

const char *pair_step_text(enum pair_step step)
{
    return step_rows[step].text;
}

static struct half half_of(struct arena *arena, const struct intern *names,
                           const struct pair_function *function, struct str module)
{
    struct str key = intern_text(names, function->key);
    struct str file = intern_text(names, function->file);
    struct half out = {
        .function = function,
        .key = key,
        .parts = name_parts_of(arena, key),
        .file = name_module_file(file, module),
        .file_base = str_slice(file, (size_t)(str_find_last(file, '/') + 1), file.len),
        .caller_local = name_local(intern_text(names, function->caller)),
    };
    out.package_plain = name_package_plain(arena, out.parts.package, module);
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
        out.total_bytes += function->bytes[kind];
        out.kinds |= (uint32_t)(fabs(function->bytes[kind]) > 0) << kind;
    }
    return out;
}

/* What names alone leave over: keys that the other side does not have. */
static struct halves leftovers(struct arena *arena, const struct intern *names,
                               const struct pair_side *side, const struct pair_side *other)
{
    struct halves out = {.items = ARENA_ARRAY(arena, struct half, side->len + 1)};
    struct map known;
    uint32_t at = 0;
    map_init(&known);
    for (size_t i = 0; i < other->len; i++)
        (void)map_insert(&known, other->items[i].key.v, (uint32_t)i);
    for (size_t i = 0; i < side->len; i++) {
        const struct pair_function *function = &side->items[i];
        if (!function->stays && !map_find(&known, function->key.v, &at))
            out.items[out.len++] = half_of(arena, names, function, side->module);
    }
    map_release(&known);
    halves_sort_place(arena, &out);
    return out;
}

/* True when the path is the file, or ends in it behind a slash. */
static bool path_ends_in(struct str path, struct str file)
{
    return str_ends_with(path, file) &&
           (path.len == file.len || path.data[path.len - file.len - 1] == '/');
}

enum { WORD_BITS = 64 };

static const uint64_t *renames_of(struct arena *arena, const struct half *half,
                                  const struct pair_hints *hints, bool is_base)
{
    uint64_t *words = NULL;
    for (size_t i = 0; half->file.len > 0 && i < hints->rename_count; i++) {
        const struct record_rename *rename = &hints->renames[i];
        if (!path_ends_in(is_base ? rename->from : rename->to, half->file))
            continue;
        if (!words)
            words = ARENA_ARRAY(arena, uint64_t, hints->rename_count / WORD_BITS + 1);
        words[i / WORD_BITS] |= 1ULL << i % WORD_BITS;
    }
    return words;
}

static void mark_renames(struct matching *matching, const struct pair_hints *hints)
{
    matching->rename_words = hints->rename_count / WORD_BITS + 1;
    for (size_t i = 0; i < matching->base.len; i++) {
        struct half *half = &matching->base.items[i];
        half->renames = renames_of(matching->arena, half, hints, true);
    }
    for (size_t i = 0; i < matching->cand.len; i++) {
        struct half *half = &matching->cand.items[i];
        half->renames = renames_of(matching->arena, half, hints, false);
    }
}

static void use_pair(struct pairs *out, struct arena *arena, struct half *base, struct half *cand,
                     enum pair_step step)
{
    struct pair pair = {base->function->key, cand->function->key, step};
    base->used = true;
    cand->used = true;
    ARENA_PUSH(arena, out->items, out->len, out->cap, pair);
}

/* The halves of one side that share the key of a step, in the order of their names. */
struct group {
    struct half **items;
    size_t len;
};

static int order_step_key(const void *left, const void *right)
{
    const struct half *a = *(const struct half *const *)left;
    const struct half *b = *(const struct half *const *)right;
    int order = str_compare(a->step_key, b->step_key);
    return order ? order : str_compare(a->key, b->key);
}

/* All unused halves that have a key in this step, sorted by it. */
static struct group keyed(struct arena *arena, const struct halves *halves,
                          const struct pair_rule *rule)
{
    struct group out = {ARENA_ARRAY(arena, struct half *, halves->len + 1), 0};
    for (size_t i = 0; i < halves->len; i++) {
        struct half *half = &halves->items[i];
        if (half->used)
            continue;
        half->step_key = rule->key(arena, half);
        if (half->step_key.len > 0)
            out.items[out.len++] = half;
    }
    if (out.len)
        qsort((void *)out.items, out.len, sizeof(struct half *), order_step_key);
    return out;
}

/* The run of equal keys that begins at the offset. */
static struct group run_at(const struct group *all, size_t at)
{
    size_t end = at;
    while (end < all->len && str_equal(all->items[end]->step_key, all->items[at]->step_key))
        end++;
    return (struct group){all->items + at, end - at};
}

static bool fits(const struct matching *matching, const struct pair_rule *rule,
                 const struct half *base, const struct half *cand)
{
    return !base->used && !cand->used && (!rule->accepts || rule->accepts(matching, base, cand));
}

/* Index of the only member that fits, or the length of the group when none or several do. */
static size_t only_fit(const struct matching *matching, const struct pair_rule *rule,
                       const struct half *one, const struct group *among, bool one_is_base)
{
    size_t found = among->len;
    for (size_t i = 0; i < among->len; i++) {
        const struct half *base = one_is_base ? one : among->items[i];
        const struct half *cand = one_is_base ? among->items[i] : one;
        if (!fits(matching, rule, base, cand))
            continue;
        if (found < among->len)
            return among->len;
        found = i;
    }
    return found;
}

static void pair_groups(struct pairs *out, const struct matching *matching,
                        const struct pair_rule *rule, const struct group *base,
                        const struct group *cand)
{
    if (base->len > GROUP_MAX || cand->len > GROUP_MAX)
        return;
    for (size_t i = 0; i < base->len; i++) {
        size_t to = only_fit(matching, rule, base->items[i], cand, true);
        if (to < cand->len && only_fit(matching, rule, cand->items[to], base, false) == i)
            use_pair(out, matching->arena, base->items[i], cand->items[to], rule->step);
    }
}

/* Merges the sorted halves of both sides group by group. */
static void pair_step(struct pairs *out, struct matching *matching, const struct pair_rule *rule)
{
    struct group base = keyed(matching->arena, &matching->base, rule);
    struct group cand = keyed(matching->arena, &matching->cand, rule);
    size_t i = 0;
    size_t j = 0;
    while (i < base.len && j < cand.len) {
        int order = str_compare(base.items[i]->step_key, cand.items[j]->step_key);
        struct group base_run = run_at(&base, i);
        struct group cand_run = run_at(&cand, j);
        if (order == 0)
            pair_groups(out, matching, rule, &base_run, &cand_run);
        i += order <= 0 ? base_run.len : 0;
        j += order >= 0 ? cand_run.len : 0;
    }
}

/* The half whose key is what a person wrote, in pprof's spelling or the normalised one. */
static struct half *half_named(struct arena *arena, const struct halves *halves, struct str name)
{
    struct str key = pair_key(arena, name);
    for (size_t i = 0; i < halves->len; i++) {
        struct half *half = &halves->items[i];
        if (!half->used && (str_equal(half->key, key) || str_equal(half->key, name)))
            return half;
    }
    return NULL;
}

static void pair_hinted(struct pairs *out, struct matching *matching,
                        const struct pair_hints *hints)
{
    for (size_t i = 0; i < hints->len; i++) {
        struct half *base = half_named(matching->arena, &matching->base, hints->items[i].from);
        struct half *cand = half_named(matching->arena, &matching->cand, hints->items[i].to);
        if (base && cand)
            use_pair(out, matching->arena, base, cand, PAIR_STEP_POLICY);
    }
}

void pair_functions(struct pairs *out, struct arena *arena, const struct intern *names,
                    const struct pair_side *base, const struct pair_side *cand,
                    const struct pair_hints *hints)
{
    struct matching matching = {
        .arena = arena,
        .base = leftovers(arena, names, base, cand),
        .cand = leftovers(arena, names, cand, base),
    };
    mark_renames(&matching, hints);
    pair_hinted(out, &matching, hints);
    for (size_t i = 0; i < pair_rule_count; i++)
        pair_step(out, &matching, &pair_rules[i]);
}
