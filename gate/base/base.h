#ifndef GATE_BASE_BASE_H
#define GATE_BASE_BASE_H

/*
 * What every file of the project may assume: sizes, attributes and
 * the list of banned functions. Each public header of the base layer
 * includes this one.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODISCARD                __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define NORETURN                 __attribute__((noreturn))
#define ARRAY_LEN(array)         (sizeof(array) / sizeof((array)[0]))

#include "gate/base/banned.h"

#endif
