#include "gate/report/phrase.h"

enum { MARKS_SHOWN_MAX = 4 };

static const struct heap_phrase {
    const char *key;
    const char *format; /* of the values before and after */
    enum unit unit;
} heap_phrases[] = {
    [HEAP_LIVE] = {"heap_live", "live heap ", UNIT_BYTES},
    [HEAP_INUSE] = {"heap_inuse", "heap in use ", UNIT_BYTES},
    [HEAP_MALLOCS] = {"mallocs_per_second", "allocations a second ", UNIT_COUNT},
    [HEAP_OVER_GOAL] = {"over_goal", "heap above its goal, ", UNIT_BYTES},
};

const char *phrase_heap_what(enum heap_what what)
{
    return heap_phrases[what].key;
}

static void write_mark(struct buf *out, const struct heap_mark *mark)
{
    const struct heap_phrase *phrase = &heap_phrases[mark->what];
    buf_text(out, phrase->format);
    unit_write(out, phrase->unit, mark->before, false);
    buf_text(out, " -> ");
    unit_write(out, phrase->unit, mark->after, false);
    buf_printf(out, " at %.1f s (trial %u)", mark->ms / 1000, (unsigned)mark->trial);
}

struct str phrase_heap(struct arena *arena, const struct comparison *comparison, enum side side)
{
    const struct heap_side *heap = &comparison->heap[side];
    struct buf out;
    if (heap->mark_count == 0)
        return STR("");
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    for (size_t i = 0; i < heap->mark_count && i < MARKS_SHOWN_MAX; i++) {
        buf_text(&out, i > 0 ? ", " : "");
        write_mark(&out, &heap->marks[i]);
    }
    if (heap->mark_count > MARKS_SHOWN_MAX)
        buf_printf(&out, ", and %zu more", heap->mark_count - MARKS_SHOWN_MAX);
    return buf_take(&out, arena);
}
