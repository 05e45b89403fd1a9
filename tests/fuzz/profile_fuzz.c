#include "gate/profile/profile.h"
#include "tests/fuzz/fuzz.h"

/* Every index of a profile that was accepted must be inside its table. */
static void check_sample(const struct profile *profile, const struct profile_sample *sample)
{
    for (uint32_t i = 0; i < sample->location_count; i++) {
        if (sample->locations[i] >= profile->location_count)
            abort();
        const struct profile_location *location = &profile->locations[sample->locations[i]];
        if (location->mapping != PROFILE_NONE && location->mapping >= profile->mapping_count)
            abort();
        for (uint32_t k = 0; k < location->line_count; k++) {
            if (location->lines[k].function >= profile->function_count)
                abort();
        }
    }
}

static int64_t check(const struct profile *profile)
{
    int64_t sum = 0;
    for (size_t i = 0; i < profile->sample_count; i++)
        check_sample(profile, &profile->samples[i]);
    for (size_t i = 0; i < profile->type_count; i++)
        sum ^= profile_total(profile, i);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    struct profile profile = {0};
    volatile int64_t sum = 0;
    arena_init(&arena);
    if (profile_decode(&profile, &arena, (struct bytes){data, size}, &err) == STATUS_OK) {
        sum = check(&profile);
    } else if (err.text[0] == '\0') {
        abort();
    }
    (void)sum;
    arena_release(&arena);
    return 0;
}
