#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "gate/base/num.h"
#include "gate/cli/options.h"
#include "gate/cli/plain.h"
#include "gate/codec/escape.h"
#include "gate/codec/json.h"
#include "gate/report/phrase.h"

/*
 * The comparison as a table, largest change first. Nothing is judged:
 * the exit code is 0 whatever changed.
 */
struct diff {
    struct talk talk;
    struct session session;
    struct str metric_name;
    struct str format_name;
    struct str top_text;
    struct plain_options plain;
    enum metric metric;
    uint64_t top;
    struct operands operands;
};

static enum status parse_options(struct diff *diff, int argc, char **argv, struct err *err)
{
    plain_options_init(&diff->plain, &diff->session.arena, argc);
    const struct option_row rows[] = {
        {"metric", 'm', NULL, &diff->metric_name, "M",
         "alloc_space (default), alloc_objects, inuse_space, inuse_objects"},
        {"top", 'n', NULL, &diff->top_text, "N", "functions shown (default 30, 0 for all)"},
        {"format", 'f', NULL, &diff->format_name, "F", "text (default) or json"},
        PLAIN_OPTION_ROWS(&diff->plain),
    };
    const struct option_table table = {
        "diff", "DIR | BASE CAND | --base FILE... --cand FILE...",
        "Compares a recording's two sides, the candidates of two "
        "recordings, or heap profiles, one or more of each side, function "
        "by function. "
        "Never gates.",
        rows, ARRAY_LEN(rows)};
    diff->metric_name = STR("alloc_space");
    diff->format_name = STR("text");
    diff->top_text = STR("30");
    if (options_parse(&diff->operands, &diff->session.arena, &table, argc, argv, err))
        return err->status;
    if (diff->operands.help)
        return STATUS_OK;
    if (!metric_parse(&diff->metric, diff->metric_name) || diff->metric > METRIC_INUSE_OBJECTS) {
        return err_set(err, STATUS_USAGE,
                       "unknown metric \"%.*s\"; known: alloc_space alloc_objects inuse_space "
                       "inuse_objects",
                       STR_ARGS(diff->metric_name));
    }
    if (!num_parse_u64(&diff->top, diff->top_text)) {
        return err_set(err, STATUS_USAGE, "--top takes a number, not \"%.*s\"",
                       STR_ARGS(diff->top_text));
    }
    if (!str_equal(diff->format_name, STR("text")) && !str_equal(diff->format_name, STR("json"))) {
        return err_set(err, STATUS_USAGE, "unknown format \"%.*s\"; known: text json",
                       STR_ARGS(diff->format_name));
    }
    return STATUS_OK;
}

/* The table shows what pprof calls flat: what a function allocated itself. */
static struct estimate flat_of(const struct comparison_row *row)
{
    struct estimate out = {
        .base = row->flat_base,
        .cand = row->flat_cand,
        .delta = row->flat_cand - row->flat_base,
        .has_ratio = row->flat_base > 0,
    };
    out.ratio = out.has_ratio ? out.delta / out.base : 0;
    return out;
}

static int order_rows(const void *left, const void *right)
{
    const struct comparison_row *a = *(const struct comparison_row *const *)left;
    const struct comparison_row *b = *(const struct comparison_row *const *)right;
    double difference = fabs(b->flat_cand - b->flat_base) - fabs(a->flat_cand - a->flat_base);
    if (difference < 0 || difference > 0)
        return difference < 0 ? -1 : 1;
    return str_compare(a->func, b->func);
}

struct row_list {
    const struct comparison_row **items;
    size_t len;
};

/* Functions of the metric that changed, largest change first. */
static struct row_list changed_rows(struct diff *diff, const struct comparison *comparison)
{
    struct row_list out = {
        ARENA_ARRAY(&diff->session.arena, const struct comparison_row *, comparison->row_count + 1),
        0};
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->level == ROW_FUNCTION && row->metric == diff->metric &&
            fabs(row->flat_cand - row->flat_base) > 0)
            out.items[out.len++] = row;
    }
    if (out.len)
        qsort((void *)out.items, out.len, sizeof(struct comparison_row *), order_rows);
    if (diff->top && out.len > diff->top)
        out.len = diff->top;
    return out;
}

static const struct comparison_row *whole_row(const struct diff *diff,
                                              const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->level == ROW_SCENARIO && row->metric == diff->metric && row->point == POINT_END)
            return row;
    }
    return NULL;
}

static void write_row(struct buf *out, struct arena *arena, const struct comparison_row *shown)
{
    struct comparison_row flat = *shown;
    const struct comparison_row *row = &flat;
    if (shown->level == ROW_FUNCTION)
        flat.estimate = flat_of(shown);
    buf_printf(out, "%16.*s", STR_ARGS(phrase_value(arena, row, row->estimate.base)));
    buf_printf(out, "  %16.*s", STR_ARGS(phrase_value(arena, row, row->estimate.cand)));
    buf_printf(out, "  %28.*s", STR_ARGS(phrase_change(arena, row)));
    bool whole = row->level == ROW_SCENARIO;
    struct str nothing = {"", 0};
    buf_printf(out, "  %16.*s",
               STR_ARGS(whole ? nothing : phrase_value(arena, row, row->cum.base)));
    buf_printf(out, "  %16.*s",
               STR_ARGS(whole ? nothing : phrase_value(arena, row, row->cum.cand)));
    buf_printf(out, "  %-9s ", whole ? "" : alloc_kind_name(row->kind));
    buf_str(out, whole ? STR("total") : phrase_subject(arena, row));
    if (!whole)
        buf_printf(out, "  %.*s", STR_ARGS(phrase_place(arena, row->file, row->line)));
    buf_byte(out, '\n');
}

static void write_text(struct buf *out, struct diff *diff)
{
    struct arena *arena = &diff->session.arena;
    for (size_t i = 0; i < diff->session.comparison_count; i++) {
        const struct comparison *comparison = &diff->session.comparisons[i];
        if (comparison->alone.len > 0)
            continue;
        struct row_list rows = changed_rows(diff, comparison);
        const struct comparison_row *whole = whole_row(diff, comparison);
        buf_printf(out, "%s, ", metric_name(diff->metric));
        escape_text(out, comparison->scenario);
        buf_printf(out, "\n%16s  %16s  %28s  %16s  %16s  %-9s %s\n", "flat baseline",
                   "flat candidate", "change", "cum baseline", "cum candidate", "kind", "function");
        if (whole)
            write_row(out, arena, whole);
        for (size_t r = 0; r < rows.len; r++)
            write_row(out, arena, rows.items[r]);
        for (size_t n = 0; n < comparison->invalid_count; n++) {
            buf_text(out, "INVALID ");
            escape_text(out, comparison->invalid[n]);
            buf_byte(out, '\n');
        }
    }
}

static void write_json(struct buf *out, struct diff *diff)
{
    struct json_writer json;
    json_begin(&json, out);
    json_object(&json, NULL);
    json_str(&json, "schema", STR("memgate.diff/1"));
    json_str(&json, "metric", str_from(metric_name(diff->metric)));
    json_list(&json, "scenarios");
    for (size_t i = 0; i < diff->session.comparison_count; i++) {
        if (diff->session.comparisons[i].alone.len > 0)
            continue;
        struct row_list rows = changed_rows(diff, &diff->session.comparisons[i]);
        json_object(&json, NULL);
        json_str(&json, "name", diff->session.comparisons[i].scenario);
        json_list(&json, "functions");
        for (size_t r = 0; r < rows.len; r++) {
            const struct comparison_row *row = rows.items[r];
            json_object(&json, NULL);
            json_str(&json, "func", row->func);
            json_str(&json, "kind", str_from(alloc_kind_name(row->kind)));
            json_str(&json, "file", row->file);
            json_i64(&json, "line", row->line);
            json_double(&json, "base", row->flat_base);
            json_double(&json, "cand", row->flat_cand);
            json_double(&json, "delta", row->flat_cand - row->flat_base);
            json_double(&json, "cum_base", row->cum.base);
            json_double(&json, "cum_cand", row->cum.cand);
            json_object_end(&json);
        }
        json_list_end(&json);
        json_object_end(&json);
    }
    json_list_end(&json);
    json_object_end(&json);
    json_finish(&json);
}

static enum status open_sides(struct diff *diff, struct err *err)
{
    const struct str *items = diff->operands.items;
    bool is_plain = false;
    if (plain_take(&is_plain, &diff->plain, items, diff->operands.len, err))
        return err->status;
    if (is_plain)
        return plain_compare(&diff->session, &diff->plain, err);
    if (diff->operands.len < 1 || diff->operands.len > 2) {
        return err_set(
            err, STATUS_USAGE,
            "diff takes a recording, two recordings or two profiles (more of them behind --base "
            "and --cand, or as directories); try memgate diff --help");
    }
    enum session_input input = INPUT_RECORDING;
    if (session_input(&input, items, diff->operands.len, err))
        return err->status;
    if (session_compare(&diff->session, items, diff->operands.len, err))
        return err->status;
    return session_need_both(&diff->session, &diff->talk.log, "diff", err);
}

static enum status diff_all(struct diff *diff, struct err *err)
{
    struct buf buf;
    if (open_sides(diff, err))
        return err->status;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    if (str_equal(diff->format_name, STR("json"))) {
        write_json(&buf, diff);
    } else {
        write_text(&buf, diff);
    }
    enum status status = STATUS_OK;
    if (fwrite(buf.data, 1, buf.len, stdout) != buf.len || fflush(stdout) != 0)
        status = err_set(err, STATUS_IO, "cannot write the table: %s", strerror(errno));
    buf_release(&buf);
    return status;
}

int cmd_diff(int argc, char **argv)
{
    static struct diff diff;
    static struct err err;
    talk_init(&diff.talk);
    session_init(&diff.session);
    enum status status = parse_options(&diff, argc, argv, &err);
    if (status == STATUS_OK && !diff.operands.help)
        status = diff_all(&diff, &err);
    int code = status ? talk_fail(&diff.talk, &err) : 0;
    session_release(&diff.session);
    return code;
}
