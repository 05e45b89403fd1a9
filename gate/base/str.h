#ifndef GATE_BASE_STR_H
#define GATE_BASE_STR_H

#include "gate/base/arena.h"

/*
 * Borrowed slices: valid as long as whoever owns the bytes (an arena, a
 * literal). A str need not end in NUL and may hold NUL as data.
 */
struct str {
    const char *data;
    size_t len;
};

struct bytes {
    const uint8_t *data;
    size_t len;
};

#define STR(literal)      ((struct str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal) {"" literal, sizeof(literal) - 1}
/* For "%.*s". */
#define STR_ARGS(str) (int)(str).len, (str).data

struct str str_from(const char *text); /* text may be NULL: the empty string */
struct str str_of_bytes(struct bytes bytes);
struct bytes bytes_of_str(struct str str);
bool str_equal(struct str a, struct str b);
bool str_equal_text(struct str a, const char *b);
/* Byte order, shorter first: the order of everything we sort for output. */
int str_compare(struct str a, struct str b);
bool str_starts_with(struct str str, struct str prefix);
bool str_ends_with(struct str str, struct str suffix);
bool str_contains(struct str str, struct str part);
/* Offset of the first/last byte, or -1. */
ptrdiff_t str_find(struct str str, char byte);
ptrdiff_t str_find_last(struct str str, char byte);
struct str str_slice(struct str str, size_t from, size_t to); /* clamps to the string */
struct str str_trim(struct str str);                          /* blanks, tabs, CR, LF */
/*
 * Cuts the next part off `rest` up to `separator` (not included).
 * Returns false when nothing is left. "a,,b," gives "a", "", "b", "".
 */
bool str_split(struct str *rest, char separator, struct str *part);

/* Copies that live in the arena; all are NUL-terminated behind their end. */
struct str str_copy(struct arena *arena, struct str str);
struct str str_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
/* NUL-terminated text; a str with an inner NUL is cut there, as the C library would. */
const char *str_text(struct arena *arena, struct str str);

/* Edit distance, for "did you mean"; capped at 64 bytes a side. */
size_t str_distance(struct str a, struct str b);
/* The nearest of count names within a distance a typing error explains; {0} when none. */
struct str str_nearest(struct str wanted, const struct str *names, size_t count);

/*
 * Length of the well-formed UTF-8 sequence that a text (not empty)
 * begins with, and its code point; 0 when there is none: no overlong
 * forms, no surrogates.
 */
size_t str_decode(struct str str, uint32_t *code);

/*
 * The text with every byte that could act on a terminal, log or CI
 * runner made visible: C0/C1 controls, DEL, invalid UTF-8 -> \xNN;
 * bidi and zero-width characters -> \u{NNNN}.
 */
struct str str_printable(struct arena *arena, struct str str);

#endif
