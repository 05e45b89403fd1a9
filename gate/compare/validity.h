#ifndef GATE_COMPARE_VALIDITY_H
#define GATE_COMPARE_VALIDITY_H

#include "gate/compare/ledger.h"

/* What one exact trial says about itself beside its folds. */
struct trial_check {
    enum side side;
    uint32_t number;
    int64_t period;
    bool has_negative;
    double profile_bytes;   /* alloc_space between warm and end, nothing left out */
    double kept_bytes;      /* of them, what was not left out */
    double runtime_bytes;   /* TotalAlloc between the same points */
    bool has_runtime;       /* false for plain files */
    double benchmark_bytes; /* gotest: sum of B/op times iterations, as the benchmarks printed it */
};

/* Of the first `metrics` columns: what was allocated only grows, what is in use may shrink. */
bool validity_is_negative(const struct fold *fold, size_t metrics);
/* A period that no profile that was on has. */
bool validity_is_off(int64_t period);

void comparison_invalid(struct comparison *comparison, struct arena *arena, const char *format, ...)
    PRINTF_LIKE(3, 4);
void comparison_note(struct comparison *comparison, struct arena *arena, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Sets comparison->steady_refusal where no earlier reason stands, and says it in a note. */
void comparison_refuse_steady(struct comparison *comparison, struct arena *arena,
                              const char *format, ...) PRINTF_LIKE(3, 4);

/* Adds to comparison->invalid whatever forbids a verdict (design section 6, statistics section 8). */
void validity_check(struct comparison *comparison, struct arena *arena,
                    const struct trial_check *checks, size_t check_count);

/*
 * All trials of a phase had the same load and gave the same answers
 * (record_trial.statuses), on both sides. Other answers are invalid in
 * either phase; another count or rate of the steady phase refuses only that.
 */
void validity_check_load(struct comparison *comparison, struct arena *arena);

#endif
