#include <errno.h>
#include <stdio.h>

#include "gate/base/io.h"
#include "gate/cli/lint_noise.h"
#include "gate/cli/lint_power.h"
#include "gate/cli/options.h"
#include "gate/cli/session.h"
#include "gate/codec/escape.h"
#include "gate/codec/yaml.h"

struct lint {
    struct talk talk;
    struct arena arena;
    struct policy policy;
    struct session with; /* the recording that --with names, judged by the policy */
    struct str with_dir;
    struct lint_noise noise; /* what lies in memgate.noise/ beside the policy */
    bool schema;
    struct operands operands;
};

static enum status parse_options(struct lint *lint, int argc, char **argv, struct err *err)
{
    const struct option_row rows[] = {
        {"with", 0, NULL, &lint->with_dir, "DIR",
         "also say what each rule can detect, by this recording"},
        {"schema", 0, &lint->schema, NULL, NULL, "print the JSON Schema of memgate.yaml instead"},
    };
    const struct option_table table = {"lint", "[FILE]",
                                       "Checks a policy (default: memgate.yaml) and prints what is "
                                       "judged by which rule.",
                                       rows, ARRAY_LEN(rows)};
    if (options_parse(&lint->operands, &lint->arena, &table, argc, argv, err))
        return err->status;
    if (lint->operands.len > 1)
        return err_set(err, STATUS_USAGE, "lint takes one file; try memgate lint --help");
    return STATUS_OK;
}

/* What a rule speaks of: "func NAME", "kind map", "whole scenario". */
static void write_selector(struct buf *out, const struct selector *selector)
{
    const struct {
        const char *label;
        struct str value;
    } parts[] = {
        {"scenario", selector->scenario},
        {"func", selector->func},
        {"package", selector->package},
        {"file", selector->file},
    };
    size_t start = out->len;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].value.len == 0)
            continue;
        buf_printf(out, "%s ", parts[i].label);
        escape_text(out, parts[i].value);
        buf_byte(out, ' ');
    }
    for (size_t i = 0; i < selector->kinds.len; i++)
        buf_printf(out, "kind %.*s ", STR_ARGS(selector->kinds.items[i]));
    if (out->len == start)
        buf_text(out, "whole scenario ");
}

/* The tier by which a rule wins over others that match the same subject. */
static const char *tier_of(const struct rule *rule)
{
    const struct selector *selector = &rule->selector;
    if (rule->is_default)
        return "default";
    if (selector->func.len && !selector->each_function)
        return "func";
    if (selector->file.len)
        return "file";
    if (selector->package.len)
        return "package";
    if (selector->kinds.len)
        return "kind";
    return "scenario";
}

static void write_rules(struct buf *out, struct lint *lint)
{
    for (size_t i = 0; i < lint->policy.rule_count; i++) {
        const struct rule *rule = &lint->policy.rules[i];
        struct str origin = origin_text(&lint->arena, &rule->origin);
        buf_printf(out, "  %-8s %-6s ", tier_of(rule), severity_name(rule->severity));
        write_selector(out, &rule->selector);
        buf_printf(out, ": %.*s", STR_ARGS(rule_describe(&lint->arena, rule)));
        buf_printf(out, "  (%.*s)\n", STR_ARGS(origin));
        lint_noise_write(out, &lint->arena, &lint->noise, rule);
        if (lint->with_dir.len)
            lint_power_write(out, &lint->arena, &lint->with, i);
    }
}

static void write_successors(struct buf *out, const struct policy *policy)
{
    for (size_t i = 0; i < policy->successor_count; i++) {
        const struct successor *row = &policy->successors[i];
        buf_text(out, "  successor ");
        escape_text(out, row->from);
        buf_text(out, " -> ");
        escape_text(out, row->to);
        buf_text(out, row->why.len ? ": " : "");
        escape_text(out, row->why);
        buf_byte(out, '\n');
    }
}

static void write_policy(struct buf *out, struct lint *lint)
{
    static const char *const names[] = {
        [DRIVER_HTTP] = "http", [DRIVER_GOTEST] = "go test", [DRIVER_COMMAND] = "command"};
    escape_text(out, lint->policy.name);
    buf_printf(out, ": %zu scenarios, %zu rules\n", lint->policy.scenario_count,
               lint->policy.rule_count);
    for (size_t i = 0; i < lint->policy.scenario_count; i++) {
        const struct scenario *scenario = &lint->policy.scenarios[i];
        buf_text(out, "  scenario ");
        escape_text(out, scenario->name);
        buf_printf(out, " (%s)\n", names[scenario->driver]);
    }
    lint_noise_write_head(out, &lint->noise);
    buf_text(out, "rules, most specific first where several match "
                  "(func > file > package > kind > scenario > default):\n");
    write_rules(out, lint);
    for (size_t i = 0; i < lint->policy.ignore_count; i++) {
        buf_text(out, "  ignore   ");
        write_selector(out, &lint->policy.ignores[i].selector);
        buf_text(out, ": ");
        escape_text(out, lint->policy.ignores[i].why);
        buf_byte(out, '\n');
    }
    write_successors(out, &lint->policy);
}

static enum status print_buf(struct buf *buf, struct err *err)
{
    if (fwrite(buf->data, 1, buf->len, stdout) != buf->len || fflush(stdout) != 0)
        return err_set(err, STATUS_IO, "cannot write to stdout: %s", strerror(errno));
    return STATUS_OK;
}

static enum status lint_all(struct lint *lint, struct buf *out, struct err *err)
{
    struct bytes text = {0};
    if (lint->schema) {
        policy_write_schema(out);
        return print_buf(out, err);
    }
    struct str file = lint->operands.len ? lint->operands.items[0] : STR("memgate.yaml");
    if (io_read_file(&text, &lint->arena, file, YAML_BYTES_MAX, err)) {
        err->status = STATUS_POLICY;
        return err_wrap(err, "policy");
    }
    if (policy_parse(&lint->policy, &lint->arena, file, text, err))
        return err->status;
    if (lint_noise_read(&lint->noise, &lint->arena, file, err))
        return err->status;
    if (lint->with_dir.len) {
        lint->with.list_all = true;
        if (session_open(&lint->with, lint->with_dir, file, err))
            return err_wrap(err, "--with %.*s", STR_ARGS(lint->with_dir));
    }
    write_policy(out, lint);
    return print_buf(out, err);
}

int cmd_lint(int argc, char **argv)
{
    static struct lint lint;
    static struct err err;
    struct buf out;
    talk_init(&lint.talk);
    arena_init(&lint.arena);
    session_init(&lint.with);
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    enum status status = parse_options(&lint, argc, argv, &err);
    if (status == STATUS_OK && !lint.operands.help)
        status = lint_all(&lint, &out, &err);
    int code = status ? talk_fail(&lint.talk, &err) : 0;
    buf_release(&out);
    session_release(&lint.with);
    arena_release(&lint.arena);
    return code;
}
