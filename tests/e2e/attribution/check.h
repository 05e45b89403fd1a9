#ifndef TESTS_E2E_ATTRIBUTION_CHECK_H
#define TESTS_E2E_ATTRIBUTION_CHECK_H

#include "gate/base/err.h"
#include "gate/binary/binary.h"

/* What every mode of attribution_check opens first. */
struct check {
    struct arena arena;
    struct err err;
    struct bytes exe;
    struct bytes input; /* the profile or the listing */
    struct str truth;   /* empty in modes without one */
    struct binary binary;
};

/* Each prints what disagrees and a line of figures; 0 when all is right. */
int check_kinds(struct check *check);
int check_calls(struct check *check);

/* Prints the error of the check. */
int check_failed(const struct check *check);

#endif
