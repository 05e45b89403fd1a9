#include "gate/recording/functions.h"
#include "gate/recording/manifest.h"
#include "gate/recording/text.h"

/*
 * The texts of a recording. What a reader takes, its writer writes,
 * and reading that again gives the same bytes: one spelling of each fact.
 */
enum { TEXT_BYTES_MAX = 1 << 20 };

struct text_codec {
    enum status (*read)(void *out, struct arena *arena, struct str text, struct err *err);
    enum status (*write)(struct buf *buf, const void *from, struct err *err);
};

static enum status read_manifest(void *out, struct arena *arena, struct str text, struct err *err)
{
    return manifest_read(out, arena, text, err);
}

static enum status write_manifest(struct buf *buf, const void *from, struct err *err)
{
    return manifest_write(buf, from, err);
}

static enum status read_program(void *out, struct arena *arena, struct str text, struct err *err)
{
    return program_read(out, arena, text, err);
}

static enum status write_program(struct buf *buf, const void *from, struct err *err)
{
    return program_write(buf, from, err);
}

static enum status read_trial(void *out, struct arena *arena, struct str text, struct err *err)
{
    return trial_read(out, arena, text, err);
}

static enum status write_trial(struct buf *buf, const void *from, struct err *err)
{
    return trial_write(buf, from, err);
}

static enum status read_functions(void *out, struct arena *arena, struct str text, struct err *err)
{
    return functions_read(out, arena, text, err);
}

static enum status write_functions(struct buf *buf, const void *from, struct err *err)
{
    return functions_write(buf, from, err);
}

static const struct text_codec codecs[] = {
    {read_manifest, write_manifest},
    {read_program, write_program},
    {read_trial, write_trial},
    {read_functions, write_functions},
};

union text_record {
    struct manifest manifest;
    struct record_program program;
    struct record_trial trial;
};

static bool rewrite(struct buf *buf, const struct text_codec *codec, struct arena *arena,
                    struct str text)
{
    union text_record record;
    struct err err;
    memset(&record, 0, sizeof(record));
    if (codec->read(&record, arena, text, &err))
        return false;
    enum status status = codec->write(buf, &record, &err);
    assert(status == STATUS_OK || status == STATUS_LIMIT);
    return status == STATUS_OK;
}

static void check(const struct text_codec *codec, struct str text)
{
    struct arena arena;
    struct buf once;
    struct buf twice;
    arena_init(&arena);
    buf_init(&once, RECORDING_JSON_BYTES_MAX);
    buf_init(&twice, RECORDING_JSON_BYTES_MAX);
    if (rewrite(&once, codec, &arena, text)) {
        bool again = rewrite(&twice, codec, &arena, buf_view(&once));
        assert(again && str_equal(buf_view(&once), buf_view(&twice)));
        (void)again;
    }
    buf_release(&once);
    buf_release(&twice);
    arena_release(&arena);
}

/* libFuzzer's name for it. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct err err;
    if (size > TEXT_BYTES_MAX)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
        check(&codecs[i], text);
    (void)!manifest_verify(text, &err);
    return 0;
}
