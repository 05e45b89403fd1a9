#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

/*
 * What every unit test includes: cmocka, and comparisons that cmocka
 * 1.1.5 lacks (doubles, slices, statuses with their message).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "gate/base/err.h"
#include "gate/base/str.h"

/* |have - want| <= tolerance * max(1, |want|) */
#define assert_close(have, want, tolerance)                                                        \
    do {                                                                                           \
        double have_ = (have);                                                                     \
        double want_ = (want);                                                                     \
        double scale_ = fabs(want_) > 1 ? fabs(want_) : 1;                                         \
        if (!(fabs(have_ - want_) <= (tolerance) * scale_))                                        \
            fail_msg("%s is %.17g, not %.17g", #have, have_, want_);                               \
    } while (0)

#define assert_str(have, want)                                                                     \
    do {                                                                                           \
        struct str have_ = (have);                                                                 \
        struct str want_ = str_from(want);                                                         \
        if (!str_equal(have_, want_))                                                              \
            fail_msg("%s is \"%.*s\", not \"%.*s\"", #have, STR_ARGS(have_), STR_ARGS(want_));     \
    } while (0)

#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        if ((call) != STATUS_OK)                                                                   \
            fail_msg("%s failed: %s", #call, (err)->text);                                         \
    } while (0)

#define assert_fails(call, want_status, err, want_text)                                            \
    do {                                                                                           \
        enum status have_status_ = (call);                                                         \
        if (have_status_ != (want_status))                                                         \
            fail_msg("%s gave status %d, not %d", #call, (int)have_status_, (int)(want_status));   \
        if (!strstr((err)->text, (want_text)))                                                     \
            fail_msg("message \"%s\" lacks \"%s\"", (err)->text, (want_text));                     \
    } while (0)

#endif
