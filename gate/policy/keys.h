#ifndef GATE_POLICY_KEYS_H
#define GATE_POLICY_KEYS_H

#include "gate/codec/yaml.h"
#include "gate/policy/policy.h"

/*
 * Inside the policy layer: the table of all keys. Reading, help and
 * JSON Schema walk the same rows, so that a new key is one row here.
 */

/* How a value is spelled; values.c has one row for each. */
enum value_type {
    VALUE_VERSION,
    VALUE_TEXT,       /* struct str, not empty */
    VALUE_URL_PATH,   /* struct str that begins with / */
    VALUE_ARGUMENT,   /* struct str that the go command cannot take for an option */
    VALUE_NAME,       /* struct str of [A-Za-z0-9_.-] */
    VALUE_SELECTOR,   /* struct str, a glob */
    VALUE_COUNT,      /* uint64_t between min and max */
    VALUE_SMALL,      /* uint32_t between min and max */
    VALUE_DURATION,   /* uint64_t nanoseconds, not 0 */
    VALUE_RATE,       /* double per second, not 0 */
    VALUE_ITERATIONS, /* uint64_t, "2000x" */
    VALUE_TEXTS,      /* struct str_list */
    VALUE_KINDS,      /* struct str_list; one kind or a list of kinds */
    VALUE_PROFILES,   /* bool of each enum profile_kind: true where the list lacks it */
    VALUE_PROFILE,    /* enum metric: what a rule on a profile is about */
    VALUE_ENV,        /* struct env_var *, size_t at len_offset */
    VALUE_CHOICE,     /* an enum, by the order of `choices` */
    VALUE_SWITCH,     /* bool: true or false, which `choices` lists behind false */
    VALUE_METRIC,     /* enum metric */
    VALUE_HAS_METRIC, /* struct ignore_row: has_metric and metric */
    VALUE_QUANTITY,   /* struct quantity of a struct rule, in the unit of its metric */
    VALUE_PERCENT,    /* struct ratio, sign needed */
    VALUE_LIMIT,      /* struct limit, a bare number */
    VALUE_FOCUS,      /* struct focus_list */
    VALUE_BYTES,      /* uint64_t, from min on */
    VALUE_CPUS,       /* double, CPUs by a quota */
    VALUE_CPUSET,     /* struct str, a list of CPUs: "0-1,4" */
    VALUE_MAP,        /* a struct, by its own key_map */
    VALUE_ROWS,       /* an array of structs, length at len_offset */
    VALUE_LATER,      /* refused: a feature of a later version */
};

struct reader {
    struct arena *arena;
    struct str name; /* of the file, for messages */
    struct err *err;
};

struct key {
    const char *name;
    enum value_type type;
    bool required;
    size_t offset; /* of the target in the struct that the map fills, or NO_TARGET */
    const char *help;
    const char *preset; /* read as if written when the key is absent; NULL: stays zero */
    uint64_t min;       /* VALUE_COUNT, VALUE_SMALL */
    uint64_t max;
    size_t len_offset;          /* VALUE_ENV, VALUE_ROWS: of the size_t that counts the items */
    const char *const *choices; /* NULL-terminated, as the enum counts them */
    const char *const *later;   /* choices of a later version, or NULL */
    const struct key_map *map;  /* VALUE_MAP, VALUE_ROWS */
};

/* What one choice of a key (the chooser of its map) alone has, or cannot do without. */
struct choice_key {
    const char *name;   /* NULL: the end of the list */
    unsigned choice;    /* as the enum counts it */
    bool only;          /* other choices have no use for it */
    const char *needed; /* what it is, where the choice cannot do without it; else NULL */
};

/* What a switch of a map needs where it is on: a choice in another map of it. */
struct switch_need {
    const char *name;    /* of the switch; NULL: the map has none of the kind */
    const char *map;     /* the other one */
    const char *chooser; /* of that map, whose preset is the choice */
    const char *choice;
    const char *without; /* a key that must not be there */
};

struct key_map {
    const char *what; /* "a rule": how messages call one */
    const struct key *keys;
    size_t len;
    size_t size;               /* of the struct it fills */
    size_t origin_offset;      /* of its struct origin, or NO_TARGET */
    size_t rows_max;           /* VALUE_ROWS */
    const char *const *one_of; /* NULL, or keys of which at least one must be there */
    const char *const *either; /* NULL, or keys of which exactly one must be there */
    const char *chooser;       /* NULL, or the VALUE_CHOICE that choice_keys are about */
    const struct choice_key *choice_keys;
    struct switch_need need; /* JSON Schema alone: `check` refuses it in its own words */
    enum status (*check)(struct reader *reader, void *target, const struct yaml_node *node);
};

#define NO_TARGET SIZE_MAX

struct value_spec {
    const char *spelled; /* what help shows: "8MiB" */
    const char *pattern; /* JSON Schema, for texts; NULL: any */
    bool text;           /* JSON Schema: may be a string */
    bool number;         /* may be a number */
    enum status (*read)(struct reader *reader, const struct key *key, void *base,
                        const struct yaml_node *node);
};

/* A threshold of the short form. */
struct limit {
    bool set;
    double value;
    struct origin origin;
};

struct focus {
    struct str func;
    struct origin origin;
};

struct thresholds {
    struct limit alloc_percent;
    struct limit heap_alloc_mb;
    struct limit map_alloc_percent;
    struct limit p99_percent;
    struct limit rss_percent;
    struct limit cpu_percent;
    struct focus *focus;
    size_t focus_len;
};

/* The whole file as written; the rules of the short form are not made yet. */
struct document {
    struct policy policy;
    struct thresholds thresholds;
};

extern const struct key_map document_keys;
extern const struct key_map load_keys;
const struct value_spec *value_spec(enum value_type type);

/* Reads a map into its struct: unknown, missing and wrong keys are refused. */
NODISCARD enum status reader_map(struct reader *reader, const struct key_map *map, void *target,
                                 const struct yaml_node *node);
/* Gives every key its preset, as if the map were there and empty. */
NODISCARD enum status reader_presets(struct reader *reader, const struct key_map *map,
                                     void *target);
NODISCARD enum status reader_rows(struct reader *reader, const struct key *key, void *base,
                                  const struct yaml_node *node);
enum status reader_refuse(struct reader *reader, const struct yaml_node *at, const char *format,
                          ...) PRINTF_LIKE(3, 4);
/* Puts file:line:column before a message that is set. */
enum status reader_wrap(struct reader *reader, const struct yaml_node *at);
struct origin reader_origin(const struct reader *reader, const struct yaml_node *at);
/* "did you mean \"x\"?" or "known: x y z". */
struct str reader_hint(struct arena *arena, struct str wanted, const struct str *names,
                       size_t count);
size_t texts_len(const char *const *texts); /* of a NULL-terminated array */

/* Where the value of a key goes. */
static inline void *value_target(const struct key *key, void *base)
{
    return (char *)base + key->offset;
}
/* What is there is of the kind that the key takes; a text is not empty, and at most 4 KiB. */
enum status value_check_scalar(struct reader *reader, const struct key *key,
                               const struct yaml_node *node);
enum status value_check_text(struct reader *reader, const struct key *key,
                             const struct yaml_node *node);
enum status value_check_list(struct reader *reader, const struct key *key,
                             const struct yaml_node *node);
/* *out: which of the key's choices it is. */
enum status value_choose(struct reader *reader, const struct key *key, const struct yaml_node *node,
                         size_t *out);

/* Values of rules and thresholds, read in values_rule.c. */
enum status rule_read_metric(struct reader *reader, const struct key *key, void *base,
                             const struct yaml_node *node);
enum status rule_read_profile(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node);
enum status rule_read_has_metric(struct reader *reader, const struct key *key, void *base,
                                 const struct yaml_node *node);
enum status rule_read_quantity(struct reader *reader, const struct key *key, void *base,
                               const struct yaml_node *node);
enum status rule_read_percent(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node);
enum status rule_read_limit(struct reader *reader, const struct key *key, void *base,
                            const struct yaml_node *node);
enum status rule_read_focus(struct reader *reader, const struct key *key, void *base,
                            const struct yaml_node *node);

/* Values of service.limits, read in limits.c. */
enum status limits_read_bytes(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node);
enum status limits_read_cpus(struct reader *reader, const struct key *key, void *base,
                             const struct yaml_node *node);
enum status limits_read_cpuset(struct reader *reader, const struct key *key, void *base,
                               const struct yaml_node *node);

/* Checks of one struct that no single key can make; rows of keys.c name them. */
enum status scenario_check(struct reader *reader, void *target, const struct yaml_node *node);
enum status load_check(struct reader *reader, void *target, const struct yaml_node *node);
enum status trials_check(struct reader *reader, void *target, const struct yaml_node *node);
enum status rule_check(struct reader *reader, void *target, const struct yaml_node *node);
enum status successor_check(struct reader *reader, void *target, const struct yaml_node *node);
enum status ignore_check(struct reader *reader, void *target, const struct yaml_node *node);

bool str_list_has(const struct str_list *list, struct str text);

/* func_key of a rule's func, see struct selector. */
struct str selector_key(struct arena *arena, struct str func);

/* Refuses a pattern that no name of a subject could match. */
NODISCARD enum status selector_check_func(struct reader *reader, struct str func,
                                          const struct yaml_node *node);

/* The kinds of allocation that a rule may name, NULL-terminated. */
extern const char *const kind_names[];
extern const char *const severity_names[]; /* by enum severity */

/* Two rows about one metric and subject, of which one would never be used, are refused. */
NODISCARD enum status rules_check_clashes(struct reader *reader, const struct rule *rules,
                                          size_t len);

/* Rules of the short form, in the order of the table in thresholds.c. */
struct rule *thresholds_expand(const struct thresholds *thresholds, struct arena *arena,
                               size_t *out_len);

/* config/default.yaml, compiled in. */
extern const unsigned char policy_default_yaml[];
extern const size_t policy_default_yaml_len;

#endif
