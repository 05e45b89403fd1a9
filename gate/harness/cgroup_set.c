#include <errno.h>

#include "gate/base/num.h"
#include "gate/harness/cgroup.h"
#include "gate/harness/cgroup_file.h"

/* Of a quota; what systemd, Docker and Kubernetes take. */
#define PERIOD_US 100000

/* The kernel rounds a limit of memory down to whole pages, of up to 64 KiB. */
#define PAGE_BYTES_MAX ((uint64_t)64 * 1024)

static enum status set_value(struct str dir, const char *name, const char *value, struct err *err)
{
    return cgroup_file_write(dir, name, value) ? STATUS_OK : cgroup_file_refuse(dir, name, err);
}

static enum status not_taken(struct str dir, const char *name, const char *value, struct str have,
                             struct err *err)
{
    return err_set(err, STATUS_INVALID, "%.*s/%s is \"%.*s\" after \"%s\" was written to it",
                   STR_ARGS(dir), name, STR_ARGS(have), value);
}

static enum status set_memory(const struct cgroup_place *place,
                              const struct scenario_limits *limits, struct err *err)
{
    const char *name = place->version == 1 ? "memory.limit_in_bytes" : "memory.max";
    struct cgroup_text text;
    uint64_t have = 0;
    char value[32];
    (void)snprintf(value, sizeof(value), "%llu", (unsigned long long)limits->memory_bytes);
    if (set_value(place->dir, name, value, err))
        return err->status;
    struct str back = cgroup_file_read(&text, place->dir, name);
    if (!num_parse_u64(&have, back) || have > limits->memory_bytes ||
        limits->memory_bytes - have >= PAGE_BYTES_MAX)
        return not_taken(place->dir, name, value, back, err);
    /* Kernels may come without swap: then there is nothing to deny. What is killed goes whole. */
    if (place->version == 1) {
        (void)cgroup_file_write(place->dir, "memory.memsw.limit_in_bytes", value);
    } else {
        (void)cgroup_file_write(place->dir, "memory.swap.max", "0");
        (void)cgroup_file_write(place->dir, "memory.oom.group", "1");
    }
    return STATUS_OK;
}

static enum status set_cpu(const struct cgroup_place *place, const struct scenario_limits *limits,
                           struct err *err)
{
    const char *name = place->version == 1 ? "cpu.cfs_quota_us" : "cpu.max";
    struct cgroup_text text;
    char value[64];
    char period[32];
    long long quota_us = (long long)(limits->cpus * PERIOD_US + 0.5);
    (void)snprintf(period, sizeof(period), "%d", PERIOD_US);
    if (place->version == 1) {
        (void)snprintf(value, sizeof(value), "%lld", quota_us);
        if (set_value(place->dir, "cpu.cfs_period_us", period, err))
            return err->status;
    } else {
        (void)snprintf(value, sizeof(value), "%lld %s", quota_us, period);
    }
    if (set_value(place->dir, name, value, err))
        return err->status;
    struct str back = cgroup_file_read(&text, place->dir, name);
    return str_equal_text(back, value) ? STATUS_OK : not_taken(place->dir, name, value, back, err);
}

/* In version 1 a new group has no memory nodes; those of the one above it will do. */
static enum status copy_nodes(struct str dir, struct err *err)
{
    struct cgroup_text text;
    struct cgroup_path above;
    (void)snprintf(above.text, sizeof(above.text), "%.*s/..", STR_ARGS(dir));
    struct str nodes = cgroup_file_read(&text, str_from(above.text), "cpuset.mems");
    char value[CGROUP_TEXT_BYTES_MAX];
    (void)snprintf(value, sizeof(value), "%.*s", STR_ARGS(nodes));
    return set_value(dir, "cpuset.mems", value, err);
}

/* CPUs that are not there are left out by version 2, or all are given instead. */
static uint64_t count_cpus(struct str list)
{
    struct str part;
    uint64_t count = 0;
    while (str_split(&list, ',', &part)) {
        uint64_t first = 0;
        uint64_t last = 0;
        struct str low = {0};
        bool is_range = str_find(part, '-') >= 0;
        (void)str_split(&part, '-', &low);
        if (!num_parse_u64(&first, low) || (is_range && !num_parse_u64(&last, part)))
            return 0;
        count += is_range ? last - first + 1 : 1;
    }
    return count;
}

static enum status set_cpuset(const struct cgroup_place *place,
                              const struct scenario_limits *limits, struct err *err)
{
    const char *name = place->version == 1 ? "cpuset.effective_cpus" : "cpuset.cpus.effective";
    struct cgroup_text text;
    char value[CGROUP_TEXT_BYTES_MAX];
    (void)snprintf(value, sizeof(value), "%.*s", STR_ARGS(limits->cpuset));
    if (place->version == 1 && copy_nodes(place->dir, err))
        return err->status;
    if (!cgroup_file_write(place->dir, "cpuset.cpus", value)) {
        return err_set(err, STATUS_INVALID, "the service cannot be held to CPUs %s: %s", value,
                       strerror(errno));
    }
    struct str back = cgroup_file_read(&text, place->dir, name);
    if (count_cpus(back) != count_cpus(limits->cpuset)) {
        return err_set(err, STATUS_INVALID,
                       "the service cannot be held to CPUs %s: of them it would get \"%.*s\"",
                       value, STR_ARGS(back));
    }
    return STATUS_OK;
}

enum status cgroup_set(const struct cgroup_place *place, enum cgroup_controller controller,
                       const struct scenario_limits *limits, struct err *err)
{
    static enum status (*const setters[CGROUP_CONTROLLERS])(
        const struct cgroup_place *place, const struct scenario_limits *limits, struct err *err) = {
        [CGROUP_MEMORY] = set_memory,
        [CGROUP_CPU] = set_cpu,
        [CGROUP_CPUSET] = set_cpuset,
    };
    return setters[controller](place, limits, err);
}
