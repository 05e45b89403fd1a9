#include "gate/report/json_load.h"

#include "gate/base/num.h"
#include "gate/report/phrase.h"

/* What the trials whose time is judged say of one side together. */
struct engine_worst {
    const struct record_engine *any; /* NULL: not known */
    uint64_t streams_allowed;        /* fewest */
    double cpu_share;                /* most */
};

static void add_trials(struct engine_worst *worst, const struct record_scenario *record,
                       enum side side, enum phase phase)
{
    for (size_t t = 0; t < record->trial_count[side][phase]; t++) {
        const struct record_engine *engine = &record->trials[side][phase][t].engine;
        double share = num_ratio((double)engine->cpu_ns, (double)engine->wall_ns);
        if (!engine->is_known)
            continue;
        if (!worst->any || engine->streams_allowed < worst->streams_allowed)
            worst->streams_allowed = engine->streams_allowed;
        worst->any = engine;
        worst->cpu_share = share > worst->cpu_share ? share : worst->cpu_share;
    }
}

/* The exact phase, which has one connection, only where there is no other. */
static struct engine_worst worst_of(const struct record_scenario *record, enum side side)
{
    struct engine_worst worst = {0};
    add_trials(&worst, record, side, PHASE_STEADY);
    add_trials(&worst, record, side, PHASE_DUET);
    if (!worst.any)
        add_trials(&worst, record, side, PHASE_EXACT);
    return worst;
}

static void write_load_side(struct json_writer *json, const struct record_scenario *record,
                            enum side side)
{
    struct engine_worst worst = worst_of(record, side);
    struct engine_sums sums = phrase_engine_sums(record, side);
    const char *key = side == SIDE_BASE ? "base" : "cand";
    if (!worst.any) {
        json_null(json, key);
        return;
    }
    json_object(json, key);
    json_u64(json, "connections", worst.any->connections);
    json_u64(json, "streams", worst.any->streams);
    json_u64(json, "streams_allowed", worst.streams_allowed);
    json_u64(json, "reconnects", sums.reconnects);
    json_u64(json, "sent_again", sums.sent_again);
    json_double(json, "cpu_share", worst.cpu_share);
    json_object_end(json);
}

void json_write_load(struct json_writer *json, const struct record_scenario *record)
{
    if (!worst_of(record, SIDE_BASE).any && !worst_of(record, SIDE_CAND).any) {
        json_null(json, "load");
        return;
    }
    json_object(json, "load");
    write_load_side(json, record, SIDE_BASE);
    write_load_side(json, record, SIDE_CAND);
    json_object_end(json);
}

void json_write_clocks(struct json_writer *json, const struct record_scenario *record,
                       enum phase phase)
{
    struct clocks_worst worst = phrase_clocks_worst(record, phase);
    if (!worst.clocks.is_known) {
        json_null(json, "clocks");
        return;
    }
    json_object(json, "clocks");
    json_u64(json, "batch_ns", worst.clocks.batch_ns);
    json_u64(json, "late_p50_ns", worst.clocks.lateness_p50_ns);
    json_u64(json, "late_p99_ns", worst.late_p99_ns);
    json_u64(json, "late_max_ns", worst.clocks.lateness_max_ns);
    json_u64(json, "intended_p99_ns", worst.clocks.intended_p99_ns);
    json_u64(json, "actual_p99_ns", worst.clocks.actual_p99_ns);
    json_object_end(json);
}

void json_write_limits(struct json_writer *json, const struct record_limits *limits)
{
    if (limits->cgroup_version == 0) {
        json_null(json, "limits");
        return;
    }
    json_object(json, "limits");
    json_u64(json, "cgroup_version", limits->cgroup_version);
    json_u64(json, "memory_bytes", limits->memory_bytes);
    json_double(json, "cpus", limits->cpus);
    json_str(json, "cpuset", limits->cpuset);
    json_object_end(json);
}

void json_write_machine(struct json_writer *json, struct arena *arena,
                        const struct record_scenario *record)
{
    double low = 0;
    double high = 0;
    if (!phrase_load_range(&low, &high, record)) {
        json_null(json, "machine");
        return;
    }
    json_object(json, "machine");
    struct str governor = phrase_governor(arena, record);
    json_str_or_null(json, "governor", governor);
    json_double(json, "load_average_min", low);
    json_double(json, "load_average_max", high);
    json_object_end(json);
}
