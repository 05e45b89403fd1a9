#include "gate/report/phrase.h"

bool phrase_shows_tie(const struct judged_scenario *scenario, const struct finding *finding)
{
    return finding->row->metric == METRIC_P99 && scenario->comparison->has_tie;
}

static void write_overlap(struct buf *out, const struct overlap *overlap, const char *what)
{
    double share = overlap_share(overlap);
    double chance = overlap_by_chance(overlap);
    unit_write_percent(out, share, false);
    buf_printf(out, " %s (by chance ", what);
    unit_write_percent(out, chance, false);
    bool is_more = share > chance && overlap_p(overlap) <= TIE_P_MAX;
    buf_printf(out, "%s)", is_more ? ": tied to it" : "");
}

struct str phrase_tie(struct arena *arena, const struct comparison *comparison, enum side side)
{
    const struct tie_side *tie = &comparison->tie[side];
    struct buf out;
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    buf_printf(&out, "of the %s's slowest %llu requests ", side_name(side),
               (unsigned long long)tie->cycles.events);
    if (tie->cycle_count + tie->lost_count == 0) {
        buf_text(&out, "none overlaps a collection: none ran");
        return buf_take(&out, arena);
    }
    write_overlap(&out, &tie->cycles, "overlap a collection");
    buf_text(&out, ", ");
    write_overlap(&out, &tie->stops, "one of its stops");
    unsigned long long lost = tie->lost_count;
    if (lost > 0) {
        unsigned long long all = lost + tie->cycle_count;
        buf_printf(&out, "; %llu of %llu collections are not counted, their lines were torn", lost,
                   all);
    }
    return buf_take(&out, arena);
}
