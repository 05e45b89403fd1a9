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

static bool has_tool(const struct record_scenario *record)
{
    return record->trial_count[SIDE_CAND][PHASE_EXACT] > 0 &&
           record->trials[SIDE_CAND][PHASE_EXACT][0].tool;
}

/* Of one command for both (check_policies): its arguments name the files that it reads, if any. */
static struct str command_of(struct arena *arena, const struct recorded_policies *recorded,
                             struct str name)
{
    bool is_known = recorded->is_known[SIDE_BASE] && recorded->is_known[SIDE_CAND];
    const struct scenario *scenario =
        is_known ? policy_scenario(&recorded->policies[SIDE_BASE], name) : NULL;
    struct str out = STR("");
    for (size_t i = 0; scenario && i < scenario->load.command.len; i++) {
        out = str_format(arena, "%.*s%s%.*s", STR_ARGS(out),
                         i ? " " : "; its command is: ", STR_ARGS(scenario->load.command.items[i]));
    }
    return str_printable(arena, out);
}

/* What memgate sends itself is of a file that it hashed; what a tool reads is the tool's own matter. */
static void check_requests(struct comparison *comparison, struct arena *arena,
                           const struct recorded_policies *recorded,
                           const struct record_scenario *base, const struct record_scenario *cand)
{
    bool is_known = base->requests_sha256.len > 0 && cand->requests_sha256.len > 0;
    if (is_known && !str_equal(base->requests_sha256, cand->requests_sha256)) {
        comparison_invalid(comparison, arena,
                           "the request file, or a body file of it, differs between the two "
                           "recordings (SHA-256 %.12s, %.12s), so they were not under the same "
                           "load; record both with one",
                           base->requests_sha256.data, cand->requests_sha256.data);
    } else if (has_tool(base) && has_tool(cand)) {
        comparison_note(comparison, arena,
                        "files that the load tool reads are not compared: whether they were the "
                        "same for both recordings is not known%.*s",
                        STR_ARGS(command_of(arena, recorded, base->name)));
    } else if (!is_known && !base->is_gotest) {
        comparison_note(comparison, arena,
                        "whether both were recorded with the same request file is not known");
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
    check_requests(comparison, arena, recorded, base, cand);
}
