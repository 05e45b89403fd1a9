#include "gate/compare/pair.h"

#include <math.h>

#include "gate/fold/fold.h"

/* Equal costs differ by the noise of exact counts and by rounding, not by more. */
#define SIGNATURE_TOLERANCE 0.01
/* Cheaper functions look alike by chance: one 16-byte object a request. */
#define SIGNATURE_BYTES_MIN 16.0
/* A move that no second function confirms must at least cost about the same. */
#define LONE_MOVE_TOLERANCE 0.1

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* True at ".func1", "-range1", ".gowrap1", ".deferwrap1", ".1" behind a closure: what the compiler numbers. */
static size_t closure_suffix(struct str rest)
{
    static const struct str marks[] = {
        STR_INIT(".func"),      STR_INIT("-range"), STR_INIT(".gowrap"),
        STR_INIT(".deferwrap"), STR_INIT("."),
    };
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        size_t at = marks[i].len;
        if (!str_starts_with(rest, marks[i]))
            continue;
        while (at < rest.len && is_digit(rest.data[at]))
            at++;
        bool ends = at == rest.len || rest.data[at] == '.' || rest.data[at] == '-';
        if (at > marks[i].len && ends)
            return at;
    }
    return 0;
}

/* Offset where a run of closure suffixes that reaches the end begins, or the length. */
static size_t closure_start(struct str name)
{
    for (size_t from = 0; from < name.len; from++) {
        size_t at = from;
        size_t step = 0;
        /* A bare ".1" numbers closures only behind ".func"; "init.0" is numbered alike. */
        while (at < name.len && (step = closure_suffix(str_slice(name, at, name.len))) > 0)
            at += step;
        if (at == name.len && at > from)
            return from;
    }
    return name.len;
}

struct str pair_key(struct arena *arena, struct str function)
{
    struct str normal = name_normal(function, arena);
    size_t package_len = name_package(normal).len;
    struct str local = str_slice(normal, package_len, normal.len);
    size_t from = package_len + closure_start(local);
    if (from == normal.len)
        return normal;
    return str_format(arena, "%.*s.func", (int)from, normal.data);
}

struct half {
    struct name_id key;
    struct str package;
    struct str local;
    const struct pair_function *function;
    double total;
    bool used;
};

struct halves {
    struct half *items;
    size_t len;
};

static bool side_has(struct pair_side side, struct name_id key)
{
    for (size_t i = 0; i < side.len; i++)
        if (name_equal(side.items[i].key, key))
            return true;
    return false;
}

static double total_bytes(const struct pair_function *function)
{
    double sum = 0;
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++)
        sum += function->bytes[kind];
    return sum;
}

/* What step 1 left over: keys that the other side does not have. */
static struct halves leftovers(struct arena *arena, const struct intern *names,
                               struct pair_side side, struct pair_side other)
{
    struct halves out = {ARENA_ARRAY(arena, struct half, side.len + 1), 0};
    for (size_t i = 0; i < side.len; i++) {
        struct str text = intern_text(names, side.items[i].key);
        if (side_has(other, side.items[i].key))
            continue;
        out.items[out.len++] = (struct half){
            .key = side.items[i].key,
            .package = name_package(text),
            .local = name_local(text),
            .function = &side.items[i],
            .total = total_bytes(&side.items[i]),
        };
    }
    return out;
}

static bool close_to(double a, double b, double tolerance)
{
    double larger = fmax(fabs(a), fabs(b));
    return fabs(a - b) <= tolerance * larger;
}

static bool same_signature(const struct half *a, const struct half *b)
{
    if (a->total < SIGNATURE_BYTES_MIN)
        return false;
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++)
        if (!close_to(a->function->bytes[kind], b->function->bytes[kind], SIGNATURE_TOLERANCE))
            return false;
    return true;
}

typedef bool (*half_match)(const struct half *a, const struct half *b);

static bool same_local(const struct half *a, const struct half *b)
{
    return str_equal(a->local, b->local) && !str_equal(a->package, b->package);
}

/* The only unused one that matches, or NULL when there is none or a choice. */
static struct half *only_match(const struct half *wanted, struct halves in, half_match match)
{
    struct half *found = NULL;
    for (size_t i = 0; i < in.len; i++) {
        if (in.items[i].used || !match(wanted, &in.items[i]))
            continue;
        if (found)
            return NULL;
        found = &in.items[i];
    }
    return found;
}

static void use_pair(struct pairs *out, struct arena *arena, struct half *base, struct half *cand)
{
    struct pair pair = {base->key, cand->key};
    base->used = true;
    cand->used = true;
    ARENA_PUSH(arena, out->items, out->len, out->cap, pair);
}

/* Functions that would move together with this one from package to package. */
static size_t package_votes(struct halves base, struct halves cand, const struct half *from,
                            const struct half *to)
{
    size_t votes = 0;
    for (size_t i = 0; i < base.len; i++) {
        if (!str_equal(base.items[i].package, from->package))
            continue;
        for (size_t k = 0; k < cand.len; k++)
            votes += str_equal(cand.items[k].package, to->package) &&
                     str_equal(cand.items[k].local, base.items[i].local);
    }
    return votes;
}

static bool is_move(struct halves base, struct halves cand, const struct half *from,
                    const struct half *to)
{
    return close_to(from->total, to->total, LONE_MOVE_TOLERANCE) ||
           package_votes(base, cand, from, to) >= 2;
}

static void pair_moved(struct pairs *out, struct arena *arena, struct halves base,
                       struct halves cand)
{
    for (size_t i = 0; i < base.len; i++) {
        struct half *to = only_match(&base.items[i], cand, same_local);
        if (to && only_match(to, base, same_local) == &base.items[i] &&
            is_move(base, cand, &base.items[i], to))
            use_pair(out, arena, &base.items[i], to);
    }
}

static void pair_renamed(struct pairs *out, struct arena *arena, struct halves base,
                         struct halves cand)
{
    for (size_t i = 0; i < base.len; i++) {
        if (base.items[i].used)
            continue;
        struct half *to = only_match(&base.items[i], cand, same_signature);
        if (to && only_match(to, base, same_signature) == &base.items[i])
            use_pair(out, arena, &base.items[i], to);
    }
}

void pair_functions(struct pairs *out, struct arena *arena, const struct intern *names,
                    struct pair_side base, struct pair_side cand)
{
    struct halves base_halves = leftovers(arena, names, base, cand);
    struct halves cand_halves = leftovers(arena, names, cand, base);
    pair_moved(out, arena, base_halves, cand_halves);
    pair_renamed(out, arena, base_halves, cand_halves);
}
