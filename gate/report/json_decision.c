#include "gate/report/json_decision.h"

#include <math.h>

#include "gate/judge/floored.h"

/*
 * To four digits: p values magnify what two mathematical libraries
 * disagree about in the last one, and a report is the same everywhere.
 */
static double in_four_digits(double value)
{
    if (!(fabs(value) > 1e-290))
        return 0;
    double digits = 3 - floor(log10(fabs(value)));
    double power = pow(10, fabs(digits));
    /* Powers of ten above 1 are exact, and so what is printed is the short form. */
    return digits > 0 ? round(value * power) / power : round(value / power) * power;
}

static void write_finite(struct json_writer *json, const char *key, double value)
{
    if (isfinite(value)) {
        json_double(json, key, in_four_digits(value));
    } else {
        json_null(json, key);
    }
}

/* How the verdict came about; null where nobody judged, or nothing can be told. */
void json_decision(struct json_writer *json, const struct finding *finding)
{
    if (!finding->family) {
        json_null(json, "decision");
        return;
    }
    json_object(json, "decision");
    write_finite(json, "p", finding->p);
    write_finite(json, "alpha", finding->alpha);
    json_u64(json, "look", finding->look);
    json_double(json, "look_alpha", finding->look_alpha);
    json_str(json, "family", str_from(finding->family));
    json_u64(json, "family_size", finding->family_size);
    json_str(json, "method", str_from(estimate_method_name(finding->row->estimate.method)));
    json_str(json, "spread", finding_is_floored(finding) ? STR("calibration") : STR("trials"));
    json_double(json, "effective_samples", finding->row->estimate.effective);
    write_finite(json, "detectable", finding->detectable);
    write_finite(json, "detectable_at_most_trials", finding->detectable_at_most);
    write_finite(json, "times_needed",
                 finding->times_needed > 0 ? finding->times_needed : HUGE_VAL);
    json_object_end(json);
}

/* What was known of the machine's noise; null where the recording does not say. */
void json_noise(struct json_writer *json, const struct comparison *comparison)
{
    if (!comparison->has_noise) {
        json_null(json, "noise");
        return;
    }
    json_object(json, "noise");
    json_bool(json, "calibrated", comparison->calibration);
    json_u64(json, "rows", comparison->calibrated_rows);
    json_str(json, "text", comparison->noise);
    json_object_end(json);
}
