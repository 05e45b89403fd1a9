#include "gate/profile/goroutines.h"

#include <inttypes.h>

#include "gate/base/map.h"
#include "gate/base/name.h"
#include "gate/base/num.h"

#define HEAD "# count line file created_by function"

/* One traceback as far as it was read. */
struct traceback {
    bool is_open;
    bool is_creator;  /* the next place is that of the go statement */
    struct str start; /* the outermost frame so far */
    struct str user;  /* the outermost of the program's own */
    struct goroutine_site site;
};

struct reading {
    struct arena *arena;
    struct str module;
    struct map at;
    struct traceback traceback;
    struct goroutine_sites sites;
};

static uint64_t code_of(const struct goroutine_site *site)
{
    uint64_t code = hash_u64(hash_str(site->func) ^ hash_str(site->by) << 1);
    return hash_u64(code ^ hash_str(site->file) ^ site->line);
}

/* Names and paths become cells between tabs. */
static struct str cell(struct arena *arena, struct str text)
{
    return str_copy(arena, str_printable(arena, text));
}

static enum status add_site(struct reading *reading, const struct goroutine_site *site,
                            struct err *err)
{
    uint32_t at = 0;
    struct goroutine_sites *sites = &reading->sites;
    if (!num_add_u64(&sites->total, sites->total, site->count))
        return err_set(err, STATUS_LIMIT, "more goroutines than a number holds");
    if (map_find(&reading->at, code_of(site), &at)) {
        sites->items[at].count += site->count;
        return STATUS_OK;
    }
    if (sites->len == GOROUTINE_SITES_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d creation sites", GOROUTINE_SITES_MAX);
    (void)map_insert(&reading->at, code_of(site), (uint32_t)sites->len);
    struct goroutine_site kept = *site;
    kept.func = cell(reading->arena, site->func);
    kept.by = cell(reading->arena, site->by);
    kept.file = cell(reading->arena, site->file);
    ARENA_PUSH(reading->arena, sites->items, sites->len, sites->cap, kept);
    return STATUS_OK;
}

/* A blank line or the next goroutine ends one; the end of a text that was cut off does not. */
static enum status end_traceback(struct reading *reading, struct err *err)
{
    struct traceback *traceback = &reading->traceback;
    struct goroutine_site site = traceback->site;
    bool was_open = traceback->is_open;
    site.func = traceback->user.len ? traceback->user : traceback->start;
    /* "goroutine running on other thread; stack unavailable" */
    if (site.func.len == 0)
        site.func = STR("unknown");
    site.count = 1;
    *traceback = (struct traceback){0};
    return was_open ? add_site(reading, &site, err) : STATUS_OK;
}

/* "main.wait(0xc000012345)": the arguments are the last pair of brackets. */
static struct str without_arguments(struct str line)
{
    ptrdiff_t open = str_find_last(line, '(');
    return open > 0 && str_ends_with(line, STR(")")) ? str_slice(line, 0, (size_t)open)
                                                     : (struct str){"", 0};
}

/* "created by main.spawn in goroutine 29": the end since Go 1.21. */
static void take_creator(struct traceback *traceback, struct str line)
{
    static const struct str head = STR_INIT("created by ");
    struct str by = str_slice(line, head.len, line.len);
    ptrdiff_t blank = str_find(by, ' ');
    traceback->site.by = blank < 0 ? by : str_slice(by, 0, (size_t)blank);
    traceback->is_creator = true;
}

/* "\t/src/main.go:39 +0x1a" */
static void take_place(struct traceback *traceback, struct str line)
{
    struct str place = str_slice(line, 1, line.len);
    ptrdiff_t blank = str_find_last(place, ' ');
    if (blank > 0 && str_starts_with(str_slice(place, (size_t)blank, place.len), STR(" +0x")))
        place = str_slice(place, 0, (size_t)blank);
    ptrdiff_t colon = str_find_last(place, ':');
    uint64_t number = 0;
    if (colon <= 0 || !num_parse_u64(&number, str_slice(place, (size_t)colon + 1, place.len)))
        return;
    traceback->site.file = str_slice(place, 0, (size_t)colon);
    traceback->site.line = number <= INT64_MAX ? number : 0;
    traceback->is_creator = false;
}

static void take_frame(struct reading *reading, struct str line)
{
    struct traceback *traceback = &reading->traceback;
    struct str func = without_arguments(line);
    /* Where every goroutine began; some releases show it of some. */
    if (func.len == 0 || str_equal_text(func, "runtime.goexit"))
        return;
    traceback->start = func;
    if (name_is_user(func, reading->module))
        traceback->user = func;
}

static enum status take_line(struct reading *reading, struct str line, struct err *err)
{
    struct traceback *traceback = &reading->traceback;
    bool is_head = str_starts_with(line, STR("goroutine ")) && str_ends_with(line, STR("]:"));
    if ((line.len == 0 || is_head) && end_traceback(reading, err))
        return err->status;
    if (is_head) {
        traceback->is_open = true;
    } else if (str_starts_with(line, STR("created by "))) {
        take_creator(traceback, line);
    } else if (str_starts_with(line, STR("\t"))) {
        if (traceback->is_creator)
            take_place(traceback, line);
    } else {
        take_frame(reading, line);
    }
    return STATUS_OK;
}

static enum status parse(struct reading *reading, struct str text, struct err *err)
{
    struct str line;
    bool is_whole = str_ends_with(text, STR("\n"));
    while (str_split(&text, '\n', &line)) {
        if (take_line(reading, line, err))
            return err->status;
    }
    /* The last one has no blank line behind it. */
    if (is_whole && end_traceback(reading, err))
        return err->status;
    if (reading->sites.total == 0)
        return err_set(err, STATUS_FORMAT, "holds no goroutine");
    return STATUS_OK;
}

enum status goroutines_parse(struct goroutine_sites *out, struct arena *arena, struct str text,
                             struct str module, struct err *err)
{
    struct reading reading = {.arena = arena, .module = module};
    map_init(&reading.at);
    enum status status = parse(&reading, text, err);
    map_release(&reading.at);
    if (status == STATUS_OK)
        *out = reading.sites;
    return status;
}

void goroutines_write(struct buf *out, const struct goroutine_sites *sites)
{
    buf_text(out, HEAD "\n");
    for (size_t i = 0; i < sites->len; i++) {
        const struct goroutine_site *site = &sites->items[i];
        buf_printf(out, "%" PRIu64 "\t%" PRIu64 "\t%.*s\t%.*s\t%.*s\n", site->count, site->line,
                   STR_ARGS(site->file), STR_ARGS(site->by), STR_ARGS(site->func));
    }
}

enum { CELLS = 5 };

static bool read_line(struct goroutine_site *out, struct str line)
{
    struct str cells[CELLS] = {0};
    struct str next;
    size_t len = 0;
    while (str_split(&line, '\t', &next)) {
        if (len == CELLS)
            return false;
        cells[len++] = next;
    }
    *out = (struct goroutine_site){.file = cells[2], .by = cells[3], .func = cells[4]};
    return len == CELLS && num_parse_u64(&out->count, cells[0]) && out->count > 0 &&
           num_parse_u64(&out->line, cells[1]) && out->line <= INT64_MAX && out->func.len > 0;
}

static enum status read_lines(struct reading *reading, struct str text, struct err *err)
{
    struct str line = {0};
    size_t number = 1;
    if (!str_ends_with(text, STR("\n")) || !str_split(&text, '\n', &line) ||
        !str_equal_text(line, HEAD)) {
        return err_set(err, STATUS_FORMAT, "does not begin with \"" HEAD "\", or is cut short");
    }
    while (text.len > 0 && str_split(&text, '\n', &line)) {
        struct goroutine_site site;
        number++;
        if (!read_line(&site, line))
            return err_set(err, STATUS_FORMAT, "line %zu is no creation site", number);
        if (add_site(reading, &site, err))
            return err->status;
    }
    return STATUS_OK;
}

enum status goroutines_read(struct goroutine_sites *out, struct arena *arena, struct str text,
                            struct err *err)
{
    struct reading reading = {.arena = arena};
    map_init(&reading.at);
    enum status status = read_lines(&reading, text, err);
    map_release(&reading.at);
    if (status == STATUS_OK)
        *out = reading.sites;
    return status;
}
