#include "gate/profile/legacy.h"

void legacy_open(struct legacy *legacy, struct profile *out, struct arena *arena, struct str text)
{
    legacy->arena = arena;
    legacy->out = out;
    legacy->rest = text;
    map_init(&legacy->addresses);
    intern_init(&legacy->functions, arena);
}

void legacy_close(struct legacy *legacy)
{
    map_release(&legacy->addresses);
    intern_release(&legacy->functions);
}

bool legacy_next(struct legacy *legacy)
{
    legacy->line = STR("");
    if (legacy->rest.len == 0 || !str_split(&legacy->rest, '\n', &legacy->line))
        return false;
    if (str_ends_with(legacy->line, STR("\r")))
        legacy->line.len--;
    legacy->line_number++;
    return true;
}

enum status legacy_refuse(const struct legacy *legacy, const char *what, struct err *err)
{
    return err_set(err, STATUS_FORMAT, "line %zu: %s", legacy->line_number, what);
}

static bool is_frame_at(const struct legacy *legacy, uint32_t frame, uint64_t address)
{
    const struct profile *out = legacy->out;
    const struct profile_sample *last = &out->samples[out->sample_count - 1];
    return frame < last->location_count &&
           out->locations[last->locations[frame]].address == address;
}

/*
 * Go leaves the runtime's own frames at both ends of a stack out of its
 * comments and out of profile.proto. Which ones is only told by the
 * comments of that very sample: the first says where they begin, the
 * others follow one by one.
 */
static void mark_shown(struct legacy *legacy, uint64_t address)
{
    uint32_t frame = legacy->shown_to;
    if (legacy->out->sample_count == 0)
        return;
    while (legacy->shown_to == 0 && frame < PROFILE_FRAMES_MAX &&
           !is_frame_at(legacy, frame, address))
        frame++;
    if (legacy->shown_to == 0)
        legacy->shown_from = frame;
    if (legacy->shown_to == 0 || is_frame_at(legacy, frame, address))
        legacy->shown_to = frame + 1;
}

/* With its comments read, the last sample keeps the frames that they show. */
static void trim_to_shown(struct legacy *legacy)
{
    uint32_t from = legacy->shown_from;
    uint32_t to = legacy->shown_to;
    legacy->shown_from = 0;
    legacy->shown_to = 0;
    if (to == 0 || legacy->out->sample_count == 0)
        return;
    struct profile_sample *last = &legacy->out->samples[legacy->out->sample_count - 1];
    if (to > last->location_count)
        return;
    last->locations += from;
    last->location_count = to - from;
    last->hidden_count = from;
}

/*
 * Go's text form names its frames in comments below each stack:
 * "#\t0x5dcf0c\tcompress/flate.NewWriter+0x2ac\t\t/src/deflate.go:666",
 * with the address of the call, one less than in the stack.
 */
static void read_go_symbol(struct legacy *legacy, struct str line)
{
    struct profile_function function = {0};
    uint64_t address = 0;
    int64_t number = 0;
    (void)(take_text(&line, "#") && take_blanks(&line));
    if (!take_hex(&line, &address))
        return;
    struct str name = str_trim(line);
    ptrdiff_t tab = str_find(name, '\t');
    ptrdiff_t colon = str_find_last(name, ':');
    if (tab < 0 || colon < tab)
        return;
    struct str digits = str_slice(name, (size_t)colon + 1, name.len);
    function.filename = str_trim(str_slice(name, (size_t)tab, (size_t)colon));
    name = str_slice(name, 0, (size_t)tab);
    ptrdiff_t plus = str_find_last(name, '+');
    function.name = plus < 0 ? name : str_slice(name, 0, (size_t)plus);
    if (!take_int(&digits, &number) || function.name.len == 0)
        return;
    legacy_symbol(legacy, address, &function, number);
    mark_shown(legacy, address);
}

bool legacy_is_comment(struct legacy *legacy)
{
    struct str line = str_trim(legacy->line);
    if (line.len == 0)
        return true;
    if (line.data[0] != '#')
        return false;
    read_go_symbol(legacy, line);
    return true;
}

bool legacy_is_map_start(const struct legacy *legacy)
{
    return str_contains(legacy->line, STR("--- Memory map: ---")) ||
           str_contains(legacy->line, STR("MAPPED_LIBRARIES:"));
}

void legacy_type(struct legacy *legacy, const char *type, const char *unit)
{
    struct profile *out = legacy->out;
    struct profile_type value = {str_from(type), str_from(unit)};
    ARENA_PUSH(legacy->arena, out->types, out->type_count, legacy->type_cap, value);
}

void legacy_period(struct legacy *legacy, const char *type, const char *unit, int64_t period)
{
    legacy->out->period_type = (struct profile_type){str_from(type), str_from(unit)};
    legacy->out->period = period;
}

static enum status location_at(uint32_t *out, struct legacy *legacy, uint64_t address,
                               struct err *err)
{
    struct profile *profile = legacy->out;
    struct profile_location location = {.address = address, .mapping = PROFILE_NONE};
    if (map_find(&legacy->addresses, address, out))
        return STATUS_OK;
    if (profile->location_count == PROFILE_LOCATIONS_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d locations", PROFILE_LOCATIONS_MAX);
    *out = (uint32_t)profile->location_count;
    (void)map_insert(&legacy->addresses, address, *out);
    ARENA_PUSH(legacy->arena, profile->locations, profile->location_count, legacy->location_cap,
               location);
    return STATUS_OK;
}

enum status legacy_frame(struct legacy *legacy, uint64_t address, enum legacy_adjust adjust,
                         struct err *err)
{
    bool is_call = adjust == ADJUST_ALL || (adjust == ADJUST_CALLERS && legacy->stack_len > 0);
    if (legacy->stack_len == PROFILE_FRAMES_MAX) {
        return err_set(err, STATUS_LIMIT, "sample %zu has more than %d frames",
                       legacy->out->sample_count + 1, PROFILE_FRAMES_MAX);
    }
    if (location_at(&legacy->stack[legacy->stack_len], legacy, address - is_call, err))
        return err->status;
    legacy->stack_len++;
    return STATUS_OK;
}

enum status legacy_addresses(struct legacy *legacy, struct str text, enum legacy_adjust adjust,
                             struct err *err)
{
    while (text.len > 0) {
        uint64_t address = 0;
        struct str at = text;
        if (!take_hex(&at, &address)) {
            if (at.len < text.len)
                return legacy_refuse(legacy, "an address has more than 64 bits", err);
            text = str_slice(text, 1, text.len);
            continue;
        }
        if (legacy_frame(legacy, address, adjust, err))
            return err->status;
        text = at;
    }
    return STATUS_OK;
}

enum status legacy_sample(struct legacy *legacy, const int64_t *values, int64_t object_bytes,
                          struct err *err)
{
    struct profile *out = legacy->out;
    trim_to_shown(legacy);
    if (out->sample_count == PROFILE_SAMPLES_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d samples", PROFILE_SAMPLES_MAX);
    legacy->frame_count += legacy->stack_len;
    if (legacy->frame_count > PROFILE_FRAMES_ALL_MAX) {
        return err_set(err, STATUS_LIMIT, "more than %d frames in all samples",
                       PROFILE_FRAMES_ALL_MAX);
    }

    uint32_t *frames = ARENA_ARRAY(legacy->arena, uint32_t, legacy->stack_len);
    int64_t *copies = ARENA_ARRAY(legacy->arena, int64_t, out->type_count);
    memcpy(frames, legacy->stack, legacy->stack_len * sizeof(*frames));
    memcpy(copies, values, out->type_count * sizeof(*copies));
    struct profile_sample sample = {frames, legacy->stack_len, 0, copies, object_bytes};
    ARENA_PUSH(legacy->arena, out->samples, out->sample_count, legacy->sample_cap, sample);
    legacy->stack_len = 0;
    return STATUS_OK;
}

static uint32_t function_at(struct legacy *legacy, const struct profile_function *function)
{
    struct profile *out = legacy->out;
    uint32_t i = intern_name(&legacy->functions, function->name).v - 1;
    if (i == out->function_count) {
        ARENA_PUSH(legacy->arena, out->functions, out->function_count, legacy->function_cap,
                   *function);
    }
    return i;
}

void legacy_symbol(struct legacy *legacy, uint64_t address, const struct profile_function *function,
                   int64_t line)
{
    uint32_t i = 0;
    if (!map_find(&legacy->addresses, address, &i) || legacy->out->locations[i].line_count > 0 ||
        legacy->out->function_count == PROFILE_FUNCTIONS_MAX)
        return;
    struct profile_line *lines = ARENA_NEW(legacy->arena, struct profile_line);
    *lines = (struct profile_line){function_at(legacy, function), line};
    legacy->out->locations[i].lines = lines;
    legacy->out->locations[i].line_count = 1;
}

enum status legacy_finish(struct legacy *legacy, struct err *err)
{
    while (!legacy_is_map_start(legacy) && legacy_next(legacy))
        continue;
    trim_to_shown(legacy);
    return legacy_mappings(legacy, err);
}
