#ifndef GATE_STATS_WAITS_H
#define GATE_STATS_WAITS_H

#include "gate/stats/estimate.h"

/*
 * How far the candidate is from the baseline in values >= 0 that spread
 * in proportion to themselves and may be 0, such as time spent waiting
 * for locks: a change can multiply them by thousands. Welch's t on their
 * logarithms; where a process waited for nothing there is none, and the
 * difference has the interval that follows from the sides' own ones
 * (Newcombe's square-and-add, as in share.h), each of the logarithms where
 * that side has them: waits that are new then are found at all.
 *
 * Which of the two says nothing about what comes out, so it costs no level.
 * Of 40,000 simulated pairs each, lognormal, standard deviation of the
 * logarithm 0.1 to 2, equal on both sides or twice as large on the
 * candidate's, all at the limit of +30 %: called broken by 3, 5 and 8
 * processes a side where 0.2, 0.3 and 0.5 % are meant, by the logarithms
 * 0.08-0.16, 0.19-0.34 and 0.38-0.60 %. Found of 30 times the value, with a
 * standard deviation of 1, by the logarithms 12, 78 and 100 %, by the sides'
 * own intervals 1, 31 and 100 %, by Welch's t on the values 2, 5 and 33 %; of
 * waits that are new, by the own intervals 3, 56 and 100 %, by the values 1,
 * 6 and 40 %. Nearer bounds of two ways at once found no more but for a
 * baseline that is anywhere near 0: by 5 processes 93 % for 49, by 8 99 for
 * 98. Where 3 of 10 processes wait for nothing by chance, three that wait
 * against three that do not look new: 0.8 % of pairs of 3, 0.1 and 0.2 % of 5
 * and 8.
 */
struct estimate estimate_of_waits(struct samples base, struct samples cand);

#endif
