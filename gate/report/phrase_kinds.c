#include "gate/report/phrase.h"

static double candidate_bytes(const struct comparison *comparison)
{
    double total = 0;
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++)
        total += comparison->kinds[kind].bytes[SIDE_CAND];
    return total;
}

/* Appends ", NAME SHARE %". */
static struct str with_share(struct arena *arena, struct str text, const char *name, double share)
{
    struct str percent_text = phrase_share(arena, share);
    return str_format(arena, "%.*s%s%s %.*s", STR_ARGS(text), text.len ? ", " : "", name,
                      STR_ARGS(percent_text));
}

struct str phrase_kinds(struct arena *arena, const struct comparison *comparison)
{
    double total = candidate_bytes(comparison);
    struct str out = {"", 0};
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
        double bytes = comparison->kinds[kind].bytes[SIDE_CAND];
        if (bytes > 0)
            out = with_share(arena, out, alloc_kind_name((enum alloc_kind)kind), bytes / total);
    }
    return out;
}

struct str phrase_told_by(struct arena *arena, const struct comparison *comparison)
{
    static const enum alloc_how order[] = {ALLOC_HOW_CALL, ALLOC_HOW_CHAIN, ALLOC_HOW_NAME,
                                           ALLOC_HOW_UNKNOWN};
    double total = candidate_bytes(comparison);
    struct str out = {"", 0};
    for (size_t i = 0; i < ARRAY_LEN(order) && total > 0; i++) {
        double share = comparison->how_bytes[order[i]][SIDE_CAND] / total;
        if (share > 0 || order[i] == ALLOC_HOW_UNKNOWN)
            out = with_share(arena, out, alloc_how_name(order[i]), share);
    }
    return out;
}
