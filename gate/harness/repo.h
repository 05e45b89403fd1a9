#ifndef GATE_HARNESS_REPO_H
#define GATE_HARNESS_REPO_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * Git through libgit2 only: no hooks, no filters, no submodules, no
 * network, no configuration of the machine. repo.c alone includes git2.h;
 * repo_diff.c, which compares, includes the parts of it that it needs.
 */
enum {
    REPO_ENTRIES_MAX = 1000000,
    REPO_PATH_BYTES_MAX = 4096,
    REPO_DEPTH_MAX = 256,
};
#define REPO_BLOB_BYTES_MAX (512ULL * 1024 * 1024)

struct revision {
    struct str label;  /* what was asked for: "origin/main", "HEAD", "work tree" */
    struct str sha;    /* 40 hex digits of the commit; of HEAD for the work tree */
    bool is_work_tree; /* HEAD plus uncommitted changes */
};

/* Root of the work tree that contains dir (which may be "."); STATUS_USAGE when there is none. */
NODISCARD enum status repo_find(struct str *out_root, struct arena *arena, struct str dir,
                                struct err *err);

/*
 * A commit by full or abbreviated id (>= 7 hex digits), branch, tag,
 * remote branch or HEAD. Everything else that git's grammar knows
 * (":/text", "@{...}", "^{...}", "HEAD~1" included but "~N" and "^" of a
 * plain name are accepted) is refused with STATUS_USAGE: `revision
 * ":/fix" is not a commit id or ref name`. A well-formed id that is not
 * in the clone is STATUS_NOT_FOUND: "base 1a2b3c4 is not in this clone;
 * fetch with depth 0".
 */
NODISCARD enum status repo_resolve(struct revision *out, struct arena *arena, struct str root,
                                   struct str spec, struct err *err);

/*
 * The baseline when nobody named one. Where CI says what the change will
 * be merged into: origin/$target, else $target, else STATUS_NOT_FOUND.
 * Outside CI the first that exists of origin/HEAD, main, master.
 */
NODISCARD enum status repo_default_base(struct revision *out, struct arena *arena, struct str root,
                                        struct str ci_target, struct err *err);

/* HEAD, or the work tree when tracked files differ from HEAD or untracked ones exist. */
NODISCARD enum status repo_default_head(struct revision *out, struct arena *arena, struct str root,
                                        struct err *err);

/*
 * Writes the revision's files into `dir`, which must be fresh, empty,
 * absolute and private. Refused (STATUS_CHILD): unsafe paths ("..",
 * ".git" in any spelling, control characters, absolute), symlinks that
 * leave the tree, entries over the limits; submodules are left out.
 * Runs in a child process with memory
 * and CPU limits, since libgit2 1.5.1 can crash when memory runs out;
 * its death is STATUS_CHILD. The work tree is HEAD's tree with tracked
 * changes and untracked, not ignored files laid over it.
 */
NODISCARD enum status repo_export(struct str root, const struct revision *revision, struct str dir,
                                  struct err *err);

/*
 * Content of one file at the revision; STATUS_NOT_FOUND when it is not
 * there or no regular file. "./a" is "a"; a path with "..", or an
 * absolute one, is STATUS_USAGE.
 */
enum { REPO_FILE_BYTES_MAX = 64 * 1024 * 1024 };
NODISCARD enum status repo_read_file(struct bytes *out, struct arena *arena, struct str root,
                                     const struct revision *revision, struct str path,
                                     struct err *err);

struct path_list {
    struct str *items;
    size_t len;
};

/* Paths that differ between two revisions, sorted. */
NODISCARD enum status repo_changed_paths(struct path_list *out, struct arena *arena,
                                         struct str root, const struct revision *base,
                                         const struct revision *cand, struct err *err);

/* A file that is still the same file under another path. */
struct path_rename {
    struct str from; /* at the baseline */
    struct str to;   /* at the candidate */
};

struct rename_list {
    struct path_rename *items;
    size_t len;
};

/*
 * Go files that git takes for renamed between two revisions: gone under
 * one path, new under another, and at least half alike as git measures
 * it. Sorted by the old path, each path once, at most REPO_RENAMES_MAX.
 * Where more than REPO_RENAMES_ALIKE_MAX files are gone or new, only
 * those of equal content are found, as git does with its own limit. Files
 * over REPO_SOURCE_BYTES_MAX are left out, and so are paths that are not
 * safe or not UTF-8. A rename that is not listed is one file that is gone
 * and another that is new.
 */
enum {
    REPO_RENAMES_MAX = 1000,
    REPO_RENAMES_ALIKE_MAX = 400, /* 1000 times 1000 comparisons took 8 s of CPU */
    REPO_SOURCE_BYTES_MAX = 16 * 1024 * 1024,
};
NODISCARD enum status repo_renamed_files(struct rename_list *out, struct arena *arena,
                                         struct str root, const struct revision *base,
                                         const struct revision *cand, struct err *err);

#endif
