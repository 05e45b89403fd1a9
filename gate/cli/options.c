#include "gate/cli/options.h"

#include <getopt.h>
#include <stdio.h>

enum { OPTIONS_MAX = 32, OPTION_FIRST = 1000 };

static void print_help(const struct option_table *table)
{
    (void)printf("usage: memgate %s [options] %s\n\n%s\n\noptions:\n", table->command,
                 table->arguments, table->summary);
    for (size_t i = 0; i < table->len; i++) {
        const struct option_row *row = &table->rows[i];
        char left[64];
        (void)snprintf(left, sizeof(left), "%c%c%s--%s %s", row->letter ? '-' : ' ',
                       row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
                       row->argument ? row->argument : "");
        (void)printf("  %-32s %s\n", left, row->help);
    }
    (void)printf("  %-32s %s\n", "-h, --help", "this text");
}

struct parser {
    struct option longs[OPTIONS_MAX + 2];
    char shorts[OPTIONS_MAX * 2 + 4];
};

static void parser_fill(struct parser *parser, const struct option_table *table)
{
    size_t at = 0;
    assert(table->len <= OPTIONS_MAX);
    *parser = (struct parser){0};
    parser->shorts[at++] = ':'; /* missing arguments are told apart from unknown options */
    parser->shorts[at++] = 'h';
    for (size_t i = 0; i < table->len; i++) {
        const struct option_row *row = &table->rows[i];
        parser->longs[i] = (struct option){row->name, row->value ? required_argument : no_argument,
                                           NULL, OPTION_FIRST + (int)i};
        if (!row->letter)
            continue;
        parser->shorts[at++] = row->letter;
        if (row->value)
            parser->shorts[at++] = ':';
    }
    parser->longs[table->len] = (struct option){"help", no_argument, NULL, 'h'};
}

static const struct option_row *row_of(const struct option_table *table, int code)
{
    if (code >= OPTION_FIRST)
        return &table->rows[code - OPTION_FIRST];
    for (size_t i = 0; i < table->len; i++) {
        if (table->rows[i].letter == code)
            return &table->rows[i];
    }
    return NULL;
}

static enum status usage_error(const struct option_table *table, int code, const char *word,
                               struct err *err)
{
    return err_set(err, STATUS_USAGE, "%s \"%s\"; try memgate %s --help",
                   code == ':' ? "missing argument behind" : "unknown option", word,
                   table->command);
}

/* An unset variable of a script, which must not stand for "not given". */
static enum status empty_error(const struct option_table *table, const char *what, struct err *err)
{
    return err_set(err, STATUS_USAGE,
                   "%s is empty: an unset variable? Give a value or leave it out; try memgate %s "
                   "--help",
                   what, table->command);
}

static enum status take_operands(struct operands *out, struct arena *arena,
                                 const struct option_table *table, int argc, char **argv,
                                 struct err *err)
{
    out->items = ARENA_ARRAY(arena, struct str, (size_t)argc + 1);
    for (int i = optind; i < argc; i++) {
        if (argv[i][0] == '\0')
            return empty_error(table, "an argument", err);
        out->items[out->len++] = str_from(argv[i]);
    }
    return STATUS_OK;
}

static enum status take_value(const struct option_table *table, const struct option_row *row,
                              struct str text, struct err *err)
{
    struct str *value = row->value;
    if (text.len == 0) {
        char name[64];
        (void)snprintf(name, sizeof(name), "--%s", row->name);
        return empty_error(table, name, err);
    }
    bool is_repeated = str_ends_with(str_from(row->argument), STR("..."));
    while (is_repeated && value->len > 0)
        value++;
    *value = text;
    return STATUS_OK;
}

enum status options_parse(struct operands *out, struct arena *arena,
                          const struct option_table *table, int argc, char **argv, struct err *err)
{
    struct parser parser;
    int code = 0;
    parser_fill(&parser, table);
    *out = (struct operands){0};
    opterr = 0;
    optind = 1;
    while ((code = getopt_long(argc, argv, parser.shorts, parser.longs, NULL)) != -1) {
        if (code == 'h') {
            print_help(table);
            out->help = true;
            return STATUS_OK;
        }
        const struct option_row *row = code == '?' || code == ':' ? NULL : row_of(table, code);
        if (!row)
            return usage_error(table, code, argv[optind - 1], err);
        if (!row->value) {
            *row->flag = true;
        } else if (take_value(table, row, str_from(optarg), err)) {
            return err->status;
        }
    }
    return take_operands(out, arena, table, argc, argv, err);
}
