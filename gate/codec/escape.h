#ifndef GATE_CODEC_ESCAPE_H
#define GATE_CODEC_ESCAPE_H

#include "gate/base/buf.h"

/*
 * Names from profiles are hostile data in every sink. All writers below
 * first make control, bidi and zero-width characters visible
 * (str_printable), then escape for their context.
 */

/* Plain text for terminals and logs. */
void escape_text(struct buf *buf, struct str text);
/* A Markdown code span with enough backticks; pipes are safe inside tables. */
void escape_markdown_code(struct buf *buf, struct str text);
/* Markdown prose: no markup, mention, link or HTML of the text takes effect. */
void escape_markdown(struct buf *buf, struct str text);

#endif
