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
    /* Another branch than the one CI named would bring another baseline and another policy. */
    enum { TARGET_CANDIDATES = 2 };
    size_t first = ci_target.len ? 0 : TARGET_CANDIDATES;
    size_t end = ci_target.len ? TARGET_CANDIDATES : ARRAY_LEN(candidates);
    for (size_t i = first; i < end; i++) {
        enum status status = repo_resolve(out, arena, root, candidates[i].ref, err);
        if (status == STATUS_OK)
            out->label = str_copy(arena, candidates[i].label);
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    if (ci_target.len) {
        return err_set(err, STATUS_NOT_FOUND,
                       "neither %.*s nor a branch %.*s is in this clone, though CI names it as the "
                       "target; fetch with depth 0",
                       STR_ARGS(remote), STR_ARGS(ci_target));
    }
    return err_set(err, STATUS_NOT_FOUND,
                   "no baseline: none of origin/HEAD, main and master is in this clone; "
                   "name one with --base, or fetch with depth 0");
}
