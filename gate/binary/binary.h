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

/* The code of an executable: of [address, address + bytes) at `offset` of the file. */
struct binary_code {
    uint64_t address;
    uint64_t offset;
    uint64_t bytes;
    bool is_movable; /* position-independent: the address is known only of a process */
};

/* Functions by name; slices of the file. */
struct binary_names {
    struct str *items;
    size_t len;
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

/*
 * Go's spelling of the type that the call at `offset` (as above) is
 * handed: "map[string]int", "struct { F uintptr; X0 *int }", "cart.Item".
 * Only for runtime entries that take one (newobject, makeslice,
 * growslice, mapassign, convT, mallocgc...), and only when the code right
 * before the call loads it as a constant. False otherwise: a generic
 * function takes it out of its dictionary, makemap_small and convT64
 * need none.
 */
bool binary_call_type(const struct binary *binary, uint64_t offset, struct str *type);

/*
 * Name of the function whose code holds the byte at `offset` of the
 * file. Of a return address pass the byte before it (address - 1): a
 * call that ends its function returns into the next one. False outside
 * code, between functions, and for symbols without a size.
 */
bool binary_symbol_at(const struct binary *binary, uint64_t offset, struct str *name);

/* Where the executable segment is; false when there is none. */
bool binary_code(const struct binary *binary, struct binary_code *code);

/* The GNU build id in lower-case hexadecimal, as profiles have it; empty when there is none. */
struct str binary_build_id(const struct binary *binary, struct arena *arena);

/*
 * All function names in .gopclntab, in its order, with or without
 * .symtab. They include functions that every caller inlined and
 * therefore have no code. Names may repeat; those of Go 1.19 have "[...]"
 * for type arguments where .symtab spells them. NOT_FOUND without the table,
 * LIMIT and FORMAT when it is damaged.
 */
NODISCARD enum status binary_functions(struct binary_names *out, struct arena *arena,
                                       const struct binary *binary, struct err *err);

#endif
