#ifndef GATE_CLI_OPTIONS_H
#define GATE_CLI_OPTIONS_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * Options of a command as rows: they are parsed by getopt_long and they
 * are the help text. `target` points at a bool (no argument) or at a
 * struct str (argument). Where `argument` ends in "..." the option may be
 * repeated: `value` is the first of at least argc empty strs, which are
 * filled in order.
 */
struct option_row {
    const char *name; /* "base" for --base */
    char letter;      /* 'o' for -o; 0 for none */
    bool *flag;
    struct str *value;
    const char *argument; /* shown in help: "REV" */
    const char *help;
};

struct option_table {
    const char *command;
    const char *arguments; /* "[SCENARIO...]" */
    const char *summary;
    const struct option_row *rows;
    size_t len;
};

struct operands {
    struct str *items;
    size_t len;
    bool help; /* --help was asked for and printed on stdout */
};

/*
 * STATUS_USAGE names the option and says where help is. An empty operand or
 * value is one: an unset variable must not stand for what was left out.
 */
NODISCARD enum status options_parse(struct operands *out, struct arena *arena,
                                    const struct option_table *table, int argc, char **argv,
                                    struct err *err);

#endif
