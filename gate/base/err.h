#ifndef GATE_BASE_ERR_H
#define GATE_BASE_ERR_H

#include "gate/base/base.h"

/*
 * Every function that can fail returns one of these. The second column
 * is the exit code of memgate when the status reaches the command line:
 * 2 means that what the user wrote is wrong, 3 that no verdict exists.
 */
#define STATUS_MAP(X)                                                                              \
    X(OK, 0, "ok")                                                                                 \
    X(USAGE, 2, "usage")         /* command line is wrong */                                       \
    X(POLICY, 2, "policy")       /* policy or request file is wrong */                             \
    X(FORMAT, 3, "format")       /* input bytes are not what they claim to be */                   \
    X(LIMIT, 3, "limit")         /* input is larger than a named limit */                          \
    X(IO, 3, "io")               /* the operating system refused */                                \
    X(NOT_FOUND, 3, "not found") /* a named thing does not exist */                                \
    X(CHILD, 3, "child")         /* build or service under test misbehaved */                      \
    X(INVALID, 3, "invalid")     /* measured, but the measurement cannot be trusted */             \
    X(INTERRUPTED, 3, "interrupted")

enum status {
#define X(symbol, code, text) STATUS_##symbol,
    STATUS_MAP(X)
#undef X
};

enum { ERR_TEXT_BYTES_MAX = 8192 };

/*
 * A message that reads outside in: each caller that knows more wraps
 * it ("candidate: heap-3.pb.gz: sample 812: ..."). Texts may hold
 * bytes from hostile input; whoever prints them escapes them.
 */
struct err {
    enum status status;
    char text[ERR_TEXT_BYTES_MAX];
};

/* Sets the message and returns status, so that callers can `return err_set(...)`. */
enum status err_set(struct err *err, enum status status, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "context: " before the message; returns the status that is there already. */
enum status err_wrap(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* The process's exit code for a status: 0, 2 or 3. */
int status_exit_code(enum status status);

#endif
