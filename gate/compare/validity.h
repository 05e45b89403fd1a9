#ifndef GATE_COMPARE_VALIDITY_H
#define GATE_COMPARE_VALIDITY_H

#include "gate/compare/ledger.h"

/* What one exact trial says about itself beside its folds. */
struct trial_check {
    enum side side;
    uint32_t number;
    int64_t period;
    bool has_negative;
    double profile_bytes; /* alloc_space between warm and end, nothing left out */
    double runtime_bytes; /* TotalAlloc between the same points; 0 when unknown */
    uint64_t request_count;
};

void comparison_invalid(struct comparison *comparison, struct arena *arena, const char *format, ...)
    PRINTF_LIKE(3, 4);
void comparison_note(struct comparison *comparison, struct arena *arena, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Adds to comparison->invalid whatever forbids a verdict (design section 6, statistics section 8). */
void validity_check(struct comparison *comparison, struct arena *arena,
                    const struct trial_check *checks, size_t check_count);

#endif
