#ifndef GATE_HARNESS_BUILD_H
#define GATE_HARNESS_BUILD_H

#include "gate/base/err.h"
#include "gate/base/log.h"
#include "gate/policy/policy.h"

/*
 * `go build -trimpath -buildvcs=false FLAGS -o BINARY PACKAGE` (or `go
 * test -c` with the same flags for a gotest scenario) in an exported
 * tree: the go of PATH, an argument vector, never a shell, and the same
 * scrubbed environment for both sides (GOENV=off, GOFLAGS empty,
 * GOWORK=off, GOTOOLCHAIN=local unless the environment sets it; HOME,
 * PATH, GOCACHE, GOMODCACHE, GOPROXY, GOSUMDB, GONOSUMDB, GOPRIVATE,
 * proxies and CGO/CC passed through; TMPDIR below work_dir; no token or CI variable). Limit 15
 * minutes. A failure is STATUS_CHILD with the last 20 lines of output,
 * each behind "| ". A toolchain that ignores GODEBUG=memprofilerate is
 * given an overlay (build_overlay.h).
 */
struct build {
    struct str tree;   /* exported work tree (the policy's directory inside it is the cwd) */
    struct str binary; /* absolute path to write */
    /*
     * Absolute, made when needed: an overlay, and go's temporary files,
     * which it leaves behind when it is stopped. The same for both sides,
     * so that their flags are the same.
     */
    struct str work_dir;
    const struct scenario *scenario;
    uint64_t took_ns; /* set by build_run */
};

NODISCARD enum status build_run(struct build *build, const struct log *log, struct err *err);

#endif
