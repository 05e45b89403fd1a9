#ifndef GATE_BINARY_MODULE_H
#define GATE_BINARY_MODULE_H

#include "gate/binary/pclntab.h"

/* What runtime.firstmoduledata says, Go 1.18 to 1.27; addresses as linked. */
struct module {
    uint64_t text;  /* runtime.text */
    uint64_t types; /* [types, etypes): type descriptors and their names; both 0 when not found */
    uint64_t etypes;
};

/*
 * Finds it by the table's address, which is its first word: in the data
 * segments, else in the relocations of a position-independent file.
 * False when it is in neither.
 */
bool module_locate(struct module *out, const struct elf_file *elf, const struct pclntab *table);

#endif
