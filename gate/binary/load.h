#ifndef GATE_BINARY_LOAD_H
#define GATE_BINARY_LOAD_H

#include "gate/binary/elf.h"

/* Code that runs straight into a call: [from, to) in one executable segment, as file offsets. */
struct load_code {
    uint64_t from;
    uint64_t to; /* where the call instruction begins */
};

enum { LOAD_ARGUMENTS = 5 };

/*
 * The address that the code puts in the register of an argument (0 is
 * the first, < LOAD_ARGUMENTS; Go's register ABI): the last LEA relative
 * to RIP on amd64, the last ADRP and ADD on arm64. False when there is
 * none or when something else is moved into the register behind it.
 *
 * Instructions of amd64 cannot be read backwards, so that the bytes are
 * searched for the forms the compiler uses. A find can be an accident:
 * the caller must check that the address means something.
 */
bool load_decode(const struct elf_file *elf, const struct load_code *code, unsigned argument,
                 uint64_t *address);

#endif
