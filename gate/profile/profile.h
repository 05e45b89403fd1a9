#ifndef GATE_PROFILE_PROFILE_H
#define GATE_PROFILE_PROFILE_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * A profile as google/pprof's profile.proto defines it
 * (https://github.com/google/pprof/blob/main/proto/profile.proto), with
 * ids replaced by indexes. Everything lives in the arena given to
 * profile_decode; names borrow from the inflated bytes there.
 */
enum {
    PROFILE_PACKED_BYTES_MAX = 64 * 1024 * 1024,
    PROFILE_BYTES_MAX = 256 * 1024 * 1024,
    PROFILE_SAMPLES_MAX = 1000000,
    PROFILE_LOCATIONS_MAX = 1000000,
    PROFILE_FUNCTIONS_MAX = 500000,
    PROFILE_MAPPINGS_MAX = 10000,
    PROFILE_TYPES_MAX = 32,
    PROFILE_FRAMES_MAX = 4096,                 /* per sample */
    PROFILE_FRAMES_ALL_MAX = 64 * 1024 * 1024, /* over all samples; four bytes of memory each */
    PROFILE_LINES_MAX = 512,                   /* per location */
    PROFILE_LINES_ALL_MAX = 8 * 1024 * 1024,   /* over all locations; 16 bytes of memory each */
    PROFILE_LABELS_MAX = 256,                  /* per sample */
    PROFILE_STRINGS_MAX = 2000000,
    PROFILE_STRING_BYTES_MAX = 64 * 1024,
};

#define PROFILE_NONE UINT32_MAX

struct profile_type {
    struct str type; /* "alloc_space" */
    struct str unit; /* "bytes" */
};

struct profile_mapping {
    uint64_t start; /* run-time addresses [start, limit) */
    uint64_t limit;
    uint64_t offset; /* of `start` in the file */
    struct str file;
    struct str build_id;
};

struct profile_function {
    struct str name; /* as written in the profile */
    struct str system_name;
    struct str filename;
    int64_t start_line; /* 0 when unknown (Go 1.19) */
};

struct profile_line {
    uint32_t function; /* index, always valid */
    int64_t line;
};

struct profile_location {
    uint64_t address; /* return address - 1 for Go heap profiles */
    uint32_t mapping; /* index or PROFILE_NONE */
    uint32_t line_count;
    const struct profile_line *lines; /* innermost inlined frame first */
};

struct profile_sample {
    const uint32_t *locations; /* indexes, leaf first */
    uint32_t location_count;
    /*
     * That many more stand right before locations[0], the last one called by
     * the leaf: frames of the runtime that Go's debug=1 text lists but does
     * not show. 0 in every other format.
     */
    uint32_t hidden_count;
    const int64_t *values; /* type_count of them */
    int64_t object_bytes;  /* numeric label "bytes" of Go heap profiles; 0 when absent */
};

struct profile {
    struct profile_type *types;
    size_t type_count;
    struct profile_sample *samples;
    size_t sample_count;
    struct profile_mapping *mappings;
    size_t mapping_count;
    struct profile_location *locations;
    size_t location_count;
    struct profile_function *functions;
    size_t function_count;
    struct profile_type period_type;
    int64_t period; /* MemProfileRate for Go heap profiles */
    int64_t time_ns;
    int64_t duration_ns;
    struct str default_type;
};

/*
 * Decodes a profile of any pprof producer: gzip or raw profile.proto,
 * and the legacy text and binary formats google/pprof reads (Go and
 * tcmalloc heap, growth, contention, thread, CPU words). Refused with
 * STATUS_FORMAT or STATUS_LIMIT and the place: dangling, zero or
 * duplicate ids, wrong value counts, overflow of a total, more than a
 * limit above. Negative values are kept: delta profiles have them.
 * A text that is no profile is named by its first bytes
 * ("not a profile (starts \"404 page not found\")").
 */
NODISCARD enum status profile_decode(struct profile *out, struct arena *arena, struct bytes data,
                                     struct err *err);

/*
 * Says where the program was mapped that a profile without mappings (Go's
 * text) is of: the only mapping, and that of each location inside it.
 */
void profile_use_mapping(struct profile *profile, struct arena *arena,
                         const struct profile_mapping *mapping);

/* Index of a sample type by name, or -1. */
int profile_type_index(const struct profile *profile, const char *type);

/* Sum of one value column; the decoder has checked that it fits. */
int64_t profile_total(const struct profile *profile, size_t type);

#endif
