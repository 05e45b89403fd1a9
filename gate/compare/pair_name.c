#include "gate/compare/pair_name.h"

#include "gate/base/buf.h"
#include "gate/compare/pair.h"
#include "gate/fold/fold.h"

enum { NAME_BYTES_MAX = 1 << 20 };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Pair keys fold type arguments to "[...]", so nothing nests. */
static struct str without_brackets(struct arena *arena, struct str text)
{
    const struct str folded = STR("[...]");
    struct buf buf;
    buf_init(&buf, NAME_BYTES_MAX);
    for (size_t at = 0; at < text.len;) {
        if (str_starts_with(str_slice(text, at, text.len), folded)) {
            at += folded.len;
        } else {
            buf_byte(&buf, text.data[at++]);
        }
    }
    return buf_take(&buf, arena);
}

/* "(*T).M" and "T.M" are a method; "F.func" is the closures of a function, "init.func" too. */
static void split_receiver(struct name_parts *out, struct str local)
{
    const struct str pointer = STR("(*");
    const struct str closure = STR(".func");
    ptrdiff_t dot = str_find(local, '.');
    out->name = local;
    if (str_starts_with(local, pointer)) {
        ptrdiff_t close = str_find(local, ')');
        if (close < 0 || (size_t)close + 1 >= local.len || local.data[close + 1] != '.')
            return;
        out->receiver = str_slice(local, pointer.len, (size_t)close);
        out->name = str_slice(local, (size_t)close + 2, local.len);
        return;
    }
    if (dot <= 0 || str_equal(str_slice(local, (size_t)dot, local.len), closure))
        return;
    out->receiver = str_slice(local, 0, (size_t)dot);
    out->name = str_slice(local, (size_t)dot + 1, local.len);
}

struct name_parts name_parts_of(struct arena *arena, struct str key)
{
    struct str plain = without_brackets(arena, key);
    struct name_parts out = {.package = name_package(plain)};
    split_receiver(&out, name_local(plain));
    return out;
}

/* "v2", "v10": the element that a major version adds to a module's path. */
static bool is_version(struct str text)
{
    bool digits = text.len > 1 && text.data[0] == 'v';
    for (size_t i = 1; i < text.len; i++)
        digits = digits && is_digit(text.data[i]);
    return digits;
}

/* "yaml.v3" -> "yaml", as gopkg.in spells versions. */
static struct str element_plain(struct str element)
{
    ptrdiff_t dot = str_find_last(element, '.');
    if (dot > 0 && is_version(str_slice(element, (size_t)dot + 1, element.len)))
        return str_slice(element, 0, (size_t)dot);
    return element;
}

static bool is_below(struct str package, struct str module)
{
    return module.len > 0 && str_starts_with(package, module) &&
           (package.len == module.len || package.data[module.len] == '/' ||
            str_equal(str_slice(package, module.len, package.len), STR("_test")));
}

struct str name_package_plain(struct arena *arena, struct str package, struct str module)
{
    struct buf buf;
    struct str element = {0};
    struct str path = name_path(package, arena);
    struct str rest = path;
    buf_init(&buf, NAME_BYTES_MAX);
    if (is_below(path, module)) {
        buf_byte(&buf, '$');
        rest = str_slice(path, module.len, path.len);
        /* The external test package of the module's root is "_test" of it, not below it. */
        if (rest.len > 0 && rest.data[0] != '/')
            rest = (struct str){"", 0};
    }
    while (str_split(&rest, '/', &element)) {
        /* The start of a path is never a version, and a lone "v2" is a package's name. */
        if (buf.len > 0 && is_version(element))
            continue;
        if (buf.len > 0 && element.len > 0)
            buf_byte(&buf, '/');
        buf_str(&buf, element_plain(element));
    }
    return buf_take(&buf, arena);
}

struct str name_last_element(struct str package)
{
    return str_slice(package, (size_t)(str_find_last(package, '/') + 1), package.len);
}

struct str name_module_file(struct str file, struct str module)
{
    size_t len = module.len;
    if (len > 0 && str_starts_with(file, module) && file.len > len && file.data[len] == '/')
        return str_slice(file, len + 1, file.len);
    /* -trimpath spells the files of a package main at the module's root "./main.go". */
    if (str_starts_with(file, STR("./")))
        return str_slice(file, 2, file.len);
    return (struct str){"", 0};
}
