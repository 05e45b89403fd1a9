#include "gate/stats/looks.h"

#include <math.h>

static void add_look(struct looks *looks, uint32_t trials)
{
    if (looks->len == 0 || trials > looks->trials[looks->len - 1])
        looks->trials[looks->len++] = trials;
}

struct looks looks_plan(uint32_t planned, uint32_t most)
{
    static const double spent[LOOKS_MAX] = {0.002, 0.003, 0.005};
    struct looks out = {.len = 0};
    double middle = round(sqrt((double)planned * (double)most));
    double left = LOOKS_ALPHA;
    add_look(&out, planned);
    if (most > planned) {
        add_look(&out, (uint32_t)middle < most ? (uint32_t)middle : most);
        add_look(&out, most);
    }
    for (size_t i = 0; i + 1 < out.len; i++) {
        out.alpha[i] = spent[i];
        left -= spent[i];
    }
    out.alpha[out.len - 1] = left;
    return out;
}

static size_t look_at(const struct looks *looks, size_t count)
{
    size_t i = 0;
    while (i + 1 < looks->len && count > looks->trials[i])
        i++;
    return i;
}

double looks_alpha(const struct looks *looks, size_t count)
{
    return looks->alpha[look_at(looks, count)];
}

size_t looks_number(const struct looks *looks, size_t count)
{
    return look_at(looks, count) + 1;
}

size_t looks_next(const struct looks *looks, size_t count)
{
    for (size_t i = 0; i < looks->len; i++) {
        if (looks->trials[i] > count)
            return looks->trials[i];
    }
    return count;
}
