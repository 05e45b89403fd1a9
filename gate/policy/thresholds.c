#include "gate/policy/keys.h"

/* The floors are those of the default policy: below them a percentage is noise. */
#define FLOOR_BYTES_PER_REQUEST 64
#define FLOOR_P99_NS            1000000
#define FLOOR_OP_NS             100
#define FLOOR_RSS_BYTES         (16 * 1024 * 1024)
#define FLOOR_MAP_SHARE         0.01

#define BYTES_PER_MB      1e6
#define RATIO_PER_PERCENT 0.01

/* Of a focus function where alloc_delta_percent does not say it. */
#define FOCUS_PERCENT 5

enum level { LEVEL_SCENARIO, LEVEL_FUNCTIONS };

/* A rule that a threshold stands for. */
struct expansion {
    size_t limit_offset; /* in struct thresholds */
    enum metric metric;
    enum level level;
    bool of_maps;
    bool in_mb; /* growth over the load; else percent */
    struct quantity floor;
    struct ratio floor_share;
};

static const struct expansion expansions[] = {
    {.limit_offset = offsetof(struct thresholds, alloc_percent),
     .metric = METRIC_ALLOC_SPACE,
     .floor = {.set = true, .per_request = true, .value = FLOOR_BYTES_PER_REQUEST}},
    {.limit_offset = offsetof(struct thresholds, heap_alloc_mb),
     .metric = METRIC_ALLOC_SPACE,
     .level = LEVEL_FUNCTIONS,
     .in_mb = true},
    {.limit_offset = offsetof(struct thresholds, map_alloc_percent),
     .metric = METRIC_ALLOC_SPACE,
     .of_maps = true,
     .floor_share = {.set = true, .value = FLOOR_MAP_SHARE}},
    {.limit_offset = offsetof(struct thresholds, map_alloc_percent),
     .metric = METRIC_ALLOC_SPACE,
     .level = LEVEL_FUNCTIONS,
     .of_maps = true,
     .floor_share = {.set = true, .value = FLOOR_MAP_SHARE}},
    {.limit_offset = offsetof(struct thresholds, p99_percent),
     .metric = METRIC_P99,
     .floor = {.set = true, .value = FLOOR_P99_NS}},
    {.limit_offset = offsetof(struct thresholds, p99_percent),
     .metric = METRIC_NS_PER_OP,
     .floor = {.set = true, .value = FLOOR_OP_NS}},
    {.limit_offset = offsetof(struct thresholds, rss_percent),
     .metric = METRIC_RSS_P95,
     .floor = {.set = true, .value = FLOOR_RSS_BYTES}},
    {.limit_offset = offsetof(struct thresholds, cpu_percent), .metric = METRIC_CPU},
};

static const struct limit *limit_of(const struct thresholds *thresholds,
                                    const struct expansion *expansion)
{
    const void *at = (const char *)thresholds + expansion->limit_offset;
    return at;
}

static struct rule expand(const struct expansion *expansion, const struct limit *limit,
                          struct str_list maps)
{
    struct rule rule = {.metric = expansion->metric,
                        .floor = expansion->floor,
                        .floor_share = expansion->floor_share,
                        .severity = SEVERITY_BLOCK,
                        .origin = limit->origin};
    if (expansion->level == LEVEL_FUNCTIONS)
        rule.selector = (struct selector){.func = STR("*"), .each_function = true};
    if (expansion->of_maps)
        rule.selector.kinds = maps;
    if (expansion->in_mb) {
        rule.max_increase = (struct quantity){.set = true, .value = limit->value * BYTES_PER_MB};
    } else {
        rule.max_increase_percent =
            (struct ratio){.set = true, .value = limit->value * RATIO_PER_PERCENT};
    }
    return rule;
}

/* A focus function has the limit of the whole scenario, found by the same row of the table. */
static struct rule expand_focus(const struct thresholds *thresholds, struct arena *arena,
                                const struct focus *focus)
{
    const struct limit limit = {
        .value = thresholds->alloc_percent.set ? thresholds->alloc_percent.value : FOCUS_PERCENT,
        .origin = focus->origin};
    struct rule rule = expand(&expansions[0], &limit, (struct str_list){0});
    rule.selector.func = focus->func;
    rule.selector.func_key = selector_key(arena, focus->func);
    return rule;
}

struct rule *thresholds_expand(const struct thresholds *thresholds, struct arena *arena,
                               size_t *out_len)
{
    struct str *map = ARENA_NEW(arena, struct str);
    struct rule *rules =
        ARENA_ARRAY(arena, struct rule, ARRAY_LEN(expansions) + thresholds->focus_len);
    size_t len = 0;
    *map = STR("map");
    for (size_t i = 0; i < ARRAY_LEN(expansions); i++) {
        const struct limit *limit = limit_of(thresholds, &expansions[i]);
        if (limit->set)
            rules[len++] = expand(&expansions[i], limit, (struct str_list){map, 1});
    }
    for (size_t i = 0; i < thresholds->focus_len; i++)
        rules[len++] = expand_focus(thresholds, arena, &thresholds->focus[i]);
    *out_len = len;
    return rules;
}
