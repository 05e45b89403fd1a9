#include "gate/base/buf.h"

#include <stdarg.h>

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_release(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max);
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->overflow = false;
}

static void buf_reserve(struct buf *buf, size_t extra)
{
    size_t wanted = buf->len + extra + 1;
    if (wanted <= buf->cap)
        return;
    size_t cap = buf->cap ? buf->cap * 2 : 256;
    if (cap < wanted)
        cap = wanted;
    buf->data = memory_resize(buf->data, cap);
    buf->cap = cap;
}

void buf_append(struct buf *buf, const void *data, size_t len)
{
    if (len > buf->max - buf->len) {
        len = buf->max - buf->len;
        buf->overflow = true;
    }
    buf_reserve(buf, len);
    if (len)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void buf_str(struct buf *buf, struct str str)
{
    buf_append(buf, str.data, str.len);
}

void buf_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_byte(struct buf *buf, char byte)
{
    buf_append(buf, &byte, 1);
}

void buf_repeat(struct buf *buf, char byte, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_byte(buf, byte);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len > buf->max - buf->len) {
        buf->overflow = true;
        return;
    }
    buf_reserve(buf, (size_t)len);
    va_start(args, format);
    (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

struct str buf_view(const struct buf *buf)
{
    return (struct str){buf->data ? buf->data : "", buf->len};
}

struct str buf_take(struct buf *buf, struct arena *arena)
{
    struct str text = str_copy(arena, buf_view(buf));
    buf_release(buf);
    return text;
}
