/*
 * Prints what memgate's decoder makes of profiles, in the form of
 * tests/oracle/pprofdump, which asks google/pprof the same.
 */
#include "gate/base/intern.h"
#include "gate/base/io.h"
#include "gate/profile/profile.h"

struct cost {
    int64_t flat;
    int64_t cum;
    size_t seen; /* number of the last sample that was charged, from 1 */
};

static void print_visible(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        if (byte < 0x20 || byte >= 0x7f || byte == '\\') {
            printf("\\x%02x", byte);
        } else {
            putchar(byte);
        }
    }
}

static void charge_frame(struct cost *cost, int64_t value, size_t number, bool is_leaf)
{
    cost->flat += is_leaf ? value : 0;
    cost->cum += cost->seen != number ? value : 0;
    cost->seen = number;
}

static void charge(struct cost *costs, const struct profile *profile, const uint32_t *names,
                   size_t number, size_t type)
{
    const struct profile_sample *sample = &profile->samples[number - 1];
    for (uint32_t i = 0; i < sample->location_count; i++) {
        const struct profile_location *location = &profile->locations[sample->locations[i]];
        for (uint32_t k = 0; k < location->line_count; k++) {
            charge_frame(&costs[names[location->lines[k].function]], sample->values[type], number,
                         i == 0 && k == 0);
        }
    }
}

static const struct intern *sorted_names;

static int compare_names(const void *a, const void *b)
{
    struct name_id left = {*(const uint32_t *)a};
    struct name_id right = {*(const uint32_t *)b};
    return str_compare(intern_text(sorted_names, left), intern_text(sorted_names, right));
}

static void print_costs(const char *file, size_t type, const struct intern *names,
                        const struct cost *costs, struct arena *arena)
{
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, names->len);
    for (size_t i = 0; i < names->len; i++)
        order[i] = (uint32_t)i;
    sorted_names = names;
    qsort(order, names->len, sizeof(*order), compare_names);
    for (size_t i = 0; i < names->len; i++) {
        const struct cost *cost = &costs[order[i]];
        if (cost->seen == 0)
            continue;
        printf("%s\tfunc\t%zu\t", file, type);
        print_visible(intern_text(names, (struct name_id){order[i]}));
        printf("\t%lld\t%lld\n", (long long)cost->flat, (long long)cost->cum);
    }
}

static void print_type(const char *file, const struct profile *profile, size_t type,
                       struct arena *arena)
{
    struct intern names;
    intern_init(&names, arena);
    uint32_t *name_of = ARENA_ARRAY(arena, uint32_t, profile->function_count);
    for (size_t i = 0; i < profile->function_count; i++)
        name_of[i] = intern_name(&names, profile->functions[i].name).v;
    struct cost *costs = ARENA_ARRAY(arena, struct cost, names.len + 1);
    for (size_t i = 0; i < profile->sample_count; i++)
        charge(costs, profile, name_of, i + 1, type);

    printf("%s\ttype\t%zu\t", file, type);
    print_visible(profile->types[type].type);
    putchar('/');
    print_visible(profile->types[type].unit);
    printf("\t%lld\n", (long long)profile_total(profile, type));
    print_costs(file, type, &names, costs, arena);
    intern_release(&names);
}

static void dump(const char *path)
{
    struct arena arena;
    struct err err = {0};
    struct bytes data = {0};
    struct profile profile = {0};
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    arena_init(&arena);
    if (io_read_file(&data, &arena, str_from(path), PROFILE_PACKED_BYTES_MAX, &err)) {
        printf("%s\tunreadable\n", file);
    } else if (profile_decode(&profile, &arena, data, &err)) {
        printf("%s\trefused\n", file);
        (void)fprintf(stderr, "%s: %s\n", file, err.text);
    } else {
        printf("%s\tsamples\t%zu\n", file, profile.sample_count);
        printf("%s\tperiod\t%lld\n", file, (long long)profile.period);
        for (size_t i = 0; i < profile.type_count; i++)
            print_type(file, &profile, i, &arena);
    }
    arena_release(&arena);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        dump(argv[i]);
    return 0;
}
