#ifndef GATE_BASE_NUM_H
#define GATE_BASE_NUM_H

#include "gate/base/str.h"

/* Arithmetic on numbers that come from files: false instead of wrapping. */
NODISCARD bool num_add_u64(uint64_t *out, uint64_t a, uint64_t b);
NODISCARD bool num_mul_u64(uint64_t *out, uint64_t a, uint64_t b);
NODISCARD bool num_add_i64(int64_t *out, int64_t a, int64_t b);
NODISCARD bool num_mul_i64(int64_t *out, int64_t a, int64_t b);

/* Plain decimal digits only, whole text; no sign, no blanks, no other base. */
NODISCARD bool num_parse_u64(uint64_t *out, struct str text);
/*
 * A plain decimal with an optional fraction ("0.5", "12"), at most 15
 * significant digits, never negative, independent of the locale.
 */
NODISCARD bool num_parse_decimal(double *out, struct str text);
/* Same with an optional leading minus and exponent (JSON and Go's output). */
NODISCARD bool num_parse_double(double *out, struct str text);

/*
 * Finalizer of splitmix64 (Steele, Lea, Flood 2014): every input bit moves
 * every output bit. The same everywhere and always, unlike hash_u64.
 */
uint64_t num_mix(uint64_t value);

static inline uint64_t num_min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* a - b, and 0 where that would be below it. */
static inline uint64_t num_less_u64(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static inline uint64_t num_max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

double num_ratio(double part, double whole); /* 0 when whole is 0 */

#endif
