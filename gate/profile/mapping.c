#include "gate/profile/profile.h"

void profile_use_mapping(struct profile *profile, struct arena *arena,
                         const struct profile_mapping *mapping)
{
    profile->mappings = ARENA_NEW(arena, struct profile_mapping);
    profile->mappings[0] = *mapping;
    profile->mapping_count = 1;
    for (size_t i = 0; i < profile->location_count; i++) {
        struct profile_location *location = &profile->locations[i];
        bool inside = location->address >= mapping->start && location->address < mapping->limit;
        location->mapping = inside ? 0 : PROFILE_NONE;
    }
}
