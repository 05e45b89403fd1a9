#include "gate/report/report.h"

static const struct report_format formats[] = {
    {"text", "report.txt", report_text, "for people: worst first, one screen"},
    {"json", "verdict.json", report_json, "for machines: config/verdict.schema.json"},
    {"markdown", "report.md", report_markdown, "pull request comment and step summary"},
    {NULL, NULL, NULL, NULL},
};

const struct report_format *report_formats(void)
{
    return formats;
}

const struct report_format *report_format_find(struct str name)
{
    for (const struct report_format *format = formats; format->name; format++) {
        if (str_equal_text(name, format->name))
            return format;
    }
    return NULL;
}
