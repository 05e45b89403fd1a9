#include "gate/base/io.h"
#include "gate/cli/ci.h"
#include "gate/cli/run.h"

static enum status choose_policy_source(struct run *run, struct err *err)
{
    struct str from = run->policy_from;
    if (from.len == 0)
        from = ci_is_here() ? STR("base") : STR("work-tree");
    if (str_equal(from, STR("base"))) {
        run->policy_revision = run->base;
        return STATUS_OK;
    }
    if (!str_equal(from, STR("work-tree"))) {
        return err_set(err, STATUS_USAGE, "--policy-from takes base or work-tree, not \"%.*s\"",
                       STR_ARGS(from));
    }
    /* What is checked out, which --head need not be: load tools run in its files. */
    if (repo_resolve(&run->policy_revision, &run->session.arena, run->root, STR("HEAD"), err))
        return err_wrap(err, "--policy-from work-tree");
    run->policy_revision.label = STR("work tree");
    run->policy_revision.is_work_tree = true;
    return STATUS_OK;
}

/* A missing policy is the user's to mend: exit 2, and where it was looked for. */
static enum status policy_missing(struct run *run, struct err *err)
{
    struct err ignored;
    struct bytes text = {0};
    bool in_head = repo_read_file(&text, &run->session.arena, run->root, &run->head,
                                  run->policy_path, &ignored) == STATUS_OK;
    const char *hint = "; write one, see the README's first policy";
    if (in_head) {
        hint = run->policy_revision.is_work_tree ? " (head has one: check it out)"
                                                 : " (head has one: it takes effect after merge)";
    }
    return err_set(err, STATUS_POLICY, "policy %.*s not found at %s %.*s%s",
                   STR_ARGS(run->policy_path), run->policy_revision.is_work_tree ? "the" : "base",
                   STR_ARGS(run->policy_revision.label), hint);
}

/* memgate.yaml of the directory the command was given in, else of the repository's root. */
static enum status choose_policy_path(struct run *run, struct err *err)
{
    struct arena *arena = &run->session.arena;
    struct str here = {"", 0};
    struct bytes text = {0};
    struct err ignored;
    if (run->policy_path.len)
        return STATUS_OK;
    run->policy_path = STR("memgate.yaml");
    if (io_absolute(&here, arena, STR("."), err))
        return err->status;
    /* The path ends in "/.", and both are free of links: git gave the one, the kernel the other. */
    here = str_slice(here, 0, here.len - 2);
    if (here.len <= run->root.len + 1 || !str_starts_with(here, run->root))
        return STATUS_OK;
    struct str prefix = str_slice(here, run->root.len, here.len);
    if (prefix.data[0] == '/')
        prefix = str_slice(prefix, 1, prefix.len);
    struct str nearer = io_join(arena, prefix, run->policy_path);
    if (repo_read_file(&text, arena, run->root, &run->policy_revision, nearer, &ignored) ==
        STATUS_OK)
        run->policy_path = nearer;
    return STATUS_OK;
}

enum status run_read_policy(struct run *run, struct err *err)
{
    struct session *session = &run->session;
    struct recording *recording = &session->recording;
    struct bytes text = {0};
    if (choose_policy_source(run, err) || choose_policy_path(run, err))
        return err->status;
    enum status status = repo_read_file(&text, &session->arena, run->root, &run->policy_revision,
                                        run->policy_path, err);
    if (status == STATUS_NOT_FOUND)
        return policy_missing(run, err);
    if (status)
        return err_wrap(err, "policy");
    recording->policy_name = run->policy_path;
    recording->policy_revision =
        run->policy_revision.is_work_tree ? STR("work tree") : run->policy_revision.sha;
    recording->policy_text = str_of_bytes(text);
    return policy_parse(&session->policy, &session->arena, recording->policy_name, text, err);
}

void run_read_base_policy(struct run *run)
{
    struct arena *arena = &run->session.arena;
    struct measuring *measuring = &run->measuring;
    struct policy *policy = ARENA_NEW(arena, struct policy);
    struct bytes text = {0};
    struct err err;
    enum status status =
        repo_read_file(&text, arena, run->root, &run->base, run->policy_path, &err);
    if (status == STATUS_NOT_FOUND)
        return;
    if (status || policy_parse(policy, arena, run->policy_path, text, &err)) {
        measuring->base_policy_unknown = true;
        log_line(&run->talk.log, "policy of the baseline: %s; no scenario counts as new", err.text);
        return;
    }
    measuring->base_policy = policy;
}
