#ifndef GATE_COMPARE_COMPARISON_H
#define GATE_COMPARE_COMPARISON_H

#include "gate/base/metric.h"
#include "gate/fold/fold.h"
#include "gate/recording/recording.h"
#include "gate/stats/estimate.h"

/*
 * Both sides of one scenario, joined: a row per metric and subject with
 * its estimate. Nothing here knows a limit; judge holds rows against
 * rules.
 */
enum row_level {
    ROW_SCENARIO,      /* the whole process */
    ROW_KIND,          /* all bytes of one kind */
    ROW_FUNCTION,      /* flat bytes of one function */
    ROW_FUNCTION_KIND, /* flat bytes of one kind in one function */
    ROW_BENCHMARK,     /* what `go test -bench` printed for one benchmark */
};

enum { CULPRITS_MAX = 5 };

/* Who caused the growth of a row: a function with its guilty line. */
struct culprit {
    struct str func; /* pprof spelling */
    struct str short_name;
    struct str
        via; /* first frame of the program's own code when func is a library's; may be empty */
    struct str file; /* relative to the repository for the program's own code */
    int64_t line;
    enum alloc_kind kind;
    double delta; /* in the row's unit */
};

struct comparison_row {
    enum metric metric;
    enum point point; /* POINT_WARM or POINT_END for live heap; POINT_END elsewhere */
    enum row_level level;
    struct str func; /* candidate's spelling; the baseline's when it vanished; benchmark name */
    struct str base_func; /* baseline's spelling where it differs */
    struct str normal;    /* normalised spelling */
    struct str package;
    struct str file; /* guilty line, as in struct culprit */
    int64_t line;
    enum alloc_kind kind; /* FUNCTION: the kind that grew most */
    struct estimate estimate;
    /*
     * FUNCTION rows: the value of every stack the function stands in, its
     * callees' included; means over the trials, in the estimate's unit. A
     * stack counts once for each of the function's names in it, so two
     * closures of one function that call each other count twice.
     */
    double cum_base;
    double cum_cand;
    double cand_share;        /* of the scenario's value on the candidate, 0..1 */
    bool is_new;              /* nothing on the baseline */
    bool is_gone;             /* nothing on the candidate */
    struct culprit *culprits; /* SCENARIO and KIND rows of heap metrics, largest growth first */
    size_t culprit_count;
};

/* A function that kept its cost under another name. */
struct moved {
    struct str from;
    struct str to;
    double bytes; /* alloc_space per request on the candidate */
};

struct kind_share {
    double bytes[SIDES]; /* alloc_space per request */
};

struct comparison {
    struct str scenario;
    const struct record_scenario *record; /* describes both sides, wherever they come from */
    struct comparison_row *rows;
    size_t row_count;
    struct moved *moved;
    size_t moved_count;
    struct kind_share kinds[ALLOC_KINDS];
    struct str *invalid; /* why nothing may be judged; empty when valid */
    size_t invalid_count;
    struct str *notes; /* what a reader must know: toolchain changed, period not 1 */
    size_t note_count;
    size_t note_cap;
    size_t invalid_cap;
    bool toolchain_changed;
    bool has_steady;
    /*
     * Why the steady phase was not compared though it was recorded: other
     * machines, another rate. Empty when nothing is in the way. Allocation
     * does not depend on it; a policy with steady rules does.
     */
    struct str steady_refusal;
};

/* Where one side of a comparison comes from: a side of a scenario of a recording. */
struct comparison_source {
    const struct recording *recording;
    size_t scenario; /* index */
    enum side side;  /* of that recording */
};

/*
 * Compares sources[SIDE_BASE] with sources[SIDE_CAND]. Everything lives
 * in the arena. A measurement that cannot be trusted, or two that were
 * not taken alike, is listed in `invalid`, not an error; errors are files
 * that cannot be read.
 */
NODISCARD enum status comparison_of_sources(struct comparison *out, struct arena *arena,
                                            const struct comparison_source sources[SIDES],
                                            struct err *err);

/* The same for the two sides of one scenario of one recording. */
NODISCARD enum status comparison_of(struct comparison *out, struct arena *arena,
                                    const struct recording *recording, size_t scenario,
                                    struct err *err);

/* A scenario that one recording alone holds: named as invalid, so that it is never skipped. */
void comparison_of_lone(struct comparison *out, struct arena *arena,
                        const struct comparison_source *source, enum side side);

/*
 * Compares two plain heap profiles: values are whole-profile sums
 * ("one request"), intervals come from the sampling of each profile
 * alone (variance <= period * value, statistics of 1-in-period sampling).
 */
NODISCARD enum status comparison_of_profiles(struct comparison *out, struct arena *arena,
                                             const struct profile *base, const struct profile *cand,
                                             struct err *err);

#endif
