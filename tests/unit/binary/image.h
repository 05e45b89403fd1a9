#ifndef TESTS_UNIT_BINARY_IMAGE_H
#define TESTS_UNIT_BINARY_IMAGE_H

/*
 * Small Go executables laid out by hand: one executable segment and one
 * data segment, whose parts the test writes at fixed places. Layout
 * from the ELF-64 object file format, version 1.5 draft 2.
 */
#include <string.h>

#include "gate/base/arena.h"
#include "gate/base/str.h"

enum {
    IMAGE_BYTES = 0x4000,
    IMAGE_TEXT_OFFSET = 0x1000,
    IMAGE_TEXT_ADDRESS = 0x401000,
    IMAGE_TEXT_BYTES = 0x1000,
    IMAGE_DATA_OFFSET = 0x2000,
    IMAGE_DATA_ADDRESS = 0x502000,
    IMAGE_DATA_BYTES = 0x1000,
    IMAGE_HEADERS_OFFSET = 0x3000,
    IMAGE_AMD64 = 62,
    IMAGE_ARM64 = 183,
    IMAGE_SECTIONS_MAX = 16,
};

struct image {
    uint8_t bytes[IMAGE_BYTES];
    unsigned section_count;
    unsigned name_bytes;
};

static inline void image_put(struct image *image, size_t at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        image->bytes[at + i] = (uint8_t)(value >> (8 * i));
}

static inline void image_text(struct image *image, size_t at, const void *text, size_t len)
{
    memcpy(image->bytes + at, text, len);
}

/* Section names live behind the section headers. */
enum { IMAGE_NAMES_OFFSET = IMAGE_HEADERS_OFFSET + IMAGE_SECTIONS_MAX * 64 };

struct image_section {
    const char *name;
    uint32_t type;
    uint64_t address;
    uint64_t offset;
    uint64_t size;
    uint32_t link;
};

static inline void image_section(struct image *image, struct image_section section)
{
    size_t at = IMAGE_HEADERS_OFFSET + 64UL * image->section_count++;
    size_t len = strlen(section.name) + 1;
    image_put(image, at, image->name_bytes, 4);
    image_put(image, at + 4, section.type, 4);
    image_put(image, at + 16, section.address, 8);
    image_put(image, at + 24, section.offset, 8);
    image_put(image, at + 32, section.size, 8);
    image_put(image, at + 40, section.link, 4);
    image_text(image, IMAGE_NAMES_OFFSET + image->name_bytes, section.name, len);
    image->name_bytes += (unsigned)len;
    image_put(image, 60, image->section_count, 2);
}

static inline void image_segment(struct image *image, unsigned number, unsigned flags,
                                 uint64_t offset, uint64_t address, uint64_t size)
{
    size_t at = 64 + 56UL * number;
    image_put(image, at, 1, 4);
    image_put(image, at + 4, flags, 4);
    image_put(image, at + 8, offset, 8);
    image_put(image, at + 16, address, 8);
    image_put(image, at + 32, size, 8);
    image_put(image, at + 40, size, 8);
}

/* Section 0 is the empty one, section 1 the section names. */
static inline void image_init(struct image *image, unsigned machine)
{
    *image = (struct image){0};
    image_text(image, 0, "\177ELF\2\1\1", 7);
    image_put(image, 16, 2, 2);
    image_put(image, 18, machine, 2);
    image_put(image, 20, 1, 4);
    image_put(image, 32, 64, 8);
    image_put(image, 40, IMAGE_HEADERS_OFFSET, 8);
    image_put(image, 52, 64, 2);
    image_put(image, 54, 56, 2);
    image_put(image, 56, 2, 2);
    image_put(image, 58, 64, 2);
    image_put(image, 62, 1, 2);
    image_segment(image, 0, 5, IMAGE_TEXT_OFFSET, IMAGE_TEXT_ADDRESS, IMAGE_TEXT_BYTES);
    image_segment(image, 1, 6, IMAGE_DATA_OFFSET, IMAGE_DATA_ADDRESS, IMAGE_DATA_BYTES);
    image_section(image, (struct image_section){.name = ""});
    image_section(image, (struct image_section){
                             .name = ".shstrtab",
                             .type = 3,
                             .offset = IMAGE_NAMES_OFFSET,
                             .size = IMAGE_BYTES - IMAGE_NAMES_OFFSET,
                         });
}

/* Build info at the start of the data segment. */
static inline void image_build_info(struct image *image)
{
    static const char modules[] = "0123456789abcdef"
                                  "path\texample.com/shop/cmd/shop\n"
                                  "mod\texample.com/shop\tv1.2.3\th1:abc=\n"
                                  "dep\texample.org/dep\tv0.1.0\n"
                                  "build\t-trimpath=true\n"
                                  "build\tGOARCH=amd64\n"
                                  "0123456789abcdef";
    size_t at = IMAGE_DATA_OFFSET;
    image_text(image, at, "\377 Go buildinf:\10\2", 16);
    image->bytes[at + 32] = 8;
    image_text(image, at + 33, "go1.26.8", 8);
    /* The length fits two varint bytes: 128 <= length < 16384. */
    size_t len = sizeof(modules) - 1;
    image->bytes[at + 41] = (uint8_t)(len | 0x80);
    image->bytes[at + 42] = (uint8_t)(len >> 7);
    image_text(image, at + 43, modules, len);
}

/*
 * Functions at the start of text: 0x00 runtime.makemap, 0x40
 * runtime.newobject, 0x80 main.f, which ends at 0x280.
 */
enum { IMAGE_SYMTAB_AT = IMAGE_DATA_OFFSET + 0x200, IMAGE_STRTAB_AT = IMAGE_DATA_OFFSET + 0x300 };

static inline void image_symtab(struct image *image)
{
    static const char names[] = "\0runtime.makemap\0runtime.newobject.abi0\0main.f";
    static const unsigned starts[] = {1, 17, 40};
    for (unsigned i = 0; i < 3; i++) {
        size_t at = IMAGE_SYMTAB_AT + 24UL * (i + 1);
        image_put(image, at, starts[i], 4);
        image_put(image, at + 4, 2, 1);
        image_put(image, at + 6, 2, 2);
        image_put(image, at + 8, IMAGE_TEXT_ADDRESS + 0x40UL * i, 8);
        image_put(image, at + 16, i == 2 ? 0x200 : 0x40, 8);
    }
    image_text(image, IMAGE_STRTAB_AT, names, sizeof(names));
    unsigned strings = image->section_count + 1;
    image_section(image, (struct image_section){".symtab", 2, 0, IMAGE_SYMTAB_AT, 96, strings});
    image_section(image,
                  (struct image_section){".strtab", 3, 0, IMAGE_STRTAB_AT, sizeof(names), 0});
}

/*
 * The same functions as a Go function table: header, names at +0x60,
 * rows at +0xa0, records behind them. The C start code puts runtime.text
 * 0x40 behind the start of .text, so only moduledata knows it.
 */
enum {
    IMAGE_TABLE_AT = IMAGE_DATA_OFFSET + 0x400,
    IMAGE_TABLE_ADDRESS = IMAGE_DATA_ADDRESS + 0x400,
    IMAGE_MODULE_AT = IMAGE_DATA_OFFSET + 0x600,
    IMAGE_MODULE_ADDRESS = IMAGE_DATA_ADDRESS + 0x600,
    IMAGE_RELA_AT = IMAGE_DATA_OFFSET + 0x800,
};

static inline void image_pclntab(struct image *image, uint32_t magic)
{
    static const char names[] = "runtime.newobject\0main.f\0main.inlined";
    static const unsigned starts[] = {0, 18};
    size_t at = IMAGE_TABLE_AT;
    image_put(image, at, magic, 4);
    image_put(image, at + 6, 1, 1);
    image_put(image, at + 7, 8, 1);
    image_put(image, at + 8, 2, 8);
    image_put(image, at + 0x20, 0x60, 8);
    image_put(image, at + 0x28, 0xa0, 8);
    image_put(image, at + 0x40, 0xa0, 8);
    image_text(image, at + 0x60, names, sizeof(names));
    for (unsigned i = 0; i < 2; i++) {
        unsigned record = 0x20 + 0x10 * i;
        image_put(image, at + 0xa0 + 8UL * i, 0x40UL * i, 4);
        image_put(image, at + 0xa0 + 8UL * i + 4, record, 4);
        image_put(image, at + 0xa0 + record + 4, starts[i], 4);
    }
    image_put(image, at + 0xb0, 0x240, 4);
    image_section(image,
                  (struct image_section){".gopclntab", 1, IMAGE_TABLE_ADDRESS, at, 0x180, 0});
}

static inline void image_module(struct image *image)
{
    image_put(image, IMAGE_MODULE_AT, IMAGE_TABLE_ADDRESS, 8);
    image_put(image, IMAGE_MODULE_AT + 160, IMAGE_TEXT_ADDRESS + 0x40, 8);
    image_put(image, IMAGE_MODULE_AT + 176, IMAGE_TEXT_ADDRESS + 0x40, 8);
}

/*
 * Type descriptors: "struct { F uintptr }", stored with the star of its
 * pointer type, and "map[string]int". Words 0 of the layout: none.
 */
enum {
    IMAGE_TYPES_AT = IMAGE_DATA_OFFSET + 0x900,
    IMAGE_TYPES_ADDRESS = IMAGE_DATA_ADDRESS + 0x900,
    IMAGE_TYPES_BYTES = 0x100,
    IMAGE_TYPE_STRUCT = 0x80,
    IMAGE_TYPE_MAP = 0xc0,
};

struct image_types {
    unsigned types; /* words of moduledata */
    unsigned length;
    unsigned etypes;
};

static inline void image_type(struct image *image, unsigned at, unsigned kind, unsigned flags,
                              unsigned name)
{
    image_put(image, IMAGE_TYPES_AT + at, 8, 8);
    image_put(image, IMAGE_TYPES_AT + at + 8, 8, 8);
    image_put(image, IMAGE_TYPES_AT + at + 20, flags, 1);
    image_put(image, IMAGE_TYPES_AT + at + 21, 8, 1);
    image_put(image, IMAGE_TYPES_AT + at + 23, kind, 1);
    image_put(image, IMAGE_TYPES_AT + at + 40, name, 4);
}

static inline void image_types(struct image *image, struct image_types words)
{
    image_text(image, IMAGE_TYPES_AT + 8, "\1\25*struct { F uintptr }", 23);
    image_text(image, IMAGE_TYPES_AT + 40, "\1\16map[string]int", 16);
    image_type(image, IMAGE_TYPE_STRUCT, 25, 2, 8);
    image_type(image, IMAGE_TYPE_MAP, 21, 0, 40);
    image_put(image, IMAGE_MODULE_AT + 8UL * words.types, IMAGE_TYPES_ADDRESS, 8);
    image_put(image, IMAGE_MODULE_AT + 8UL * words.etypes, IMAGE_TYPES_ADDRESS + IMAGE_TYPES_BYTES,
              8);
    if (words.length > 0)
        image_put(image, IMAGE_MODULE_AT + 8UL * words.length, 0xc0, 8);
}

/* moduledata of an externally linked PIE: its addresses become zeros in the file and relocations. */
static inline void image_module_relocated(struct image *image, uint32_t type)
{
    unsigned count = 0;
    for (unsigned word = 0; word < 40; word++) {
        size_t from = IMAGE_MODULE_AT + 8UL * word;
        size_t to = IMAGE_RELA_AT + 24UL * count;
        uint64_t value = image->bytes[from] | (unsigned)image->bytes[from + 1] << 8 |
                         (unsigned)image->bytes[from + 2] << 16;
        if (value < IMAGE_TEXT_ADDRESS)
            continue;
        image_put(image, from, 0, 8);
        image_put(image, to, IMAGE_MODULE_ADDRESS + 8UL * word, 8);
        image_put(image, to + 8, type, 8);
        image_put(image, to + 16, value, 8);
        count++;
    }
    image_section(image, (struct image_section){".rela.dyn", 4, 0, IMAGE_RELA_AT, 24UL * count, 0});
    image_put(image, IMAGE_HEADERS_OFFSET + 64UL * (image->section_count - 1) + 8, 2, 8);
}

/* CALL at a place of the text segment, to another one. */
static inline void image_call_amd64(struct image *image, unsigned from, unsigned to)
{
    image->bytes[IMAGE_TEXT_OFFSET + from] = 0xe8;
    image_put(image, IMAGE_TEXT_OFFSET + from + 1, to - (from + 5U), 4);
}

static inline void image_call_arm64(struct image *image, unsigned from, unsigned to)
{
    uint32_t words = (to - from) / 4U & 0x3ffffffU;
    if (to < from)
        words = (0x4000000U - (from - to) / 4U) & 0x3ffffffU;
    image_put(image, IMAGE_TEXT_OFFSET + from, 0x94000000U | words, 4);
}

/* LEA of an address into a register by its number in instructions: 0 is RAX, 3 RBX, 6 RSI. */
static inline void image_lea_amd64(struct image *image, unsigned from, unsigned reg,
                                   uint64_t address)
{
    size_t at = IMAGE_TEXT_OFFSET + from;
    image_put(image, at, 0x8d48, 2);
    image_put(image, at + 2, 5U | reg << 3, 1);
    image_put(image, at + 3, address - (IMAGE_TEXT_ADDRESS + from + 7U), 4);
}

/* ADRP and ADD of an address into a register. */
static inline void image_adrp_arm64(struct image *image, unsigned from, unsigned reg,
                                    uint64_t address)
{
    size_t at = IMAGE_TEXT_OFFSET + from;
    uint64_t pages = (address >> 12) - ((IMAGE_TEXT_ADDRESS + from) >> 12);
    image_put(image, at, 0x90000000U | (pages & 3) << 29 | (pages >> 2 & 0x7ffffU) << 5 | reg, 4);
    image_put(image, at + 4, 0x91000000U | (address & 0xfff) << 10 | reg << 5 | reg, 4);
}

static inline struct bytes image_file(const struct image *image)
{
    return (struct bytes){image->bytes, sizeof(image->bytes)};
}

#endif
