#ifndef GATE_HARNESS_LOAD_CAPTURE_H
#define GATE_HARNESS_LOAD_CAPTURE_H

#include "gate/codec/json.h"

/*
 * What is taken from the answer of a login line and put into later lines
 * as {{name}}: a member of a JSON body, a header, or the value of a cookie.
 * Each side has values of its own. They are secrets: no message holds one.
 */
enum {
    CAPTURES_MAX = 64, /* of a request file */
    CAPTURE_NAME_BYTES_MAX = 64,
    CAPTURE_VALUE_BYTES_MAX = 8 * 1024,
    CAPTURE_STEPS_MAX = 16,
};

enum capture_kind { CAPTURE_JSON, CAPTURE_HEADER, CAPTURE_COOKIE };

/* Of a JSON path: a member by its name, or an item by its place. */
struct capture_step {
    struct str name;
    size_t at;
    bool is_item;
};

struct capture {
    struct str name;
    enum capture_kind kind;
    struct str what; /* as written: "$.access_token", "X-CSRF-Token", "session" */
    struct capture_step steps[CAPTURE_STEPS_MAX];
    size_t step_count;
};

/* What all login lines of a file capture, in their order. */
struct capture_slot {
    struct str name;
    bool is_in_path; /* a line puts it into its path */
};

struct capture_slots {
    struct capture_slot *items;
    size_t len;
    size_t cap;
};

/* A letter or _, then letters, digits, _ and -. */
bool capture_is_name(struct str text);
/*
 * {"json": "$.a.b[0]"}, {"header": "X-A"} or {"cookie": "sid"}. A JSON path
 * is the part of RFC 9535 that names one value: $, .name, ['name'], [3].
 * STATUS_POLICY says what is wrong and where in the path.
 */
NODISCARD enum status capture_parse(struct capture *out, struct arena *arena, struct str name,
                                    const struct json_value *value, struct err *err);
/*
 * Takes the value from an answer: `header` is its lines as they came,
 * without the status line. Texts and numbers of JSON are taken, true and
 * false too. STATUS_CHILD when it is not there, is empty, longer than
 * CAPTURE_VALUE_BYTES_MAX or holds a control character, which could end a
 * header line and begin another.
 */
NODISCARD enum status capture_take(struct str *out, struct arena *arena,
                                   const struct capture *capture, struct str header,
                                   struct str body, struct err *err);
/* It may stand in the path of a request: visible ASCII without "#". */
bool capture_fits_path(struct str value);

#endif
