#ifndef GATE_HARNESS_LOAD_REQUESTS_H
#define GATE_HARNESS_LOAD_REQUESTS_H

#include "gate/base/buf.h"
#include "gate/base/err.h"

/*
 * The request file: JSON lines {"method","path","header":{},"body",
 * "weight","expect":[200]}. `{k}` in path, header values and body is the
 * request's number, counted from 0 over warm-up and load. Unknown keys,
 * control characters in a path or header, and empty files are
 * STATUS_POLICY with "FILE:LINE: ...".
 */
enum {
    REQUESTS_FILE_BYTES_MAX = 64 * 1024 * 1024,
    REQUESTS_LINES_MAX = 100000,
    REQUEST_WEIGHT_MAX = 1000,
    REQUEST_STATUSES_MAX = 16,
};

struct request_line {
    struct str method; /* default GET, or POST with a body */
    struct str path;   /* starts with '/' */
    struct str header; /* rendered "Name: value\r\n" lines with {k} still in them */
    struct str body;
    bool has_body;
    uint32_t weight;
    uint16_t expect[REQUEST_STATUSES_MAX];
    size_t expect_len; /* 0: anything below 500, as long as both sides answer alike */
};

struct requests {
    struct request_line *lines;
    size_t len;
    uint32_t *schedule; /* one cycle: line indexes, each `weight` times, shuffled by the seed */
    size_t schedule_len;
};

NODISCARD enum status requests_parse(struct requests *out, struct arena *arena, struct str name,
                                     struct bytes text, uint64_t seed, struct err *err);
/*
 * The line of request k: cycles of the schedule, each cycle shuffled
 * anew from (seed, cycle), so that every line is hit weight times per
 * cycle. A function of seed and k only.
 */
uint32_t requests_line(const struct requests *requests, uint64_t seed, uint64_t k);
/* Renders request k of a line as HTTP/1.1 bytes (Host, Connection keep-alive, Content-Length). */
void requests_render(struct buf *out, const struct request_line *line, uint64_t k, uint16_t port);
/* Requests needed until each line was hit at least `hits` times. */
uint64_t requests_needed(const struct requests *requests, uint64_t hits);

#endif
