#include "gate/harness/load/requests.h"
#include "tests/fuzz/fuzz.h"

/* Whatever parses must render: one head, no line of the user's making inside it. */
static void render_lines(const struct request_line *lines, size_t len, const struct str *captured)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    for (size_t i = 0; i < len; i++) {
        buf_reset(&buf);
        requests_render(&buf, &lines[i], (struct request_values){7, UINT64_MAX, captured},
                        STR("127.0.0.1:65535"));
        struct str text = buf_view(&buf);
        const char *end = memmem(text.data, text.len, "\r\n\r\n", 4);
        if (buf.overflow || !end)
            abort();
        for (const char *at = text.data; at < end; at++) {
            if (*at == '\n' && at[-1] != '\r')
                abort();
        }
    }
    buf_release(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    struct requests requests = {0};
    arena_init(&arena);
    struct requests_source source = {
        .name = STR("fuzz"), .text = (struct bytes){data, size}, .seed = 7};
    if (requests_parse(&requests, &arena, &source, &err)) {
        if (err.status != STATUS_POLICY || strncmp(err.text, "fuzz:", 5) != 0)
            abort();
    } else {
        struct str captured[CAPTURES_MAX];
        for (size_t i = 0; i < CAPTURES_MAX; i++)
            captured[i] = STR("secret");
        render_lines(requests.lines, requests.len, captured);
        render_lines(requests.logins, requests.login_count, captured);
        for (uint64_t k = 0; k < 64; k++) {
            if (requests_line(&requests, 7, k) >= requests.len)
                abort();
        }
    }
    arena_release(&arena);
    return 0;
}
