#include "gate/policy/keys.h"

/* Enough to fill caches and pools, little against the load itself. */
enum { WARMUP_PART = 10 };

/*
 * At a fixed rate requests shall not wait for each other on a connection:
 * services allow 100 at least (RFC 9113, section 6.5.2, advises so). A
 * closed loop is as wide as it is told to be.
 */
enum { OPEN_STREAMS = 100, CLOSED_STREAMS = 1 };

/* Longer ones are no rate any more. */
#define BATCH_NS_MAX 100000000ULL

#define TOLERANCE_MAX 0.1

static const char *const output_names[] = {
#define X(symbol, name) name,
    LOAD_OUTPUT_MAP(X)
#undef X
};

const char *load_output_name(enum load_output output)
{
    return output_names[output];
}

static enum status check_keys(struct reader *reader, enum load_driver driver,
                              const struct yaml_node *node)
{
    static const char *const names[] = {[LOAD_HTTP] = "http", [LOAD_COMMAND] = "command"};
    for (const struct choice_key *key = load_keys.choice_keys; key->name; key++) {
        const struct yaml_node *value = yaml_get(node, key->name);
        if (value && key->only && key->choice != driver) {
            return reader_refuse(reader, value, "%s is for driver: %s; the driver here is %s",
                                 key->name, names[key->choice], names[driver]);
        }
        if (!value && key->needed && key->choice == driver)
            return reader_refuse(reader, node, "load needs %s: %s", key->name, key->needed);
    }
    return STATUS_OK;
}

static bool list_names(const struct str_list *list, struct str variable)
{
    for (size_t i = 0; i < list->len; i++) {
        if (str_contains(list->items[i], variable))
            return true;
    }
    return false;
}

static bool env_names(const struct scenario_load *load, struct str variable)
{
    for (size_t i = 0; i < load->env_len; i++) {
        if (str_contains(load->env[i].value, variable))
            return true;
    }
    return false;
}

/* In an argument or in the environment, which a script can read. */
static bool command_names(const struct scenario_load *load, const struct str_list *command,
                          const char *variable)
{
    struct str name = str_from(variable);
    return list_names(command, name) || env_names(load, name);
}

static bool any_command_names(const struct scenario_load *load, const char *variable)
{
    return command_names(load, &load->command, variable) ||
           list_names(&load->warmup_command, str_from(variable));
}

static enum status check_argv(struct reader *reader, const struct str_list *command,
                              const struct yaml_node *node, const char *name)
{
    const struct yaml_node *at = yaml_get(node, name);
    if (!at || (command->len > 0 && command->items[0].len > 0))
        return STATUS_OK;
    return reader_refuse(reader, at,
                         "%s names no program; its first item is one, such as "
                         "[hey, -n, \"${COUNT}\", \"http://${ADDR}/\"]",
                         name);
}

static enum status check_output_file(struct reader *reader, const struct scenario_load *load,
                                     const struct yaml_node *node)
{
    struct str rest = load->output_file;
    struct str part;
    bool is_inside = !str_starts_with(rest, STR("/"));
    while (str_split(&rest, '/', &part))
        is_inside = is_inside && !str_equal(part, STR(".."));
    if (!is_inside) {
        return reader_refuse(reader, yaml_get(node, "output_file"),
                             "output_file is a path below ${DIR}, without ${DIR} and \"..\"");
    }
    if (load->output_file.len > 0 && load->output == LOAD_OUTPUT_NONE) {
        return reader_refuse(reader, yaml_get(node, "output_file"),
                             "with output: none no file is read; remove output_file");
    }
    return STATUS_OK;
}

/* Further apart the sides did not have the same load, and a few requests could stand for many. */
static enum status check_tolerance(struct reader *reader, const struct scenario_load *load,
                                   const struct yaml_node *node)
{
    if (load->count_tolerance.value <= TOLERANCE_MAX)
        return STATUS_OK;
    return reader_refuse(reader, yaml_get(node, "count_tolerance"),
                         "count_tolerance is at most 10%%: state count, or have the tool keep a "
                         "rate");
}

/* Each placeholder stands for a key; without it there is nothing to put in. */
static enum status check_variables(struct reader *reader, const struct scenario_load *load,
                                   const struct yaml_node *node)
{
    const struct yaml_node *at = yaml_get(node, "command");
    if (!any_command_names(load, "${ADDR}") && !any_command_names(load, "${PORT}") &&
        !any_command_names(load, "${SOCKET}")) {
        return reader_refuse(reader, at,
                             "neither command nor env holds ${ADDR} or ${PORT} (or ${SOCKET}): the "
                             "tool would not learn where the service listens");
    }
    if (any_command_names(load, "${COUNT}") && load->count == 0)
        return reader_refuse(reader, at, "${COUNT} is put in from count; state count");
    if (any_command_names(load, "${RATE}") && !(load->rate_per_second > 0))
        return reader_refuse(reader, at, "${RATE} is put in from rate; state rate");
    if (load->output == LOAD_OUTPUT_NONE && load->count == 0) {
        return reader_refuse(reader, yaml_get(node, "output"),
                             "with output: none nobody says how many requests were sent, and what "
                             "is counted per request needs that; state count");
    }
    if (load->output == LOAD_OUTPUT_HEY_CSV && load->count_tolerance.value > 0) {
        return reader_refuse(reader, yaml_get(node, "count_tolerance"),
                             "hey leaves requests without an answer out of its CSV: with a "
                             "tolerance they would not be missed; use output: hey");
    }
    if (load->output == LOAD_OUTPUT_HEY_CSV && load->count == 0) {
        return reader_refuse(reader, yaml_get(node, "output"),
                             "hey leaves requests without an answer out of its CSV: state count, "
                             "so that they are missed");
    }
    return STATUS_OK;
}

/* The start of a service is no part of its load: leaving the warm-up out is said, not assumed. */
static enum status check_warmup(struct reader *reader, struct scenario_load *load,
                                const struct yaml_node *node)
{
    const struct yaml_node *warmup = yaml_get(node, "warmup");
    bool has_own = load->warmup_command.len > 0;
    bool can_scale =
        command_names(load, has_own ? &load->warmup_command : &load->command, "${COUNT}");
    if (!warmup && can_scale)
        load->warmup = load->count / WARMUP_PART;
    if (has_own || can_scale || (warmup && load->warmup == 0))
        return STATUS_OK;
    return reader_refuse(reader, warmup ? warmup : yaml_get(node, "command"),
                         "command has no ${COUNT}, so it cannot be run with fewer requests as a "
                         "warm-up: give warmup_command, or write warmup: 0");
}

static enum status check_command(struct reader *reader, struct scenario_load *load,
                                 const struct yaml_node *node)
{
    if (check_argv(reader, &load->command, node, "command") ||
        check_argv(reader, &load->warmup_command, node, "warmup_command") ||
        check_output_file(reader, load, node) || check_variables(reader, load, node) ||
        check_tolerance(reader, load, node))
        return reader->err->status;
    /* Calls of gRPC share the connections that ghz opens, by default one. */
    if (load->output == LOAD_OUTPUT_GHZ && !yaml_get(node, "packets"))
        load->packets = LOAD_PACKETS_SHARED;
    return check_warmup(reader, load, node);
}

static enum status check_batch(struct reader *reader, const struct scenario_load *load,
                               const struct yaml_node *node)
{
    const struct yaml_node *at = yaml_get(node, "batch");
    if (at && load->rate_per_second <= 0)
        return reader_refuse(reader, at, "batch needs a rate: a closed loop has no due times");
    if (load->batch_ns > BATCH_NS_MAX)
        return reader_refuse(reader, at, "batch is at most 100ms");
    return STATUS_OK;
}

static enum status check_streams(struct reader *reader, struct scenario_load *load,
                                 const struct yaml_node *node)
{
    const struct yaml_node *at = yaml_get(node, "streams");
    if (at && load->protocol == PROTOCOL_HTTP1 && load->streams > 1) {
        return reader_refuse(reader, at,
                             "streams are of HTTP/2; with protocol http1 each connection carries "
                             "one request at a time");
    }
    if (!at && load->protocol == PROTOCOL_HTTP2)
        load->streams = load->rate_per_second > 0 ? OPEN_STREAMS : CLOSED_STREAMS;
    if (load->protocol == PROTOCOL_HTTP1)
        load->streams = 1;
    return STATUS_OK;
}

enum status load_check(struct reader *reader, void *target, const struct yaml_node *node)
{
    struct scenario_load *load = target;
    if (check_keys(reader, load->driver, node))
        return reader->err->status;
    if (load->driver == LOAD_COMMAND)
        return check_command(reader, load, node);
    if (check_batch(reader, load, node) || check_streams(reader, load, node))
        return reader->err->status;
    if (!yaml_get(node, "warmup"))
        load->warmup = load->count / WARMUP_PART;
    return STATUS_OK;
}
