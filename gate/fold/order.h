#ifndef GATE_FOLD_ORDER_H
#define GATE_FOLD_ORDER_H

#include "gate/fold/fold.h"

/*
 * The order in which rows are handed out: by text, not by id, since ids
 * depend on which profile was read first. Total over the key fields.
 */
int site_compare(const struct intern *names, const struct fold_site *a, const struct fold_site *b);
int function_compare(const struct intern *names, const struct fold_function *a,
                     const struct fold_function *b);

void sites_sort(struct fold_site *sites, size_t count, const struct intern *names);
void functions_sort(struct fold_function *functions, size_t count, const struct intern *names);

#endif
