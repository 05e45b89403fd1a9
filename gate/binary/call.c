#include "gate/binary/call.h"

#include "gate/binary/read.h"

/* `at` is the place of the call's last byte in the segment. */
typedef bool call_decoder(const struct elf_segment *segment, uint64_t at, uint64_t *target);

enum { AMD64_CALL = 0xe8, AMD64_CALL_BYTES = 5 };

static bool amd64_call(const struct elf_segment *segment, uint64_t at, uint64_t *target)
{
    uint8_t opcode = 0;
    uint32_t relative = 0;
    if (at < AMD64_CALL_BYTES - 1)
        return false;
    uint64_t start = at - (AMD64_CALL_BYTES - 1);
    if (!read_u8(&opcode, segment->data, start) || opcode != AMD64_CALL ||
        !read_u32(&relative, segment->data, start + 1))
        return false;
    uint64_t back = segment->address + at + 1;
    *target = back + (uint64_t)(int64_t)(int32_t)relative;
    return true;
}

/* BL: 100101 and a signed count of words. */
enum { ARM64_BL = 0x25, ARM64_BL_SHIFT = 26 };

static bool arm64_call(const struct elf_segment *segment, uint64_t at, uint64_t *target)
{
    uint32_t word = 0;
    /* Instructions are words: the one that holds the byte is the one that ends there. */
    uint64_t start = at - (segment->address + at) % ARM64_WORD_BYTES;
    if (!read_u32(&word, segment->data, start) || word >> ARM64_BL_SHIFT != ARM64_BL)
        return false;
    uint64_t sign = 1ULL << (ARM64_BL_SHIFT - 1);
    uint64_t count = word & ((1ULL << ARM64_BL_SHIFT) - 1);
    uint64_t words = (count ^ sign) - sign;
    *target = segment->address + start + words * ARM64_WORD_BYTES;
    return true;
}

static call_decoder *const call_decoders[] = {
    [ELF_MACHINE_AMD64] = amd64_call,
    [ELF_MACHINE_ARM64] = arm64_call,
};

bool call_decode(const struct elf_file *elf, uint64_t offset, uint64_t *target)
{
    const struct elf_segment *segment = elf_segment_at(elf, offset);
    if (!segment || !segment->executable)
        return false;
    return call_decoders[elf->machine](segment, offset - segment->offset, target);
}

uint64_t call_start(const struct elf_file *elf, uint64_t offset)
{
    if (elf->machine == ELF_MACHINE_AMD64)
        return offset - (AMD64_CALL_BYTES - 1);
    const struct elf_segment *segment = elf_segment_at(elf, offset);
    return offset - elf_segment_address(segment, offset) % ARM64_WORD_BYTES;
}
