#include "gate/recording/seal.h"

#include "gate/codec/sha256.h"

static const struct str seal_tail = STR_INIT("\"\n}\n");

struct str seal_blank(void)
{
    return STR("0000000000000000000000000000000000000000000000000000000000000000");
}

/* Hash of the text up to the value of the last member; the empty text when it has no such end. */
static struct str seal_of(struct arena *arena, struct str text)
{
    if (text.len < SEAL_DIGITS + seal_tail.len || !str_ends_with(text, seal_tail))
        return STR("");
    struct str body = str_slice(text, 0, text.len - seal_tail.len - SEAL_DIGITS);
    return sha256_hex(arena, bytes_of_str(body));
}

enum status seal_verify(struct str text, struct err *err)
{
    struct arena scratch;
    arena_init(&scratch);
    struct str want = seal_of(&scratch, text);
    struct str have =
        str_slice(text, text.len - seal_tail.len - want.len, text.len - seal_tail.len);
    bool intact = want.len > 0 && str_equal(have, want);
    arena_release(&scratch);
    if (!intact) {
        return err_set(err, STATUS_FORMAT,
                       "its own SHA-256 does not match: the file was changed or cut short");
    }
    return STATUS_OK;
}

void seal_set(struct buf *buf)
{
    struct arena scratch;
    arena_init(&scratch);
    struct str seal = seal_of(&scratch, buf_view(buf));
    assert(seal.len == SEAL_DIGITS);
    memcpy(buf->data + buf->len - seal_tail.len - SEAL_DIGITS, seal.data, SEAL_DIGITS);
    arena_release(&scratch);
}
