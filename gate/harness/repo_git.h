#ifndef GATE_HARNESS_REPO_GIT_H
#define GATE_HARNESS_REPO_GIT_H

#include "gate/harness/repo.h"

/*
 * Private to repo*.c: what they have of libgit2 in common. Its types stay
 * opaque here; who uses them has included its headers.
 */
struct git_repository;
struct git_tree;

/* Sets the error to what libgit2 says was wrong, behind `what`; returns `status`. */
enum status repo_fail(struct err *err, enum status status, const char *what);
/* Opens the repository whose work tree is `root`; git_repository_free is the caller's. */
NODISCARD enum status repo_open_root(struct git_repository **out, struct str root, struct err *err);
/* The tree of the revision's commit, without what a work tree has besides; likewise git_tree_free. */
NODISCARD enum status repo_open_tree(struct git_tree **out, struct git_repository *repo,
                                     const struct revision *revision, struct err *err);

#endif
