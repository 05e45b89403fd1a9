#include "gate/cli/options.h"
#include "gate/cli/session.h"

int cmd_report(int argc, char **argv)
{
    static struct talk talk;
    static struct session session;
    static struct err err;
    struct str format_name = {"", 0};
    struct operands operands;
    const struct report_format *format = NULL;
    const struct option_row rows[] = {
        {"format", 'f', NULL, &format_name, "F", "text (default), json or markdown"},
    };
    const struct option_table table = {
        "report", "DIR",
        "Writes the report of a recording to stdout. Exit 0 when the "
        "report was written, whatever it says.",
        rows, ARRAY_LEN(rows)};
    talk_init(&talk);
    session_init(&session);
    enum status status = options_parse(&operands, &session.arena, &table, argc, argv, &err);
    if (status == STATUS_OK && !operands.help && operands.len != 1) {
        status =
            err_set(&err, STATUS_USAGE, "report takes one directory; try memgate report --help");
    }
    if (status == STATUS_OK && !operands.help &&
        (session_format(&format, format_name, &err) ||
         session_open(&session, operands.items[0], (struct str){"", 0}, &err) ||
         session_print(&session, format, &err)))
        status = err.status;
    int code = status ? talk_fail(&talk, &err) : 0;
    session_release(&session);
    return code;
}
