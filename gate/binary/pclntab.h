#ifndef GATE_BINARY_PCLNTAB_H
#define GATE_BINARY_PCLNTAB_H

#include "gate/binary/binary.h"
#include "gate/binary/elf.h"

/* The header of .gopclntab, Go 1.18 and later; offsets are into `bytes` and inside it. */
struct pclntab {
    struct bytes bytes; /* from the magic to the end of its section or segment */
    uint64_t address;
    uint64_t functions;
    uint64_t names;
    uint64_t names_end;
    uint64_t table;
    uint64_t text_start; /* the header's; 0 from Go 1.26 on */
    uint32_t first_entry;
    bool before_go120; /* by its magic */
};

/* By its section, else by its magic in the data of the file; false when there is none. */
bool pclntab_locate(struct pclntab *out, const struct elf_file *elf);

/*
 * Every name in the table, in its order. It holds the functions that
 * have code and those that exist inlined only. LIMIT above SYMBOLS_MAX.
 */
NODISCARD enum status pclntab_names(struct binary_names *out, struct arena *arena,
                                    const struct pclntab *table, struct err *err);

#endif
