#include "gate/binary/load.h"

#include "gate/binary/read.h"

/* What an instruction does to the register that is asked for. */
enum load_effect { LOAD_NONE, LOAD_ADDRESS, LOAD_OTHER };

/*
 * The effect of the instruction at `at` of the code, which ends where
 * the call begins; *address with LOAD_ADDRESS only.
 */
typedef enum load_effect load_decoder(const struct elf_segment *code, uint64_t at,
                                      unsigned argument, uint64_t *address);

/* RAX, RBX, RCX, RDI, RSI as instructions number them (cmd/compile/abi-internal.md). */
static const uint8_t amd64_registers[LOAD_ARGUMENTS] = {0, 3, 1, 7, 6};

enum {
    AMD64_REX_W = 0x48,
    AMD64_REX_MASK = 0xf8,
    AMD64_REX_R = 0x04, /* the register operand is R8-R15 */
    AMD64_REX_B = 0x01, /* the other one is */
    AMD64_LEA = 0x8d,
    AMD64_MOV_LOAD = 0x8b,
    AMD64_MOV_STORE = 0x89,
    AMD64_MOD_REGISTER = 3,
    AMD64_RM_RIP = 5, /* with mod 0; a displacement follows and ends the instruction */
};

static enum load_effect amd64_load(const struct elf_segment *code, uint64_t at, unsigned argument,
                                   uint64_t *address)
{
    uint8_t byte[3] = {0};
    uint32_t relative = 0;
    unsigned wanted = amd64_registers[argument];
    if (!read_bytes(byte, code->data, at, sizeof(byte)) ||
        (byte[0] & AMD64_REX_MASK) != AMD64_REX_W)
        return LOAD_NONE;
    unsigned mod = byte[2] >> 6;
    unsigned reg = byte[2] >> 3 & 7U;
    unsigned rm = byte[2] & 7U;
    /* Copies between registers are stores whose target is a register. */
    if (byte[1] == AMD64_MOV_STORE && !(byte[0] & AMD64_REX_B) && mod == AMD64_MOD_REGISTER &&
        rm == wanted)
        return LOAD_OTHER;
    if ((byte[1] != AMD64_LEA && byte[1] != AMD64_MOV_LOAD) || byte[0] & AMD64_REX_R ||
        reg != wanted)
        return LOAD_NONE;
    uint64_t rest = at + sizeof(byte);
    if (byte[1] == AMD64_MOV_LOAD || mod != 0 || rm != AMD64_RM_RIP ||
        !read_u32(&relative, code->data, rest))
        return LOAD_OTHER;
    *address = code->address + rest + sizeof(relative) + (uint64_t)(int64_t)(int32_t)relative;
    return LOAD_ADDRESS;
}

enum { ARM64_REGISTER_MASK = 31, ARM64_PAGE_MASK = 0xfff };

/* What is moved into a register otherwise: mask, value of the instruction word. */
struct arm64_form {
    uint32_t mask;
    uint32_t value;
};

static const struct arm64_form arm64_moves[] = {
    {0xffc00000U, 0xf9400000U}, /* LDR, unsigned offset */
    {0xffe00000U, 0xf8400000U}, /* LDUR and LDR with index or register */
    {0xffc00000U, 0xa9400000U}, /* LDP, first register */
    {0xffe0ffe0U, 0xaa0003e0U}, /* MOV register */
    {0xff800000U, 0x91000000U}, /* ADD immediate, here without ADRP before it */
    {0xff800000U, 0xd2800000U}, /* MOVZ */
};

static const struct arm64_form arm64_adrp = {0x9f000000U, 0x90000000U};
static const struct arm64_form arm64_add = {0xffc00000U, 0x91000000U};

static bool arm64_is(uint32_t word, const struct arm64_form *form)
{
    return (word & form->mask) == form->value;
}

/* `at` is the place of the ADRP: 21 signed bits, the lowest two apart, count pages of 4096 bytes. */
static uint64_t arm64_address(const struct elf_segment *code, uint64_t at, uint32_t adrp,
                              uint32_t add)
{
    const uint64_t sign = 1ULL << 20;
    uint64_t count = (uint64_t)(adrp >> 5 & 0x7ffffU) << 2 | (adrp >> 29 & 3U);
    uint64_t pages = (count ^ sign) - sign;
    uint64_t page = (code->address + at) & ~(uint64_t)ARM64_PAGE_MASK;
    return page + (pages << 12) + (add >> 10 & ARM64_PAGE_MASK);
}

static enum load_effect arm64_load(const struct elf_segment *code, uint64_t at, unsigned argument,
                                   uint64_t *address)
{
    uint32_t word = 0;
    uint32_t adrp = 0;
    if ((code->address + at) % ARM64_WORD_BYTES != 0 || !read_u32(&word, code->data, at) ||
        (word & ARM64_REGISTER_MASK) != argument)
        return LOAD_NONE;
    if (arm64_is(word, &arm64_add) && at >= ARM64_WORD_BYTES &&
        read_u32(&adrp, code->data, at - ARM64_WORD_BYTES) && arm64_is(adrp, &arm64_adrp) &&
        (adrp & ARM64_REGISTER_MASK) == (word >> 5 & ARM64_REGISTER_MASK)) {
        *address = arm64_address(code, at - ARM64_WORD_BYTES, adrp, word);
        return LOAD_ADDRESS;
    }
    for (size_t i = 0; i < ARRAY_LEN(arm64_moves); i++) {
        if (arm64_is(word, &arm64_moves[i]))
            return LOAD_OTHER;
    }
    return LOAD_NONE;
}

static load_decoder *const load_decoders[] = {
    [ELF_MACHINE_AMD64] = amd64_load,
    [ELF_MACHINE_ARM64] = arm64_load,
};

bool load_decode(const struct elf_file *elf, const struct load_code *code, unsigned argument,
                 uint64_t *address)
{
    const struct elf_segment *segment = elf_segment_at(elf, code->from);
    assert(argument < LOAD_ARGUMENTS);
    if (!segment || !segment->executable || code->to < code->from ||
        code->to - segment->offset > segment->data.len)
        return false;
    struct elf_segment before = *segment;
    before.data.len = (size_t)(code->to - segment->offset);
    for (uint64_t at = code->to; at > code->from; at--) {
        enum load_effect effect =
            load_decoders[elf->machine](&before, at - 1 - segment->offset, argument, address);
        if (effect != LOAD_NONE)
            return effect == LOAD_ADDRESS;
    }
    return false;
}
