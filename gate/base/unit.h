#ifndef GATE_BASE_UNIT_H
#define GATE_BASE_UNIT_H

#include "gate/base/buf.h"
#include "gate/base/err.h"

/*
 * Values keep one base unit inside (bytes, nanoseconds, ratio 0.15) and
 * meet spelled units only here: when a policy is read and when a number
 * is printed.
 */
enum unit {
    UNIT_COUNT,             /* plain number: objects, cycles */
    UNIT_BYTES,             /* printed as B, KiB, MiB ... */
    UNIT_NS,                /* printed as ns, us, ms, s */
    UNIT_RATIO,             /* 0.15, printed as 15 % */
    UNIT_BYTES_PER_REQUEST, /* bytes divided by requests (or benchmark operations) */
    UNIT_COUNT_PER_REQUEST,
    UNIT_NS_PER_REQUEST,
    UNIT_BYTES_PER_1000_REQUESTS,
};

/* What JSON calls it: "bytes", "count", "ns", "ratio", "bytes/request" ... */
const char *unit_name(enum unit unit);

/*
 * Spelled quantities of a policy. Numbers are plain decimals; the unit
 * must be present and spelled exactly. On failure `err` says what was
 * wrong with the value ("unknown unit \"MBB\"; known: B kB MB ...") with
 * STATUS_POLICY; the caller adds file:line:column.
 */
NODISCARD enum status unit_parse_bytes(double *out, struct str text, struct err *err);
NODISCARD enum status unit_parse_duration(double *out_ns, struct str text, struct err *err);
NODISCARD enum status unit_parse_percent(double *out_ratio, struct str text, struct err *err);
NODISCARD enum status unit_parse_rate(double *out_per_second, struct str text, struct err *err);
/* A bare number, such as the thresholds' `alloc_delta_percent: 3`. */
NODISCARD enum status unit_parse_number(double *out, struct str text, struct err *err);
NODISCARD enum status unit_parse_count(uint64_t *out, struct str text, struct err *err);

/* "17.7 MiB", "+512 B/request", "41.8 ms"; a sign is printed when asked for, also "+0 B". */
void unit_write(struct buf *buf, enum unit unit, double value, bool sign);
/* "+20.1 %"; more digits where the change is small. */
void unit_write_percent(struct buf *buf, double ratio, bool sign);

#endif
