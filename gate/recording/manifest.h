#ifndef GATE_RECORDING_MANIFEST_H
#define GATE_RECORDING_MANIFEST_H

#include "gate/base/buf.h"
#include "gate/recording/recording.h"

/*
 * manifest.json, as text and back, by the same promises as the others
 * (text.h). Besides its shape it is held to what a recording can be: names
 * and paths that are given once and in order, files that belong to a trial
 * that it counts, a scenario that is alone without trials of a baseline.
 */
struct manifest_file {
    struct str path;
    uint64_t bytes;
    struct str sha256; /* lower-case hexadecimal */
};

struct manifest_scenario {
    struct str directory;
    struct record_scenario record; /* without programs and trials */
};

/*
 * manifest.json. Its last member, "sha256", is the hash of all of its own
 * bytes before that value: it shows damage, as the hashes of the other
 * files do. None of them is a signature.
 */
struct manifest {
    struct str schema;
    struct recording recording; /* without dir, policy text and scenarios */
    struct manifest_scenario *scenarios;
    size_t scenario_count;
    struct manifest_file *files; /* by path */
    size_t file_count;
    struct str sha256;
};

NODISCARD enum status manifest_write(struct buf *buf, const struct manifest *manifest,
                                     struct err *err);
/* Shape and ranges; the hash over the text is manifest_verify's. */
NODISCARD enum status manifest_read(struct manifest *out, struct arena *arena, struct str text,
                                    struct err *err);
NODISCARD enum status manifest_verify(struct str text, struct err *err);

#endif
