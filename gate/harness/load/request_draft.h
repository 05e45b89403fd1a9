#ifndef GATE_HARNESS_LOAD_REQUEST_DRAFT_H
#define GATE_HARNESS_LOAD_REQUEST_DRAFT_H

#include "gate/codec/json.h"
#include "gate/harness/load/requests.h"

/* Private to load: a request while its line is read, one member after the other. */
struct request_draft {
    struct arena *arena;
    const struct requests_source *source;
    struct request_line line;
    struct str header; /* rendered lines */
    struct str body;
    bool body_is_verbatim; /* bytes of a file or of a recording: a brace in them is a brace */
    struct str host;       /* of a URL */
};

/*
 * Members of a line, each by its key: draft_body reads "body", and so on;
 * draft_body_vegeta the "body" of a target of vegeta. STATUS_POLICY says
 * what the member must be.
 */
NODISCARD enum status draft_body(struct request_draft *draft, const struct json_value *value,
                                 struct err *err);
NODISCARD enum status draft_body_file(struct request_draft *draft, const struct json_value *value,
                                      struct err *err);
NODISCARD enum status draft_body_hex(struct request_draft *draft, const struct json_value *value,
                                     struct err *err);
NODISCARD enum status draft_body_base64(struct request_draft *draft, const struct json_value *value,
                                        struct err *err);
NODISCARD enum status draft_body_vegeta(struct request_draft *draft, const struct json_value *value,
                                        struct err *err);
NODISCARD enum status draft_expect(struct request_draft *draft, const struct json_value *value,
                                   struct err *err);
NODISCARD enum status draft_expect_grpc(struct request_draft *draft, const struct json_value *value,
                                        struct err *err);
NODISCARD enum status draft_expect_bytes(struct request_draft *draft,
                                         const struct json_value *value, struct err *err);
NODISCARD enum status draft_expect_sha256(struct request_draft *draft,
                                          const struct json_value *value, struct err *err);

#endif
