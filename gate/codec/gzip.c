#include "gate/codec/gzip.h"

#define ZLIB_CONST
#include <zlib.h>

#include "gate/base/buf.h"

/* zlib counts its input in an unsigned int; a file is handed over in pieces of this size. */
enum { INPUT_BYTES_MAX = 1 << 30, OUTPUT_BYTES = 128 * 1024 };

/* 16 asks zlib for the gzip wrapper and nothing else; 15 is the largest window. */
enum { WINDOW_BITS_GZIP = 16 + 15 };

struct inflater {
    z_stream stream;
    struct bytes packed;
    size_t at; /* of the next byte that zlib has not been given */
    struct buf raw;
    unsigned char output[OUTPUT_BYTES];
};

bool gzip_is_packed(struct bytes data)
{
    return data.len >= 2 && data.data[0] == 0x1f && data.data[1] == 0x8b;
}

static size_t inflater_offset(const struct inflater *inflater)
{
    return inflater->at - inflater->stream.avail_in;
}

static void inflater_feed(struct inflater *inflater)
{
    size_t rest = inflater->packed.len - inflater->at;
    size_t piece = rest < INPUT_BYTES_MAX ? rest : INPUT_BYTES_MAX;
    if (inflater->stream.avail_in > 0 || piece == 0)
        return;
    inflater->stream.next_in = inflater->packed.data + inflater->at;
    inflater->stream.avail_in = (uInt)piece;
    inflater->at += piece;
}

static enum status refuse_size(size_t max, struct err *err)
{
    enum { MIB = 1024 * 1024 };
    if (max >= MIB && max % MIB == 0)
        return err_set(err, STATUS_LIMIT, "inflates past %zu MiB", max / MIB);
    return err_set(err, STATUS_LIMIT, "inflates past %zu bytes", max);
}

static enum status refuse_stream(const struct inflater *inflater, int code, struct err *err)
{
    size_t offset = inflater_offset(inflater);
    if (code == Z_OK || code == Z_BUF_ERROR)
        return err_set(err, STATUS_FORMAT, "gzip stream ends early at byte %zu", offset);
    return err_set(err, STATUS_FORMAT, "gzip stream is damaged at byte %zu (%s)", offset,
                   inflater->stream.msg ? inflater->stream.msg : "no reason given");
}

/* One member, from its header to its checksum. */
static enum status inflater_member(struct inflater *inflater, struct err *err)
{
    int code = Z_OK;
    while (code == Z_OK) {
        inflater_feed(inflater);
        inflater->stream.next_out = inflater->output;
        inflater->stream.avail_out = OUTPUT_BYTES;
        code = inflate(&inflater->stream, Z_NO_FLUSH);
        buf_append(&inflater->raw, inflater->output, OUTPUT_BYTES - inflater->stream.avail_out);
        if (inflater->raw.overflow)
            return refuse_size(inflater->raw.max, err);
    }
    return code == Z_STREAM_END ? STATUS_OK : refuse_stream(inflater, code, err);
}

static enum status inflater_run(struct inflater *inflater, struct err *err)
{
    do {
        if (inflateReset(&inflater->stream) != Z_OK)
            return err_set(err, STATUS_IO, "zlib cannot start");
        if (inflater_member(inflater, err))
            return err->status;
    } while (inflater_offset(inflater) < inflater->packed.len);
    return STATUS_OK;
}

enum status gzip_unpack(struct bytes *out, struct arena *arena, struct bytes packed, size_t max,
                        struct err *err)
{
    struct inflater *inflater = memory_resize(NULL, sizeof(*inflater));
    inflater->stream = (z_stream){0};
    inflater->packed = packed;
    inflater->at = 0;
    buf_init(&inflater->raw, max);

    enum status status = STATUS_OK;
    if (inflateInit2(&inflater->stream, WINDOW_BITS_GZIP) != Z_OK) {
        status = err_set(err, STATUS_IO, "zlib cannot start");
    } else {
        status = inflater_run(inflater, err);
    }
    if (status == STATUS_OK)
        *out = bytes_of_str(str_copy(arena, buf_view(&inflater->raw)));

    (void)inflateEnd(&inflater->stream);
    buf_release(&inflater->raw);
    free(inflater);
    return status;
}
