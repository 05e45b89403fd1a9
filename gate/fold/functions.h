#ifndef GATE_FOLD_FUNCTIONS_H
#define GATE_FOLD_FUNCTIONS_H

#include "gate/binary/binary.h"

/*
 * The functions of a program that may be somebody's: without package
 * runtime, those below internal/ and what has no package (helpers of the compiler
 * and linker, C). In byte order, unique, slices of the file. Errors are
 * those of binary_functions.
 */
NODISCARD enum status functions_of(struct binary_names *out, struct arena *arena,
                                   const struct binary *binary, struct err *err);

/* The same for names that are there already; reorders them. */
void functions_select(struct binary_names *names);

#endif
