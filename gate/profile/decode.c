#include "gate/base/num.h"
#include "gate/codec/gzip.h"
#include "gate/profile/legacy.h"
#include "gate/profile/proto.h"

/* Asked in this order; what none of them claims is taken for profile.proto. */
static const struct format {
    const char *name;
    bool (*is)(struct str text);
    enum status (*read)(struct legacy *legacy, struct err *err);
} formats[] = {
    {"CPU profile", legacy_cpu_is, legacy_cpu},
    {"heap profile", legacy_heap_is, legacy_heap},
    {"Java profile", legacy_java_is, legacy_java},
    {"contention profile", legacy_contention_is, legacy_contention},
    {"thread profile", legacy_thread_is, legacy_thread},
    {"count profile", legacy_count_is, legacy_count},
};

/*
 * Sums of magnitudes, so that neither the total nor the sum of any part
 * of the samples, in any order, can overflow for those who come later.
 */
static enum status check_totals(const struct profile *profile, struct err *err)
{
    for (size_t type = 0; type < profile->type_count; type++) {
        uint64_t total = 0;
        for (size_t i = 0; i < profile->sample_count; i++) {
            int64_t value = profile->samples[i].values[type];
            uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
            if (!num_add_u64(&total, total, magnitude) || total > INT64_MAX) {
                return err_set(err, STATUS_FORMAT, "%.*s total passes 2^63-1",
                               STR_ARGS(profile->types[type].type));
            }
        }
    }
    return STATUS_OK;
}

static bool is_text(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if ((byte < 0x20 || byte >= 0x7f) && byte != '\t' && byte != '\n' && byte != '\r')
            return false;
    }
    return true;
}

/* An error page or a log in the place of a profile is told by how it starts. */
static enum status refuse_text(struct str text, struct err *err)
{
    enum { SHOWN_BYTES = 48 };
    struct str rest = str_trim(text);
    struct str line = rest;
    (void)str_split(&rest, '\n', &line);
    line = str_slice(str_trim(line), 0, SHOWN_BYTES);
    return err_set(err, STATUS_FORMAT, "not a profile (starts \"%.*s\")", STR_ARGS(line));
}

static enum status decode_legacy(struct profile *out, struct arena *arena,
                                 const struct format *format, struct str text, struct err *err)
{
    struct legacy *legacy = ARENA_NEW(arena, struct legacy);
    legacy_open(legacy, out, arena, text);
    enum status status = format->read(legacy, err);
    legacy_close(legacy);
    return status ? err_wrap(err, "%s", format->name) : STATUS_OK;
}

static enum status decode_raw(struct profile *out, struct arena *arena, struct bytes raw,
                              struct err *err)
{
    enum { SNIFFED_BYTES = 16 };
    struct str text = str_of_bytes(raw);
    if (raw.len == 0)
        return err_set(err, STATUS_FORMAT, "not a profile (it is empty)");
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (formats[i].is(text))
            return decode_legacy(out, arena, &formats[i], text, err);
    }
    if (is_text(str_slice(text, 0, SNIFFED_BYTES)))
        return refuse_text(text, err);
    return proto_decode(out, arena, raw, err);
}

static enum status refuse_raw_size(struct err *err)
{
    return err_set(err, STATUS_LIMIT, "larger than %d MiB", PROFILE_BYTES_MAX / (1024 * 1024));
}

enum status profile_decode(struct profile *out, struct arena *arena, struct bytes data,
                           struct err *err)
{
    struct profile profile = {0};
    struct bytes raw = {0};
    if (data.len > PROFILE_BYTES_MAX)
        return refuse_raw_size(err);
    /* Names borrow from the raw bytes, so those live in the arena in any case. */
    if (!gzip_is_packed(data)) {
        raw = bytes_of_str(str_copy(arena, str_of_bytes(data)));
    } else if (gzip_unpack(&raw, arena, data, PROFILE_BYTES_MAX, err)) {
        return err->status;
    }
    if (decode_raw(&profile, arena, raw, err) || check_totals(&profile, err))
        return err->status;
    *out = profile;
    return STATUS_OK;
}

int profile_type_index(const struct profile *profile, const char *type)
{
    for (size_t i = 0; i < profile->type_count; i++) {
        if (str_equal_text(profile->types[i].type, type))
            return (int)i;
    }
    return -1;
}

int64_t profile_total(const struct profile *profile, size_t type)
{
    assert(type < profile->type_count);
    int64_t total = 0;
    for (size_t i = 0; i < profile->sample_count; i++)
        total += profile->samples[i].values[type];
    return total;
}
