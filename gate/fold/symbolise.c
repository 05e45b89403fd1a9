#include "gate/fold/symbolise.h"

#include "gate/base/intern.h"
#include "gate/fold/targets.h"

/* How the addresses of a profile fit the executable. */
struct fit {
    size_t inside; /* locations in its code */
    size_t named;  /* of these: with a name in the profile */
    size_t agreed; /* of these: with the name that the executable says */
};

static enum status check_build_id(const struct profile *profile, struct arena *arena,
                                  const struct binary *binary, struct err *err)
{
    struct str have = binary_build_id(binary, arena);
    if (profile->mapping_count == 0 || have.len == 0)
        return STATUS_OK;
    struct str want = profile->mappings[0].build_id;
    if (want.len == 0 || str_equal(have, want))
        return STATUS_OK;
    return err_set(err, STATUS_USAGE,
                   "the profile is of a program with build id %.*s, the executable has %.*s",
                   STR_ARGS(want), STR_ARGS(have));
}

/* Go maps nothing where it could not read the mappings: a range of no bytes. */
static bool has_mapping(const struct profile *profile)
{
    return profile->mapping_count > 0 && profile->mappings[0].limit > profile->mappings[0].start;
}

static enum status use_own_mapping(struct profile *profile, struct arena *arena,
                                   const struct binary *binary, struct err *err)
{
    struct binary_code code = {0};
    if (has_mapping(profile))
        return STATUS_OK;
    if (!binary_code(binary, &code))
        return err_set(err, STATUS_USAGE, "the executable has no code");
    if (code.is_movable) {
        return err_set(err, STATUS_USAGE,
                       "the profile does not say where the position-independent executable was "
                       "mapped; give the profile in pb.gz form");
    }
    const struct profile_mapping mapping = {
        .start = code.address, .limit = code.address + code.bytes, .offset = code.offset};
    profile_use_mapping(profile, arena, &mapping);
    return STATUS_OK;
}

static struct str before_bracket(struct str name)
{
    ptrdiff_t bracket = str_find(name, '[');
    return bracket < 0 ? name : str_slice(name, 0, (size_t)bracket);
}

/* Go's text and releases until 1.20 leave type arguments out. */
static bool same_function(struct str a, struct str b)
{
    return str_equal(before_bracket(a), before_bracket(b));
}

/* The outermost line is the function that was not inlined. */
static void fit_add(struct fit *fit, const struct profile *profile,
                    const struct profile_location *location, struct str symbol)
{
    fit->inside++;
    if (location->line_count == 0)
        return;
    uint32_t function = location->lines[location->line_count - 1].function;
    fit->named++;
    fit->agreed += same_function(profile->functions[function].name, symbol);
}

/* Functions of the profile by name, and those that are added. */
struct naming {
    struct arena *arena;
    struct profile *profile;
    struct intern names;
    uint32_t *function_of; /* by name_id, of names known at the start and added; index + 1 */
    size_t name_cap;
    size_t function_cap;
};

static uint32_t *function_slot(struct naming *naming, struct str name)
{
    struct name_id id = intern_name(&naming->names, name);
    while (id.v >= naming->name_cap) {
        naming->function_of = arena_grow(naming->arena, naming->function_of, naming->name_cap,
                                         &naming->name_cap, sizeof(*naming->function_of));
    }
    return &naming->function_of[id.v];
}

static void naming_open(struct naming *naming, struct profile *profile, struct arena *arena)
{
    *naming = (struct naming){.arena = arena, .profile = profile};
    naming->function_cap = profile->function_count;
    intern_init(&naming->names, arena);
    for (size_t i = 0; i < profile->function_count; i++) {
        uint32_t *slot = function_slot(naming, profile->functions[i].name);
        if (*slot == 0)
            *slot = (uint32_t)i + 1;
    }
}

static void location_name(struct naming *naming, struct profile_location *location,
                          struct str symbol)
{
    struct profile *profile = naming->profile;
    uint32_t *slot = function_slot(naming, symbol);
    if (*slot == 0) {
        struct profile_function function = {.name = symbol, .filename = {"", 0}};
        ARENA_PUSH(naming->arena, profile->functions, profile->function_count, naming->function_cap,
                   function);
        *slot = (uint32_t)profile->function_count;
    }
    struct profile_line *line = ARENA_NEW(naming->arena, struct profile_line);
    line->function = *slot - 1;
    location->lines = line;
    location->line_count = 1;
}

static enum status check_fit(const struct fit *fit, size_t location_count, struct err *err)
{
    if (location_count > 0 && fit->inside == 0) {
        return err_set(err, STATUS_USAGE,
                       "no address of the profile is in the executable's code: it is of another "
                       "program or build");
    }
    if (fit->agreed * 2 < fit->named) {
        return err_set(err, STATUS_USAGE,
                       "%zu of %zu addresses are in other functions of the executable than the "
                       "profile says: it is of another program or build",
                       fit->named - fit->agreed, fit->named);
    }
    return STATUS_OK;
}

enum status symbolise(struct profile *profile, struct arena *arena, const struct binary *binary,
                      struct err *err)
{
    struct fit fit = {0};
    struct naming naming;
    if (check_build_id(profile, arena, binary, err) || use_own_mapping(profile, arena, binary, err))
        return err->status;
    naming_open(&naming, profile, arena);
    for (size_t i = 0; i < profile->location_count; i++) {
        struct profile_location *location = &profile->locations[i];
        struct str symbol = {0};
        uint64_t offset = 0;
        if (!targets_offset(profile, location, &offset) ||
            !binary_symbol_at(binary, offset, &symbol))
            continue;
        fit_add(&fit, profile, location, symbol);
        if (location->line_count == 0)
            location_name(&naming, location, symbol);
    }
    intern_release(&naming.names);
    return check_fit(&fit, profile->location_count, err);
}
