#ifndef GATE_HARNESS_BUILD_OVERLAY_H
#define GATE_HARNESS_BUILD_OVERLAY_H

#include "gate/base/err.h"
#include "gate/base/log.h"

/*
 * Go 1.19 (Debian 12's) gives runtime.MemProfileRate its value by a
 * call, which runs after the runtime read GODEBUG=memprofilerate=1 and
 * undoes it. The exact phase then needs a program built with that value
 * written as a constant, as Go wrote it before and after: `go build
 * -overlay` replaces the one file of the runtime, not the service's.
 */
struct toolchain {
    struct str root;    /* GOROOT */
    struct str version; /* "go1.19.8" */
};

/* From what `go env GOROOT GOVERSION` printed; other talk may stand before its two lines. */
NODISCARD enum status toolchain_parse(struct toolchain *out, struct str text, struct err *err);

/*
 * Sets *out to the file to give to -overlay, or to "" when the toolchain
 * needs none. It and what it refers to are written below `dir`, which is
 * made; the first time the log says so. A GOROOT without the runtime's
 * sources is STATUS_CHILD.
 */
NODISCARD enum status build_overlay(struct str *out, struct arena *arena,
                                    const struct toolchain *toolchain, struct str dir,
                                    const struct log *log, struct err *err);

#endif
