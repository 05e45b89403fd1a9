#include "gate/harness/load/request_text.h"

#include "gate/base/num.h"
#include "gate/harness/load/capture.h"

/* A UUID is the longest value: 36 characters. */
enum { VALUE_BYTES_MAX = 40 };

static const struct place_name {
    struct str text;
    enum text_kind kind;
} names[] = {
    {STR_INIT("{k}"), PIECE_K},
    {STR_INIT("{seed}"), PIECE_SEED},
    {STR_INIT("{uuid}"), PIECE_UUID},
};

static const struct str rand_start = STR_INIT("{rand:");

/* "{rand:LOW:HIGH}" at the start of the text; *used: its length. */
static enum status parse_rand(struct text_piece *out, size_t *used, struct str text,
                              struct err *err)
{
    struct str rest = text;
    struct str inner = STR("");
    struct str low = STR("");
    out->kind = PIECE_RAND;
    (void)str_split(&rest, '}', &inner);
    *used = inner.len + 1;
    struct str high = str_slice(inner, rand_start.len, inner.len);
    if (inner.len == text.len || !str_split(&high, ':', &low) || !num_parse_u64(&out->low, low) ||
        !num_parse_u64(&out->high, high) || out->low > out->high) {
        return err_set(err, STATUS_POLICY,
                       "\"%.*s\" is not {rand:LOW:HIGH} with whole numbers, LOW not above HIGH",
                       (int)(inner.len < VALUE_BYTES_MAX ? *used : VALUE_BYTES_MAX), text.data);
    }
    return STATUS_OK;
}

/* "{{name}}" at the start of the text; "{{k}}" is the number in braces. */
static size_t parse_capture(struct text_piece *out, struct str text)
{
    ptrdiff_t end = str_find(text, '}');
    struct str name = end < 0 ? STR("") : str_slice(text, 2, (size_t)end);
    struct str whole = str_slice(text, 0, (size_t)end + 2);
    if (!str_starts_with(text, STR("{{")) || !str_ends_with(whole, STR("}}")) ||
        !capture_is_name(name))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_equal(names[i].text, str_slice(whole, 1, whole.len - 1)))
            return 0;
    }
    *out = (struct text_piece){.kind = PIECE_CAPTURE, .text = whole};
    return whole.len;
}

/* What stands at the start of the text, which is a brace; *used is 0 when that is only a brace. */
static enum status parse_place(struct text_piece *out, size_t *used, struct str text,
                               struct err *err)
{
    *used = parse_capture(out, text);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_starts_with(text, names[i].text)) {
            out->kind = names[i].kind;
            *used = names[i].text.len;
        }
    }
    return str_starts_with(text, rand_start) ? parse_rand(out, used, text, err) : STATUS_OK;
}

enum status request_text_parse(struct request_text *out, struct arena *arena, struct str text,
                               struct err *err)
{
    struct request_text parsed = {0};
    size_t cap = 0;
    size_t from = 0;
    for (size_t at = 0; at < text.len;) {
        struct text_piece place = {0};
        size_t used = 0;
        const char *brace = memchr(text.data + at, '{', text.len - at);
        at = brace ? (size_t)(brace - text.data) : text.len;
        if (brace && parse_place(&place, &used, str_slice(text, at, text.len), err))
            return err->status;
        if (brace && used == 0) {
            at++;
            continue;
        }
        struct text_piece before = {.kind = PIECE_TEXT, .text = str_slice(text, from, at)};
        if (before.text.len > 0)
            ARENA_PUSH(arena, parsed.pieces, parsed.len, cap, before);
        if (brace)
            ARENA_PUSH(arena, parsed.pieces, parsed.len, cap, place);
        at += used;
        from = at;
    }
    if (from < text.len) {
        struct text_piece rest = {.kind = PIECE_TEXT, .text = str_slice(text, from, text.len)};
        ARENA_PUSH(arena, parsed.pieces, parsed.len, cap, rest);
    }
    *out = parsed;
    return STATUS_OK;
}

/* Random bits that belong to one place of one request. */
static uint64_t draw(struct request_values values, size_t place)
{
    return num_mix(num_mix(num_mix(values.seed) + values.k) + place);
}

static int write_uuid(char out[VALUE_BYTES_MAX], struct request_values values, size_t place)
{
    uint64_t high = draw(values, 2 * place);
    uint64_t low = draw(values, 2 * place + 1);
    return snprintf(out, VALUE_BYTES_MAX, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(high >> 32),
                    (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff),
                    (unsigned)(0x8000 | (low >> 48 & 0x3fff)),
                    (unsigned long long)(low & 0xffffffffffff));
}

static int write_number(char out[VALUE_BYTES_MAX], uint64_t number)
{
    return snprintf(out, VALUE_BYTES_MAX, "%llu", (unsigned long long)number);
}

/* The span of all 64-bit numbers is 0 here, and every draw is in it. */
static uint64_t draw_between(const struct text_piece *piece, struct request_values values,
                             size_t place)
{
    uint64_t span = piece->high - piece->low + 1;
    uint64_t drawn = draw(values, 2 * place);
    return span ? piece->low + drawn % span : drawn;
}

static struct str value_of(char out[VALUE_BYTES_MAX], const struct text_piece *piece,
                           struct request_values values, size_t place)
{
    int len = 0;
    switch (piece->kind) {
    case PIECE_TEXT:
        return piece->text;
    case PIECE_K:
        len = write_number(out, values.k);
        break;
    case PIECE_SEED:
        len = write_number(out, values.seed);
        break;
    case PIECE_UUID:
        len = write_uuid(out, values, place);
        break;
    case PIECE_RAND:
        len = write_number(out, draw_between(piece, values, place));
        break;
    case PIECE_CAPTURE:
        assert(values.captured);
        return values.captured[piece->slot];
    }
    return (struct str){out, (size_t)len};
}

void request_text_render(struct buf *out, const struct request_text *what,
                         struct request_values values)
{
    char value[VALUE_BYTES_MAX];
    for (size_t i = 0; i < what->len; i++)
        buf_str(out, value_of(value, &what->pieces[i], values, i));
}

size_t request_text_len(const struct request_text *what, struct request_values values)
{
    char value[VALUE_BYTES_MAX];
    size_t len = 0;
    for (size_t i = 0; i < what->len; i++)
        len += value_of(value, &what->pieces[i], values, i).len;
    return len;
}
