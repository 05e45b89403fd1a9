#include "gate/harness/repo_name.h"

#include "gate/base/num.h"

enum { ID_LEN = 40, ID_LEN_MIN = 7 };

static bool is_hex(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!memchr("0123456789abcdef", text.data[i], 16))
            return false;
    }
    return true;
}

/* Bytes that no ref name holds, as git check-ref-format says. */
static bool is_ref_byte(char byte)
{
    return (unsigned char)byte > ' ' && byte != 0x7f && !strchr("~^:?*[\\", byte);
}

static bool is_ref_part(struct str part)
{
    return part.len > 0 && part.data[0] != '.' && !str_ends_with(part, STR(".lock")) &&
           !str_ends_with(part, STR("."));
}

static bool is_ref_name(struct str name)
{
    struct str part;
    if (name.len == 0 || name.data[0] == '-' || str_equal(name, STR("@")) ||
        str_contains(name, STR("..")) || str_contains(name, STR("@{")))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (!is_ref_byte(name.data[i]))
            return false;
    }
    while (str_split(&name, '/', &part)) {
        if (!is_ref_part(part))
            return false;
    }
    return true;
}

/* FETCH_HEAD and its like are what some earlier command left behind. */
static bool is_leftover(struct str name)
{
    return str_ends_with(name, STR("_HEAD")) && str_find(name, '/') < 0;
}

static size_t digits_at(struct str text, size_t at)
{
    size_t len = 0;
    while (at + len < text.len && text.data[at + len] >= '0' && text.data[at + len] <= '9')
        len++;
    return len;
}

static bool parse_steps(struct revision_name *out, struct str steps)
{
    size_t at = 0;
    while (at < steps.len) {
        char kind = steps.data[at++];
        size_t len = digits_at(steps, at);
        uint64_t count = 1;
        if ((kind != '~' && kind != '^') || out->step_count == REVISION_STEPS_MAX)
            return false;
        if (len > 0 && !num_parse_u64(&count, str_slice(steps, at, at + len)))
            return false;
        if (count > REVISION_GENERATIONS_MAX)
            return false;
        out->steps[out->step_count++] = (struct revision_step){kind == '^', (uint32_t)count};
        at += len;
    }
    return true;
}

bool revision_parse(struct revision_name *out, struct str spec)
{
    size_t name_len = 0;
    *out = (struct revision_name){0};
    while (name_len < spec.len && spec.data[name_len] != '~' && spec.data[name_len] != '^')
        name_len++;
    out->name = str_slice(spec, 0, name_len);
    if (spec.len > REVISION_BYTES_MAX || !is_ref_name(out->name) || is_leftover(out->name) ||
        !parse_steps(out, str_slice(spec, name_len, spec.len)))
        return false;
    bool has_hex = is_hex(out->name);
    out->is_id = has_hex && out->name.len == ID_LEN;
    out->may_be_id = has_hex && out->name.len >= ID_LEN_MIN && out->name.len < ID_LEN;
    return true;
}

static const struct {
    const char *before;
    const char *behind;
} ref_forms[REVISION_REFS_MAX] = {
    {"refs/tags/", ""},
    {"refs/heads/", ""},
    {"refs/remotes/", ""},
    {"refs/remotes/", "/HEAD"},
};

size_t revision_refs(struct str out[REVISION_REFS_MAX], struct arena *arena, struct str name)
{
    if (str_equal(name, STR("HEAD")) || str_starts_with(name, STR("refs/"))) {
        out[0] = name;
        return 1;
    }
    for (size_t i = 0; i < REVISION_REFS_MAX; i++) {
        out[i] =
            str_format(arena, "%s%.*s%s", ref_forms[i].before, STR_ARGS(name), ref_forms[i].behind);
    }
    return REVISION_REFS_MAX;
}
