#include "gate/base/io.h"
#include "gate/codec/sha256.h"
#include "gate/codec/yaml.h"
#include "gate/recording/functions.h"
#include "gate/recording/layout.h"
#include "gate/recording/manifest.h"
#include "gate/recording/text.h"
#include "gate/recording/tool.h"
#include "gate/recording/trace.h"

/* What one call of recording_write carries along. */
struct writing {
    const struct recording *recording;
    struct arena scratch;
    struct buf buf;
};

static enum status write_file(struct writing *writing, struct str path, struct bytes data,
                              struct err *err)
{
    struct str full = io_join(&writing->scratch, writing->recording->dir, path);
    return io_write_file(full, data, err);
}

static enum status write_trial(struct writing *writing, const struct record_trial *trial,
                               struct trial_key key, struct err *err)
{
    struct str dir = {0};
    struct str path = layout_trial(&writing->scratch, key);
    buf_reset(&writing->buf);
    if (trial->number != key.number) {
        return err_set(err, STATUS_INVALID, "%.*s: trial %u stands at place %u", STR_ARGS(path),
                       (unsigned)trial->number, (unsigned)key.number);
    }
    if (recording_trial_dir(&dir, &writing->scratch, writing->recording, key, err) ||
        trial_write(&writing->buf, trial, err) ||
        write_file(writing, path, bytes_of_str(buf_view(&writing->buf)), err))
        return err_wrap(err, "%.*s", STR_ARGS(path));
    return STATUS_OK;
}

static enum status write_tool(struct writing *writing, const struct record_tool *tool,
                              struct trial_key key, struct err *err)
{
    struct str path = layout_tool(&writing->scratch, key);
    if (!tool)
        return STATUS_OK;
    buf_reset(&writing->buf);
    if (tool_write(&writing->buf, tool, err) ||
        write_file(writing, path, bytes_of_str(buf_view(&writing->buf)), err))
        return err_wrap(err, "%.*s", STR_ARGS(path));
    return STATUS_OK;
}

static enum status write_trace(struct writing *writing, const struct record_trace *trace,
                               struct trial_key key, struct err *err)
{
    struct str path = layout_trace(&writing->scratch, key);
    if (!trace)
        return STATUS_OK;
    buf_reset(&writing->buf);
    if (trace_write(&writing->buf, trace, err) ||
        write_file(writing, path, bytes_of_str(buf_view(&writing->buf)), err))
        return err_wrap(err, "%.*s", STR_ARGS(path));
    return STATUS_OK;
}

static enum status write_program(struct writing *writing, size_t scenario, enum side side,
                                 struct err *err)
{
    const struct record_scenario *record = &writing->recording->scenarios[scenario];
    struct str path = layout_program(&writing->scratch, scenario, side);
    struct str full = io_join(&writing->scratch, writing->recording->dir, path);
    buf_reset(&writing->buf);
    if (io_make_dirs(str_slice(full, 0, (size_t)str_find_last(full, '/')), err) ||
        program_write(&writing->buf, &record->programs[side], err) ||
        io_write_file(full, bytes_of_str(buf_view(&writing->buf)), err))
        return err_wrap(err, "%.*s", STR_ARGS(path));
    return STATUS_OK;
}

static enum status write_functions(struct writing *writing, size_t scenario, enum side side,
                                   struct err *err)
{
    const struct record_scenario *record = &writing->recording->scenarios[scenario];
    struct str path = layout_functions(&writing->scratch, scenario, side);
    struct buf buf;
    if (!record->programs[side].has_functions)
        return STATUS_OK;
    buf_init(&buf, RECORDING_FUNCTIONS_BYTES_MAX);
    enum status status = functions_write(&buf, &record->programs[side], err);
    if (status == STATUS_OK)
        status = write_file(writing, path, bytes_of_str(buf_view(&buf)), err);
    buf_release(&buf);
    return status == STATUS_OK ? STATUS_OK : err_wrap(err, "%.*s", STR_ARGS(path));
}

enum status recording_check_program(const struct record_program *program, struct err *err)
{
    struct buf buf;
    buf_init(&buf, RECORDING_JSON_BYTES_MAX);
    enum status status = program_write(&buf, program, err);
    buf_release(&buf);
    return status == STATUS_OK ? STATUS_OK : err_wrap(err, "program.json");
}

enum status recording_check_functions(const struct record_program *program, struct err *err)
{
    struct buf buf;
    buf_init(&buf, RECORDING_FUNCTIONS_BYTES_MAX);
    enum status status = functions_write(&buf, program, err);
    buf_release(&buf);
    return status == STATUS_OK ? STATUS_OK : err_wrap(err, "functions.txt");
}

static enum status write_side(struct writing *writing, size_t scenario, enum side side,
                              struct err *err)
{
    const struct record_scenario *record = &writing->recording->scenarios[scenario];
    if (write_program(writing, scenario, side, err) ||
        write_functions(writing, scenario, side, err))
        return err->status;
    for (enum phase phase = 0; phase < PHASES; phase++) {
        for (size_t i = 0; i < record->trial_count[side][phase]; i++) {
            struct trial_key key = {scenario, side, phase, (uint32_t)i + 1};
            const struct record_trial *trial = &record->trials[side][phase][i];
            if (write_trial(writing, trial, key, err) ||
                write_tool(writing, trial->tool, key, err) ||
                write_trace(writing, trial->trace, key, err))
                return err->status;
        }
    }
    return STATUS_OK;
}

/* Everything that the manifest vouches for. */
static enum status write_records(struct writing *writing, struct err *err)
{
    const struct recording *recording = writing->recording;
    if (recording->policy_text.len > YAML_BYTES_MAX)
        return err_set(err, STATUS_LIMIT, LAYOUT_POLICY ": larger than %d bytes", YAML_BYTES_MAX);
    if (io_make_dirs(recording->dir, err) ||
        write_file(writing, STR(LAYOUT_POLICY), bytes_of_str(recording->policy_text), err))
        return err->status;
    if (recording->noise.file.len > 0 &&
        write_file(writing, STR(LAYOUT_NOISE), bytes_of_str(recording->noise.text), err))
        return err->status;
    for (size_t i = 0; i < recording->scenario_count; i++) {
        enum side first = record_first_side(&recording->scenarios[i]);
        for (enum side side = first; side < SIDES; side++) {
            if (write_side(writing, i, side, err))
                return err->status;
        }
    }
    return STATUS_OK;
}

static enum status hash_file(struct manifest_file *out, struct writing *writing, struct str path,
                             struct err *err)
{
    struct arena once;
    struct bytes data = {0};
    arena_init(&once);
    enum status status = io_read_file(&data, &once, io_join(&once, writing->recording->dir, path),
                                      PROFILE_PACKED_BYTES_MAX, err);
    if (status == STATUS_OK)
        *out = (struct manifest_file){path, data.len, sha256_hex(&writing->scratch, data)};
    arena_release(&once);
    return status == STATUS_OK ? STATUS_OK : err_wrap(err, "%.*s", STR_ARGS(path));
}

/* A load tool's figures without a tool, or a trace's without one. */
static bool is_stale_part(const struct recording *recording, const struct layout_file *file)
{
    const struct trial_key *key = &file->key;
    bool is_tool = file->kind == LAYOUT_KIND_TOOL;
    if ((!is_tool && file->kind != LAYOUT_KIND_TRACE) || key->scenario >= recording->scenario_count)
        return false;
    const struct record_scenario *scenario = &recording->scenarios[key->scenario];
    if (key->number > scenario->trial_count[key->side][key->phase])
        return true;
    const struct record_trial *trial = &scenario->trials[key->side][key->phase][key->number - 1];
    return is_tool ? !trial->tool : !trial->trace;
}

static bool is_stale_list(const struct recording *recording, const struct layout_file *file)
{
    return file->kind == LAYOUT_KIND_FUNCTIONS && file->key.scenario < recording->scenario_count &&
           !recording->scenarios[file->key.scenario].programs[file->key.side].has_functions;
}

/* What an earlier recording in this directory left would pass for this one's. */
static enum status check_left_over(const struct recording *recording, struct str path,
                                   struct err *err)
{
    struct layout_file file = {0};
    if (!layout_parse(&file, path))
        return STATUS_OK;
    bool is_stale_noise = file.kind == LAYOUT_KIND_NOISE && recording->noise.file.len == 0;
    if (!is_stale_noise && !is_stale_list(recording, &file) && !is_stale_part(recording, &file))
        return STATUS_OK;
    return err_set(err, STATUS_FORMAT, "%.*s is left over from another recording", STR_ARGS(path));
}

static enum status hash_files(struct manifest *manifest, struct writing *writing, struct err *err)
{
    struct str *paths = NULL;
    size_t count = 0;
    if (io_list_files(&paths, &count, &writing->scratch, writing->recording->dir,
                      RECORDING_FILES_MAX + 1, err))
        return err->status;
    manifest->files = ARENA_ARRAY(&writing->scratch, struct manifest_file, count);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(paths[i], STR(LAYOUT_MANIFEST)))
            continue;
        if (check_left_over(writing->recording, paths[i], err) ||
            hash_file(&manifest->files[manifest->file_count], writing, paths[i], err))
            return err->status;
        manifest->file_count++;
    }
    return STATUS_OK;
}

static enum status write_manifest(struct writing *writing, struct err *err)
{
    const struct recording *recording = writing->recording;
    struct manifest manifest = {.recording = *recording,
                                .scenario_count = recording->scenario_count};
    manifest.scenarios =
        ARENA_ARRAY(&writing->scratch, struct manifest_scenario, recording->scenario_count);
    for (size_t i = 0; i < recording->scenario_count; i++) {
        manifest.scenarios[i] = (struct manifest_scenario){layout_scenario(&writing->scratch, i),
                                                           recording->scenarios[i]};
    }
    buf_reset(&writing->buf);
    if (hash_files(&manifest, writing, err))
        return err->status;
    if (manifest_write(&writing->buf, &manifest, err))
        return err_wrap(err, LAYOUT_MANIFEST);
    return write_file(writing, STR(LAYOUT_MANIFEST), bytes_of_str(buf_view(&writing->buf)), err);
}

/*
 * The manifest is last: until it is there, the directory is either the
 * recording it was before or none that recording_open accepts.
 */
enum status recording_write(const struct recording *recording, struct err *err)
{
    struct writing writing = {.recording = recording};
    arena_init(&writing.scratch);
    buf_init(&writing.buf, RECORDING_JSON_BYTES_MAX);
    enum status status = write_records(&writing, err);
    if (status == STATUS_OK)
        status = write_manifest(&writing, err);
    buf_release(&writing.buf);
    arena_release(&writing.scratch);
    return status;
}
