#include "gate/codec/escape.h"
#include "gate/report/phrase.h"

/* GitHub refuses comments above 65,536 characters; the cut keeps room for the last lines. */
enum { MARKDOWN_BYTES_MAX = 54000, ROWS_MAX = 10, DETAIL_ROWS_MAX = 100, MESSAGE_BYTES_MAX = 2000 };

struct markdown {
    struct buf *out;
    struct arena *arena;
    const struct judged_scenario *scenario;
    const struct record_environment *environment;
};

/* Escaped text has any length, so a part is written first and taken back where it does not fit. */
static void drop_if_full(struct buf *out, size_t before)
{
    if (out->len <= MARKDOWN_BYTES_MAX)
        return;
    out->len = before;
    out->data[before] = '\0';
}

static void write_where(const struct markdown *markdown, const struct finding *finding)
{
    const struct comparison_row *row = phrase_culprit_row(markdown->scenario, finding);
    struct str file = row->file;
    int64_t line = row->line;
    enum alloc_kind kind = row->kind;
    if (row->culprit_count > 0) {
        file = row->culprits[0].file;
        line = row->culprits[0].line;
        kind = row->culprits[0].kind;
        escape_markdown_code(markdown->out, phrase_name(markdown->arena, row->culprits[0].func));
        buf_byte(markdown->out, ' ');
    }
    struct str place = phrase_place(markdown->arena, file, line);
    if (place.len == 0)
        return;
    escape_markdown_code(markdown->out, place);
    struct str what = phrase_row_kind(markdown->arena, row, kind, ALLOC_OP_NONE);
    if (what.len)
        buf_printf(markdown->out, ", %.*s", STR_ARGS(what));
}

static void write_row(const struct markdown *markdown, const struct finding *finding)
{
    struct buf *out = markdown->out;
    struct arena *arena = markdown->arena;
    const struct comparison_row *row = finding->row;
    size_t before = out->len;
    buf_printf(out, "| %s | %.*s ", phrase_tag(finding->verdict),
               STR_ARGS(phrase_metric(arena, row)));
    escape_markdown_code(out, phrase_subject(arena, row));
    buf_printf(out, " | %.*s ", STR_ARGS(phrase_base(arena, row)));
    buf_printf(out, "| %.*s ", STR_ARGS(phrase_value(arena, row, row->estimate.cand)));
    buf_printf(out, "| %.*s %.*s ", STR_ARGS(phrase_change(arena, row)),
               STR_ARGS(phrase_interval(arena, finding)));
    buf_printf(out, "| %.*s, ", STR_ARGS(phrase_limit(arena, finding)));
    escape_markdown_code(out, origin_text(arena, &finding->rule->origin));
    buf_text(out, " | ");
    write_where(markdown, finding);
    buf_text(out, " |\n");
    drop_if_full(out, before);
}

static void write_table_head(struct buf *out)
{
    buf_text(out, "\n| | rule | baseline | candidate | change, 99 % interval | limit | where |\n"
                  "|---|---|--:|--:|--:|--:|---|\n");
}

static bool is_shown(const struct finding *finding)
{
    return finding->verdict < FINDING_IMPROVED;
}

/* At most ROWS_MAX of what needs attention; returns how many there were. */
static size_t write_table(const struct markdown *markdown)
{
    size_t count = 0;
    for (size_t i = 0; i < markdown->scenario->finding_count; i++) {
        const struct finding *finding = &markdown->scenario->findings[i];
        if (!is_shown(finding))
            continue;
        if (count++ == 0)
            write_table_head(markdown->out);
        if (count <= ROWS_MAX)
            write_row(markdown, finding);
    }
    return count;
}

static void write_details(const struct markdown *markdown)
{
    const struct judged_scenario *scenario = markdown->scenario;
    size_t written = 0;
    buf_printf(markdown->out, "\n<details><summary>%zu decisions in scenario ",
               scenario->judged_count);
    escape_markdown(markdown->out, scenario->comparison->scenario);
    buf_text(markdown->out, "</summary>\n");
    write_table_head(markdown->out);
    for (size_t i = 0; i < scenario->finding_count && written < DETAIL_ROWS_MAX; i++) {
        if (is_shown(&scenario->findings[i]))
            continue;
        write_row(markdown, &scenario->findings[i]);
        written++;
    }
    buf_text(markdown->out, "\n</details>\n");
}

/* Lines behind the first are what a build or a service printed. */
static void write_message(struct buf *out, struct str message)
{
    struct str line;
    bool first = true;
    while (str_split(&message, '\n', &line)) {
        if (first) {
            escape_markdown(out, line);
        } else {
            buf_text(out, "<br>");
            escape_markdown_code(out, line);
        }
        first = false;
    }
}

static void write_list(const struct markdown *markdown, const char *title, const struct str *items,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t before = markdown->out->len;
        buf_printf(markdown->out, "\n- **%s** ", title);
        write_message(markdown->out, str_slice(items[i], 0, MESSAGE_BYTES_MAX));
        drop_if_full(markdown->out, before);
    }
    if (count)
        buf_byte(markdown->out, '\n');
}

static void write_moved(const struct markdown *markdown)
{
    const struct comparison *comparison = markdown->scenario->comparison;
    for (size_t i = 0; i < comparison->moved_count && i < ROWS_MAX; i++) {
        size_t before = markdown->out->len;
        buf_text(markdown->out, "\n- moved: ");
        escape_markdown_code(markdown->out,
                             phrase_name(markdown->arena, comparison->moved[i].from));
        buf_text(markdown->out, " to ");
        escape_markdown_code(markdown->out, phrase_name(markdown->arena, comparison->moved[i].to));
        drop_if_full(markdown->out, before);
    }
    if (comparison->moved_count)
        buf_byte(markdown->out, '\n');
}

/* What was allocated, and how that is known. */
static void write_kinds(const struct markdown *markdown)
{
    const struct comparison *comparison = markdown->scenario->comparison;
    struct str kinds = phrase_kinds(markdown->arena, comparison);
    struct str told_by = phrase_told_by(markdown->arena, comparison);
    size_t before = markdown->out->len;
    if (kinds.len == 0)
        return;
    buf_printf(markdown->out, "\n<sub>allocated: %.*s; told by %.*s</sub>\n", STR_ARGS(kinds),
               STR_ARGS(told_by));
    drop_if_full(markdown->out, before);
}

/* Why the resident memory is what it is: more of it need not be a leak. */
static void write_rss(const struct markdown *markdown)
{
    const struct comparison *comparison = markdown->scenario->comparison;
    size_t before = markdown->out->len;
    if (!phrase_shows_rss(markdown->scenario))
        return;
    struct str cand = phrase_rss(markdown->arena, comparison, SIDE_CAND);
    struct str growth = phrase_rss_growth(markdown->arena, comparison);
    buf_text(markdown->out, "\n<sub>resident memory: ");
    if (comparison->alone.len == 0) {
        struct str base = phrase_rss(markdown->arena, comparison, SIDE_BASE);
        buf_printf(markdown->out, "baseline %.*s; ", STR_ARGS(base));
    }
    buf_printf(markdown->out, "candidate %.*s%s%.*s</sub>\n", STR_ARGS(cand),
               growth.len ? "; " : "", STR_ARGS(growth));
    drop_if_full(markdown->out, before);
}

/* What the collector has to do with the tail of the latency, or has not. */
static void write_tie(const struct markdown *markdown)
{
    const struct judged_scenario *scenario = markdown->scenario;
    for (size_t i = 0; i < scenario->finding_count; i++) {
        if (!phrase_shows_tie(scenario, &scenario->findings[i]))
            continue;
        size_t before = markdown->out->len;
        struct str cand = phrase_tie(markdown->arena, scenario->comparison, SIDE_CAND);
        buf_text(markdown->out, "\n<sub>p99: ");
        if (scenario->comparison->alone.len == 0) {
            struct str base = phrase_tie(markdown->arena, scenario->comparison, SIDE_BASE);
            buf_printf(markdown->out, "%.*s; ", STR_ARGS(base));
        }
        buf_printf(markdown->out, "%.*s</sub>\n", STR_ARGS(cand));
        drop_if_full(markdown->out, before);
        return;
    }
}

/* Where the goroutines of the worst finding about them come from. */
static void write_creations(const struct markdown *markdown)
{
    const struct judged_scenario *scenario = markdown->scenario;
    for (size_t i = 0; i < scenario->finding_count && is_shown(&scenario->findings[i]); i++) {
        struct str_list creations =
            phrase_creations(markdown->arena, scenario->comparison, scenario->findings[i].row);
        write_list(markdown, "goroutines:", creations.items, creations.len);
        if (creations.len > 0)
            return;
    }
}

/* Whether rules limit it or not. */
static void write_process(const struct markdown *markdown)
{
    const struct comparison *comparison = markdown->scenario->comparison;
    struct str base = phrase_process(markdown->arena, comparison, SIDE_BASE);
    struct str cand = phrase_process(markdown->arena, comparison, SIDE_CAND);
    size_t before = markdown->out->len;
    if (cand.len == 0)
        return;
    buf_text(markdown->out, "\n<sub>process: ");
    if (comparison->alone.len == 0)
        buf_printf(markdown->out, "baseline %.*s; ", STR_ARGS(base));
    buf_printf(markdown->out, "candidate %.*s</sub>\n", STR_ARGS(cand));
    drop_if_full(markdown->out, before);
}

/* What times depend on: how the load went there, how late it left, and on what machine. */
static void write_load(const struct markdown *markdown)
{
    const struct record_scenario *record = markdown->scenario->comparison->record;
    struct str parts[] = {
        phrase_transport(markdown->arena, record),
        phrase_again(markdown->arena, record),
        phrase_clocks(markdown->arena, record, PHASE_STEADY),
        phrase_clocks(markdown->arena, record, PHASE_DUET),
        phrase_times_machine(markdown->arena, record, markdown->environment),
        phrase_noise(markdown->arena, markdown->scenario),
    };
    static const char *const names[] = {"load: ", "", "steady: ", "duet: ", "machine: ", "noise: "};
    size_t before = markdown->out->len;
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].len == 0)
            continue;
        buf_printf(markdown->out, "%s%s", any ? "<br>" : "\n<sub>", names[i]);
        escape_markdown(markdown->out, parts[i]);
        any = true;
    }
    buf_text(markdown->out, any ? "</sub>\n" : "");
    drop_if_full(markdown->out, before);
}

/* Evidence of execution traces, where the policy asks for them. */
static void write_traces(const struct markdown *markdown)
{
    const struct trace_side *traces = markdown->scenario->comparison->traces;
    enum side first = comparison_first_side(markdown->scenario->comparison);
    for (enum side side = first; traces && side < SIDES; side++) {
        size_t before = markdown->out->len;
        struct str trace = phrase_trace(markdown->arena, &traces[side]);
        struct str check = phrase_trace_check(markdown->arena, &traces[side]);
        struct str waits = phrase_trace_waits(markdown->arena, &traces[side]);
        buf_printf(markdown->out, "\n<sub>trace: %s ", side_name(side));
        escape_markdown(markdown->out, trace);
        buf_printf(markdown->out, "%s%.*s%s%.*s</sub>\n", check.len > 0 ? "; " : "",
                   STR_ARGS(check), waits.len > 0 ? "; " : "", STR_ARGS(waits));
        drop_if_full(markdown->out, before);
    }
}

static void write_limits(const struct markdown *markdown)
{
    const struct record_scenario *record = markdown->scenario->comparison->record;
    size_t before = markdown->out->len;
    struct str limits = phrase_limits(markdown->arena, record);
    if (limits.len == 0)
        return;
    buf_text(markdown->out, "\n<sub>services held to ");
    escape_markdown(markdown->out, limits);
    buf_text(markdown->out, "</sub>\n");
    drop_if_full(markdown->out, before);
}

static void write_scenario(const struct markdown *markdown)
{
    const struct comparison *comparison = markdown->scenario->comparison;
    const struct record_scenario *record = comparison->record;
    buf_text(markdown->out, "\n**Scenario ");
    escape_markdown_code(markdown->out, comparison->scenario);
    buf_printf(markdown->out, "**: %s", phrase_scenario_verdict(markdown->scenario));
    if (record->programs[SIDE_CAND].revision.len) {
        buf_text(markdown->out, ", ");
        if (comparison->alone.len == 0) {
            escape_markdown_code(markdown->out,
                                 phrase_side(markdown->arena, &record->programs[SIDE_BASE]));
            buf_text(markdown->out, " to ");
        }
        escape_markdown_code(markdown->out,
                             phrase_side(markdown->arena, &record->programs[SIDE_CAND]));
    }
    buf_byte(markdown->out, '\n');
    struct str_list invalid = phrase_invalid(markdown->arena, markdown->scenario);
    write_list(markdown, "invalid:", invalid.items, invalid.len);
    struct str_list notes = phrase_notes(markdown->arena, markdown->scenario);
    write_list(markdown, "note:", notes.items, notes.len);
    struct str_list unjudged = phrase_unjudged(markdown->arena, markdown->scenario);
    write_list(markdown, "rule:", unjudged.items, unjudged.len);
    size_t shown = write_table(markdown);
    if (shown > ROWS_MAX)
        buf_printf(markdown->out, "\n%zu more in verdict.json.\n", shown - ROWS_MAX);
    write_tie(markdown);
    write_creations(markdown);
    write_moved(markdown);
    write_kinds(markdown);
    write_rss(markdown);
    write_process(markdown);
    write_load(markdown);
    write_traces(markdown);
    write_limits(markdown);
    if (markdown->scenario->finding_count > 0)
        write_details(markdown);
}

void report_markdown(struct buf *out, struct arena *arena, const struct report_input *input)
{
    const struct judgement *judgement = input->judgement;
    buf_text(out, "<!-- memgate -->\n### memgate: ");
    escape_markdown(out, phrase_headline(arena, judgement));
    buf_byte(out, '\n');
    for (size_t i = 0; i < judgement->scenario_count && out->len < MARKDOWN_BYTES_MAX; i++) {
        struct markdown markdown = {out, arena, &judgement->scenarios[i],
                                    &input->recording->environment};
        write_scenario(&markdown);
    }
    buf_text(out, "\n<sub>policy ");
    escape_markdown_code(out, input->recording->policy_name);
    buf_printf(out, ": %zu rules, %zu judged; exit %d (%s)</sub>\n", judgement->rule_count,
               judgement->judged_rules, verdict_exit_code(judgement->verdict),
               verdict_name(judgement->verdict));
}
