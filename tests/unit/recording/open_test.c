#include "tests/unit/recording/sample.h"

#include <sys/stat.h>
#include <unistd.h>

#define TRIAL     "scenario-1/candidate/exact-1/trial.json"
#define PROGRAM   "scenario-1/candidate/program.json"
#define FUNCTIONS "scenario-1/candidate/functions.txt"

static void sealed(struct sample *sample)
{
    sample_init(sample);
    assert_ok(recording_write(&sample->recording, &sample->err), &sample->err);
    assert_ok(sample_open(sample), &sample->err);
}

static void every_changed_byte_is_refused(void **state)
{
    static const char *const paths[] = {"manifest.json", TRIAL, PROGRAM, "policy.yaml"};
    static const char masks[] = {0x01, 0x20, (char)0x80};
    struct sample sample;
    (void)state;
    sealed(&sample);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct str good = sample_read(&sample, paths[i]);
        char *bad = arena_alloc(&sample.arena, good.len, 1);
        memcpy(bad, good.data, good.len);
        for (size_t at = 0; at < good.len * ARRAY_LEN(masks); at++) {
            char *byte = &bad[at / ARRAY_LEN(masks)];
            *byte = (char)(*byte ^ masks[at % ARRAY_LEN(masks)]);
            sample_put(&sample, paths[i], (struct str){bad, good.len});
            if (sample_open(&sample) != STATUS_FORMAT)
                fail_msg("%s: change at byte %zu is taken", paths[i], at / ARRAY_LEN(masks));
            *byte = good.data[at / ARRAY_LEN(masks)];
        }
        sample_put(&sample, paths[i], good);
        assert_ok(sample_open(&sample), &sample.err);
    }
    sample_release(&sample);
}

static void every_cut_is_refused(void **state)
{
    static const char *const paths[] = {"manifest.json", TRIAL, PROGRAM, "policy.yaml"};
    struct sample sample;
    (void)state;
    sealed(&sample);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct str good = sample_read(&sample, paths[i]);
        for (size_t len = 0; len < good.len; len++) {
            sample_put(&sample, paths[i], str_slice(good, 0, len));
            if (sample_open(&sample) != STATUS_FORMAT)
                fail_msg("%s: cut to %zu bytes is taken", paths[i], len);
        }
        sample_put(&sample, paths[i], good);
    }
    sample_release(&sample);
}

static const struct {
    const char *name;
    const char *from;
    const char *to;
    const char *message;
} manifests[] = {
    {"of a later schema", "recording/3", "recording/4",
     "manifest.json: recording has schema \"memgate.recording/4\"; this memgate reads "
     "memgate.recording/3"},
    {"without schema", "\"schema\"", "\"scheme\"", "names no schema"},
    {"unknown member", "\"quick\": true", "\"quick\": true, \"slow\": 1",
     "unknown member \"slow\""},
    {"duplicate member", "\"quick\": true", "\"quick\": true, \"quick\": true", "line "},
    {"empty transport", "HTTP/2 over TCP", "", "transport: not a text of one character or more"},
    {"number for a transport", "\"HTTP/2 over TCP\"", "1", "transport: not a text"},
    {"missing member", "\"quick\": true,", "", "quick is missing"},
    {"without renames", "\"renames\": [", "\"renamed\": [", "renames is missing"},
    {"text for a rename", "\"cart/cart.go\",\n      \"basket/basket.go\"", "\"cart.go\"",
     "renames: item 1: not a list of 2"},
    {"rename of three", "\"basket/basket.go\"", "\"basket/basket.go\", \"c\"",
     "renames: item 1: not a list of 2"},
    {"rename to a number", "\"basket/basket.go\"", "7", "renames: item 1: new path: not a text"},
    {"rename of nothing", "\"cart/cart.go\"", "\"\"", "renames: item 1: a path is empty"},
    {"rename to nothing", "\"cmd/orders/main.go\"", "\"\"", "renames: item 2: a path is empty"},
    {"renames out of order", "\"cart/cart.go\"", "\"z.go\"",
     "renames: item 2: \"main.go\" appears twice or out of order"},
    {"a file renamed twice", "\"cart/cart.go\"", "\"main.go\"",
     "renames: item 2: \"main.go\" appears twice or out of order"},
    {"scenario without notes", "\"notes\": \"\",", "", "scenarios: item 1: notes is missing"},
    {"notes of another type", "\"notes\": \"\"", "\"notes\": []", "notes: not a text"},
    {"wrong type", "\"quick\": true", "\"quick\": 1", "quick: neither true nor false"},
    {"text for a list", "\"scenarios\": [", "\"scenarios\": \"\", \"x\": [",
     "scenarios: not a list"},
    {"number for a text", "\"kernel\": \"6.1\"", "\"kernel\": 6.1", "kernel: not a text"},
    {"negative number", "\"cpu_count\": 2", "\"cpu_count\": -2", "cpu_count: not a whole number"},
    {"fraction", "\"cpu_count\": 2", "\"cpu_count\": 2.0", "cpu_count: not a whole number"},
    {"number of 64 bits", "\"cpu_count\": 2", "\"cpu_count\": 9223372036854775808", "line "},
    {"NaN", "\"cpu_count\": 2", "\"cpu_count\": NaN", "line "},
    {"other directory", "\"scenario-1\"", "\"scenario-2\"", "directory is not \"scenario-1\""},
    {"directory outside", "\"scenario-1\"", "\"../..\"", "directory is not \"scenario-1\""},
    {"empty name", "\"orders\"", "\"\"", "scenarios: item 1: name is empty"},
    {"too many trials", "\"exact\": 1", "\"exact\": 65", "exact: not a whole number from 0 to 64"},
    {"a trial too many", "\"exact\": 1", "\"exact\": 2",
     "scenario-1/candidate/exact-2/trial.json: missing"},
    {"a trial too few", "\"exact\": 1", "\"exact\": 0", "beyond the number of trials"},
    {"path upwards", "\"" PROGRAM, "\"scenario-1/candidate/exact-1/../program.json",
     "no path of this recording"},
    {"path of dots", "exact-1/trial.json", "exact-1/..", "no path of this recording"},
    {"absolute path", "\"" PROGRAM, "\"/etc/passwd", "no path of this recording"},
    {"hidden file", "exact-1/trial.json", "exact-1/.trial.json", "no path of this recording"},
    {"number with zero", "exact-1/trial.json", "exact-01/trial.json", "no path of this recording"},
    {"number too large", "exact-1/trial.json", "exact-99/trial.json", "no path of this recording"},
    {"number past 64 bits", "exact-1/trial.json", "exact-18446744073709551617/trial.json",
     "no path of this recording"},
    {"scenario that is not there", "\"" PROGRAM, "\"scenario-2/candidate/program.json",
     "no path of this recording"},
    {"path with NUL", "\"policy.yaml\"", "\"policy.yaml\\u0000\"", "no path of this recording"},
    {"out of order", "\"policy.yaml\"", "\"scenario-1/candidate/exact-1/z.txt\"",
     "appears twice or out of order"},
    {"the same path twice", "\"scenario-1/baseline/program.json\"",
     "\"scenario-1/candidate/program.json\"", "appears twice or out of order"},
    {"file that is not there", "exact-1/trial.json", "exact-1/ready.txt",
     "scenario-1/candidate/exact-1/ready.txt: listed in manifest.json, but missing"},
    {"no policy", "\"policy.yaml\"", "\"scenario-1/baseline/exact-1/a\"",
     "policy.yaml: not listed in manifest.json"},
    {"other size", "\"bytes\": 11,", "\"bytes\": 12,",
     "policy.yaml: has 11 bytes, not the 12 of manifest.json"},
    {"not an object", "{\n  \"schema\"", "[{\n  \"schema\"", "manifest.json: "},
};

/* Recordings of earlier versions do not say. */
static void a_transport_may_be_missing(void **state)
{
    struct sample sample;
    (void)state;
    sealed(&sample);
    struct str good = sample_read(&sample, "manifest.json");
    struct str older =
        sample_replace(&sample, good, "      \"transport\": \"HTTP/2 over TCP\",\n", "");
    sample_put(&sample, "manifest.json", sample_reseal(&sample, older));
    assert_ok(sample_open(&sample), &sample.err);
    sample_release(&sample);
}

static void hostile_manifests_are_refused(void **state)
{
    struct sample sample;
    (void)state;
    sealed(&sample);
    struct str good = sample_read(&sample, "manifest.json");
    sample_put(&sample, "manifest.json", sample_reseal(&sample, good));
    assert_ok(sample_open(&sample), &sample.err);
    for (size_t i = 0; i < ARRAY_LEN(manifests); i++) {
        print_message("%s\n", manifests[i].name);
        struct str bad = sample_replace(&sample, good, manifests[i].from, manifests[i].to);
        sample_put(&sample, "manifest.json", sample_reseal(&sample, bad));
        assert_fails(sample_open(&sample), STATUS_FORMAT, &sample.err, manifests[i].message);
    }
    sample_release(&sample);
}

static void a_name_may_stand_for_one_scenario_only(void **state)
{
    struct sample sample;
    (void)state;
    sample_init(&sample);
    sample.recording.scenarios[1].name = sample.recording.scenarios[0].name;
    sample.recording.scenario_count = 2;
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_FORMAT, &sample.err,
                 "scenarios: item 2: name \"orders\" appears twice");
    sample_release(&sample);
}

static const struct {
    const char *name;
    const char *path;
    const char *from;
    const char *to;
    const char *message;
} records[] = {
    {"number of another trial", TRIAL, "\"number\": 1", "\"number\": 2",
     TRIAL ": number is 2, but the directory's is 1"},
    {"number past the limit", TRIAL, "\"number\": 1", "\"number\": 65",
     TRIAL ": number: not a whole number from 0 to 64"},
    {"unknown member", TRIAL, "\"number\": 1", "\"number\": 1, \"mood\": 1",
     TRIAL ": unknown member \"mood\""},
    {"negative rate", TRIAL, "\"rate_per_second\": 1200", "\"rate_per_second\": -0.5",
     TRIAL ": rate_per_second: not a number from 0 on"},
    {"infinite rate", TRIAL, "\"rate_per_second\": 1200", "\"rate_per_second\": 1e999",
     TRIAL ": line "},
    {"target in capitals", PROGRAM, "\"1f40\"", "\"1F40\"",
     PROGRAM ": targets: item 1: offset: not a number in lower-case hexadecimal"},
    {"target with zeros", PROGRAM, "\"1f40\"", "\"01f40\"", PROGRAM ": targets: item 1: offset"},
    {"target of 68 bits", PROGRAM, "\"1f40\"", "\"10000000000000000\"",
     PROGRAM ": targets: item 1: offset"},
    {"target out of order", PROGRAM, "\"1f40\"", "\"ffffffffffffffff\"",
     PROGRAM ": targets: item 2 is not above the one before"},
    {"target with a fifth value", PROGRAM, "\"1f40\",", "\"1f40\", \"\",",
     PROGRAM ": targets: item 1: not a list of 4"},
    {"target that is no list", PROGRAM, "\"targets\": [", "\"targets\": [7,",
     PROGRAM ": targets: item 1: not a list of 4"},
    {"target found otherwise", PROGRAM, "\"hidden\"", "\"guess\"",
     PROGRAM ": targets: item 2: how is \"guess\", not \"call\" or \"hidden\""},
    {"functions out of order", FUNCTIONS, "main.main", "a.main",
     FUNCTIONS ": line 2: is not above the one before"},
    {"function without a name", FUNCTIONS, "main.main", "\nmain.main",
     FUNCTIONS ": line 2: is empty or has a line break"},
    {"functions cut short", FUNCTIONS, "main.main\n", "main.main",
     FUNCTIONS ": the last line has no end"},
};

/* The author of these made all hashes fit. */
static void hostile_records_are_refused(void **state)
{
    struct sample sample;
    (void)state;
    sealed(&sample);
    struct str manifest = sample_read(&sample, "manifest.json");
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        struct arena *arena = &sample.arena;
        print_message("%s\n", records[i].name);
        struct str good = sample_read(&sample, records[i].path);
        struct str bad = sample_replace(&sample, good, records[i].from, records[i].to);
        const char *from = str_format(arena, "\"bytes\": %zu,\n      \"sha256\": \"%s\"", good.len,
                                      sha256_hex(arena, bytes_of_str(good)).data)
                               .data;
        const char *to = str_format(arena, "\"bytes\": %zu,\n      \"sha256\": \"%s\"", bad.len,
                                    sha256_hex(arena, bytes_of_str(bad)).data)
                             .data;
        struct str changed = sample_replace(&sample, manifest, from, to);
        sample_put(&sample, records[i].path, bad);
        sample_put(&sample, "manifest.json", sample_reseal(&sample, changed));
        assert_fails(sample_open(&sample), STATUS_FORMAT, &sample.err, records[i].message);
        sample_put(&sample, records[i].path, good);
    }
    sample_release(&sample);
}

static void a_file_that_is_not_listed_is_refused(void **state)
{
    static const char *const paths[] = {"a.txt", "manifest.json.bak", "scenario-1/x",
                                        "scenario-1/candidate/exact-1/ready.txt", "zzz"};
    struct sample sample;
    (void)state;
    sealed(&sample);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        print_message("%s\n", paths[i]);
        sample_put(&sample, paths[i], STR("x"));
        assert_fails(sample_open(&sample), STATUS_FORMAT, &sample.err,
                     str_format(&sample.arena, "%s: not listed", paths[i]).data);
        assert_int_equal(unlink(sample_path(&sample, paths[i]).data), 0);
    }
    assert_ok(sample_open(&sample), &sample.err);
    sample_release(&sample);
}

static void a_missing_file_is_named(void **state)
{
    static const char *const paths[] = {"policy.yaml", PROGRAM, TRIAL};
    struct sample sample;
    (void)state;
    sealed(&sample);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct str good = sample_read(&sample, paths[i]);
        assert_int_equal(unlink(sample_path(&sample, paths[i]).data), 0);
        assert_fails(sample_open(&sample), STATUS_FORMAT, &sample.err,
                     str_format(&sample.arena, "%s: listed in", paths[i]).data);
        sample_put(&sample, paths[i], good);
    }
    sample_release(&sample);
}

static void links_are_refused(void **state)
{
    struct sample sample;
    (void)state;
    sealed(&sample);
    const char *trial = sample_path(&sample, TRIAL).data;
    const char *kept = str_format(&sample.arena, "%s.kept", sample.recording.dir.data).data;

    assert_int_equal(rename(trial, kept), 0);
    assert_int_equal(symlink(kept, trial), 0);
    assert_fails(sample_open(&sample), STATUS_FORMAT, &sample.err,
                 "trial.json is neither a file nor a directory");
    assert_int_equal(unlink(trial), 0);
    assert_int_equal(rename(kept, trial), 0);

    assert_int_equal(symlink("scenario-1", sample_path(&sample, "scenario-2").data), 0);
    assert_fails(sample_open(&sample), STATUS_FORMAT, &sample.err,
                 "scenario-2 is neither a file nor a directory");
    sample_release(&sample);
}

static void a_fifo_is_refused(void **state)
{
    struct sample sample;
    (void)state;
    sealed(&sample);
    const char *trial = sample_path(&sample, TRIAL).data;
    assert_int_equal(unlink(trial), 0);
    assert_int_equal(mkfifo(trial, 0600), 0);
    assert_fails(sample_open(&sample), STATUS_FORMAT, &sample.err, "neither a file");
    sample_release(&sample);
}

enum { NOBODY = 65534 };

/* Opens as a user to whom modes apply: root reads everything. */
static enum status open_unprivileged(struct sample *sample)
{
    bool is_root = geteuid() == 0;
    if (is_root)
        assert_int_equal(seteuid(NOBODY), 0);
    enum status status = sample_open(sample);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    return status;
}

static void a_file_without_permission_is_named(void **state)
{
    static const char *const paths[] = {"manifest.json", TRIAL, "scenario-1/candidate"};
    struct sample sample;
    (void)state;
    sealed(&sample);
    assert_int_equal(chmod(sample.recording.dir.data, 0755), 0);
    assert_ok(open_unprivileged(&sample), &sample.err);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        const char *path = sample_path(&sample, paths[i]).data;
        print_message("%s\n", paths[i]);
        assert_int_equal(chmod(path, 0), 0);
        assert_fails(open_unprivileged(&sample), STATUS_IO, &sample.err,
                     str_format(&sample.arena, "%s: Permission denied", paths[i]).data);
        assert_int_equal(chmod(path, 0755), 0);
    }
    sample_release(&sample);
}

static void bytes_behind_the_manifest_are_refused(void **state)
{
    struct sample sample;
    (void)state;
    sealed(&sample);
    struct str good = sample_read(&sample, "manifest.json");
    sample_put(&sample, "manifest.json", str_format(&sample.arena, "%.*s\n", STR_ARGS(good)));
    assert_fails(sample_open(&sample), STATUS_FORMAT, &sample.err,
                 "manifest.json: its own SHA-256 does not match");
    sample_release(&sample);
}

static void a_failed_open_leaves_the_result_alone(void **state)
{
    struct sample sample;
    struct recording opened = {.scenario_count = 7};
    (void)state;
    sealed(&sample);
    sample_put(&sample, "policy.yaml", STR(""));
    assert_fails(recording_open(&opened, &sample.arena, sample.recording.dir, &sample.err),
                 STATUS_FORMAT, &sample.err, "policy.yaml: has 0 bytes");
    assert_int_equal(opened.scenario_count, 7);
    assert_null(opened.scenarios);
    sample_release(&sample);
}

static void a_manifest_past_its_limit_is_refused(void **state)
{
    struct sample sample;
    (void)state;
    sealed(&sample);
    const char *path = sample_path(&sample, "manifest.json").data;
    assert_int_equal(truncate(path, RECORDING_JSON_BYTES_MAX + 1), 0);
    assert_fails(sample_open(&sample), STATUS_LIMIT, &sample.err, "manifest.json is larger");
    sample_release(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_changed_byte_is_refused),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(a_transport_may_be_missing),
        cmocka_unit_test(hostile_manifests_are_refused),
        cmocka_unit_test(a_name_may_stand_for_one_scenario_only),
        cmocka_unit_test(hostile_records_are_refused),
        cmocka_unit_test(a_file_that_is_not_listed_is_refused),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(links_are_refused),
        cmocka_unit_test(a_fifo_is_refused),
        cmocka_unit_test(a_file_without_permission_is_named),
        cmocka_unit_test(bytes_behind_the_manifest_are_refused),
        cmocka_unit_test(a_failed_open_leaves_the_result_alone),
        cmocka_unit_test(a_manifest_past_its_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
