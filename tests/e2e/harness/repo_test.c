#include "gate/harness/repo.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/process.h"
#include "tests/support/check.h"

#define LIMIT_NS (60 * NS_PER_SECOND)

/*
 * A repository of the test's own, made by shell scripts that call git,
 * and a fresh directory to export into.
 */
struct fixture {
    struct arena arena;
    struct err err;
    struct str dir;  /* holds everything */
    struct str root; /* the repository */
    struct str out;
};

/* Commits get fixed dates, names and branch, and nothing of the machine's configuration. */
static const char *const git_env[] = {
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "HOME=/nonexistent",
    "LC_ALL=C",
    "GIT_CONFIG_NOSYSTEM=1",
    "GIT_AUTHOR_NAME=t",
    "GIT_AUTHOR_EMAIL=t@example.org",
    "GIT_COMMITTER_NAME=t",
    "GIT_COMMITTER_EMAIL=t@example.org",
    "GIT_AUTHOR_DATE=2024-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE=2024-01-01T00:00:00Z",
    NULL,
};

/* Runs a script in the repository; what it prints, without the last line's end. */
static struct str shell(struct fixture *fixture, const char *script)
{
    struct process process;
    const char *const argv[] = {"sh", "-ec", script, NULL};
    struct process_spec spec = {.argv = argv, .env = git_env, .dir = fixture->root};
    assert_ok(process_start(&process, &spec, &fixture->err), &fixture->err);
    assert_ok(process_wait(&process, LIMIT_NS, &fixture->err), &fixture->err);
    struct str text =
        str_copy(&fixture->arena, str_trim(process_output_text(&fixture->arena, &process)));
    int status = process.exit_status;
    process_release(&process);
    if (status != 0)
        fail_msg("script failed: %.*s", STR_ARGS(text));
    return text;
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    arena_init(&fixture->arena);
    assert_ok(io_make_temp_dir(&fixture->dir, &fixture->arena, "memgate-test", &fixture->err),
              &fixture->err);
    fixture->root = io_join(&fixture->arena, fixture->dir, STR("repo"));
    fixture->out = io_join(&fixture->arena, fixture->dir, STR("out"));
    assert_ok(io_make_dirs(fixture->root, &fixture->err), &fixture->err);
    assert_ok(io_make_dirs(fixture->out, &fixture->err), &fixture->err);
    (void)shell(fixture, "git init -q -b main .");
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    assert_ok(io_remove_tree(fixture->dir, &fixture->err), &fixture->err);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

static struct revision resolve(struct fixture *fixture, struct str spec)
{
    struct revision revision = {0};
    assert_ok(repo_resolve(&revision, &fixture->arena, fixture->root, spec, &fixture->err),
              &fixture->err);
    return revision;
}

/* What an exported file holds; a link's target behind "-> "; "-" when there is nothing. */
static struct str exported(struct fixture *fixture, struct str path)
{
    struct bytes content = {0};
    struct stat info;
    char target[256] = "";
    struct str full = io_join(&fixture->arena, fixture->out, path);
    if (lstat(full.data, &info) != 0)
        return STR("-");
    if (S_ISDIR(info.st_mode))
        return STR("directory");
    if (S_ISLNK(info.st_mode)) {
        assert_true(readlink(full.data, target, sizeof(target) - 1) > 0);
        return str_format(&fixture->arena, "-> %s", target);
    }
    assert_ok(io_read_file(&content, &fixture->arena, full, 1024, &fixture->err), &fixture->err);
    return str_of_bytes(content);
}

static void export_head(struct fixture *fixture)
{
    struct revision head = resolve(fixture, STR("HEAD"));
    assert_ok(repo_export(fixture->root, &head, fixture->out, &fixture->err), &fixture->err);
}

static const char two_commits[] =
    "echo one > a; mkdir -p d/e; echo deep > d/e/f; echo run > x; chmod +x x; ln -s a l;"
    "git add -A; git commit -qm first; git tag v1; git tag -a v2 -m v2; git branch old;"
    "echo two > a; git commit -qam 'fix: second'; git branch feature/x;"
    "git update-ref refs/remotes/origin/main HEAD~1;"
    "git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main";

struct resolve_case {
    const char *name;
    struct str spec;
    const char *want; /* what git rev-parse calls it */
};

static const struct resolve_case resolve_cases[] = {
    {"HEAD", STR_INIT("HEAD"), "HEAD"},
    {"branch", STR_INIT("main"), "main"},
    {"branch with a slash", STR_INIT("feature/x"), "feature/x"},
    {"full ref", STR_INIT("refs/heads/old"), "old"},
    {"light tag", STR_INIT("v1"), "HEAD~1"},
    {"annotated tag", STR_INIT("v2"), "HEAD~1"},
    {"remote branch", STR_INIT("origin/main"), "HEAD~1"},
    {"remote", STR_INIT("origin"), "HEAD~1"},
    {"parent", STR_INIT("HEAD^"), "HEAD~1"},
    {"ancestor", STR_INIT("main~1"), "HEAD~1"},
    {"ancestor zero", STR_INIT("main~0"), "HEAD"},
};

static void resolve_finds_what_git_finds(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, two_commits);
    for (size_t i = 0; i < ARRAY_LEN(resolve_cases); i++) {
        const struct resolve_case *row = &resolve_cases[i];
        print_message("%s\n", row->name);
        struct str script = str_format(&fixture->arena, "git rev-parse %s", row->want);
        struct revision revision = resolve(fixture, row->spec);
        assert_str(revision.sha, shell(fixture, script.data).data);
        assert_true(str_equal(revision.label, row->spec));
        assert_false(revision.is_work_tree);
    }
}

static void resolve_takes_ids(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, two_commits);
    struct str sha = shell(fixture, "git rev-parse HEAD~1");
    assert_int_equal(sha.len, 40);
    assert_str(resolve(fixture, sha).sha, sha.data);
    assert_str(resolve(fixture, str_slice(sha, 0, 7)).sha, sha.data);
}

struct refusal_case {
    const char *name;
    struct str spec;
    enum status status;
    const char *text;
};

static const struct refusal_case refusal_cases[] = {
    {"commit by message", STR_INIT(":/fix"), STATUS_USAGE,
     "revision \":/fix\" is not a commit id or ref name"},
    {"option", STR_INIT("--upload-pack=x"), STATUS_USAGE, "is not a commit id or ref name"},
    {"reflog", STR_INIT("HEAD@{1}"), STATUS_USAGE, "is not a commit id or ref name"},
    {"tree of a commit", STR_INIT("HEAD^{tree}"), STATUS_USAGE, "is not a commit id or ref name"},
    {"too few digits", STR_INIT("1a2b3c"), STATUS_NOT_FOUND, "is not in this clone"},
    {"absent short id", STR_INIT("1a2b3c4"), STATUS_NOT_FOUND,
     "\"1a2b3c4\" is not in this clone; fetch with depth 0"},
    {"absent id", STR_INIT("1a2b3c41a2b3c41a2b3c41a2b3c41a2b3c41a2b3"), STATUS_NOT_FOUND,
     "fetch with depth 0"},
    {"absent branch", STR_INIT("nope"), STATUS_NOT_FOUND, "fetch with depth 0"},
    {"no such parent", STR_INIT("HEAD~7"), STATUS_NOT_FOUND, "fetch with depth 0"},
};

static void resolve_refuses_the_rest(void **state)
{
    struct fixture *fixture = *state;
    struct revision revision = {0};
    (void)shell(fixture, two_commits);
    for (size_t i = 0; i < ARRAY_LEN(refusal_cases); i++) {
        const struct refusal_case *row = &refusal_cases[i];
        print_message("%s\n", row->name);
        assert_fails(
            repo_resolve(&revision, &fixture->arena, fixture->root, row->spec, &fixture->err),
            row->status, &fixture->err, row->text);
    }
    assert_int_equal(revision.sha.len, 0);
}

static void resolve_refuses_two_meanings(void **state)
{
    struct fixture *fixture = *state;
    struct revision revision = {0};
    (void)shell(fixture, two_commits);
    (void)shell(fixture, "git tag main HEAD~1; git update-ref refs/heads/same HEAD;"
                         "git tag same HEAD; git branch $(git rev-parse --short=7 HEAD) HEAD~1");
    assert_fails(
        repo_resolve(&revision, &fixture->arena, fixture->root, STR("main"), &fixture->err),
        STATUS_USAGE, &fixture->err, "\"main\" has several meanings");
    struct str sha = resolve(fixture, STR("HEAD")).sha;
    assert_str(resolve(fixture, STR("same")).sha, sha.data);
    assert_fails(repo_resolve(&revision, &fixture->arena, fixture->root, str_slice(sha, 0, 7),
                              &fixture->err),
                 STATUS_USAGE, &fixture->err, "has several meanings");
}

static void resolve_says_that_a_clone_is_shallow(void **state)
{
    struct fixture *fixture = *state;
    struct revision revision = {0};
    (void)shell(fixture, two_commits);
    (void)shell(fixture, "git clone -q --depth 1 \"file://$PWD\" ../shallow 2>/dev/null");
    struct str root = io_join(&fixture->arena, fixture->dir, STR("shallow"));
    assert_fails(repo_resolve(&revision, &fixture->arena, root, STR("HEAD~1"), &fixture->err),
                 STATUS_NOT_FOUND, &fixture->err, "fetch with depth 0");
}

static void find_goes_up_to_the_root(void **state)
{
    struct fixture *fixture = *state;
    struct str root = {0};
    (void)shell(fixture, two_commits);
    struct str inner = io_join(&fixture->arena, fixture->root, STR("d/e"));
    assert_ok(repo_find(&root, &fixture->arena, inner, &fixture->err), &fixture->err);
    struct str want = shell(fixture, "pwd -P");
    assert_str(root, want.data);
    assert_fails(repo_find(&root, &fixture->arena, STR("/proc"), &fixture->err), STATUS_USAGE,
                 &fixture->err, "is not in a git repository");
}

struct base_case {
    const char *name;
    const char *script;
    struct str target;
    const char *label;
    const char *want;
};

static const struct base_case base_cases[] = {
    {"remote HEAD outside CI", ":", STR_INIT(""), "origin/HEAD", "HEAD~1"},
    {"target of the remote", "git update-ref refs/remotes/origin/dev HEAD", STR_INIT("dev"),
     "origin/dev", "HEAD"},
    {"local target", ":", STR_INIT("old"), "old", "HEAD~1"},
    {"main", "git update-ref -d refs/remotes/origin/main", STR_INIT(""), "main", "HEAD"},
    {"master", "git branch -q -m main master", STR_INIT(""), "master", "HEAD"},
};

static void default_base_takes_the_first_there_is(void **state)
{
    struct fixture *fixture = *state;
    struct revision base = {0};
    (void)shell(fixture, two_commits);
    for (size_t i = 0; i < ARRAY_LEN(base_cases); i++) {
        const struct base_case *row = &base_cases[i];
        print_message("%s\n", row->name);
        (void)shell(fixture, row->script);
        struct str script = str_format(&fixture->arena, "git rev-parse %s", row->want);
        assert_ok(
            repo_default_base(&base, &fixture->arena, fixture->root, row->target, &fixture->err),
            &fixture->err);
        assert_str(base.label, row->label);
        assert_str(base.sha, shell(fixture, script.data).data);
    }
    (void)shell(fixture, "git branch -q -m master other");
    assert_fails(
        repo_default_base(&base, &fixture->arena, fixture->root, STR("dev2"), &fixture->err),
        STATUS_NOT_FOUND, &fixture->err, "neither origin/dev2 nor a branch dev2 is in this clone");
    assert_fails(repo_default_base(&base, &fixture->arena, fixture->root, STR(""), &fixture->err),
                 STATUS_NOT_FOUND, &fixture->err, "none of origin/HEAD, main and master");
}

struct head_case {
    const char *name;
    const char *script;
    bool is_work_tree;
};

static const struct head_case head_cases[] = {
    {"clean", ":", false},
    {"ignored file", "echo '*.tmp' > .git/info/exclude; echo x > x.tmp", false},
    {"untracked file", "echo x > new", true},
    {"staged file", "git add new", true},
    {"clean again", "git commit -qm third", false},
    {"changed file", "echo three > a", true},
    {"deleted file", "git checkout -q a; rm a", true},
};

static void default_head_is_the_work_tree_when_dirty(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, two_commits);
    for (size_t i = 0; i < ARRAY_LEN(head_cases); i++) {
        struct revision head = {0};
        print_message("%s\n", head_cases[i].name);
        (void)shell(fixture, head_cases[i].script);
        assert_ok(repo_default_head(&head, &fixture->arena, fixture->root, &fixture->err),
                  &fixture->err);
        assert_int_equal(head.is_work_tree, head_cases[i].is_work_tree);
        assert_str(head.label, head_cases[i].is_work_tree ? "work tree" : "HEAD");
        assert_str(head.sha, shell(fixture, "git rev-parse HEAD").data);
    }
}

static void export_writes_the_tree(void **state)
{
    struct fixture *fixture = *state;
    struct stat info;
    (void)shell(fixture, two_commits);
    struct revision first = resolve(fixture, STR("v1"));
    assert_ok(repo_export(fixture->root, &first, fixture->out, &fixture->err), &fixture->err);
    assert_str(exported(fixture, STR("a")), "one\n");
    assert_str(exported(fixture, STR("d/e/f")), "deep\n");
    assert_str(exported(fixture, STR("l")), "-> a");
    assert_str(exported(fixture, STR(".git")), "-");
    assert_int_equal(stat(io_join(&fixture->arena, fixture->out, STR("x")).data, &info), 0);
    assert_true(info.st_mode & S_IXUSR);
}

static void export_leaves_the_repository_alone(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, two_commits);
    (void)shell(fixture, "echo staged > s; git add s; echo dirty > a");
    struct str before = shell(fixture, "git status --porcelain; sha256sum .git/index .git/HEAD");
    struct revision first = resolve(fixture, STR("v1"));
    assert_ok(repo_export(fixture->root, &first, fixture->out, &fixture->err), &fixture->err);
    assert_str(shell(fixture, "git status --porcelain; sha256sum .git/index .git/HEAD"),
               before.data);
}

/* Everything that git would run, each of which leaves a mark when it does. */
static const char traps[] =
    "mark() { printf '#!/bin/sh\\ntouch %s/ran-'$1'\\ncat\\n' \"$PWD/..\" > \"$2\"; chmod +x "
    "\"$2\"; };"
    "mark hook .git/hooks/post-checkout; mark hook2 .git/hooks/pre-commit.x;"
    "mark filter ../filter; mark monitor ../monitor;"
    "printf '*.txt filter=evil\\n*.id ident\\n*.crlf text eol=crlf\\n' > .gitattributes;"
    "printf 'clear\\n' > f.txt; printf '$Id$\\n' > f.id; printf 'a\\n' > f.crlf;"
    "git add -A; git commit -qm traps;"
    "git config filter.evil.smudge \"$PWD/../filter\"; git config filter.evil.clean cat;"
    "git config core.fsmonitor \"$PWD/../monitor\"; git config filter.evil.required true";

static void export_runs_no_hook_and_no_filter(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, traps);
    export_head(fixture);
    assert_str(exported(fixture, STR("f.txt")), "clear\n");
    assert_str(exported(fixture, STR("f.id")), "$Id$\n");
    assert_str(exported(fixture, STR("f.crlf")), "a\n");
    assert_str(shell(fixture, "ls .. | grep ran- || true"), "");
}

static void export_leaves_submodules_out(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture,
                "printf '[submodule \"s\"]\\n\\tpath = s\\n\\turl = file:///nonexistent\\n' "
                "> .gitmodules; git add .gitmodules;"
                "git update-index --add --cacheinfo "
                "160000,0123456789012345678901234567890123456789,s; git commit -qm sub");
    export_head(fixture);
    struct str left = exported(fixture, STR("s"));
    assert_true(str_equal(left, STR("-")) || str_equal(left, STR("directory")));
    assert_str(exported(fixture, STR("s/anything")), "-");
}

/* Commits the tree that the script's last line names. */
static void commit_tree(struct fixture *fixture, const char *tree_script)
{
    struct str script = str_format(
        &fixture->arena,
        "e() { env printf \"$1 $2\\0\"; env printf \"$(echo $3 | sed 's/../\\\\x&/g')\"; };"
        "raw() { git hash-object --literally -t tree -w --stdin; };"
        "blob=$(echo data | git hash-object -w --stdin);"
        "link=$(printf /etc | git hash-object -w --stdin);"
        "empty=$(git mktree < /dev/null);"
        "tree=$(%s);"
        "git update-ref refs/heads/main $(echo m | git commit-tree $tree)",
        tree_script);
    (void)shell(fixture, script.data);
}

struct hostile_case {
    const char *name;
    const char *tree;
    const char *text;
};

static const struct hostile_case hostile_cases[] = {
    {"way up", "e 100644 .. $blob | raw", "HEAD tree has unsafe path \"..\": not exported"},
    {"itself", "e 100644 . $blob | raw", "unsafe path \".\""},
    {"repository", "e 40000 .git $empty | raw", "unsafe path \".git\""},
    {"repository in capitals", "e 40000 .GIT $empty | raw", "unsafe path \".GIT\""},
    {"repository for HFS", "e 100644 '.g\\xe2\\x80\\x8cit' $blob | raw", "unsafe path"},
    {"repository for NTFS", "e 40000 git~1 $empty | raw", "unsafe path \"git~1\""},
    {"slash inside", "e 100644 ../../x $blob | raw", "unsafe path"},
    {"absolute", "e 100644 /tmp/x $blob | raw", "unsafe path"},
    {"escape", "e 100644 'a\\x1b[2J' $blob | raw", "unsafe path"},
    {"new line", "e 100644 'a\\nb' $blob | raw", "unsafe path"},
    {"backslash", "e 100644 'a\\\\b' $blob | raw", "unsafe path"},
    {"hidden below", "printf \"40000 tree $(e 100644 .. $blob | raw)\\td\\n\" | git mktree",
     "unsafe path \"d/..\""},
    {"link to the machine", "e 120000 link $link | raw", "\"link\" -> \"/etc\" leaves the tree"},
    {"link up", "e 120000 link $(printf ../x | git hash-object -w --stdin) | raw",
     "\"link\" -> \"../x\" leaves the tree"},
    {"link and directory of one name",
     "{ e 120000 d $(printf x | git hash-object -w --stdin);"
     " e 40000 d $(e 100644 f $blob | raw); } | raw",
     "tree has \"d\" twice"},
    {"deeper than the limit",
     "t=$empty; for i in $(seq 260); do t=$(printf \"40000 tree $t\\td\\n\" | git mktree); done;"
     " echo $t",
     "unsafe path \"d/d/d/"},
};

static void export_refuses_hostile_trees(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LEN(hostile_cases); i++) {
        const struct hostile_case *row = &hostile_cases[i];
        print_message("%s\n", row->name);
        commit_tree(fixture, row->tree);
        struct revision head = resolve(fixture, STR("HEAD"));
        assert_fails(repo_export(fixture->root, &head, fixture->out, &fixture->err), STATUS_CHILD,
                     &fixture->err, row->text);
        /* Nothing was written before all was seen. */
        assert_str(shell(fixture, "ls -A ../out"), "");
    }
}

static void export_refuses_endless_trees(void **state)
{
    struct fixture *fixture = *state;
    /* Ten levels of ten equal trees: 10^10 paths in eleven objects. */
    commit_tree(fixture, "t=$empty; for i in $(seq 10); do t=$(for n in 0 1 2 3 4 5 6 7 8 9; do"
                         " printf \"40000 tree $t\\t$n\\n\"; done | git mktree); done; echo $t");
    struct revision head = resolve(fixture, STR("HEAD"));
    assert_fails(repo_export(fixture->root, &head, fixture->out, &fixture->err), STATUS_CHILD,
                 &fixture->err, "HEAD tree has more than 1000000 entries");
}

static void export_needs_an_empty_absolute_target(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, two_commits);
    struct revision head = resolve(fixture, STR("HEAD"));
    assert_fails(repo_export(fixture->root, &head, STR("out"), &fixture->err), STATUS_IO,
                 &fixture->err, "is not an absolute path");
    (void)shell(fixture, "ln -s /tmp ../out/d");
    assert_fails(repo_export(fixture->root, &head, fixture->out, &fixture->err), STATUS_IO,
                 &fixture->err, "is not empty");
}

static void export_reports_missing_objects(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, two_commits);
    (void)shell(fixture, "id=$(git rev-parse HEAD:a); f=.git/objects/$(echo $id | cut -c1-2)/$(echo"
                         " $id | cut -c3-); rm -f $f");
    struct revision head = resolve(fixture, STR("HEAD"));
    assert_fails(repo_export(fixture->root, &head, fixture->out, &fixture->err), STATUS_CHILD,
                 &fixture->err, "cannot read a file of the tree");
}

static void work_tree_is_head_with_its_changes(void **state)
{
    struct fixture *fixture = *state;
    struct revision head = {0};
    (void)shell(fixture, two_commits);
    (void)shell(fixture, "echo '*.tmp' > .gitignore; git add .gitignore;"
                         "echo changed > a; rm x; mkdir -p n/m; echo new > n/m/f; echo t > t.tmp;"
                         "echo staged > s; git add s; rm -r d; ln -s n d; rm l; mkdir l;"
                         "echo in > l/in; mkdir inner; git -C inner init -q .; echo i > inner/i");
    assert_ok(repo_default_head(&head, &fixture->arena, fixture->root, &fixture->err),
              &fixture->err);
    assert_ok(repo_export(fixture->root, &head, fixture->out, &fixture->err), &fixture->err);
    assert_str(exported(fixture, STR("a")), "changed\n");
    assert_str(exported(fixture, STR("x")), "-");
    assert_str(exported(fixture, STR("n/m/f")), "new\n");
    assert_str(exported(fixture, STR("t.tmp")), "-");
    assert_str(exported(fixture, STR("s")), "staged\n");
    assert_str(exported(fixture, STR("d")), "-> n");
    assert_str(exported(fixture, STR("l/in")), "in\n");
    assert_str(exported(fixture, STR("inner")), "-");
}

static void work_tree_refuses_links_that_leave(void **state)
{
    struct fixture *fixture = *state;
    struct revision head = {0};
    (void)shell(fixture, two_commits);
    (void)shell(fixture, "ln -s /etc out");
    assert_ok(repo_default_head(&head, &fixture->arena, fixture->root, &fixture->err),
              &fixture->err);
    assert_fails(repo_export(fixture->root, &head, fixture->out, &fixture->err), STATUS_CHILD,
                 &fixture->err, "\"out\" -> \"/etc\" leaves the tree");
}

struct read_case {
    const char *name;
    struct str path;
    enum status status;
    const char *commit; /* content at HEAD */
    const char *work;   /* content in the work tree */
};

static const struct read_case read_cases[] = {
    {"file", STR_INIT("a"), STATUS_OK, "two\n", "dirty\n"},
    {"file below", STR_INIT("d/e/f"), STATUS_OK, "deep\n", "deep\n"},
    {"with dots", STR_INIT("./d/./e/f"), STATUS_OK, "deep\n", "deep\n"},
    {"absent", STR_INIT("nope"), STATUS_NOT_FOUND, NULL, NULL},
    {"directory", STR_INIT("d"), STATUS_NOT_FOUND, NULL, NULL},
    {"link", STR_INIT("l"), STATUS_NOT_FOUND, NULL, NULL},
    {"behind a file", STR_INIT("a/b"), STATUS_NOT_FOUND, NULL, NULL},
    {"way up", STR_INIT("../a"), STATUS_USAGE, NULL, NULL},
    {"absolute", STR_INIT("/etc/passwd"), STATUS_USAGE, NULL, NULL},
    {"repository", STR_INIT(".git/config"), STATUS_USAGE, NULL, NULL},
    {"empty", STR_INIT(""), STATUS_USAGE, NULL, NULL},
};

static void read_file_gives_regular_files_alone(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, two_commits);
    (void)shell(fixture, "echo dirty > a");
    for (size_t i = 0; i < ARRAY_LEN(read_cases) * 2; i++) {
        const struct read_case *row = &read_cases[i / 2];
        struct bytes content = {0};
        struct revision revision = resolve(fixture, STR("HEAD"));
        revision.is_work_tree = i % 2 == 1;
        print_message("%s\n", row->name);
        enum status status = repo_read_file(&content, &fixture->arena, fixture->root, &revision,
                                            row->path, &fixture->err);
        assert_int_equal(status, row->status);
        if (status == STATUS_OK)
            assert_str(str_of_bytes(content), i % 2 == 1 ? row->work : row->commit);
    }
}

static struct str changed(struct fixture *fixture, const struct revision *base,
                          const struct revision *cand)
{
    struct path_list paths = {0};
    struct str text = STR("");
    assert_ok(repo_changed_paths(&paths, &fixture->arena, fixture->root, base, cand, &fixture->err),
              &fixture->err);
    for (size_t i = 0; i < paths.len; i++) {
        text = str_format(&fixture->arena, "%.*s%s%.*s", STR_ARGS(text), i ? " " : "",
                          STR_ARGS(paths.items[i]));
    }
    return text;
}

static void changed_paths_are_sorted_and_complete(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, two_commits);
    (void)shell(fixture, "git mv d/e/f moved; echo new > b; chmod -x x; git add -A;"
                         "git commit -qm more");
    struct revision base = resolve(fixture, STR("v1"));
    struct revision cand = resolve(fixture, STR("HEAD"));
    assert_str(changed(fixture, &base, &cand), "a b d/e/f moved x");
    assert_str(changed(fixture, &cand, &base), "a b d/e/f moved x");
    assert_str(changed(fixture, &cand, &cand), "");
    (void)shell(fixture, "mkdir u; echo u > u/v; echo dirty > b; touch a; rm l");
    cand.is_work_tree = true;
    struct revision head = resolve(fixture, STR("HEAD"));
    assert_str(changed(fixture, &head, &cand), "b l u/v");
    assert_str(changed(fixture, &base, &cand), "a b d/e/f l moved u/v x");
}

struct rename_case {
    const char *name;
    const char *script; /* run on top of the rows before it */
    const char *want;   /* "old>new old>new", from the first commit */
};

/* Twelve lines make a file whose likeness can be measured; three are what git calls small. */
static const char sources[] =
    "lines() { for i in $(seq $2); do echo \"// $1 says $i\"; done; };"
    "mkdir -p svc/cart; lines cart 12 > svc/cart/cart.go; lines main 12 > svc/main.go;"
    "lines text 12 > notes.txt; lines tiny 3 > tiny.go; lines gone 12 > gone.go;"
    "git add -A; git commit -qm sources; git tag sources;";

static const struct rename_case rename_cases[] = {
    {"nothing", ":", ""},
    {"moved as it was", "git mv svc/cart/cart.go svc/basket.go; git commit -qm 1",
     "svc/cart/cart.go>svc/basket.go"},
    {"and changed a little", "sed -i '1,4s/says/shouts/' svc/basket.go; git commit -qam 2",
     "svc/cart/cart.go>svc/basket.go"},
    {"and another, of three lines", "git mv tiny.go small.go; git commit -qm 3",
     "svc/cart/cart.go>svc/basket.go tiny.go>small.go"},
    {"and that one changed", "echo '// more' >> small.go; git commit -qam 3",
     "svc/cart/cart.go>svc/basket.go tiny.go>small.go"},
    {"other than Go does not count", "git mv notes.txt words.txt; git commit -qm 4",
     "svc/cart/cart.go>svc/basket.go tiny.go>small.go"},
    {"a copy is no rename", "cp svc/main.go svc/copy.go; git add -A; git commit -qm 5",
     "svc/cart/cart.go>svc/basket.go tiny.go>small.go"},
    {"nor is a file gone and another new",
     "git rm -q gone.go; seq 100 140 > new.go; git add -A; git commit -qm 6",
     "svc/cart/cart.go>svc/basket.go tiny.go>small.go"},
    {"mostly rewritten", "sed -i '1,9s/.*/x &&&/' svc/basket.go; git commit -qam 7",
     "tiny.go>small.go"},
};

static struct str renamed(struct fixture *fixture, const struct revision *base,
                          const struct revision *cand)
{
    struct rename_list list = {0};
    struct str text = STR("");
    assert_ok(repo_renamed_files(&list, &fixture->arena, fixture->root, base, cand, &fixture->err),
              &fixture->err);
    for (size_t i = 0; i < list.len; i++) {
        text = str_format(&fixture->arena, "%.*s%s%.*s>%.*s", STR_ARGS(text), i ? " " : "",
                          STR_ARGS(list.items[i].from), STR_ARGS(list.items[i].to));
    }
    return text;
}

static void renames_are_what_git_finds(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, sources);
    struct revision base = resolve(fixture, STR("sources"));
    /* A repository that turned git's own search off is asked all the same. */
    (void)shell(fixture, "git config diff.renames false");
    for (size_t i = 0; i < ARRAY_LEN(rename_cases); i++) {
        print_message("%s\n", rename_cases[i].name);
        (void)shell(fixture, rename_cases[i].script);
        struct revision head = resolve(fixture, STR("HEAD"));
        assert_str(renamed(fixture, &base, &head), rename_cases[i].want);
    }
}

static const struct rename_case work_tree_cases[] = {
    {"clean", ":", ""},
    {"staged", "git mv svc/cart/cart.go svc/basket.go", "svc/cart/cart.go>svc/basket.go"},
    {"staged, then changed", "sed -i '1,4s/says/shouts/' svc/basket.go",
     "svc/cart/cart.go>svc/basket.go"},
    {"moved behind git's back", "mkdir cmd; mv svc/main.go cmd/main.go",
     "svc/cart/cart.go>svc/basket.go svc/main.go>cmd/main.go"},
    {"taken back", "git reset -q --hard; git clean -qfd", ""},
    {"ignored where it is", "echo '*_gen.go' > .git/info/exclude; mv svc/main.go svc/x_gen.go", ""},
};

static void renames_reach_into_the_work_tree(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, sources);
    struct revision base = resolve(fixture, STR("sources"));
    struct revision cand = base;
    cand.is_work_tree = true;
    for (size_t i = 0; i < ARRAY_LEN(work_tree_cases); i++) {
        print_message("%s\n", work_tree_cases[i].name);
        (void)shell(fixture, work_tree_cases[i].script);
        assert_str(renamed(fixture, &base, &cand), work_tree_cases[i].want);
    }
}

static void of_very_many_files_only_equal_ones_are_renamed(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, sources);
    struct revision base = resolve(fixture, STR("sources"));
    (void)shell(fixture, "for i in $(seq 398); do echo \"package p$i\" > f$i.go; done;"
                         "git mv svc/main.go equal.go; git mv svc/cart/cart.go changed.go;"
                         "echo '// more' >> changed.go; git add -A; git commit -qm many");
    struct revision head = resolve(fixture, STR("HEAD"));
    assert_str(renamed(fixture, &base, &head), "svc/cart/cart.go>changed.go svc/main.go>equal.go");
    (void)shell(fixture, "echo 'package p' > more.go; git add -A; git commit -qm more");
    head = resolve(fixture, STR("HEAD"));
    assert_str(renamed(fixture, &base, &head), "svc/main.go>equal.go");
}

static void clones_with_extensions_are_readable(void **state)
{
    struct fixture *fixture = *state;
    (void)shell(fixture, two_commits);
    (void)shell(fixture, "git config core.repositoryformatversion 1;"
                         "git config extensions.worktreeConfig true;"
                         "git config extensions.partialClone origin");
    export_head(fixture);
    assert_str(exported(fixture, STR("a")), "two\n");
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(resolve_finds_what_git_finds),
        CLAIM(resolve_takes_ids),
        CLAIM(resolve_refuses_the_rest),
        CLAIM(resolve_refuses_two_meanings),
        CLAIM(resolve_says_that_a_clone_is_shallow),
        CLAIM(find_goes_up_to_the_root),
        CLAIM(default_base_takes_the_first_there_is),
        CLAIM(default_head_is_the_work_tree_when_dirty),
        CLAIM(export_writes_the_tree),
        CLAIM(export_leaves_the_repository_alone),
        CLAIM(export_runs_no_hook_and_no_filter),
        CLAIM(export_leaves_submodules_out),
        CLAIM(export_refuses_hostile_trees),
        CLAIM(export_refuses_endless_trees),
        CLAIM(export_needs_an_empty_absolute_target),
        CLAIM(export_reports_missing_objects),
        CLAIM(work_tree_is_head_with_its_changes),
        CLAIM(work_tree_refuses_links_that_leave),
        CLAIM(read_file_gives_regular_files_alone),
        CLAIM(changed_paths_are_sorted_and_complete),
        CLAIM(renames_are_what_git_finds),
        CLAIM(renames_reach_into_the_work_tree),
        CLAIM(of_very_many_files_only_equal_ones_are_renamed),
        CLAIM(clones_with_extensions_are_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
