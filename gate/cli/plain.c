#include "gate/cli/plain.h"

#include "gate/base/io.h"
#include "gate/codec/yaml.h"

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

enum status plain_compare(struct session *session, struct str base, struct str cand,
                          struct err *err)
{
    struct profile profiles[SIDES];
    struct arena *arena = &session->arena;
    if (read_profile(&profiles[SIDE_BASE], arena, base, err) ||
        read_profile(&profiles[SIDE_CAND], arena, cand, err))
        return err->status;
    session->comparisons = ARENA_NEW(arena, struct comparison);
    session->comparison_count = 1;
    return comparison_of_profiles(session->comparisons, arena, &profiles[SIDE_BASE],
                                  &profiles[SIDE_CAND], err);
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

enum status plain_judge(struct session *session, struct str base, struct str cand,
                        struct str policy_file, struct err *err)
{
    if (read_policy(session, policy_file, err) || plain_compare(session, base, cand, err))
        return err->status;
    struct judge_input input = {
        .policy = &session->policy,
        .comparisons = session->comparisons,
        .comparison_count = 1,
        .plain = true,
    };
    return judge(&session->judgement, &session->arena, &input, err);
}
