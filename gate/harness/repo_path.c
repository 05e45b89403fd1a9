#include "gate/harness/repo_path.h"

#include "gate/base/buf.h"

/* Longest name that a file system of Linux takes. */
enum { PATH_PART_BYTES_MAX = 255 };

/* UTF-8 of what HFS+ leaves out when it compares names: ranges of the last of three bytes. */
static const struct {
    unsigned char first, second, low, high;
} ignored_by_hfs[] = {
    {0xe2, 0x80, 0x8c, 0x8f}, /* U+200C to U+200F */
    {0xe2, 0x80, 0xaa, 0xae}, /* U+202A to U+202E */
    {0xe2, 0x81, 0xaa, 0xaf}, /* U+206A to U+206F */
    {0xef, 0xbb, 0xbf, 0xbf}, /* U+FEFF */
};

static bool is_ignored_by_hfs(const unsigned char *at)
{
    for (size_t i = 0; i < ARRAY_LEN(ignored_by_hfs); i++) {
        if (at[0] == ignored_by_hfs[i].first && at[1] == ignored_by_hfs[i].second &&
            at[2] >= ignored_by_hfs[i].low && at[2] <= ignored_by_hfs[i].high)
            return true;
    }
    return false;
}

/* The name as the laxest file system compares it. */
static struct str fold_name(char folded[PATH_PART_BYTES_MAX], struct str part)
{
    size_t len = 0;
    for (size_t i = 0; i < part.len; i++) {
        const unsigned char *at = (const unsigned char *)part.data + i;
        if (*at == ':')
            break;
        if (part.len - i >= 3 && is_ignored_by_hfs(at)) {
            i += 2;
            continue;
        }
        folded[len++] = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
    }
    while (len > 0 && (folded[len - 1] == ' ' || folded[len - 1] == '.'))
        len--;
    return (struct str){folded, len};
}

static bool is_plain(struct str part)
{
    for (size_t i = 0; i < part.len; i++) {
        unsigned char byte = (unsigned char)part.data[i];
        if (byte < ' ' || byte == 0x7f || byte == '\\' || byte == '/')
            return false;
    }
    return true;
}

bool path_part_is_safe(struct str part)
{
    char folded[PATH_PART_BYTES_MAX];
    if (part.len == 0 || part.len > PATH_PART_BYTES_MAX || !is_plain(part) ||
        str_equal(part, STR(".")) || str_equal(part, STR("..")))
        return false;
    struct str name = fold_name(folded, part);
    return !str_equal(name, STR(".git")) && !str_equal(name, STR("git~1"));
}

bool path_is_safe(struct str path)
{
    struct str part;
    if (path.len == 0)
        return false;
    while (str_split(&path, '/', &part)) {
        if (!path_part_is_safe(part))
            return false;
    }
    return true;
}

struct str path_without_dots(struct arena *arena, struct str path)
{
    struct str rest = path;
    struct str part;
    char *clean = arena_alloc(arena, path.len + 1, 1);
    size_t len = 0;
    while (str_split(&rest, '/', &part)) {
        if (str_equal(part, STR(".")))
            continue;
        if (part.len > 0)
            memcpy(clean + len, part.data, part.len);
        len += part.len;
        if (rest.data)
            clean[len++] = '/';
    }
    return (struct str){clean, len};
}

size_t path_depth(struct str path)
{
    size_t depth = path.len > 0;
    for (size_t i = 0; i < path.len; i++)
        depth += path.data[i] == '/';
    return depth;
}

bool path_link_stays(struct str dir, struct str target)
{
    struct str part;
    size_t up = 0;
    bool is_down = false;
    if (target.len == 0 || target.data[0] == '/' || str_find(target, '\0') >= 0)
        return false;
    while (str_split(&target, '/', &part)) {
        if (part.len == 0 || str_equal(part, STR(".")))
            continue;
        bool is_up = str_equal(part, STR(".."));
        if (is_up && is_down)
            return false;
        up += is_up;
        is_down = is_down || !is_up;
    }
    return up <= path_depth(dir);
}
