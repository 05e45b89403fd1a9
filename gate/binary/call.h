#ifndef GATE_BINARY_CALL_H
#define GATE_BINARY_CALL_H

#include "gate/binary/elf.h"

/*
 * Target address of the direct call that ends behind the byte at file
 * offset `offset` of an executable segment. False when no direct call
 * ends there.
 */
bool call_decode(const struct elf_file *elf, uint64_t offset, uint64_t *target);
/* File offset of the first byte of such a call; only for offsets that call_decode takes. */
uint64_t call_start(const struct elf_file *elf, uint64_t offset);

#endif
