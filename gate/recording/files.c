#include "gate/recording/files.h"

#include "gate/base/io.h"

struct str recording_point_file(struct arena *arena, struct str trial_dir, enum point point,
                                bool text)
{
    struct str name = str_format(arena, "%s.%s", point_name(point), text ? "txt" : "pb.gz");
    return io_join(arena, trial_dir, name);
}

struct str recording_growth_file(struct arena *arena, struct str trial_dir, uint32_t number)
{
    return io_join(arena, trial_dir, str_format(arena, "growth-%u.pb.gz", (unsigned)number));
}

struct str recording_cpu_file(struct arena *arena, struct str trial_dir)
{
    return io_join(arena, trial_dir, STR("cpu.pb.gz"));
}

struct str recording_trace_file(struct arena *arena, struct str trial_dir)
{
    return io_join(arena, trial_dir, STR("trace.out"));
}

struct str recording_snapshot_file(struct arena *arena, struct str trial_dir,
                                   enum profile_kind kind, enum point point)
{
    struct str name = str_format(arena, "%s-%s.pb.gz", profile_kind_name(kind), point_name(point));
    return io_join(arena, trial_dir, name);
}

struct str recording_mutex_period_file(struct arena *arena, struct str trial_dir)
{
    return io_join(arena, trial_dir, STR("mutex-period.txt"));
}

struct str recording_creations_file(struct arena *arena, struct str trial_dir)
{
    return io_join(arena, trial_dir, STR("goroutine-end.txt"));
}

struct str recording_refusal_file(struct arena *arena, struct str trial_dir, enum profile_kind kind)
{
    return io_join(arena, trial_dir, str_format(arena, "%s.txt", profile_kind_name(kind)));
}

struct str recording_tool_file(struct arena *arena, struct str trial_dir)
{
    return io_join(arena, trial_dir, STR("tool.txt"));
}
