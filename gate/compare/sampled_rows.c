#include "gate/compare/sampled_rows.h"

#include <math.h>

#include "gate/compare/culprits.h"
#include "gate/compare/validity.h"
#include "gate/stats/power.h"

struct sampling_rows sampled_rows(const struct ledger *ledger, const struct ledger_row *whole)
{
    struct sampling_rows out = {.ledger = ledger, .whole = whole};
    for (int side = 0; side < SIDES; side++)
        out.scratch[side] = ARENA_ARRAY(ledger->arena, struct sampled, ledger->trial_max);
    return out;
}

bool sampled_has(const struct ledger *ledger, enum column column)
{
    return ledger->period > 1 && column <= COLUMN_END_SPACE;
}

static bool counts_objects(enum column column)
{
    return column == COLUMN_ALLOC_OBJECTS || column == COLUMN_WARM_OBJECTS ||
           column == COLUMN_END_OBJECTS;
}

static double sum_of(const struct ledger *ledger, const struct ledger_row *row, enum column column)
{
    return ledger_mean(ledger, row, SIDE_BASE, column) +
           ledger_mean(ledger, row, SIDE_CAND, column);
}

/* Bytes a piece over both sides; a column of objects stands before its column of bytes. */
static double object_size(const struct ledger *ledger, const struct ledger_row *row,
                          enum column objects)
{
    double count = sum_of(ledger, row, objects);
    double bytes = sum_of(ledger, row, (enum column)(objects + 1));
    return count > 0 && bytes > count ? bytes / count : 1;
}

/*
 * The variance a unit of the value has at most: R of bytes, whatever the
 * objects' size s (it is exact for s << R), and R / s of objects, in the
 * column's unit, over an exposure of 1.
 */
static double bound_of(const struct ledger *ledger, const struct ledger_row *row,
                       enum column column)
{
    double bound = (double)ledger->period;
    if (counts_objects(column))
        bound /= object_size(ledger, row, column);
    return bound;
}

struct estimate sampled_estimate(const struct sampling_rows *rows, const struct ledger_row *row,
                                 enum column column)
{
    const struct ledger *ledger = rows->ledger;
    struct sampled_samples sides[SIDES];
    double bound = row->variances ? 0 : bound_of(ledger, row, column);
    for (int side = 0; side < SIDES; side++) {
        sides[side] =
            ledger_sampled(ledger, row, (enum side)side, column, bound, rows->scratch[side]);
    }
    return estimate_of_sampled(sides[SIDE_BASE], sides[SIDE_CAND],
                               bound_of(ledger, rows->whole, column), ESTIMATE_CONFIDENCE);
}

void sampled_counts(uint64_t counts[SIDES], const struct sampling_rows *rows,
                    const struct ledger_row *row, enum column column)
{
    for (int side = 0; side < SIDES; side++) {
        struct sampled_samples samples =
            ledger_sampled(rows->ledger, row, (enum side)side, column, 0, rows->scratch[side]);
        counts[side] = (uint64_t)fmin(COMPARISON_SAMPLES_EXACT, round(sampled_count(samples)));
    }
}

void sampled_note(struct comparison *comparison, const struct sampling_rows *rows)
{
    uint64_t counts[SIDES];
    if (!sampled_has(rows->ledger, COLUMN_ALLOC_SPACE))
        return;
    if (comparison->alone.len > 0) {
        comparison_note(comparison, rows->ledger->arena,
                        "heap profiles sample one in %lld bytes, and intervals come from that",
                        (long long)rows->ledger->period);
        return;
    }
    sampled_counts(counts, rows, rows->whole, COLUMN_ALLOC_SPACE);
    uint64_t fewer = counts[SIDE_BASE] < counts[SIDE_CAND] ? counts[SIDE_BASE] : counts[SIDE_CAND];
    const size_t *readings = rows->ledger->trial_count;
    size_t more =
        readings[SIDE_BASE] > readings[SIDE_CAND] ? readings[SIDE_BASE] : readings[SIDE_CAND];
    comparison_note(comparison, rows->ledger->arena,
                    "heap profiles sample one in %lld bytes, and intervals come from that; of all "
                    "bytes equal sides keep limits from %.2g %% on %u times in 100",
                    (long long)rows->ledger->period, 100 * power_margin((double)fewer),
                    power_margin_percent(more));
}
