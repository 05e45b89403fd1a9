#ifndef GATE_BASE_BUF_H
#define GATE_BASE_BUF_H

#include "gate/base/str.h"

/*
 * A growing byte buffer with a ceiling given at birth. Appending past
 * the ceiling drops the rest and sets `overflow`, which stays set:
 * writers append without checks and look once at the end.
 */
struct buf {
    char *data; /* always NUL-terminated once anything was appended */
    size_t len;
    size_t cap;
    size_t max;
    bool overflow;
};

enum { BUF_TEXT_BYTES_MAX = 64 * 1024 * 1024 };

void buf_init(struct buf *buf, size_t max);
void buf_release(struct buf *buf);
void buf_reset(struct buf *buf); /* empties, keeps the memory */
void buf_append(struct buf *buf, const void *data, size_t len);
void buf_str(struct buf *buf, struct str str);
void buf_text(struct buf *buf, const char *text);
void buf_byte(struct buf *buf, char byte);
void buf_repeat(struct buf *buf, char byte, size_t count);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
struct str buf_view(const struct buf *buf); /* borrowed until the next change */
/* The text, copied into the arena; the buffer is released. */
struct str buf_take(struct buf *buf, struct arena *arena);

#endif
