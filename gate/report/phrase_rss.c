#include "gate/report/phrase.h"

/* Growth of less than this is not worth a sentence. */
#define GROWTH_SHARE_SAID 0.02

/* The live heap is beside the point when it grew by less than this share of the whole growth. */
#define LEAK_SHARE_MAX 0.10

bool phrase_shows_rss(const struct judged_scenario *scenario)
{
    for (size_t i = 0; i < scenario->finding_count; i++) {
        enum metric metric = scenario->findings[i].row->metric;
        if (metric == METRIC_RSS_P95 || metric == METRIC_RSS_MAX)
            return scenario->comparison->has_rss;
    }
    return false;
}

struct str phrase_rss(struct arena *arena, const struct comparison *comparison, enum side side)
{
    const struct rss_side *rss = &comparison->rss[side];
    struct buf out;
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    unit_write(&out, UNIT_BYTES, rss->total, false);
    buf_text(&out, " at end:");
    for (size_t i = 0; i < RSS_PARTS; i++) {
        buf_printf(&out, "%s %s ", i > 0 ? "," : "", rss_part_name((enum rss_part)i));
        unit_write(&out, UNIT_BYTES, rss->parts[i], false);
    }
    return buf_take(&out, arena);
}

static double grown(const struct comparison *comparison, enum rss_part part)
{
    return comparison->rss[SIDE_CAND].parts[part] - comparison->rss[SIDE_BASE].parts[part];
}

static enum rss_part largest(const struct comparison *comparison)
{
    enum rss_part out = RSS_LIVE;
    for (enum rss_part part = 0; part < RSS_PARTS; part++)
        out = grown(comparison, part) > grown(comparison, out) ? part : out;
    return out;
}

static void write_cycles(struct buf *out, const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->metric != METRIC_GC_CYCLES)
            continue;
        buf_text(out, ", with ");
        unit_write(out, UNIT_COUNT, row->estimate.base, false);
        buf_text(out, " -> ");
        unit_write(out, UNIT_COUNT, row->estimate.cand, false);
        buf_text(out, " collections per 1000 requests");
    }
}

struct str phrase_rss_growth(struct arena *arena, const struct comparison *comparison)
{
    const struct rss_side *rss = comparison->rss;
    double growth = rss[SIDE_CAND].total - rss[SIDE_BASE].total;
    enum rss_part part = largest(comparison);
    struct buf out;
    if (growth <= GROWTH_SHARE_SAID * rss[SIDE_BASE].total)
        return STR("");
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    buf_text(&out, "grew by ");
    unit_write(&out, UNIT_BYTES, growth, false);
    buf_printf(&out, ", most of it %s (", rss_part_name(part));
    unit_write(&out, UNIT_BYTES, grown(comparison, part), true);
    buf_byte(&out, ')');
    if (part == RSS_HEADROOM && grown(comparison, RSS_LIVE) < LEAK_SHARE_MAX * growth) {
        write_cycles(&out, comparison);
        buf_text(&out, ": room for garbage, not a leak (live heap ");
        unit_write(&out, UNIT_BYTES, grown(comparison, RSS_LIVE), true);
        buf_byte(&out, ')');
    }
    return buf_take(&out, arena);
}
