#include "gate/harness/plant.h"

#include "gate/base/buf.h"
#include "gate/base/io.h"
#include "gate/base/name.h"

enum { SOURCE_BYTES_MAX = 16 * 1024 * 1024 };

/* Just enough of Go's lexical grammar to see past comments and literals: https://go.dev/ref/spec. */
struct scan {
    struct str text;
    size_t at;
};

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || (unsigned char)byte >= 0x80;
}

static char byte_at(const struct scan *scan, size_t at)
{
    if (at >= scan->text.len)
        return 0;
    return scan->text.data[at];
}

/* Moves behind the next `end`, or to the end of the text. */
static void skip_to(struct scan *scan, struct str end)
{
    while (scan->at < scan->text.len &&
           !str_starts_with(str_slice(scan->text, scan->at, scan->text.len), end))
        scan->at++;
    scan->at = scan->at + end.len < scan->text.len ? scan->at + end.len : scan->text.len;
}

/* A string or rune; a backslash takes the next byte's meaning, but not in raw strings. */
static void skip_literal(struct scan *scan, char quote)
{
    scan->at++;
    while (scan->at < scan->text.len && byte_at(scan, scan->at) != quote)
        scan->at += byte_at(scan, scan->at) == '\\' && quote != '`' ? 2 : 1;
    scan->at = scan->at + 1 < scan->text.len ? scan->at + 1 : scan->text.len;
}

/* True when something that is no code was skipped. */
static bool skip_dead(struct scan *scan)
{
    struct str rest = str_slice(scan->text, scan->at, scan->text.len);
    char first = byte_at(scan, scan->at);
    if (str_starts_with(rest, STR("//"))) {
        skip_to(scan, STR("\n"));
        return true;
    }
    if (str_starts_with(rest, STR("/*"))) {
        scan->at += 2;
        skip_to(scan, STR("*/"));
        return true;
    }
    if (first == '"' || first == '\'' || first == '`') {
        skip_literal(scan, first);
        return true;
    }
    return false;
}

/*
 * The next name, whole, or byte of an operator, with blanks, comments and
 * literals left out; empty at the end.
 */
static struct str next_token(struct scan *scan)
{
    while (scan->at < scan->text.len) {
        char byte = byte_at(scan, scan->at);
        if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
            scan->at++;
            continue;
        }
        if (!skip_dead(scan))
            break;
    }
    size_t from = scan->at;
    while (is_name_byte(byte_at(scan, scan->at)))
        scan->at++;
    if (scan->at == from && scan->at < scan->text.len)
        scan->at++;
    return str_slice(scan->text, from, scan->at);
}

static int depth_of(struct str token)
{
    static const char opening[] = "([{";
    static const char closing[] = ")]}";
    if (token.len != 1)
        return 0;
    for (size_t i = 0; i < sizeof(opening) - 1; i++) {
        if (token.data[0] == opening[i])
            return 1;
        if (token.data[0] == closing[i])
            return -1;
    }
    return 0;
}

/* From behind an opening bracket to behind the one that closes it. */
static void skip_group(struct scan *scan)
{
    int depth = 1;
    while (depth > 0) {
        struct str token = next_token(scan);
        if (token.len == 0)
            return;
        depth += depth_of(token);
    }
}

/* What a function is called behind its package: "(*Book).Price", "Price". */
struct declared {
    struct str receiver; /* name of the type; empty: none */
    bool is_pointer;
    struct str name;
};

static bool is_name(struct str token)
{
    return token.len > 0 && is_name_byte(token.data[0]);
}

/*
 * "(b *Book[T])", from behind the parenthesis: the type is the name before
 * a bracket or the end, the first one may be the variable's.
 */
static void read_receiver(struct declared *out, struct scan *scan)
{
    struct str token = next_token(scan);
    while (token.len > 0 && !str_equal(token, STR(")"))) {
        if (is_name(token))
            out->receiver = token;
        out->is_pointer = out->is_pointer || str_equal(token, STR("*"));
        if (str_equal(token, STR("[")))
            skip_group(scan);
        token = next_token(scan);
    }
}

/* From behind "func" at the top level to behind its name. */
static void read_declared(struct declared *out, struct scan *scan)
{
    struct str token = next_token(scan);
    *out = (struct declared){0};
    if (str_equal(token, STR("("))) {
        read_receiver(out, scan);
        token = next_token(scan);
    }
    if (is_name(token))
        out->name = token;
}

/*
 * From behind the name, or behind the "func" of a literal, to behind the
 * brace that opens the body: past type parameters, parameters and
 * results, in which `struct` and `interface` have braces of their own. A
 * body begins on the line that the signature ends on; what ends before
 * that is a type, or has its body in assembly.
 */
static bool find_body(struct scan *scan)
{
    static const char ends[] = ",;=)]}:";
    bool is_type = false;
    for (;;) {
        struct scan next = *scan;
        struct str token = next_token(&next);
        bool is_new_line = str_find(str_slice(scan->text, scan->at, next.at), '\n') >= 0;
        if (token.len == 0 || is_new_line || (token.len == 1 && strchr(ends, token.data[0])))
            return false;
        *scan = next;
        if (str_equal(token, STR("{")) && !is_type)
            return true;
        if (depth_of(token) > 0)
            skip_group(scan);
        is_type = str_equal(token, STR("struct")) || str_equal(token, STR("interface"));
    }
}

/* Generic types lose their arguments, as their receivers do here. */
static struct str spelling(struct arena *arena, const struct declared *declared)
{
    if (declared->receiver.len == 0)
        return declared->name;
    return str_format(arena, declared->is_pointer ? "(*%.*s).%.*s" : "%.*s.%.*s",
                      STR_ARGS(declared->receiver), STR_ARGS(declared->name));
}

/* "(*Set[...]).Add" is "(*Set).Add". */
static struct str wanted_spelling(struct arena *arena, struct str func)
{
    struct buf buf;
    struct str local = name_local(func);
    int depth = 0;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    for (size_t i = 0; i < local.len; i++) {
        depth += local.data[i] == '[';
        if (depth == 0)
            buf_byte(&buf, local.data[i]);
        depth -= local.data[i] == ']';
    }
    struct str out = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return out;
}

/* Offset behind the brace of the function's body; 0 when it is not there. */
static size_t find_function(struct str source, struct str wanted, struct arena *arena)
{
    struct scan scan = {source, 0};
    struct str token = next_token(&scan);
    while (token.len > 0) {
        struct declared declared;
        if (depth_of(token) > 0)
            skip_group(&scan);
        if (str_equal(token, STR("func"))) {
            read_declared(&declared, &scan);
            bool has_body = find_body(&scan);
            if (has_body && str_equal(spelling(arena, &declared), wanted))
                return scan.at;
            if (has_body)
                skip_group(&scan);
        }
        token = next_token(&scan);
    }
    return 0;
}

static bool is_closure(struct arena *arena, struct str func)
{
    return str_ends_with(name_key(func, arena), STR(".func"));
}

static int64_t line_at(struct str source, size_t at)
{
    int64_t line = 1;
    for (size_t i = 0; i < at && i < source.len; i++)
        line += source.data[i] == '\n';
    return line;
}

/* True when the body that begins at `at` holds the line. */
static bool holds_line(struct str source, size_t at, int64_t line)
{
    struct scan scan = {source, at};
    skip_group(&scan);
    return line_at(source, at) <= line && line_at(source, scan.at) >= line;
}

/* The innermost function literal that holds the line: inner ones come later. 0: there is none. */
static size_t find_literal(struct str source, int64_t line)
{
    struct scan scan = {source, 0};
    struct str before = STR("");
    struct str token = next_token(&scan);
    size_t found = 0;
    int depth = 0;
    while (token.len > 0) {
        depth += depth_of(token);
        /* []func(){f} is a list of functions, not a function. */
        bool is_literal =
            str_equal(token, STR("func")) && depth > 0 && !str_equal(before, STR("]"));
        struct scan body = scan;
        if (is_literal && find_body(&body) && holds_line(source, body.at, line))
            found = body.at;
        before = token;
        token = next_token(&scan);
    }
    return found;
}

static size_t find_place(struct str source, const struct plant *plant, struct arena *arena)
{
    if (is_closure(arena, plant->func))
        return find_literal(source, plant->line);
    return find_function(source, wanted_spelling(arena, plant->func), arena);
}

/* The variable is the package's, so that each object of the loop goes to the heap. */
static void write_statement(struct buf *out, const struct plant *plant)
{
    if (plant->objects > 1)
        buf_printf(out, " for i := 0; i < %llu; i++ {", (unsigned long long)plant->objects);
    buf_printf(out, " " PLANT_VARIABLE " = make([]byte, %llu)", (unsigned long long)plant->bytes);
    buf_text(out, plant->objects > 1 ? " }; " : "; ");
}

enum status plant_source(struct str *out, struct arena *arena, struct str source,
                         const struct plant *plant, struct err *err)
{
    struct buf buf;
    if (str_contains(source, STR(PLANT_VARIABLE)))
        return err_set(err, STATUS_INVALID, "has a " PLANT_VARIABLE " already");
    size_t at = find_place(source, plant, arena);
    if (at == 0) {
        return err_set(err, STATUS_NOT_FOUND, "has no function %.*s",
                       STR_ARGS(name_local(plant->func)));
    }
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    buf_str(&buf, str_slice(source, 0, at));
    write_statement(&buf, plant);
    buf_str(&buf, str_slice(source, at, source.len));
    buf_text(&buf, "\nvar " PLANT_VARIABLE " []byte\n");
    *out = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return STATUS_OK;
}

/* The directory with the go.mod that dir belongs to; empty when there is none. */
static struct str module_root(struct arena *arena, struct str dir, struct str top)
{
    while (dir.len >= top.len && str_starts_with(dir, top)) {
        if (io_is_file(io_join(arena, dir, STR("go.mod"))))
            return dir;
        ptrdiff_t slash = str_find_last(dir, '/');
        dir = str_slice(dir, 0, slash < 0 ? 0 : (size_t)slash);
    }
    return (struct str){"", 0};
}

enum status plant_tree(struct arena *arena, struct str dir, struct str top,
                       const struct plant *plant, struct err *err)
{
    struct bytes source = {0};
    struct str planted = {0};
    struct str root = module_root(arena, dir, top);
    if (root.len == 0)
        return err_set(err, STATUS_NOT_FOUND, "no go.mod above the program's package");
    struct str path = io_join(arena, root, plant->file);
    if (str_starts_with(plant->file, STR("/")) || str_contains(plant->file, STR(".."))) {
        return err_set(err, STATUS_NOT_FOUND, "%.*s is no file of the module",
                       STR_ARGS(plant->file));
    }
    if (io_read_own_file(&source, arena, path, SOURCE_BYTES_MAX, err))
        return err->status;
    if (plant_source(&planted, arena, str_of_bytes(source), plant, err))
        return err_wrap(err, "%.*s", STR_ARGS(plant->file));
    return io_write_file(path, bytes_of_str(planted), err);
}
