#include "gate/recording/calibration.h"

#include "gate/codec/json.h"
#include "gate/codec/sha256.h"
#include "gate/recording/seal.h"
#include "gate/recording/shape.h"

enum { MODEL_BYTES_MAX = 48 };

#define RECORD machine_class
static const struct field machine_fields[] = {
    {"class", FIELD_STR, AT(name), 0, NULL, 0},
    {"os", FIELD_STR, AT(os), 0, NULL, 0},
    {"arch", FIELD_STR, AT(arch), 0, NULL, 0},
    {"cpu_model", FIELD_STR, AT(cpu_model), 0, NULL, 0},
    {"cpu_count", FIELD_U64, AT(cpu_count), 0, NULL, 0},
    {"quota_cpus", FIELD_DOUBLE, AT(quota_cpus), 0, NULL, 0},
};
#undef RECORD
static const struct shape machine_shape = SHAPE(struct machine_class, machine_fields);

#define RECORD calibration_spread
static const struct field spread_fields[] = {
    {"metric", FIELD_STR, AT(metric), 0, NULL, 0},
    {"subject", FIELD_STR, AT(subject), 0, NULL, 0},
    {"point", FIELD_STR, AT(point), 0, NULL, 0},
    {"phase", FIELD_STR_MAYBE, AT(phase), 0, NULL, 0},
    {"kind", FIELD_STR_MAYBE, AT(kind), 0, NULL, 0},
    {"func", FIELD_STR_MAYBE, AT(func), 0, NULL, 0},
    {"scale", FIELD_STR, AT(scale), 0, NULL, 0},
    {"runs", FIELD_U64, AT(runs), 0, NULL, 0},
    {"run_spread", FIELD_DOUBLE, AT(run_spread), 0, NULL, 0},
    {"trials", FIELD_DOUBLE, AT(trials), 0, NULL, 0},
    {"trial_spread", FIELD_DOUBLE, AT(trial_spread), 0, NULL, 0},
    {"trial_df", FIELD_DOUBLE, AT(trial_df), 0, NULL, 0},
};
#undef RECORD
static const struct shape spread_shape = SHAPE(struct calibration_spread, spread_fields);

#define RECORD calibration_rule
static const struct field rule_fields[] = {
    {"rule", FIELD_STR, AT(rule), 0, NULL, 0},
    {"severity", FIELD_STR, AT(severity), 0, NULL, 0},
    {"decisions", FIELD_U64, AT(decisions), 0, NULL, 0},
    {"false_alarms", FIELD_U64, AT(false_alarms), 0, NULL, 0},
    {"inconclusive", FIELD_U64, AT(inconclusive), 0, NULL, 0},
    {"has_detectable", FIELD_BOOL, AT(has_detectable), 0, NULL, 0},
    {"detectable", FIELD_DOUBLE, AT(detectable), 0, NULL, 0},
    {"limit", FIELD_DOUBLE, AT(limit), 0, NULL, 0},
    {"unit", FIELD_STR, AT(unit), 0, NULL, 0},
    {"subject", FIELD_STR, AT(subject), 0, NULL, 0},
};
#undef RECORD
static const struct shape rule_shape = SHAPE(struct calibration_rule, rule_fields);

#define RECORD calibration_scenario
static const struct field scenario_fields[] = {
    {"name", FIELD_STR, AT(name), 0, NULL, 0},
    {"go_version", FIELD_STR, AT(go_version), 0, NULL, 0},
    {"runs", FIELD_U64, AT(runs), CALIBRATION_RUNS_MAX, NULL, 0},
    {"blocked_runs", FIELD_U64, AT(blocked_runs), 0, NULL, 0},
    {"inconclusive_runs", FIELD_U64, AT(inconclusive_runs), 0, NULL, 0},
    {"spreads", FIELD_LIST, AT(spreads), CALIBRATION_SPREADS_MAX, &spread_shape, AT(spread_count)},
    {"rules", FIELD_LIST, AT(rules), CALIBRATION_RULES_MAX, &rule_shape, AT(rule_count)},
};
#undef RECORD
static const struct shape scenario_shape = SHAPE(struct calibration_scenario, scenario_fields);

#define RECORD calibration
static const struct field calibration_fields[] = {
    {"schema", FIELD_STR, AT(schema), 0, NULL, 0},
    {"memgate_version", FIELD_STR, AT(memgate_version), 0, NULL, 0},
    {"machine", FIELD_OBJECT, AT(machine), 0, &machine_shape, 0},
    {"kernel", FIELD_STR, AT(kernel), 0, NULL, 0},
    {"revision", FIELD_STR, AT(revision), 0, NULL, 0},
    {"policy_sha256", FIELD_STR, AT(policy_sha256), 0, NULL, 0},
    {"quick", FIELD_BOOL, AT(quick), 0, NULL, 0},
    {"runs", FIELD_U64, AT(runs), CALIBRATION_RUNS_MAX, NULL, 0},
    {"scenarios", FIELD_LIST, AT(scenarios), RECORDING_SCENARIOS_MAX, &scenario_shape,
     AT(scenario_count)},
    /* The last, so that its value stands at a fixed distance from the end. */
    {"sha256", FIELD_STR, AT(sha256), 0, NULL, 0},
};
#undef RECORD
static const struct shape calibration_shape = SHAPE(struct calibration, calibration_fields);

static bool is_word(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

/* Marks of trade say nothing of the machine, and some firmware leaves them out. */
static size_t mark_len(struct str rest)
{
    static const struct str marks[] = {STR_INIT("(R)"), STR_INIT("(r)"), STR_INIT("(TM)"),
                                       STR_INIT("(tm)")};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        if (str_starts_with(rest, marks[i]))
            return marks[i].len;
    }
    return 0;
}

static struct str slug_of(struct arena *arena, struct str model)
{
    char slug[MODEL_BYTES_MAX];
    size_t len = 0;
    size_t at = 0;
    while (at < model.len && len < sizeof(slug)) {
        size_t mark = mark_len(str_slice(model, at, model.len));
        char byte = model.data[at];
        at += mark ? mark : 1;
        if (byte >= 'A' && byte <= 'Z')
            byte = (char)(byte - 'A' + 'a');
        if (!mark && is_word(byte)) {
            slug[len++] = byte;
        } else if (len > 0 && slug[len - 1] != '-') {
            slug[len++] = '-';
        }
    }
    while (len > 0 && slug[len - 1] == '-')
        len--;
    return len ? str_copy(arena, (struct str){slug, len}) : STR("unknown-cpu");
}

static struct str name_of(struct arena *arena, const struct machine_class *machine)
{
    struct str quota =
        machine->quota_cpus > 0 ? str_format(arena, "-%.4gquota", machine->quota_cpus) : STR("");
    struct str os = slug_of(arena, machine->os);
    struct str arch = slug_of(arena, machine->arch);
    struct str model = slug_of(arena, machine->cpu_model);
    return str_format(arena, "%.*s-%.*s-%.*s-%llucpu%.*s", STR_ARGS(os), STR_ARGS(arch),
                      STR_ARGS(model), (unsigned long long)machine->cpu_count, STR_ARGS(quota));
}

double environment_quota_cpus(const struct record_environment *environment)
{
    const struct record_quota *quota = &environment->quota;
    /* As the kernel has it, in millionths. */
    bool is_all = environment->cpu_count > 0 && quota->cpus > (double)environment->cpu_count - 1e-6;
    return quota->is_known && !is_all ? quota->cpus : 0;
}

struct machine_class machine_class_of(struct arena *arena,
                                      const struct record_environment *environment)
{
    struct machine_class out = {
        .os = environment->os,
        .arch = environment->arch,
        .cpu_model = environment->cpu_model,
        .cpu_count = environment->cpu_count,
        .quota_cpus = environment_quota_cpus(environment),
    };
    out.name = name_of(arena, &out);
    return out;
}

bool machine_class_equal(const struct machine_class *a, const struct machine_class *b)
{
    bool is_same_quota = a->quota_cpus >= b->quota_cpus && a->quota_cpus <= b->quota_cpus;
    return str_equal(a->os, b->os) && str_equal(a->arch, b->arch) &&
           str_equal(a->cpu_model, b->cpu_model) && a->cpu_count == b->cpu_count && is_same_quota;
}

/* A spread of one run, or without degrees of freedom, would be a floor of nothing. */
bool calibration_spread_fits(const struct calibration_spread *spread)
{
    bool is_ratio = str_equal(spread->scale, STR(CALIBRATION_RATIO));
    double most = is_ratio ? CALIBRATION_RATIO_MAX : CALIBRATION_UNIT_MAX;
    return spread->runs >= 2 && spread->runs <= CALIBRATION_RUNS_MAX && spread->trials > 0 &&
           spread->trials <= CALIBRATION_DF_MAX && spread->trial_df >= 1 &&
           spread->trial_df <= CALIBRATION_DF_MAX && spread->run_spread <= most &&
           spread->trial_spread <= most;
}

static enum status check_spread(const struct calibration_spread *spread, uint64_t runs,
                                enum status status, struct err *err)
{
    bool is_known = str_equal(spread->scale, STR(CALIBRATION_RATIO)) ||
                    str_equal(spread->scale, STR(CALIBRATION_UNIT));
    if (!is_known) {
        return err_set(err, status, "scale is \"%.*s\", not \"ratio\" or \"unit\"",
                       STR_ARGS(spread->scale));
    }
    if (!calibration_spread_fits(spread)) {
        return err_set(err, status,
                       "runs, trials, trial_df or a spread cannot be: too few or "
                       "beyond any measurement");
    }
    if (spread->runs > runs) {
        return err_set(err, status, "runs is %llu, of %llu of the scenario",
                       (unsigned long long)spread->runs, (unsigned long long)runs);
    }
    return STATUS_OK;
}

static enum status check_scenario(const struct calibration *calibration, size_t at,
                                  enum status status, struct err *err)
{
    const struct calibration_scenario *scenario = &calibration->scenarios[at];
    for (size_t i = 0; i < at; i++) {
        if (str_equal(scenario->name, calibration->scenarios[i].name)) {
            return err_set(err, status, "name \"%.*s\" appears twice", STR_ARGS(scenario->name));
        }
    }
    if (scenario->runs > calibration->runs) {
        return err_set(err, status, "runs is %llu, of %llu in all",
                       (unsigned long long)scenario->runs, (unsigned long long)calibration->runs);
    }
    for (size_t i = 0; i < scenario->spread_count; i++) {
        if (check_spread(&scenario->spreads[i], scenario->runs, status, err))
            return err_wrap(err, "spreads: item %zu", i + 1);
    }
    return STATUS_OK;
}

static enum status check(const struct calibration *calibration, enum status status, struct err *err)
{
    struct arena scratch;
    arena_init(&scratch);
    bool is_named = str_equal(calibration->machine.name, name_of(&scratch, &calibration->machine));
    arena_release(&scratch);
    if (!is_named) {
        return err_set(err, status, "machine: class \"%.*s\" is not what its fields make",
                       STR_ARGS(calibration->machine.name));
    }
    if (calibration->runs < 2) {
        return err_set(err, status, "runs is %llu, less than 2",
                       (unsigned long long)calibration->runs);
    }
    for (size_t i = 0; i < calibration->scenario_count; i++) {
        if (check_scenario(calibration, i, status, err))
            return err_wrap(err, "scenarios: item %zu", i + 1);
    }
    return STATUS_OK;
}

enum status calibration_write(struct buf *buf, const struct calibration *calibration,
                              struct err *err)
{
    struct calibration sealed = *calibration;
    sealed.schema = STR(CALIBRATION_SCHEMA);
    sealed.sha256 = seal_blank();
    if (check(&sealed, STATUS_INVALID, err) || shape_write(buf, &calibration_shape, &sealed, err))
        return err->status;
    seal_set(buf);
    return STATUS_OK;
}

/* Looked at before anything else, because another version may have another shape. */
static enum status check_schema(const struct json_value *tree, struct err *err)
{
    struct str schema = {0};
    if (!json_get_str(tree, "schema", &schema))
        return err_set(err, STATUS_FORMAT, "no file of calibrate: it names no schema");
    if (!str_equal(schema, STR(CALIBRATION_SCHEMA))) {
        return err_set(err, STATUS_FORMAT,
                       "has schema \"%.*s\"; this memgate reads " CALIBRATION_SCHEMA,
                       STR_ARGS(schema));
    }
    return STATUS_OK;
}

enum status calibration_read(struct calibration *out, struct arena *arena, struct str text,
                             struct err *err)
{
    struct arena scratch;
    struct json_value tree = {0};
    struct calibration read = {0};
    arena_init(&scratch);
    enum status status = json_parse(&tree, &scratch, text, err);
    if (status == STATUS_OK)
        status = check_schema(&tree, err);
    if (status == STATUS_OK)
        status = shape_read(&read, arena, &calibration_shape, &tree, err);
    if (status == STATUS_OK)
        status = seal_verify(text, err);
    if (status == STATUS_OK)
        status = check(&read, STATUS_FORMAT, err);
    arena_release(&scratch);
    if (status == STATUS_OK)
        *out = read;
    return status;
}

struct str calibration_policy_hash(struct arena *arena, struct str policy_text)
{
    return sha256_hex(arena, bytes_of_str(policy_text));
}

const struct calibration_scenario *calibration_scenario(const struct calibration *calibration,
                                                        struct str name)
{
    for (size_t i = 0; i < calibration->scenario_count; i++) {
        if (str_equal(calibration->scenarios[i].name, name))
            return &calibration->scenarios[i];
    }
    return NULL;
}
