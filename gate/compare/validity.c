#include "gate/compare/validity.h"

#include <math.h>
#include <stdarg.h>

/*
 * sum(alloc_space) / TotalAlloc is 1.009 at rate 1 and 0.90 to 1.02 over
 * all rates measured. Reading the profile allocates on both sides of the
 * window, which matters for tiny loads only: 1 MiB of slack covers it.
 */
#define COVERAGE_TOLERANCE   0.10
#define COVERAGE_SLACK_BYTES (1024.0 * 1024)
#define PERIOD_MAX           (64LL * 1024 * 1024)

static void text_add(struct str **items, size_t *len, size_t *cap, struct arena *arena,
                     const char *text)
{
    struct str copy = str_copy(arena, str_from(text));
    ARENA_PUSH(arena, *items, *len, *cap, copy);
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

static void check_trial(struct comparison *comparison, struct arena *arena,
                        const struct trial_check *check)
{
    const char *side = side_name(check->side);
    if (check->period <= 0 || check->period > PERIOD_MAX)
        comparison_invalid(comparison, arena,
                           "%s, exact trial %u: heap profiling is off (period %lld)", side,
                           check->number, (long long)check->period);
    if (check->has_negative)
        comparison_invalid(comparison, arena,
                           "%s, exact trial %u: heap profile has negative values", side,
                           check->number);
    double gap = fabs(check->profile_bytes - check->runtime_bytes);
    double allowed = COVERAGE_TOLERANCE * check->runtime_bytes + COVERAGE_SLACK_BYTES;
    if (check->runtime_bytes > 0 && check->period == 1 && gap > allowed)
        comparison_invalid(
            comparison, arena,
            "%s, exact trial %u: the profile covers %.0f %% of TotalAlloc: profiling "
            "was off for a while",
            side, check->number, 100 * check->profile_bytes / check->runtime_bytes);
}

/* All trials must have been taken alike, or their difference says nothing. */
static void check_alike(struct comparison *comparison, struct arena *arena,
                        const struct trial_check *first, const struct trial_check *other)
{
    if (first->period != other->period)
        comparison_invalid(comparison, arena,
                           "profile periods differ: %s trial %u has %lld, %s trial %u has %lld",
                           side_name(first->side), first->number, (long long)first->period,
                           side_name(other->side), other->number, (long long)other->period);
    if (first->request_count != other->request_count)
        comparison_invalid(
            comparison, arena, "request counts differ: %s trial %u has %llu, %s trial %u has %llu",
            side_name(first->side), first->number, (unsigned long long)first->request_count,
            side_name(other->side), other->number, (unsigned long long)other->request_count);
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
    for (int side = 0; side < SIDES; side++)
        if (trials[side] == 0)
            comparison_invalid(comparison, arena, "%s: no exact trial was recorded",
                               side_name((enum side)side));
}
