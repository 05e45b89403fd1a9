#ifndef GATE_RECORDING_TEXT_H
#define GATE_RECORDING_TEXT_H

#include "gate/base/buf.h"
#include "gate/recording/recording.h"

/*
 * The JSON texts of a recording: bytes in, structs out, and back. Each
 * writer is byte-stable; each reader takes exactly what its writer writes,
 * in any layout of blanks, and refuses unknown members, since the schema
 * version names the shape. Reader errors are STATUS_FORMAT or
 * STATUS_LIMIT; the caller puts the file's name in front.
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

NODISCARD enum status program_write(struct buf *buf, const struct record_program *program,
                                    struct err *err);
NODISCARD enum status program_read(struct record_program *out, struct arena *arena, struct str text,
                                   struct err *err);

NODISCARD enum status trial_write(struct buf *buf, const struct record_trial *trial,
                                  struct err *err);
NODISCARD enum status trial_read(struct record_trial *out, struct arena *arena, struct str text,
                                 struct err *err);

#endif
