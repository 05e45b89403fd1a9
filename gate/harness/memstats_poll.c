#include "gate/harness/memstats_poll.h"

#include "gate/base/clock.h"
#include "gate/profile/memstats.h"

#define INTERVAL_MAX (NS_PER_SECOND / 2)
#define INTERVAL_MIN (100 * NS_PER_MS)
#define ANSWER_NS    (5 * NS_PER_SECOND)
#define RETRY_NS     NS_PER_SECOND

/* Of the time, for answers: 1 in so many. */
enum { COST_PART = 20 };

static bool is_polled(const struct trial *trial)
{
    return trial->key.phase == PHASE_STEADY && trial->harness->spec.policy->trials.duet > 0;
}

void memstats_poll_begin(struct memstats_poll *out, struct trial *trial,
                         const struct address *address, uint64_t origin_ns)
{
    *out = (struct memstats_poll){.polls.is_known = is_polled(trial),
                                  .trial = trial,
                                  .address = address,
                                  .origin_ns = origin_ns,
                                  .next_ns = is_polled(trial) ? origin_ns : UINT64_MAX,
                                  .interval_ns = INTERVAL_MAX};
}

static void lose(struct memstats_poll *poll, uint64_t now_ns, bool may_retry)
{
    poll->polls.lost++;
    poll->lost_in_row++;
    poll->polls.is_given_up = !may_retry || poll->lost_in_row == MEMSTATS_LOST_MAX;
    poll->next_ns =
        poll->polls.is_given_up ? UINT64_MAX : now_ns + (RETRY_NS << (poll->lost_in_row - 1));
}

static void ask(struct memstats_poll *poll, uint64_t now_ns)
{
    struct err ignored = {0};
    poll->polls.asked++;
    arena_init(&poll->once);
    struct str path = trial_pprof_path(poll->trial, &poll->once, STR("heap?debug=1"));
    poll->asked_ns = now_ns;
    if (control_begin(&poll->exchange, &poll->once, poll->address, path, ANSWER_NS, &ignored)) {
        arena_release(&poll->once);
        lose(poll, now_ns, false);
    }
}

/* Of the collections since the row before, where the ring still has them all. */
static uint64_t pauses_since(const struct memstats_poll *poll, const struct memstats *stats)
{
    uint64_t sum = 0;
    uint64_t since = stats->gc_count - poll->last_gc_count;
    if (poll->value_len == 0 || stats->gc_count < poll->last_gc_count || since > MEMSTATS_PAUSES ||
        stats->pause_count < MEMSTATS_PAUSES)
        return RECORD_NONE;
    for (uint64_t i = 0; i < since; i++)
        sum += stats->pause_ns[(poll->last_gc_count + i) % MEMSTATS_PAUSES];
    return sum;
}

/* Numbers that no table holds are a service's own invention. */
static uint64_t plain(uint64_t number)
{
    return number <= INT64_MAX ? number : INT64_MAX;
}

static void keep(struct memstats_poll *poll, const struct memstats *stats, uint64_t now_ns)
{
    uint64_t pause_ns = pauses_since(poll, stats);
    const uint64_t row[MEMSTATS_COLUMNS] = {
        [MEMSTATS_MS] = (now_ns - poll->origin_ns) / NS_PER_MS,
        [MEMSTATS_TOTAL_ALLOC] = plain(stats->total_alloc_bytes),
        [MEMSTATS_MALLOCS] = plain(stats->mallocs),
        [MEMSTATS_FREES] = plain(stats->frees),
        [MEMSTATS_HEAP_ALLOC] = plain(stats->heap_alloc_bytes),
        [MEMSTATS_HEAP_INUSE] = plain(stats->heap_inuse_bytes),
        [MEMSTATS_HEAP_RELEASED] = plain(stats->heap_released_bytes),
        [MEMSTATS_STACK] = plain(stats->stack_inuse_bytes),
        [MEMSTATS_NEXT_GC] = plain(stats->next_gc_bytes),
        [MEMSTATS_GC_COUNT] = plain(stats->gc_count),
        [MEMSTATS_FORCED] = plain(stats->forced_gc_count),
        [MEMSTATS_PAUSE] = pause_ns == RECORD_NONE ? RECORD_NONE : plain(pause_ns),
    };
    for (size_t i = 0; i < MEMSTATS_COLUMNS; i++)
        ARENA_PUSH(poll->trial->scratch, poll->values, poll->value_len, poll->value_cap, row[i]);
}

/* Half of the ring within one interval: the next one could be longer. */
static void pace(struct memstats_poll *poll, const struct memstats *stats, uint64_t now_ns)
{
    uint64_t cost_ns = (now_ns - poll->asked_ns) * COST_PART;
    bool is_fast = poll->value_len > MEMSTATS_COLUMNS &&
                   stats->gc_count - poll->last_gc_count > MEMSTATS_PAUSES / 2;
    if (is_fast && poll->interval_ns > INTERVAL_MIN)
        poll->interval_ns /= 2;
    poll->next_ns = poll->asked_ns + (poll->interval_ns > cost_ns ? poll->interval_ns : cost_ns);
    poll->last_gc_count = stats->gc_count;
}

/* RFC 9110, sections 15.5.9 and 15.6, and RFC 6585, section 4: what may be otherwise soon. */
static bool is_passing(long http_code)
{
    return http_code == 408 || http_code == 429 || http_code >= 500;
}

/* Why it is not told does not matter: the points read the same, and fail where that is not there. */
static void take(struct memstats_poll *poll, uint64_t now_ns)
{
    struct err ignored = {0};
    struct control_reply reply = {0};
    struct memstats stats = {0};
    struct control_exchange *exchange = poll->exchange;
    poll->exchange = NULL;
    control_add_sent(&poll->sent, exchange);
    enum status status = control_end(&reply, &poll->once, exchange, &ignored);
    if (status != STATUS_OK || reply.http_code != 200) {
        lose(poll, now_ns, status == STATUS_CHILD || is_passing(reply.http_code));
    } else if (memstats_parse(&stats, str_of_bytes(reply.body), &ignored)) {
        lose(poll, now_ns, false);
    } else {
        poll->lost_in_row = 0;
        keep(poll, &stats, now_ns);
        pace(poll, &stats, now_ns);
    }
    arena_release(&poll->once);
}

void memstats_poll_step(struct memstats_poll *poll, uint64_t now_ns)
{
    if (!poll->trial)
        return;
    if (poll->exchange && control_step(poll->exchange))
        take(poll, now_ns);
    if (!poll->exchange && now_ns >= poll->next_ns)
        ask(poll, now_ns);
}

void memstats_poll_end(struct memstats_poll *poll)
{
    struct err ignored = {0};
    struct control_reply reply = {0};
    poll->next_ns = UINT64_MAX;
    if (!poll->exchange)
        return;
    /* The load is over: nobody waited for this one. */
    poll->polls.asked--;
    control_add_sent(&poll->sent, poll->exchange);
    (void)!control_end(&reply, &poll->once, poll->exchange, &ignored);
    arena_release(&poll->once);
    poll->exchange = NULL;
}

struct record_rows memstats_poll_rows(const struct memstats_poll *poll)
{
    return (struct record_rows){
        .values = poll->values,
        .len = poll->value_len / MEMSTATS_COLUMNS,
        .columns = MEMSTATS_COLUMNS,
    };
}
