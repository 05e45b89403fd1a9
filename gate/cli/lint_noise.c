#include "gate/cli/lint_noise.h"

#include "gate/base/io.h"
#include "gate/cli/calibrate.h"
#include "gate/cli/noise.h"
#include "gate/codec/escape.h"

enum { FILES_MAX = 1000 };

static enum status read_file(struct calibration *out, struct arena *arena, struct str file,
                             struct err *err)
{
    struct bytes text = {0};
    if (io_read_file(&text, arena, file, CALIBRATION_BYTES_MAX, err))
        return err->status;
    if (calibration_read(out, arena, str_of_bytes(text), err)) {
        err->status = STATUS_POLICY;
        return err_wrap(err, "%.*s (write it anew with memgate calibrate)", STR_ARGS(file));
    }
    return STATUS_OK;
}

enum status lint_noise_read(struct lint_noise *out, struct arena *arena, struct str policy_file,
                            struct err *err)
{
    struct str folder = noise_folder(arena, policy_file);
    struct str *files = NULL;
    size_t len = 0;
    if (!io_is_dir(folder))
        return STATUS_OK;
    if (io_list_files(&files, &len, arena, folder, FILES_MAX, err))
        return err->status;
    out->items = ARENA_ARRAY(arena, struct calibration, len + 1);
    for (size_t i = 0; i < len; i++) {
        if (!str_ends_with(files[i], STR(".json")))
            continue;
        if (read_file(&out->items[out->len], arena, io_join(arena, folder, files[i]), err))
            return err->status;
        out->len++;
    }
    return STATUS_OK;
}

/* "func main.work alloc_space": a rule without its limits. */
static struct str without_limits(struct str rule)
{
    static const struct str limit = STR_INIT(" max");
    for (size_t i = 0; i + limit.len <= rule.len; i++) {
        if (str_starts_with(str_slice(rule, i, rule.len), limit))
            return str_slice(rule, 0, i);
    }
    return rule;
}

/* The rule as it stands, else one that differs in its limits alone. */
static const struct calibration_rule *find(const struct calibration_scenario *scenario,
                                           struct str rule)
{
    const struct calibration_rule *out = NULL;
    for (size_t i = 0; i < scenario->rule_count; i++) {
        const struct calibration_rule *one = &scenario->rules[i];
        if (str_equal(one->rule, rule))
            return one;
        if (str_equal(without_limits(one->rule), without_limits(rule)))
            out = one;
    }
    return out;
}

static void write_rule(struct buf *out, const struct calibration *calibration,
                       const struct calibration_scenario *scenario,
                       const struct calibration_rule *rule, bool is_changed)
{
    buf_text(out, "           in ");
    escape_text(out, scenario->name);
    buf_text(out, " on ");
    escape_text(out, calibration->machine.name);
    buf_text(out, is_changed ? " (with another limit then): " : ": ");
    calibrating_write_detectable(out, rule);
}

void lint_noise_write(struct buf *out, struct arena *arena, const struct lint_noise *noise,
                      const struct rule *rule)
{
    struct str described = rule_describe(arena, rule);
    for (size_t i = 0; i < noise->len; i++) {
        const struct calibration *calibration = &noise->items[i];
        for (size_t k = 0; k < calibration->scenario_count; k++) {
            const struct calibration_scenario *scenario = &calibration->scenarios[k];
            const struct calibration_rule *found = find(scenario, described);
            if (found)
                write_rule(out, calibration, scenario, found, !str_equal(found->rule, described));
        }
    }
}

void lint_noise_write_head(struct buf *out, const struct lint_noise *noise)
{
    for (size_t i = 0; i < noise->len; i++) {
        buf_text(out, "  noise    ");
        escape_text(out, noise->items[i].machine.name);
        buf_printf(out, ": %llu runs%s\n", (unsigned long long)noise->items[i].runs,
                   noise->items[i].quick ? " of the exact phase" : "");
    }
}
