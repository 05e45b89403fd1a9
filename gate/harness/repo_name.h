#ifndef GATE_HARNESS_REPO_NAME_H
#define GATE_HARNESS_REPO_NAME_H

#include "gate/base/str.h"

/*
 * The grammar of revisions, checked before libgit2 sees one: git's own
 * finds commits by message text, by reflog and by date, all of which
 * the author of a change can steer.
 */
enum { REVISION_BYTES_MAX = 255, REVISION_STEPS_MAX = 8, REVISION_GENERATIONS_MAX = 10000 };

/* "~3" is {false, 3}; "^2" is {true, 2}. */
struct revision_step {
    bool is_parent;
    uint32_t count;
};

struct revision_name {
    struct str name; /* HEAD, a ref name, or an id */
    bool is_id;      /* 40 hex digits */
    bool may_be_id;  /* 7 to 39 hex digits: an abbreviation unless a ref is called so */
    struct revision_step steps[REVISION_STEPS_MAX];
    size_t step_count;
};

/* False for everything that is neither an id nor a ref name with steps behind it. */
bool revision_parse(struct revision_name *out, struct str spec);

/*
 * The full refs that a ref name may stand for, as git reads it, in no
 * order of preference: HEAD and full names stand for themselves.
 * Returns how many.
 */
enum { REVISION_REFS_MAX = 4 };
size_t revision_refs(struct str out[REVISION_REFS_MAX], struct arena *arena, struct str name);

#endif
