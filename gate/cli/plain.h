#ifndef GATE_CLI_PLAIN_H
#define GATE_CLI_PLAIN_H

#include "gate/cli/session.h"

/* What the command line says of one side. */
struct plain_side {
    struct str *files; /* profiles, and directories of them; ends with an empty one */
    struct str binary; /* the executable they were taken of; may be empty */
    struct str requests;
};

/* The options of `check` and `diff` that name and describe plain profiles. */
struct plain_options {
    struct plain_side sides[SIDES];
    struct str requests; /* of every profile of both sides: "20000" */
    bool can_be_alone;   /* the command takes a candidate without a baseline */
};

/* Rows of those options for a table, to be joined to the command's own. */
#define PLAIN_OPTION_ROWS(options)                                                                  \
    {"base",    0,                                                                                  \
     NULL,      (options)->sides[SIDE_BASE].files,                                                  \
     "FILE...", "a profile of the baseline, or a directory of them; may be repeated"},              \
        {"cand",    0,                                                                              \
         NULL,      (options)->sides[SIDE_CAND].files,                                              \
         "FILE...", "the same of the candidate"},                                                   \
        {"requests",           0,   NULL,                                                           \
         &(options)->requests, "N", "requests behind each profile: values and limits per request"}, \
        {"base-requests",                                                                           \
         0,                                                                                         \
         NULL,                                                                                      \
         &(options)->sides[SIDE_BASE].requests,                                                     \
         "N[,N]",                                                                                   \
         "the same of the baseline: of each profile, or one by one"},                               \
        {"cand-requests",                                                                           \
         0,                                                                                         \
         NULL,                                                                                      \
         &(options)->sides[SIDE_CAND].requests,                                                     \
         "N[,N]",                                                                                   \
         "the same of the candidate"},                                                              \
        {"base-binary", 0,                                                                          \
         NULL,          &(options)->sides[SIDE_BASE].binary,                                        \
         "EXE",         "executable of the baseline's profiles: tells kinds"},                      \
        {"cand-binary", 0,                                                                          \
         NULL,          &(options)->sides[SIDE_CAND].binary,                                        \
         "EXE",         "executable of the candidate's profiles: tells kinds"}

/* Room for as many files as the command line can name. */
void plain_options_init(struct plain_options *options, struct arena *arena, int argc);

/*
 * Whether the command line is about plain profiles: --base and --cand, or
 * two operands that are profiles, or directories without a recording;
 * those are taken over into the options. STATUS_USAGE where they are
 * mixed with a recording, or where an option for profiles is given with
 * recordings.
 */
NODISCARD enum status plain_take(bool *is_plain, struct plain_options *options,
                                 const struct str *operands, size_t count, struct err *err);

/*
 * Plain heap profile files, of any pprof producer, as a session: values
 * per profile, or per request where the requests are given, intervals
 * from the profiles' own sampling, and only the rules on allocation. With
 * the executables all kinds are known, and the program's own module;
 * without, kinds are told by names alone. One executable without the
 * other, requests of one side alone and two files of one side
 * with the same bytes are STATUS_USAGE. Without files of the baseline it
 * is the candidate alone.
 */
NODISCARD enum status plain_compare(struct session *session, const struct plain_options *options,
                                    struct err *err);
/*
 * Of a candidate alone budgets are judged, and rules of the policy that need
 * a baseline leave it without a verdict unless session->budgets; a policy
 * without a budget is STATUS_POLICY then. Without request counts a rule that limits an amount per request is
 * STATUS_USAGE, and floors per request do not apply, which a note says.
 */
NODISCARD enum status plain_judge(struct session *session, const struct plain_options *options,
                                  struct str policy_file, struct err *err);

#endif
