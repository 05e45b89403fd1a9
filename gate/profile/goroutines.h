#ifndef GATE_PROFILE_GOROUTINES_H
#define GATE_PROFILE_GOROUTINES_H

#include "gate/base/buf.h"
#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * Who created which goroutines, from net/http/pprof's goroutine?debug=2
 * text (Go 1.19 to 1.27, a traceback of each goroutine as
 * runtime.Stack writes it); no profile has that:
 *
 *   goroutine 15 [select (no cases), 2 minutes]:
 *   main.wait(0xc000012345)
 *           /src/main.go:43 +0xf
 *   created by main.spawn in goroutine 29
 *           /src/main.go:39 +0x1a
 */
enum { GOROUTINE_SITES_MAX = 10000 };

struct goroutine_site {
    struct str func; /* whom it is charged to: costs_fold's by_start */
    struct str by;   /* function with the go statement; empty for those of the runtime, and main */
    struct str file; /* of the go statement */
    uint64_t line;
    uint64_t count;
};

struct goroutine_sites {
    struct goroutine_site *items; /* as they first appear */
    size_t len;
    size_t cap;
    uint64_t total;
};

/*
 * Texts are copied into the arena. A text without a goroutine is
 * STATUS_FORMAT, more than GOROUTINE_SITES_MAX sites STATUS_LIMIT. The runtime
 * cuts the text off at 64 MiB: what is whole is counted.
 */
NODISCARD enum status goroutines_parse(struct goroutine_sites *out, struct arena *arena,
                                       struct str text, struct str module, struct err *err);

/* The sites as lines "count line file by func", tab between them, and back again. */
void goroutines_write(struct buf *out, const struct goroutine_sites *sites);
NODISCARD enum status goroutines_read(struct goroutine_sites *out, struct arena *arena,
                                      struct str text, struct err *err);

#endif
