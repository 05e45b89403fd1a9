#include "gate/binary/binary.h"

#include "gate/binary/buildinfo.h"
#include "gate/binary/call.h"
#include "gate/binary/symbols.h"

struct binary_image {
    struct elf_file elf;
    struct symbols symbols;
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
