#ifndef GATE_BINARY_BUILDINFO_H
#define GATE_BINARY_BUILDINFO_H

#include "gate/binary/binary.h"
#include "gate/binary/elf.h"

/*
 * Reads what debug/buildinfo reads: the toolchain's version and the
 * module text the go command stored. Only the inline form, Go 1.18 and
 * later. FORMAT when there is none: not a Go executable.
 */
NODISCARD enum status buildinfo_read(struct binary_build *out, struct arena *arena,
                                     const struct elf_file *elf, struct err *err);

#endif
