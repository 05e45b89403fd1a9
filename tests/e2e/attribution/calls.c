#include <stdio.h>

#include "gate/binary/elf.h"
#include "tests/e2e/attribution/check.h"

enum { CALLS_MIN = 500 };

static bool parse_hex(struct str text, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = memchr(digits, text.data[i], 16);
        if (!digit || i >= 16)
            return false;
        value = value * 16 + (uint64_t)(digit - digits);
    }
    *out = value;
    return text.len > 0;
}

struct call_line {
    uint64_t address;
    size_t bytes;
    struct str symbol;
};

/* "  main.go:12  0x11abc  97ffffd3  CALL runtime.newobject(SB)" */
static bool parse_call(struct str line, struct call_line *call)
{
    struct str fields[8] = {{0}};
    struct str field = {0};
    const struct str end = STR("(SB)");
    const struct str assembly = STR(".abi0");
    size_t count = 0;
    while (count < ARRAY_LEN(fields) && str_split(&line, '\t', &field)) {
        if (str_trim(field).len > 0)
            fields[count++] = str_trim(field);
    }
    if (count != 4 || !str_starts_with(fields[3], STR("CALL ")) || !str_ends_with(fields[3], end))
        return false;
    call->bytes = fields[2].len / 2;
    call->symbol = str_slice(fields[3], 5, fields[3].len - end.len);
    if (str_ends_with(call->symbol, assembly))
        call->symbol.len -= assembly.len;
    return str_starts_with(fields[1], STR("0x")) &&
           parse_hex(str_slice(fields[1], 2, fields[1].len), &call->address);
}

static bool file_offset(const struct elf_file *elf, uint64_t address, uint64_t *offset)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        if (address < segment->address || address - segment->address >= segment->data.len)
            continue;
        *offset = segment->offset + (address - segment->address);
        return true;
    }
    return false;
}

/* .gopclntab of Go 1.19 spells type arguments "[...]", .symtab in full. */
static bool symbols_equal(struct str have, struct str want)
{
    const struct str dots = STR("[...]");
    ptrdiff_t open = str_find(have, '[');
    ptrdiff_t close = str_find_last(want, ']');
    if (open < 0 || close < open || !str_starts_with(str_slice(have, (size_t)open, have.len), dots))
        return str_equal(have, want);
    struct str have_rest = str_slice(have, (size_t)open + dots.len, have.len);
    struct str want_rest = str_slice(want, (size_t)close + 1, want.len);
    return str_starts_with(want, str_slice(have, 0, (size_t)open + 1)) &&
           str_equal(have_rest, want_rest);
}

/* The sampled address is the byte before the return address. */
static bool call_agrees(const struct check *check, const struct elf_file *elf,
                        const struct call_line *call)
{
    uint64_t offset = 0;
    struct str symbol = {0};
    bool found = file_offset(elf, call->address + call->bytes - 1, &offset) &&
                 binary_call_target(&check->binary, offset, &symbol);
    if (found && symbols_equal(symbol, call->symbol))
        return true;
    printf("WRONG 0x%llx: \"%.*s\", not \"%.*s\"\n", (unsigned long long)call->address,
           STR_ARGS(symbol), STR_ARGS(call->symbol));
    return false;
}

int check_calls(struct check *check)
{
    struct elf_file elf;
    struct str rest = str_of_bytes(check->input);
    struct str line = {0};
    size_t count = 0;
    size_t agreed = 0;
    if (elf_read(&elf, &check->arena, check->exe, &check->err))
        return check_failed(check);
    while (str_split(&rest, '\n', &line)) {
        struct call_line call = {0};
        if (!parse_call(line, &call))
            continue;
        count++;
        agreed += call_agrees(check, &elf, &call);
    }
    printf("%zu direct calls, %zu agree\n", count, agreed);
    return agreed != count || count < CALLS_MIN;
}
