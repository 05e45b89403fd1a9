#include "gate/codec/hex.h"

/* The four bits of a digit, or -1. */
static int value_of(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    char lower = (char)(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool hex_decode(struct str *out, struct arena *arena, struct str text)
{
    size_t len = text.len / 2;
    if (text.len % 2 != 0)
        return false;
    char *data = arena_alloc(arena, len + 1, 1);
    for (size_t i = 0; i < len; i++) {
        int high = value_of(text.data[2 * i]);
        int low = value_of(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        data[i] = (char)(high << 4 | low);
    }
    *out = (struct str){data, len};
    return true;
}
