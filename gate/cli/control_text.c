#include "gate/base/name.h"
#include "gate/base/unit.h"
#include "gate/cli/control.h"
#include "gate/codec/escape.h"

/* A limit of more than this many times what the candidate does lets nearly everything pass. */
#define WIDE_FACTOR 100

struct control_counts {
    size_t red;
    size_t weak; /* of the red ones */
    size_t tried;
    size_t left_out;
};

static struct control_counts count_blocks(const struct controls *controls)
{
    struct control_counts out = {0};
    for (size_t i = 0; i < controls->len; i++) {
        const struct control *control = &controls->items[i];
        if (control->rule->severity != SEVERITY_BLOCK)
            continue;
        out.left_out += control->result == CONTROL_LEFT_OUT;
        out.tried += control->result != CONTROL_LEFT_OUT;
        out.red += control->result == CONTROL_RED;
        out.weak += control_is_weak(control);
    }
    return out;
}

int controls_exit_code(const struct controls *controls)
{
    struct control_counts blocks = count_blocks(controls);
    if (blocks.red < blocks.tried || (controls->strict && blocks.weak > 0))
        return 1;
    if (blocks.tried == 0)
        return blocks.left_out > 0 ? 3 : 1;
    return 0;
}

static void write_summary(struct buf *out, const struct controls *controls)
{
    struct control_counts blocks = count_blocks(controls);
    buf_text(out, "memgate selftest: ");
    if (blocks.tried == 0 && blocks.left_out == 0) {
        buf_text(out, "THIS GATE CANNOT GO RED: no rule of severity block judges anything here\n");
        return;
    }
    if (blocks.red < blocks.tried) {
        buf_printf(out, "%zu of %zu block rules DO NOT GO RED on a known cost",
                   blocks.tried - blocks.red, blocks.tried);
    } else {
        buf_printf(out, "all %zu block rules that were tried go red on a known cost", blocks.tried);
    }
    if (blocks.weak > 0) {
        buf_printf(out, "; %zu WEAK, red only past %d times the limit", blocks.weak,
                   CONTROL_FACTOR_WEAK);
    }
    if (blocks.left_out > 0)
        buf_printf(out, "; %zu were not tried", blocks.left_out);
    buf_byte(out, '\n');
}

/* "limit +795 B/request", "limit 35 % of all", "budget 5 ms, candidate 362 us". */
static void write_limit(struct buf *out, const struct control *control)
{
    const struct positive *positive = &control->positive;
    enum unit unit = metric_unit(control->rule->metric);
    buf_text(out, positive->limit_is_share || !positive->is_budget ? "limit " : "budget ");
    if (positive->limit_is_share) {
        unit_write(out, UNIT_RATIO, positive->limit, false);
        buf_text(out, " of all");
        return;
    }
    unit_write(out, unit, positive->limit, !positive->is_budget);
    if (positive->is_budget) {
        buf_text(out, ", candidate ");
        unit_write(out, unit, positive->row->estimate.cand, false);
    }
}

static bool is_wide(const struct control *control)
{
    const struct positive *positive = &control->positive;
    double have = positive->row->estimate.cand;
    if (positive->is_budget)
        return !positive->limit_is_share && have > 0 && positive->limit > WIDE_FACTOR * have;
    return control->rule->max_increase_percent.value > WIDE_FACTOR;
}

static void write_injected(struct buf *out, struct arena *arena, const struct control *control)
{
    const struct positive *positive = &control->positive;
    enum metric metric = control->rule->metric;
    buf_text(out, "          injected ");
    unit_write(out, metric_unit(metric), positive->amount, true);
    if (metric_has_functions(metric)) {
        buf_text(out, " into ");
        escape_text(out, name_short(positive->func, arena));
    }
    if (metric_has_kinds(metric) || metric == METRIC_HEAP_GROWTH)
        buf_printf(out, " as %s", alloc_kind_name(positive->kind));
    buf_text(out, " (");
    write_limit(out, control);
    if (control->factor > CONTROL_FACTOR)
        buf_printf(out, "; less than %g times that is within the noise", control->factor);
    buf_text(out, is_wide(control) ? "; a limit that lets nearly everything pass)\n" : ")\n");
}

static void write_outcome(struct buf *out, const struct control *control)
{
    const char *named = "";
    if (control->result == CONTROL_RED && metric_has_functions(control->rule->metric))
        named = control->is_named ? ", naming the function" : ", without naming the function";
    buf_printf(out, "          without it %s, with it %s%s\n",
               finding_verdict_name(control->before), finding_verdict_name(control->after), named);
}

static const char *label_of(const struct control *control)
{
    static const char *const labels[] = {
        [CONTROL_RED] = "RED", [CONTROL_NOT_RED] = "NOT RED", [CONTROL_LEFT_OUT] = "LEFT OUT"};
    if (control->result == CONTROL_RED && control->rule->severity != SEVERITY_BLOCK)
        return "shown";
    return control_is_weak(control) ? "WEAK" : labels[control->result];
}

static void write_control(struct buf *out, struct arena *arena, const struct control *control)
{
    struct str origin = origin_text(arena, &control->rule->origin);
    buf_printf(out, "  %-8s  ", label_of(control));
    escape_text(out, rule_describe(arena, control->rule));
    buf_text(out, "  (");
    escape_text(out, origin);
    buf_printf(out, ", %s)\n", severity_name(control->rule->severity));
    if (control->was_injected) {
        write_injected(out, arena, control);
        write_outcome(out, control);
    }
    if (control->why.len > 0) {
        buf_text(out, "          why: ");
        escape_text(out, control->why);
        buf_byte(out, '\n');
    }
}

void controls_write(struct buf *out, struct arena *arena, const struct controls *controls)
{
    const struct comparison *last = NULL;
    write_summary(out, controls);
    for (size_t i = 0; i < controls->len; i++) {
        const struct control *control = &controls->items[i];
        if (control->judged->comparison != last) {
            last = control->judged->comparison;
            buf_text(out, "\nscenario ");
            escape_text(out, last->scenario);
            buf_byte(out, '\n');
        }
        write_control(out, arena, control);
    }
}
