#include "gate/base/log.h"

#include <stdarg.h>

enum { LOG_LINE_BYTES_MAX = 4096 };

void log_line(const struct log *log, const char *format, ...)
{
    char text[LOG_LINE_BYTES_MAX];
    if (!log || !log->line)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    log->line(log->ctx, str_from(text));
}

void log_show(const struct log *log, const struct log_progress *progress)
{
    if (log && log->progress)
        log->progress(log->ctx, progress);
}
