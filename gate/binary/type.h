#ifndef GATE_BINARY_TYPE_H
#define GATE_BINARY_TYPE_H

#include "gate/base/str.h"

/* The part of the file that holds type descriptors and their names. */
struct types {
    struct bytes bytes;
    uint64_t address; /* of its first byte; what name offsets are relative to */
};

/*
 * The string of the abi.Type at the address, Go 1.19 to 1.27: what
 * reflect.Type.String gives. False when the address is outside or the
 * bytes there are no descriptor with a readable name.
 */
bool type_name(const struct types *types, uint64_t address, struct str *name);

#endif
