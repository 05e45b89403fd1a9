#include "gate/harness/build_overlay.h"

#include "gate/base/io.h"
#include "gate/codec/json.h"

enum { RUNTIME_FILE_BYTES_MAX = 4 * 1024 * 1024 };

static const struct str called =
    STR_INIT("var MemProfileRate int = defaultMemProfileRate(512 * 1024)");
static const struct str constant = STR_INIT("var MemProfileRate int = 512 * 1024");

enum status toolchain_parse(struct toolchain *out, struct str text, struct err *err)
{
    struct toolchain found = {0};
    struct str line = {0};
    struct str rest = str_trim(text);
    while (str_split(&rest, '\n', &line)) {
        found.root = found.version;
        found.version = str_trim(line);
    }
    if (!str_starts_with(found.root, STR("/")) || found.version.len == 0) {
        return err_set(err, STATUS_CHILD, "go env GOROOT GOVERSION named no toolchain: \"%.*s\"",
                       STR_ARGS(text));
    }
    *out = found;
    return STATUS_OK;
}

static enum status read_runtime(struct str *out, struct arena *arena,
                                const struct toolchain *toolchain, struct str path, struct err *err)
{
    struct bytes content = {0};
    enum status status = io_read_file(&content, arena, path, RUNTIME_FILE_BYTES_MAX, err);
    if (status == STATUS_NOT_FOUND) {
        return err_set(err, STATUS_CHILD,
                       "%.*s is missing; install the sources of %.*s: they tell whether it obeys "
                       "GODEBUG=memprofilerate",
                       STR_ARGS(path), STR_ARGS(toolchain->version));
    }
    if (status == STATUS_OK)
        *out = str_of_bytes(content);
    return status;
}

/* Offset of the line that is the text; -1 when none is. A comment that quotes it is another line. */
static ptrdiff_t find_line(struct str text, struct str wanted)
{
    struct str line = {0};
    struct str rest = text;
    while (str_split(&rest, '\n', &line)) {
        if (str_equal(line, wanted))
            return line.data - text.data;
    }
    return -1;
}

static enum status write_buf(struct str path, const struct buf *buf, struct err *err)
{
    return io_write_file(path, bytes_of_str(buf_view(buf)), err);
}

static enum status write_patched(struct str path, struct str text, size_t at, struct err *err)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    buf_str(&buf, str_slice(text, 0, at));
    buf_str(&buf, constant);
    buf_str(&buf, str_slice(text, at + called.len, text.len));
    enum status status = write_buf(path, &buf, err);
    buf_release(&buf);
    return status;
}

static enum status write_map(struct str path, struct str from, struct str to, struct err *err)
{
    struct buf buf;
    struct json_writer json;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    json_begin(&json, &buf);
    json_object(&json, NULL);
    json_object(&json, "Replace");
    json_str(&json, from.data, to);
    json_object_end(&json);
    json_object_end(&json);
    json_finish(&json);
    enum status status = write_buf(path, &buf, err);
    buf_release(&buf);
    return status;
}

enum status build_overlay(struct str *out, struct arena *arena, const struct toolchain *toolchain,
                          struct str dir, const struct log *log, struct err *err)
{
    struct str original = io_join(arena, toolchain->root, STR("src/runtime/mprof.go"));
    struct str patched = io_join(arena, dir, STR("mprof.go"));
    struct str map = io_join(arena, dir, STR("overlay.json"));
    struct str text = {0};
    if (read_runtime(&text, arena, toolchain, original, err))
        return err->status;
    ptrdiff_t at = find_line(text, called);
    if (at < 0) {
        *out = STR("");
        return STATUS_OK;
    }
    bool is_first = !io_is_file(map);
    /* Written each time: the sides may have toolchains of their own. */
    if (io_make_dirs(dir, err) || write_patched(patched, text, (size_t)at, err) ||
        write_map(map, original, patched, err))
        return err_wrap(err, "overlay for %.*s", STR_ARGS(toolchain->version));
    if (is_first) {
        log_line(log,
                 "%.*s ignores GODEBUG=memprofilerate; building with a patched MemProfileRate "
                 "initialiser (-overlay)",
                 STR_ARGS(toolchain->version));
    }
    *out = map;
    return STATUS_OK;
}
