#include "gate/harness/tool/figures.h"

#include "gate/base/num.h"

/*
 * What hey prints, github.com/rakyll/hey, README, and the template of its
 * requester/print.go. Times are in seconds with four decimals. Requests that
 * got no answer are below "Error distribution" and nowhere else, so the
 * count is the sum of both lists. Percentiles that few requests cannot have
 * are printed as "0% in 0.0000 secs".
 */
struct hey {
    struct tool_figures *out;
    struct arena *arena;
    const struct section *section;
    struct printed slowest;
    bool has_slowest;
};

static enum status refuse(struct str text, const char *what, struct err *err)
{
    return err_set(err, STATUS_FORMAT, "\"%.*s\" is not %s", STR_ARGS(text), what);
}

/* "0.0056 secs" */
static bool parse_secs(struct printed *out_ns, struct str text)
{
    struct str unit = STR(" secs");
    return str_ends_with(text, unit) &&
           figures_parse_seconds(out_ns, str_trim(str_slice(text, 0, text.len - unit.len)));
}

static enum status read_summary(struct hey *hey, struct str line, struct err *err)
{
    ptrdiff_t colon = str_find(line, ':');
    struct printed ns = {0};
    if (colon < 0)
        return STATUS_OK;
    struct str name = str_slice(line, 0, (size_t)colon);
    struct str value = str_trim(str_slice(line, (size_t)colon + 1, line.len));
    if (str_equal(name, STR("Requests/sec"))) {
        return num_parse_decimal(&hey->out->rate_per_second, value) ? STATUS_OK
                                                                    : refuse(value, "a rate", err);
    }
    bool is_total = str_equal(name, STR("Total"));
    if (!is_total && !str_equal(name, STR("Slowest")))
        return STATUS_OK;
    if (!parse_secs(&ns, value))
        return refuse(value, "a time in seconds", err);
    if (is_total) {
        hey->out->duration_ns = (uint64_t)ns.value;
        return STATUS_OK;
    }
    hey->slowest = ns;
    hey->has_slowest = true;
    return STATUS_OK;
}

/* "99% in 0.0056 secs" */
static enum status read_percentile(struct hey *hey, struct str line, struct err *err)
{
    struct str middle = STR("% in ");
    ptrdiff_t at = str_find(line, '%');
    double percent = 0;
    struct printed ns = {0};
    struct str rest = at < 0 ? STR("") : str_slice(line, (size_t)at, line.len);
    if (!str_starts_with(rest, middle) ||
        !num_parse_decimal(&percent, str_slice(line, 0, (size_t)at)))
        return refuse(line, "a percentile", err);
    if (!parse_secs(&ns, str_slice(rest, middle.len, rest.len)))
        return refuse(line, "a time in seconds", err);
    return percent > 0 ? figures_add_quantile(hey->out, percent / 100, ns, err) : STATUS_OK;
}

/* "[200]\t400 responses" and "[40]\tGet ...: connection refused": what is in the brackets, and behind. */
static bool parse_bracket(uint64_t *out, struct str *rest, struct str line)
{
    ptrdiff_t end = str_find(line, ']');
    if (!str_starts_with(line, STR("[")) || end < 0 ||
        !figures_parse_count(out, str_slice(line, 1, (size_t)end)))
        return false;
    *rest = str_trim(str_slice(line, (size_t)end + 1, line.len));
    return true;
}

static enum status read_status(struct hey *hey, struct str line, struct err *err)
{
    struct str words = STR(" responses");
    struct str rest;
    uint64_t status = 0;
    uint64_t count = 0;
    if (!parse_bracket(&status, &rest, line) || !str_ends_with(rest, words) ||
        !figures_parse_count(&count, str_slice(rest, 0, rest.len - words.len)))
        return refuse(line, "\"[STATUS] N responses\"", err);
    hey->out->count += count;
    return figures_add_status(hey->out, hey->arena, status, count, err);
}

static enum status read_error(struct hey *hey, struct str line, struct err *err)
{
    struct str rest;
    uint64_t count = 0;
    if (!parse_bracket(&count, &rest, line))
        return refuse(line, "\"[N] ERROR\"", err);
    if (hey->out->problem.len == 0)
        hey->out->problem = str_copy(hey->arena, rest);
    hey->out->count += count;
    return figures_add_errors(hey->out, count, err);
}

static const struct section {
    const char *title;
    enum status (*read)(struct hey *hey, struct str line, struct err *err);
} sections[] = {
    {"Summary:", read_summary},
    {"Response time histogram:", NULL},
    {"Latency distribution:", read_percentile},
    {"Details (average, fastest, slowest):", NULL},
    {"Status code distribution:", read_status},
    {"Error distribution:", read_error},
};

static const struct section *find_section(struct str line)
{
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        if (str_equal_text(line, sections[i].title))
            return &sections[i];
    }
    return NULL;
}

/* Sections come in the order of the table; one that comes back would count twice. */
static enum status read_line(struct hey *hey, struct str line, struct err *err)
{
    const struct section *section = find_section(line);
    if (section) {
        if (hey->section && section <= hey->section) {
            return err_set(err, STATUS_FORMAT, "\"%s\" is there twice or out of order",
                           section->title);
        }
        hey->section = section;
        return STATUS_OK;
    }
    if (line.len == 0 || !hey->section || !hey->section->read)
        return STATUS_OK;
    return hey->section->read(hey, line, err);
}

enum status tool_read_hey(struct tool_figures *out, struct arena *arena, struct str text,
                          struct err *err)
{
    struct hey hey = {.out = out, .arena = arena};
    struct str line;
    size_t number = 0;
    bool has_statuses = false;
    while (str_split(&text, '\n', &line)) {
        number++;
        if (read_line(&hey, str_trim(line), err))
            return err_wrap(err, "line %zu", number);
        has_statuses = has_statuses || (hey.section && hey.section->read == read_status);
    }
    if (!has_statuses) {
        return err_set(err, STATUS_FORMAT,
                       "no \"Status code distribution:\": not what hey prints, or cut short");
    }
    if (figures_check_hey(out->count, err))
        return err->status;
    out->has_count = true;
    out->has_errors = true;
    out->has_statuses = true;
    if (hey.has_slowest && out->latency_count > 0 && figures_add_quantile(out, 1, hey.slowest, err))
        return err_wrap(err, "Slowest");
    return STATUS_OK;
}
