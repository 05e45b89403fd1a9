#include "gate/compare/pair_steps.h"

#include <math.h>

/* Equal costs differ by the noise of exact counts and by rounding, not by more. */
#define SIGNATURE_TOLERANCE 0.01
/* Cheaper functions look alike by chance: one 16-byte object a request. */
#define SIGNATURE_BYTES_MIN 16.0
/* A move that nothing else confirms must at least cost about the same. */
#define LONE_MOVE_TOLERANCE 0.1
/* What replaced a function under the same callers may cost up to this much more or less. */
#define REPLACED_FACTOR_MAX 2.0
/* Functions that must agree on a move, the one in question included. */
enum { MOVE_VOTES_MIN = 2 };

static int order_container(const struct half *a, const struct half *b)
{
    int order = str_compare(a->package_plain, b->package_plain);
    return order ? order : str_compare(a->parts.receiver, b->parts.receiver);
}

static int order_place(const void *left, const void *right)
{
    const struct half *a = *(const struct half *const *)left;
    const struct half *b = *(const struct half *const *)right;
    int order = order_container(a, b);
    return order ? order : str_compare(a->parts.name, b->parts.name);
}

void halves_sort_place(struct arena *arena, struct halves *halves)
{
    halves->by_place = ARENA_ARRAY(arena, struct half *, halves->len + 1);
    for (size_t i = 0; i < halves->len; i++)
        halves->by_place[i] = &halves->items[i];
    if (halves->len)
        qsort((void *)halves->by_place, halves->len, sizeof(struct half *), order_place);
}

/* Offset of the first half that is not before the probe's place. */
static size_t place_at(const struct halves *halves, const struct half *probe)
{
    size_t low = 0;
    size_t high = halves->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order_place((const void *)&halves->by_place[middle], (const void *)&probe) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool has_place(const struct halves *halves, const struct half *probe)
{
    size_t at = place_at(halves, probe);
    return at < halves->len &&
           order_place((const void *)&halves->by_place[at], (const void *)&probe) == 0;
}

/*
 * How many of the base's functions in the container of `from` stand under
 * the same name in the container of `to`, counted up to MOVE_VOTES_MIN. A
 * container is a package or, with `receivers`, one type of it.
 */
static bool container_moved(const struct matching *matching, const struct half *from,
                            const struct half *to, bool receivers)
{
    size_t votes = 0;
    struct half probe = {.package_plain = from->package_plain};
    if (receivers)
        probe.parts.receiver = from->parts.receiver;
    size_t at = place_at(&matching->base, &probe);
    for (; at < matching->base.len && votes < MOVE_VOTES_MIN; at++) {
        const struct half *one = matching->base.by_place[at];
        bool inside = receivers ? order_container(one, from) == 0
                                : str_equal(one->package_plain, from->package_plain);
        if (!inside)
            break;
        struct half twin = {.package_plain = to->package_plain, .parts = one->parts};
        if (receivers)
            twin.parts.receiver = to->parts.receiver;
        votes += has_place(&matching->cand, &twin);
    }
    return votes >= MOVE_VOTES_MIN;
}

static bool close_to(double a, double b, double tolerance)
{
    double larger = fmax(fabs(a), fabs(b));
    return fabs(a - b) <= tolerance * larger;
}

static bool same_cost(const struct half *base, const struct half *cand)
{
    return base->kinds == cand->kinds &&
           close_to(base->total_bytes, cand->total_bytes, LONE_MOVE_TOLERANCE);
}

/* The caller may have moved with the function, so its package does not count. */
static bool same_caller(const struct half *base, const struct half *cand)
{
    return base->caller_local.len > 0 && str_equal(base->caller_local, cand->caller_local);
}

static bool file_renamed(const struct matching *matching, const struct half *base,
                         const struct half *cand)
{
    if (!base->renames || !cand->renames)
        return false;
    for (size_t i = 0; i < matching->rename_words; i++) {
        if (base->renames[i] & cand->renames[i])
            return true;
    }
    return false;
}

static bool same_file(const struct matching *matching, const struct half *base,
                      const struct half *cand)
{
    return (base->file_base.len > 0 && str_equal(base->file_base, cand->file_base)) ||
           file_renamed(matching, base, cand);
}

static bool same_signature(const struct half *base, const struct half *cand)
{
    if (base->total_bytes < SIGNATURE_BYTES_MIN)
        return false;
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
        if (!close_to(base->function->bytes[kind], cand->function->bytes[kind],
                      SIGNATURE_TOLERANCE) ||
            !close_to(base->function->objects[kind], cand->function->objects[kind],
                      SIGNATURE_TOLERANCE))
            return false;
    }
    return true;
}

static struct str joined(struct arena *arena, struct str a, struct str b, struct str c)
{
    /* A line feed is in no name that Go can spell, so that parts do not run together. */
    return str_format(arena, "%.*s\n%.*s\n%.*s", STR_ARGS(a), STR_ARGS(b), STR_ARGS(c));
}

/* The program's module and major versions aside, everything is spelled alike. */
static struct str key_module(struct arena *arena, const struct half *half)
{
    struct str local = str_slice(half->key, half->parts.package.len, half->key.len);
    return joined(arena, half->package_plain, local, STR(""));
}

/* Type arguments and the star of the receiver aside. */
static struct str key_plain(struct arena *arena, const struct half *half)
{
    return joined(arena, half->package_plain, half->parts.receiver, half->parts.name);
}

static bool differ_in_brackets(const struct matching *matching, const struct half *base,
                               const struct half *cand)
{
    (void)matching;
    return str_contains(base->key, STR("[...]")) != str_contains(cand->key, STR("[...]"));
}

static struct str key_namesake(struct arena *arena, const struct half *half)
{
    return joined(arena, name_last_element(half->package_plain), half->parts.receiver,
                  half->parts.name);
}

static struct str key_local(struct arena *arena, const struct half *half)
{
    return joined(arena, half->parts.receiver, half->parts.name, STR(""));
}

static bool package_accepts(const struct matching *matching, const struct half *base,
                            const struct half *cand)
{
    return same_cost(base, cand) || same_file(matching, base, cand) || same_caller(base, cand) ||
           container_moved(matching, base, cand, false);
}

static struct str key_member(struct arena *arena, const struct half *half)
{
    return joined(arena, half->package_plain, half->parts.name, STR(""));
}

static bool receiver_accepts(const struct matching *matching, const struct half *base,
                             const struct half *cand)
{
    return same_cost(base, cand) || same_caller(base, cand) ||
           container_moved(matching, base, cand, true);
}

/* A type that was renamed together with its file or package. */
static struct str key_name(struct arena *arena, const struct half *half)
{
    return joined(arena, half->parts.name, STR(""), STR(""));
}

static bool file_accepts(const struct matching *matching, const struct half *base,
                         const struct half *cand)
{
    return same_signature(base, cand) || container_moved(matching, base, cand, true) ||
           (same_cost(base, cand) && (same_caller(base, cand) || same_file(matching, base, cand)));
}

static struct str key_package_kinds(struct arena *arena, const struct half *half)
{
    return str_format(arena, "%.*s\n%u", STR_ARGS(half->package_plain), half->kinds);
}

static bool signature_accepts(const struct matching *matching, const struct half *base,
                              const struct half *cand)
{
    (void)matching;
    return same_signature(base, cand);
}

static struct str key_caller_kinds(struct arena *arena, const struct half *half)
{
    if (half->caller_local.len == 0)
        return STR("");
    return str_format(arena, "%.*s\n%u", STR_ARGS(half->caller_local), half->kinds);
}

/*
 * The only function of these kinds that its caller lost, and the only one
 * that it won, in one package: what was renamed and grew at once.
 */
static bool replaced_accepts(const struct matching *matching, const struct half *base,
                             const struct half *cand)
{
    double less = fmin(base->total_bytes, cand->total_bytes);
    double more = fmax(base->total_bytes, cand->total_bytes);
    (void)matching;
    return str_equal(base->package_plain, cand->package_plain) && less >= SIGNATURE_BYTES_MIN &&
           more <= less * REPLACED_FACTOR_MAX;
}

const struct pair_rule pair_rules[] = {
    {PAIR_STEP_MODULE, key_module, NULL},
    {PAIR_STEP_GENERIC, key_plain, differ_in_brackets},
    {PAIR_STEP_RECEIVER, key_plain, NULL},
    {PAIR_STEP_PACKAGE, key_namesake, NULL},
    {PAIR_STEP_PACKAGE, key_local, package_accepts},
    {PAIR_STEP_RECEIVER, key_member, receiver_accepts},
    {PAIR_STEP_FILE, key_name, file_accepts},
    {PAIR_STEP_FILE, key_name, file_renamed},
    {PAIR_STEP_SIGNATURE, key_package_kinds, signature_accepts},
    {PAIR_STEP_SIGNATURE, key_caller_kinds, signature_accepts},
    {PAIR_STEP_SIGNATURE, key_caller_kinds, replaced_accepts},
};
const size_t pair_rule_count = ARRAY_LEN(pair_rules);
