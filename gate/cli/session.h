#ifndef GATE_CLI_SESSION_H
#define GATE_CLI_SESSION_H

#include "gate/cli/cli.h"
#include "gate/cli/same_load.h"
#include "gate/cli/talk.h"

/*
 * From a recording to a judgement and its reports: what run, check and
 * report share.
 */
struct session {
    struct arena arena; /* all that is judged lives here */
    struct recording recording;
    struct recorded_policies recorded; /* where there are two recordings */
    struct recording base; /* the baseline's own recording, where there are two; else empty */
    bool is_pair;          /* `recording` is the candidate's, with the policy of `base` */
    bool quick;            /* judge allocation alone, whatever was recorded */
    bool budgets;          /* judge `max:` rules alone, whatever was recorded */
    bool list_all;         /* findings also hold every "ok" of single functions */
    const struct calibration *floors; /* in place of the recording's own calibration; else NULL */
    struct policy policy;
    struct pair_hints hints; /* what the policy names: successors, kinds in functions */
    struct comparison *comparisons;
    size_t comparison_count;
    struct judgement judgement;
};

void session_init(struct session *session);
void session_release(struct session *session);

/* What the operands of `check` and `diff` are, where they are no plain profiles (plain.h). */
enum session_input { INPUT_RECORDING, INPUT_PAIR };

/* STATUS_USAGE when a recording is to be compared with a file. */
NODISCARD enum status session_input(enum session_input *out, const struct str *paths, size_t count,
                                    struct err *err);

/* Opens DIR and judges it by its own policy, or by the text of policy_file when that is given. */
NODISCARD enum status session_open(struct session *session, struct str dir, struct str policy_file,
                                   struct err *err);
/*
 * Opens two recordings and judges the candidate of CAND against the
 * candidate of BASE, the revision that run was about, by the policy of
 * BASE or that of policy_file. Scenarios are joined by name. One that CAND
 * alone has is new where BASE's own policy, which can be read, does not
 * have it: it is judged as memgate run judges a new one. Any other that is
 * in one recording alone is invalid.
 */
NODISCARD enum status session_open_pair(struct session *session, struct str base, struct str cand,
                                        struct str policy_file, struct err *err);
/* Compares without a policy: one recording, or two. */
NODISCARD enum status session_compare(struct session *session, const struct str *dirs, size_t count,
                                      struct err *err);
/*
 * For a command that needs a baseline: STATUS_USAGE, with what to do, where
 * no comparison has one. Those without beside others (alone.len > 0) are
 * told to the log, and the command's to leave out.
 */
NODISCARD enum status session_need_both(const struct session *session, const struct log *log,
                                        const char *command, struct err *err);
/* Gives the policy's successors to the next comparison. */
void session_take_hints(struct session *session);
/* Judges session->recording by session->policy. */
NODISCARD enum status session_judge(struct session *session, struct err *err);
/* For where budgets alone can be judged: STATUS_POLICY when the policy has none. */
NODISCARD enum status session_need_budget(const struct session *session, struct err *err);
/* What session_judge judges: the session's comparisons by its policy. */
struct judge_input session_judge_input(const struct session *session);
/*
 * Judges what session_judge judged, one recording, but for one scenario,
 * which is taken from another that has the same scenarios.
 */
NODISCARD enum status session_judge_other(struct judgement *out, struct arena *arena,
                                          const struct session *session,
                                          const struct recording *recording, size_t scenario,
                                          struct err *err);
/* Writes every format's file below dir. */
NODISCARD enum status session_write_reports(struct session *session, struct str dir,
                                            struct err *err);
/* Writes one format to stdout; a write that fails is STATUS_IO. */
NODISCARD enum status session_print(struct session *session, const struct report_format *format,
                                    struct err *err);
/* The format named by --format, or text; STATUS_USAGE with the known names. */
NODISCARD enum status session_format(const struct report_format **out, struct str name,
                                     struct err *err);

#endif
