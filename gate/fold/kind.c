#include "gate/fold/kind.h"

#include "gate/base/num.h"

static const char *const kind_names[ALLOC_KINDS] = {
#define X(symbol, text) [ALLOC_KIND_##symbol] = (text),
    ALLOC_KIND_MAP(X)
#undef X
};

static const char *const op_names[ALLOC_OPS] = {
#define X(symbol, text) [ALLOC_OP_##symbol] = (text),
    ALLOC_OP_MAP(X)
#undef X
};

static const char *const how_names[ALLOC_HOWS] = {
#define X(symbol, text) [ALLOC_HOW_##symbol] = (text),
    ALLOC_HOW_MAP(X)
#undef X
};

bool alloc_class_is_plain(struct alloc_class class)
{
    return class.kind != ALLOC_KIND_UNKNOWN && class.kind != ALLOC_KIND_OTHER &&
           class.kind != ALLOC_KIND_GOROUTINE;
}

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

const char *alloc_op_name(enum alloc_op op)
{
    assert(op < ALLOC_OPS);
    return op_names[op];
}

bool alloc_op_parse(enum alloc_op *out, struct str name)
{
    for (size_t i = ALLOC_OP_NONE + 1; i < ALLOC_OPS; i++) {
        if (!str_equal_text(name, op_names[i]))
            continue;
        *out = (enum alloc_op)i;
        return true;
    }
    return false;
}

const char *alloc_how_name(enum alloc_how how)
{
    assert(how < ALLOC_HOWS);
    return how_names[how];
}

/* X<number> for what a closure captured, R for the receiver of a method value. */
static bool is_capture(struct str field)
{
    struct str name = str_slice(field, 0, (size_t)str_find(field, ' '));
    uint64_t number = 0;
    return str_equal(name, STR("R")) || (str_starts_with(name, STR("X")) &&
                                         num_parse_u64(&number, str_slice(name, 1, name.len)));
}

bool alloc_type_is_closure(struct str type, bool captures_are_named)
{
    const struct str beginning = STR("struct { F uintptr; ");
    if (!str_starts_with(type, beginning))
        return false;
    struct str rest = str_slice(type, beginning.len, type.len);
    return str_find(rest, ' ') > 0 && (captures_are_named || is_capture(rest));
}
