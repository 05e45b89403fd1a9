#include "gate/base/name.h"

#include "gate/base/buf.h"

enum { NAME_BYTES_MAX = 1 << 20 };

/* Bytes before the first type argument: brackets may hold whole import paths. */
static struct str name_plain(struct str function)
{
    ptrdiff_t bracket = str_find(function, '[');
    return bracket < 0 ? function : str_slice(function, 0, (size_t)bracket);
}

/* The package ends at the first dot behind the last slash: cmd/link escapes dots there. */
struct str name_package(struct str function)
{
    struct str plain = name_plain(function);
    size_t element = (size_t)(str_find_last(plain, '/') + 1);
    ptrdiff_t dot = str_find(str_slice(plain, element, plain.len), '.');
    if (dot < 0)
        return (struct str){"", 0};
    return str_slice(function, 0, element + (size_t)dot);
}

struct str name_local(struct str function)
{
    struct str package = name_package(function);
    return package.len == 0 ? function : str_slice(function, package.len + 1, function.len);
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

/* One byte of an import path as objabi.PathToPrefix escapes it: "%2e" is a dot. */
static char path_byte(struct str path, size_t *at)
{
    if (path.data[*at] == '%' && path.len - *at > 2) {
        int high = hex_value(path.data[*at + 1]);
        int low = hex_value(path.data[*at + 2]);
        if (high >= 0 && low >= 0) {
            *at += 3;
            return (char)(high * 16 + low);
        }
    }
    return path.data[(*at)++];
}

bool name_is_std(struct str function)
{
    struct str package = name_package(function);
    if (package.len == 0 || str_equal(package, STR("main")))
        return false;
    for (size_t at = 0; at < package.len;) {
        char byte = path_byte(package, &at);
        if (byte == '.')
            return false;
        if (byte == '/')
            break;
    }
    return true;
}

bool name_is_runtime(struct str function)
{
    return str_starts_with(function, STR("runtime.")) ||
           str_starts_with(function, STR("internal/runtime/"));
}

/* "type:.eq.main.key", "go:buildid"; with dots until Go 1.19: "type..eq.main.key", "go.buildid". */
static bool is_made_by_tools(struct str name, struct str package)
{
    return package.len == 0 || str_find(package, ':') >= 0 || str_equal(package, STR("go")) ||
           str_starts_with(name, STR("type.."));
}

bool name_is_toolchain(struct str function)
{
    struct str package = name_package(function);
    return is_made_by_tools(function, package) || str_equal(package, STR("runtime")) ||
           str_starts_with(package, STR("internal/")) ||
           str_starts_with(package, STR("runtime/internal/"));
}

/* What is left of the package behind the module path; false when the path is not its start. */
static bool package_below(struct str package, struct str module, struct str *rest)
{
    size_t at = 0;
    for (size_t i = 0; i < module.len; i++) {
        if (at >= package.len || path_byte(package, &at) != module.data[i])
            return false;
    }
    *rest = str_slice(package, at, package.len);
    return true;
}

bool name_is_user(struct str function, struct str module)
{
    struct str package = name_package(function);
    struct str rest = {0};
    if (str_equal(package, STR("main")))
        return true;
    if (module.len == 0 || !package_below(package, module, &rest))
        return false;
    /* "_test" is the external test package of the module's root directory. */
    return rest.len == 0 || rest.data[0] == '/' || str_equal(rest, STR("_test"));
}

/* Index behind the quoted string that begins at `at`: a struct tag, as strconv.Quote writes it. */
static size_t quotes_end(struct str text, size_t at)
{
    for (at++; at < text.len; at++) {
        if (text.data[at] == '"')
            return at + 1;
        at += text.data[at] == '\\';
    }
    return text.len;
}

/*
 * Index behind the bracket that closes the one at `at`; the end when none
 * does. Type arguments may be struct types with tags, and a tag may hold
 * brackets of its own.
 */
static size_t brackets_end(struct str text, size_t at)
{
    size_t depth = 0;
    while (at < text.len) {
        if (text.data[at] == '"') {
            at = quotes_end(text, at);
            continue;
        }
        depth += text.data[at] == '[';
        if (text.data[at++] == ']' && --depth == 0)
            return at;
    }
    return at;
}

/* Type arguments folded, escapes undone. */
static void name_write(struct buf *buf, struct str text)
{
    for (size_t at = 0; at < text.len;) {
        if (text.data[at] == '[') {
            at = brackets_end(text, at);
            buf_text(buf, "[...]");
        } else {
            buf_byte(buf, path_byte(text, &at));
        }
    }
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t digits_len(struct str text)
{
    size_t len = 0;
    while (len < text.len && is_digit(text.data[len]))
        len++;
    return len;
}

/*
 * "glob..func1" (until Go 1.21) and "init.func1" are the same closure of
 * a package variable; "init.0" counts the init functions of a package in
 * file order, so adding one renumbers the others.
 */
static struct str local_unnumbered(struct buf *buf, struct str local)
{
    const struct str glob = STR("glob..");
    const struct str init = STR("init.");
    if (str_starts_with(local, glob)) {
        buf_text(buf, "init.");
        return str_slice(local, glob.len, local.len);
    }
    if (!str_starts_with(local, init))
        return local;
    struct str number = str_slice(local, init.len, local.len);
    size_t digits = digits_len(number);
    if (digits == 0 || (digits < number.len && number.data[digits] != '.'))
        return local;
    buf_text(buf, "init");
    return str_slice(number, digits, number.len);
}

struct str name_normal(struct str function, struct arena *arena)
{
    struct str package = name_package(function);
    struct buf buf;
    buf_init(&buf, NAME_BYTES_MAX);
    if (package.len > 0) {
        name_write(&buf, package);
        buf_byte(&buf, '.');
    }
    name_write(&buf, local_unnumbered(&buf, name_local(function)));
    return buf_take(&buf, arena);
}

struct str name_local_normal(struct str function, struct arena *arena)
{
    struct buf buf;
    buf_init(&buf, NAME_BYTES_MAX);
    name_write(&buf, local_unnumbered(&buf, name_local(function)));
    return buf_take(&buf, arena);
}

/* True at ".func1", "-range1", ".gowrap1", ".deferwrap1", ".1" behind a closure: what the compiler numbers. */
static size_t closure_suffix(struct str rest)
{
    static const struct str marks[] = {
        STR_INIT(".func"),      STR_INIT("-range"), STR_INIT(".gowrap"),
        STR_INIT(".deferwrap"), STR_INIT("."),
    };
    if (rest.data[0] != '.' && rest.data[0] != '-')
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        size_t at = marks[i].len;
        if (!str_starts_with(rest, marks[i]))
            continue;
        at += digits_len(str_slice(rest, at, rest.len));
        bool ends = at == rest.len || rest.data[at] == '.' || rest.data[at] == '-';
        if (at > marks[i].len && ends)
            return at;
    }
    return 0;
}

/*
 * Offset where a run of closure suffixes that reaches the end begins, or
 * the length. No suffix begins inside another, so behind a run that breaks
 * off the search goes on where it broke: names may be long and hostile.
 */
static size_t closure_start(struct str name)
{
    /* Every suffix ends with its number. */
    if (name.len == 0 || !is_digit(name.data[name.len - 1]))
        return name.len;
    for (size_t from = 0, at = 0; from<name.len; from = at> from ? at : from + 1) {
        size_t step = 0;
        at = from;
        /* A bare ".1" numbers closures only behind ".func"; "init.0" is numbered alike. */
        while (at < name.len && (step = closure_suffix(str_slice(name, at, name.len))) > 0)
            at += step;
        if (at == name.len && at > from)
            return from;
    }
    return name.len;
}

/* True for what name_local_normal leaves as it is. */
static bool local_is_normal(struct str local)
{
    return str_find(local, '[') < 0 && str_find(local, '%') < 0 &&
           !str_starts_with(local, STR("glob..")) && !str_starts_with(local, STR("init."));
}

bool name_is_key(struct str function)
{
    struct str plain = name_local(function);
    return local_is_normal(plain) && closure_start(plain) == plain.len;
}

struct str name_key(struct str function, struct arena *arena)
{
    /* Most names, and writing them anew takes longer than looking at them. */
    if (name_is_key(function))
        return str_copy(arena, function);
    struct str package = name_package(function);
    struct str local = name_local_normal(function, arena);
    size_t from = closure_start(local);
    const char *dot = package.len > 0 ? "." : "";
    const char *closure = from < local.len ? ".func" : "";
    return str_format(arena, "%.*s%s%.*s%s", STR_ARGS(package), dot, (int)from, local.data,
                      closure);
}

struct str name_path(struct str package, struct arena *arena)
{
    struct buf buf;
    buf_init(&buf, NAME_BYTES_MAX);
    for (size_t at = 0; at < package.len;)
        buf_byte(&buf, path_byte(package, &at));
    return buf_take(&buf, arena);
}

struct str name_short(struct str function, struct arena *arena)
{
    struct str package = name_package(function);
    struct buf buf;
    buf_init(&buf, NAME_BYTES_MAX);
    name_write(&buf, str_slice(function, (size_t)(str_find_last(package, '/') + 1), function.len));
    return buf_take(&buf, arena);
}
