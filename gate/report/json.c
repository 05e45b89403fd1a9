#include "gate/codec/json.h"
#include "gate/report/json_finding.h"
#include "gate/report/json_measured.h"
#include "gate/report/phrase.h"

/* The stable machine interface: config/verdict.schema.json. */
#define VERDICT_SCHEMA "memgate.verdict/1"

struct json_report {
    struct json_writer json;
    struct arena *arena;
    const struct judged_scenario *scenario;
};

static void write_moved(struct json_report *report)
{
    const struct comparison *comparison = report->scenario->comparison;
    json_list(&report->json, "moved");
    for (size_t i = 0; i < comparison->moved_count; i++) {
        json_object(&report->json, NULL);
        json_str(&report->json, "from", comparison->moved[i].from);
        json_str(&report->json, "to", comparison->moved[i].to);
        json_double(&report->json, "bytes", comparison->moved[i].bytes);
        json_str(&report->json, "metric", str_from(metric_name(comparison->moved[i].metric)));
        json_object_end(&report->json);
    }
    json_list_end(&report->json);
}

static void write_pairs(struct json_report *report)
{
    const struct comparison *comparison = report->scenario->comparison;
    json_list(&report->json, "pairs");
    for (size_t i = 0; i < comparison->paired_count; i++) {
        const struct paired *paired = &comparison->paired[i];
        json_object(&report->json, NULL);
        json_str(&report->json, "base", paired->base);
        json_str(&report->json, "cand", paired->cand);
        json_str(&report->json, "step", str_from(pair_step_name(paired->step)));
        json_object_end(&report->json);
    }
    json_list_end(&report->json);
}

static void write_texts(struct json_writer *json, const char *key, const struct str *texts,
                        size_t count)
{
    json_list(json, key);
    for (size_t i = 0; i < count; i++)
        json_str(json, NULL, texts[i]);
    json_list_end(json);
}

static void write_side(struct json_writer *json, const char *key,
                       const struct record_program *program)
{
    json_object(json, key);
    json_str(json, "label", program->label);
    json_str(json, "revision", program->revision);
    json_str(json, "go_version", program->go_version);
    json_str(json, "module", program->module);
    json_str(json, "arch", program->arch);
    json_str(json, "binary_sha256", program->sha256);
    json_object_end(json);
}

/* What compare noted, and what judge did. */
static struct str_list joined_notes(struct arena *arena, const struct judged_scenario *scenario)
{
    const struct comparison *comparison = scenario->comparison;
    size_t most = comparison->note_count + scenario->notes.len;
    struct str_list out = {ARENA_ARRAY(arena, struct str, most + 1), 0};
    for (size_t i = 0; i < comparison->note_count; i++)
        out.items[out.len++] = comparison->notes[i];
    for (size_t i = 0; i < scenario->notes.len; i++)
        out.items[out.len++] = scenario->notes.items[i];
    return out;
}

/* Rules that no finding speaks for, and why. */
static void write_unjudged(struct json_report *report)
{
    struct json_writer *json = &report->json;
    const struct judged_scenario *scenario = report->scenario;
    json_list(json, "not_judged");
    for (size_t i = 0; i < scenario->unjudged_count; i++) {
        const struct rule *rule = scenario->unjudged[i];
        json_object(json, NULL);
        json_str(json, "rule", origin_text(report->arena, &rule->origin));
        json_str(json, "rule_text", rule_describe(report->arena, rule));
        json_str(json, "severity", str_from(severity_name(rule->severity)));
        json_str(json, "metric", str_from(metric_name(rule->metric)));
        json_str(json, "why", scenario->why_unjudged);
        json_object_end(json);
    }
    json_list_end(json);
}

static void write_scenario(struct json_report *report)
{
    struct json_writer *json = &report->json;
    const struct judged_scenario *scenario = report->scenario;
    const struct comparison *comparison = scenario->comparison;
    json_object(json, NULL);
    json_str(json, "name", comparison->scenario);
    json_str(json, "verdict", str_from(verdict_name(scenario->verdict)));
    json_bool(json, "identical_binaries", comparison->record->identical);
    json_str_or_null(json, "alone", comparison->alone);
    json_bool(json, "nothing_judged", scenario->nothing_judged);
    if (comparison->alone.len > 0) {
        json_null(json, "baseline");
    } else {
        write_side(json, "baseline", &comparison->record->programs[SIDE_BASE]);
    }
    write_side(json, "candidate", &comparison->record->programs[SIDE_CAND]);
    json_list(json, "findings");
    for (size_t i = 0; i < scenario->finding_count; i++)
        json_finding(json, report->arena, scenario, &scenario->findings[i]);
    json_list_end(json);
    write_unjudged(report);
    write_pairs(report);
    write_moved(report);
    json_measured(json, report->arena, comparison);
    struct str_list invalid = phrase_invalid(report->arena, scenario);
    write_texts(json, "invalid", invalid.items, invalid.len);
    struct str_list notes = joined_notes(report->arena, scenario);
    write_texts(json, "notes", notes.items, notes.len);
    json_object_end(json);
}

static void write_environment(struct json_writer *json,
                              const struct record_environment *environment)
{
    json_object(json, "environment");
    json_str(json, "memgate_version", environment->memgate_version);
    json_str(json, "os", environment->os);
    json_str(json, "arch", environment->arch);
    json_str(json, "cpu_model", environment->cpu_model);
    json_u64(json, "cpu_count", environment->cpu_count);
    json_str(json, "kernel", environment->kernel);
    json_bool(json, "pinned", environment->pinned);
    json_object(json, "isolation");
    json_bool(json, "network", environment->isolation.network);
    json_bool(json, "process", environment->isolation.process);
    json_bool(json, "user", environment->isolation.user);
    json_object_end(json);
    json_object_end(json);
}

void report_json(struct buf *out, struct arena *arena, const struct report_input *input)
{
    struct json_report report = {.arena = arena};
    struct json_writer *json = &report.json;
    const struct judgement *judgement = input->judgement;
    json_begin(json, out);
    json_object(json, NULL);
    json_str(json, "schema", STR(VERDICT_SCHEMA));
    json_str(json, "verdict", str_from(verdict_name(judgement->verdict)));
    json_i64(json, "exit_code", verdict_exit_code(judgement->verdict));
    json_bool(json, "quick", judgement->quick);
    json_object(json, "policy");
    json_str(json, "name", input->recording->policy_name);
    json_str_or_null(json, "revision", input->recording->policy_revision);
    json_u64(json, "rules", judgement->rule_count);
    json_u64(json, "judged", judgement->judged_rules);
    json_object_end(json);
    json_list(json, "scenarios");
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        report.scenario = &judgement->scenarios[i];
        write_scenario(&report);
    }
    json_list_end(json);
    write_environment(json, &input->recording->environment);
    json_object_end(json);
    json_finish(json);
}
