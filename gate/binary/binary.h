#ifndef GATE_BINARY_BINARY_H
#define GATE_BINARY_BINARY_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * What memgate needs to know of a Go executable (ELF64, little endian,
 * amd64 or arm64): who built it from what, and which function the CALL
 * instruction at a sampled address calls. Pure: bytes in, structs out.
 */
enum { BINARY_BYTES_MAX = 1 << 30 };

enum binary_arch { BINARY_AMD64, BINARY_ARM64 };

/* debug/buildinfo's content; strings live in the arena. */
struct binary_build {
    struct str go_version; /* "go1.26.8" */
    struct str path;       /* package path of main: "example.com/orders/cmd/orders" */
    struct str module;     /* module path of main: "example.com/orders" */
    struct str settings;   /* "GOARCH=amd64\nCGO_ENABLED=1\n..." sorted as stored */
};

struct binary {
    enum binary_arch arch;
    struct binary_build build;
    struct binary_image *image; /* opaque: segments and the function table */
};

/* Borrows `elf` for the life of the struct; tables live in the arena. */
NODISCARD enum status binary_open(struct binary *out, struct arena *arena, struct bytes elf,
                                  struct err *err);

/*
 * Name of the function called by the direct CALL (amd64 E8 rel32) or BL
 * (arm64) that ends at the return address. `offset` is the file offset
 * of the byte before the return address: Location.address of a Go heap
 * profile minus its mapping's start plus the mapping's offset. Names
 * come from .symtab, else from .gopclntab (kept by -ldflags="-s -w").
 * False when there is no direct call or no symbol there.
 */
bool binary_call_target(const struct binary *binary, uint64_t offset, struct str *symbol);

#endif
