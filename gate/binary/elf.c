#include "gate/binary/elf.h"

#include <gelf.h>
#include <libelf.h>

#include "gate/binary/read.h"

/* libelf takes a plain pointer, but only reads an image it was given for ELF_C_READ. */
static Elf *elf_image_open(struct bytes file)
{
    union {
        const uint8_t *given;
        char *wanted;
    } image = {.given = file.data};
    if (file.len == 0 || elf_version(EV_CURRENT) == EV_NONE)
        return NULL;
    return elf_memory(image.wanted, file.len);
}

static enum status elf_header_read(struct elf_file *out, Elf *elf, struct err *err)
{
    GElf_Ehdr header;
    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        return err_set(err, STATUS_FORMAT, "not an ELF file");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
        return err_set(err, STATUS_FORMAT, "not a 64-bit little-endian ELF file");
    out->is_movable = header.e_type == ET_DYN;
    if (header.e_machine == EM_X86_64) {
        out->machine = ELF_MACHINE_AMD64;
    } else if (header.e_machine == EM_AARCH64) {
        out->machine = ELF_MACHINE_ARM64;
    } else {
        return err_set(err, STATUS_FORMAT, "ELF machine %u is neither amd64 nor arm64",
                       (unsigned)header.e_machine);
    }
    return STATUS_OK;
}

static enum status elf_segments_read(struct elf_file *out, struct arena *arena, Elf *elf,
                                     struct bytes file, struct err *err)
{
    size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0)
        return err_set(err, STATUS_FORMAT, "ELF program headers are damaged");
    if (count > ELF_SEGMENTS_MAX) {
        return err_set(err, STATUS_LIMIT, "ELF has %zu segments, more than %d", count,
                       ELF_SEGMENTS_MAX);
    }
    out->segments = ARENA_ARRAY(arena, struct elf_segment, count);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(elf, (int)i, &header))
            return err_set(err, STATUS_FORMAT, "ELF program header %zu is outside the file", i);
        if (header.p_type != PT_LOAD)
            continue;
        struct elf_segment *segment = &out->segments[out->segment_count++];
        *segment = (struct elf_segment){.address = header.p_vaddr,
                                        .offset = header.p_offset,
                                        .writable = (header.p_flags & PF_W) != 0,
                                        .executable = (header.p_flags & PF_X) != 0};
        if (!read_slice(&segment->data, file, header.p_offset, header.p_filesz))
            return err_set(err, STATUS_FORMAT, "ELF segment %zu ends behind the file", i);
        if (header.p_vaddr > UINT64_MAX - header.p_filesz)
            return err_set(err, STATUS_FORMAT, "ELF segment %zu wraps around memory", i);
    }
    return STATUS_OK;
}

static enum elf_section_kind elf_section_kind_of(const GElf_Shdr *header)
{
    /* A packed section would need unpacking first; the Go linker packs debug sections only. */
    if (header->sh_flags & SHF_COMPRESSED)
        return ELF_SECTION_OTHER;
    if (header->sh_type == SHT_SYMTAB)
        return ELF_SECTION_SYMBOLS;
    bool is_loaded = (header->sh_flags & SHF_ALLOC) != 0;
    return header->sh_type == SHT_RELA && is_loaded ? ELF_SECTION_RELOCATIONS : ELF_SECTION_OTHER;
}

static bool elf_section_read(struct elf_section *out, Elf *elf, size_t number, struct bytes file)
{
    GElf_Shdr header;
    if (!gelf_getshdr(elf_getscn(elf, number), &header))
        return false;
    out->address = header.sh_addr;
    out->kind = elf_section_kind_of(&header);
    out->link = header.sh_link;
    return header.sh_type == SHT_NULL || header.sh_type == SHT_NOBITS ||
           read_slice(&out->data, file, header.sh_offset, header.sh_size);
}

static struct str elf_string(struct bytes strings, uint64_t at)
{
    if (at >= strings.len)
        return (struct str){"", 0};
    const char *text = (const char *)strings.data + at;
    return (struct str){text, strnlen(text, strings.len - (size_t)at)};
}

/* Names are filled in a second pass: the table that holds them is a section like the others. */
static enum status elf_sections_name(struct elf_file *out, Elf *elf, struct err *err)
{
    size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0 || names >= out->section_count)
        return err_set(err, STATUS_FORMAT, "ELF section names are missing");
    for (size_t i = 0; i < out->section_count; i++) {
        GElf_Shdr header;
        if (gelf_getshdr(elf_getscn(elf, i), &header))
            out->sections[i].name = elf_string(out->sections[names].data, header.sh_name);
    }
    return STATUS_OK;
}

static enum status elf_sections_read(struct elf_file *out, struct arena *arena, Elf *elf,
                                     struct bytes file, struct err *err)
{
    size_t count = 0;
    GElf_Ehdr header;
    if (!gelf_getehdr(elf, &header) || elf_getshdrnum(elf, &count) != 0)
        return err_set(err, STATUS_FORMAT, "ELF section headers are damaged");
    /* libelf takes a file that ends before its section headers for one without any. */
    if (header.e_shoff != 0 && count == 0)
        return err_set(err, STATUS_FORMAT, "ELF section headers are outside the file");
    if (count > ELF_SECTIONS_MAX) {
        return err_set(err, STATUS_LIMIT, "ELF has %zu sections, more than %d", count,
                       ELF_SECTIONS_MAX);
    }
    if (count == 0)
        return STATUS_OK;
    out->sections = ARENA_ARRAY(arena, struct elf_section, count);
    out->section_count = count;
    for (size_t i = 0; i < count; i++) {
        if (!elf_section_read(&out->sections[i], elf, i, file))
            return err_set(err, STATUS_FORMAT, "ELF section %zu ends behind the file", i);
    }
    return elf_sections_name(out, elf, err);
}

enum status elf_read(struct elf_file *out, struct arena *arena, struct bytes file, struct err *err)
{
    struct elf_file read = {0};
    Elf *elf = elf_image_open(file);
    if (!elf)
        return err_set(err, STATUS_FORMAT, "not an ELF file");
    enum status status = elf_header_read(&read, elf, err);
    if (status == STATUS_OK)
        status = elf_segments_read(&read, arena, elf, file, err);
    if (status == STATUS_OK)
        status = elf_sections_read(&read, arena, elf, file, err);
    (void)elf_end(elf);
    if (status == STATUS_OK)
        *out = read;
    return status;
}

const struct elf_section *elf_section_ending(const struct elf_file *elf, struct str suffix)
{
    for (size_t i = 0; i < elf->section_count; i++) {
        if (str_ends_with(elf->sections[i].name, suffix))
            return &elf->sections[i];
    }
    return NULL;
}

const struct elf_segment *elf_segment_at(const struct elf_file *elf, uint64_t offset)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        if (offset >= segment->offset && offset - segment->offset < segment->data.len)
            return segment;
    }
    return NULL;
}

const struct elf_segment *elf_segment_of(const struct elf_file *elf, uint64_t address)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        if (address >= segment->address && address - segment->address < segment->data.len)
            return segment;
    }
    return NULL;
}

bool elf_is_code(const struct elf_file *elf, uint64_t address)
{
    const struct elf_segment *segment = elf_segment_of(elf, address);
    return segment && segment->executable;
}
