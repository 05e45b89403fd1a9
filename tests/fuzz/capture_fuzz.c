#include "gate/harness/load/capture.h"
#include "tests/fuzz/fuzz.h"

/* What is captured, the answer's header and its body, each behind a NUL. */
static struct str next_part(struct str *rest)
{
    struct str part = STR("");
    (void)str_split(rest, '\0', &part);
    return part;
}

/* Whatever is taken can stand in a header: no byte of it ends a line. */
static void check_value(struct str value)
{
    if (value.len == 0 || value.len > CAPTURE_VALUE_BYTES_MAX)
        abort();
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    struct capture capture = {0};
    struct json_value spec = {0};
    struct str value = {0};
    struct str rest = {(const char *)data, size};
    arena_init(&arena);
    struct str text = next_part(&rest);
    struct str header = next_part(&rest);
    if (json_parse(&spec, &arena, text, &err) == STATUS_OK &&
        capture_parse(&capture, &arena, STR("name"), &spec, &err) == STATUS_OK &&
        capture_take(&value, &arena, &capture, header, rest, &err) == STATUS_OK)
        check_value(value);
    arena_release(&arena);
    return 0;
}
