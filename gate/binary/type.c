#include "gate/binary/type.h"

#include "gate/binary/read.h"

/* internal/abi.Type; its size and these places are the same since Go 1.14. */
enum {
    TYPE_SIZE_AT = 0,
    TYPE_POINTERS_AT = 8,
    TYPE_FLAGS_AT = 20,
    TYPE_ALIGN_AT = 21,
    TYPE_KIND_AT = 23,
    TYPE_NAME_AT = 40,
    TYPE_FLAG_EXTRA_STAR = 2,
    TYPE_ALIGN_MAX = 16,
    TYPE_KIND_MASK = 31, /* flags lie above it up to Go 1.25 */
    TYPE_KIND_MAX = 26,  /* unsafe.Pointer */
    TYPE_NAME_BYTES_MAX = 64 * 1024,
};

/* Most of what is no descriptor fails here; the name decides about the rest. */
static bool type_plausible(const struct types *types, uint64_t at)
{
    uint64_t size = 0;
    uint64_t pointers = 0;
    uint8_t align = 0;
    uint8_t kind = 0;
    if (!read_u64(&size, types->bytes, at + TYPE_SIZE_AT) ||
        !read_u64(&pointers, types->bytes, at + TYPE_POINTERS_AT) ||
        !read_u8(&align, types->bytes, at + TYPE_ALIGN_AT) ||
        !read_u8(&kind, types->bytes, at + TYPE_KIND_AT))
        return false;
    kind &= TYPE_KIND_MASK;
    return pointers <= size && align > 0 && align <= TYPE_ALIGN_MAX && (align & (align - 1)) == 0 &&
           kind > 0 && kind <= TYPE_KIND_MAX;
}

static bool type_name_readable(struct str name)
{
    uint32_t code = 0;
    size_t len = 0;
    for (size_t at = 0; at < name.len; at += len) {
        len = str_decode(str_slice(name, at, name.len), &code);
        if (len == 0 || code < ' ' || code == 0x7f)
            return false;
    }
    return name.len > 0;
}

/* internal/abi.Name: a byte of flags, the length as a varint, the bytes. */
static bool type_name_read(const struct types *types, uint64_t at, struct str *name)
{
    struct bytes text = {0};
    uint32_t len = 0;
    uint8_t byte = 0x80;
    uint64_t from = at + 1;
    for (unsigned shift = 0; byte & 0x80; shift += 7) {
        if (shift > 14 || !read_u8(&byte, types->bytes, from++))
            return false;
        len |= (uint32_t)(byte & 0x7f) << shift;
    }
    if (len > TYPE_NAME_BYTES_MAX || !read_slice(&text, types->bytes, from, len))
        return false;
    *name = str_of_bytes(text);
    return type_name_readable(*name);
}

bool type_name(const struct types *types, uint64_t address, struct str *name)
{
    uint64_t at = address - types->address;
    uint8_t flags = 0;
    uint32_t offset = 0;
    struct str read = {0};
    if (address < types->address || at >= types->bytes.len || !type_plausible(types, at) ||
        !read_u8(&flags, types->bytes, at + TYPE_FLAGS_AT) ||
        !read_u32(&offset, types->bytes, at + TYPE_NAME_AT) ||
        !type_name_read(types, offset, &read))
        return false;
    if (flags & TYPE_FLAG_EXTRA_STAR) {
        /* The linker keeps one string for T and *T. */
        if (read.len < 2 || read.data[0] != '*')
            return false;
        read = str_slice(read, 1, read.len);
    }
    *name = read;
    return true;
}
