#include "gate/report/explain.h"

#include <math.h>

#include "gate/codec/escape.h"
#include "gate/report/phrase.h"

enum { SITES_SHOWN_MAX = 30, CALLERS_SHOWN_MAX = 10 };

struct explaining {
    struct buf *out;
    struct arena *arena;
    const struct explain_input *input;
    bool only_holds; /* see only_holds() */
};

static void write_field(const struct explaining *explaining, const char *label, struct str value)
{
    if (value.len == 0)
        return;
    buf_printf(explaining->out, "  %-10s ", label);
    escape_text(explaining->out, value);
    buf_byte(explaining->out, '\n');
}

static void write_names(const struct explaining *explaining)
{
    const struct detail *detail = explaining->input->detail;
    struct str normal = name_normal(detail->func, explaining->arena);
    buf_str(explaining->out, phrase_name(explaining->arena, detail->func));
    buf_text(explaining->out, detail->is_user ? "\n" : "  (of a library)\n");
    write_field(explaining, "pprof", detail->func);
    if (!str_equal(normal, detail->func))
        write_field(explaining, "normal", normal);
}

static void write_pairing(const struct explaining *explaining)
{
    const struct detail *detail = explaining->input->detail;
    const struct paired *paired = detail->paired;
    struct str text = STR("the same name on both sides");
    if (paired) {
        text = str_format(explaining->arena, "was %.*s: %s (step %s)", STR_ARGS(paired->base),
                          pair_step_text(paired->step), pair_step_name(paired->step));
    } else if (!detail->is_there[SIDE_BASE]) {
        text = STR("none: it allocates nothing on the baseline, under no name");
    } else if (!detail->is_there[SIDE_CAND]) {
        text = STR("none: it allocates nothing on the candidate, under no name");
    }
    write_field(explaining, "pairing", text);
}

static bool is_about(const struct explaining *explaining, const struct comparison_row *row)
{
    return row->level == ROW_FUNCTION && str_equal(row->key, explaining->input->detail->key);
}

/* The verdict of a rule on a row; what is fine about single functions is not listed. */
static const char *verdict_of(const struct judged_scenario *scenario,
                              const struct comparison_row *row, const struct rule *rule)
{
    if (scenario->verdict == VERDICT_NONE)
        return "not judged";
    if (judged_elsewhere(rule, row))
        return "judged where it is charged to";
    for (size_t i = 0; i < scenario->finding_count; i++) {
        if ((scenario->findings[i].row == row || scenario->findings[i].own == row) &&
            scenario->findings[i].rule == rule)
            return finding_verdict_name(scenario->findings[i].verdict);
    }
    return finding_verdict_name(FINDING_OK);
}

static void write_rules(const struct explaining *explaining, const struct comparison_row *row)
{
    const struct explain_input *input = explaining->input;
    const struct comparison *comparison = input->scenario->comparison;
    const struct rule *winners[POLICY_WINNERS_MAX];
    const struct ignore_row *ignored = NULL;
    const struct subject *subject = &input->scenario->watch.subjects[row - comparison->rows];
    size_t count = policy_rules_for(input->policy, row->metric, subject, winners, &ignored);
    for (size_t i = 0; i < count; i++) {
        struct str origin = origin_text(explaining->arena, &winners[i]->origin);
        struct str rule = rule_describe(explaining->arena, winners[i]);
        const char *verdict = verdict_of(input->scenario, row, winners[i]);
        buf_printf(explaining->out, "               %s by %.*s (%.*s)\n", verdict, STR_ARGS(rule),
                   STR_ARGS(origin));
    }
    if (ignored) {
        struct str origin = origin_text(explaining->arena, &ignored->origin);
        buf_printf(explaining->out, "               ignored by %.*s: ", STR_ARGS(origin));
        escape_text(explaining->out, ignored->why);
        buf_byte(explaining->out, '\n');
    }
}

static void write_amounts(const struct explaining *explaining, const char *label,
                          const struct comparison_row *row, double base, double cand)
{
    struct str from = phrase_value(explaining->arena, row, base);
    struct str to = phrase_value(explaining->arena, row, cand);
    buf_printf(explaining->out, ", %s %.*s -> %.*s", label, STR_ARGS(from), STR_ARGS(to));
}

/* Sums of the same values in another order differ by rounding only. */
static bool differs(double a, double b)
{
    return fabs(a - b) > 1e-9 * fmax(fabs(a), fabs(b));
}

/* Flat where something else is charged too. Of growth and other profiles neither is known. */
static void write_flat_and_cum(const struct explaining *explaining,
                               const struct comparison_row *row)
{
    if (!metric_has_kinds(row->metric))
        return;
    if (differs(row->flat_base, row->estimate.base) || differs(row->flat_cand, row->estimate.cand))
        write_amounts(explaining, "flat", row, row->flat_base, row->flat_cand);
    write_amounts(explaining, "cum", row, row->cum.base, row->cum.cand);
}

static void write_row(const struct explaining *explaining, const struct comparison_row *row)
{
    struct arena *arena = explaining->arena;
    const struct finding shown = {.row = row};
    struct str metric = phrase_metric(arena, row);
    struct str base = phrase_value(arena, row, row->estimate.base);
    struct str cand = phrase_value(arena, row, row->estimate.cand);
    buf_printf(explaining->out, "  %-10.*s %.*s -> %.*s", STR_ARGS(metric), STR_ARGS(base),
               STR_ARGS(cand));
    buf_printf(explaining->out, "  %.*s %.*s", STR_ARGS(phrase_change(arena, row)),
               STR_ARGS(phrase_interval(arena, &shown)));
    write_flat_and_cum(explaining, row);
    buf_byte(explaining->out, '\n');
    if (fabs(row->moved) > 0) {
        struct comparison_row moved = *row;
        moved.estimate = (struct estimate){.delta = row->moved};
        buf_printf(explaining->out, "               %.*s of it moved\n",
                   STR_ARGS(phrase_change(arena, &moved)));
    }
    struct str_list creations =
        phrase_creations(arena, explaining->input->scenario->comparison, row);
    for (size_t i = 0; i < creations.len; i++)
        buf_printf(explaining->out, "               %.*s\n", STR_ARGS(creations.items[i]));
    write_rules(explaining, row);
}

static void write_rows(const struct explaining *explaining)
{
    const struct comparison *comparison = explaining->input->scenario->comparison;
    for (size_t i = 0; i < comparison->row_count; i++) {
        if (is_about(explaining, &comparison->rows[i]))
            write_row(explaining, &comparison->rows[i]);
    }
}

/* What a function that no request calls holds is all that there is to tell of it. */
static bool only_holds(const struct detail *detail)
{
    double bytes = 0;
    for (size_t i = 0; i < detail->site_count; i++)
        bytes += detail->sites[i].bytes[SIDE_BASE] + detail->sites[i].bytes[SIDE_CAND];
    return bytes <= 0;
}

static const double *site_bytes(const struct explaining *explaining, const struct detail_site *site)
{
    return explaining->only_holds ? site->held : site->bytes;
}

static void write_bytes(const struct explaining *explaining, const double bytes[SIDES])
{
    enum unit unit = explaining->only_holds ? UNIT_BYTES : UNIT_BYTES_PER_REQUEST;
    unit_write(explaining->out, unit, bytes[SIDE_BASE], false);
    buf_text(explaining->out, " -> ");
    unit_write(explaining->out, unit, bytes[SIDE_CAND], false);
}

static void write_frame(const struct explaining *explaining, const char *label, struct str func,
                        struct str place)
{
    if (func.len == 0)
        return;
    buf_printf(explaining->out, "               %s ", label);
    buf_str(explaining->out, phrase_name(explaining->arena, func));
    buf_text(explaining->out, place.len ? " at " : "");
    escape_text(explaining->out, place);
    buf_byte(explaining->out, '\n');
}

static void write_site(const struct explaining *explaining, const struct detail_site *site)
{
    struct buf *out = explaining->out;
    struct str kind = phrase_kind(explaining->arena, site->kind, site->op);
    buf_text(out, "    ");
    write_bytes(explaining, site_bytes(explaining, site));
    buf_printf(out, "  %.*s  ", STR_ARGS(kind));
    escape_text(out, site->place);
    if (site->type.len) {
        buf_text(out, "  type ");
        escape_text(out, site->type);
    }
    buf_text(out, site->entry.len ? "  by " : "");
    escape_text(out, site->entry);
    buf_printf(out, " (%s)\n", alloc_how_name(site->how));
    struct str nowhere = {"", 0};
    if (site->is_charged) {
        write_frame(explaining, "in", site->leaf, nowhere);
        write_frame(explaining, "called by", site->user, site->user_place);
    } else {
        write_frame(explaining, "charged to", site->user, site->user_place);
    }
    if (site->chain.len) {
        buf_text(out, "               inlined ");
        escape_text(out, site->chain);
        buf_byte(out, '\n');
    }
}

static void write_sites(const struct explaining *explaining)
{
    const struct detail *detail = explaining->input->detail;
    buf_printf(explaining->out, "  sites      %s on both sides, kind, line\n",
               explaining->only_holds ? "bytes held at the end" : "bytes");
    for (size_t i = 0; i < detail->site_count && i < SITES_SHOWN_MAX; i++)
        write_site(explaining, &detail->sites[i]);
    if (detail->site_count > SITES_SHOWN_MAX) {
        buf_printf(explaining->out, "    and %zu more\n", detail->site_count - SITES_SHOWN_MAX);
    }
}

/* Bytes by who called the function. */
struct caller {
    struct str name;
    double bytes[SIDES];
};

static int order_callers(const void *left, const void *right)
{
    const struct caller *a = left;
    const struct caller *b = right;
    double difference =
        b->bytes[SIDE_BASE] + b->bytes[SIDE_CAND] - a->bytes[SIDE_BASE] - a->bytes[SIDE_CAND];
    if (difference < 0 || difference > 0)
        return difference < 0 ? -1 : 1;
    return str_compare(a->name, b->name);
}

/* A library's function is called by the program's own frame, that by its caller. */
static struct str caller_of(const struct detail_site *site)
{
    return !site->is_charged && site->user.len ? site->user : site->caller;
}

static void write_callers(const struct explaining *explaining)
{
    const struct detail *detail = explaining->input->detail;
    struct caller *callers = ARENA_ARRAY(explaining->arena, struct caller, detail->site_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < detail->site_count; i++) {
        struct str name = caller_of(&detail->sites[i]);
        size_t at = 0;
        while (at < count && !str_equal(callers[at].name, name))
            at++;
        if (at == count)
            callers[count++].name = name;
        for (int side = 0; side < SIDES; side++)
            callers[at].bytes[side] += site_bytes(explaining, &detail->sites[i])[side];
    }
    if (count)
        qsort(callers, count, sizeof(*callers), order_callers);
    buf_text(explaining->out, "  callers    the next function of the program outside\n");
    for (size_t i = 0; i < count && i < CALLERS_SHOWN_MAX; i++) {
        buf_text(explaining->out, "    ");
        write_bytes(explaining, callers[i].bytes);
        buf_text(explaining->out, "  ");
        escape_text(explaining->out, callers[i].name.len ? callers[i].name : STR("none"));
        buf_byte(explaining->out, '\n');
    }
}

static void write_moved(const struct explaining *explaining)
{
    const struct comparison *comparison = explaining->input->scenario->comparison;
    struct str key = explaining->input->detail->key;
    for (size_t i = 0; i < comparison->moved_count; i++) {
        const struct moved *moved = &comparison->moved[i];
        if (!str_equal(moved->from, key) && !str_equal(moved->to, key))
            continue;
        buf_printf(explaining->out, "  moved      ");
        unit_write(explaining->out, metric_unit(moved->metric), moved->bytes, false);
        buf_text(explaining->out, moved->metric == METRIC_INUSE_SPACE ? " held" : "");
        buf_text(explaining->out, " from ");
        escape_text(explaining->out, moved->from);
        buf_text(explaining->out, " to ");
        escape_text(explaining->out, moved->to);
        buf_byte(explaining->out, '\n');
    }
}

void report_explain(struct buf *out, struct arena *arena, const struct explain_input *input)
{
    const struct explaining explaining = {out, arena, input, only_holds(input->detail)};
    write_names(&explaining);
    /* Of what allocates nothing the heap has no sites, and so no pairing. */
    if (input->detail->site_count == 0) {
        write_rows(&explaining);
        return;
    }
    write_pairing(&explaining);
    write_rows(&explaining);
    write_sites(&explaining);
    write_callers(&explaining);
    write_moved(&explaining);
}
