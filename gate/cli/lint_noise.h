#ifndef GATE_CLI_LINT_NOISE_H
#define GATE_CLI_LINT_NOISE_H

#include "gate/policy/policy.h"
#include "gate/recording/calibration.h"

/* The calibrations in memgate.noise/ beside a policy, by the names of their files. */
struct lint_noise {
    struct calibration *items;
    size_t len;
};

/* None at all is fine; one that cannot be read is STATUS_POLICY. */
NODISCARD enum status lint_noise_read(struct lint_noise *out, struct arena *arena,
                                      struct str policy_file, struct err *err);
/* One line for each class of machines. */
void lint_noise_write_head(struct buf *out, const struct lint_noise *noise);
/*
 * What the rule can detect on each class of machines, and whether its limit is below that;
 * nothing of a rule that was not there, or met nothing, when they were made.
 */
void lint_noise_write(struct buf *out, struct arena *arena, const struct lint_noise *noise,
                      const struct rule *rule);

#endif
