#include "gate/binary/buildinfo.h"

#include "gate/base/buf.h"
#include "gate/binary/read.h"

/* Header: 14 bytes of magic, pointer size, flags, padding to 32; then two counted strings. */
enum {
    BUILDINFO_ALIGN = 16,
    BUILDINFO_FLAGS_AT = 15,
    BUILDINFO_HEADER_BYTES = 32,
    BUILDINFO_FLAG_INLINE = 2,
    BUILDINFO_GUARD_BYTES = 16, /* random bytes the go command puts around the module text */
    BUILDINFO_TEXT_BYTES_MAX = 16 * 1024 * 1024,
    VARINT_BYTES_MAX = 10,
};

static const struct str buildinfo_magic = STR_INIT("\xff Go buildinf:");

/* The magic also stands in the rodata of programs that read build info, but not at 16 bytes. */
static bool buildinfo_in(struct bytes *out, struct bytes data)
{
    for (size_t at = 0; at + BUILDINFO_HEADER_BYTES <= data.len; at += BUILDINFO_ALIGN) {
        if (memcmp(data.data + at, buildinfo_magic.data, buildinfo_magic.len) != 0)
            continue;
        *out = (struct bytes){data.data + at, data.len - at};
        return true;
    }
    return false;
}

static bool buildinfo_locate(struct bytes *out, const struct elf_file *elf)
{
    const struct elf_section *section = elf_section_ending(elf, STR(".go.buildinfo"));
    if (section && buildinfo_in(out, section->data))
        return true;
    for (size_t i = 0; i < elf->segment_count; i++) {
        if (elf->segments[i].writable && buildinfo_in(out, elf->segments[i].data))
            return true;
    }
    return false;
}

static bool varint_cut(uint64_t *out, struct bytes *rest)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX && i < rest->len; i++) {
        uint8_t byte = rest->data[i];
        /* The tenth byte carries bit 63 alone. */
        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        *out = value;
        *rest = (struct bytes){rest->data + i + 1, rest->len - i - 1};
        return true;
    }
    return false;
}

static bool string_cut(struct str *out, struct bytes *rest)
{
    uint64_t len = 0;
    struct bytes text = {0};
    if (!varint_cut(&len, rest) || len > BUILDINFO_TEXT_BYTES_MAX ||
        !read_slice(&text, *rest, 0, len))
        return false;
    *rest = (struct bytes){rest->data + len, rest->len - (size_t)len};
    *out = str_of_bytes(text);
    return true;
}

/* Text without its guards; empty when the go command stored none. */
static struct str module_text(struct str stored)
{
    if (stored.len < 2 * BUILDINFO_GUARD_BYTES + 1 ||
        stored.data[stored.len - BUILDINFO_GUARD_BYTES - 1] != '\n')
        return (struct str){"", 0};
    return str_slice(stored, BUILDINFO_GUARD_BYTES, stored.len - BUILDINFO_GUARD_BYTES);
}

static void module_line(struct binary_build *out, struct arena *arena, struct buf *settings,
                        struct str line)
{
    struct str key = {0};
    struct str value = {0};
    if (!str_split(&line, '\t', &key))
        return;
    if (str_equal(key, STR("build"))) {
        buf_str(settings, line);
        buf_byte(settings, '\n');
    } else if (str_equal(key, STR("path"))) {
        out->path = str_copy(arena, line);
    } else if (str_equal(key, STR("mod")) && str_split(&line, '\t', &value)) {
        out->module = str_copy(arena, value);
    }
}

enum status buildinfo_read(struct binary_build *out, struct arena *arena,
                           const struct elf_file *elf, struct err *err)
{
    struct bytes rest = {0};
    struct str version = {0};
    struct str modules = {0};
    if (!buildinfo_locate(&rest, elf))
        return err_set(err, STATUS_FORMAT, "no Go build info: not built by Go, or packed");
    if (!(rest.data[BUILDINFO_FLAGS_AT] & BUILDINFO_FLAG_INLINE))
        return err_set(err, STATUS_FORMAT, "built by Go before 1.18; 1.19 is the oldest supported");
    rest = (struct bytes){rest.data + BUILDINFO_HEADER_BYTES, rest.len - BUILDINFO_HEADER_BYTES};
    if (!string_cut(&version, &rest) || !string_cut(&modules, &rest))
        return err_set(err, STATUS_FORMAT, "Go build info is damaged");

    struct buf settings;
    struct str line = {0};
    struct str text = module_text(modules);
    buf_init(&settings, BUILDINFO_TEXT_BYTES_MAX);
    *out = (struct binary_build){.go_version = str_copy(arena, version)};
    while (str_split(&text, '\n', &line))
        module_line(out, arena, &settings, line);
    out->settings = str_copy(arena, buf_view(&settings));
    buf_release(&settings);
    return STATUS_OK;
}
