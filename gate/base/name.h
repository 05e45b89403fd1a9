#ifndef GATE_BASE_NAME_H
#define GATE_BASE_NAME_H

#include "gate/base/str.h"

/* Names of Go functions as pprof spells them. */

/* True for frames of Go's standard library: no dot in the first path element, not main. */
bool name_is_std(struct str function);
/* True for "main." and for functions of packages at or below the module path. */
bool name_is_user(struct str function, struct str module);
/* True for what Go's profile writer hides at the leaf: "runtime.", and "internal/runtime/" (1.24). */
bool name_is_runtime(struct str function);
/*
 * True for what comes with every program: package runtime, what is below
 * internal/, and what has no package (helpers of the compiler and linker, C).
 * No list of a program's functions has it.
 */
bool name_is_toolchain(struct str function);
/* Package part of a pprof function name: "net/http" of "net/http.(*conn).serve". */
struct str name_package(struct str function);
/* The rest behind the package: "(*conn).serve". */
struct str name_local(struct str function);
/*
 * Key that survives spelling: outermost [...] folded to "[...]", "%2e"
 * unescaped, "glob." and "init" numbers unified. Lives in the arena.
 */
struct str name_normal(struct str function, struct arena *arena);
/* The part of it behind the package: "(*Set[...]).Add". */
struct str name_local_normal(struct str function, struct arena *arena);
/*
 * What a function keeps when the compiler numbers closures and ranges
 * anew: "pkg.F.func1.2" and "pkg.F-range1" are "pkg.F.func" both, and the
 * function itself is "pkg.F". All closures of one function share a key.
 */
struct str name_key(struct str function, struct arena *arena);
/* False where the key is another text; it may be false where it is not. */
bool name_is_key(struct str function);
/* A package's import path with its escapes undone: "gopkg.in/yaml.v3" of "gopkg.in/yaml%2ev3". */
struct str name_path(struct str package, struct arena *arena);
/* Short form for people: last path element of the package, then the rest, [...] folded. */
struct str name_short(struct str function, struct arena *arena);

#endif
