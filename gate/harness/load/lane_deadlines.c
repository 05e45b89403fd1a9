#include "gate/base/clock.h"
#include "gate/harness/load/lane.h"

static enum status check_exchanges(const struct connection *connection, uint64_t now,
                                   struct err *err)
{
    const struct load_spec *spec = connection->lane->spec;
    for (uint32_t i = 0; i < spec->streams; i++) {
        const struct exchange *exchange = &connection->exchanges[i];
        if ((!exchange->is_sent && !exchange->waits) || now < exchange->deadline_ns)
            continue;
        (void)err_set(err, STATUS_CHILD, "no complete answer within %.3g s",
                      clock_seconds(spec->request_timeout_ns));
        return exchange_wrap(exchange, err);
    }
    return STATUS_OK;
}

static enum status check_connection(const struct connection *connection, uint64_t now,
                                    struct err *err)
{
    static const char *const unfinished[] = {
        [CONNECTION_OPENING] = "connection not accepted",
        [CONNECTION_SECURING] = "TLS handshake not finished",
        [CONNECTION_GREETING] = "no SETTINGS of HTTP/2 came",
    };
    bool is_opening =
        connection->state != CONNECTION_READY && connection->state != CONNECTION_CLOSED;
    if ((connection->sent_count || connection->waiting_count) &&
        check_exchanges(connection, now, err))
        return err->status;
    if (!is_opening || now < connection->deadline_ns)
        return STATUS_OK;
    return err_set(err, STATUS_CHILD, "%.*s: %s", STR_ARGS(connection->lane->name),
                   unfinished[connection->state]);
}

enum status lane_check_deadlines(const struct lane *lane, uint64_t now, struct err *err)
{
    const struct load_spec *spec = lane->spec;
    for (uint32_t i = 0; i < spec->connections; i++) {
        if (check_connection(&lane->connections[i], now, err))
            return err->status;
    }
    if (lane_is_done(lane) || now - lane->start_ns < spec->total_timeout_ns)
        return STATUS_OK;
    return err_set(err, STATUS_CHILD, "load not finished within %.3g s: %llu of %llu answered",
                   clock_seconds(spec->total_timeout_ns), (unsigned long long)lane->result.answered,
                   (unsigned long long)spec->count);
}
