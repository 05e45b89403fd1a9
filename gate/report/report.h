#ifndef GATE_REPORT_REPORT_H
#define GATE_REPORT_REPORT_H

#include "gate/base/buf.h"
#include "gate/judge/judge.h"

/*
 * A judgement as bytes. Byte-stable: sorted, no time, no locale, no
 * pointer; names from profiles are escaped for their sink.
 */
struct report_input {
    const struct judgement *judgement;
    const struct recording
        *recording; /* for plain files: only environment and policy_name are set */
};

typedef void (*report_writer)(struct buf *out, struct arena *arena,
                              const struct report_input *input);

struct report_format {
    const char *name; /* "text", "json", "markdown" */
    const char *file; /* written into the output directory by `run` */
    report_writer write;
    const char *help;
};

/* The table of formats, ended by a NULL name; NULL for an unknown name. */
const struct report_format *report_formats(void);
const struct report_format *report_format_find(struct str name);

void report_text(struct buf *out, struct arena *arena, const struct report_input *input);
void report_json(struct buf *out, struct arena *arena, const struct report_input *input);
void report_markdown(struct buf *out, struct arena *arena, const struct report_input *input);

#endif
