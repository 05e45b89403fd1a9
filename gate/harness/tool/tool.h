#ifndef GATE_HARNESS_TOOL_TOOL_H
#define GATE_HARNESS_TOOL_TOOL_H

#include "gate/policy/policy.h"
#include "gate/recording/recording.h"

/*
 * What a load tool wrote about the load it sent (load.output). Each format
 * is a file here with the place where it is documented. The text is
 * hostile: a figure that is no number, negative, beyond belief or there
 * twice is STATUS_FORMAT with its line or its path in the JSON, and so is
 * text that is not of the format at all. A figure that the format knows
 * and this text lacks is left out, never guessed.
 */
enum {
    /* JSON costs up to 60 times as much memory: ghz lists each call in it. */
    TOOL_RESULT_BYTES_MAX = 16 * 1024 * 1024,
    TOOL_SUMMARY_BYTES_MAX = 2 * 1024 * 1024, /* of k6 and vegeta, which write a few KiB */
    TOOL_STATUS_MAX = 600,
};

struct tool_figures {
    bool has_count;
    uint64_t count;  /* of requests, failed ones included */
    bool has_errors; /* false: nothing is said of errors */
    uint64_t errors; /* requests without an answer, or with one that the tool calls an error */
    struct str
        problem;       /* the first of them, or what else was wrong with the load; empty: nothing */
    bool has_statuses; /* the answers by status of HTTP; those below 500 are no errors */
    uint64_t statuses[TOOL_STATUS_MAX];
    double rate_per_second;                                  /* 0: not said */
    uint64_t duration_ns;                                    /* 0: not said */
    struct record_quantile latency[RECORDING_QUANTILES_MAX]; /* by quantile */
    size_t latency_count;
};

/* Texts in *out live in the arena. LOAD_OUTPUT_NONE gives nothing of anything. */
NODISCARD enum status tool_parse(struct tool_figures *out, struct arena *arena,
                                 enum load_output format, struct str text, struct err *err);
/* What to do for a p99 in this format: "run wrk with --latency". */
const char *tool_latency_hint(enum load_output format);

#endif
