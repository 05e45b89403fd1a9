#include "gate/harness/load/exchange.h"

void exchange_reset(struct exchange *exchange)
{
    struct answer *answer = &exchange->answer;
    answer->status = 0;
    answer->body_bytes = 0;
    answer->has_bytes = false;
    answer->header_count = 0;
    answer->head_bytes = 0;
    answer->keeps_body = exchange->line->expect_sha256.len > 0;
    buf_reset(&answer->body);
    if (exchange->line->is_grpc)
        grpc_reader_init(&answer->grpc);
}

/*
 * A line that says nothing takes whatever is no server error: which
 * answers those were is compared between the sides later.
 */
static bool is_listed(const struct request_line *line, uint32_t status)
{
    return line->expect_len ? request_lists_status(line, status) : status < 500;
}

bool exchange_has_expected_status(const struct exchange *exchange)
{
    const struct answer *answer = &exchange->answer;
    if (!exchange->line->is_grpc)
        return is_listed(exchange->line, answer->status);
    return answer->status == 200 && is_listed(exchange->line, answer->grpc.status);
}

/* Called for what is not expected. */
static struct str status_problem(const struct exchange *exchange, struct arena *arena)
{
    const struct answer *answer = &exchange->answer;
    if (!exchange->line->is_grpc)
        return str_format(arena, " answered %u", answer->status);
    if (answer->status != 200)
        return str_format(arena, " answered %u, not 200 as gRPC does", answer->status);
    return str_format(arena, " answered grpc-status %u %s%s%s%s", answer->grpc.status,
                      grpc_status_name(answer->grpc.status), answer->grpc.reason[0] ? " (" : "",
                      answer->grpc.reason, answer->grpc.reason[0] ? ")" : "");
}

static struct str body_problem(const struct exchange *exchange, struct arena *arena)
{
    const struct answer *answer = &exchange->answer;
    struct str problem =
        request_body_problem(exchange->line, arena, answer->body_bytes, buf_view(&answer->body));
    if (problem.len == 0)
        return problem;
    return str_format(arena, " answered %u %.*s", answer->status, STR_ARGS(problem));
}

struct str exchange_problem(const struct exchange *exchange, struct arena *arena)
{
    return exchange_has_expected_status(exchange) ? body_problem(exchange, arena)
                                                  : status_problem(exchange, arena);
}

enum status exchange_wrap(const struct exchange *exchange, struct err *err)
{
    return err_wrap(err, "%.*s %.*s (request %llu)", STR_ARGS(exchange->line->method),
                    STR_ARGS(exchange->line->path), (unsigned long long)exchange->k);
}
