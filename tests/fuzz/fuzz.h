#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* What each target defines: libFuzzer calls it in the fuzz preset, replay.c in all others. */
/* NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
