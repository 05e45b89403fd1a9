#include "gate/profile/legacy.h"

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Hexadecimal with or without "0x", at most 64 bits. */
static bool take_address(struct str *at, uint64_t *out)
{
    struct str rest = *at;
    (void)take_text(&rest, "0x");
    size_t len = 0;
    uint64_t value = 0;
    while (len < rest.len && hex_digit(rest.data[len]) >= 0 && value >> 60 == 0)
        value = value << 4 | (uint64_t)hex_digit(rest.data[len++]);
    if (len == 0)
        return false;
    *out = value;
    *at = str_slice(rest, len, rest.len);
    return true;
}

static bool is_permissions(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (!memchr("-rwxp", word.data[i], 5))
            return false;
    }
    return word.len > 0;
}

/* "00001000 00:00 9978147 /src/leak", what follows the permissions in /proc/PID/maps. */
static bool read_proc_tail(struct profile_mapping *mapping, struct str at)
{
    struct str offset = take_word(&at);
    struct str device = take_word(&at);
    if (!take_address(&offset, &mapping->offset) || str_find(device, ':') < 0)
        return false;
    (void)take_word(&at);
    mapping->file = take_word(&at);
    return true;
}

/* "/path/to/binary (@FF00) abc123456": the form other tools write. */
static void read_brief_tail(struct profile_mapping *mapping, struct str at)
{
    mapping->file = take_word(&at);
    struct str word = take_word(&at);
    if (take_text(&word, "(@")) {
        (void)take_address(&word, &mapping->offset);
        word = take_word(&at);
    }
    mapping->build_id = word;
}

/* False for lines that are no mapping, and for parts that hold no code. */
static bool read_mapping(struct profile_mapping *mapping, struct str line)
{
    struct str at = str_trim(line);
    if (!take_address(&at, &mapping->start) || !take_text(&at, "-") ||
        !take_address(&at, &mapping->limit))
        return false;
    (void)take_text(&at, ":");
    struct str tail = at;
    struct str word = take_word(&tail);
    if (!is_permissions(word)) {
        tail = at;
    } else if (str_find(word, 'x') < 0) {
        return false;
    }
    if (!read_proc_tail(mapping, tail))
        read_brief_tail(mapping, tail);
    return true;
}

static int compare_starts(const void *a, const void *b)
{
    const struct profile_mapping *left = a;
    const struct profile_mapping *right = b;
    return (left->start > right->start) - (left->start < right->start);
}

/* The last mapping that starts at or before the address, if it reaches that far. */
static uint32_t mapping_of(const struct profile *profile, uint64_t address)
{
    size_t from = 0;
    size_t to = profile->mapping_count;
    while (from < to) {
        size_t middle = from + ((to - from) / 2);
        if (profile->mappings[middle].start <= address) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    bool inside = from > 0 && address < profile->mappings[from - 1].limit;
    return inside ? (uint32_t)(from - 1) : PROFILE_NONE;
}

enum status legacy_mappings(struct legacy *legacy, struct err *err)
{
    struct profile *out = legacy->out;
    while (legacy_next(legacy)) {
        struct profile_mapping mapping = {0};
        if (!read_mapping(&mapping, legacy->line))
            continue;
        if (out->mapping_count == PROFILE_MAPPINGS_MAX)
            return err_set(err, STATUS_LIMIT, "more than %d mappings", PROFILE_MAPPINGS_MAX);
        ARENA_PUSH(legacy->arena, out->mappings, out->mapping_count, legacy->mapping_cap, mapping);
    }
    if (out->mapping_count > 0)
        qsort(out->mappings, out->mapping_count, sizeof(*out->mappings), compare_starts);
    for (size_t i = 0; i < out->location_count; i++)
        out->locations[i].mapping = mapping_of(out, out->locations[i].address);
    return STATUS_OK;
}
