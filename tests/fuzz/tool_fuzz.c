#include "gate/harness/tool/tool.h"
#include "tests/fuzz/fuzz.h"

/* The first byte is the format, as a digit of enum load_output; the rest is what its tool wrote. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    if (size == 0)
        return 0;
    arena_init(&arena);
    struct tool_figures *figures = ARENA_NEW(&arena, struct tool_figures);
    struct str text = {(const char *)data + 1, size - 1};
    enum load_output format = (enum load_output)(data[0] % LOAD_OUTPUTS);
    if (tool_parse(figures, &arena, format, text, &err) == STATUS_OK) {
        for (size_t i = 1; i < figures->latency_count; i++) {
            if (figures->latency[i].ns < figures->latency[i - 1].ns)
                abort();
        }
        if (figures->has_count && figures->errors > figures->count)
            abort();
    }
    arena_release(&arena);
    return 0;
}
