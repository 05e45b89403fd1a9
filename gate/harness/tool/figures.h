#ifndef GATE_HARNESS_TOOL_FIGURES_H
#define GATE_HARNESS_TOOL_FIGURES_H

#include "gate/codec/json.h"
#include "gate/harness/tool/tool.h"

/* Private to the tool formats: numbers of a tool's text, each held to what can be true. */

/* A figure of one printed text: its value and half of its last digit. */
struct printed {
    double value;
    double rounding;
};

/*
 * "1.21ms", "45us", "2.00s", "1.5m" (the units of wrk), "0.0056" with the
 * unit given apart: nanoseconds. False when it is none, negative or over
 * a day.
 */
bool figures_parse_time(struct printed *out_ns, struct str text);
bool figures_parse_seconds(struct printed *out_ns, struct str text);
/* Plain decimal digits up to 10^12. */
bool figures_parse_count(uint64_t *out, struct str text);

/* In ascending order of quantile; a second of the same quantile, or a smaller one, is STATUS_FORMAT. */
NODISCARD enum status figures_add_quantile(struct tool_figures *figures, double quantile,
                                           struct printed ns, struct err *err);
/* The answers with a status; 0 and from 500 on they are errors. */
NODISCARD enum status figures_add_status(struct tool_figures *figures, struct arena *arena,
                                         uint64_t status, uint64_t count, struct err *err);
/* The sum must be one that counts of requests can have. */
NODISCARD enum status figures_add_errors(struct tool_figures *figures, uint64_t count,
                                         struct err *err);

/*
 * hey keeps the results of a million requests and forgets the others
 * (maxRes in its requester/requester.go): STATUS_LIMIT from there on.
 */
NODISCARD enum status figures_check_hey(uint64_t count, struct err *err);

/*
 * Members of an object, by name. An absent one leaves *out and gives
 * false in *found; one of another type or beyond belief is STATUS_FORMAT
 * that begins with the name.
 */
NODISCARD enum status figures_json_count(uint64_t *out, bool *found,
                                         const struct json_value *object, const char *name,
                                         struct err *err);
NODISCARD enum status figures_json_number(double *out, bool *found, const struct json_value *object,
                                          const char *name, struct err *err);
/* The number as nanoseconds of `scale` each; at most a day. */
NODISCARD enum status figures_json_time(double *out_ns, bool *found,
                                        const struct json_value *object, const char *name,
                                        double scale, struct err *err);

/* One for each format that is not `none`. */
NODISCARD enum status tool_read_k6(struct tool_figures *out, struct arena *arena, struct str text,
                                   struct err *err);
NODISCARD enum status tool_read_vegeta(struct tool_figures *out, struct arena *arena,
                                       struct str text, struct err *err);
NODISCARD enum status tool_read_wrk(struct tool_figures *out, struct arena *arena, struct str text,
                                    struct err *err);
NODISCARD enum status tool_read_hey(struct tool_figures *out, struct arena *arena, struct str text,
                                    struct err *err);
NODISCARD enum status tool_read_hey_csv(struct tool_figures *out, struct arena *arena,
                                        struct str text, struct err *err);
NODISCARD enum status tool_read_ghz(struct tool_figures *out, struct arena *arena, struct str text,
                                    struct err *err);

#endif
