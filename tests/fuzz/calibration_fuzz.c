#include <math.h>

#include "gate/recording/calibration.h"
#include "gate/recording/seal.h"
#include "gate/stats/bounds.h"
#include "gate/stats/floor.h"
#include "tests/fuzz/fuzz.h"

/* No floor that a file can hold makes a bound that is no number, or turns an interval round. */
static void check_floor(const struct calibration_spread *label)
{
    static const double base[] = {98, 100, 103};
    static const double cand[] = {105, 110, 112};
    struct spread spread = {
        .is_ratio = str_equal(label->scale, STR(CALIBRATION_RATIO)),
        .runs = label->runs,
        .run = label->run_spread,
        .trials = label->trials,
        .trial = label->trial_spread,
        .trial_df = label->trial_df,
    };
    struct estimate estimate =
        estimate_of((struct samples){base, 3}, (struct samples){cand, 3}, ESTIMATE_LOG_RATIO);
    floor_set(&estimate, &spread);
    double p = bounds_p_above(&estimate, 5);
    if (!(bounds_low(&estimate, 0.002) <= bounds_high(&estimate, 0.05)) || !(p >= 0 && p <= 1) ||
        isnan(bounds_detectable(&estimate, 0.002)))
        abort();
}

/* Sealed before it is read: a hash that does not fit would be all that is ever seen. */
static void seal(struct buf *buf)
{
    if (buf->len > SEAL_DIGITS + 4 && str_ends_with(buf_view(buf), STR("\"\n}\n")))
        seal_set(buf);
}

/* What is read can be written, and is then what it was. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    struct buf buf;
    struct calibration read = {0};
    struct calibration again = {0};
    if (size > CALIBRATION_BYTES_MAX)
        return 0;
    arena_init(&arena);
    buf_init(&buf, CALIBRATION_BYTES_MAX);
    buf_str(&buf, (struct str){(const char *)data, size});
    seal(&buf);
    if (calibration_read(&read, &arena, buf_view(&buf), &err) == STATUS_OK) {
        for (size_t i = 0; i < read.scenario_count; i++) {
            for (size_t k = 0; k < read.scenarios[i].spread_count; k++)
                check_floor(&read.scenarios[i].spreads[k]);
        }
        buf_reset(&buf);
        if (calibration_write(&buf, &read, &err) == STATUS_OK &&
            calibration_read(&again, &arena, buf_view(&buf), &err))
            abort();
    }
    buf_release(&buf);
    arena_release(&arena);
    return 0;
}
