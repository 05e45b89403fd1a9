#include "gate/codec/escape.h"
#include "gate/report/phrase.h"

enum { FUNCTIONS_SHOWN_MAX = 10, MOVED_SHOWN_MAX = 5, UNLISTED_SHOWN_MAX = 5 };

struct text {
    struct buf *out;
    struct arena *arena;
    const struct judged_scenario *scenario;
    const struct record_environment *environment;
};

static void write_padded(struct buf *out, struct str text, size_t width)
{
    buf_str(out, text);
    buf_repeat(out, ' ', text.len < width ? width - text.len : 0);
}

static void write_culprits(const struct text *text, const struct finding *finding)
{
    const struct comparison_row *row = phrase_culprit_row(text->scenario, finding);
    for (size_t i = 0; i < row->culprit_count; i++) {
        const struct culprit *culprit = &row->culprits[i];
        struct comparison_row one = *row;
        one.estimate = (struct estimate){.delta = culprit->delta};
        buf_text(text->out, "          ");
        write_padded(text->out, phrase_change(text->arena, &one), 20);
        buf_text(text->out, "  ");
        struct str kind = phrase_row_kind(text->arena, row, culprit->kind, culprit->op);
        if (kind.len) {
            write_padded(text->out, kind, 14);
            buf_byte(text->out, ' ');
        }
        buf_str(text->out, phrase_name(text->arena, culprit->func));
        buf_text(text->out, "  ");
        buf_str(text->out, phrase_place(text->arena, culprit->file, culprit->line));
        struct str via = phrase_via(text->arena, culprit);
        if (via.len)
            buf_printf(text->out, "  %.*s", STR_ARGS(via));
        buf_byte(text->out, '\n');
    }
}

static void write_rule(const struct text *text, const struct finding *finding)
{
    /* A default's own name repeats what rule_describe says. */
    struct str origin = finding->rule->is_default
                            ? STR("default policy")
                            : origin_text(text->arena, &finding->rule->origin);
    struct str rule = rule_describe(text->arena, finding->rule);
    buf_printf(text->out, "          limit %.*s  ", STR_ARGS(phrase_limit(text->arena, finding)));
    buf_printf(text->out, "(%.*s: %.*s)", STR_ARGS(origin), STR_ARGS(rule));
    if (finding->rule->owner.len) {
        buf_text(text->out, ", owner ");
        escape_text(text->out, finding->rule->owner);
    }
    buf_byte(text->out, '\n');
}

static void write_place(const struct text *text, const struct comparison_row *row)
{
    if (!row_is_of_function(row))
        return;
    struct str place = phrase_place(text->arena, row->file, row->line);
    struct str kind = phrase_row_kind(text->arena, row, row->kind, row->op);
    if (place.len == 0)
        return;
    buf_printf(text->out, "          at %.*s", STR_ARGS(place));
    if (kind.len)
        buf_printf(text->out, ", %.*s", STR_ARGS(kind));
    if (row->leaf.len)
        buf_printf(text->out, " in %.*s", STR_ARGS(phrase_name(text->arena, row->leaf)));
    buf_byte(text->out, '\n');
}

static void write_reasons(const struct text *text, const struct finding *finding)
{
    struct str_list reasons = phrase_reasons(text->arena, finding);
    for (size_t i = 0; i < reasons.len; i++)
        buf_printf(text->out, "          %.*s\n", STR_ARGS(reasons.items[i]));
}

/* A goroutine that waits for ever says less than who started it. */
static void write_creations(const struct text *text, const struct finding *finding)
{
    const struct comparison *comparison = text->scenario->comparison;
    struct str_list creations = phrase_creations(text->arena, comparison, finding->row);
    for (size_t i = 0; i < creations.len; i++)
        buf_printf(text->out, "          %.*s\n", STR_ARGS(creations.items[i]));
}

/* What the collector has to do with it, or has not. */
static void write_tie(const struct text *text, const struct finding *finding)
{
    if (!phrase_shows_tie(text->scenario, finding))
        return;
    enum side first = comparison_first_side(text->scenario->comparison);
    for (enum side side = first; side < SIDES; side++) {
        struct str tie = phrase_tie(text->arena, text->scenario->comparison, side);
        buf_printf(text->out, "          %.*s\n", STR_ARGS(tie));
    }
}

static void write_finding(const struct text *text, const struct finding *finding, bool full)
{
    const struct comparison_row *row = finding->row;
    struct arena *arena = text->arena;
    buf_printf(text->out, "  %-7s ", phrase_tag(finding->verdict));
    struct str what = str_format(arena, "%.*s, %.*s", STR_ARGS(phrase_metric(arena, row)),
                                 STR_ARGS(phrase_subject(arena, row)));
    write_padded(text->out, what, 44);
    buf_text(text->out, "  ");
    if (!row->is_alone)
        buf_printf(text->out, "%.*s -> ", STR_ARGS(phrase_base(arena, row)));
    buf_str(text->out, phrase_value(arena, row, row->estimate.cand));
    if (!row->is_alone)
        buf_printf(text->out, "  %.*s", STR_ARGS(phrase_change(arena, row)));
    buf_printf(text->out, " %.*s\n", STR_ARGS(phrase_interval(arena, finding)));
    if (full) {
        write_place(text, row);
        write_culprits(text, finding);
        write_creations(text, finding);
    }
    /* Nothing is fine for a move without saying so. */
    if (full || row->moved > 0)
        write_reasons(text, finding);
    write_tie(text, finding);
    if (full)
        write_rule(text, finding);
}

static bool is_function(const struct finding *finding)
{
    return row_is_of_function(finding->row);
}

/* Worst first in full, single functions up to a screenful; what is fine gets a line each. */
static void write_findings(const struct text *text)
{
    const struct judged_scenario *scenario = text->scenario;
    size_t functions = 0;
    size_t left_out = 0;
    for (size_t i = 0; i < scenario->finding_count; i++) {
        const struct finding *finding = &scenario->findings[i];
        bool full = finding->verdict < FINDING_IMPROVED;
        if (is_function(finding) && ++functions > FUNCTIONS_SHOWN_MAX &&
            finding->verdict != FINDING_REGRESSION) {
            left_out++;
        } else {
            write_finding(text, finding, full);
        }
    }
    if (left_out)
        buf_printf(text->out, "  and %zu more functions (all of them in verdict.json)\n", left_out);
}

/* A step that renamed much at once is one line. */
static void write_paired(const struct text *text)
{
    const struct comparison *comparison = text->scenario->comparison;
    size_t counts[PAIR_STEPS] = {0};
    for (size_t i = 0; i < comparison->paired_count; i++)
        counts[comparison->paired[i].step]++;
    for (size_t step = 0; step < PAIR_STEPS; step++) {
        if (counts[step] == 0)
            continue;
        buf_printf(text->out, "  PAIRED  %zu function%s: %s\n", counts[step],
                   counts[step] == 1 ? "" : "s", pair_step_text((enum pair_step)step));
    }
}

static void write_moved(const struct text *text)
{
    const struct comparison *comparison = text->scenario->comparison;
    for (size_t i = 0; i < comparison->moved_count && i < MOVED_SHOWN_MAX; i++) {
        const struct moved *moved = &comparison->moved[i];
        buf_text(text->out, "  MOVED   ");
        buf_str(text->out, phrase_name(text->arena, moved->from));
        buf_text(text->out, " -> ");
        buf_str(text->out, phrase_name(text->arena, moved->to));
        buf_text(text->out, "  ");
        unit_write(text->out, comparison_unit(comparison, moved->metric), moved->bytes, false);
        if (moved->metric == METRIC_INUSE_SPACE)
            buf_text(text->out, " held");
        buf_byte(text->out, '\n');
    }
    if (comparison->moved_count > MOVED_SHOWN_MAX) {
        buf_printf(text->out, "  MOVED   and %zu more\n",
                   comparison->moved_count - MOVED_SHOWN_MAX);
    }
}

/* "map make 10.0 % grow 33.9 %" of a total; true when there was something to say. */
static bool write_ops(const struct text *text, enum alloc_kind kind, double total, bool first)
{
    const struct kind_share *share = &text->scenario->comparison->kinds[kind];
    bool any = false;
    for (size_t op = ALLOC_OP_NONE + 1; op < ALLOC_OPS; op++) {
        if (share->op_bytes[op][SIDE_CAND] <= 0)
            continue;
        if (!any)
            buf_printf(text->out, "%s%s", first ? "  of that " : ", ", alloc_kind_name(kind));
        buf_printf(text->out, " %s ", alloc_op_name((enum alloc_op)op));
        unit_write_percent(text->out, share->op_bytes[op][SIDE_CAND] / total, false);
        any = true;
    }
    return any;
}

/* Where the bytes of kind "other" are from. */
static void write_unlisted(const struct text *text)
{
    const struct comparison *comparison = text->scenario->comparison;
    for (size_t i = 0; i < comparison->unlisted_count && i < UNLISTED_SHOWN_MAX; i++) {
        const struct unlisted_entry *entry = &comparison->unlisted[i];
        if (entry->bytes[SIDE_CAND] <= 0)
            continue;
        buf_text(text->out, "  other   ");
        unit_write(text->out, comparison_unit(comparison, METRIC_ALLOC_SPACE),
                   entry->bytes[SIDE_CAND], false);
        buf_text(text->out, entry->is_runtime ? " in " : " by ");
        escape_text(text->out, entry->entry.len ? entry->entry : STR("a function without a name"));
        buf_text(text->out, entry->is_runtime ? ", of the runtime's own stacks\n"
                                              : ", of which no table tells the kind\n");
    }
}

/* What was allocated, and how that was found: a reader must see what the map rule could not. */
static void write_kinds(const struct text *text)
{
    const struct comparison *comparison = text->scenario->comparison;
    struct str kinds = phrase_kinds(text->arena, comparison);
    struct str told_by = phrase_told_by(text->arena, comparison);
    double total = 0;
    bool any_op = false;
    if (kinds.len == 0)
        return;
    buf_printf(text->out, "  kinds   %.*s of the candidate's bytes\n", STR_ARGS(kinds));
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++)
        total += comparison->kinds[kind].bytes[SIDE_CAND];
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++)
        any_op = write_ops(text, (enum alloc_kind)kind, total, !any_op) || any_op;
    buf_text(text->out, any_op ? "\n" : "");
    buf_printf(text->out, "  told by %.*s of the candidate's bytes\n", STR_ARGS(told_by));
    write_unlisted(text);
}

/* What serving it costs the service is in every figure. */
static void write_transport(const struct text *text)
{
    const struct record_scenario *record = text->scenario->comparison->record;
    struct str transport = phrase_transport(text->arena, record);
    struct str again = phrase_again(text->arena, record);
    if (transport.len)
        buf_printf(text->out, "  load    %.*s\n", STR_ARGS(transport));
    if (again.len)
        buf_printf(text->out, "          %.*s\n", STR_ARGS(again));
}

/* Latency and CPU time depend on it: who shares a CPU waits for it. */
static void write_machine(const struct text *text)
{
    const struct record_scenario *record = text->scenario->comparison->record;
    struct str machine = phrase_times_machine(text->arena, record, text->environment);
    if (machine.len)
        buf_printf(text->out, "  machine %.*s\n", STR_ARGS(machine));
}

/* What runs in which nothing changed say of it. */
static void write_noise(const struct text *text)
{
    struct str noise = phrase_noise(text->arena, text->scenario);
    if (noise.len)
        buf_printf(text->out, "  noise   %.*s\n", STR_ARGS(noise));
}

/* What the programs were held to, and kept from. */
static void write_bounds(const struct text *text)
{
    const struct record_scenario *record = text->scenario->comparison->record;
    struct str limits = phrase_limits(text->arena, record);
    struct str isolation = phrase_isolation(text->environment);
    if (limits.len)
        buf_printf(text->out, "  limits  %.*s\n", STR_ARGS(limits));
    if (isolation.len)
        buf_printf(text->out, "  alone   %.*s\n", STR_ARGS(isolation));
}

/* Why the resident memory is what it is: more of it need not be a leak. */
static void write_rss(const struct text *text)
{
    const struct comparison *comparison = text->scenario->comparison;
    if (!phrase_shows_rss(text->scenario))
        return;
    enum side first = comparison_first_side(comparison);
    for (enum side side = first; side < SIDES; side++) {
        buf_printf(text->out, "  %-7s %s %.*s\n", side == first ? "rss" : "", side_name(side),
                   STR_ARGS(phrase_rss(text->arena, comparison, side)));
    }
    struct str growth = phrase_rss_growth(text->arena, comparison);
    if (growth.len)
        buf_printf(text->out, "          %.*s\n", STR_ARGS(growth));
}

/* Whether rules limit it or not. */
static void write_process(const struct text *text)
{
    const struct comparison *comparison = text->scenario->comparison;
    enum side first = comparison_first_side(comparison);
    for (enum side side = first; side < SIDES; side++) {
        struct str process = phrase_process(text->arena, comparison, side);
        if (process.len == 0)
            return;
        buf_printf(text->out, "  %-7s %s %.*s\n", side == first ? "process" : "", side_name(side),
                   STR_ARGS(process));
    }
}

/* What totals do not show: a jump within the load. */
static void write_heap(const struct text *text)
{
    for (enum side side = comparison_first_side(text->scenario->comparison); side < SIDES; side++) {
        struct str heap = phrase_heap(text->arena, text->scenario->comparison, side);
        if (heap.len > 0)
            buf_printf(text->out, "  heap    %s %.*s\n", side_name(side), STR_ARGS(heap));
    }
}

/* Where the policy asks for execution traces: evidence, which nothing is judged by. */
static void write_traces(const struct text *text)
{
    const struct trace_side *traces = text->scenario->comparison->traces;
    struct arena *arena = text->arena;
    enum side first = comparison_first_side(text->scenario->comparison);
    for (enum side side = first; traces && side < SIDES; side++) {
        const struct str more[] = {phrase_trace_check(arena, &traces[side]),
                                   phrase_trace_waits(arena, &traces[side])};
        buf_printf(text->out, "  trace   %s %.*s\n", side_name(side),
                   STR_ARGS(phrase_trace(arena, &traces[side])));
        for (size_t i = 0; i < ARRAY_LEN(more); i++) {
            if (more[i].len > 0)
                buf_printf(text->out, "          %.*s\n", STR_ARGS(more[i]));
        }
    }
}

static void write_trials(const struct text *text)
{
    const struct record_scenario *record = text->scenario->comparison->record;
    for (int phase = 0; phase < PHASES; phase++) {
        size_t count = record->trial_count[SIDE_CAND][phase];
        if (count == 0)
            continue;
        const struct record_trial *trial = &record->trials[SIDE_CAND][phase][0];
        buf_printf(text->out, "  %-7s ", phase_name((enum phase)phase));
        if (text->scenario->comparison->alone.len == 0)
            buf_printf(text->out, "%zu + ", record->trial_count[SIDE_BASE][phase]);
        buf_printf(text->out, "%zu trials of %llu %s\n", count,
                   (unsigned long long)trial->request_count,
                   record->is_gotest ? "operations" : "requests");
        struct str clocks = phrase_clocks(text->arena, record, (enum phase)phase);
        if (clocks.len)
            buf_printf(text->out, "          %.*s\n", STR_ARGS(clocks));
    }
}

static void write_sides(const struct text *text)
{
    const struct record_scenario *record = text->scenario->comparison->record;
    const struct record_program *base = &record->programs[SIDE_BASE];
    const struct record_program *cand = &record->programs[SIDE_CAND];
    buf_text(text->out, "  ");
    if (text->scenario->comparison->alone.len == 0)
        buf_printf(text->out, "baseline %.*s, ", STR_ARGS(phrase_side(text->arena, base)));
    buf_printf(text->out, "candidate %.*s, ", STR_ARGS(phrase_side(text->arena, cand)));
    buf_printf(text->out, "%.*s %.*s\n", STR_ARGS(str_printable(text->arena, cand->go_version)),
               STR_ARGS(str_printable(text->arena, cand->arch)));
}

/* Lines behind the first are what a build or a service printed; the mark keeps them off the edge. */
static void write_message(struct buf *out, const char *label, struct str message)
{
    struct str line;
    bool first = true;
    while (str_split(&message, '\n', &line)) {
        const char *mark = str_starts_with(line, STR("| ")) ? "          " : "          | ";
        buf_text(out, first ? label : mark);
        escape_text(out, line);
        buf_byte(out, '\n');
        first = false;
    }
}

/* What a reader may take for fine and is not known. */
static void write_unjudged(const struct text *text)
{
    struct str_list unjudged = phrase_unjudged(text->arena, text->scenario);
    for (size_t i = 0; i < unjudged.len; i++)
        write_message(text->out, "  -       ", unjudged.items[i]);
}

static void write_scenario(const struct text *text)
{
    const struct comparison *comparison = text->scenario->comparison;
    buf_text(text->out, "\nscenario ");
    escape_text(text->out, comparison->scenario);
    buf_printf(text->out, ": %s\n", phrase_scenario_verdict(text->scenario));
    if (comparison->record->programs[SIDE_CAND].revision.len)
        write_sides(text);
    struct str_list invalid = phrase_invalid(text->arena, text->scenario);
    for (size_t i = 0; i < invalid.len; i++)
        write_message(text->out, "  INVALID ", invalid.items[i]);
    struct str_list notes = phrase_notes(text->arena, text->scenario);
    for (size_t i = 0; i < notes.len; i++)
        write_message(text->out, "  note    ", notes.items[i]);
    if (comparison->record->identical)
        buf_text(text->out, "  byte-identical binaries, and only code or documentation changed\n");
    write_findings(text);
    write_unjudged(text);
    write_paired(text);
    write_moved(text);
    write_kinds(text);
    write_rss(text);
    write_process(text);
    write_heap(text);
    write_traces(text);
    write_transport(text);
    write_trials(text);
    write_machine(text);
    write_noise(text);
    write_bounds(text);
}

void report_text(struct buf *out, struct arena *arena, const struct report_input *input)
{
    const struct judgement *judgement = input->judgement;
    buf_printf(out, "memgate %.*s\n", STR_ARGS(phrase_headline(arena, judgement)));
    buf_text(out, "policy ");
    escape_text(out, input->recording->policy_name);
    buf_printf(out, ": %zu rules, %zu judged\n", judgement->rule_count, judgement->judged_rules);
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        struct text text = {out, arena, &judgement->scenarios[i], &input->recording->environment};
        write_scenario(&text);
    }
    buf_printf(out, "\nexit %d (%s)\n", verdict_exit_code(judgement->verdict),
               verdict_name(judgement->verdict));
}
