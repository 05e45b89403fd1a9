#include "gate/cli/measure.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/codec/sha256.h"
#include "gate/fold/fold.h"
#include "gate/fold/functions.h"

enum { GO_MOD_BYTES_MAX = 1024 * 1024 };

bool measure_voids_scenario(enum status status)
{
    return status == STATUS_CHILD || status == STATUS_INVALID || status == STATUS_FORMAT ||
           status == STATUS_LIMIT || status == STATUS_NOT_FOUND;
}

static enum status fail_scenario(struct measuring *measuring, struct measured *measured,
                                 const struct err *err)
{
    struct record_scenario *record = &measuring->recording->scenarios[measured->scenario];
    if (!measure_voids_scenario(err->status))
        return err->status;
    measured->ready = false;
    record->failure = str_copy(measuring->arena, str_from(err->text));
    log_line(measuring->log, "%.*s: %s", STR_ARGS(record->name), err->text);
    return STATUS_OK;
}

/* The path behind "module" of a go.mod; empty when there is none. */
static struct str module_line(struct str text)
{
    struct str line;
    struct str word = STR("module ");
    while (str_split(&text, '\n', &line)) {
        line = str_trim(line);
        if (!str_starts_with(line, word))
            continue;
        line = str_trim(str_slice(line, word.len, line.len));
        bool quoted = line.len > 1 && line.data[0] == '"';
        return quoted ? str_slice(line, 1, line.len - 1) : line;
    }
    return (struct str){"", 0};
}

/* The module that the directory belongs to: go.mod of it or of the nearest parent in the tree. */
static struct str module_of_dir(struct arena *arena, struct str dir, struct str top)
{
    struct bytes text = {0};
    struct err ignored;
    while (dir.len > top.len && str_starts_with(dir, top)) {
        struct str file = io_join(arena, dir, STR("go.mod"));
        if (io_read_file(&text, arena, file, GO_MOD_BYTES_MAX, &ignored) == STATUS_OK)
            return module_line(str_of_bytes(text));
        ptrdiff_t slash = str_find_last(dir, '/');
        dir = str_slice(dir, 0, slash < 0 ? 0 : (size_t)slash);
    }
    return (struct str){"", 0};
}

/*
 * Test binaries of Go 1.19 to 1.23 do not say which module they are of,
 * and without it no frame of a benchmark would be the program's own.
 */
static enum status module_of(struct str *out, const struct measuring *measuring,
                             const struct measured *measured, enum side side, struct err *err)
{
    const struct scenario *scenario = measured->built.scenario;
    *out = measured->binaries[side].build.module;
    if (out->len > 0 || scenario->driver != DRIVER_GOTEST)
        return STATUS_OK;
    struct str dir =
        io_join(measuring->arena, measured->built.trees[side], scenario->gotest.package);
    *out = module_of_dir(measuring->arena, dir, measuring->harness->work_dir);
    if (out->len == 0) {
        return err_set(err, STATUS_INVALID, "no go.mod names the module of %.*s",
                       STR_ARGS(scenario->gotest.package));
    }
    return STATUS_OK;
}

/*
 * "example.com/orders/codec.test" is the test binary of package
 * example.com/orders/codec. Go 1.19 leaves the path of test binaries out.
 */
static struct str package_of(struct arena *arena, const struct binary *binary, struct str module,
                             const struct scenario *scenario)
{
    struct str path = binary->build.path;
    struct str suffix = STR(".test");
    if (scenario->driver != DRIVER_GOTEST)
        return path;
    if (str_ends_with(path, suffix))
        return str_slice(path, 0, path.len - suffix.len);
    struct str below = scenario->gotest.package;
    struct str here = STR("./");
    if (str_starts_with(below, here))
        below = str_slice(below, here.len, below.len);
    if (str_equal(below, STR(".")))
        below = STR("");
    return io_join(arena, module, below);
}

/* Which functions the program has: told apart from those that merely do not allocate. */
static enum status read_functions(struct measuring *measuring, struct record_program *program,
                                  const struct binary *binary, struct err *err)
{
    struct binary_names names = {0};
    struct record_program listed = *program;
    enum status status = functions_of(&names, measuring->arena, binary, err);
    listed.functions = names.items;
    listed.function_count = names.len;
    listed.has_functions = true;
    if (status == STATUS_OK)
        status = recording_check_functions(&listed, err);
    if (status == STATUS_NOT_FOUND || status == STATUS_LIMIT) {
        log_line(measuring->log, "%.*s: its functions are not listed: %s", STR_ARGS(program->label),
                 err->text);
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        *program = listed;
    return status;
}

static enum status read_program(struct measuring *measuring, struct measured *measured,
                                enum side side, struct err *err)
{
    struct record_scenario *record = &measuring->recording->scenarios[measured->scenario];
    struct record_program *program = &record->programs[side];
    const struct revision *revision = &measuring->harness->spec.revisions[side];
    struct binary *binary = &measured->binaries[side];
    struct bytes elf = {0};
    program->label = revision->label;
    program->revision = revision->is_work_tree ? STR("work tree") : revision->sha;
    if (io_read_file(&elf, measuring->arena, measured->built.binaries[side], BINARY_BYTES_MAX,
                     err) ||
        binary_open(binary, measuring->arena, elf, err) ||
        module_of(&program->module, measuring, measured, side, err) ||
        read_functions(measuring, program, binary, err))
        return err_wrap(err, "%s binary", side_name(side));
    program->go_version = binary->build.go_version;
    program->settings = binary->build.settings;
    program->package =
        package_of(measuring->arena, binary, program->module, measured->built.scenario);
    program->arch = binary->arch == BINARY_ARM64 ? STR("arm64") : STR("amd64");
    program->sha256 = sha256_hex(measuring->arena, elf);
    program->binary_bytes = elf.len;
    return recording_check_program(program, err);
}

static enum status read_programs(struct measuring *measuring, struct measured *measured,
                                 struct err *err)
{
    for (enum side side = measured->built.first_side; side < SIDES; side++) {
        if (read_program(measuring, measured, side, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status check_toolchains(const struct measuring *measuring,
                                    const struct record_scenario *record, struct err *err)
{
    const struct str base = record->programs[SIDE_BASE].go_version;
    const struct str cand = record->programs[SIDE_CAND].go_version;
    if (record->alone.len > 0 || str_equal(base, cand) ||
        measuring->harness->spec.policy->toolchain_change != TOOLCHAIN_REFUSE)
        return STATUS_OK;
    return err_set(err, STATUS_INVALID, "base built by %.*s, candidate by %.*s", STR_ARGS(base),
                   STR_ARGS(cand));
}

/* Equal binaries prove that nothing changed, unless a file read at run time did. */
static bool is_identical(struct measuring *measuring, struct record_scenario *record)
{
    struct str why = {"", 0};
    if (record->alone.len > 0 ||
        !str_equal(record->programs[SIDE_BASE].sha256, record->programs[SIDE_CAND].sha256))
        return false;
    if (measuring->always_measure) {
        record->identical_why_measured = STR("--always-measure");
        return false;
    }
    if (!harness_changes_are_code(&measuring->harness->changed, &why)) {
        record->identical_why_measured =
            str_format(measuring->arena, "%.*s changed and may be read at run time", STR_ARGS(why));
        log_line(measuring->log, "%.*s: binaries are byte-identical, but %.*s; measuring",
                 STR_ARGS(record->name), STR_ARGS(record->identical_why_measured));
        return false;
    }
    log_line(measuring->log, "%.*s: binaries are byte-identical; nothing to measure",
             STR_ARGS(record->name));
    return true;
}

static struct record_scenario *add_record(struct measuring *measuring, struct measured *out,
                                          const struct scenario *scenario)
{
    struct recording *recording = measuring->recording;
    struct record_scenario record = {
        .name = scenario->name,
        .is_gotest = scenario->driver == DRIVER_GOTEST,
        .load_count = scenario->load.count,
    };
    if (measuring->harness->spec.is_alone)
        record.alone = STR(RECORD_ALONE_ASKED);
    out->scenario = recording->scenario_count;
    ARENA_PUSH(measuring->arena, recording->scenarios, recording->scenario_count,
               recording->scenario_cap, record);
    for (int side = 0; side < SIDES; side++) {
        for (int phase = 0; phase < PHASES; phase++) {
            recording->scenarios[out->scenario].trials[side][phase] =
                ARENA_ARRAY(measuring->arena, struct record_trial, RECORDING_TRIALS_MAX);
        }
    }
    return &recording->scenarios[out->scenario];
}

static bool is_same_program(const struct scenario *a, const struct scenario *b)
{
    return a->driver == b->driver && str_equal(a->build.package, b->build.package) &&
           str_equal(a->gotest.package, b->gotest.package) &&
           str_equal(a->gotest.bench, b->gotest.bench);
}

/*
 * A name that the baseline's policy gives to another program stands for
 * something that was there. To the same one it was given before there was
 * any, which the baseline's tree says itself.
 */
static struct str alone_of(const struct measuring *measuring, const struct scenario *scenario)
{
    const struct policy *policy = measuring->base_policy;
    const struct scenario *named = policy ? policy_scenario(policy, scenario->name) : NULL;
    bool is_other = named && !is_same_program(named, scenario);
    return measuring->base_policy_unknown || is_other ? STR(RECORD_ALONE_MISSING)
                                                      : STR(RECORD_ALONE_NEW);
}

/* Which of the two it is that a scenario is not taken for new by. */
static struct str notes_of(const struct measuring *measuring, const struct record_scenario *record,
                           struct str notes)
{
    if (!measuring->base_policy_unknown || !str_equal(record->alone, STR(RECORD_ALONE_MISSING)))
        return notes;
    return str_format(measuring->arena, "%.*s, and its policy could not be read", STR_ARGS(notes));
}

enum status measure_prepare(struct measuring *measuring, struct measured *out,
                            const struct scenario *scenario, struct err *err)
{
    *out = (struct measured){0};
    struct record_scenario *record = add_record(measuring, out, scenario);
    record->failure = measuring->refusal;
    if (record->failure.len)
        return STATUS_OK;
    enum status status = harness_build(measuring->harness, &out->built, scenario, err);
    if (status == STATUS_OK && out->built.first_side == SIDE_CAND && record->alone.len == 0)
        record->alone = alone_of(measuring, scenario);
    if (status || read_programs(measuring, out, err) || check_toolchains(measuring, record, err))
        return fail_scenario(measuring, out, err);
    record->notes = notes_of(measuring, record, out->built.notes);
    record->limits = out->built.limits;
    record->transport = out->built.transport;
    record->requests_sha256 = out->built.requests_sha256;
    record->identical = is_identical(measuring, record);
    out->ready = !record->identical;
    return STATUS_OK;
}

/*
 * What debug=1 text says of addresses without a direct call. It is a last
 * resort: without it their kind is unknown, which the report shows.
 */
static void absorb_text(struct measuring *measuring, struct measured *measured,
                        struct trial_key key, const struct profile *profile)
{
    struct profile text = {0};
    struct arena scratch;
    struct err err;
    arena_init(&scratch);
    if (profile->mapping_count == 0) {
        log_line(measuring->log, "%s: the heap profile has no mapping of the program",
                 side_name(key.side));
    } else if (recording_text_profile(&text, &scratch, measuring->recording, key, POINT_END,
                                      &err)) {
        log_line(measuring->log, "%s: %s", side_name(key.side), err.text);
    } else {
        profile_use_mapping(&text, &scratch, &profile->mappings[0]);
        targets_add_text(&measured->targets[key.side], measuring->arena,
                         &measured->binaries[key.side], &text);
    }
    arena_release(&scratch);
}

/* Keeps the call targets of what was sampled: the recording then needs no binary. */
static enum status absorb_targets(struct measuring *measuring, struct measured *measured,
                                  struct trial_key key, struct err *err)
{
    struct record_scenario *record = &measuring->recording->scenarios[key.scenario];
    struct call_targets *targets = &measured->targets[key.side];
    struct profile profile = {0};
    struct arena scratch;
    arena_init(&scratch);
    /* The last profile holds every address of the earlier ones: Go never forgets a stack. */
    enum status status =
        recording_profile(&profile, &scratch, measuring->recording, key, POINT_END, err);
    if (status == STATUS_OK)
        targets_add(targets, measuring->arena, &measured->binaries[key.side], &profile);
    /* Later trials sample the same addresses, and decoding the text is slow. */
    if (status == STATUS_OK && !record->is_gotest && key.number == 1)
        absorb_text(measuring, measured, key, &profile);
    arena_release(&scratch);
    struct record_program *program = &record->programs[key.side];
    program->targets = ARENA_ARRAY(measuring->arena, struct record_target, targets->len + 1);
    program->target_count = targets->len;
    for (size_t i = 0; i < targets->len; i++) {
        const struct call_target *target = &targets->items[i];
        program->targets[i] = (struct record_target){
            .offset = target->offset,
            .symbol = target->symbol,
            .type = target->type,
            .how = target->how == ALLOC_HOW_CHAIN ? STR(RECORD_TARGET_HIDDEN)
                                                  : STR(RECORD_TARGET_CALL),
        };
    }
    if (status == STATUS_OK && recording_check_program(program, err)) {
        /* The record of the failure must be writable. */
        program->target_count = 0;
        status = err->status;
    }
    return status;
}

static enum status measure_side(struct measuring *measuring, struct measured *measured,
                                struct trial_key key, struct err *err)
{
    if (harness_trial(measuring->harness, &measured->built, measuring->recording, key, err))
        return err->status;
    if (key.phase == PHASE_EXACT && absorb_targets(measuring, measured, key, err)) {
        return err_wrap(err, "%s, %s trial %u", side_name(key.side), phase_name(key.phase),
                        key.number);
    }
    return STATUS_OK;
}

/* One after the other, each side first in turn. */
static enum status measure_sides(struct measuring *measuring, struct measured *measured,
                                 enum phase phase, uint32_t number, struct err *err)
{
    for (int i = 0; i < SIDES; i++) {
        enum side side = (number % 2 == 1) == (i == 0) ? SIDE_BASE : SIDE_CAND;
        struct trial_key key = {measured->scenario, side, phase, number};
        if (side < measured->built.first_side)
            continue;
        if (measure_side(measuring, measured, key, err))
            return err->status;
    }
    return STATUS_OK;
}

enum status measure_pair(struct measuring *measuring, struct measured *measured, enum phase phase,
                         struct err *err)
{
    struct record_scenario *record = &measuring->recording->scenarios[measured->scenario];
    uint32_t number = (uint32_t)record->trial_count[SIDE_CAND][phase] + 1;
    uint64_t start_ns = clock_now_ns();
    enum status status = phase == PHASE_DUET
                             ? harness_duet(measuring->harness, &measured->built,
                                            measuring->recording, measured->scenario, number, err)
                             : measure_sides(measuring, measured, phase, number, err);
    if (status != STATUS_OK)
        return fail_scenario(measuring, measured, err);
    /* A benchmark's load is what it ran, b.N of all its functions; a command's what it sent. */
    if (record->is_gotest || measured->built.scenario->load.count == 0)
        record->load_count = record->trials[record_first_side(record)][phase][0].request_count;
    uint64_t took_ns = clock_now_ns() - start_ns;
    if (took_ns > measuring->trial_ns[phase])
        measuring->trial_ns[phase] = took_ns;
    return STATUS_OK;
}
