#ifndef GATE_HARNESS_REPO_PATH_H
#define GATE_HARNESS_REPO_PATH_H

#include "gate/base/str.h"

/*
 * Names of a git tree that may become files on this machine. Pure:
 * strings in, answers out.
 */

/*
 * One name of a tree: not empty, not "." or "..", no slash, backslash
 * or control character, and not ".git" as any file system spells it:
 * in any case, with the characters that HFS+ ignores inside, as NTFS
 * reads it (".git ", ".git::$INDEX_ALLOCATION", the short name GIT~1).
 */
bool path_part_is_safe(struct str part);
/* A relative path of safe parts. */
bool path_is_safe(struct str path);
/* The path as people write it, "./a/./b", without parts that stay where they are: "a/b". */
struct str path_without_dots(struct arena *arena, struct str path);
/*
 * A symbolic link in directory `dir` ("" at the root) that cannot leave
 * the tree: relative, no more ".." than dir is deep, and none behind a
 * name, since that name may be a link itself.
 */
bool path_link_stays(struct str dir, struct str target);
size_t path_depth(struct str path); /* "" is 0, "a/b" is 2 */

#endif
