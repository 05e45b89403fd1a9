#ifndef GATE_HARNESS_LOAD_LOAD_H
#define GATE_HARNESS_LOAD_LOAD_H

#include "gate/harness/address.h"
#include "gate/harness/load/requests.h"
#include "gate/harness/load/slowest.h"
#include "gate/policy/policy.h"
#include "gate/stats/histogram.h"

/*
 * The load: a fixed number of requests over connections that are kept
 * open, from one epoll loop in the calling thread: HTTP/1.1 or HTTP/2, to
 * a port of 127.0.0.1 or a unix socket, with or without TLS.
 * Closed loop (each connection sends its next request when the last was
 * answered; request k is handed out in order of k) or a fixed rate with
 * latency counted from the intended send time.
 */
enum { LOAD_LANES_MAX = 2 };

struct load_spec {
    /*
     * The services. Two make a duet: each is sent the same requests at the
     * rate, from its own connections, at the same time. Which of them has
     * request k first is drawn from (seed, k), so that neither is always
     * the one that finds the caches warm or the other one busy.
     */
    struct address addresses[LOAD_LANES_MAX];
    uint32_t lane_count;
    const struct requests *requests;
    /* Of each lane, what its service's login lines captured, by slot; NULL where there are none. */
    const struct str *captured[LOAD_LANES_MAX];
    uint64_t seed;
    uint64_t first_k; /* number of the first request */
    uint64_t count;
    /*
     * Of count, less than it: the first requests, which find connections
     * that nothing was sent on yet. They are sent and checked like the
     * others, but stand in no latency, window or lateness.
     */
    uint64_t lead_count;
    double rate_per_second; /* of each service; 0: closed loop */
    /*
     * At a fixed rate: requests due within the same batch_ns leave together
     * at its start, which is then their intended time. Costs less CPU time
     * the more of them there are. 0: each leaves at its own time.
     */
    uint64_t batch_ns;
    enum load_protocol protocol;
    uint32_t connections; /* to each service */
    /*
     * Requests that each connection carries at a time, 1 but for HTTP/2;
     * fewer where the service allows no more (SETTINGS_MAX_CONCURRENT_STREAMS
     * of the first SETTINGS).
     */
    uint32_t streams;
    uint32_t window_count;  /* equal parts of the requests whose latency is told apart; 0: none */
    uint32_t slowest_count; /* requests whose times are kept; 0: none */
    uint64_t request_timeout_ns;
    uint64_t total_timeout_ns;
    /* Called each 10 to 50 ms, also when nothing happens; false ends the load with STATUS_CHILD. */
    bool (*tick)(void *ctx, uint64_t done);
    void *tick_ctx;
    /*
     * Called with tick_ctx whenever one of the descriptors is readable or at
     * its end, and must take all that is there or close it; NULL: never. A
     * negative descriptor is not watched.
     */
    void (*on_watch)(void *ctx);
    int watch_fds[LOAD_LANES_MAX];
};

enum { LOAD_STATUS_MAX = 600 };

struct load_result {
    bool has_failed; /* the error is about this lane; the rest of its result means nothing then */
    uint64_t answered;
    uint64_t unexpected; /* answers that were not as the line expects, or 500 and above */
    uint64_t successes;  /* answers that were listed in `expect`, or 2xx */
    uint64_t unlisted[LOAD_STATUS_MAX]; /* by status: answers to lines without `expect` */
    struct str first_problem;           /* "GET /x answered 500" */
    /*
     * Per request, until the last byte of the answer arrived (by the kernel,
     * where it tells; answers of one connection that are read at once bear
     * the time of the last of them): from the intended send time at a fixed rate.
     */
    struct histogram latency;
    struct histogram service;  /* the same from the actual send */
    struct histogram *windows; /* the same of each window, in order of k */
    /*
     * Fixed rate only: how late memgate itself was, the actual send minus
     * the moment it was possible: the intended one, or when a connection
     * came free if that is later. A slow service shows in the latency.
     */
    struct histogram lateness;
    struct slowest slowest;
    uint64_t duration_ns;
    uint64_t response_bytes; /* of bodies */
    uint64_t reconnects;     /* after "Connection: close", or when a used connection ended */
    /*
     * HTTP/1.1: requests that met an end which may have crossed them, and
     * were sent again; not those sent on a connection that had ended before.
     */
    uint64_t resends;
    uint64_t sent_again; /* all requests that were sent once more, for whatever reason */
    /* Of spec->streams, the fewest that a connection could carry when it opened or later. */
    uint32_t streams_allowed;
    /* CPU time of the thread while the load went on, and that time: of all lanes together. */
    uint64_t cpu_ns;
    uint64_t wall_ns;
    double achieved_per_second; /* sent at a fixed rate, answered in a closed loop */
};

/*
 * *out: one result for each lane. STATUS_OK means every request was sent and answered (statuses may
 * still be unexpected: the caller voids the run). Refused connections,
 * broken HTTP, time-outs, early closes are STATUS_CHILD naming the
 * request; in a duet has_failed tells whose it was. A connection that was used before and ends without a byte
 * of the answer is opened again and the request sent once more: servers
 * end idle connections, and that end can cross a request on its way. It
 * is an error if the service had read the request before it ended the
 * connection, if the end came more than 100 ms after the request was sent,
 * or if more than 1 + 0.1 % of the requests (1 + 5 % where they have at
 * most 4 KiB, without TLS) met a reset that may have crossed them. Sent again are also, three times at most, requests of HTTP/2 that the peer says it never
 * looked at (GOAWAY, REFUSED_STREAM).
 * Limits: head 64 KiB, 256 headers, body 16 MiB.
 */
NODISCARD enum status load_run(struct load_result out[], struct arena *arena,
                               const struct load_spec *spec, struct err *err);

/*
 * Adds the next part of one load: the sums, the histograms, and the rate
 * over the time of both. Windows and the slowest are left to the caller.
 */
void load_result_add(struct load_result *into, const struct load_result *part);

/* "200:1000 404:500": what lines without `expect` were answered, ascending; empty when none was. */
struct str load_statuses(const struct load_result *result, struct arena *arena);

#endif
