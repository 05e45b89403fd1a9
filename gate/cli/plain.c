#include "gate/cli/plain.h"

#include "gate/base/io.h"
#include "gate/codec/yaml.h"
#include "gate/fold/functions.h"
#include "gate/fold/symbolise.h"

static enum status read_profile(struct profile *out, struct arena *arena, struct str path,
                                struct err *err)
{
    struct bytes data = {0};
    if (io_read_file(&data, arena, path, PROFILE_PACKED_BYTES_MAX, err))
        return err->status;
    if (profile_decode(out, arena, data, err))
        return err_wrap(err, "%.*s", STR_ARGS(path));
    return STATUS_OK;
}

/* What one side's files hold; lives as long as the session. */
struct plain_files {
    struct profile profile;
    struct binary binary;
    struct binary_names functions;
    struct call_targets targets;
};

static enum status read_binary(struct plain_files *files, struct arena *arena, struct str path,
                               struct err *err)
{
    struct bytes elf = {0};
    if (io_read_file(&elf, arena, path, BINARY_BYTES_MAX, err))
        return err->status;
    if (binary_open(&files->binary, arena, elf, err) ||
        symbolise(&files->profile, arena, &files->binary, err) ||
        functions_of(&files->functions, arena, &files->binary, err))
        return err_wrap(err, "%.*s", STR_ARGS(path));
    targets_add(&files->targets, arena, &files->binary, &files->profile);
    targets_add_text(&files->targets, arena, &files->binary, &files->profile);
    return STATUS_OK;
}

static enum status read_side(struct comparison_profile *out, struct arena *arena,
                             const struct plain_side *side, struct err *err)
{
    struct plain_files *files = ARENA_NEW(arena, struct plain_files);
    bool has_binary = side->binary.len > 0;
    if (read_profile(&files->profile, arena, side->profile, err) ||
        (has_binary && read_binary(files, arena, side->binary, err)))
        return err->status;
    *out = (struct comparison_profile){
        .profile = &files->profile,
        .targets = &files->targets,
        .program = {.go_version = files->binary.build.go_version,
                    .module = files->binary.build.module,
                    .package = files->binary.build.path,
                    .functions = files->functions.items,
                    .function_count = files->functions.len,
                    .has_functions = has_binary},
    };
    return STATUS_OK;
}

/* With the kinds of one side alone, and its module, unlike would be compared with unlike. */
static enum status refuse_lone_binary(const struct plain_side sides[SIDES], struct err *err)
{
    bool has_base = sides[SIDE_BASE].binary.len > 0;
    bool has_cand = sides[SIDE_CAND].binary.len > 0;
    if (has_base == has_cand)
        return STATUS_OK;
    return err_set(err, STATUS_USAGE,
                   "--%s-binary needs --%s-binary as well: one side's kinds alone cannot be "
                   "compared; give both or none",
                   has_base ? "base" : "cand", has_base ? "cand" : "base");
}

enum status plain_compare(struct session *session, const struct plain_side sides[SIDES],
                          struct err *err)
{
    struct comparison_profile profiles[SIDES];
    struct arena *arena = &session->arena;
    if (refuse_lone_binary(sides, err))
        return err->status;
    for (int side = 0; side < SIDES; side++) {
        if (read_side(&profiles[side], arena, &sides[side], err))
            return err->status;
    }
    session->comparisons = ARENA_NEW(arena, struct comparison);
    session->comparison_count = 1;
    return comparison_of_profiles(session->comparisons, arena, profiles, &session->hints, err);
}

enum status plain_refuse_binaries(const struct str binaries[SIDES], struct err *err)
{
    if (binaries[SIDE_BASE].len == 0 && binaries[SIDE_CAND].len == 0)
        return STATUS_OK;
    return err_set(err, STATUS_USAGE,
                   "--base-binary and --cand-binary are for two profiles; a recording knows its "
                   "programs");
}

static enum status read_policy(struct session *session, struct str policy_file, struct err *err)
{
    struct bytes text = {0};
    session->recording.policy_name = STR("default policy");
    if (policy_file.len == 0)
        return policy_default(&session->policy, &session->arena, err);
    session->recording.policy_name = policy_file;
    if (io_read_file(&text, &session->arena, policy_file, YAML_BYTES_MAX, err)) {
        err->status = STATUS_POLICY;
        return err_wrap(err, "policy");
    }
    return policy_parse(&session->policy, &session->arena, policy_file, text, err);
}

enum status plain_judge(struct session *session, const struct plain_side sides[SIDES],
                        struct str policy_file, struct err *err)
{
    if (read_policy(session, policy_file, err))
        return err->status;
    session_take_hints(session);
    if (plain_compare(session, sides, err))
        return err->status;
    struct judge_input input = {
        .policy = &session->policy,
        .comparisons = session->comparisons,
        .comparison_count = 1,
        .plain = true,
    };
    return judge(&session->judgement, &session->arena, &input, err);
}
