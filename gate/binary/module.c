#include "gate/binary/module.h"

#include "gate/binary/read.h"

/*
 * runtime.moduledata in words of 8 bytes: the table's header, six
 * slices, findfunctab, minpc, maxpc, text. The same since Go 1.18.
 */
enum {
    MODULE_MINPC = 20,
    MODULE_TEXT = 22,
    MODULE_WORDS = 40,
    MODULE_WORD_BYTES = 8,
};

/*
 * Linkers write one or two tables of relocations that are loaded, and the
 * address of the function table is in one or two places. A hostile file can
 * have thousands of both, each of which costs a walk through a table.
 */
enum { MODULE_TABLES_MAX = 8, MODULE_GUESSES_MAX = 8 };

/*
 * Behind text: Go 1.20 puts two words of coverage counters before the
 * types, Go 1.27 the length of the descriptors between types and etypes.
 */
struct module_layout {
    bool before_go120;
    unsigned types;
    unsigned length; /* 0: none */
    unsigned etypes;
};

static const struct module_layout module_layouts[] = {
    {true, 35, 0, 36},
    {false, 37, 38, 39},
    {false, 37, 0, 38},
};

enum { RELA_BYTES = 24, RELA_INFO_AT = 8, RELA_ADDEND_AT = 16 };
/* R_X86_64_RELATIVE and R_AARCH64_RELATIVE. */
static const uint32_t rela_relative[] = {[ELF_MACHINE_AMD64] = 8, [ELF_MACHINE_ARM64] = 1027};

/* Where the words of one moduledata are read: file bytes, and relocations over them if any. */
struct module_words {
    const struct elf_file *elf;
    uint64_t address;
    uint64_t relocated[MODULE_WORDS]; /* what the loader will write there */
    bool is_relocated[MODULE_WORDS];
};

static void relocations_gather(struct module_words *words, struct bytes table)
{
    uint64_t place = 0;
    uint32_t type = 0;
    for (uint64_t at = 0; read_u64(&place, table, at); at += RELA_BYTES) {
        uint64_t word = (place - words->address) / MODULE_WORD_BYTES;
        if (place < words->address || word >= MODULE_WORDS ||
            (place - words->address) % MODULE_WORD_BYTES != 0 ||
            !read_u32(&type, table, at + RELA_INFO_AT) ||
            type != rela_relative[words->elf->machine])
            continue;
        words->is_relocated[word] = read_u64(&words->relocated[word], table, at + RELA_ADDEND_AT);
    }
}

static bool module_word(uint64_t *out, const struct module_words *words, unsigned word)
{
    uint64_t address = words->address + (uint64_t)word * MODULE_WORD_BYTES;
    assert(word < MODULE_WORDS);
    if (words->is_relocated[word]) {
        *out = words->relocated[word];
        return true;
    }
    const struct elf_segment *segment = elf_segment_of(words->elf, address);
    return segment && read_u64(out, segment->data, address - segment->address);
}

/* minpc is the first function's entry, which tells moduledata from a word that looks alike. */
static bool module_text(struct module *out, const struct module_words *words,
                        const struct pclntab *table)
{
    uint64_t minpc = 0;
    return module_word(&minpc, words, MODULE_MINPC) &&
           module_word(&out->text, words, MODULE_TEXT) && elf_is_code(words->elf, out->text) &&
           minpc == out->text + table->first_entry;
}

static bool module_types_fit(struct module *out, const struct module_words *words,
                             const struct module_layout *layout)
{
    uint64_t types = 0;
    uint64_t etypes = 0;
    uint64_t len = 0;
    if (!module_word(&types, words, layout->types) ||
        !module_word(&etypes, words, layout->etypes) || types >= etypes ||
        (layout->length > 0 && !module_word(&len, words, layout->length)) || len > etypes - types)
        return false;
    const struct elf_segment *segment = elf_segment_of(words->elf, types);
    if (!segment || etypes - segment->address > segment->data.len)
        return false;
    out->types = types;
    out->etypes = etypes;
    return true;
}

static bool module_read(struct module *out, const struct module_words *words,
                        const struct pclntab *table)
{
    struct module read = {0};
    if (!module_text(&read, words, table))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(module_layouts); i++) {
        if (module_layouts[i].before_go120 == table->before_go120 &&
            module_types_fit(&read, words, &module_layouts[i]))
            break;
    }
    *out = read;
    return true;
}

static bool module_in_segment(struct module *out, const struct elf_file *elf,
                              const struct pclntab *table, const struct elf_segment *segment)
{
    uint64_t word = 0;
    for (uint64_t at = 0; read_u64(&word, segment->data, at); at += MODULE_WORD_BYTES) {
        struct module_words words = {.elf = elf, .address = segment->address + at};
        if (word == table->address && module_read(out, &words, table))
            return true;
    }
    return false;
}

static bool module_in_relocations(struct module *out, const struct elf_file *elf,
                                  const struct pclntab *table, struct bytes relocations,
                                  int *guesses)
{
    uint64_t addend = 0;
    for (uint64_t at = 0; read_u64(&addend, relocations, at + RELA_ADDEND_AT); at += RELA_BYTES) {
        struct module_words words = {.elf = elf};
        if (addend != table->address || !read_u64(&words.address, relocations, at))
            continue;
        if (++*guesses > MODULE_GUESSES_MAX)
            return false;
        relocations_gather(&words, relocations);
        if (module_read(out, &words, table))
            return true;
    }
    return false;
}

bool module_locate(struct module *out, const struct elf_file *elf, const struct pclntab *table)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        if (elf->segments[i].writable && module_in_segment(out, elf, table, &elf->segments[i]))
            return true;
    }
    int tables = 0;
    int guesses = 0;
    for (size_t i = 0; i < elf->section_count && tables < MODULE_TABLES_MAX; i++) {
        if (elf->sections[i].kind != ELF_SECTION_RELOCATIONS)
            continue;
        tables++;
        if (module_in_relocations(out, elf, table, elf->sections[i].data, &guesses))
            return true;
    }
    return false;
}
