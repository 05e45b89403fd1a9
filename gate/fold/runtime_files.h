#ifndef GATE_FOLD_RUNTIME_FILES_H
#define GATE_FOLD_RUNTIME_FILES_H

#include <stddef.h>

/* The texts of config/runtime/, put here by the build (gate/CMakeLists.txt). */
struct runtime_embedded {
    const char *name;
    const unsigned char *data;
    const size_t *len;
};

extern const struct runtime_embedded runtime_embedded[];
extern const size_t runtime_embedded_count;

#endif
