#include "gate/fold/map_cpu.h"

#include "gate/base/num.h"
#include "gate/fold/stack.h"

/* What one pass needs to know of each function, worked out once. */
struct map_frame {
    enum map_entry entry;
    bool profiler;
};

struct map_folding {
    const struct profile *profile;
    const struct map_frame *frames; /* by function */
    size_t column;
    struct map_cpu sums;
};

/* Leaf first, so the last entry met is the outermost. */
static struct map_frame stack_says(const struct map_folding *folding,
                                   const struct profile_sample *sample)
{
    struct map_frame found = {MAP_ENTRY_NONE, false};
    for (uint32_t i = 0; i < sample->location_count; i++) {
        const struct profile_location *location =
            &folding->profile->locations[sample->locations[i]];
        for (uint32_t j = 0; j < location->line_count; j++) {
            const struct map_frame *frame = &folding->frames[location->lines[j].function];
            found.profiler = found.profiler || frame->profiler;
            if (frame->entry != MAP_ENTRY_NONE)
                found.entry = frame->entry;
        }
    }
    return found;
}

/* The parts fit where the whole does, since no count is negative. */
static enum status sample_add(struct map_folding *folding, size_t at, struct err *err)
{
    const struct profile_sample *sample = &folding->profile->samples[at];
    struct map_cpu *sums = &folding->sums;
    int64_t count = sample->values[folding->column];
    if (count < 0)
        return err_set(err, STATUS_FORMAT, "sample %zu: a negative count", at + 1);
    struct map_frame says = stack_says(folding, sample);
    int64_t *whole = says.profiler ? &sums->excluded : &sums->samples;
    if (!num_add_i64(whole, *whole, count))
        return err_set(err, STATUS_FORMAT, "sample %zu: a sum exceeds 63 bits", at + 1);
    if (says.profiler)
        return STATUS_OK;
    sums->map_samples += says.entry == MAP_ENTRY_NONE ? 0 : count;
    sums->generic_samples += says.entry == MAP_ENTRY_GENERIC ? count : 0;
    return STATUS_OK;
}

static enum status samples_add(struct map_folding *folding, struct err *err)
{
    for (size_t i = 0; i < folding->profile->sample_count; i++) {
        if (sample_add(folding, i, err))
            return err->status;
    }
    return STATUS_OK;
}

static const struct map_frame *frames_look_up(const struct profile *profile,
                                              const struct runtime_table *runtime,
                                              struct arena *arena)
{
    struct map_frame *frames = ARENA_ARRAY(arena, struct map_frame, profile->function_count + 1);
    for (size_t i = 0; i < profile->function_count; i++) {
        struct str name = profile->functions[i].name;
        frames[i] =
            (struct map_frame){runtime_table_map_entry(runtime, name), name_is_profiler(name)};
    }
    return frames;
}

static enum status find_column(size_t *out, const struct profile *profile, struct err *err)
{
    int samples = profile_type_index(profile, "samples");
    if (samples < 0 || profile_type_index(profile, "cpu") < 0) {
        return err_set(err, STATUS_FORMAT, "not a Go CPU profile: no %s column",
                       samples < 0 ? "samples" : "cpu");
    }
    *out = (size_t)samples;
    return STATUS_OK;
}

enum status map_cpu_fold(struct map_cpu *out, const struct profile *profile,
                         const struct runtime_table *runtime, struct err *err)
{
    struct map_folding folding = {.profile = profile};
    struct arena scratch;
    if (find_column(&folding.column, profile, err))
        return err->status;
    arena_init(&scratch);
    folding.frames = frames_look_up(profile, runtime, &scratch);
    enum status status = samples_add(&folding, err);
    if (status == STATUS_OK)
        *out = folding.sums;
    arena_release(&scratch);
    return status;
}
