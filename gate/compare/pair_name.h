#ifndef GATE_COMPARE_PAIR_NAME_H
#define GATE_COMPARE_PAIR_NAME_H

#include "gate/base/str.h"

/*
 * The parts of a pair key (pair.h) with type arguments and the star of a
 * pointer receiver taken off: what is left of "example.com/m/cart.(*Set[...]).Add.func"
 * is package "example.com/m/cart", receiver "Set", name "Add.func".
 * Slices of text in the arena.
 */
struct name_parts {
    struct str package;
    struct str receiver; /* empty for functions */
    struct str name;     /* with ".func" for the closures of it */
};

struct name_parts name_parts_of(struct arena *arena, struct str key);

/*
 * The package path without what a module's rename or new major version
 * changes: "$" for the program's own module at its start, no "/v2"
 * elements and no ".v2" endings elsewhere. An empty module leaves the
 * start alone.
 */
struct str name_package_plain(struct arena *arena, struct str package, struct str module);

/*
 * Path of a source file of the program's own, below the directory of
 * its module; empty for the files of others.
 */
struct str name_module_file(struct str file, struct str module);

/* The last element of a package path: "cart" of "example.com/m/cart". */
struct str name_last_element(struct str package);

#endif
