#include "gate/harness/bench_output.h"

#include <stdlib.h>

#include "gate/base/buf.h"
#include "gate/base/num.h"
#include "gate/stats/sample.h"

/* So many names of each side fit into a message, whatever their length. */
enum { NAMES_SHOWN = 5, NAME_BYTES_SHOWN = 80 };

/* Blanks and tabs in any number stand between two fields. */
static bool next_field(struct str *rest, struct str *field)
{
    *rest = str_trim(*rest);
    size_t len = 0;
    while (len < rest->len && rest->data[len] != ' ' && rest->data[len] != '\t')
        len++;
    *field = str_slice(*rest, 0, len);
    *rest = str_slice(*rest, len, rest->len);
    return len > 0;
}

static void set_value(struct record_benchmark *benchmark, double value, struct str unit)
{
    if (str_equal_text(unit, "ns/op")) {
        benchmark->ns_per_op = value;
    } else if (str_equal_text(unit, "B/op")) {
        benchmark->bytes_per_op = value;
    } else if (str_equal_text(unit, "allocs/op")) {
        benchmark->allocs_per_op = value;
    }
}

static struct str strip_processors(struct str name, struct str processors)
{
    size_t tail = processors.len + 1;
    if (str_equal_text(processors, "1") || name.len <= tail || !str_ends_with(name, processors) ||
        name.data[name.len - tail] != '-')
        return name;
    return str_slice(name, 0, name.len - tail);
}

/* False for anything that is no result: a name alone, or what the benchmark itself printed. */
static bool parse_line(struct record_benchmark *out, struct str line, struct str processors)
{
    struct record_benchmark benchmark = {0};
    struct str field = {0};
    struct str unit = {0};
    size_t values = 0;
    double value = 0;
    if (!str_starts_with(line, STR("Benchmark")) || !next_field(&line, &field))
        return false;
    benchmark.name = strip_processors(field, processors);
    if (!next_field(&line, &field) || !num_parse_u64(&benchmark.iterations, field) ||
        benchmark.iterations == 0)
        return false;
    for (; next_field(&line, &field) && next_field(&line, &unit); values++) {
        if (!num_parse_double(&value, field) || value < 0)
            return false;
        set_value(&benchmark, value, unit);
    }
    *out = benchmark;
    return values > 0;
}

static double middle_of(const struct record_benchmark *items, size_t count, size_t offset)
{
    double values[BENCH_PASSES_MAX];
    for (size_t i = 0; i < count; i++)
        memcpy(&values[i], (const char *)&items[i] + offset, sizeof(values[i]));
    return sample_median(values, count);
}

/* One benchmark of the lines that its passes printed; a first pass among others is cold. */
static struct record_benchmark join_passes(const struct record_benchmark *items, size_t count)
{
    const struct record_benchmark *warm = count > 1 ? &items[1] : items;
    size_t len = count > 1 ? count - 1 : 1;
    struct record_benchmark out = {
        .name = items[0].name,
        .ns_per_op = middle_of(warm, len, offsetof(struct record_benchmark, ns_per_op)),
        .bytes_per_op = middle_of(warm, len, offsetof(struct record_benchmark, bytes_per_op)),
        .allocs_per_op = middle_of(warm, len, offsetof(struct record_benchmark, allocs_per_op)),
    };
    for (size_t i = 0; i < count; i++)
        out.iterations += items[i].iterations;
    return out;
}

/* A package and its external tests may both have a benchmark of one name, which are two. */
static size_t passes_at(const struct record_benchmark *items, size_t len, size_t passes)
{
    size_t count = 1;
    while (count < len && count < passes && str_equal(items[count].name, items[0].name))
        count++;
    return count;
}

static size_t join_all(struct record_benchmark *items, size_t len, size_t passes)
{
    size_t kept = 0;
    for (size_t from = 0; from < len;) {
        size_t count = passes_at(&items[from], len - from, passes);
        items[kept++] = join_passes(&items[from], count);
        from += count;
    }
    return kept;
}

enum status bench_output_parse(struct record_trial *out, struct arena *arena, struct str text,
                               struct str processors, size_t passes, struct err *err)
{
    struct record_benchmark *items = NULL;
    struct str line = {0};
    size_t len = 0;
    size_t cap = 0;
    uint64_t sum = 0;
    assert(passes >= 1 && passes <= BENCH_PASSES_MAX);
    while (str_split(&text, '\n', &line)) {
        struct record_benchmark item = {0};
        if (!parse_line(&item, line, processors))
            continue;
        if (len == BENCHMARKS_MAX * passes)
            return err_set(err, STATUS_LIMIT, "more than %d benchmarks", BENCHMARKS_MAX);
        if (!num_add_u64(&sum, sum, item.iterations))
            return err_set(err, STATUS_CHILD, "iterations of the benchmarks pass 2^64-1");
        item.name = str_copy(arena, item.name);
        ARENA_PUSH(arena, items, len, cap, item);
    }
    out->benchmarks = items;
    out->benchmark_count = join_all(items, len, passes);
    out->request_count = sum;
    return STATUS_OK;
}

static bool is_name_byte(uint32_t code)
{
    return code >= 0x80 || code == '_' || (code >= '0' && code <= '9') ||
           (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z');
}

/*
 * Go's rule: "Benchmark" and no small letter behind it. A TestMain may
 * print anything beside the names, so the whole line must be one; its
 * bytes then mean themselves in a regular expression.
 */
static bool is_benchmark_name(struct str line)
{
    static const struct str prefix = STR_INIT("Benchmark");
    struct str rest = str_slice(line, prefix.len, line.len);
    uint32_t code = 0;
    if (!str_starts_with(line, prefix) ||
        (rest.len > 0 && rest.data[0] >= 'a' && rest.data[0] <= 'z'))
        return false;
    while (rest.len > 0) {
        size_t len = str_decode(rest, &code);
        if (len == 0 || !is_name_byte(code))
            return false;
        rest = str_slice(rest, len, rest.len);
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* A package and its external tests may both have a benchmark of one name. */
static void sort_names(struct str_list *names)
{
    size_t kept = 0;
    if (names->len == 0)
        return;
    qsort(names->items, names->len, sizeof(*names->items), compare_names);
    for (size_t i = 0; i < names->len; i++) {
        if (kept == 0 || !str_equal(names->items[i], names->items[kept - 1]))
            names->items[kept++] = names->items[i];
    }
    names->len = kept;
}

enum status bench_output_names(struct str_list *out, struct arena *arena, struct str text,
                               struct err *err)
{
    struct str_list names = {0};
    struct str line = {0};
    size_t cap = 0;
    while (str_split(&text, '\n', &line)) {
        struct str name = str_trim(line);
        if (!is_benchmark_name(name))
            continue;
        if (names.len == BENCHMARKS_MAX)
            return err_set(err, STATUS_LIMIT, "more than %d benchmarks", BENCHMARKS_MAX);
        ARENA_PUSH(arena, names.items, names.len, cap, name);
    }
    sort_names(&names);
    *out = names;
    return STATUS_OK;
}

/*
 * Offset of the next of `bytes` that stands outside of brackets, as
 * splitRegexp of Go's testing package counts them; the length when there
 * is none.
 */
static size_t find_outside(struct str text, struct str bytes)
{
    int square = 0;
    int round = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        if (square == 0 && round == 0 && str_find(bytes, byte) >= 0)
            return i;
        if (byte == '\\') {
            i++;
        } else if (byte == '[') {
            square++;
        } else if (byte == ']') {
            square -= square > 0;
        } else if (square == 0) {
            round += (byte == '(') - (byte == ')');
        }
    }
    return text.len;
}

static struct bench_term make_term(struct str text)
{
    size_t slash = find_outside(text, STR("/"));
    struct bench_term term = {.head = str_slice(text, 0, slash),
                              .rest = str_slice(text, slash, text.len)};
    /* An empty -test.list lists nothing: it runs the tests. */
    if (term.head.len == 0)
        term.head = STR("^");
    return term;
}

size_t bench_terms_split(struct bench_term **out, struct arena *arena, struct str expression)
{
    struct bench_term *terms = NULL;
    size_t len = 0;
    size_t cap = 0;
    bool has_rest = false;
    /* One past the end, so that the last term ends like the others. */
    for (size_t from = 0; from <= expression.len;) {
        struct str left = str_slice(expression, from, expression.len);
        size_t end = find_outside(left, STR("|"));
        struct bench_term term = make_term(str_slice(left, 0, end));
        has_rest = has_rest || term.rest.len > 0;
        ARENA_PUSH(arena, terms, len, cap, term);
        from += end + 1;
    }
    if (!has_rest) {
        terms[0] = make_term(expression);
        len = 1;
    }
    *out = terms;
    return len;
}

static bool has_name(const struct str_list *names, struct str name)
{
    return names->len > 0 &&
           bsearch(&name, names->items, names->len, sizeof(name), compare_names) != NULL;
}

/* What one side lists and the other does (or does not) in any term, sorted, each once. */
static struct str_list select_names(struct arena *arena, const struct bench_term *terms,
                                    size_t count, enum side side, bool is_in_both)
{
    struct str_list names = {0};
    size_t cap = 0;
    enum side other = side == SIDE_BASE ? SIDE_CAND : SIDE_BASE;
    for (size_t t = 0; t < count; t++) {
        const struct str_list *list = &terms[t].names[side];
        for (size_t i = 0; i < list->len; i++) {
            if (has_name(&terms[t].names[other], list->items[i]) == is_in_both)
                ARENA_PUSH(arena, names.items, names.len, cap, list->items[i]);
        }
    }
    sort_names(&names);
    return names;
}

/* "^(BenchmarkA|BenchmarkB)$/size=1"; nothing when the sides share no name. */
static void write_term(struct buf *buf, struct arena *arena, const struct bench_term *term)
{
    struct str_list names = select_names(arena, term, 1, SIDE_BASE, true);
    if (names.len == 0)
        return;
    buf_text(buf, buf->len ? "|^(" : "^(");
    for (size_t i = 0; i < names.len; i++) {
        buf_text(buf, i ? "|" : "");
        buf_str(buf, names.items[i]);
    }
    buf_text(buf, ")$");
    buf_str(buf, term->rest);
}

static bool has_lone_names(struct arena *arena, const struct bench_term *terms, size_t count)
{
    return select_names(arena, terms, count, SIDE_BASE, false).len > 0 ||
           select_names(arena, terms, count, SIDE_CAND, false).len > 0;
}

struct str bench_terms_pick(struct arena *arena, struct str expression,
                            const struct bench_term *terms, size_t count)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        write_term(&buf, arena, &terms[i]);
    struct str picked = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return picked.len > 0 && !has_lone_names(arena, terms, count) ? expression : picked;
}

static void write_names(struct buf *buf, const struct str_list *names)
{
    if (names->len == 0)
        buf_text(buf, "none");
    for (size_t i = 0; i < names->len && i < NAMES_SHOWN; i++) {
        struct str name = str_slice(names->items[i], 0, NAME_BYTES_SHOWN);
        buf_printf(buf, "%s%.*s%s", i ? ", " : "", STR_ARGS(name),
                   name.len < names->items[i].len ? "..." : "");
    }
    if (names->len > NAMES_SHOWN)
        buf_printf(buf, " and %zu more", names->len - NAMES_SHOWN);
}

struct str bench_terms_lone(struct arena *arena, const struct bench_term *terms, size_t count)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    for (enum side side = 0; side < SIDES; side++) {
        struct str_list names = select_names(arena, terms, count, side, false);
        buf_printf(&buf, "%s%s: ", side == SIDE_BASE ? "" : "; ", side_name(side));
        write_names(&buf, &names);
    }
    struct str text = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return text;
}
