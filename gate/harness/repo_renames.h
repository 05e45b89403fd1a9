#ifndef GATE_HARNESS_REPO_RENAMES_H
#define GATE_HARNESS_REPO_RENAMES_H

#include "gate/harness/repo.h"

/* Which renames are worth telling. Pure: paths in, answers out. */

/* A Go file by its name, under a path that is safe and UTF-8. */
bool rename_is_told(struct str path);
/* Sorts by the old path and drops what is beyond REPO_RENAMES_MAX. */
void renames_sort(struct rename_list *list);

#endif
