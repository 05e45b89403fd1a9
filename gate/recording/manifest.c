#include "gate/recording/manifest.h"

#include "gate/codec/json.h"
#include "gate/recording/layout.h"
#include "gate/recording/seal.h"
#include "gate/recording/shape.h"

#define RECORD record_limits
static const struct field limits_fields[] = {
    {"cgroup_version", FIELD_U64, AT(cgroup_version), 2, NULL, 0},
    {"memory_bytes", FIELD_U64, AT(memory_bytes), 0, NULL, 0},
    {"cpus", FIELD_DOUBLE, AT(cpus), 0, NULL, 0},
    {"cpuset", FIELD_STR, AT(cpuset), 0, NULL, 0},
};
#undef RECORD
static const struct shape limits_shape = SHAPE(struct record_limits, limits_fields);

#define RECORD record_isolation
static const struct field isolation_fields[] = {
    {"network", FIELD_BOOL, AT(network), 0, NULL, 0},
    {"process", FIELD_BOOL, AT(process), 0, NULL, 0},
    {"user", FIELD_BOOL, AT(user), 0, NULL, 0},
};
#undef RECORD
static const struct shape isolation_shape = SHAPE(struct record_isolation, isolation_fields);

#define RECORD record_quota
static const struct field quota_fields[] = {
    {"is_known", FIELD_BOOL, AT(is_known), 0, NULL, 0},
    {"cpus", FIELD_DOUBLE, AT(cpus), 0, NULL, 0},
};
#undef RECORD
static const struct shape quota_shape = SHAPE(struct record_quota, quota_fields);

/* trial_count[SIDES][PHASES] as {"baseline": {"exact": 3, ...}, ...}. */
static const struct field phase_fields[] = {
    {"exact", FIELD_SIZE, PHASE_EXACT * sizeof(size_t), RECORDING_TRIALS_MAX, NULL, 0},
    {"steady", FIELD_SIZE, PHASE_STEADY * sizeof(size_t), RECORDING_TRIALS_MAX, NULL, 0},
    {"duet", FIELD_SIZE, PHASE_DUET * sizeof(size_t), RECORDING_TRIALS_MAX, NULL, 0},
};
static const struct shape phase_shape = SHAPE(size_t[PHASES], phase_fields);
static const struct field side_fields[] = {
    {"baseline", FIELD_OBJECT, SIDE_BASE * sizeof(size_t[PHASES]), 0, &phase_shape, 0},
    {"candidate", FIELD_OBJECT, SIDE_CAND * sizeof(size_t[PHASES]), 0, &phase_shape, 0},
};
static const struct shape side_shape = SHAPE(size_t[SIDES][PHASES], side_fields);

#define RECORD manifest_scenario
static const struct field scenario_fields[] = {
    {"name", FIELD_STR, AT(record.name), 0, NULL, 0},
    {"directory", FIELD_STR, AT(directory), 0, NULL, 0},
    {"gotest", FIELD_BOOL, AT(record.is_gotest), 0, NULL, 0},
    {"identical", FIELD_BOOL, AT(record.identical), 0, NULL, 0},
    {"measured_because", FIELD_STR, AT(record.identical_why_measured), 0, NULL, 0},
    {"failure", FIELD_STR, AT(record.failure), 0, NULL, 0},
    {"alone", FIELD_STR_MAYBE, AT(record.alone), 0, NULL, 0},
    {"transport", FIELD_STR_MAYBE, AT(record.transport), 0, NULL, 0},
    {"requests_sha256", FIELD_STR_MAYBE, AT(record.requests_sha256), 0, NULL, 0},
    {"notes", FIELD_STR, AT(record.notes), 0, NULL, 0},
    {"load_count", FIELD_U64, AT(record.load_count), 0, NULL, 0},
    {"limits", FIELD_PART, AT(record.limits), 0, &limits_shape, 0},
    {"trials", FIELD_OBJECT, AT(record.trial_count), 0, &side_shape, 0},
};
#undef RECORD
static const struct shape scenario_shape = SHAPE(struct manifest_scenario, scenario_fields);

#define RECORD record_environment
static const struct field environment_fields[] = {
    {"os", FIELD_STR, AT(os), 0, NULL, 0},
    {"arch", FIELD_STR, AT(arch), 0, NULL, 0},
    {"cpu_model", FIELD_STR, AT(cpu_model), 0, NULL, 0},
    {"cpu_count", FIELD_U64, AT(cpu_count), 0, NULL, 0},
    {"kernel", FIELD_STR, AT(kernel), 0, NULL, 0},
    {"pinned", FIELD_BOOL, AT(pinned), 0, NULL, 0},
    {"isolation", FIELD_PART, AT(isolation), 0, &isolation_shape, 0},
    {"quota", FIELD_PART, AT(quota), 0, &quota_shape, 0},
};
#undef RECORD
static const struct shape environment_shape = SHAPE(struct record_environment, environment_fields);

#define RECORD record_rename
static const struct field rename_fields[] = {
    {"old path", FIELD_STR, AT(from), 0, NULL, 0},
    {"new path", FIELD_STR, AT(to), 0, NULL, 0},
};
#undef RECORD
static const struct shape rename_shape = {rename_fields, ARRAY_LEN(rename_fields),
                                          sizeof(struct record_rename), true};

#define RECORD recording
static const struct field policy_fields[] = {
    {"name", FIELD_STR, AT(policy_name), 0, NULL, 0},
    {"revision", FIELD_STR, AT(policy_revision), 0, NULL, 0},
};
#undef RECORD
static const struct shape policy_shape = SHAPE(struct recording, policy_fields);

#define RECORD record_calibration
static const struct field calibration_fields[] = {
    {"is_known", FIELD_BOOL, AT(is_known), 0, NULL, 0},
    {"file", FIELD_STR, AT(file), 0, NULL, 0},
    {"missing", FIELD_STR, AT(missing), 0, NULL, 0},
};
#undef RECORD
static const struct shape calibration_shape = SHAPE(struct record_calibration, calibration_fields);

#define RECORD manifest_file
static const struct field file_fields[] = {
    {"path", FIELD_STR, AT(path), 0, NULL, 0},
    {"bytes", FIELD_U64, AT(bytes), 0, NULL, 0},
    {"sha256", FIELD_STR, AT(sha256), 0, NULL, 0},
};
#undef RECORD
static const struct shape file_shape = SHAPE(struct manifest_file, file_fields);

#define RECORD manifest
static const struct field manifest_fields[] = {
    {"schema", FIELD_STR, AT(schema), 0, NULL, 0},
    {"memgate_version", FIELD_STR, AT(recording.environment.memgate_version), 0, NULL, 0},
    {"policy", FIELD_OBJECT, AT(recording), 0, &policy_shape, 0},
    {"noise", FIELD_PART, AT(recording.noise), 0, &calibration_shape, 0},
    {"quick", FIELD_BOOL, AT(recording.quick), 0, NULL, 0},
    {"environment", FIELD_OBJECT, AT(recording.environment), 0, &environment_shape, 0},
    {"renames", FIELD_LIST, AT(recording.renames), RECORDING_RENAMES_MAX, &rename_shape,
     AT(recording.rename_count)},
    {"scenarios", FIELD_LIST, AT(scenarios), RECORDING_SCENARIOS_MAX, &scenario_shape,
     AT(scenario_count)},
    {"files", FIELD_LIST, AT(files), RECORDING_FILES_MAX, &file_shape, AT(file_count)},
    /* The last, so that its value stands at a fixed distance from the end. */
    {"sha256", FIELD_STR, AT(sha256), 0, NULL, 0},
};
#undef RECORD
static const struct shape manifest_shape = SHAPE(struct manifest, manifest_fields);

enum status manifest_verify(struct str text, struct err *err)
{
    return seal_verify(text, err);
}

/* Looked at before anything else, because another version may have another shape. */
static enum status check_schema(const struct json_value *tree, struct err *err)
{
    struct str schema = {0};
    if (!json_get_str(tree, "schema", &schema))
        return err_set(err, STATUS_FORMAT, "not a recording: it names no schema");
    if (!str_equal(schema, STR(RECORDING_SCHEMA))) {
        return err_set(err, STATUS_FORMAT,
                       "recording has schema \"%.*s\"; this memgate reads " RECORDING_SCHEMA,
                       STR_ARGS(schema));
    }
    return STATUS_OK;
}

/* A side that was not measured has no trials. */
static enum status check_alone(const struct record_scenario *record, struct err *err)
{
    if (record->alone.len == 0)
        return STATUS_OK;
    if (!str_equal(record->alone, STR(RECORD_ALONE_NEW)) &&
        !str_equal(record->alone, STR(RECORD_ALONE_MISSING)) &&
        !str_equal(record->alone, STR(RECORD_ALONE_ASKED))) {
        return err_set(err, STATUS_FORMAT,
                       "alone is \"%.*s\", not \"" RECORD_ALONE_NEW "\", \"" RECORD_ALONE_MISSING
                       "\" or \"" RECORD_ALONE_ASKED "\"",
                       STR_ARGS(record->alone));
    }
    for (enum phase phase = 0; phase < PHASES; phase++) {
        if (record->trial_count[SIDE_BASE][phase] > 0)
            return err_set(err, STATUS_FORMAT, "alone, but it counts trials of a baseline");
    }
    return STATUS_OK;
}

static enum status check_scenario(const struct manifest *manifest, size_t at, struct err *err)
{
    const struct manifest_scenario *scenario = &manifest->scenarios[at];
    size_t number = SIZE_MAX;
    if (!layout_parse_scenario(&number, scenario->directory) || number != at)
        return err_set(err, STATUS_FORMAT, "directory is not \"scenario-%zu\"", at + 1);
    if (scenario->record.name.len == 0)
        return err_set(err, STATUS_FORMAT, "name is empty");
    for (size_t i = 0; i < at; i++) {
        if (str_equal(scenario->record.name, manifest->scenarios[i].record.name)) {
            return err_set(err, STATUS_FORMAT, "name \"%.*s\" appears twice",
                           STR_ARGS(scenario->record.name));
        }
    }
    return check_alone(&scenario->record, err);
}

static enum status check_file(const struct manifest *manifest, size_t at, struct err *err)
{
    struct layout_file parsed = {0};
    const struct manifest_file *file = &manifest->files[at];
    if (!layout_parse(&parsed, file->path) ||
        (layout_is_of_scenario(parsed.kind) && parsed.key.scenario >= manifest->scenario_count)) {
        return err_set(err, STATUS_FORMAT, "\"%.*s\" is no path of this recording",
                       STR_ARGS(file->path));
    }
    if (at > 0 && str_compare(manifest->files[at - 1].path, file->path) >= 0) {
        return err_set(err, STATUS_FORMAT, "\"%.*s\" appears twice or out of order",
                       STR_ARGS(file->path));
    }
    if (parsed.kind == LAYOUT_KIND_POLICY)
        return STATUS_OK;
    const struct record_scenario *scenario = &manifest->scenarios[parsed.key.scenario].record;
    if (parsed.key.side < record_first_side(scenario)) {
        return err_set(err, STATUS_FORMAT, "\"%.*s\" is of a side that was not measured",
                       STR_ARGS(file->path));
    }
    if (parsed.kind != LAYOUT_KIND_TRIAL)
        return STATUS_OK;
    if (parsed.key.number > scenario->trial_count[parsed.key.side][parsed.key.phase]) {
        return err_set(err, STATUS_FORMAT, "\"%.*s\" is beyond the number of trials",
                       STR_ARGS(file->path));
    }
    return STATUS_OK;
}

static enum status check_rename(const struct record_rename *renames, size_t at, struct err *err)
{
    if (renames[at].from.len == 0 || renames[at].to.len == 0)
        return err_set(err, STATUS_FORMAT, "a path is empty");
    if (at > 0 && str_compare(renames[at - 1].from, renames[at].from) >= 0) {
        return err_set(err, STATUS_FORMAT, "\"%.*s\" appears twice or out of order",
                       STR_ARGS(renames[at].from));
    }
    return STATUS_OK;
}

static enum status check_manifest(const struct manifest *manifest, struct err *err)
{
    for (size_t i = 0; i < manifest->recording.rename_count; i++) {
        if (check_rename(manifest->recording.renames, i, err))
            return err_wrap(err, "renames: item %zu", i + 1);
    }
    for (size_t i = 0; i < manifest->scenario_count; i++) {
        if (check_scenario(manifest, i, err))
            return err_wrap(err, "scenarios: item %zu", i + 1);
    }
    for (size_t i = 0; i < manifest->file_count; i++) {
        if (check_file(manifest, i, err))
            return err_wrap(err, "files: item %zu", i + 1);
    }
    return STATUS_OK;
}

/* What the reader would refuse is not written either. */
enum status manifest_write(struct buf *buf, const struct manifest *manifest, struct err *err)
{
    struct manifest sealed = *manifest;
    sealed.schema = STR(RECORDING_SCHEMA);
    sealed.sha256 = seal_blank();
    if (check_manifest(&sealed, err) || shape_write(buf, &manifest_shape, &sealed, err))
        return err->status;
    seal_set(buf);
    return STATUS_OK;
}

enum status manifest_read(struct manifest *out, struct arena *arena, struct str text,
                          struct err *err)
{
    struct arena scratch;
    struct json_value tree = {0};
    struct manifest manifest = {0};
    arena_init(&scratch);
    enum status status = json_parse(&tree, &scratch, text, err);
    if (status == STATUS_OK)
        status = check_schema(&tree, err);
    if (status == STATUS_OK)
        status = shape_read(&manifest, arena, &manifest_shape, &tree, err);
    if (status == STATUS_OK)
        status = check_manifest(&manifest, err);
    arena_release(&scratch);
    if (status == STATUS_OK)
        *out = manifest;
    return status;
}
