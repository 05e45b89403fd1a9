#include "gate/compare/validity.h"

#include <math.h>
#include <stdarg.h>

#include "gate/compare/tool_rows.h"

/*
 * sum(alloc_space) / TotalAlloc is 1.009 at rate 1 and 0.90 to 1.02 over
 * all rates measured. Reading the profile allocates on both sides of the
 * window, which matters for tiny loads only: 1 MiB of slack covers it.
 */
#define COVERAGE_TOLERANCE   0.10
#define COVERAGE_SLACK_BYTES (1024.0 * 1024)
/* Benchmarks count every byte, and the profile of the whole process holds all of theirs. */
#define BENCHMARK_COVERAGE_MIN 0.8
#define PERIOD_MAX             (64LL * 1024 * 1024)

/* What is said already is not said again, as of a candidate that is compared with itself. */
static void text_add(struct str **items, size_t *len, size_t *cap, struct arena *arena,
                     const char *text)
{
    for (size_t i = 0; i < *len; i++) {
        if (str_equal_text((*items)[i], text))
            return;
    }
    struct str copy = str_copy(arena, str_from(text));
    size_t grown = *cap;
    ARENA_PUSH(arena, *items, *len, grown, copy);
    *cap = grown;
}

enum { NOTE_BYTES_MAX = 1024 };

void comparison_invalid(struct comparison *comparison, struct arena *arena, const char *format, ...)
{
    char text[NOTE_BYTES_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    text_add(&comparison->invalid, &comparison->invalid_count, &comparison->invalid_cap, arena,
             text);
}

void comparison_note(struct comparison *comparison, struct arena *arena, const char *format, ...)
{
    char text[NOTE_BYTES_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    text_add(&comparison->notes, &comparison->note_count, &comparison->note_cap, arena, text);
}

void comparison_refuse_steady(struct comparison *comparison, struct arena *arena,
                              const char *format, ...)
{
    char text[NOTE_BYTES_MAX];
    va_list args;
    if (comparison->steady_refusal.len)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    comparison->steady_refusal = str_copy(arena, str_from(text));
    comparison_note(comparison, arena, "the steady phase is not compared: %s", text);
}

/* Holds the profile against what the runtime, or the benchmarks, counted without it. */
static void check_coverage(struct comparison *comparison, struct arena *arena,
                           const struct trial_check *check)
{
    const char *side = side_name(check->side);
    double gap = fabs(check->profile_bytes - check->runtime_bytes);
    double allowed = COVERAGE_TOLERANCE * check->runtime_bytes + COVERAGE_SLACK_BYTES;
    /* Four standard deviations of the sampling: of X bytes it is some sqrt(period X). */
    if (check->period > 1)
        allowed += 4 * sqrt((double)check->period * fmax(0, check->runtime_bytes));
    if (check->has_runtime && check->runtime_bytes <= 0) {
        comparison_invalid(comparison, arena,
                           "%s, exact trial %u: TotalAlloc did not grow between warm and end", side,
                           check->number);
    } else if (check->has_runtime && gap > allowed) {
        comparison_invalid(
            comparison, arena,
            "%s, exact trial %u: the profile covers %.0f %% of TotalAlloc: profiling "
            "was off for a while",
            side, check->number, 100 * check->profile_bytes / check->runtime_bytes);
    }
    /* Set-up adds to the profile, so only too little is wrong here. */
    if (check->kept_bytes < BENCHMARK_COVERAGE_MIN * check->benchmark_bytes) {
        comparison_invalid(
            comparison, arena,
            "%s, exact trial %u: the profile holds %.0f %% of the bytes that the benchmarks counted",
            side, check->number, 100 * check->kept_bytes / check->benchmark_bytes);
    }
}

bool validity_is_negative(const struct fold *fold, size_t metrics)
{
    for (size_t i = 0; i < fold->site_count; i++) {
        for (size_t m = 0; m < metrics; m++) {
            if (fold->sites[i].value[m] < 0)
                return true;
        }
    }
    return false;
}

bool validity_is_off(int64_t period)
{
    return period <= 0 || period > PERIOD_MAX;
}

static void check_trial(struct comparison *comparison, struct arena *arena,
                        const struct trial_check *check)
{
    const char *side = side_name(check->side);
    if (validity_is_off(check->period)) {
        comparison_invalid(comparison, arena,
                           "%s, exact trial %u: heap profiling is off (period %lld)", side,
                           check->number, (long long)check->period);
    }
    if (check->has_negative) {
        comparison_invalid(comparison, arena,
                           "%s, exact trial %u: heap profile has negative values", side,
                           check->number);
    }
    if (check->profile_bytes <= 0) {
        comparison_invalid(comparison, arena, "%s, exact trial %u: the heap profile is empty", side,
                           check->number);
    }
    check_coverage(comparison, arena, check);
}

/* All trials must have been taken alike, or their difference says nothing. */
static void check_alike(struct comparison *comparison, struct arena *arena,
                        const struct trial_check *first, const struct trial_check *other)
{
    if (first->period != other->period) {
        comparison_invalid(comparison, arena,
                           "profile periods differ: %s trial %u has %lld, %s trial %u has %lld",
                           side_name(first->side), first->number, (long long)first->period,
                           side_name(other->side), other->number, (long long)other->period);
    }
}

void validity_check(struct comparison *comparison, struct arena *arena,
                    const struct trial_check *checks, size_t check_count)
{
    size_t trials[SIDES] = {0};
    for (size_t i = 0; i < check_count; i++) {
        trials[checks[i].side]++;
        check_trial(comparison, arena, &checks[i]);
        check_alike(comparison, arena, &checks[0], &checks[i]);
    }
    for (enum side side = comparison_first_side(comparison); side < SIDES; side++) {
        if (trials[side] == 0) {
            comparison_invalid(comparison, arena, "%s: no exact trial was recorded",
                               side_name(side));
        }
    }
}

/* A number of the load that all trials of a phase share. */
static const struct load_row {
    const char *name;
    size_t offset;
    bool is_double;
    bool is_engine; /* of record_engine, which older recordings lack */
} load_rows[] = {
    {"request counts", offsetof(struct record_trial, request_count), false, false},
    {"warm-up counts", offsetof(struct record_trial, warmup_count), false, false},
    {"rates per second", offsetof(struct record_trial, rate_per_second), true, false},
    {"batches", offsetof(struct record_trial, clocks.batch_ns), false, false},
    {"connections", offsetof(struct record_trial, engine.connections), false, true},
    {"streams of a connection", offsetof(struct record_trial, engine.streams), false, true},
};

static double load_value(const struct record_trial *trial, const struct load_row *row)
{
    double rate = 0;
    uint64_t count = 0;
    if (row->is_double) {
        memcpy(&rate, (const char *)trial + row->offset, sizeof(rate));
    } else {
        memcpy(&count, (const char *)trial + row->offset, sizeof(count));
    }
    return row->is_double ? rate : (double)count;
}

/* One trial beside the first of its phase. */
struct trial_pair {
    enum phase phase;
    enum side side;
    enum side first_side;
    const struct record_trial *first; /* of the baseline, where there is one */
    const struct record_trial *other;
};

static void check_load_row(struct comparison *comparison, struct arena *arena,
                           const struct trial_pair *pair, const struct load_row *row)
{
    double first = load_value(pair->first, row);
    double other = load_value(pair->other, row);
    if (row->is_engine && !(pair->first->engine.is_known && pair->other->engine.is_known))
        return;
    if ((first >= other && first <= other) ||
        (!row->is_double && tool_counts_agree(pair->first, pair->other, first, other)))
        return;
    struct str text =
        str_format(arena, "%s of the %s phase differ: %s trial %u has %.15g, %s trial %u has %.15g",
                   row->name, phase_name(pair->phase), side_name(pair->first_side),
                   pair->first->number, first, side_name(pair->side), pair->other->number, other);
    if (pair->phase != PHASE_EXACT) {
        comparison_refuse_steady(comparison, arena, "%.*s", STR_ARGS(text));
    } else {
        comparison_invalid(comparison, arena, "%.*s", STR_ARGS(text));
    }
}

static struct str statuses_text(const struct record_trial *trial)
{
    return trial->statuses.len ? trial->statuses : STR("none");
}

/* True when the answers differ: one such trial says all. */
static bool check_answers(struct comparison *comparison, struct arena *arena,
                          const struct trial_pair *pair)
{
    bool differ = !str_equal(pair->first->statuses, pair->other->statuses);
    if (differ) {
        comparison_invalid(
            comparison, arena,
            "answers differ in the %s phase: %s trial %u gave %.*s, %s trial %u gave %.*s",
            phase_name(pair->phase), side_name(pair->first_side), pair->first->number,
            STR_ARGS(statuses_text(pair->first)), side_name(pair->side), pair->other->number,
            STR_ARGS(statuses_text(pair->other)));
    }
    return differ;
}

static struct str tool_text(const struct record_trial *trial)
{
    return trial->tool ? trial->tool->format : STR("memgate");
}

/* Tools differ in what they send and in what they call latency: true when they do here. */
static bool check_tools(struct comparison *comparison, struct arena *arena,
                        const struct trial_pair *pair)
{
    struct str first = tool_text(pair->first);
    struct str other = tool_text(pair->other);
    bool differ = !str_equal(first, other);
    if (differ) {
        comparison_invalid(comparison, arena,
                           "loads of the %s phase differ: that of %s trial %u was sent and "
                           "read by %.*s, that of %s trial %u by %.*s",
                           phase_name(pair->phase), side_name(pair->first_side),
                           pair->first->number, STR_ARGS(first), side_name(pair->side),
                           pair->other->number, STR_ARGS(other));
    }
    return differ;
}

static void check_phase(struct comparison *comparison, struct arena *arena, enum phase phase)
{
    const struct record_scenario *record = comparison->record;
    bool answers_differ = false;
    bool tools_differ = false;
    enum side first = comparison_first_side(comparison);
    if (record->trial_count[first][phase] == 0)
        return;
    for (enum side side = first; side < SIDES; side++) {
        for (size_t t = 0; t < record->trial_count[side][phase]; t++) {
            struct trial_pair pair = {phase, side, first, record->trials[first][phase],
                                      &record->trials[side][phase][t]};
            for (size_t i = 0; i < ARRAY_LEN(load_rows); i++)
                check_load_row(comparison, arena, &pair, &load_rows[i]);
            answers_differ = answers_differ || check_answers(comparison, arena, &pair);
            tools_differ = tools_differ || check_tools(comparison, arena, &pair);
        }
    }
}

void validity_check_load(struct comparison *comparison, struct arena *arena)
{
    for (int phase = 0; phase < PHASES; phase++)
        check_phase(comparison, arena, (enum phase)phase);
}
