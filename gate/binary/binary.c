#include "gate/binary/binary.h"

#include "gate/binary/buildinfo.h"
#include "gate/binary/call.h"
#include "gate/binary/load.h"
#include "gate/binary/module.h"
#include "gate/binary/pclntab.h"
#include "gate/binary/read.h"
#include "gate/binary/symbols.h"
#include "gate/binary/type.h"

struct binary_image {
    struct elf_file elf;
    struct symbols symbols;
    struct pclntab table; /* all 0 when there is none */
    struct types types;   /* empty when not found */
};

static const enum binary_arch binary_archs[] = {
    [ELF_MACHINE_AMD64] = BINARY_AMD64,
    [ELF_MACHINE_ARM64] = BINARY_ARM64,
};

static enum status binary_symbols(struct symbols *out, struct arena *arena,
                                  const struct elf_file *elf, struct err *err)
{
    enum status status = symbols_from_symtab(out, arena, elf, err);
    return status == STATUS_NOT_FOUND ? symbols_from_pclntab(out, arena, elf, err) : status;
}

static void binary_types(struct binary_image *image)
{
    struct pclntab table;
    struct module module = {0};
    if (!pclntab_locate(&table, &image->elf))
        return;
    image->table = table;
    if (!module_locate(&module, &image->elf, &table) || module.types == module.etypes)
        return;
    const struct elf_segment *segment = elf_segment_of(&image->elf, module.types);
    const uint8_t *first = segment->data.data + (module.types - segment->address);
    image->types = (struct types){.bytes = {first, (size_t)(module.etypes - module.types)},
                                  .address = module.types};
}

enum status binary_open(struct binary *out, struct arena *arena, struct bytes elf, struct err *err)
{
    struct binary read = {.image = ARENA_NEW(arena, struct binary_image)};
    if (elf.len > BINARY_BYTES_MAX) {
        return err_set(err, STATUS_LIMIT, "executable of %zu bytes, more than %d", elf.len,
                       BINARY_BYTES_MAX);
    }
    if (elf_read(&read.image->elf, arena, elf, err) ||
        buildinfo_read(&read.build, arena, &read.image->elf, err) ||
        binary_symbols(&read.image->symbols, arena, &read.image->elf, err))
        return err->status;
    binary_types(read.image);
    read.arch = binary_archs[read.image->elf.machine];
    *out = read;
    return STATUS_OK;
}

bool binary_call_target(const struct binary *binary, uint64_t offset, struct str *symbol)
{
    uint64_t target = 0;
    return call_decode(&binary->image->elf, offset, &target) &&
           symbols_find(&binary->image->symbols, target, symbol);
}

/* Runtime entries that are handed a type, and as which argument, 0 the first. */
struct type_entry {
    struct str name;
    bool prefix;
    unsigned argument;
    unsigned argument_before_go120;
};

static const struct type_entry type_entries[] = {
    {STR_INIT("runtime.newobject"), false, 0, 0}, {STR_INIT("runtime.newarray"), false, 0, 0},
    {STR_INIT("runtime.makeslice"), true, 0, 0}, /* makeslice64, makeslicecopy */
    {STR_INIT("runtime.growslice"), true, 4, 0}, /* growsliceNoAlias, growsliceBuf: Go 1.26 */
    {STR_INIT("runtime.moveSlice"), false, 0, 0}, {STR_INIT("runtime.moveSliceNoCap"), false, 0, 0},
    {STR_INIT("runtime.makemap"), false, 0, 0},   {STR_INIT("runtime.makemap64"), false, 0, 0},
    {STR_INIT("runtime.mapassign"), true, 0, 0},  {STR_INIT("runtime.makechan"), true, 0, 0},
    {STR_INIT("runtime.convT"), false, 0, 0},     {STR_INIT("runtime.convTnoptr"), false, 0, 0},
    {STR_INIT("runtime.mallocgc"), true, 1, 1}, /* mallocgcSmallScanNoHeaderSC3: Go 1.27 */
};

static bool type_argument(const struct binary_image *image, struct str entry, unsigned *argument)
{
    for (size_t i = 0; i < ARRAY_LEN(type_entries); i++) {
        const struct type_entry *row = &type_entries[i];
        if (row->prefix ? !str_starts_with(entry, row->name) : !str_equal(entry, row->name))
            continue;
        *argument = image->table.before_go120 ? row->argument_before_go120 : row->argument;
        return true;
    }
    return false;
}

/* How far before a call its arguments are looked for. */
enum { TYPE_LOOKBACK_BYTES = 512 };

/*
 * The code before the call that ends at the offset: not beyond the start
 * of its function, nor the call before it, which leaves no register as
 * it was.
 */
static bool type_code(const struct binary_image *image, uint64_t offset, struct load_code *code)
{
    const struct elf_segment *segment = elf_segment_at(&image->elf, offset);
    const struct symbol *symbol =
        symbols_around(&image->symbols, elf_segment_address(segment, offset));
    uint64_t call = 0;
    struct str name = {0};
    if (!symbol || symbol->address < segment->address)
        return false;
    code->to = call_start(&image->elf, offset);
    code->from = segment->offset + (symbol->address - segment->address);
    if (code->to < code->from)
        return false;
    if (code->to - code->from > TYPE_LOOKBACK_BYTES)
        code->from = code->to - TYPE_LOOKBACK_BYTES;
    for (uint64_t at = code->to; at > code->from; at--) {
        if (call_decode(&image->elf, at - 1, &call) && symbols_find(&image->symbols, call, &name)) {
            code->from = at;
            break;
        }
    }
    return true;
}

bool binary_call_type(const struct binary *binary, uint64_t offset, struct str *type)
{
    const struct binary_image *image = binary->image;
    struct load_code code = {0};
    struct str entry = {0};
    uint64_t address = 0;
    unsigned argument = 0;
    return binary_call_target(binary, offset, &entry) && type_argument(image, entry, &argument) &&
           type_code(image, offset, &code) && load_decode(&image->elf, &code, argument, &address) &&
           type_name(&image->types, address, type);
}

bool binary_symbol_at(const struct binary *binary, uint64_t offset, struct str *name)
{
    const struct binary_image *image = binary->image;
    const struct elf_segment *segment = elf_segment_at(&image->elf, offset);
    if (!segment || !segment->executable)
        return false;
    const struct symbol *symbol =
        symbols_around(&image->symbols, elf_segment_address(segment, offset));
    return symbol && symbols_name(&image->symbols, symbol, name);
}

enum status binary_functions(struct binary_names *out, struct arena *arena,
                             const struct binary *binary, struct err *err)
{
    const struct pclntab *table = &binary->image->table;
    if (table->bytes.len == 0)
        return err_set(err, STATUS_NOT_FOUND, "no function table (.gopclntab) of Go 1.18 or later");
    return pclntab_names(out, arena, table, err);
}

bool binary_code(const struct binary *binary, struct binary_code *code)
{
    const struct elf_file *elf = &binary->image->elf;
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        if (!segment->executable)
            continue;
        *code = (struct binary_code){.address = segment->address,
                                     .offset = segment->offset,
                                     .bytes = segment->data.len,
                                     .is_movable = elf->is_movable};
        return true;
    }
    return false;
}

/* An ELF note: three words (length of the name, of the content, type), the name, the content. */
enum { NOTE_HEAD_BYTES = 16, BUILD_ID_BYTES_MAX = 64 };

struct str binary_build_id(const struct binary *binary, struct arena *arena)
{
    const struct elf_section *section =
        elf_section_ending(&binary->image->elf, STR(".note.gnu.build-id"));
    uint32_t len = 0;
    if (!section || !read_u32(&len, section->data, 4) || len > BUILD_ID_BYTES_MAX ||
        section->data.len < NOTE_HEAD_BYTES + (size_t)len)
        return (struct str){"", 0};
    char digits[2 * BUILD_ID_BYTES_MAX];
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = section->data.data[NOTE_HEAD_BYTES + i];
        digits[2 * i] = "0123456789abcdef"[byte >> 4];
        digits[2 * i + 1] = "0123456789abcdef"[byte & 15];
    }
    return str_copy(arena, (struct str){digits, 2 * (size_t)len});
}
