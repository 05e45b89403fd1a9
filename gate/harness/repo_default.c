#include "gate/harness/repo.h"

/* One place to look for the baseline: how people call it, and the ref. */
struct candidate {
    struct str label;
    struct str ref;
};

enum status repo_default_base(struct revision *out, struct arena *arena, struct str root,
                              struct str ci_target, struct err *err)
{
    struct str remote = str_format(arena, "origin/%.*s", STR_ARGS(ci_target));
    const struct candidate candidates[] = {
        {remote, str_format(arena, "refs/remotes/%.*s", STR_ARGS(remote))},
        {ci_target, str_format(arena, "refs/heads/%.*s", STR_ARGS(ci_target))},
        {STR("origin/HEAD"), STR("refs/remotes/origin/HEAD")},
        {STR("main"), STR("refs/heads/main")},
        {STR("master"), STR("refs/heads/master")},
    };
    enum { TARGET_CANDIDATES = 2 };
    for (size_t i = ci_target.len ? 0 : TARGET_CANDIDATES; i < ARRAY_LEN(candidates); i++) {
        enum status status = repo_resolve(out, arena, root, candidates[i].ref, err);
        if (status == STATUS_OK)
            out->label = str_copy(arena, candidates[i].label);
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    return err_set(err, STATUS_NOT_FOUND,
                   "no baseline: none of %.*s%sorigin/HEAD, main and master is in this clone; "
                   "name one with --base, or fetch with depth 0",
                   ci_target.len ? (int)remote.len : 0, remote.data, ci_target.len ? ", " : "");
}
