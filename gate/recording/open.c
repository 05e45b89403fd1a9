#include "gate/base/io.h"
#include "gate/codec/sha256.h"
#include "gate/codec/yaml.h"
#include "gate/recording/calibration.h"
#include "gate/recording/functions.h"
#include "gate/recording/layout.h"
#include "gate/recording/manifest.h"
#include "gate/recording/text.h"
#include "gate/recording/tool.h"
#include "gate/recording/trace.h"

/* What one call of recording_open carries along. */
struct opening {
    struct recording *recording;
    struct arena *arena;
    struct arena scratch;
    struct manifest manifest;
};

/* DIR itself, or the directory that `memgate run` makes below it. */
static enum status find_manifest(struct opening *opening, struct bytes *text, struct str dir,
                                 struct err *err)
{
    const struct str places[] = {dir, io_join(opening->arena, dir, STR("recording"))};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct str path = io_join(&opening->scratch, places[i], STR(LAYOUT_MANIFEST));
        opening->recording->dir = str_copy(opening->arena, places[i]);
        enum status status =
            io_read_file(text, &opening->scratch, path, RECORDING_JSON_BYTES_MAX, err);
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    return err_set(err, STATUS_NOT_FOUND,
                   "%.*s holds no recording (neither manifest.json nor recording/manifest.json)",
                   STR_ARGS(dir));
}

static void take_manifest(struct opening *opening)
{
    const struct manifest *manifest = &opening->manifest;
    struct recording *recording = opening->recording;
    struct str dir = recording->dir;
    *recording = manifest->recording;
    recording->dir = dir;
    recording->scenario_count = manifest->scenario_count;
    recording->scenario_cap = manifest->scenario_count;
    recording->scenarios =
        ARENA_ARRAY(opening->arena, struct record_scenario, manifest->scenario_count);
    for (size_t i = 0; i < manifest->scenario_count; i++)
        recording->scenarios[i] = manifest->scenarios[i].record;
}

static enum status load_manifest(struct opening *opening, struct str dir, struct err *err)
{
    struct bytes text = {0};
    if (find_manifest(opening, &text, dir, err))
        return err->status;
    if (manifest_read(&opening->manifest, opening->arena, str_of_bytes(text), err) ||
        manifest_verify(str_of_bytes(text), err))
        return err_wrap(err, LAYOUT_MANIFEST);
    take_manifest(opening);
    return STATUS_OK;
}

/* Both lists are in byte order: the first place where they part names the culprit. */
static enum status match_files(struct opening *opening, struct err *err)
{
    const struct manifest *manifest = &opening->manifest;
    struct str *paths = NULL;
    size_t count = 0;
    size_t listed = 0;
    if (io_list_files(&paths, &count, &opening->scratch, opening->recording->dir,
                      RECORDING_FILES_MAX + 1, err))
        return err->status;
    for (size_t i = 0; i < count; i++) {
        if (str_equal(paths[i], STR(LAYOUT_MANIFEST)))
            continue;
        if (listed == manifest->file_count ||
            str_compare(paths[i], manifest->files[listed].path) < 0) {
            return err_set(err, STATUS_FORMAT, "%.*s: not listed in " LAYOUT_MANIFEST,
                           STR_ARGS(paths[i]));
        }
        if (!str_equal(paths[i], manifest->files[listed].path))
            break;
        listed++;
    }
    if (listed < manifest->file_count) {
        return err_set(err, STATUS_FORMAT, "%.*s: listed in " LAYOUT_MANIFEST ", but missing",
                       STR_ARGS(manifest->files[listed].path));
    }
    return STATUS_OK;
}

static enum status take_policy(struct opening *opening, struct trial_key key, struct str text,
                               struct err *err)
{
    (void)key;
    (void)err;
    opening->recording->policy_text = str_copy(opening->arena, text);
    return STATUS_OK;
}

static enum status take_noise(struct opening *opening, struct trial_key key, struct str text,
                              struct err *err)
{
    struct record_calibration *noise = &opening->recording->noise;
    struct calibration *table = ARENA_NEW(opening->arena, struct calibration);
    (void)key;
    if (noise->file.len == 0)
        return err_set(err, STATUS_FORMAT, LAYOUT_MANIFEST " knows of no calibration");
    if (calibration_read(table, opening->arena, text, err))
        return err->status;
    noise->text = str_copy(opening->arena, text);
    noise->table = table;
    return STATUS_OK;
}

static enum status take_program(struct opening *opening, struct trial_key key, struct str text,
                                struct err *err)
{
    struct record_scenario *scenario = &opening->recording->scenarios[key.scenario];
    struct record_program *program = &scenario->programs[key.side];
    struct record_program read = {0};
    if (program_read(&read, opening->arena, text, err))
        return err->status;
    /* functions.txt comes before in the order of the files. */
    read.functions = program->functions;
    read.function_count = program->function_count;
    read.has_functions = program->has_functions;
    *program = read;
    return STATUS_OK;
}

static enum status take_functions(struct opening *opening, struct trial_key key, struct str text,
                                  struct err *err)
{
    struct record_scenario *scenario = &opening->recording->scenarios[key.scenario];
    return functions_read(&scenario->programs[key.side], opening->arena, text, err);
}

static enum status take_trial(struct opening *opening, struct trial_key key, struct str text,
                              struct err *err)
{
    struct record_scenario *scenario = &opening->recording->scenarios[key.scenario];
    struct record_trial *trial = &scenario->trials[key.side][key.phase][key.number - 1];
    /* tool.json and trace.json come before in the order of the files. */
    const struct record_tool *tool = trial->tool;
    const struct record_trace *trace = trial->trace;
    if (trial_read(trial, opening->arena, text, err))
        return err->status;
    trial->tool = tool;
    trial->trace = trace;
    if (trial->number != key.number) {
        return err_set(err, STATUS_FORMAT, "number is %u, but the directory's is %u",
                       (unsigned)trial->number, (unsigned)key.number);
    }
    return STATUS_OK;
}

static enum status take_tool(struct opening *opening, struct trial_key key, struct str text,
                             struct err *err)
{
    struct record_scenario *scenario = &opening->recording->scenarios[key.scenario];
    struct record_tool *tool = ARENA_NEW(opening->arena, struct record_tool);
    if (key.number > scenario->trial_count[key.side][key.phase])
        return err_set(err, STATUS_FORMAT, "is of a trial that " LAYOUT_MANIFEST " does not count");
    if (tool_read(tool, opening->arena, text, err))
        return err->status;
    scenario->trials[key.side][key.phase][key.number - 1].tool = tool;
    return STATUS_OK;
}

static enum status take_trace(struct opening *opening, struct trial_key key, struct str text,
                              struct err *err)
{
    struct record_scenario *scenario = &opening->recording->scenarios[key.scenario];
    struct record_trace *trace = ARENA_NEW(opening->arena, struct record_trace);
    if (key.number > scenario->trial_count[key.side][key.phase])
        return err_set(err, STATUS_FORMAT, "is of a trial that " LAYOUT_MANIFEST " does not count");
    if (trace_read(trace, opening->arena, text, err))
        return err->status;
    scenario->trials[key.side][key.phase][key.number - 1].trace = trace;
    return STATUS_OK;
}

static enum status take_data(struct opening *opening, struct trial_key key, struct str text,
                             struct err *err)
{
    (void)opening;
    (void)key;
    (void)text;
    (void)err;
    return STATUS_OK;
}

static const struct loader {
    size_t bytes_max;
    enum status (*take)(struct opening *opening, struct trial_key key, struct str text,
                        struct err *err);
} loaders[] = {
    [LAYOUT_KIND_POLICY] = {YAML_BYTES_MAX, take_policy},
    [LAYOUT_KIND_NOISE] = {CALIBRATION_BYTES_MAX, take_noise},
    [LAYOUT_KIND_PROGRAM] = {RECORDING_JSON_BYTES_MAX, take_program},
    [LAYOUT_KIND_FUNCTIONS] = {RECORDING_FUNCTIONS_BYTES_MAX, take_functions},
    [LAYOUT_KIND_TRIAL] = {RECORDING_JSON_BYTES_MAX, take_trial},
    [LAYOUT_KIND_TOOL] = {RECORDING_JSON_BYTES_MAX, take_tool},
    [LAYOUT_KIND_TRACE] = {RECORDING_JSON_BYTES_MAX, take_trace},
    [LAYOUT_KIND_DATA] = {PROFILE_PACKED_BYTES_MAX, take_data},
};

static enum status verify_file(const struct manifest_file *file, struct arena *scratch,
                               struct bytes data, struct err *err)
{
    if (data.len != file->bytes) {
        return err_set(err, STATUS_FORMAT, "has %zu bytes, not the %llu of " LAYOUT_MANIFEST,
                       data.len, (unsigned long long)file->bytes);
    }
    if (!str_equal(sha256_hex(scratch, data), file->sha256)) {
        return err_set(err, STATUS_FORMAT,
                       "was changed: its SHA-256 is not that of " LAYOUT_MANIFEST);
    }
    return STATUS_OK;
}

/* The bytes that were hashed are the bytes that are parsed. */
static enum status load_file(struct opening *opening, const struct manifest_file *file,
                             struct arena *once, struct err *err)
{
    struct layout_file parsed = {0};
    struct bytes data = {0};
    bool known = layout_parse(&parsed, file->path);
    assert(known); /* manifest_read refuses other paths */
    (void)known;
    const struct loader *loader = &loaders[parsed.kind];
    if (io_read_file(&data, once, io_join(once, opening->recording->dir, file->path),
                     loader->bytes_max, err) ||
        verify_file(file, once, data, err))
        return err->status;
    return loader->take(opening, parsed.key, str_of_bytes(data), err);
}

static enum status load_files(struct opening *opening, struct err *err)
{
    for (size_t i = 0; i < opening->manifest.file_count; i++) {
        const struct manifest_file *file = &opening->manifest.files[i];
        struct arena once;
        arena_init(&once);
        enum status status = load_file(opening, file, &once, err);
        arena_release(&once);
        if (status != STATUS_OK)
            return err_wrap(err, "%.*s", STR_ARGS(file->path));
    }
    return STATUS_OK;
}

static enum status require(const struct opening *opening, struct str path, struct err *err)
{
    const struct manifest *manifest = &opening->manifest;
    size_t low = 0;
    size_t high = manifest->file_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(manifest->files[middle].path, path) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < manifest->file_count && str_equal(manifest->files[low].path, path))
        return STATUS_OK;
    return err_set(err, STATUS_FORMAT, "%.*s: missing", STR_ARGS(path));
}

static enum status require_trials(struct opening *opening, size_t scenario, enum side side,
                                  struct err *err)
{
    struct record_scenario *record = &opening->recording->scenarios[scenario];
    for (enum phase phase = 0; phase < PHASES; phase++) {
        size_t count = record->trial_count[side][phase];
        record->trials[side][phase] = ARENA_ARRAY(opening->arena, struct record_trial, count);
        for (size_t i = 0; i < count; i++) {
            struct trial_key key = {scenario, side, phase, (uint32_t)i + 1};
            if (require(opening, layout_trial(&opening->scratch, key), err))
                return err->status;
        }
    }
    return STATUS_OK;
}

/* Each record that the manifest counts has its file; places for the trials are made. */
static enum status require_files(struct opening *opening, struct err *err)
{
    if (require(opening, STR(LAYOUT_POLICY), err))
        return err->status;
    if (opening->recording->noise.file.len > 0 && require(opening, STR(LAYOUT_NOISE), err))
        return err->status;
    for (size_t i = 0; i < opening->recording->scenario_count; i++) {
        enum side first = record_first_side(&opening->recording->scenarios[i]);
        for (enum side side = first; side < SIDES; side++) {
            if (require(opening, layout_program(&opening->scratch, i, side), err) ||
                require_trials(opening, i, side, err))
                return err->status;
        }
    }
    return STATUS_OK;
}

enum status recording_open(struct recording *out, struct arena *arena, struct str dir,
                           struct err *err)
{
    struct recording recording = {0};
    struct opening opening = {.recording = &recording, .arena = arena};
    arena_init(&opening.scratch);
    enum status status = load_manifest(&opening, dir, err);
    if (status == STATUS_OK)
        status = match_files(&opening, err);
    if (status == STATUS_OK)
        status = require_files(&opening, err);
    if (status == STATUS_OK)
        status = load_files(&opening, err);
    arena_release(&opening.scratch);
    if (status == STATUS_OK)
        *out = recording;
    return status;
}
