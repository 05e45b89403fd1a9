#ifndef GATE_REPORT_EXPLAIN_H
#define GATE_REPORT_EXPLAIN_H

#include "gate/report/report.h"

/*
 * What `memgate explain` prints of one function: its spellings and how
 * it was paired, its values with the rules that judge them, where and
 * what it allocates, who calls it, and what moved. Byte-stable text.
 */
struct explain_input {
    const struct policy *policy;
    const struct judged_scenario *scenario;
    const struct detail *detail;
};

void report_explain(struct buf *out, struct arena *arena, const struct explain_input *input);

#endif
