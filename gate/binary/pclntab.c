#include "gate/binary/pclntab.h"

#include "gate/binary/module.h"
#include "gate/binary/read.h"
#include "gate/binary/symbols.h"

/*
 * Layout as written by cmd/link since Go 1.18 (debug/gosym/pclntab.go
 * reads the same): a header of 8 bytes, then words:
 * functions, files, textStart, and the offsets of names, compilation
 * units, files, pc tables and the function table.
 */
enum {
    PCLNTAB_HEADER_BYTES = 8,
    PCLNTAB_QUANTUM_AT = 6,
    PCLNTAB_POINTER_AT = 7,
    PCLNTAB_WORD_FUNCTIONS = 0,
    PCLNTAB_WORD_TEXT = 2,
    PCLNTAB_WORD_NAMES = 3,
    PCLNTAB_WORD_UNITS = 4,
    PCLNTAB_WORD_TABLE = 7,
    PCLNTAB_ROW_BYTES = 8, /* entry offset u32, record offset u32 */
    PCLNTAB_NAME_AT = 4,   /* in a record, behind its entry offset */
    PCLNTAB_GUESSES_MAX = 64,
};

/* Go 1.18-1.19 and Go 1.20 up to at least 1.27. */
static const uint32_t pclntab_magics[] = {0xfffffff0U, 0xfffffff1U};

static bool pclntab_word(uint64_t *out, struct bytes bytes, unsigned word)
{
    return read_u64(out, bytes, PCLNTAB_HEADER_BYTES + word * 8U);
}

static bool pclntab_magic_known(struct bytes bytes)
{
    uint32_t magic = 0;
    uint8_t quantum = 0;
    uint8_t pointer_bytes = 0;
    if (!read_u32(&magic, bytes, 0) || !read_u8(&quantum, bytes, PCLNTAB_QUANTUM_AT) ||
        !read_u8(&pointer_bytes, bytes, PCLNTAB_POINTER_AT))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(pclntab_magics); i++) {
        if (magic == pclntab_magics[i])
            return (quantum == 1 || quantum == 4) && pointer_bytes == 8;
    }
    return false;
}

static bool pclntab_header_read(struct pclntab *out, struct bytes bytes, uint64_t address)
{
    uint32_t magic = 0;
    *out = (struct pclntab){.bytes = bytes, .address = address};
    if (!read_u32(&magic, bytes, 0))
        return false;
    out->before_go120 = magic == pclntab_magics[0];
    return pclntab_magic_known(bytes) &&
           pclntab_word(&out->functions, bytes, PCLNTAB_WORD_FUNCTIONS) &&
           pclntab_word(&out->text_start, bytes, PCLNTAB_WORD_TEXT) &&
           pclntab_word(&out->names, bytes, PCLNTAB_WORD_NAMES) &&
           pclntab_word(&out->names_end, bytes, PCLNTAB_WORD_UNITS) &&
           pclntab_word(&out->table, bytes, PCLNTAB_WORD_TABLE) && out->names < bytes.len &&
           out->table < bytes.len && out->functions > 0 &&
           out->functions <= (bytes.len - out->table) / PCLNTAB_ROW_BYTES &&
           read_u32(&out->first_entry, bytes, out->table);
}

/*
 * Externally linked PIE for Go up to 1.25 has no section of its own for
 * the table; it lies somewhere in .data.rel.ro.
 */
static bool pclntab_search(struct pclntab *out, const struct elf_segment *segment)
{
    struct bytes data = segment->data;
    int guesses = 0;
    for (size_t at = 0; at + PCLNTAB_HEADER_BYTES <= data.len; at += 8) {
        struct bytes rest = {data.data + at, data.len - at};
        if (!pclntab_magic_known(rest))
            continue;
        if (pclntab_header_read(out, rest, segment->address + at))
            return true;
        if (++guesses == PCLNTAB_GUESSES_MAX)
            return false;
    }
    return false;
}

bool pclntab_locate(struct pclntab *out, const struct elf_file *elf)
{
    const struct elf_section *section = elf_section_ending(elf, STR(".gopclntab"));
    if (section)
        return pclntab_header_read(out, section->data, section->address);
    for (size_t i = 0; i < elf->segment_count; i++) {
        if (!elf->segments[i].executable && pclntab_search(out, &elf->segments[i]))
            return true;
    }
    return false;
}

/*
 * runtime.text is not where .text begins once C start code is linked
 * in, and the header says 0 from Go 1.26 on: moduledata knows.
 */
static bool pclntab_text(uint64_t *text, const struct pclntab *table, const struct elf_file *elf)
{
    struct module module = {0};
    bool found = module_locate(&module, elf, table);
    *text = found ? module.text : table->text_start;
    return found || (*text != 0 && elf_is_code(elf, *text));
}

/* A row is followed by another one: the last function's by the end of the text. */
static bool pclntab_function(struct symbol *out, const struct pclntab *table, uint64_t row,
                             uint64_t text)
{
    uint32_t entry = 0;
    uint32_t end = 0;
    uint32_t record = 0;
    uint32_t name = 0;
    uint64_t at = table->table + row * PCLNTAB_ROW_BYTES;
    if (!read_u32(&entry, table->bytes, at) || !read_u32(&record, table->bytes, at + 4) ||
        !read_u32(&end, table->bytes, at + PCLNTAB_ROW_BYTES) ||
        !read_u32(&name, table->bytes, table->table + record + PCLNTAB_NAME_AT))
        return false;
    *out = (struct symbol){
        .address = text + entry, .size = end > entry ? end - entry : 0, .name = name};
    return true;
}

enum status symbols_from_pclntab(struct symbols *out, struct arena *arena,
                                 const struct elf_file *elf, struct err *err)
{
    struct pclntab table;
    uint64_t text = 0;
    if (!pclntab_locate(&table, elf))
        return err_set(err, STATUS_NOT_FOUND, "no function table (.gopclntab) of Go 1.18 or later");
    if (table.functions > SYMBOLS_MAX) {
        return err_set(err, STATUS_LIMIT, "%llu functions, more than %d",
                       (unsigned long long)table.functions, SYMBOLS_MAX);
    }
    if (!pclntab_text(&text, &table, elf))
        return err_set(err, STATUS_FORMAT, "the address of runtime.text is not in the file");
    struct symbols read = {.items = ARENA_ARRAY(arena, struct symbol, (size_t)table.functions)};
    if (!read_slice(&read.names, table.bytes, table.names, table.bytes.len - table.names))
        return err_set(err, STATUS_FORMAT, "the function names are outside the file");
    for (uint64_t row = 0; row < table.functions; row++) {
        if (!pclntab_function(&read.items[read.len++], &table, row, text)) {
            return err_set(err, STATUS_FORMAT, "function %llu is outside .gopclntab",
                           (unsigned long long)row);
        }
    }
    symbols_sort(&read);
    *out = read;
    return STATUS_OK;
}

enum status pclntab_names(struct binary_names *out, struct arena *arena,
                          const struct pclntab *table, struct err *err)
{
    struct bytes bytes = {0};
    struct str name = {0};
    size_t count = 0;
    if (table->names_end < table->names ||
        !read_slice(&bytes, table->bytes, table->names, table->names_end - table->names))
        return err_set(err, STATUS_FORMAT, "the function names end outside .gopclntab");
    struct str rest = str_of_bytes(bytes);
    while (str_split(&rest, '\0', &name))
        count += name.len > 0;
    if (count > SYMBOLS_MAX)
        return err_set(err, STATUS_LIMIT, "%zu function names, more than %d", count, SYMBOLS_MAX);
    struct binary_names read = {.items = ARENA_ARRAY(arena, struct str, count)};
    rest = str_of_bytes(bytes);
    while (str_split(&rest, '\0', &name)) {
        if (name.len > 0)
            read.items[read.len++] = name;
    }
    *out = read;
    return STATUS_OK;
}
