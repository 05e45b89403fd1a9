#include "gate/fold/kind.h"

static const char *const kind_names[ALLOC_KINDS] = {
#define X(symbol, text) [ALLOC_KIND_##symbol] = (text),
    ALLOC_KIND_MAP(X)
#undef X
};

const char *alloc_kind_name(enum alloc_kind kind)
{
    assert(kind < ALLOC_KINDS);
    return kind_names[kind];
}

bool alloc_kind_parse(enum alloc_kind *out, struct str name)
{
    for (size_t i = 0; i < ALLOC_KINDS; i++) {
        if (!str_equal_text(name, kind_names[i]))
            continue;
        *out = (enum alloc_kind)i;
        return true;
    }
    return false;
}

enum rule_match { WHOLE, PREFIX };

struct kind_rule {
    struct str name;
    enum rule_match match;
    enum alloc_kind kind;
};

/*
 * Entries of the runtime that compiled code and the standard library
 * call, Go 1.19 to 1.27. Prefixes, because each release adds
 * specialised forms (mapassign_fast64ptr, mallocgcSmallNoScanSC7).
 */
static const struct kind_rule target_rules[] = {
    /* mapdelete and mapclear too: bucket maps (until 1.23) move and make buckets in them. */
    {STR_INIT("runtime.map"), PREFIX, ALLOC_KIND_MAP},
    {STR_INIT("runtime.makemap"), PREFIX, ALLOC_KIND_MAP},
    {STR_INIT("internal/runtime/maps."), PREFIX, ALLOC_KIND_MAP}, /* Swiss maps, 1.24 */
    {STR_INIT("reflect.map"), PREFIX, ALLOC_KIND_MAP},
    {STR_INIT("reflect.makemap"), WHOLE, ALLOC_KIND_MAP},
    {STR_INIT("maps.clone"), WHOLE, ALLOC_KIND_MAP}, /* 1.21 */

    {STR_INIT("runtime.makeslice"), PREFIX, ALLOC_KIND_SLICE}, /* also makeslicecopy */
    {STR_INIT("runtime.growslice"), PREFIX, ALLOC_KIND_SLICE},
    {STR_INIT("runtime.moveSlice"), PREFIX, ALLOC_KIND_SLICE}, /* 1.26: off the stack */
    {STR_INIT("runtime.newarray"), WHOLE, ALLOC_KIND_SLICE},
    {STR_INIT("runtime.stringtoslice"), PREFIX, ALLOC_KIND_SLICE}, /* []byte(s), []rune(s) */
    {STR_INIT("runtime.concatbyte"), PREFIX, ALLOC_KIND_SLICE},    /* []byte(a + b), 1.24 */
    {STR_INIT("runtime.gobytes"), WHOLE, ALLOC_KIND_SLICE},        /* C.GoBytes */
    {STR_INIT("reflect.growslice"), WHOLE, ALLOC_KIND_SLICE},      /* 1.20 */
    {STR_INIT("reflect.unsafe_NewArray"), WHOLE, ALLOC_KIND_SLICE},
    /* The compiler calls it itself for make followed by copy of pointer-free elements. */
    {STR_INIT("runtime.mallocgc"), WHOLE, ALLOC_KIND_SLICE},

    {STR_INIT("runtime.slicebytetostring"), WHOLE, ALLOC_KIND_STRING},
    {STR_INIT("runtime.slicerunetostring"), WHOLE, ALLOC_KIND_STRING},
    {STR_INIT("runtime.intstring"), WHOLE, ALLOC_KIND_STRING},
    {STR_INIT("runtime.concatstring"), PREFIX, ALLOC_KIND_STRING},
    {STR_INIT("runtime.rawstring"), PREFIX, ALLOC_KIND_STRING},
    {STR_INIT("runtime.gostring"), PREFIX, ALLOC_KIND_STRING},           /* C.GoString */
    {STR_INIT("internal/bytealg.MakeNoZero"), WHOLE, ALLOC_KIND_STRING}, /* 1.21 */

    {STR_INIT("runtime.convT"), PREFIX, ALLOC_KIND_BOXING},

    {STR_INIT("runtime.newobject"), WHOLE, ALLOC_KIND_OBJECT},
    {STR_INIT("runtime.mallocgcSmall"), PREFIX, ALLOC_KIND_OBJECT}, /* 1.27, new(T) by size */
    {STR_INIT("runtime.mallocgcTiny"), PREFIX, ALLOC_KIND_OBJECT},  /* 1.27 */
    {STR_INIT("reflect.unsafe_New"), WHOLE, ALLOC_KIND_OBJECT},
    {STR_INIT("internal/reflectlite.unsafe_New"), WHOLE, ALLOC_KIND_OBJECT},

    {STR_INIT("runtime.makechan"), PREFIX, ALLOC_KIND_CHANNEL},
    {STR_INIT("reflect.makechan"), WHOLE, ALLOC_KIND_CHANNEL},

    {STR_INIT("runtime.newproc"), PREFIX, ALLOC_KIND_GOROUTINE},
    {STR_INIT("runtime.newcoro"), WHOLE, ALLOC_KIND_GOROUTINE}, /* 1.23 */
};

/*
 * Leaves that runtime/pprof shows although they are part of the
 * runtime: their symbols carry another package's name. malg makes a
 * goroutine's descriptor; its stack has no frame of the program.
 */
static const struct kind_rule leaf_rules[] = {
    {STR_INIT("reflect.map"), PREFIX, ALLOC_KIND_MAP},
    {STR_INIT("reflect.makemap"), WHOLE, ALLOC_KIND_MAP},
    {STR_INIT("maps.clone"), WHOLE, ALLOC_KIND_MAP},
    {STR_INIT("internal/runtime/maps."), PREFIX, ALLOC_KIND_MAP},
    {STR_INIT("reflect.growslice"), WHOLE, ALLOC_KIND_SLICE},
    {STR_INIT("reflect.unsafe_NewArray"), WHOLE, ALLOC_KIND_SLICE},
    {STR_INIT("internal/bytealg.MakeNoZero"), WHOLE, ALLOC_KIND_STRING},
    /* Up to 1.20 it calls makeslice, later MakeNoZero; either way a string comes out. */
    {STR_INIT("strings.(*Builder).grow"), WHOLE, ALLOC_KIND_STRING},
    {STR_INIT("reflect.unsafe_New"), WHOLE, ALLOC_KIND_OBJECT},
    {STR_INIT("internal/reflectlite.unsafe_New"), WHOLE, ALLOC_KIND_OBJECT},
    {STR_INIT("reflect.makechan"), WHOLE, ALLOC_KIND_CHANNEL},
    {STR_INIT("runtime.malg"), WHOLE, ALLOC_KIND_GOROUTINE},
    {STR_INIT("runtime.newproc"), PREFIX, ALLOC_KIND_GOROUTINE},
};

static enum alloc_kind rules_find(const struct kind_rule *rules, size_t count, struct str name,
                                  enum alloc_kind otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (rules[i].match == PREFIX ? str_starts_with(name, rules[i].name)
                                     : str_equal(name, rules[i].name))
            return rules[i].kind;
    }
    return otherwise;
}

enum alloc_kind alloc_kind_of_target(struct str symbol)
{
    return rules_find(target_rules, ARRAY_LEN(target_rules), symbol, ALLOC_KIND_OTHER);
}

enum alloc_kind alloc_kind_of_leaf(struct str function)
{
    return rules_find(leaf_rules, ARRAY_LEN(leaf_rules), function, ALLOC_KIND_UNKNOWN);
}
