#ifndef GATE_CLI_PLAIN_FILES_H
#define GATE_CLI_PLAIN_FILES_H

#include "gate/compare/comparison.h"

/*
 * Of a side. All files are in memory at once, each row with a column a
 * file. One file alone may have as many samples as profile_decode takes.
 */
enum { PLAIN_FILES_MAX = 1000, PLAIN_SAMPLES_MAX = 200000 };

/* Where one side of a comparison of plain profiles comes from. */
struct plain_source {
    const struct str *files; /* profiles, and directories of them; ends with an empty one */
    struct str binary;       /* executable; may be empty */
    struct str requests;     /* "N" of every profile, or "N,N,..." one by one; may be empty */
};

/*
 * Reads all profiles of a side; of a directory those below it, in byte
 * order of their names. STATUS_USAGE for a side without a profile, for
 * several files with more than PLAIN_SAMPLES_MAX samples in all, for
 * request counts that are not as many as the profiles, and for the same
 * profile given twice, which would look like twice the evidence.
 */
NODISCARD enum status plain_files_read(struct comparison_profiles *out, struct arena *arena,
                                       const struct plain_source *source, struct err *err);

#endif
