#include "gate/policy/keys.h"

enum status trials_check(struct reader *reader, void *target, const struct yaml_node *node)
{
    struct trial_plan *trials = target;
    /* Policies that limit the trials are older than the duet, and its default is above some of them. */
    trials->duet = trials->duet < trials->max ? trials->duet : trials->max;
    uint32_t least = trials->exact > trials->steady ? trials->exact : trials->steady;
    if (trials->max >= least)
        return STATUS_OK;
    return reader_refuse(reader, node, "max is %u, less than the %u trials of one phase",
                         trials->max, least);
}

/* True when an argument or a variable of the service holds the text. */
static bool is_told(const struct scenario_service *service, struct str text)
{
    for (size_t i = 0; i < service->args.len; i++) {
        if (str_contains(service->args.items[i], text))
            return true;
    }
    for (size_t i = 0; i < service->env_len; i++) {
        if (str_contains(service->env[i].value, text))
            return true;
    }
    return false;
}

static enum status check_address(struct reader *reader, struct scenario_service *service,
                                 const struct yaml_node *node)
{
    bool has_address = is_told(service, STR("${ADDR}")) || is_told(service, STR("${PORT}"));
    service->has_socket = is_told(service, STR("${SOCKET}"));
    if (has_address && service->has_socket) {
        return reader_refuse(reader, node,
                             "args and env of service hold ${SOCKET} and ${ADDR} or ${PORT}: the "
                             "load goes to one of them; a second listener has ${PPROF_ADDR}");
    }
    if (!has_address && !service->has_socket) {
        return reader_refuse(reader, node,
                             "neither args nor env of service holds ${ADDR} or ${PORT} (or "
                             "${SOCKET}): the service would not learn where to listen");
    }
    return STATUS_OK;
}

/* Leaves the path alone in *path. */
static bool cut_second(struct str *path)
{
    static const struct str prefix = STR_INIT(POLICY_SECOND_LISTENER);
    bool is_second = str_starts_with(*path, prefix);
    if (is_second)
        *path = str_slice(*path, prefix.len, path->len);
    return is_second;
}

static enum status check_second(struct reader *reader, struct scenario_service *service,
                                const struct yaml_node *node)
{
    service->ready_is_second = cut_second(&service->ready);
    service->pprof_is_second = cut_second(&service->pprof);
    bool is_asked = service->ready_is_second || service->pprof_is_second;
    if (!is_asked || is_told(service, STR("${PPROF_ADDR}")) ||
        is_told(service, STR("${PPROF_PORT}")))
        return STATUS_OK;
    return reader_refuse(reader, node,
                         "neither args nor env of service holds ${PPROF_ADDR} or ${PPROF_PORT}: "
                         "the service would not learn where its second listener is asked");
}

static enum status check_service(struct reader *reader, struct scenario_service *service,
                                 const struct yaml_node *node)
{
    if (check_address(reader, service, node) || check_second(reader, service, node))
        return reader->err->status;
    return STATUS_OK;
}

static enum status check_gotest(struct reader *reader, const struct yaml_node *node)
{
    static const char *const others[] = {"service", "load"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        const struct yaml_node *other = yaml_get(node, others[i]);
        if (other) {
            return reader_refuse(reader, other,
                                 "a scenario has either gotest or service and load; remove %s",
                                 others[i]);
        }
    }
    const struct yaml_node *package = yaml_get(yaml_get(node, "build"), "package");
    return package ? reader_refuse(reader, package,
                                   "a gotest scenario names its package below gotest; remove this")
                   : STATUS_OK;
}

enum status scenario_check(struct reader *reader, void *target, const struct yaml_node *node)
{
    struct scenario *scenario = target;
    bool is_command = scenario->load.driver == LOAD_COMMAND;
    scenario->driver = is_command ? DRIVER_COMMAND : DRIVER_HTTP;
    if (yaml_get(node, "gotest"))
        scenario->driver = DRIVER_GOTEST;
    if (scenario->trace && scenario->driver != DRIVER_HTTP) {
        return reader_refuse(reader, yaml_get(node, "trace"),
                             "trace needs a load that memgate sends itself (load.driver http): the "
                             "trace is of some seconds more of it; remove this");
    }
    if (scenario->driver == DRIVER_GOTEST)
        return check_gotest(reader, node);
    const struct yaml_node *service = yaml_get(node, "service");
    return check_service(reader, &scenario->service, service ? service : node);
}
