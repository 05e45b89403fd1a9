#ifndef TESTS_SUPPORT_PPROF_H
#define TESTS_SUPPORT_PPROF_H

#include "gate/base/buf.h"
#include "gate/base/str.h"

/*
 * Writes a profile.proto of two columns, not packed, from stacks such as
 * "sync.(*Mutex).Unlock<main.add:4<main.main": leaf first, a line of one
 * digit behind a colon. All files are "m/f.go".
 */
struct pprof_sample {
    const char *stack;
    int64_t values[2];
};

struct pprof_text {
    const char *columns[2];
    const struct pprof_sample *samples;
    size_t count;
};

static inline void pprof_varint(struct buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_byte(out, (char)(value | 0x80));
    buf_byte(out, (char)value);
}

static inline void pprof_number(struct buf *out, unsigned field, uint64_t value)
{
    pprof_varint(out, field << 3);
    pprof_varint(out, value);
}

static inline void pprof_text_field(struct buf *out, unsigned field, struct str text)
{
    pprof_varint(out, field << 3 | 2);
    pprof_varint(out, text.len);
    buf_str(out, text);
}

/* Moves the message that was written to `part` into a field of `out`. */
static inline void pprof_message(struct buf *out, unsigned field, struct buf *part)
{
    pprof_text_field(out, field, buf_view(part));
    part->len = 0;
}

/* Strings 0 to 4 are "", both columns, "count" and the file; names follow. */
static inline void pprof_frame(struct buf *out, struct buf *strings, uint64_t id, struct str frame)
{
    struct buf line;
    struct buf part;
    ptrdiff_t colon = str_find_last(frame, ':');
    struct str name = colon < 0 ? frame : str_slice(frame, 0, (size_t)colon);
    buf_init(&line, BUF_TEXT_BYTES_MAX);
    buf_init(&part, BUF_TEXT_BYTES_MAX);
    pprof_text_field(strings, 6, name);
    pprof_number(&part, 1, id);
    pprof_number(&part, 2, id + 4);
    pprof_number(&part, 4, 4);
    pprof_message(out, 5, &part);
    pprof_number(&line, 1, id);
    pprof_number(&line, 2, colon < 0 ? 1 : (uint64_t)(frame.data[colon + 1] - '0'));
    pprof_number(&part, 1, id);
    pprof_message(&part, 4, &line);
    pprof_message(out, 4, &part);
    buf_release(&line);
    buf_release(&part);
}

static inline struct bytes pprof_write(struct arena *arena, const struct pprof_text *text)
{
    struct buf out;
    struct buf part;
    struct buf strings;
    uint64_t id = 0;
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    buf_init(&part, BUF_TEXT_BYTES_MAX);
    buf_init(&strings, BUF_TEXT_BYTES_MAX);
    for (unsigned i = 0; i < 2; i++) {
        pprof_number(&part, 1, i + 1);
        pprof_number(&part, 2, 3);
        pprof_message(&out, 1, &part);
    }
    const char *const fixed[] = {"", text->columns[0], text->columns[1], "count", "m/f.go"};
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        pprof_text_field(&strings, 6, str_from(fixed[i]));
    for (size_t i = 0; i < text->count; i++) {
        struct str rest = str_from(text->samples[i].stack);
        struct str frame;
        while (str_split(&rest, '<', &frame)) {
            pprof_frame(&out, &strings, ++id, frame);
            pprof_number(&part, 1, id);
        }
        for (size_t v = 0; v < 2; v++)
            pprof_number(&part, 2, (uint64_t)text->samples[i].values[v]);
        pprof_message(&out, 2, &part);
    }
    buf_str(&out, buf_view(&strings));
    struct bytes bytes = bytes_of_str(str_copy(arena, buf_view(&out)));
    buf_release(&out);
    buf_release(&part);
    buf_release(&strings);
    return bytes;
}

#endif
