#ifndef GATE_RECORDING_LAYOUT_H
#define GATE_RECORDING_LAYOUT_H

#include "gate/recording/recording.h"

/*
 * The names of files inside a recording. Paths are relative to its
 * directory and have exactly one spelling, so that what a manifest lists
 * can neither leave the directory nor name one file twice.
 */
#define LAYOUT_MANIFEST "manifest.json"
#define LAYOUT_POLICY   "policy.yaml"
#define LAYOUT_NOISE    "noise.json"

enum layout_kind {
    LAYOUT_KIND_POLICY,
    LAYOUT_KIND_NOISE,
    LAYOUT_KIND_PROGRAM,   /* key: scenario and side */
    LAYOUT_KIND_FUNCTIONS, /* functions.txt; key: scenario and side */
    LAYOUT_KIND_TRIAL,     /* trial.json */
    LAYOUT_KIND_TOOL,      /* tool.json */
    LAYOUT_KIND_TRACE,     /* trace.json */
    LAYOUT_KIND_DATA,      /* profile, text, output of a trial */
};

struct layout_file {
    enum layout_kind kind;
    struct trial_key key;
};

/* False for the files of the recording as a whole, whose key says nothing. */
static inline bool layout_is_of_scenario(enum layout_kind kind)
{
    return kind != LAYOUT_KIND_POLICY && kind != LAYOUT_KIND_NOISE;
}

/* False when the path is none that a recording may hold. */
bool layout_parse(struct layout_file *out, struct str path);
/* "scenario-3" gives 2. */
bool layout_parse_scenario(size_t *out, struct str name);
struct str layout_scenario(struct arena *arena, size_t scenario);
struct str layout_program(struct arena *arena, size_t scenario, enum side side);
struct str layout_functions(struct arena *arena, size_t scenario, enum side side);
struct str layout_trial_dir(struct arena *arena, struct trial_key key);
struct str layout_trial(struct arena *arena, struct trial_key key);
struct str layout_tool(struct arena *arena, struct trial_key key);
struct str layout_trace(struct arena *arena, struct trial_key key);

#endif
