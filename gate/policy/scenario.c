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

static bool names_address(struct str text)
{
    return str_contains(text, STR("${ADDR}")) || str_contains(text, STR("${PORT}"));
}

static bool service_learns_address(const struct scenario_service *service)
{
    for (size_t i = 0; i < service->args.len; i++) {
        if (names_address(service->args.items[i]))
            return true;
    }
    for (size_t i = 0; i < service->env_len; i++) {
        if (names_address(service->env[i].value))
            return true;
    }
    return false;
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
    if (scenario->driver == DRIVER_GOTEST)
        return check_gotest(reader, node);
    const struct yaml_node *service = yaml_get(node, "service");
    if (!service_learns_address(&scenario->service)) {
        return reader_refuse(reader, service ? service : node,
                             "neither args nor env of service holds ${ADDR} or ${PORT}: "
                             "the service would not learn where to listen");
    }
    return STATUS_OK;
}
