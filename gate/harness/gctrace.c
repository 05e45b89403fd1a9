#include "gate/harness/gctrace.h"

#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/stats/sample.h"

/* Numbers of a line, in its order. */
enum number {
    NUMBER_CYCLE,
    NUMBER_AT,
    NUMBER_UTILISATION,
    NUMBER_CLOCK_SWEEP,
    NUMBER_CLOCK_MARK,
    NUMBER_CLOCK_TERMINATION,
    NUMBER_CPU_SWEEP,
    NUMBER_CPU_ASSIST,
    NUMBER_CPU_BACKGROUND,
    NUMBER_CPU_IDLE,
    NUMBER_CPU_TERMINATION,
    NUMBER_HEAP_START,
    NUMBER_HEAP_END,
    NUMBER_HEAP_LIVE,
    NUMBER_GOAL,
    NUMBER_STACKS,
    NUMBER_GLOBALS,
    NUMBER_PROCESSORS,
    NUMBERS
};

/* What stands before each number. */
static const struct str marks[NUMBERS] = {
    [NUMBER_CYCLE] = STR_INIT("gc "),
    [NUMBER_AT] = STR_INIT(" @"),
    [NUMBER_UTILISATION] = STR_INIT("s "),
    [NUMBER_CLOCK_SWEEP] = STR_INIT(": "),
    [NUMBER_CLOCK_MARK] = STR_INIT("+"),
    [NUMBER_CLOCK_TERMINATION] = STR_INIT("+"),
    [NUMBER_CPU_SWEEP] = STR_INIT(" ms clock, "),
    [NUMBER_CPU_ASSIST] = STR_INIT("+"),
    [NUMBER_CPU_BACKGROUND] = STR_INIT("/"),
    [NUMBER_CPU_IDLE] = STR_INIT("/"),
    [NUMBER_CPU_TERMINATION] = STR_INIT("+"),
    [NUMBER_HEAP_START] = STR_INIT(" ms cpu, "),
    [NUMBER_HEAP_END] = STR_INIT("->"),
    [NUMBER_HEAP_LIVE] = STR_INIT("->"),
    [NUMBER_GOAL] = STR_INIT(" MB, "),
    [NUMBER_STACKS] = STR_INIT(" MB goal, "),
    [NUMBER_GLOBALS] = STR_INIT(" MB stacks, "),
    [NUMBER_PROCESSORS] = STR_INIT(" MB globals, "),
};

/* Further than any collection or program lasts; keeps sums of nanoseconds far from their end. */
#define MS_MAX      1e9
#define SECONDS_MAX 1e9

#define MS_PER_SECOND 1e3
#define BYTES_PER_MB  ((uint64_t)1 << 20)

static bool take_mark(struct str *rest, struct str mark)
{
    if (!str_starts_with(*rest, mark))
        return false;
    *rest = str_slice(*rest, mark.len, rest->len);
    return true;
}

static bool take_number(double *out, struct str *rest)
{
    size_t len = 0;
    while (len < rest->len && ((rest->data[len] >= '0' && rest->data[len] <= '9') ||
                               (rest->data[len] == '.' && len > 0)))
        len++;
    if (!num_parse_decimal(out, str_slice(*rest, 0, len)))
        return false;
    *rest = str_slice(*rest, len, rest->len);
    return true;
}

/* The share of time, which nobody needs, has more behind it than a number. */
static void take_utilisation_end(struct str *rest)
{
    if (take_mark(rest, STR("%")))
        (void)take_mark(rest, STR(" (checking for goroutine leaks)")); /* Go 1.26 and later */
}

static bool take_numbers(double numbers[NUMBERS], struct str *rest)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        if (!take_mark(rest, marks[i]) || !take_number(&numbers[i], rest))
            return false;
        if (i == NUMBER_UTILISATION)
            take_utilisation_end(rest);
    }
    return take_mark(rest, STR(" P"));
}

static bool are_times(const double numbers[NUMBERS])
{
    for (size_t i = NUMBER_CLOCK_SWEEP; i <= NUMBER_CPU_TERMINATION; i++) {
        if (numbers[i] > MS_MAX)
            return false;
    }
    return numbers[NUMBER_AT] <= SECONDS_MAX;
}

static uint64_t to_ns(double ms)
{
    return (uint64_t)(ms * (double)NS_PER_MS + 0.5);
}

static double cpu_ms(const double numbers[NUMBERS])
{
    double sum = 0;
    for (size_t i = NUMBER_CPU_SWEEP; i <= NUMBER_CPU_TERMINATION; i++)
        sum += numbers[i];
    return sum;
}

/* With GOGC=off the goal is the end of the address space, which is none. */
static uint64_t heap_bytes(double mb)
{
    double most = (double)(INT64_MAX / (int64_t)BYTES_PER_MB);
    return mb < most ? (uint64_t)mb * BYTES_PER_MB : 0;
}

bool gctrace_parse(struct gctrace_line *out, struct str line)
{
    double numbers[NUMBERS];
    if (!take_numbers(numbers, &line) || !are_times(numbers) || numbers[NUMBER_CYCLE] < 1)
        return false;
    bool is_forced = take_mark(&line, STR(" (forced)"));
    if (line.len > 0)
        return false;
    *out = (struct gctrace_line){
        .number = (uint64_t)numbers[NUMBER_CYCLE],
        .stop_ns = to_ns(numbers[NUMBER_CLOCK_SWEEP] + numbers[NUMBER_CLOCK_TERMINATION]),
        .assist_ns = to_ns(numbers[NUMBER_CPU_ASSIST]),
        .cpu_ns = to_ns(cpu_ms(numbers)),
        .goal_bytes = heap_bytes(numbers[NUMBER_GOAL]),
        .is_forced = is_forced,
        .at_ns = to_ns(numbers[NUMBER_AT] * MS_PER_SECOND),
        .sweep_ns = to_ns(numbers[NUMBER_CLOCK_SWEEP]),
        .mark_ns = to_ns(numbers[NUMBER_CLOCK_MARK]),
        .termination_ns = to_ns(numbers[NUMBER_CLOCK_TERMINATION]),
        .start_bytes = heap_bytes(numbers[NUMBER_HEAP_START]),
        .end_bytes = heap_bytes(numbers[NUMBER_HEAP_END]),
        .live_bytes = heap_bytes(numbers[NUMBER_HEAP_LIVE]),
    };
    return true;
}

void gctrace_init(struct gctrace *trace, struct arena *arena)
{
    *trace = (struct gctrace){.arena = arena, .began_ns = UINT64_MAX};
}

static uint64_t length_ns(const struct gctrace_line *line)
{
    return line->stop_ns + line->mark_ns;
}

static void keep_cycle(struct gctrace *trace, const struct gctrace_cycle *cycle)
{
    if (trace->cycle_count == GCTRACE_CYCLES_MAX) {
        trace->is_flood = true;
        return;
    }
    ARENA_PUSH(trace->arena, trace->cycles, trace->cycle_count, trace->cycle_cap, *cycle);
}

static void take_line(struct gctrace *trace, uint64_t now_ns)
{
    struct gctrace_cycle cycle = {.arrived_ns = now_ns};
    struct gctrace_line *line = &cycle.line;
    if (trace->is_cut || !gctrace_parse(line, (struct str){trace->line, trace->line_len}))
        return;
    if (line->number <= trace->last_number)
        trace->is_mixed = true;
    trace->last_number = line->number;
    trace->began_ns =
        num_min_u64(trace->began_ns, num_less_u64(now_ns, line->at_ns + length_ns(line)));
    if (trace->window == GCTRACE_BEFORE)
        trace->number_before = line->number;
    if (trace->window == GCTRACE_LOAD)
        keep_cycle(trace, &cycle);
    if (trace->window == GCTRACE_AFTER && trace->number_after == 0)
        trace->number_after = line->number;
}

void gctrace_feed(struct gctrace *trace, const char *data, size_t len, uint64_t now_ns)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n') {
            take_line(trace, now_ns);
            trace->line_len = 0;
            trace->is_cut = false;
        } else if (trace->line_len < sizeof(trace->line)) {
            trace->line[trace->line_len++] = data[i];
        } else {
            trace->is_cut = true;
        }
    }
}

void gctrace_begin(struct gctrace *trace)
{
    trace->window = GCTRACE_LOAD;
}

void gctrace_end(struct gctrace *trace)
{
    trace->window = GCTRACE_AFTER;
}

void gctrace_forget(struct gctrace *trace)
{
    trace->cycle_count = 0;
    trace->is_flood = false;
}

static struct str refusal_of(const struct gctrace *trace, struct arena *arena, uint64_t lost)
{
    if (trace->is_mixed)
        return STR("lines of gctrace from more than one Go program came");
    if (trace->is_flood) {
        return str_format(arena, "more than %d lines of gctrace came during the load",
                          GCTRACE_CYCLES_MAX);
    }
    if (trace->number_before == 0 || trace->number_after == 0) {
        return str_format(arena,
                          "no line of gctrace came %s the load: the service sets GODEBUG or "
                          "standard error itself",
                          trace->number_before == 0 ? "before" : "after");
    }
    uint64_t all = lost + trace->cycle_count;
    if (lost > trace->cycle_count) {
        return str_format(arena, "%llu of %llu lines of gctrace were torn by other output",
                          (unsigned long long)lost, (unsigned long long)all);
    }
    return (struct str){"", 0};
}

/* Of the load's cycles. Those that memgate forces lie outside: a forced one here is the service's. */
struct cycle_sums {
    uint64_t *pauses_ns;
    size_t len;
    uint64_t assist_ns;
    uint64_t cpu_ns;
};

static void add_cycles(struct cycle_sums *sums, const struct gctrace *trace, struct record_gc *out)
{
    for (size_t i = 0; i < trace->cycle_count; i++) {
        const struct gctrace_line *line = &trace->cycles[i].line;
        sums->pauses_ns[sums->len++] = line->stop_ns;
        sums->assist_ns += line->assist_ns;
        sums->cpu_ns += line->cpu_ns;
        out->goal_bytes = line->goal_bytes;
    }
    out->cycles = sums->len + out->lost;
}

static void summarize_cycles(struct cycle_sums *sums, uint64_t load_cpu_ns, struct record_gc *out)
{
    if (sums->len == 0)
        return;
    sample_sort_u64(sums->pauses_ns, sums->len);
    out->pause_p50_ns = sample_percentile_u64(sums->pauses_ns, sums->len, 50);
    out->pause_p99_ns = sample_percentile_u64(sums->pauses_ns, sums->len, 99);
    out->pause_max_ns = sums->pauses_ns[sums->len - 1];
    /* What tore a line does not know how long the collection took: the others stand for it. */
    double scale = (double)out->cycles / (double)sums->len;
    out->assist_share = num_ratio(scale * (double)sums->assist_ns, (double)load_cpu_ns);
    out->cpu_share = num_ratio(scale * (double)sums->cpu_ns, (double)load_cpu_ns);
}

void gctrace_summarize(const struct gctrace *trace, struct arena *arena, uint64_t load_cpu_ns,
                       struct record_gc *out)
{
    struct arena scratch;
    *out = (struct record_gc){0};
    uint64_t between = trace->number_after - trace->number_before - 1;
    uint64_t lost = num_less_u64(between, trace->cycle_count);
    out->refusal = refusal_of(trace, arena, lost);
    if (out->refusal.len > 0)
        return;
    out->is_traced = true;
    out->lost = lost;
    arena_init(&scratch);
    struct cycle_sums sums = {ARENA_ARRAY(&scratch, uint64_t, trace->cycle_count + 1), 0, 0, 0};
    add_cycles(&sums, trace, out);
    summarize_cycles(&sums, load_cpu_ns, out);
    arena_release(&scratch);
}

/* How much longer than printed a part of a cycle can have been. */
static uint64_t cut_ns(uint64_t part_ns)
{
    return part_ns >= 10 * NS_PER_MS ? NS_PER_MS : 0;
}

static uint64_t latest_end_ns(const struct gctrace *trace, const struct gctrace_line *line)
{
    uint64_t start_ns = trace->began_ns + line->at_ns + NS_PER_MS;
    return start_ns + length_ns(line) + cut_ns(line->sweep_ns) + cut_ns(line->mark_ns) +
           cut_ns(line->termination_ns);
}

static void fill_row(uint64_t row[CYCLE_COLUMNS], const struct gctrace *trace,
                     const struct gctrace_cycle *cycle, uint64_t origin_ns)
{
    const struct gctrace_line *line = &cycle->line;
    uint64_t from_ns = num_less_u64(trace->began_ns + line->at_ns, GCTRACE_SLACK_NS);
    uint64_t until_ns = num_min_u64(cycle->arrived_ns, latest_end_ns(trace, line));
    row[CYCLE_NUMBER] = line->number;
    row[CYCLE_FORCED] = line->is_forced;
    row[CYCLE_FROM] = num_less_u64(from_ns, origin_ns) / NS_PER_US;
    row[CYCLE_UNTIL] = (num_less_u64(until_ns, origin_ns) + NS_PER_US - 1) / NS_PER_US;
    row[CYCLE_SWEEP] = line->sweep_ns;
    row[CYCLE_MARK] = line->mark_ns;
    row[CYCLE_TERMINATION] = line->termination_ns;
    row[CYCLE_ASSIST] = line->assist_ns;
    row[CYCLE_CPU] = line->cpu_ns;
    row[CYCLE_START] = line->start_bytes;
    row[CYCLE_END] = line->end_bytes;
    row[CYCLE_LIVE] = line->live_bytes;
    row[CYCLE_GOAL] = line->goal_bytes ? line->goal_bytes : RECORD_NONE;
}

struct record_rows gctrace_rows(const struct gctrace *trace, struct arena *arena,
                                uint64_t origin_ns)
{
    size_t len =
        trace->cycle_count < RECORDING_ROWS_MAX - 1 ? trace->cycle_count : RECORDING_ROWS_MAX - 1;
    struct record_rows rows = {
        .values = ARENA_ARRAY(arena, uint64_t, (len + 1) * CYCLE_COLUMNS),
        .len = len,
        .columns = CYCLE_COLUMNS,
    };
    for (size_t i = 0; i < len; i++)
        fill_row(rows.values + i * CYCLE_COLUMNS, trace, &trace->cycles[i], origin_ns);
    return rows;
}

bool gctrace_is_set(struct str godebug)
{
    struct str setting;
    while (str_split(&godebug, ',', &setting)) {
        if (str_starts_with(str_trim(setting), STR("gctrace=")))
            return true;
    }
    return false;
}
