#ifndef GATE_COMPARE_ENGINE_NOTES_H
#define GATE_COMPARE_ENGINE_NOTES_H

#include "gate/compare/comparison.h"

/*
 * From these shares of one CPU on, and of all CPUs that a tool may have, whoever
 * sends the load is likely to be what limits it: its own queue grows there,
 * and with it the rate falls and the latency rises.
 */
#define ENGINE_SHARE_SAID 0.80
#define TOOL_SHARE_SAID   0.90

/*
 * Says in notes what is to be known of the sender of the load, of the trials
 * whose time is judged (steady and duet): memgate or a tool that had hardly
 * any CPU time left, with the figure; services that allowed fewer requests
 * at a time than load.streams, each side its own number; and that
 * connections and streams of one side were not recorded.
 */
void engine_note(struct comparison *comparison, struct arena *arena,
                 const struct comparison_source sources[SIDES]);

#endif
