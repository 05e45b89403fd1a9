#include "gate/binary/symbols.h"

#include "gate/binary/read.h"

/* Elf64_Sym: name u32, info u8, other u8, section u16, value u64, size u64. */
enum {
    SYM_BYTES = 24,
    SYM_INFO_AT = 4,
    SYM_SECTION_AT = 6,
    SYM_VALUE_AT = 8,
    SYM_SIZE_AT = 16,
    SYM_TYPE_MASK = 0xf,
    SYM_TYPE_FUNCTION = 2,
};

static int symbol_compare(const void *a, const void *b)
{
    const struct symbol *left = a;
    const struct symbol *right = b;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return (left->name > right->name) - (left->name < right->name);
}

void symbols_sort(struct symbols *symbols)
{
    if (symbols->len > 1)
        qsort(symbols->items, symbols->len, sizeof(*symbols->items), symbol_compare);
}

/* .symtab marks assembly with its calling convention, .gopclntab does not: one spelling for both. */
static struct str symbol_plain(struct str name)
{
    const struct str mark = STR(".abi0");
    if (name.len <= mark.len || !str_ends_with(name, mark))
        return name;
    return str_slice(name, 0, name.len - mark.len);
}

bool symbols_name(const struct symbols *symbols, const struct symbol *symbol, struct str *name)
{
    uint64_t at = symbol->name;
    if (at >= symbols->names.len)
        return false;
    size_t room = symbols->names.len - (size_t)at;
    size_t max = room < SYMBOL_NAME_BYTES_MAX ? room : SYMBOL_NAME_BYTES_MAX;
    const char *text = (const char *)symbols->names.data + at;
    size_t len = strnlen(text, max);
    if (len == 0 || len == max)
        return false;
    *name = symbol_plain((struct str){text, len});
    return true;
}

/* Number of items that begin below the address. */
static size_t symbols_below(const struct symbols *symbols, uint64_t address)
{
    size_t from = 0;
    size_t to = symbols->len;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (symbols->items[middle].address < address) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

bool symbols_find(const struct symbols *symbols, uint64_t address, struct str *name)
{
    size_t at = symbols_below(symbols, address);
    return at < symbols->len && symbols->items[at].address == address &&
           symbols_name(symbols, &symbols->items[at], name);
}

/*
 * Labels without a size stand between a function's begin and the
 * address: runtime.text at its first byte, entries of assembly. More
 * than a few in a row are somebody's attempt to make this slow.
 */
const struct symbol *symbols_around(const struct symbols *symbols, uint64_t address)
{
    enum { LABELS_MAX = 16 };
    size_t at = address < UINT64_MAX ? symbols_below(symbols, address + 1) : symbols->len;
    for (size_t i = 0; i < LABELS_MAX && i < at; i++) {
        const struct symbol *symbol = &symbols->items[at - 1 - i];
        if (address - symbol->address < symbol->size)
            return symbol;
    }
    return NULL;
}

static const struct elf_section *symtab_section(const struct elf_file *elf)
{
    for (size_t i = 0; i < elf->section_count; i++) {
        if (elf->sections[i].kind == ELF_SECTION_SYMBOLS)
            return &elf->sections[i];
    }
    return NULL;
}

static bool symtab_function(struct symbol *out, struct bytes table, uint64_t at)
{
    uint8_t info = 0;
    uint8_t section[2] = {0};
    uint32_t name = 0;
    if (!read_u32(&name, table, at) || !read_u8(&info, table, at + SYM_INFO_AT) ||
        !read_bytes(section, table, at + SYM_SECTION_AT, sizeof(section)) ||
        !read_u64(&out->address, table, at + SYM_VALUE_AT) ||
        !read_u64(&out->size, table, at + SYM_SIZE_AT))
        return false;
    out->name = name;
    /* Section 0 means defined elsewhere. */
    return (info & SYM_TYPE_MASK) == SYM_TYPE_FUNCTION && (section[0] | section[1]) != 0;
}

static bool symtab_has_runtime(const struct symbols *symbols)
{
    const struct str wanted = STR("runtime.");
    for (size_t i = 0; i < symbols->len; i++) {
        struct bytes name = {0};
        if (read_slice(&name, symbols->names, symbols->items[i].name, wanted.len) &&
            memcmp(name.data, wanted.data, wanted.len) == 0)
            return true;
    }
    return false;
}

enum status symbols_from_symtab(struct symbols *out, struct arena *arena,
                                const struct elf_file *elf, struct err *err)
{
    const struct elf_section *section = symtab_section(elf);
    if (!section || section->link >= elf->section_count)
        return err_set(err, STATUS_NOT_FOUND, "no symbol table");
    size_t count = section->data.len / SYM_BYTES;
    if (count > SYMBOLS_MAX)
        return err_set(err, STATUS_LIMIT, "%zu symbols, more than %d", count, SYMBOLS_MAX);
    struct symbols read = {.items = ARENA_ARRAY(arena, struct symbol, count),
                           .names = elf->sections[section->link].data};
    for (size_t i = 0; i < count; i++) {
        if (symtab_function(&read.items[read.len], section->data, i * SYM_BYTES))
            read.len++;
    }
    if (!symtab_has_runtime(&read))
        return err_set(err, STATUS_NOT_FOUND, "the symbol table lacks the Go runtime");
    symbols_sort(&read);
    *out = read;
    return STATUS_OK;
}
