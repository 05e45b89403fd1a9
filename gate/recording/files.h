#ifndef GATE_RECORDING_FILES_H
#define GATE_RECORDING_FILES_H

#include "gate/base/metric.h"
#include "gate/base/str.h"
#include "gate/recording/side.h"

/*
 * The paths of what a trial leaves besides its numbers. `trial_dir` is put in
 * front as it is: absolute, or relative to the recording.
 */

/* File of a point in a trial's directory: "warm.pb.gz" or "warm.txt". */
struct str recording_point_file(struct arena *arena, struct str trial_dir, enum point point,
                                bool text);
/* The heap profile behind part `number` of the load that goes on behind `end`: "growth-1.pb.gz". */
struct str recording_growth_file(struct arena *arena, struct str trial_dir, uint32_t number);
/* The CPU profile in a trial's directory: "cpu.pb.gz". */
struct str recording_cpu_file(struct arena *arena, struct str trial_dir);
/* The execution trace in a trial's directory: "trace.out". */
struct str recording_trace_file(struct arena *arena, struct str trial_dir);
/* One of block, mutex or goroutine at a point: "mutex-warm.pb.gz". */
struct str recording_snapshot_file(struct arena *arena, struct str trial_dir,
                                   enum profile_kind kind, enum point point);
/* What runtime.SetMutexProfileFraction was set to, of a profile that is empty. */
struct str recording_mutex_period_file(struct arena *arena, struct str trial_dir);
/* Who created the goroutines: "goroutine-end.txt". */
struct str recording_creations_file(struct arena *arena, struct str trial_dir);
/* Why there is no such profile: "cpu.txt", "mutex.txt". */
struct str recording_refusal_file(struct arena *arena, struct str trial_dir,
                                  enum profile_kind kind);
/* What a load tool wrote: "tool.txt". */
struct str recording_tool_file(struct arena *arena, struct str trial_dir);

#endif
