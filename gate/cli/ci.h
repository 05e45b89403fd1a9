#ifndef GATE_CLI_CI_H
#define GATE_CLI_CI_H

#include "gate/base/str.h"

/* What CI services say of themselves in the environment. */

/* What a change will be merged into; empty where none of them says. */
struct str ci_target_branch(void);
/* True under any of them. Some do not set CI, and a gate must not take its policy from the change. */
bool ci_is_here(void);

#endif
