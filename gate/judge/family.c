#include "gate/judge/family.h"

#include "gate/stats/holm.h"

const char *family_group_name(enum family_group group)
{
    static const char *const names[] = {"total", "named", "functions"};
    return names[group];
}

void families_init(struct families *out, struct arena *arena, const double look_alpha[PHASES])
{
    *out = (struct families){.arena = arena};
    memcpy(out->look_alpha, look_alpha, sizeof(out->look_alpha));
}

static enum family_group group_of(const struct rule *rule, const struct comparison_row *row)
{
    if (!row_is_of_function(row))
        return FAMILY_TOTAL;
    return rule->selector.func_key.len > 0 ? FAMILY_NAMED : FAMILY_FUNCTIONS;
}

size_t families_find(struct families *families, const struct rule *rule,
                     const struct comparison_row *row)
{
    enum family_group group = group_of(rule, row);
    struct family key = {
        .group = group,
        .metric = group == FAMILY_TOTAL ? row->metric : (enum metric)0,
        .phase = row->phase,
        .blocks = rule->severity == SEVERITY_BLOCK,
        .look_alpha = families->look_alpha[row->phase],
    };
    for (size_t i = 0; i < families->len; i++) {
        const struct family *other = &families->items[i];
        if (other->group == key.group && other->metric == key.metric && other->phase == key.phase &&
            other->blocks == key.blocks)
            return i;
    }
    ARENA_PUSH(families->arena, families->items, families->len, families->cap, key);
    return families->len - 1;
}

void families_add(struct families *families, size_t family, const struct decide_claim *claims,
                  size_t count)
{
    struct family *item = &families->items[family];
    for (size_t i = 0; i < count; i++) {
        if (claims[i].counts)
            ARENA_PUSH(families->arena, item->p, item->len, item->cap, claims[i].p);
    }
}

void families_close(struct families *families)
{
    for (size_t i = 0; i < families->len; i++) {
        struct family *family = &families->items[i];
        family->level = holm_level(family->p, family->len, family->look_alpha);
    }
}
