#include <errno.h>
#include <stdio.h>

#include "gate/base/glob.h"
#include "gate/cli/options.h"
#include "gate/cli/session.h"
#include "gate/codec/escape.h"
#include "gate/report/explain.h"
#include "gate/report/phrase.h"

struct explain {
    struct talk talk;
    struct session session;
    struct str policy_file;
    struct operands operands;
};

static enum status parse_options(struct explain *explain, int argc, char **argv, struct err *err)
{
    const struct option_row rows[] = {
        {"policy", 0, NULL, &explain->policy_file, "FILE", "judge by this policy instead"},
    };
    const struct option_table table = {
        "explain", "FUNCTION [DIR]",
        "Everything a recording (default: memgate-out) knows of one function: how it was paired, "
        "its values and the rules that judge them, lines, kinds and callers. FUNCTION is a name "
        "in pprof's or the report's spelling, * for any text.",
        rows, ARRAY_LEN(rows)};
    if (options_parse(&explain->operands, &explain->session.arena, &table, argc, argv, err))
        return err->status;
    if (!explain->operands.help && (explain->operands.len < 1 || explain->operands.len > 2)) {
        return err_set(err, STATUS_USAGE,
                       "explain takes a function and a recording; try memgate explain --help");
    }
    return STATUS_OK;
}

/* Any spelling that a report, pprof or a policy may have shown. */
static bool is_asked(struct arena *arena, const struct detail *detail, struct str wanted)
{
    const struct str names[] = {
        detail->func,
        detail->base_func,
        detail->key,
        name_normal(detail->func, arena),
        name_short(detail->func, arena),
        name_short(detail->key, arena),
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].len && glob_match(wanted, names[i]))
            return true;
    }
    return false;
}

/* Why rules were not judged, or not all of them. */
static void write_scenario(struct buf *out, struct arena *arena,
                           const struct judged_scenario *scenario)
{
    struct str_list invalid = phrase_invalid(arena, scenario);
    buf_text(out, "scenario ");
    escape_text(out, scenario->comparison->scenario);
    buf_printf(out, ": %s\n", verdict_name(scenario->verdict));
    for (size_t i = 0; i < invalid.len; i++) {
        buf_text(out, "  INVALID ");
        escape_text(out, invalid.items[i]);
        buf_byte(out, '\n');
    }
}

static bool has_detail(const struct comparison *comparison, struct str key)
{
    for (size_t i = 0; i < comparison->detail_count; i++) {
        if (str_equal(comparison->details[i].key, key))
            return true;
    }
    return false;
}

/* The first row of a function that allocates nothing: it waits, runs, or is one that goroutines are. */
static bool is_only_row(const struct comparison *comparison, size_t at)
{
    const struct comparison_row *row = &comparison->rows[at];
    for (size_t i = 0; i < at; i++) {
        const struct comparison_row *other = &comparison->rows[i];
        if (other->level == ROW_FUNCTION && str_equal(other->key, row->key))
            return false;
    }
    return !has_detail(comparison, row->key);
}

static size_t explain_rows(struct buf *out, struct explain *explain,
                           const struct judged_scenario *scenario, size_t count)
{
    struct session *session = &explain->session;
    const struct comparison *comparison = scenario->comparison;
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        struct detail detail = {.key = row->key, .func = row->func, .base_func = row->base_func};
        struct explain_input input = {&session->policy, scenario, &detail};
        detail.is_user = name_is_user(row->func, comparison->record->programs[SIDE_CAND].module);
        if (row->level != ROW_FUNCTION ||
            !is_asked(&session->arena, &detail, explain->operands.items[0]) ||
            !is_only_row(comparison, i))
            continue;
        if (count++ == 0)
            write_scenario(out, &session->arena, scenario);
        buf_byte(out, '\n');
        report_explain(out, &session->arena, &input);
    }
    return count;
}

/* Returns how many functions were explained. */
static size_t explain_scenario(struct buf *out, struct explain *explain,
                               const struct judged_scenario *scenario)
{
    struct session *session = &explain->session;
    const struct comparison *comparison = scenario->comparison;
    size_t count = 0;
    for (size_t i = 0; i < comparison->detail_count; i++) {
        struct explain_input input = {&session->policy, scenario, &comparison->details[i]};
        if (!is_asked(&session->arena, input.detail, explain->operands.items[0]))
            continue;
        if (count++ == 0)
            write_scenario(out, &session->arena, scenario);
        buf_byte(out, '\n');
        report_explain(out, &session->arena, &input);
    }
    return explain_rows(out, explain, scenario, count);
}

static enum status refuse_unknown(struct explain *explain, struct err *err)
{
    struct session *session = &explain->session;
    struct str wanted = explain->operands.items[0];
    size_t most = 0;
    size_t count = 0;
    for (size_t i = 0; i < session->comparison_count; i++)
        most += session->comparisons[i].detail_count;
    struct str *names = ARENA_ARRAY(&session->arena, struct str, most + 1);
    for (size_t i = 0; i < session->comparison_count; i++) {
        const struct comparison *comparison = &session->comparisons[i];
        for (size_t d = 0; d < comparison->detail_count; d++)
            names[count++] = name_short(comparison->details[d].func, &session->arena);
    }
    struct str near = str_nearest(wanted, names, count);
    if (near.len) {
        return err_set(err, STATUS_USAGE,
                       "no function \"%.*s\" allocates on either side; did you mean \"%.*s\"?",
                       STR_ARGS(wanted), STR_ARGS(near));
    }
    return err_set(err, STATUS_USAGE,
                   "no function \"%.*s\" allocates on either side; memgate diff lists those that "
                   "changed",
                   STR_ARGS(wanted));
}

static enum status explain_all(struct explain *explain, struct err *err)
{
    struct session *session = &explain->session;
    struct buf buf;
    size_t count = 0;
    struct str dir = explain->operands.len > 1 ? explain->operands.items[1] : STR("memgate-out");
    if (session_open(session, dir, explain->policy_file, err) ||
        session_need_both(session, &explain->talk.log, "explain", err))
        return err->status;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    for (size_t i = 0; i < session->judgement.scenario_count; i++) {
        const struct judged_scenario *scenario = &session->judgement.scenarios[i];
        if (scenario->comparison->alone.len == 0)
            count += explain_scenario(&buf, explain, scenario);
    }
    enum status status = STATUS_OK;
    if (count == 0) {
        status = refuse_unknown(explain, err);
    } else if (buf.overflow) {
        status = err_set(err, STATUS_LIMIT, "the answer is larger than %d bytes; name one function",
                         BUF_TEXT_BYTES_MAX);
    } else if (fwrite(buf.data, 1, buf.len, stdout) != buf.len || fflush(stdout) != 0) {
        status = err_set(err, STATUS_IO, "cannot write the answer: %s", strerror(errno));
    }
    buf_release(&buf);
    return status;
}

int cmd_explain(int argc, char **argv)
{
    static struct explain explain;
    static struct err err;
    talk_init(&explain.talk);
    session_init(&explain.session);
    enum status status = parse_options(&explain, argc, argv, &err);
    if (status == STATUS_OK && !explain.operands.help)
        status = explain_all(&explain, &err);
    int code = status ? talk_fail(&explain.talk, &err) : 0;
    session_release(&explain.session);
    return code;
}
