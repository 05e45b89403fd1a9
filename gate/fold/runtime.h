#ifndef GATE_FOLD_RUNTIME_H
#define GATE_FOLD_RUNTIME_H

#include "gate/base/err.h"
#include "gate/fold/kind.h"

/*
 * What the entries of Go's runtime allocate, and which are map operations,
 * by the release a binary was built with. The rows are data:
 * config/runtime/go1.NN.txt, compiled in.
 */
struct runtime_file {
    struct str name; /* "config/runtime/go1.24.txt", for messages */
    struct str text;
};

/*
 * What a function is among the map operations. GENERIC is what the
 * compiler calls for keys that are neither strings nor of 4 or 8 bytes:
 * structs, interfaces, floats; or for values too large for the fast
 * paths. Iterating, clearing, cloning and making depend on no such choice
 * and are FAST.
 */
enum map_entry { MAP_ENTRY_NONE, MAP_ENTRY_FAST, MAP_ENTRY_GENERIC };

struct runtime_rule {
    struct str name;
    struct str caller; /* of "under" rows: begins the name of the next frame */
    bool is_prefix;
    struct alloc_class class;
    enum map_entry entry; /* of "cpu" rows, which have no class */
};

struct runtime_rules {
    struct runtime_rule *items; /* newest release first; the first that fits decides */
    size_t len;
    size_t cap;
};

struct runtime_table {
    struct runtime_rules targets;
    struct runtime_rules leaves;
    struct runtime_rules unders;
    struct runtime_rules map_entries;
    bool captures_are_named; /* of closures, see alloc_type_is_closure */
};

/*
 * The rows of the releases up to go_version ("go1.26.8", "go1.25rc2",
 * "go1.24.3 X:noswissmap"); of all releases when it is newer than any,
 * or tells no release ("", "devel go1.28-..."). STATUS_FORMAT "file:line:
 * what" for a row that is not as config/runtime/go1.19.txt describes.
 */
NODISCARD enum status runtime_table_open(struct runtime_table *out, struct arena *arena,
                                         struct str go_version, struct err *err);
/* The same from other files, in any order. Borrows their texts. */
NODISCARD enum status runtime_table_parse(struct runtime_table *out, struct arena *arena,
                                          const struct runtime_file *files, size_t count,
                                          struct str go_version, struct err *err);

/*
 * By the entry that the allocating code calls ("runtime.mapassign_faststr"
 * -> map, grow); kind OTHER when no row names it. A function that is not
 * the runtime's and in no row gets the class of the row "program".
 */
struct alloc_class runtime_table_target(const struct runtime_table *table, struct str symbol);
/*
 * By the sampled function's own name, for parts of the runtime that carry
 * another package's name (reflect.makemap, maps.clone,
 * internal/bytealg.MakeNoZero) and for runtime.malg, else UNKNOWN. Ask
 * this first: what such a leaf calls inside (plain mallocgc) says less.
 */
struct alloc_class runtime_table_leaf(const struct runtime_table *table, struct str function);
/* True when its class depends on who calls it: use runtime_table_under. */
bool runtime_table_asks_caller(const struct runtime_table *table, struct str function);
/* runtime_table_leaf for a function below the given one (the next frame; may be empty). */
struct alloc_class runtime_table_under(const struct runtime_table *table, struct str function,
                                       struct str caller);
/* What the function is among the map operations, which CPU time is counted by. */
enum map_entry runtime_table_map_entry(const struct runtime_table *table, struct str function);

#endif
