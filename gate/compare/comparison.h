#ifndef GATE_COMPARE_COMPARISON_H
#define GATE_COMPARE_COMPARISON_H

#include "gate/base/metric.h"
#include "gate/compare/pair.h"
#include "gate/fold/fold.h"
#include "gate/recording/recording.h"
#include "gate/stats/estimate.h"
#include "gate/stats/overlap.h"

/*
 * Both sides of one scenario, joined: a row per metric and subject with
 * its estimate. Nothing here knows a limit; judge holds rows against
 * rules.
 */
enum row_level {
    ROW_SCENARIO, /* the whole process */
    ROW_KIND,     /* all bytes of one kind */
    /*
     * One function: what it allocated itself and, for a function of the
     * program's own module, what libraries allocated when it called them
     * (each byte goes to the first frame of the module). A library's
     * function has a row of its own besides, with its flat bytes.
     */
    ROW_FUNCTION,
    /*
     * The bytes of one kind of it. Where too much of the function has no
     * known kind there is a row of every kind, if only of zero bytes.
     */
    ROW_FUNCTION_KIND,
    ROW_BENCHMARK, /* what `go test -bench` printed for one benchmark */
};

enum { CULPRITS_MAX = 5 };

/* With a larger share of bytes without a kind nothing is said of a kind. */
#define COMPARISON_UNKNOWN_SHARE_MAX 0.02

/* Who caused the growth of a row: a function with its guilty line. */
struct culprit {
    struct str func; /* pprof spelling */
    struct str short_name;
    struct str
        via; /* first frame of the program's own code when func is a library's; may be empty */
    struct str file; /* relative to the repository for the program's own code */
    int64_t line;
    enum alloc_kind kind;
    enum alloc_op op;
    double delta; /* in the row's unit */
};

/* A function that cost came from to the one of a row: what became of its bytes. */
struct moved_source {
    struct str key; /* as in the row */
    struct str func;
    double
        amount; /* of the whole function, in the row's unit; 0 where only another metric's moved */
};

/* So many samples of equal weight, or more: as good as if each object had been counted. */
#define COMPARISON_SAMPLES_EXACT UINT32_MAX

struct comparison_row {
    enum metric metric;
    enum point point; /* POINT_WARM or POINT_END for live heap; POINT_END elsewhere */
    enum row_level level;
    struct str func; /* candidate's spelling; the baseline's when it vanished; benchmark name */
    struct str base_func; /* baseline's spelling where it differs */
    struct str key;       /* function rows: pair_key of `func`, one for all rows of a function */
    struct str normal;    /* name_normal of the key; the benchmark's name */
    struct str package;
    struct str file; /* guilty line, as in struct culprit */
    int64_t line;
    struct str other_file; /* function rows: the file of the other side where it differs */
    struct str leaf;       /* the library's function that allocated at that line; may be empty */
    enum alloc_kind kind;  /* FUNCTION: the kind that grew most */
    enum alloc_op op;      /* at the guilty line */
    struct estimate estimate;
    enum phase phase; /* whose trials the estimate is of: more of them make it surer */
    /* Of the change alone: the value itself is by the steady trials (estimate_set_level). */
    bool is_leveled;
    /* FUNCTION rows: every byte of it is charged to a function of the program's own as well. */
    bool is_charged;
    /*
     * FUNCTION and FUNCTION_KIND rows: cost that only changed its place,
     * in the estimate's unit: positive where it came to, negative where
     * it left. Growth is what is there beyond it: judge takes base + moved
     * for the baseline.
     */
    double moved;
    struct moved_source *sources; /* largest amount first */
    size_t source_count;
    /* FUNCTION rows: what the function allocated itself, means over the trials. */
    double flat_base;
    double flat_cand;
    /*
     * Bytes or objects in the same scenario or function, of each side, and
     * those of no known kind among them: what a rule about kinds may have
     * missed.
     */
    double whole[SIDES];
    double unknown[SIDES];
    /*
     * FUNCTION and FUNCTION_KIND rows of the heap: the value of every stack
     * the function stands in, its callees' and all kinds included, in the
     * estimate's unit.
     */
    struct estimate cum;
    double cum_share; /* of the scenario's value on the candidate, as cand_share */
    /*
     * The same rows: what the function allocated itself, or had allocated by
     * libraries, and does no more: the sum over the kinds that fell by more
     * than noise, whatever others grew by.
     */
    double lost;
    /*
     * Of CPU profiles what the shares are shares of; of sampled heap profiles
     * the effective samples behind the value, COMPARISON_SAMPLES_EXACT where
     * the value has no error of sampling to speak of; else 0.
     */
    uint64_t samples[SIDES];
    double cand_share; /* of the scenario's value on the candidate, 0..1 */
    /*
     * SCENARIO rows of a profile that may not have been on: why their numbers
     * prove nothing. Empty elsewhere.
     */
    struct str doubt;
    struct str measured_by; /* latency that is a load tool's: "hey"; empty: memgate's own */
    /* Why a growth may be larger than it looks: one that is proven stands, "ok" does not. */
    struct str shadow;
    /* Why the estimate has no interval, where it is not that there is one process a side. */
    struct str unbounded;
    /* The value is of a whole profile, since nobody knows the requests behind it. */
    bool is_per_profile;
    /* There is no baseline: the estimate is estimate_alone's, and `cum` too. */
    bool is_alone;
    bool is_new;              /* nothing on the baseline */
    bool is_gone;             /* nothing on the candidate */
    struct culprit *culprits; /* SCENARIO and KIND rows with functions, largest growth first */
    size_t culprit_count;
};

/* True for rows about one function, or one kind of it. */
static inline bool row_is_of_function(const struct comparison_row *row)
{
    return row->level == ROW_FUNCTION || row->level == ROW_FUNCTION_KIND;
}

/* Cost that changed its place: a function under another name, split, merged or extracted. */
struct moved {
    struct str from;
    struct str to;
    double bytes;       /* in the unit of the metric */
    enum metric metric; /* alloc_space; inuse_space at the end where only what is held moved */
};

/* Functions that are one although their names differ, and what told it. */
struct paired {
    struct str base;
    struct str cand;
    enum pair_step step;
};

struct kind_share {
    double bytes[SIDES]; /* alloc_space per request */
    double op_bytes[ALLOC_OPS][SIDES];
};

/* Where bytes of kind "other" are from. */
struct unlisted_entry {
    /*
     * What the program called and no table knows ("runtime.mallocgcLarge");
     * empty: it has no name either. With is_runtime the runtime's function
     * that allocated on a stack of its own ("runtime.malg").
     */
    struct str entry;
    bool is_runtime;
    double bytes[SIDES];
};

/* One allocation site of a function, on one side or both. */
struct detail_site {
    bool is_charged;  /* a library's site in the row of the program's own frame */
    struct str leaf;  /* innermost function */
    struct str place; /* "price/price.go:77" of the leaf, as reports spell files */
    struct str user;  /* the program's own frame that it is charged to; empty when it is the leaf */
    struct str user_place;
    struct str caller; /* of the user frame, or of the leaf where there is none; may be empty */
    struct str chain;  /* "a < b < c" where the leaf was inlined; may be empty */
    struct str entry;  /* "runtime.mapassign_faststr"; empty when unknown */
    struct str type;   /* of what was allocated; empty when unknown */
    enum alloc_kind kind;
    enum alloc_op op;
    enum alloc_how how;
    double bytes[SIDES]; /* alloc_space per request */
    double held[SIDES];  /* inuse_space at the end */
};

/* Everything known of one function: what `memgate explain` shows. */
struct detail {
    struct str key;  /* pair key, candidate's */
    struct str func; /* pprof spelling; the baseline's when it vanished */
    struct str base_func;
    bool is_user;         /* of the program's own module */
    bool is_there[SIDES]; /* it allocates, or holds something, on the side */
    const struct paired *paired;
    struct detail_site *sites; /* by bytes on both sides, largest first */
    size_t site_count;
};

/*
 * What resident memory is for, at the point `end`: just collected, so that
 * a collector that runs less often shows as headroom, and a leak as live
 * heap.
 */
enum rss_part {
    RSS_LIVE,
    RSS_HEADROOM, /* of the heap, neither live nor given back to the system */
    RSS_STACKS,
    RSS_METADATA, /* of the runtime: spans, caches, the collector, profiles */
    RSS_REST,     /* code, data, C, other processes of the tree: the resident memory less these */
    RSS_PARTS
};

const char *rss_part_name(enum rss_part part); /* "live heap", "GC headroom" ... */

struct rss_side {
    double total;
    double parts[RSS_PARTS];
};

/* What the slowest requests of a side's steady trials have to do with its collector: gc_tie.h. */
struct tie_side {
    struct overlap cycles; /* of those requests, with collections */
    struct overlap stops;  /* and with what of them stopped the program */
    uint64_t cycle_count;  /* whose times are known */
    uint64_t lost_count;   /* and those whose lines were torn */
};

/* Goroutines by who created them, means over the steady trials at the end of the load. */
struct creation {
    struct str key;  /* pair key of the function that they are charged to, as in its rows */
    struct str func; /* that function */
    struct str by;   /* the function with the go statement; empty: the runtime */
    struct str file; /* of the statement that has most on the candidate; as in struct culprit */
    int64_t line;
    double counts[SIDES];
};

/* Something that happened to the heap of a process during the load: heap_series.h. */
enum heap_what {
    HEAP_LIVE,      /* bytes that a collection found live: before and after */
    HEAP_INUSE,     /* bytes in spans that hold something: before and after */
    HEAP_MALLOCS,   /* allocations a second */
    HEAP_OVER_GOAL, /* bytes allocated went above the goal: `after` above `before` */
};

struct heap_mark {
    enum heap_what what;
    uint32_t trial; /* steady, from 1 */
    double ms;      /* since the load began */
    double before;
    double after;
};

struct heap_side {
    struct heap_mark *marks; /* by trial */
    size_t mark_count;
    size_t samples;     /* of MemStats, over all trials */
    bool has_polls;     /* false: how they went was not recorded */
    size_t polls_lost;  /* that got no answer, and so gave no sample */
    size_t pauses_lost; /* of them: since the one before more collections ran than it keeps */
};

/*
 * What the execution traces of a side's steady trials say together, and
 * gctrace of the same collections: trace_check.h.
 */
struct trace_side {
    size_t trial_count;          /* that were read; 0: nothing below but the reason was measured */
    struct str refusal;          /* why not of all trials; empty where it was of all */
    uint64_t window_ns;          /* what they span */
    struct trace_totals totals;  /* their sums; no cycles, no times of beginning and end */
    size_t traced_count;         /* collections that they hold whole */
    size_t matched_count;        /* of them, those whose line of gctrace was found */
    double traced_stop_ns;       /* of matched collections, as what is below */
    double printed_stop_ns;      /* by gctrace */
    double traced_assist_low_ns; /* the trace leaves open how much of it was marking */
    double traced_assist_high_ns;
    double printed_assist_ns;
    size_t stops_apart; /* collections of which both differ by more than is explained */
    size_t assists_apart;
};

/* More than half of the matched collections are. */
bool trace_stops_are_apart(const struct trace_side *side);
bool trace_assists_are_apart(const struct trace_side *side);

/* A meeting is called more than chance where it would be as frequent by chance this seldom. */
#define TIE_P_MAX 0.005

struct comparison {
    struct str scenario;
    const struct record_scenario *record; /* describes both sides, wherever they come from */
    /*
     * Why there is no baseline, as in record_scenario; empty where there is
     * one. Rows are of the candidate alone then, and the record has no trial
     * and no program of a baseline.
     */
    struct str alone;
    struct comparison_row *rows;
    size_t row_count;
    struct moved *moved; /* largest first */
    size_t moved_count;
    struct paired *paired; /* by step, then baseline name */
    size_t paired_count;
    struct kind_share kinds[ALLOC_KINDS];
    double how_bytes[ALLOC_HOWS][SIDES]; /* alloc_space per request by how its kind was found */
    struct unlisted_entry *unlisted;     /* largest first */
    size_t unlisted_count;
    struct detail *details; /* by key */
    size_t detail_count;
    struct str *invalid; /* why nothing may be judged; empty when valid */
    size_t invalid_count;
    struct str *notes; /* what a reader must know: toolchain changed, period not 1 */
    size_t note_count;
    size_t note_cap;
    size_t invalid_cap;
    bool is_per_profile; /* plain profiles without request counts, see comparison_row */
    bool toolchain_changed;
    bool has_steady;
    bool has_rss;  /* rss was filled */
    bool has_heap; /* heap was filled */
    bool has_tie;  /* tie was filled */
    struct rss_side rss[SIDES];
    struct creation *creations; /* by growth, largest first; none where nobody told */
    size_t creation_count;
    struct heap_side heap[SIDES];
    struct trace_side *traces; /* by side; NULL: no trial was asked for one */
    struct tie_side *tie;      /* by side */
    struct str tie_refusal;    /* why there is none */
    /*
     * Why the steady phase was not compared though it was recorded: other
     * machines, another rate. Empty when nothing is in the way. Allocation
     * does not depend on it; a policy with steady rules does.
     */
    struct str steady_refusal;
    /* Why there are no rows of a kind of profile though the steady phase was compared. */
    struct str profile_refusals[PROFILE_KINDS];
    /* Why there is no latency though the steady phase was compared; empty where there is. */
    struct str latency_refusal;
    bool has_no_latency;         /* nor was any asked of the load tool: load.output is none */
    struct str gc_refusal;       /* likewise of the collector */
    struct str gc_pause_refusal; /* and of its pauses alone */
    struct str gc_goal_refusal;  /* and of its goal */
    struct str series_refusal;   /* and of the samples of the process */
    struct str pss_refusal;      /* and of their PSS alone */
    /* Of calibrated_apply; the recording says nothing of calibration where has_noise is false. */
    bool has_noise;
    struct str noise;                      /* in words: calibrated by what, or why not */
    const struct calibration *calibration; /* that the floors are of; NULL: there are none */
    size_t calibrated_rows;                /* that have one */
};

/* Where a loop over the sides that there are begins. */
static inline enum side comparison_first_side(const struct comparison *comparison)
{
    return comparison->alone.len > 0 ? SIDE_CAND : SIDE_BASE;
}

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
 * that cannot be read. `hints` name functions that took another's place;
 * which files were renamed is taken from the recording where both sides
 * are of one. Two sources that are the same side are the candidate alone.
 */
NODISCARD enum status comparison_of_sources(struct comparison *out, struct arena *arena,
                                            const struct comparison_source sources[SIDES],
                                            const struct pair_hints *hints, struct err *err);

/* The same for the two sides of one scenario of one recording, or for the one that it has. */
NODISCARD enum status comparison_of(struct comparison *out, struct arena *arena,
                                    const struct recording *recording, size_t scenario,
                                    const struct pair_hints *hints, struct err *err);

/* A scenario that one recording alone holds: named as invalid, so that it is never skipped. */
void comparison_of_lone(struct comparison *out, struct arena *arena,
                        const struct comparison_source *source, enum side side);

/* A plain heap profile, from a file. */
struct comparison_profile {
    const struct profile *profile;
    struct str name;      /* of the file, for complaints */
    double request_count; /* that it was taken over; 0: nobody knows */
};

/* One side of a comparison of plain files. */
struct comparison_profiles {
    const struct comparison_profile *items;
    size_t len; /* > 0 of the candidate; 0 of a baseline that there is none of */
    /* Of its executable where somebody has it: NULL and zeroed mean kinds by names alone. */
    const struct call_targets *targets;
    struct record_program program;
};

/*
 * Compares plain heap profiles. Values are per request where all request
 * counts are known, else whole-profile sums (row.is_per_profile), each
 * file then being taken for the same work; with several files a side they
 * are means. Intervals come from the sampling of the profiles alone, or
 * from nothing at period 1, where one reading is the value. What forbids
 * comparing the files, snapshots of one process and unequal request counts
 * of profiles since its start among it, is listed in `invalid`, file by file. STATUS_FORMAT
 * with the file for one that is no Go heap profile. Without files of the
 * baseline (len 0) it is the candidate alone.
 */
NODISCARD enum status comparison_of_profiles(struct comparison *out, struct arena *arena,
                                             const struct comparison_profiles sides[SIDES],
                                             const struct pair_hints *hints, struct err *err);

/* The unit of a metric's values here: whole profiles know no "per request". */
enum unit comparison_unit(const struct comparison *comparison, enum metric metric);
enum unit comparison_row_unit(const struct comparison_row *row);

/* Why there is no row of the metric; empty where nothing is known of a reason. */
struct str comparison_why_unmeasured(const struct comparison *comparison, enum metric metric);

/*
 * Share of what a row is part of that has no known kind, 0..1, on the
 * side that has more of it.
 */
double comparison_unknown_share(const struct comparison_row *row);

#endif
