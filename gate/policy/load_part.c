#include "gate/policy/policy.h"

/* Room for the keys below. */
enum { PARTS_MAX = 32 };

struct parts {
    struct arena *arena;
    const char *names[PARTS_MAX];
    struct str values[PARTS_MAX];
    size_t len;
};

static void add_str(struct parts *parts, const char *name, struct str value)
{
    assert(parts->len < PARTS_MAX);
    parts->names[parts->len] = name;
    parts->values[parts->len++] = value;
}

static void add_count(struct parts *parts, const char *name, uint64_t value)
{
    add_str(parts, name, str_format(parts->arena, "%llu", (unsigned long long)value));
}

static void add_number(struct parts *parts, const char *name, double value)
{
    add_str(parts, name, str_format(parts->arena, "%.17g", value));
}

/* With the length of each, so that no two lists are written alike. */
static void add_list(struct parts *parts, const char *name, const struct str_list *list)
{
    struct str text = {"", 0};
    for (size_t i = 0; i < list->len; i++) {
        text = str_format(parts->arena, "%.*s%zu:%.*s,", STR_ARGS(text), list->items[i].len,
                          STR_ARGS(list->items[i]));
    }
    add_str(parts, name, text);
}

static void add_env(struct parts *parts, const char *name, const struct env_var *env, size_t len)
{
    struct str_list list = {ARENA_ARRAY(parts->arena, struct str, 2 * len + 1), 0};
    for (size_t i = 0; i < len; i++) {
        list.items[list.len++] = env[i].name;
        list.items[list.len++] = env[i].value;
    }
    add_list(parts, name, &list);
}

static void add_service(struct parts *parts, const struct scenario_service *service)
{
    add_list(parts, "service.args", &service->args);
    add_env(parts, "service.env", service->env, service->env_len);
    add_str(parts, "service.ready", service->ready);
    add_str(parts, "service.tls.server_name", service->tls.server_name);
    add_count(parts, "service.limits.memory", service->limits.memory_bytes);
    add_number(parts, "service.limits.cpus", service->limits.cpus);
    add_str(parts, "service.limits.cpuset", service->limits.cpuset);
}

static void add_load(struct parts *parts, const struct scenario_load *load)
{
    add_count(parts, "load.driver", load->driver);
    add_count(parts, "load.warmup", load->warmup);
    add_count(parts, "load.count", load->count);
    add_number(parts, "load.rate", load->rate_per_second);
    add_count(parts, "load.batch", load->batch_ns);
    add_count(parts, "load.protocol", load->protocol);
    add_count(parts, "load.connections", load->connections);
    add_count(parts, "load.streams", load->streams);
    add_count(parts, "load.seed", load->seed);
    add_list(parts, "load.command", &load->command);
    add_list(parts, "load.warmup_command", &load->warmup_command);
    add_env(parts, "load.env", load->env, load->env_len);
    add_count(parts, "load.packets", load->packets);
}

static struct parts parts_of(struct arena *arena, const struct scenario *scenario)
{
    struct parts out = {.arena = arena};
    add_count(&out, "driver", scenario->driver);
    add_str(&out, "build.package", scenario->build.package);
    add_list(&out, "build.flags", &scenario->build.flags);
    add_env(&out, "build.env", scenario->build.env, scenario->build.env_len);
    add_service(&out, &scenario->service);
    add_load(&out, &scenario->load);
    add_str(&out, "gotest.package", scenario->gotest.package);
    add_str(&out, "gotest.bench", scenario->gotest.bench);
    add_count(&out, "gotest.benchtime", scenario->gotest.iterations);
    return out;
}

const char *scenario_other_load(struct arena *arena, const struct scenario *base,
                                const struct scenario *cand)
{
    const struct parts first = parts_of(arena, base);
    const struct parts other = parts_of(arena, cand);
    for (size_t i = 0; i < first.len; i++) {
        if (!str_equal(first.values[i], other.values[i]))
            return first.names[i];
    }
    return NULL;
}
