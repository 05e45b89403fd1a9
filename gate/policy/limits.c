#include "gate/base/num.h"
#include "gate/policy/keys.h"

/* As many as pinning knows. */
enum { CPUS_MAX = 4096, CPUSET_BYTES_MAX = 256 };

/* The kernel takes quotas from 1 ms on, of periods of 100 ms. */
#define CPUS_MIN 0.01

#define BYTES_MAX 1e15

enum status limits_read_bytes(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node)
{
    double value = 0;
    if (value_check_scalar(reader, key, node))
        return reader->err->status;
    if (unit_parse_bytes(&value, node->text, reader->err))
        return reader_wrap(reader, node);
    if (value < (double)key->min || value > BYTES_MAX) {
        return reader_refuse(reader, node, "%s is from %llu MiB to %.0f TB", key->name,
                             (unsigned long long)key->min >> 20, BYTES_MAX / 1e12);
    }
    *(uint64_t *)value_target(key, base) = (uint64_t)value;
    return STATUS_OK;
}

enum status limits_read_cpus(struct reader *reader, const struct key *key, void *base,
                             const struct yaml_node *node)
{
    double value = 0;
    if (value_check_scalar(reader, key, node))
        return reader->err->status;
    if (unit_parse_number(&value, node->text, reader->err))
        return reader_wrap(reader, node);
    if (value < CPUS_MIN || value > CPUS_MAX)
        return reader_refuse(reader, node, "%s is from %g to %d", key->name, CPUS_MIN, CPUS_MAX);
    *(double *)value_target(key, base) = value;
    return STATUS_OK;
}

/* "3" or "0-3", each above the one before. */
static bool take_range(struct str part, uint64_t *next)
{
    struct str low = {0};
    uint64_t first = 0;
    uint64_t last = 0;
    (void)str_split(&part, '-', &low);
    if (!num_parse_u64(&first, low))
        return false;
    last = first;
    bool is_range = part.data != NULL && part.len > 0;
    if (is_range && !num_parse_u64(&last, part))
        return false;
    if (first < *next || last < first || last >= CPUS_MAX)
        return false;
    *next = last + 1;
    return true;
}

enum status limits_read_cpuset(struct reader *reader, const struct key *key, void *base,
                               const struct yaml_node *node)
{
    uint64_t next = 0;
    struct str part;
    if (value_check_scalar(reader, key, node))
        return reader->err->status;
    struct str rest = node->text;
    bool is_list = rest.len > 0 && rest.len <= CPUSET_BYTES_MAX && !str_ends_with(rest, STR(",")) &&
                   !str_ends_with(rest, STR("-"));
    while (is_list && str_split(&rest, ',', &part))
        is_list = take_range(part, &next);
    if (!is_list) {
        return reader_refuse(reader, node,
                             "%s \"%.*s\" is no list of CPUs in ascending order, such as 0-1,4",
                             key->name, STR_ARGS(node->text));
    }
    *(struct str *)value_target(key, base) = node->text;
    return STATUS_OK;
}

bool limits_are_set(const struct scenario_limits *limits)
{
    return limits->memory_bytes > 0 || limits->cpus > 0 || limits->cpuset.len > 0;
}
