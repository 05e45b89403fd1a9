#ifndef GATE_RECORDING_SEAL_H
#define GATE_RECORDING_SEAL_H

#include "gate/base/buf.h"
#include "gate/base/err.h"

/*
 * The last member, "sha256", of a JSON document that vouches for itself:
 * the hash of all of its own bytes before that value. It shows damage, a
 * bad merge and an edit by hand; it is no signature.
 */
enum { SEAL_DIGITS = 64 };

/* What stands in the place of the value until seal_set puts it there. */
struct str seal_blank(void);
/* `buf` holds a document whose last member is seal_blank's text. */
void seal_set(struct buf *buf);
NODISCARD enum status seal_verify(struct str text, struct err *err);

#endif
