#include "gate/codec/base64.h"

/* The six bits of a character, or -1. */
static int value_of(char character)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = character ? strchr(alphabet, character) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

static size_t count_padding(struct str text)
{
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.data[text.len - 1 - padding] == '=')
        padding++;
    return padding;
}

bool base64_decode(struct str *out, struct arena *arena, struct str text)
{
    size_t padding = count_padding(text);
    size_t digits = text.len - padding;
    size_t len = digits * 6 / 8;
    if (text.len % 4 != 0)
        return false;
    char *data = arena_alloc(arena, len + 1, 1);
    uint32_t bits = 0;
    size_t at = 0;
    for (size_t i = 0; i < digits; i++) {
        int value = value_of(text.data[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        /* After every digit but the first of four a byte is whole. */
        if (i % 4 != 0)
            data[at++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    /* The bits left over must be zero, or two texts would mean the same. */
    uint32_t left = padding == 2 ? bits & 15 : padding == 1 ? bits & 3 : 0;
    if (left)
        return false;
    *out = (struct str){data, len};
    return true;
}
