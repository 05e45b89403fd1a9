#ifndef TESTS_UNIT_PROFILE_TRACE_MAKER_H
#define TESTS_UNIT_PROFILE_TRACE_MAKER_H

#include "gate/base/buf.h"
#include "gate/profile/trace.h"
#include "gate/profile/trace_file.h"
#include "tests/support/check.h"

/* A trace that is put together number by number; its clock has 1 ns a tick. */
struct maker {
    struct buf file;
    struct buf batch;
    struct arena arena;
    struct err err;
};

enum { FIRST = 1000, NOBODY = 0xff, STOP_SWEEP = 1, STOP_MARK, REASON_SYNC, REASON_NETWORK };

static inline void number(struct buf *out, uint64_t value)
{
    while (value >= 0x80) {
        buf_byte(out, (char)(uint8_t)(value | 0x80));
        value >>= 7;
    }
    buf_byte(out, (char)(uint8_t)value);
}

static inline void make(struct maker *maker, const char *header)
{
    *maker = (struct maker){0};
    arena_init(&maker->arena);
    buf_init(&maker->file, 1 << 22);
    buf_init(&maker->batch, 1 << 22);
    buf_text(&maker->file, header);
    while (maker->file.len < 16)
        buf_byte(&maker->file, '\0');
}

static inline void release(struct maker *maker)
{
    buf_release(&maker->file);
    buf_release(&maker->batch);
    arena_release(&maker->arena);
}

static inline void put(struct maker *maker, uint8_t type, const uint64_t *args, size_t len)
{
    buf_byte(&maker->batch, (char)type);
    for (size_t i = 0; i < len; i++)
        number(&maker->batch, args[i]);
}

/* An event with its distance in time and its arguments. */
#define EVENT(maker, type, ...)                                                                    \
    put((maker), (type), (const uint64_t[]){__VA_ARGS__},                                          \
        sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* The batch so far, of a thread whose clock began at FIRST. */
static inline void end_batch(struct maker *maker, uint64_t generation, uint64_t thread)
{
    buf_byte(&maker->file, TRACE_EVENT_BATCH);
    number(&maker->file, generation);
    number(&maker->file, thread == NOBODY ? TRACE_NO_THREAD : thread);
    number(&maker->file, FIRST);
    number(&maker->file, maker->batch.len);
    buf_str(&maker->file, buf_view(&maker->batch));
    buf_reset(&maker->batch);
}

static inline void put_string(struct maker *maker, uint64_t id, const char *text)
{
    buf_byte(&maker->batch, TRACE_STRING);
    number(&maker->batch, id);
    number(&maker->batch, strlen(text));
    buf_text(&maker->batch, text);
}

static inline void put_tables(struct maker *maker, uint64_t generation)
{
    buf_byte(&maker->batch, TRACE_STRINGS);
    put_string(maker, STOP_SWEEP, "GC sweep termination");
    put_string(maker, STOP_MARK, "GC mark termination");
    put_string(maker, REASON_SYNC, "sync");
    put_string(maker, REASON_NETWORK, "network");
    end_batch(maker, generation, NOBODY);
}

/* As Go 1.22 to 1.24 have it. */
static inline void put_frequency(struct maker *maker, uint64_t generation)
{
    EVENT(maker, TRACE_FREQUENCY, 1000000000);
    end_batch(maker, generation, NOBODY);
}

/* As Go 1.25 and later do. */
static inline void put_sync(struct maker *maker, uint64_t generation)
{
    buf_byte(&maker->batch, TRACE_SYNC);
    EVENT(maker, TRACE_FREQUENCY, 1000000000);
    EVENT(maker, TRACE_CLOCK_SNAPSHOT, 0, 7, 8, 9);
    end_batch(maker, generation, NOBODY);
}

static inline enum status decode(struct trace_totals *out, struct maker *maker)
{
    struct str file = buf_view(&maker->file);
    return trace_decode(out, &maker->arena, bytes_of_str(file), &maker->err);
}

static inline void put_whole(struct maker *maker, uint64_t generation)
{
    put_sync(maker, generation);
    put_tables(maker, generation);
    buf_byte(&maker->file, TRACE_END_OF_GENERATION);
}

#endif
