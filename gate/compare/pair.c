#include "gate/compare/pair.h"

#include <math.h>

#include "gate/base/map.h"
#include "gate/fold/fold.h"

/* Equal costs differ by the noise of exact counts and by rounding, not by more. */
#define SIGNATURE_TOLERANCE 0.01
/* Cheaper functions look alike by chance: one 16-byte object a request. */
#define SIGNATURE_BYTES_MIN 16.0
/* A move that no second function confirms must at least cost about the same. */
#define LONE_MOVE_TOLERANCE 0.1
/* Functions that must agree on a package's move, the one in question included. */
#define MOVE_VOTES_MIN 2

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
    uint32_t kinds; /* bit by kind that it allocates */
    bool used;
};

/* What step 1 left over of a side, in its order and sorted three ways, so that a partner is searched. */
struct halves {
    struct half *items;
    size_t len;
    struct half **by_local;
    struct half **by_place; /* package, then local */
    struct half **by_cost;  /* kinds, then total */
};

typedef int (*half_order)(const void *left, const void *right);

static int order_local(const void *left, const void *right)
{
    const struct half *a = *(const struct half *const *)left;
    const struct half *b = *(const struct half *const *)right;
    return str_compare(a->local, b->local);
}

static int order_package(const void *left, const void *right)
{
    const struct half *a = *(const struct half *const *)left;
    const struct half *b = *(const struct half *const *)right;
    return str_compare(a->package, b->package);
}

static int order_place(const void *left, const void *right)
{
    int order = order_package(left, right);
    return order ? order : order_local(left, right);
}

static int order_cost(const void *left, const void *right)
{
    const struct half *a = *(const struct half *const *)left;
    const struct half *b = *(const struct half *const *)right;
    if (a->kinds != b->kinds)
        return a->kinds < b->kinds ? -1 : 1;
    return (a->total > b->total) - (a->total < b->total);
}

static struct half **sorted(struct arena *arena, const struct halves *halves, half_order order)
{
    struct half **out = ARENA_ARRAY(arena, struct half *, halves->len + 1);
    for (size_t i = 0; i < halves->len; i++)
        out[i] = &halves->items[i];
    if (halves->len)
        qsort((void *)out, halves->len, sizeof(struct half *), order);
    return out;
}

/* Offset of the first of the sorted items that is not before the probe. */
static size_t first_at(struct half *const *items, size_t len, const struct half *probe,
                       half_order order)
{
    size_t low = 0;
    size_t high = len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order((const void *)&items[middle], (const void *)&probe) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct half half_of(const struct pair_function *function, struct str text)
{
    struct half out = {
        .key = function->key,
        .package = name_package(text),
        .local = name_local(text),
        .function = function,
    };
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
        out.total += function->bytes[kind];
        out.kinds |= (uint32_t)(fabs(function->bytes[kind]) > 0) << kind;
    }
    return out;
}

/* What step 1 left over: keys that the other side does not have. */
static struct halves leftovers(struct arena *arena, const struct intern *names,
                               struct pair_side side, struct pair_side other)
{
    struct halves out = {.items = ARENA_ARRAY(arena, struct half, side.len + 1)};
    struct map known;
    uint32_t at = 0;
    map_init(&known);
    for (size_t i = 0; i < other.len; i++)
        (void)map_insert(&known, other.items[i].key.v, (uint32_t)i);
    for (size_t i = 0; i < side.len; i++) {
        if (!map_find(&known, side.items[i].key.v, &at))
            out.items[out.len++] = half_of(&side.items[i], intern_text(names, side.items[i].key));
    }
    map_release(&known);
    out.by_local = sorted(arena, &out, order_local);
    out.by_place = sorted(arena, &out, order_place);
    out.by_cost = sorted(arena, &out, order_cost);
    return out;
}

static bool close_to(double a, double b, double tolerance)
{
    double larger = fmax(fabs(a), fabs(b));
    return fabs(a - b) <= tolerance * larger;
}

static bool same_signature(const struct half *a, const struct half *b)
{
    if (a->total < SIGNATURE_BYTES_MIN || !str_equal(a->package, b->package))
        return false;
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
        if (!close_to(a->function->bytes[kind], b->function->bytes[kind], SIGNATURE_TOLERANCE))
            return false;
    }
    return true;
}

typedef struct half *(*half_search)(const struct half *wanted, const struct halves *in);

/*
 * The only unused one of that name, or NULL when there is none or a
 * choice. What is left over of both sides differs in its package.
 */
static struct half *only_namesake(const struct half *wanted, const struct halves *in)
{
    struct half *found = NULL;
    size_t at = first_at(in->by_local, in->len, wanted, order_local);
    for (; at < in->len && str_equal(in->by_local[at]->local, wanted->local); at++) {
        if (in->by_local[at]->used)
            continue;
        if (found)
            return NULL;
        found = in->by_local[at];
    }
    return found;
}

/*
 * The same by signature. Values within the tolerance kind by kind have
 * the same kinds and totals within the tolerance, which bounds the search;
 * the bound is wider by a rounding error.
 */
static struct half *only_lookalike(const struct half *wanted, const struct halves *in)
{
    const double slack = 1 - SIGNATURE_TOLERANCE - 1e-9;
    struct half *found = NULL;
    struct half least = {.kinds = wanted->kinds, .total = wanted->total * slack};
    struct half most = {.kinds = wanted->kinds, .total = wanted->total / slack};
    size_t end = first_at(in->by_cost, in->len, &most, order_cost);
    for (size_t at = first_at(in->by_cost, in->len, &least, order_cost); at < end; at++) {
        if (in->by_cost[at]->used || !same_signature(wanted, in->by_cost[at]))
            continue;
        if (found)
            return NULL;
        found = in->by_cost[at];
    }
    return found;
}

/* The partner that has no other choice either. */
static struct half *partner(struct half *from, const struct halves *base, const struct halves *cand,
                            half_search search)
{
    struct half *to = from->used ? NULL : search(from, cand);
    return to && search(to, base) == from ? to : NULL;
}

static void use_pair(struct pairs *out, struct arena *arena, struct half *base, struct half *cand)
{
    struct pair pair = {base->key, cand->key};
    base->used = true;
    cand->used = true;
    ARENA_PUSH(arena, out->items, out->len, out->cap, pair);
}

/* A package's functions that the other side has in the other package, counted up to MOVE_VOTES_MIN. */
static size_t package_votes(const struct halves *base, struct str from, const struct halves *cand,
                            struct str to)
{
    size_t votes = 0;
    struct half probe = {.package = from};
    size_t at = first_at(base->by_place, base->len, &probe, order_package);
    for (; at < base->len && votes < MOVE_VOTES_MIN; at++) {
        if (!str_equal(base->by_place[at]->package, from))
            break;
        struct half twin = {.package = to, .local = base->by_place[at]->local};
        const struct half *wanted = &twin;
        size_t found = first_at(cand->by_place, cand->len, wanted, order_place);
        votes += found < cand->len &&
                 order_place((const void *)&cand->by_place[found], (const void *)&wanted) == 0;
    }
    return votes;
}

static bool is_move(const struct halves *base, const struct halves *cand, const struct half *from,
                    const struct half *to)
{
    if (close_to(from->total, to->total, LONE_MOVE_TOLERANCE))
        return true;
    return package_votes(base, from->package, cand, to->package) >= MOVE_VOTES_MIN;
}

static void pair_moved(struct pairs *out, struct arena *arena, const struct halves *base,
                       const struct halves *cand)
{
    for (size_t i = 0; i < base->len; i++) {
        struct half *to = partner(&base->items[i], base, cand, only_namesake);
        if (to && is_move(base, cand, &base->items[i], to))
            use_pair(out, arena, &base->items[i], to);
    }
}

static void pair_renamed(struct pairs *out, struct arena *arena, const struct halves *base,
                         const struct halves *cand)
{
    for (size_t i = 0; i < base->len; i++) {
        struct half *to = partner(&base->items[i], base, cand, only_lookalike);
        if (to)
            use_pair(out, arena, &base->items[i], to);
    }
}

void pair_functions(struct pairs *out, struct arena *arena, const struct intern *names,
                    struct pair_side base, struct pair_side cand)
{
    struct halves base_halves = leftovers(arena, names, base, cand);
    struct halves cand_halves = leftovers(arena, names, cand, base);
    pair_moved(out, arena, &base_halves, &cand_halves);
    pair_renamed(out, arena, &base_halves, &cand_halves);
}
