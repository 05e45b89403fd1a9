#ifndef GATE_COMPARE_LEDGER_H
#define GATE_COMPARE_LEDGER_H

#include "gate/compare/comparison.h"
#include "gate/compare/pair.h"
#include "gate/stats/counts.h"

/*
 * The numbers behind a comparison: one value per side, trial and column
 * for the scenario, each kind, each function and each function's kinds.
 */
enum column {
    COLUMN_ALLOC_OBJECTS, /* between warm and end, per request */
    COLUMN_ALLOC_SPACE,
    COLUMN_WARM_OBJECTS, /* live at the point */
    COLUMN_WARM_SPACE,
    COLUMN_END_OBJECTS,
    COLUMN_END_SPACE,
    COLUMN_GROWTH_SPACE, /* live bytes more per 1000 requests, see has_growth */
    COLUMN_RISE_SPACE,   /* the same from warm to the last point alone */
    COLUMN_LIVE1_SPACE,  /* live behind each further part of the load */
    COLUMN_LIVE2_SPACE,
    COLUMN_LIVE3_SPACE,
    COLUMNS
};

/* One trial's folds, in the units of the columns' sources. */
struct trial_fold {
    struct fold alloc; /* end minus warm; the whole process for gotest */
    struct fold warm;
    struct fold end;
    double request_count;
    bool has_points; /* warm and end exist (not for gotest and plain files) */
    struct fold growth[RECORDING_GROWTH_MAX];
    double growth_requests[RECORDING_GROWTH_MAX]; /* since warm */
    size_t growth_count;                          /* all or none */
};

struct ledger_side {
    struct trial_fold *trials;
    size_t len;
    struct str module;           /* of the program; empty when unknown */
    const struct str *functions; /* of the executable, as pprof spells them; see has_functions */
    size_t function_count;
    bool has_functions;
};

/* Bytes of one source line, averaged over the trials of a side. */
struct ledger_site {
    struct fold_site fold; /* without values: raw names */
    /*
     * What the site was charged to besides the library's function that
     * allocated: false in the row of the leaf itself.
     */
    bool is_charged;
    struct name_id context; /* key of who called the row's function here; 0 unknown */
    double mean[COLUMNS];
};

struct ledger_row {
    enum row_level level;
    struct name_id key;   /* pair key of the function (candidate's); 0 for SCENARIO and KIND */
    enum alloc_kind kind; /* KIND and FUNCTION_KIND */
    double *values;       /* [side][trial][column], see ledger_samples */
    double *variances;    /* likewise, by the sampling; NULL of exact folds and of `cum` */
    size_t function;      /* FUNCTION_KIND: index of its function's row; FUNCTION: its own */
    double *flat;         /* [side][column], mean over the trials of what it allocated itself */
    double *cum;          /* FUNCTION: like values, of every stack it stands in; NULL elsewhere */
    /* FUNCTION: the executable of the side on which it allocates nothing is known to have it. */
    bool stays;
    double moved[COLUMNS]; /* FUNCTION and FUNCTION_KIND: see moved.h */
    /* FUNCTION: sites in it that no other function is charged with; 0 for charged libraries. */
    size_t own_site_count;
    /* FUNCTION rows: its sites on each side */
    struct ledger_site *sites[SIDES];
    size_t site_count[SIDES];
    size_t site_cap[SIDES];
};

struct ledger {
    struct arena *arena;
    struct intern *names;
    struct ledger_row *rows;
    size_t len;
    size_t cap;
    /*
     * The program's own functions that a site's context names, each with the
     * value of every stack that it stands in; key and values alone are filled.
     */
    struct ledger_row *callers;
    size_t caller_count;
    size_t caller_cap;
    size_t trial_max; /* per side */
    size_t trial_count[SIDES];
    /*
     * Every trial went on behind its end: growth is the Theil-Sen slope over
     * warm, end and the points behind it; else end less warm.
     */
    bool has_growth;
    /* By trial of each side: what stands behind a value per request. */
    double *request_counts[SIDES];
    int64_t period; /* of the first trial's profile; above 1 it was sampled */
    struct pairs pairs;
    uint32_t *kind_rows; /* [row][kind]: index of the FUNCTION_KIND row + 1; 0 for none */
};

/* A side without trials yet. */
struct ledger_side ledger_side_of(const struct record_program *program);
void ledger_build(struct ledger *out, struct arena *arena, struct intern *names,
                  const struct ledger_side sides[SIDES], const struct pair_hints *hints);
/* The row of the function that a FUNCTION or FUNCTION_KIND row is about. */
const struct ledger_row *ledger_function(const struct ledger *ledger, const struct ledger_row *row);
/* A row whose values are those of every stack that the function of a FUNCTION row stands in. */
struct ledger_row ledger_cum(const struct ledger_row *function);
/* A number that equal sites of folds share, whichever side they are of; no order may depend on it. */
uint64_t ledger_site_code(const struct fold_site *site);
/* The function that the row is about, as a site of it spells it. */
struct name_id ledger_site_function(const struct ledger_site *site);
/* The FUNCTION_KIND row of a FUNCTION row, or NULL. */
const struct ledger_row *ledger_kind_row(const struct ledger *ledger, const struct ledger_row *row,
                                         enum alloc_kind kind);
/* The values of a column over the trials of a side, into `out` (trial_max wide). */
struct samples ledger_samples(const struct ledger *ledger, const struct ledger_row *row,
                              enum side side, enum column column, double *out);
/* What was allocated is counted per request, what is live at a point is not. */
bool column_is_per_request(enum column column);
/*
 * The same of a sampled profile with what the sampling makes of it; not of
 * growth. Of `cum`, whose stacks have no variances, `bound` per unit of the
 * value and of exposure stands in for it.
 */
struct sampled_samples ledger_sampled(const struct ledger *ledger, const struct ledger_row *row,
                                      enum side side, enum column column, double bound,
                                      struct sampled *out);

#endif
