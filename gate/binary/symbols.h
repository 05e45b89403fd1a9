#ifndef GATE_BINARY_SYMBOLS_H
#define GATE_BINARY_SYMBOLS_H

#include "gate/binary/elf.h"

/*
 * The function table: entry address -> name. A name is an offset into
 * `names` and is measured only when asked for, so that a hostile table
 * of overlapping names costs nothing.
 */
enum {
    SYMBOLS_MAX = 8 * 1024 * 1024,
    SYMBOL_NAME_BYTES_MAX = 64 * 1024,
};

struct symbol {
    uint64_t address;
    uint64_t size; /* 0 when not known: contains nothing then */
    uint64_t name;
};

struct symbols {
    struct symbol *items; /* ordered by address, then name */
    size_t len;
    struct bytes names;
};

/* Puts the items in order; both readers end with it. */
void symbols_sort(struct symbols *symbols);
/* Name of the function that begins exactly at the address; false when there is none. */
bool symbols_find(const struct symbols *symbols, uint64_t address, struct str *name);
/* The function whose code holds the address, or NULL. */
const struct symbol *symbols_around(const struct symbols *symbols, uint64_t address);
/* Name of an item; false when it is empty or outside the file. */
bool symbols_name(const struct symbols *symbols, const struct symbol *symbol, struct str *name);

/*
 * Functions of .symtab. NOT_FOUND when it is absent, or when it lacks
 * the Go runtime (strip may leave a few C symbols).
 */
NODISCARD enum status symbols_from_symtab(struct symbols *out, struct arena *arena,
                                          const struct elf_file *elf, struct err *err);
/* Functions of .gopclntab, Go 1.18 and later; NOT_FOUND when it is absent. */
NODISCARD enum status symbols_from_pclntab(struct symbols *out, struct arena *arena,
                                           const struct elf_file *elf, struct err *err);

#endif
