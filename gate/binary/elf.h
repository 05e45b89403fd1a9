#ifndef GATE_BINARY_ELF_H
#define GATE_BINARY_ELF_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * The parts of an ELF64 file that the rest of the layer reads, with
 * every range already checked against the end of the file.
 */
enum {
    ELF_SEGMENTS_MAX = 64, /* Go links at most a dozen */
    ELF_SECTIONS_MAX = 65536,
};

enum elf_machine { ELF_MACHINE_AMD64, ELF_MACHINE_ARM64 };

/* Relocations are those that the loader applies. */
enum elf_section_kind { ELF_SECTION_OTHER, ELF_SECTION_SYMBOLS, ELF_SECTION_RELOCATIONS };

struct elf_segment {
    uint64_t address;
    uint64_t offset;   /* of its bytes in the file */
    struct bytes data; /* the part that is in the file */
    bool writable;
    bool executable;
};

/* Every instruction of arm64 is a word, and begins at a multiple of its size. */
enum { ARM64_WORD_BYTES = 4 };

/* Where a byte of the segment, by its offset in the file, is in memory. */
static inline uint64_t elf_segment_address(const struct elf_segment *segment, uint64_t offset)
{
    return segment->address + (offset - segment->offset);
}

struct elf_section {
    struct str name;
    uint64_t address;
    struct bytes data; /* empty for sections without bytes in the file */
    enum elf_section_kind kind;
    uint32_t link; /* index of the string table of a symbol table */
};

struct elf_file {
    enum elf_machine machine;
    bool is_movable;              /* position-independent: addresses are relative */
    struct elf_segment *segments; /* PT_LOAD only */
    size_t segment_count;
    struct elf_section *sections;
    size_t section_count;
};

/* Borrows `file`; the tables live in the arena. Anything but ELF64 LSB amd64/arm64 is FORMAT. */
NODISCARD enum status elf_read(struct elf_file *out, struct arena *arena, struct bytes file,
                               struct err *err);

/* The first section whose name ends so, or NULL: PIE linkers put ".data.rel.ro" before some. */
const struct elf_section *elf_section_ending(const struct elf_file *elf, struct str suffix);
/* The loaded segment whose file bytes hold this file offset, or NULL. */
const struct elf_segment *elf_segment_at(const struct elf_file *elf, uint64_t offset);
/* The same by address. */
const struct elf_segment *elf_segment_of(const struct elf_file *elf, uint64_t address);
/* True when the address is in an executable segment. */
bool elf_is_code(const struct elf_file *elf, uint64_t address);

#endif
