#include "gate/recording/layout.h"

#include "gate/base/io.h"
#include "gate/base/num.h"

static const char *const side_names[SIDES] = {"baseline", "candidate"};
static const char *const phase_names[PHASES] = {"exact", "steady", "duet"};
static const char *const point_names[POINTS] = {"ready", "warm", "end"};

const char *side_name(enum side side)
{
    return side_names[side];
}

const char *phase_name(enum phase phase)
{
    return phase_names[phase];
}

const char *point_name(enum point point)
{
    return point_names[point];
}

struct str layout_scenario(struct arena *arena, size_t scenario)
{
    return str_format(arena, "scenario-%zu", scenario + 1);
}

struct str layout_program(struct arena *arena, size_t scenario, enum side side)
{
    return str_format(arena, "scenario-%zu/%s/program.json", scenario + 1, side_name(side));
}

struct str layout_functions(struct arena *arena, size_t scenario, enum side side)
{
    return str_format(arena, "scenario-%zu/%s/functions.txt", scenario + 1, side_name(side));
}

struct str layout_trial_dir(struct arena *arena, struct trial_key key)
{
    return str_format(arena, "scenario-%zu/%s/%s-%u", key.scenario + 1, side_name(key.side),
                      phase_name(key.phase), (unsigned)key.number);
}

struct str layout_trial(struct arena *arena, struct trial_key key)
{
    return io_join(arena, layout_trial_dir(arena, key), STR("trial.json"));
}

struct str layout_tool(struct arena *arena, struct trial_key key)
{
    return io_join(arena, layout_trial_dir(arena, key), STR("tool.json"));
}

struct str layout_trace(struct arena *arena, struct trial_key key)
{
    return io_join(arena, layout_trial_dir(arena, key), STR("trace.json"));
}

/* "exact-12" with the prefix "exact"; 1-based, no leading zeros. */
static bool parse_numbered(uint64_t *out, struct str part, const char *prefix, uint64_t max)
{
    size_t len = strlen(prefix);
    struct str digits = str_slice(part, len + 1, part.len);
    return part.len > len + 1 && str_starts_with(part, str_from(prefix)) && part.data[len] == '-' &&
           digits.data[0] != '0' && num_parse_u64(out, digits) && *out <= max;
}

bool layout_parse_scenario(size_t *out, struct str part)
{
    uint64_t number = 0;
    if (!parse_numbered(&number, part, "scenario", RECORDING_SCENARIOS_MAX))
        return false;
    *out = (size_t)number - 1;
    return true;
}

static bool parse_side(enum side *out, struct str part)
{
    for (enum side side = 0; side < SIDES; side++) {
        if (str_equal_text(part, side_name(side))) {
            *out = side;
            return true;
        }
    }
    return false;
}

static bool parse_trial(struct trial_key *key, struct str part)
{
    uint64_t number = 0;
    for (enum phase phase = 0; phase < PHASES; phase++) {
        if (parse_numbered(&number, part, phase_name(phase), RECORDING_TRIALS_MAX)) {
            key->phase = phase;
            key->number = (uint32_t)number;
            return true;
        }
    }
    return false;
}

/* Portable file names that do not hide: ".." and shell or terminal tricks never pass. */
static bool is_file_name(struct str part)
{
    enum { NAME_BYTES_MAX = 64 };
    if (part.len == 0 || part.len > NAME_BYTES_MAX || part.data[0] == '.' || part.data[0] == '-')
        return false;
    for (size_t i = 0; i < part.len; i++) {
        char byte = part.data[i];
        bool is_word = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9');
        if (!is_word && byte != '.' && byte != '-' && byte != '_')
            return false;
    }
    return true;
}

enum { PARTS_MAX = 4 };

static enum layout_kind kind_of_name(struct str name)
{
    if (str_equal_text(name, "trial.json"))
        return LAYOUT_KIND_TRIAL;
    if (str_equal_text(name, "trace.json"))
        return LAYOUT_KIND_TRACE;
    return str_equal_text(name, "tool.json") ? LAYOUT_KIND_TOOL : LAYOUT_KIND_DATA;
}

static size_t split_path(struct str parts[PARTS_MAX], struct str path)
{
    size_t len = 0;
    struct str part = {0};
    while (str_split(&path, '/', &part)) {
        if (len == PARTS_MAX)
            return 0;
        parts[len++] = part;
    }
    return len;
}

bool layout_parse(struct layout_file *out, struct str path)
{
    struct str parts[PARTS_MAX];
    struct layout_file file = {0};
    size_t len = split_path(parts, path);

    if (len == 1) {
        bool is_noise = str_equal_text(parts[0], LAYOUT_NOISE);
        file.kind = is_noise ? LAYOUT_KIND_NOISE : LAYOUT_KIND_POLICY;
        *out = file;
        return is_noise || str_equal_text(parts[0], LAYOUT_POLICY);
    }
    if (len < 3 || !layout_parse_scenario(&file.key.scenario, parts[0]) ||
        !parse_side(&file.key.side, parts[1]))
        return false;
    if (len == 3) {
        bool is_program = str_equal_text(parts[2], "program.json");
        file.kind = is_program ? LAYOUT_KIND_PROGRAM : LAYOUT_KIND_FUNCTIONS;
        *out = file;
        return is_program || str_equal_text(parts[2], "functions.txt");
    }
    file.kind = kind_of_name(parts[3]);
    if (!parse_trial(&file.key, parts[2]) || !is_file_name(parts[3]))
        return false;
    *out = file;
    return true;
}
