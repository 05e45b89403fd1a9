#include "gate/base/err.h"

#include <stdarg.h>

enum status err_set(struct err *err, enum status status, const char *format, ...)
{
    assert(status != STATUS_OK);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    err->status = status;
    return status;
}

enum status err_wrap(struct err *err, const char *format, ...)
{
    char inner[ERR_TEXT_BYTES_MAX];
    va_list args;

    assert(err->status != STATUS_OK);
    memcpy(inner, err->text, sizeof(inner));
    va_start(args, format);
    int prefix_len = vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    /* A message that does not fit any more loses its end. */
    int room = ERR_TEXT_BYTES_MAX - 1 - prefix_len - (int)strlen(": ");
    if (prefix_len >= 0 && room > 0)
        (void)snprintf(err->text + prefix_len, (size_t)room + sizeof(": "), ": %.*s", room, inner);
    return err->status;
}

int status_exit_code(enum status status)
{
    static const int codes[] = {
#define X(symbol, code, text) code,
        STATUS_MAP(X)
#undef X
    };
    return codes[status];
}
