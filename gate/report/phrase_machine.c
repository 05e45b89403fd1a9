#include "gate/report/phrase.h"

/* All trials of a record, one after the other; NULL behind the last. */
static const struct record_trial *trial_at(const struct record_scenario *record, size_t i)
{
    for (int side = 0; side < SIDES; side++) {
        for (int phase = 0; phase < PHASES; phase++) {
            size_t count = record->trial_count[side][phase];
            if (i < count)
                return &record->trials[side][phase][i];
            i -= count;
        }
    }
    return NULL;
}

bool phrase_load_range(double *low, double *high, const struct record_scenario *record)
{
    const struct record_trial *trial = NULL;
    bool any = false;
    for (size_t i = 0; (trial = trial_at(record, i)) != NULL; i++) {
        const double ends[] = {trial->machine.load_start, trial->machine.load_end};
        if (!trial->machine.is_known)
            return false;
        for (size_t end = 0; end < ARRAY_LEN(ends); end++) {
            *low = !any || ends[end] < *low ? ends[end] : *low;
            *high = !any || ends[end] > *high ? ends[end] : *high;
            any = true;
        }
    }
    return any;
}

static bool is_listed(struct str list, struct str name)
{
    struct str part;
    while (str_split(&list, ',', &part)) {
        if (str_equal(str_trim(part), name))
            return true;
    }
    return false;
}

struct str phrase_governor(struct arena *arena, const struct record_scenario *record)
{
    const struct record_trial *trial = NULL;
    struct str all = STR("");
    for (size_t i = 0; (trial = trial_at(record, i)) != NULL; i++) {
        struct str name = trial->machine.governor;
        if (name.len == 0 || is_listed(all, name) || str_equal(all, name))
            continue;
        all = str_format(arena, "%.*s%s%.*s", STR_ARGS(all), all.len ? ", " : "", STR_ARGS(name));
    }
    return str_printable(arena, all);
}

struct str phrase_machine(struct arena *arena, const struct record_scenario *record,
                          const struct record_environment *environment)
{
    double low = 0;
    double high = 0;
    struct str pinned = environment->pinned
                            ? STR("one of them for the load, the others for the service")
                            : STR("nothing pinned: load and service share them");
    struct str text = str_format(arena, "%llu CPUs, %.*s",
                                 (unsigned long long)environment->cpu_count, STR_ARGS(pinned));
    if (!phrase_load_range(&low, &high, record)) {
        return str_format(arena, "%.*s; governor and load average were not recorded",
                          STR_ARGS(text));
    }
    struct str governor = phrase_governor(arena, record);
    return str_format(arena, "%.*s; governor %.*s; load average %.2f to %.2f", STR_ARGS(text),
                      STR_ARGS(governor.len ? governor : STR("not visible")), low, high);
}

struct str phrase_times_machine(struct arena *arena, const struct record_scenario *record,
                                const struct record_environment *environment)
{
    const size_t *count = record->trial_count[SIDE_CAND];
    if (record->is_gotest || count[PHASE_STEADY] + count[PHASE_DUET] == 0)
        return STR("");
    return phrase_machine(arena, record, environment);
}

struct str phrase_limits(struct arena *arena, const struct record_scenario *record)
{
    const struct record_limits *limits = &record->limits;
    struct buf buf;
    if (limits->cgroup_version == 0)
        return STR("");
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    if (limits->memory_bytes) {
        unit_write(&buf, UNIT_BYTES, (double)limits->memory_bytes, false);
        buf_text(&buf, " of memory");
    }
    if (limits->cpus > 0)
        buf_printf(&buf, "%s%.4g CPUs", buf.len ? ", " : "", limits->cpus);
    if (limits->cpuset.len)
        buf_printf(&buf, "%sonly CPUs %.*s", buf.len ? ", " : "", STR_ARGS(limits->cpuset));
    buf_printf(&buf, " (control groups, version %llu)", (unsigned long long)limits->cgroup_version);
    struct str text = str_printable(arena, buf_view(&buf));
    buf_release(&buf);
    return text;
}

struct str phrase_isolation(const struct record_environment *environment)
{
    const struct record_isolation *isolation = &environment->isolation;
    if (!isolation->network || !isolation->process)
        return STR("");
    return isolation->user ? STR("a network with nothing but a loopback, each program alone in its "
                                 "process namespace, by a user namespace")
                           : STR("a network with nothing but a loopback, each program alone in its "
                                 "process namespace");
}
