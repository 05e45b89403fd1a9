#include "gate/binary/load.h"

#include "tests/support/check.h"

/* One segment of code; instructions as `go tool objdump` of Go 1.19 and 1.27 shows them. */
enum { SEGMENT_OFFSET = 0x1000, SEGMENT_ADDRESS = 0x401000 };

struct load_case {
    const char *name;
    enum elf_machine machine;
    unsigned argument;
    const uint8_t *code;
    size_t len;
    uint64_t want; /* 0: none */
};

#define CODE(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
/* LEAQ 0x100(IP) into RAX, RSI; RBX twice as far. */
#define LEA_AX 0x48, 0x8d, 0x05, 0x00, 0x01, 0x00, 0x00
#define LEA_SI 0x48, 0x8d, 0x35, 0x00, 0x01, 0x00, 0x00
#define LEA_BX 0x48, 0x8d, 0x1d, 0x00, 0x02, 0x00, 0x00
/* ADRP 1 page, ADD 0x120: into R0, R1. */
#define ADRP_R0 0x00, 0x00, 0x00, 0xb0, 0x00, 0x80, 0x04, 0x91
#define ADRP_R1 0x01, 0x00, 0x00, 0xb0, 0x21, 0x80, 0x04, 0x91

static const struct load_case load_cases[] = {
    {"first argument", ELF_MACHINE_AMD64, 0, CODE(LEA_AX), 0x401107},
    {"second", ELF_MACHINE_AMD64, 1, CODE(LEA_AX, LEA_BX), 0x40120e},
    {"before others", ELF_MACHINE_AMD64, 0, CODE(LEA_AX, LEA_BX, 0x90), 0x401107},
    {"fifth", ELF_MACHINE_AMD64, 4, CODE(LEA_SI, 0xbb, 1, 0, 0, 0), 0x401107},
    {"backwards", ELF_MACHINE_AMD64, 0, CODE(0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff), 0x401000},
    {"the last of two", ELF_MACHINE_AMD64, 0, CODE(LEA_AX, LEA_AX), 0x40110e},
    {"not that register", ELF_MACHINE_AMD64, 0, CODE(LEA_BX), 0},
    {"R8 is not RAX", ELF_MACHINE_AMD64, 0, CODE(0x4c, 0x8d, 0x05, 0, 1, 0, 0), 0},
    {"loaded from memory behind", ELF_MACHINE_AMD64, 0, CODE(LEA_AX, 0x48, 0x8b, 0x02), 0},
    {"copied behind", ELF_MACHINE_AMD64, 0, CODE(LEA_AX, 0x48, 0x89, 0xc8), 0},
    {"copied from R8 behind", ELF_MACHINE_AMD64, 0, CODE(LEA_AX, 0x4c, 0x89, 0xc0), 0},
    {"stored behind", ELF_MACHINE_AMD64, 0, CODE(LEA_AX, 0x48, 0x89, 0x03), 0x401107},
    {"relative to the stack", ELF_MACHINE_AMD64, 0, CODE(0x48, 0x8d, 0x44, 0x24, 0x20, 0, 0), 0},
    {"cut by the call", ELF_MACHINE_AMD64, 0, CODE(0x48, 0x8d, 0x05, 0x00, 0x01), 0},
    {"nothing", ELF_MACHINE_AMD64, 0, CODE(0x90, 0x90, 0x90), 0},
    {"arm64", ELF_MACHINE_ARM64, 0, CODE(ADRP_R0), 0x402120},
    {"arm64, second", ELF_MACHINE_ARM64, 1, CODE(ADRP_R1, ADRP_R0), 0x402120},
    {"arm64, not that register", ELF_MACHINE_ARM64, 1, CODE(ADRP_R0), 0},
    {"arm64, page before", ELF_MACHINE_ARM64, 0,
     CODE(0xe0, 0xff, 0xff, 0xf0, 0x00, 0x80, 0x04, 0x91), 0x400120},
    {"arm64, loaded behind", ELF_MACHINE_ARM64, 0, CODE(ADRP_R0, 0xe0, 0x17, 0x40, 0xf9), 0},
    {"arm64, copied behind", ELF_MACHINE_ARM64, 0, CODE(ADRP_R0, 0xe0, 0x03, 0x01, 0xaa), 0},
    {"arm64, stored behind", ELF_MACHINE_ARM64, 0, CODE(ADRP_R0, 0xe0, 0x17, 0x00, 0xf9), 0x402120},
    {"arm64, another register's page", ELF_MACHINE_ARM64, 0,
     CODE(0x01, 0x00, 0x00, 0xb0, 0x00, 0x80, 0x04, 0x91), 0},
};

static bool load_of(const struct load_case *test, uint64_t *address)
{
    struct elf_segment segment = {.address = SEGMENT_ADDRESS,
                                  .offset = SEGMENT_OFFSET,
                                  .data = {test->code, test->len},
                                  .executable = true};
    struct elf_file elf = {.machine = test->machine, .segments = &segment, .segment_count = 1};
    struct load_code code = {SEGMENT_OFFSET, SEGMENT_OFFSET + test->len};
    return load_decode(&elf, &code, test->argument, address);
}

static void the_last_load_of_an_address_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(load_cases); i++) {
        const struct load_case *test = &load_cases[i];
        print_message("  %s\n", test->name);
        uint64_t address = 0;
        assert_int_equal(load_of(test, &address), test->want != 0);
        assert_int_equal(address, test->want);
    }
}

static void only_code_within_the_range_is_read(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {LEA_AX, 0x90, 0x90};
    struct elf_segment segment = {.address = SEGMENT_ADDRESS,
                                  .offset = SEGMENT_OFFSET,
                                  .data = {bytes, sizeof(bytes)},
                                  .executable = true};
    struct elf_file elf = {.segments = &segment, .segment_count = 1};
    static const struct load_code outside[] = {
        {SEGMENT_OFFSET + 1, SEGMENT_OFFSET + 9}, {SEGMENT_OFFSET, SEGMENT_OFFSET + 6},
        {SEGMENT_OFFSET, SEGMENT_OFFSET + 10},    {SEGMENT_OFFSET + 5, SEGMENT_OFFSET + 2},
        {SEGMENT_OFFSET - 1, SEGMENT_OFFSET + 7}, {SEGMENT_OFFSET + 99, SEGMENT_OFFSET + 100},
        {SEGMENT_OFFSET + 7, SEGMENT_OFFSET + 7},
    };
    uint64_t address = 0;
    for (size_t i = 0; i < ARRAY_LEN(outside); i++)
        assert_false(load_decode(&elf, &outside[i], 0, &address));
    segment.executable = false;
    struct load_code all = {SEGMENT_OFFSET, SEGMENT_OFFSET + 7};
    assert_false(load_decode(&elf, &all, 0, &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_load_of_an_address_is_found),
        cmocka_unit_test(only_code_within_the_range_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
