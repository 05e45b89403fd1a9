#ifndef GATE_CODEC_YAML_H
#define GATE_CODEC_YAML_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * The YAML that a policy may use: one UTF-8 document of maps, lists and
 * scalars. Anchors, aliases, tags, directives, a second document,
 * duplicate keys, merge keys, control characters, nesting deeper than
 * 16, more than 20,000 events or 1 MiB are refused before anything is
 * built from them (libyaml 0.2.5 has no such limits and is quadratic in
 * nesting).
 */
enum yaml_kind { YAML_SCALAR, YAML_MAP, YAML_LIST };

enum {
    YAML_BYTES_MAX = 1024 * 1024,
    YAML_EVENTS_MAX = 20000,
    YAML_DEPTH_MAX = 16,
    YAML_SCALAR_BYTES_MAX = 64 * 1024,
};

struct yaml_node {
    enum yaml_kind kind;
    uint32_t line;   /* 1-based */
    uint32_t column; /* 1-based */
    struct str text; /* scalar: its value */
    bool plain;      /* scalar: written without quotes */
    /* map: pairs; list: items with an empty key */
    struct yaml_pair *pairs;
    size_t len;
};

struct yaml_pair {
    struct str key;
    uint32_t key_line;
    uint32_t key_column;
    struct yaml_node *value;
};

/*
 * An empty document is an empty plain scalar at 1:1.
 * Errors are STATUS_POLICY and begin with "name:line:column: " ("name: " where no place exists).
 */
NODISCARD enum status yaml_parse(struct yaml_node **out, struct arena *arena, struct str name,
                                 struct bytes text, struct err *err);
/* The value of a key of a map, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

#endif
