#include "gate/recording/staged.h"

#include "gate/base/io.h"
#include "tests/support/check.h"

struct place {
    struct arena arena;
    struct err err;
    struct str root;
    struct str dir;
    struct staged staged;
};

static void place_init(struct place *place)
{
    *place = (struct place){0};
    arena_init(&place->arena);
    assert_ok(io_make_temp_dir(&place->root, &place->arena, "memgate-test", &place->err),
              &place->err);
    place->dir = io_join(&place->arena, place->root, STR("recording"));
}

static void place_release(struct place *place)
{
    assert_ok(io_remove_tree(place->root, &place->err), &place->err);
    arena_release(&place->arena);
}

static struct str beside(struct place *place, const char *suffix)
{
    return str_format(&place->arena, "%.*s%s", STR_ARGS(place->dir), suffix);
}

static void put(struct place *place, struct str dir, const char *name, const char *text)
{
    assert_ok(io_make_dirs(dir, &place->err), &place->err);
    assert_ok(io_write_file(io_join(&place->arena, dir, str_from(name)),
                            bytes_of_str(str_from(text)), &place->err),
              &place->err);
}

/* The manifest of a directory; empty where it has none. */
static struct str manifest(struct place *place, struct str dir)
{
    struct bytes text = {0};
    struct str file = io_join(&place->arena, dir, STR("manifest.json"));
    return io_read_file(&text, &place->arena, file, 100, &place->err) ? STR("")
                                                                      : str_of_bytes(text);
}

static size_t count_entries(struct place *place)
{
    struct str *files = NULL;
    size_t len = 0;
    assert_ok(io_list_files(&files, &len, &place->arena, place->root, 100, &place->err),
              &place->err);
    return len;
}

static enum status open_it(struct place *place)
{
    return staged_open(&place->staged, &place->arena, place->dir, &place->err);
}

static void the_old_one_stays_until_the_new_one_is_whole(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    put(&place, place.dir, "manifest.json", "old");
    assert_ok(open_it(&place), &place.err);
    assert_true(place.staged.has_old);
    put(&place, place.staged.part, "manifest.json", "new");
    assert_str(manifest(&place, place.dir), "old");
    assert_ok(staged_settle(&place.staged, &place.err), &place.err);
    assert_str(manifest(&place, place.dir), "new");
    assert_int_equal(count_entries(&place), 1);
    staged_drop(&place.staged);
    assert_str(manifest(&place, place.dir), "new");
    place_release(&place);
}

static void what_did_not_become_whole_leaves_nothing(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    put(&place, place.dir, "manifest.json", "old");
    assert_ok(open_it(&place), &place.err);
    put(&place, place.staged.part, "half", "new");
    staged_drop(&place.staged);
    assert_str(manifest(&place, place.dir), "old");
    assert_int_equal(count_entries(&place), 1);
    assert_false(io_is_dir(beside(&place, ".part")));
    place_release(&place);
}

static void the_first_one_needs_no_old_one(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    assert_ok(open_it(&place), &place.err);
    assert_false(place.staged.has_old);
    put(&place, place.staged.part, "manifest.json", "new");
    assert_ok(staged_settle(&place.staged, &place.err), &place.err);
    assert_str(manifest(&place, place.dir), "new");
    place_release(&place);
}

/* Killed between the renames: the old one has another name. Killed later: it is to go. */
static void what_a_killed_process_left_is_put_right(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    put(&place, beside(&place, ".old"), "manifest.json", "old");
    put(&place, beside(&place, ".part"), "manifest.json", "new");
    assert_ok(open_it(&place), &place.err);
    assert_true(place.staged.has_old);
    assert_str(manifest(&place, place.dir), "old");
    assert_str(manifest(&place, place.staged.part), "");
    staged_drop(&place.staged);

    put(&place, beside(&place, ".old"), "manifest.json", "older");
    assert_ok(open_it(&place), &place.err);
    assert_str(manifest(&place, place.dir), "old");
    assert_false(io_is_dir(beside(&place, ".old")));
    place_release(&place);
}

static void what_is_no_recording_is_not_touched(void **state)
{
    static const char *const suffixes[] = {"", ".part", ".old"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        struct place place;
        print_message("recording%s\n", suffixes[i]);
        place_init(&place);
        put(&place, beside(&place, suffixes[i]), "thesis.txt", "mine");
        assert_int_equal(open_it(&place), STATUS_USAGE);
        assert_non_null(strstr(place.err.text, "exists and is no recording of memgate"));
        assert_int_equal(count_entries(&place), 1);
        assert_true(
            io_is_file(io_join(&place.arena, beside(&place, suffixes[i]), STR("thesis.txt"))));
        place_release(&place);
    }
}

/* A run ended in the middle of a trial that came after the last look. */
static void what_was_written_whole_is_kept_without_later_trials(void **state)
{
    static const char *const begun[] = {
        "/scenario-1/baseline/exact-3", "/scenario-1/candidate/exact-3",
        "/scenario-1/baseline/exact-4", "/scenario-2/candidate/duet-1"};
    struct record_scenario scenarios[2] = {0};
    const struct recording recording = {.scenarios = scenarios, .scenario_count = 2};
    struct place place;
    (void)state;
    place_init(&place);
    put(&place, place.dir, "manifest.json", "old");
    assert_ok(open_it(&place), &place.err);
    assert_false(place.staged.is_whole);
    scenarios[0].trial_count[SIDE_BASE][PHASE_EXACT] = 2;
    scenarios[0].trial_count[SIDE_CAND][PHASE_EXACT] = 2;
    struct str part = place.staged.part;
    put(&place, part, "manifest.json", "new");
    put(&place, part, "policy.yaml", "new");
    put(&place, str_format(&place.arena, "%.*s/scenario-1/baseline/exact-2", STR_ARGS(part)),
        "trial.json", "new");
    staged_begin(&place.staged);
    assert_false(place.staged.is_whole);
    staged_end(&place.staged, &place.arena, &recording);
    assert_true(place.staged.is_whole);
    /* The recording goes on; what was written does not. */
    scenarios[0].trial_count[SIDE_BASE][PHASE_EXACT] = 4;
    for (size_t i = 0; i < ARRAY_LEN(begun); i++) {
        put(&place, str_format(&place.arena, "%.*s%s", STR_ARGS(part), begun[i]), "end.pb.gz",
            "later");
    }
    assert_ok(staged_keep(&place.staged, &place.arena, &place.err), &place.err);
    assert_str(manifest(&place, place.dir), "new");
    assert_int_equal(count_entries(&place), 3);
    for (size_t i = 0; i < ARRAY_LEN(begun); i++)
        assert_false(io_is_dir(beside(&place, begun[i])));
    place_release(&place);
}

/* Killed while a recording was being removed: its files go in any order, its directories move up. */
static const struct {
    const char *below;
    const char *file;
    bool is_rest;
} rests[] = {
    {"", "policy.yaml", true},
    {"", "noise.json", true},
    {"/scenario-2/candidate", "program.json", true},
    {"/.memgate-7", "trial.json", true},
    {"/.memgate-12/exact-1", "end.pb.gz", true},
    {"", "scenario-2", false},
    {"", ".memgate-7", false},
    {"/policy.yaml", "mine", false},
    {"/scenario-0", "program.json", false},
    {"/.memgate-", "mine", false},
    {"/.memgate-x", "mine", false},
    {"/thesis", "policy.yaml", false},
};

static void half_a_recording_beside_is_removed(void **state)
{
    static const char *const suffixes[] = {".part", ".old"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(suffixes) * ARRAY_LEN(rests); i++) {
        struct place place;
        const char *suffix = suffixes[i % ARRAY_LEN(suffixes)];
        size_t row = i / ARRAY_LEN(suffixes);
        print_message("recording%s%s/%s\n", suffix, rests[row].below, rests[row].file);
        place_init(&place);
        put(&place, place.dir, "manifest.json", "settled");
        struct str dir = beside(&place, suffix);
        put(&place, str_format(&place.arena, "%.*s%s", STR_ARGS(dir), rests[row].below),
            rests[row].file, "left");
        assert_int_equal(open_it(&place), rests[row].is_rest ? STATUS_OK : STATUS_USAGE);
        assert_int_equal(count_entries(&place), rests[row].is_rest ? 1 : 2);
        assert_str(manifest(&place, place.dir), "settled");
        place_release(&place);
    }
}

/* A name that memgate uses, beside one that it does not, and where memgate never removes. */
static void a_name_of_ours_makes_no_recording(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    put(&place, beside(&place, ".part"), "policy.yaml", "mine");
    put(&place, beside(&place, ".part"), "thesis.txt", "mine");
    assert_int_equal(open_it(&place), STATUS_USAGE);
    assert_int_equal(count_entries(&place), 2);
    assert_ok(io_remove_tree(beside(&place, ".part"), &place.err), &place.err);
    put(&place, place.dir, "policy.yaml", "mine");
    assert_int_equal(open_it(&place), STATUS_USAGE);
    assert_int_equal(count_entries(&place), 1);
    place_release(&place);
}

/* Nothing judges it: it takes no recording's place. */
static void half_a_recording_is_not_put_back(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    put(&place, beside(&place, ".old"), "policy.yaml", "left");
    assert_ok(open_it(&place), &place.err);
    assert_false(place.staged.has_old);
    assert_false(io_is_dir(place.dir));
    assert_false(io_is_dir(beside(&place, ".old")));
    place_release(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_old_one_stays_until_the_new_one_is_whole),
        cmocka_unit_test(what_did_not_become_whole_leaves_nothing),
        cmocka_unit_test(the_first_one_needs_no_old_one),
        cmocka_unit_test(what_a_killed_process_left_is_put_right),
        cmocka_unit_test(what_is_no_recording_is_not_touched),
        cmocka_unit_test(what_was_written_whole_is_kept_without_later_trials),
        cmocka_unit_test(half_a_recording_beside_is_removed),
        cmocka_unit_test(a_name_of_ours_makes_no_recording),
        cmocka_unit_test(half_a_recording_is_not_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
