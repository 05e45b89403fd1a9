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

/* Further than any collection lasts; keeps sums of nanoseconds far from their end. */
#define MS_MAX 1e9

#define BYTES_PER_MB ((uint64_t)1 << 20)

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
    return true;
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
static uint64_t goal_bytes(double mb)
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
        .goal_bytes = goal_bytes(numbers[NUMBER_GOAL]),
        .is_forced = is_forced,
    };
    return true;
}

void gctrace_init(struct gctrace *trace, struct arena *arena)
{
    *trace = (struct gctrace){.arena = arena};
}

static void count_line(struct gctrace *trace, const struct gctrace_line *line)
{
    trace->lines++;
    if (line->is_forced)
        return;
    if (trace->len == GCTRACE_PAUSES_MAX) {
        trace->is_flood = true;
        return;
    }
    ARENA_PUSH(trace->arena, trace->pauses_ns, trace->len, trace->cap, line->stop_ns);
    trace->assist_ns += line->assist_ns;
    trace->cpu_ns += line->cpu_ns;
    trace->goal_bytes = line->goal_bytes;
}

static void take_line(struct gctrace *trace)
{
    struct gctrace_line line = {0};
    if (trace->is_cut || !gctrace_parse(&line, (struct str){trace->line, trace->line_len}))
        return;
    if (line.number <= trace->last_number)
        trace->is_mixed = true;
    trace->last_number = line.number;
    if (trace->window == GCTRACE_BEFORE)
        trace->number_before = line.number;
    if (trace->window == GCTRACE_LOAD)
        count_line(trace, &line);
    if (trace->window == GCTRACE_AFTER && trace->number_after == 0)
        trace->number_after = line.number;
}

void gctrace_feed(struct gctrace *trace, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n') {
            take_line(trace);
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

static struct str refusal_of(const struct gctrace *trace, struct arena *arena, uint64_t lost)
{
    if (trace->is_mixed)
        return STR("lines of gctrace from more than one Go program came");
    if (trace->is_flood) {
        return str_format(arena, "more than %d lines of gctrace came during the load",
                          GCTRACE_PAUSES_MAX);
    }
    if (trace->number_before == 0 || trace->number_after == 0) {
        return str_format(arena,
                          "no line of gctrace came %s the load: the service sets GODEBUG or "
                          "standard error itself",
                          trace->number_before == 0 ? "before" : "after");
    }
    uint64_t all = lost + trace->lines;
    if (lost > trace->lines) {
        return str_format(arena, "%llu of %llu lines of gctrace were torn by other output",
                          (unsigned long long)lost, (unsigned long long)all);
    }
    return (struct str){"", 0};
}

void gctrace_summarize(struct gctrace *trace, struct arena *arena, uint64_t load_cpu_ns,
                       struct record_gc *out)
{
    *out = (struct record_gc){0};
    uint64_t between = trace->number_after - trace->number_before - 1;
    uint64_t lost = between > trace->lines ? between - trace->lines : 0;
    out->refusal = refusal_of(trace, arena, lost);
    if (out->refusal.len > 0)
        return;
    out->is_traced = true;
    out->cycles = trace->len + lost;
    out->lost = lost;
    out->goal_bytes = trace->goal_bytes;
    if (trace->len == 0)
        return;
    sample_sort_u64(trace->pauses_ns, trace->len);
    out->pause_p50_ns = sample_percentile_u64(trace->pauses_ns, trace->len, 50);
    out->pause_p99_ns = sample_percentile_u64(trace->pauses_ns, trace->len, 99);
    out->pause_max_ns = trace->pauses_ns[trace->len - 1];
    /* What tore a line does not know how long the collection took: the others stand for it. */
    double scale = (double)out->cycles / (double)trace->len;
    out->assist_share = num_ratio(scale * (double)trace->assist_ns, (double)load_cpu_ns);
    out->cpu_share = num_ratio(scale * (double)trace->cpu_ns, (double)load_cpu_ns);
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
