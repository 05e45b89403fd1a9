#ifndef GATE_HARNESS_LOAD_REQUESTS_H
#define GATE_HARNESS_LOAD_REQUESTS_H

#include "gate/base/buf.h"
#include "gate/base/err.h"
#include "gate/harness/load/capture.h"
#include "gate/harness/load/request_text.h"

/*
 * The request file, in one of four forms, the first two of which may mix:
 *
 * JSON lines of our own, {"method","path","header":{},"body","body_file",
 * "weight","expect":[200],"expect_bytes","expect_sha256"}: path, header
 * values and body have places to fill in (request_text.h); body_file names a file beside
 * the request file whose bytes are sent as they are; the last two say how
 * long the body of the answer is and what its SHA-256 is. body_hex and
 * body_base64 are further ways to write a body whose bytes are sent as they
 * are. A line with
 * "capture":{"name":{"json":"$.a"}} (or "header", "cookie") is a login line:
 * it is no part of the load, but sent once to each service before it, in
 * the order of the file, and what is captured stands for {{name}} in the
 * lines below it.
 *
 * Calls of gRPC, lines {"grpc":"package.Service/Method", a body as above,
 * "header","weight","expect_grpc":[0],"expect_bytes","expect_sha256"}: the
 * body is one message, without the five bytes that stand before it on the
 * wire. Without expect_grpc the answer has grpc-status 0. The expected
 * length and hash are those of the message. They need HTTP/2.
 *
 * JSON targets of vegeta, lines {"method","url","header":{"A":["b"]},
 * "body":"base64"}, told by "url". The address in the URL is not used: what
 * is loaded is the service.
 *
 * A HAR file (HTTP Archive 1.2), one JSON object with "log". Its entries of
 * the first entry's host are sent once a cycle each, in the shuffled order
 * of every request file (a login does not come first), and expect the status
 * that was recorded; entries of other hosts are
 * left out and counted in `foreign`.
 *
 * Unknown keys, control characters in a path or header, and empty files are
 * STATUS_POLICY with "FILE:LINE: ...".
 */
enum {
    REQUESTS_FILE_BYTES_MAX = 64 * 1024 * 1024,
    REQUESTS_LINES_MAX = 100000,
    REQUEST_WEIGHT_MAX = 1000,
    REQUEST_STATUSES_MAX = 16,
};

/* The parts of a request that are rendered anew each time. */
enum request_part { REQUEST_PATH, REQUEST_HEADER, REQUEST_BODY, REQUEST_PARTS };

struct request_line {
    struct str method; /* default GET, or POST with a body */
    struct str path;   /* starts with '/'; as written, for messages */
    /* The header is rendered "Name: value\r\n" lines. */
    struct request_text parts[REQUEST_PARTS];
    bool has_body;
    bool is_grpc; /* the body is a message, `expect` lists statuses of gRPC */
    uint32_t weight;
    uint16_t expect[REQUEST_STATUSES_MAX];
    size_t expect_len; /* 0: anything below 500, as long as both sides answer alike */
    bool expects_bytes;
    uint64_t expect_bytes;
    struct str expect_sha256; /* lower-case hexadecimal; empty: any body will do */
    struct capture *captures; /* of a login line */
    size_t capture_count;
    uint32_t number; /* in the file */
};

struct requests {
    struct request_line *lines;
    size_t len;
    uint32_t *schedule; /* one cycle: line indexes, each `weight` times, shuffled by the seed */
    size_t schedule_len;
    size_t foreign; /* HAR entries of other hosts */
    /* Before the load, once to each service, in this order. */
    struct request_line *logins;
    size_t login_count;
    struct capture_slots slots; /* of what all logins capture */
    size_t grpc_line;           /* of the file, the first that calls gRPC; 0: none does */
};

/* Where the text comes from, and the files that it names. */
struct requests_source {
    struct str name; /* for messages */
    struct bytes text;
    uint64_t seed;
    /* Reads a file beside the request file; NULL: none can be read. */
    enum status (*read)(void *ctx, struct bytes *out, struct arena *arena, struct str path,
                        struct err *err);
    void *ctx;
};

NODISCARD enum status requests_parse(struct requests *out, struct arena *arena,
                                     const struct requests_source *source, struct err *err);
/*
 * The line of request k: cycles of the schedule, each cycle shuffled
 * anew from (seed, cycle), so that every line is hit weight times per
 * cycle. A function of seed and k only.
 */
uint32_t requests_line(const struct requests *requests, uint64_t seed, uint64_t k);
/* Renders a request of a line as HTTP/1.1 bytes (Host of the authority, Connection keep-alive, Content-Length). */
void requests_render(struct buf *out, const struct request_line *line, struct request_values values,
                     struct str authority);
/* True when a server waits for a body unless it is told that there is none. */
bool request_method_announces_body(struct str method);
/* True when it has to be told how long it is. */
bool request_announces_body(const struct request_line *line);
/* Why a body is not what the line expects: "with 3 bytes, not 4"; empty when it is. */
struct str request_body_problem(const struct request_line *line, struct arena *arena,
                                uint64_t body_bytes, struct str body);
/* The status stands in `expect`. */
bool request_lists_status(const struct request_line *line, uint32_t status);
/* Requests needed until each line was hit at least `hits` times. */
uint64_t requests_needed(const struct requests *requests, uint64_t hits);

#endif
