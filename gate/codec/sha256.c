#include "gate/codec/sha256.h"

#include <openssl/sha.h>

struct str sha256_hex(struct arena *arena, struct bytes data)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(data.data, data.len, digest);

    char *text = arena_alloc(arena, (2 * sizeof(digest)) + 1, 1);
    for (size_t i = 0; i < sizeof(digest); i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    return (struct str){text, 2 * sizeof(digest)};
}
