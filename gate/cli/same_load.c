#include "gate/cli/same_load.h"

#include "gate/compare/validity.h"

void recorded_policies_read(struct recorded_policies *out, struct arena *arena,
                            const struct recording *base, const struct recording *cand)
{
    const struct recording *const recordings[SIDES] = {base, cand};
    *out = (struct recorded_policies){0};
    for (enum side side = 0; side < SIDES; side++) {
        const struct recording *recording = recordings[side];
        struct err err;
        if (recording->policy_text.len == 0)
            continue;
        if (policy_parse(&out->policies[side], arena, recording->policy_name,
                         bytes_of_str(recording->policy_text), &err)) {
            out->problem =
                str_format(arena, "policy in the %s's recording: %s", side_name(side), err.text);
            return;
        }
        out->is_known[side] = true;
    }
}

static void check_policies(struct comparison *comparison, struct arena *arena,
                           const struct recorded_policies *recorded, struct str name)
{
    const struct scenario *sides[SIDES];
    for (enum side side = 0; side < SIDES; side++)
        sides[side] = policy_scenario(&recorded->policies[side], name);
    if (!sides[SIDE_BASE] || !sides[SIDE_CAND]) {
        if (sides[SIDE_BASE] != sides[SIDE_CAND]) {
            comparison_invalid(comparison, arena,
                               "the policies in the two recordings do not both have this scenario");
        }
        return;
    }
    const char *key = scenario_other_load(arena, sides[SIDE_BASE], sides[SIDE_CAND]);
    if (key) {
        comparison_invalid(comparison, arena,
                           "%s differs between the policies that the two were recorded by, so they "
                           "were not under the same load; record both by one policy "
                           "(--policy-from)",
                           key);
    }
}

void same_load_check(struct comparison *comparison, struct arena *arena,
                     const struct recorded_policies *recorded, const struct record_scenario *base,
                     const struct record_scenario *cand)
{
    if (recorded->problem.len) {
        comparison_invalid(comparison, arena, "whether the loads were alike is not known: %.*s",
                           STR_ARGS(recorded->problem));
    } else if (recorded->is_known[SIDE_BASE] && recorded->is_known[SIDE_CAND]) {
        check_policies(comparison, arena, recorded, base->name);
    }
    bool is_known = base->requests_sha256.len > 0 && cand->requests_sha256.len > 0;
    if (is_known && !str_equal(base->requests_sha256, cand->requests_sha256)) {
        comparison_invalid(comparison, arena,
                           "the request file, or a body file of it, differs between the two "
                           "recordings (SHA-256 %.12s, %.12s), so they were not under the same "
                           "load; record both with one",
                           base->requests_sha256.data, cand->requests_sha256.data);
    }
    if (!is_known && !base->is_gotest) {
        comparison_note(comparison, arena,
                        "whether both were recorded with the same request file is not known");
    }
}
