#include "gate/base/glob.h"

static bool is_wildcard(struct str pattern, size_t at)
{
    return pattern.data[at] == '*' && !(at > 0 && pattern.data[at - 1] == '(');
}

/* Greedy with one point of return: the last star. At most pattern.len * text.len steps. */
static bool match_stars(struct str pattern, struct str text)
{
    size_t p = 0;
    size_t t = 0;
    size_t star = SIZE_MAX;
    size_t star_text = 0;
    while (t < text.len) {
        if (p < pattern.len && is_wildcard(pattern, p)) {
            star = p++;
            star_text = t;
        } else if (p < pattern.len && pattern.data[p] == text.data[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && is_wildcard(pattern, p))
        p++;
    return p == pattern.len;
}

bool glob_match(struct str pattern, struct str text)
{
    struct str below = STR("/...");
    if (!str_ends_with(pattern, below))
        return match_stars(pattern, text);
    struct str package = str_slice(pattern, 0, pattern.len - below.len);
    if (match_stars(package, text))
        return true;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '/' && match_stars(package, str_slice(text, 0, i)))
            return true;
    }
    return false;
}

bool glob_is_pattern(struct str selector)
{
    for (size_t i = 0; i < selector.len; i++) {
        if (is_wildcard(selector, i))
            return true;
    }
    return str_ends_with(selector, STR("/..."));
}
