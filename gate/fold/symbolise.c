#include "gate/fold/symbolise.h"

#include "gate/base/intern.h"
#include "gate/base/num.h"
#include "gate/fold/targets.h"

/*
 * Of the locations that a program and the profile of its own name, 0.05 to
 * 0.2 % had another name in one of them, all of them wrappers (below):
 * measured with the compiler of Go 1.22 to 1.27 (built with PGO, 8,000
 * locations) and a program of 800 locations built by Go 1.19 to 1.27, also
 * with -trimpath, -s -w and as PIE. Ten times that, and one more for
 * profiles of a few locations, is another build.
 */
enum { DIFFERENT_PER_CENT_MAX = 2, DIFFERENT_FEW = 1 };

/* How the addresses of a profile fit the executable. */
struct fit {
    struct str *symbols; /* by location: the function there; empty: outside */
    bool *fits;          /* by location: its name, if any, is that of the function there */
    size_t inside;       /* locations in its code */
    size_t named;        /* of these: with a name in the profile */
    size_t different;    /* of these: with another one than the executable says */
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

static struct str method_of(struct str name)
{
    ptrdiff_t dot = str_find_last(name, '.');
    return dot < 0 ? name : str_slice(name, (size_t)dot + 1, name.len);
}

static bool has_numbered_end(struct str name, struct str stem)
{
    struct str last = method_of(name);
    uint64_t number = 0;
    return str_starts_with(last, stem) &&
           num_parse_u64(&number, str_slice(last, stem.len, last.len));
}

/*
 * The compiler leaves its own wrappers out of stacks, so that what it
 * inlined into one is the outermost frame there: method values, deferred
 * calls, `go` statements, promoted methods.
 */
static bool is_wrapper_of(struct str symbol, struct str name)
{
    return str_ends_with(symbol, STR("-fm")) || has_numbered_end(symbol, STR("deferwrap")) ||
           has_numbered_end(symbol, STR("gowrap")) ||
           (str_contains(symbol, STR(".(")) && str_equal(method_of(symbol), method_of(name)));
}

/* The outermost line is the function that was not inlined. */
static bool is_of_symbol(const struct profile *profile, const struct profile_location *location,
                         struct str symbol)
{
    if (location->line_count == 0)
        return true;
    uint32_t function = location->lines[location->line_count - 1].function;
    struct str name = profile->functions[function].name;
    return same_function(name, symbol) || is_wrapper_of(symbol, name);
}

/*
 * Go's text has inlined functions as frames of their own, a fifth of all in
 * the same measurements: their addresses are in the caller's function.
 */
static void take_inlined(struct fit *fit, const struct profile_sample *sample)
{
    for (uint32_t i = sample->location_count; i > 1; i--) {
        uint32_t caller = sample->locations[i - 1];
        uint32_t callee = sample->locations[i - 2];
        fit->fits[callee] |=
            fit->fits[caller] && str_equal(fit->symbols[callee], fit->symbols[caller]);
    }
}

static void fit_open(struct fit *fit, struct arena *scratch, const struct profile *profile,
                     const struct binary *binary)
{
    uint64_t offset = 0;
    *fit = (struct fit){.symbols = ARENA_ARRAY(scratch, struct str, profile->location_count),
                        .fits = ARENA_ARRAY(scratch, bool, profile->location_count)};
    for (size_t i = 0; i < profile->location_count; i++) {
        const struct profile_location *location = &profile->locations[i];
        fit->symbols[i] = STR("");
        if (targets_offset(profile, location, &offset) &&
            binary_symbol_at(binary, offset, &fit->symbols[i]))
            fit->fits[i] = is_of_symbol(profile, location, fit->symbols[i]);
    }
    for (size_t i = 0; i < profile->sample_count; i++)
        take_inlined(fit, &profile->samples[i]);
}

/* A location of another build has nothing to say: outside the mapping nothing is called there. */
static void fit_judge(struct fit *fit, struct profile *profile, size_t at)
{
    fit->inside++;
    if (profile->locations[at].line_count == 0)
        return;
    fit->named++;
    if (fit->fits[at])
        return;
    fit->different++;
    profile->locations[at].mapping = PROFILE_NONE;
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
    if (fit->different > DIFFERENT_FEW + fit->named * DIFFERENT_PER_CENT_MAX / 100) {
        return err_set(err, STATUS_USAGE,
                       "%zu of %zu addresses are in other functions of the executable than the "
                       "profile says: it is of another program or build",
                       fit->different, fit->named);
    }
    return STATUS_OK;
}

enum status symbolise(struct profile *profile, struct arena *arena, const struct binary *binary,
                      struct err *err)
{
    struct fit fit;
    struct naming naming;
    struct arena scratch;
    if (check_build_id(profile, arena, binary, err) || use_own_mapping(profile, arena, binary, err))
        return err->status;
    arena_init(&scratch);
    fit_open(&fit, &scratch, profile, binary);
    naming_open(&naming, profile, arena);
    for (size_t i = 0; i < profile->location_count; i++) {
        if (fit.symbols[i].len == 0)
            continue;
        fit_judge(&fit, profile, i);
        if (profile->locations[i].line_count == 0)
            location_name(&naming, &profile->locations[i], fit.symbols[i]);
    }
    intern_release(&naming.names);
    enum status status = check_fit(&fit, profile->location_count, err);
    arena_release(&scratch);
    return status;
}
