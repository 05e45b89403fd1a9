#ifndef GATE_PROFILE_LEGACY_H
#define GATE_PROFILE_LEGACY_H

#include "gate/base/intern.h"
#include "gate/base/map.h"
#include "gate/profile/profile.h"

/*
 * The formats from before profile.proto, as google/pprof's
 * profile/legacy_profile.go reads them: text in lines, or words of a
 * CPU profiler, that name stacks by address. What they have in common
 * is here: lines, numbers, the stack being read, the tables that grow.
 */
struct legacy {
    struct arena *arena;
    struct profile *out;
    struct str rest; /* after the current line */
    struct str line; /* without its end */
    size_t line_number;
    struct map addresses;    /* to indexes of out->locations */
    struct intern functions; /* name_id - 1 is the index in out->functions */
    size_t type_cap;
    size_t sample_cap;
    size_t location_cap;
    size_t function_cap;
    size_t mapping_cap;
    size_t frame_count;  /* over all samples */
    uint32_t shown_from; /* frames of the last sample that Go's comments name, */
    uint32_t shown_to;   /* up to this one; 0: none so far */
    uint32_t stack_len;
    uint32_t stack[PROFILE_FRAMES_MAX]; /* of the sample that is being read */
};

void legacy_open(struct legacy *legacy, struct profile *out, struct arena *arena, struct str text);
void legacy_close(struct legacy *legacy);

/* The next line; false at the end of the text. */
bool legacy_next(struct legacy *legacy);
/* Blank, or starting with "#"; Go's symbol comments are kept on the way. */
bool legacy_is_comment(struct legacy *legacy);
/* The line that comes before a table of mappings. */
bool legacy_is_map_start(const struct legacy *legacy);
/* STATUS_FORMAT "line 12: what". */
enum status legacy_refuse(const struct legacy *legacy, const char *what, struct err *err);

void legacy_type(struct legacy *legacy, const char *type, const char *unit);
void legacy_period(struct legacy *legacy, const char *type, const char *unit, int64_t period);

/* A return address points behind its call: 1 is taken off to land on it. */
enum legacy_adjust { ADJUST_NONE, ADJUST_ALL, ADJUST_CALLERS };

NODISCARD enum status legacy_frame(struct legacy *legacy, uint64_t address,
                                   enum legacy_adjust adjust, struct err *err);
/* Adds to the stack all addresses "0x..." of a text. */
NODISCARD enum status legacy_addresses(struct legacy *legacy, struct str text,
                                       enum legacy_adjust adjust, struct err *err);
/* Ends the stack: a sample with one value for each type. */
NODISCARD enum status legacy_sample(struct legacy *legacy, const int64_t *values,
                                    int64_t object_bytes, struct err *err);
/* Names the location at an address, if a sample has it and it has no name yet. */
void legacy_symbol(struct legacy *legacy, uint64_t address, const struct profile_function *function,
                   int64_t line);
/* After the samples: the rest of the text is searched for mappings. */
NODISCARD enum status legacy_finish(struct legacy *legacy, struct err *err);
/* The same where the rest is mappings without a line that says so. */
NODISCARD enum status legacy_mappings(struct legacy *legacy, struct err *err);

/* Cursors: each takes its piece off the front of `at`, or leaves it alone and is false. */
bool take_blanks(struct str *at); /* always true */
bool take_text(struct str *at, const char *text);
bool take_int(struct str *at, int64_t *out); /* decimal, perhaps with a minus */
bool take_hex(struct str *at, uint64_t *out);
struct str take_word(struct str *at); /* up to a blank; perhaps empty */
/* The part in front that hex addresses and blanks make up. */
struct str take_stack(struct str *at);

/* v2 heap samples: one number of objects and bytes as they were before sampling. */
NODISCARD bool legacy_unsample(int64_t *count, int64_t *bytes, int64_t rate);

/* One reader for each format, and whether a text is its. */
bool legacy_heap_is(struct str text);
bool legacy_contention_is(struct str text);
bool legacy_count_is(struct str text);
bool legacy_thread_is(struct str text);
bool legacy_java_is(struct str text);
bool legacy_cpu_is(struct str text);
NODISCARD enum status legacy_heap(struct legacy *legacy, struct err *err);
NODISCARD enum status legacy_contention(struct legacy *legacy, struct err *err);
NODISCARD enum status legacy_count(struct legacy *legacy, struct err *err);
NODISCARD enum status legacy_thread(struct legacy *legacy, struct err *err);
NODISCARD enum status legacy_java(struct legacy *legacy, struct err *err);
NODISCARD enum status legacy_cpu(struct legacy *legacy, struct err *err);

/* The table that ends java profiles of all kinds: address, name, place. */
void legacy_java_names(struct legacy *legacy);
#endif
