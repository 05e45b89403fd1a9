#ifndef GATE_BINARY_READ_H
#define GATE_BINARY_READ_H

#include "gate/base/str.h"

/*
 * Little-endian numbers out of bytes nobody vouches for. `at` is any
 * 64-bit value, as read from the file: outside the bytes gives false
 * and leaves *out alone.
 */
NODISCARD static inline bool read_bytes(void *out, struct bytes bytes, uint64_t at, size_t len)
{
    if (len > bytes.len || at > bytes.len - len)
        return false;
    memcpy(out, bytes.data + at, len);
    return true;
}

NODISCARD static inline bool read_u8(uint8_t *out, struct bytes bytes, uint64_t at)
{
    return read_bytes(out, bytes, at, 1);
}

NODISCARD static inline bool read_u32(uint32_t *out, struct bytes bytes, uint64_t at)
{
    uint8_t b[4];
    if (!read_bytes(b, bytes, at, sizeof(b)))
        return false;
    *out = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    return true;
}

NODISCARD static inline bool read_u64(uint64_t *out, struct bytes bytes, uint64_t at)
{
    uint32_t low = 0;
    uint32_t high = 0;
    if (at > UINT64_MAX - 4 || !read_u32(&low, bytes, at) || !read_u32(&high, bytes, at + 4))
        return false;
    *out = (uint64_t)high << 32 | low;
    return true;
}

/* The slice [at, at + len); false when any of it lies outside. */
NODISCARD static inline bool read_slice(struct bytes *out, struct bytes bytes, uint64_t at,
                                        uint64_t len)
{
    if (at > bytes.len || len > bytes.len - at)
        return false;
    *out = (struct bytes){bytes.data + at, (size_t)len};
    return true;
}

#endif
