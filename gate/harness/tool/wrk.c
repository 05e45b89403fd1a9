#include "gate/harness/tool/figures.h"

#include "gate/base/num.h"

/*
 * What wrk and wrk2 print with --latency. github.com/wg/wrk, README, and
 * print_stats_* of its src/wrk.c; github.com/giltene/wrk2, README, "Basic
 * Usage":
 *
 *   Thread Stats   Avg      Stdev     Max   +/- Stdev
 *     Latency     1.26ms  278.16us   4.78ms   96.79%
 *   Latency Distribution            (wrk2: "(HdrHistogram - Recorded Latency)")
 *      99%    2.71ms                (wrk2: " 99.000%    2.71ms")
 *   6407 requests in 2.00s, 763.33KB read
 *   Socket errors: connect 0, read 0, write 0, timeout 3
 *   Non-2xx or 3xx responses: 5
 * Requests/sec:   3200.85
 *
 * wrk is a closed loop: what a slow answer holds up is not in its latency.
 * wrk2 counts from when a request was due.
 */
enum { WORDS_MAX = 12 };

struct wrk {
    struct tool_figures *out;
    struct arena *arena;
    struct printed max; /* of "Thread Stats" */
    bool has_max;
    bool is_in_distribution;
    bool had_distribution; /* wrk2 prints a second one with -U: of what it does not correct */
    bool has_requests;
};

struct words {
    struct str items[WORDS_MAX];
    size_t len;
};

static void split_words(struct words *out, struct str line)
{
    struct str word;
    *out = (struct words){0};
    while (out->len < WORDS_MAX && str_split(&line, ' ', &word)) {
        word = str_trim(word);
        if (word.len > 0)
            out->items[out->len++] = word;
    }
}

static bool word_is(const struct words *words, size_t at, const char *text)
{
    return at < words->len && str_equal_text(words->items[at], text);
}

static struct str without(struct str word, const char *ending)
{
    struct str tail = str_from(ending);
    return str_ends_with(word, tail) ? str_slice(word, 0, word.len - tail.len) : word;
}

static enum status refuse_word(struct str word, const char *what, struct err *err)
{
    return err_set(err, STATUS_FORMAT, "\"%.*s\" is not %s", STR_ARGS(word), what);
}

static enum status read_max(struct wrk *wrk, const struct words *words, struct err *err)
{
    if (wrk->has_max)
        return err_set(err, STATUS_FORMAT, "a second line of latency");
    if (!figures_parse_time(&wrk->max, words->items[3]))
        return refuse_word(words->items[3], "a time", err);
    wrk->has_max = true;
    return STATUS_OK;
}

static enum status read_percentile(struct wrk *wrk, const struct words *words, struct err *err)
{
    struct printed ns = {0};
    double percent = 0;
    if (!num_parse_decimal(&percent, without(words->items[0], "%")))
        return refuse_word(words->items[0], "a percentage", err);
    if (!figures_parse_time(&ns, words->items[1]))
        return refuse_word(words->items[1], "a time", err);
    return figures_add_quantile(wrk->out, percent / 100, ns, err);
}

/* "6407 requests in 2.00s, 763.33KB read" */
static enum status read_requests(struct wrk *wrk, const struct words *words, struct err *err)
{
    struct printed ns = {0};
    struct str time = without(words->items[3], ",");
    if (wrk->has_requests)
        return err_set(err, STATUS_FORMAT, "a second number of requests");
    if (!figures_parse_count(&wrk->out->count, words->items[0]))
        return refuse_word(words->items[0], "a number of requests", err);
    if (!figures_parse_time(&ns, time))
        return refuse_word(time, "a time", err);
    wrk->has_requests = true;
    wrk->out->has_count = true;
    wrk->out->has_errors = true;
    wrk->out->duration_ns = (uint64_t)ns.value;
    return STATUS_OK;
}

static enum status add_problem(struct wrk *wrk, struct str number, struct str line, struct err *err)
{
    uint64_t count = 0;
    if (!figures_parse_count(&count, number))
        return refuse_word(number, "a number of errors", err);
    if (count > 0 && wrk->out->problem.len == 0)
        wrk->out->problem = str_copy(wrk->arena, line);
    return figures_add_errors(wrk->out, count, err);
}

/*
 * "Socket errors: connect 0, read 0, write 0, timeout 3". Requests that met
 * one are in no count, so that their number is added here to the errors and
 * to the count alike.
 */
static enum status read_socket_errors(struct wrk *wrk, const struct words *words, struct str line,
                                      struct err *err)
{
    for (size_t i = 3; i < words->len; i += 2) {
        uint64_t before = wrk->out->errors;
        if (add_problem(wrk, without(words->items[i], ","), line, err))
            return err->status;
        wrk->out->count += wrk->out->errors - before;
    }
    return STATUS_OK;
}

static enum status read_rate(struct wrk *wrk, struct str word, struct err *err)
{
    double rate = 0;
    if (!num_parse_decimal(&rate, word))
        return refuse_word(word, "a rate", err);
    wrk->out->rate_per_second = rate;
    return STATUS_OK;
}

static enum status read_line(struct wrk *wrk, struct str line, struct err *err)
{
    struct words words;
    split_words(&words, line);
    if (wrk->is_in_distribution && words.len == 2 && str_ends_with(words.items[0], STR("%")))
        return read_percentile(wrk, &words, err);
    wrk->is_in_distribution = false;
    if (word_is(&words, 0, "Latency") && word_is(&words, 1, "Distribution")) {
        wrk->is_in_distribution = !wrk->had_distribution;
        wrk->had_distribution = true;
        return STATUS_OK;
    }
    if (word_is(&words, 0, "Latency") && words.len == 5)
        return read_max(wrk, &words, err);
    if (word_is(&words, 1, "requests") && word_is(&words, 2, "in") && words.len > 3)
        return read_requests(wrk, &words, err);
    if (word_is(&words, 0, "Socket") && word_is(&words, 1, "errors:"))
        return read_socket_errors(wrk, &words, str_trim(line), err);
    if (word_is(&words, 0, "Non-2xx") && words.len == 5)
        return add_problem(wrk, words.items[4], str_trim(line), err);
    if (word_is(&words, 0, "Requests/sec:") && words.len == 2)
        return read_rate(wrk, words.items[1], err);
    return STATUS_OK;
}

static bool has_maximum(const struct tool_figures *figures)
{
    return figures->latency_count > 0 && figures->latency[figures->latency_count - 1].quantile >= 1;
}

enum status tool_read_wrk(struct tool_figures *out, struct arena *arena, struct str text,
                          struct err *err)
{
    struct wrk wrk = {.out = out, .arena = arena};
    struct str line;
    size_t number = 0;
    while (str_split(&text, '\n', &line)) {
        number++;
        if (read_line(&wrk, line, err))
            return err_wrap(err, "line %zu", number);
    }
    if (!wrk.has_requests) {
        return err_set(err, STATUS_FORMAT,
                       "no line \"N requests in T\": not what wrk and wrk2 print");
    }
    if (wrk.has_max && !has_maximum(out) && figures_add_quantile(out, 1, wrk.max, err))
        return err_wrap(err, "maximum");
    return STATUS_OK;
}
