#include "gate/cli/calibrate.h"
#include "gate/codec/escape.h"

static void write_amount(struct buf *out, const struct calibration_spread *spread, double value)
{
    enum metric metric = METRIC_ALLOC_SPACE;
    if (str_equal(spread->scale, STR(CALIBRATION_RATIO))) {
        unit_write_percent(out, value, false);
    } else if (metric_parse(&metric, spread->metric)) {
        unit_write(out, metric_unit(metric), value, false);
    }
}

/* "inuse_space at warm", "alloc_space map", "ns_per_op codec.BenchmarkEncode". */
static void write_label(struct buf *out, const struct calibration_spread *spread)
{
    size_t start = out->len;
    escape_text(out, spread->metric);
    if (str_equal(spread->point, STR("warm")))
        buf_text(out, " at warm");
    if (spread->kind.len > 0)
        buf_printf(out, " %.*s", STR_ARGS(spread->kind));
    if (spread->func.len > 0) {
        buf_byte(out, ' ');
        escape_text(out, spread->func);
    }
    while (out->len < start + 40)
        buf_byte(out, ' ');
}

static bool is_shown(const struct calibration_spread *spread)
{
    return str_equal(spread->subject, STR(CALIBRATION_OF_SCENARIO)) ||
           str_equal(spread->subject, STR(CALIBRATION_OF_BENCHMARK));
}

static void write_spreads(struct buf *out, const struct calibration_scenario *scenario)
{
    size_t functions = 0;
    buf_text(out, "  noise of a change, and of one trial:\n");
    for (size_t i = 0; i < scenario->spread_count; i++) {
        const struct calibration_spread *spread = &scenario->spreads[i];
        functions += str_equal(spread->subject, STR(CALIBRATION_OF_FUNCTION));
        if (!is_shown(spread))
            continue;
        buf_text(out, "    ");
        write_label(out, spread);
        buf_byte(out, ' ');
        write_amount(out, spread, spread->run_spread);
        buf_text(out, ", ");
        write_amount(out, spread, spread->trial_spread);
        buf_byte(out, '\n');
    }
    if (functions > 0) {
        buf_printf(out, "    and %zu functions, or kinds in them, that differ by 0.1 %% or more\n",
                   functions);
    }
}

static void write_value(struct buf *out, struct str unit, double value)
{
    for (int i = 0; i <= UNIT_BYTES_PER_1000_REQUESTS; i++) {
        if (str_equal_text(unit, unit_name((enum unit)i))) {
            unit_write(out, (enum unit)i, value, true);
            return;
        }
    }
}

void calibrating_write_detectable(struct buf *out, const struct calibration_rule *rule)
{
    if (!rule->has_detectable && rule->subject.len > 0) {
        buf_text(out, "NOTHING CAN BE TOLD of ");
        escape_text(out, rule->subject);
        buf_byte(out, '\n');
        return;
    }
    if (!rule->has_detectable) {
        buf_text(out, "what it can detect is not known\n");
        return;
    }
    buf_text(out, "detects ");
    write_value(out, rule->unit, rule->detectable);
    buf_text(out, ", limit ");
    write_value(out, rule->unit, rule->limit);
    buf_text(out, " (");
    escape_text(out, rule->subject);
    buf_text(out, ")\n");
    if (rule->detectable > rule->limit)
        buf_text(out, "             LIMIT TOO LOW: it drowns in the noise of this machine\n");
}

static void write_rule(struct buf *out, const struct calibration_rule *rule)
{
    buf_printf(out, "    %-6.*s ", STR_ARGS(rule->severity));
    escape_text(out, rule->rule);
    buf_printf(out, "\n           %llu decisions, %llu false alarms, %llu inconclusive",
               (unsigned long long)rule->decisions, (unsigned long long)rule->false_alarms,
               (unsigned long long)rule->inconclusive);
    buf_text(out, "; ");
    calibrating_write_detectable(out, rule);
}

void calibrating_write_text(struct buf *out, const struct calibration *calibration)
{
    buf_printf(out, "memgate calibrate: %llu runs of ", (unsigned long long)calibration->runs);
    escape_text(out, calibration->revision);
    buf_printf(out, " against itself\nmachine %.*s\n", STR_ARGS(calibration->machine.name));
    for (size_t i = 0; i < calibration->scenario_count; i++) {
        const struct calibration_scenario *scenario = &calibration->scenarios[i];
        buf_text(out, "\nscenario ");
        escape_text(out, scenario->name);
        buf_printf(out, ": %llu runs, %llu blocked, %llu inconclusive\n",
                   (unsigned long long)scenario->runs, (unsigned long long)scenario->blocked_runs,
                   (unsigned long long)scenario->inconclusive_runs);
        if (scenario->runs < CALIBRATION_RUNS_FEW) {
            buf_printf(out,
                       "  FEW RUNS: judged by %llu, intervals reach several times as far as by "
                       "%d; run memgate calibrate --times %d\n",
                       (unsigned long long)scenario->runs, CALIBRATION_RUNS_FEW,
                       CALIBRATION_RUNS_FEW);
        }
        write_spreads(out, scenario);
        buf_text(out, "  rules, where nothing had changed, and the growth that each finds 9 times "
                      "of 10:\n");
        for (size_t k = 0; k < scenario->rule_count; k++)
            write_rule(out, &scenario->rules[k]);
    }
}
