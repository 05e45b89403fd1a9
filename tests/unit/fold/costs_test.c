#include "gate/fold/costs.h"

#include "gate/base/io.h"
#include "tests/support/check.h"
#include "tests/unit/fold/sample.h"

/* The helper's first two columns, under the names of the profile in question. */
struct fixture {
    struct arena arena;
    struct intern names;
    struct err err;
    struct costs costs;
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    intern_init(&fixture->names, &fixture->arena);
}

static void fixture_release(struct fixture *fixture)
{
    intern_release(&fixture->names);
    arena_release(&fixture->arena);
}

static enum status fold(struct fixture *fixture, const struct sample_text *texts, size_t count,
                        bool by_start)
{
    const struct cost_options options = {
        .columns = {"contentions", "delay"}, .module = STR("example.com/m"), .by_start = by_start};
    struct profile profile = sample_profile(&fixture->arena, texts, count);
    profile.types[0].type = STR("contentions");
    profile.types[1].type = STR("delay");
    return costs_fold(&fixture->costs, &fixture->arena, &fixture->names, &profile, &options,
                      &fixture->err);
}

static struct str text(const struct fixture *fixture, struct name_id id)
{
    return intern_text(&fixture->names, id);
}

struct charge_case {
    const char *name;
    const char *stack;
    bool by_start;
    const char *func;
    const char *leaf;
    int64_t line;
};

static const struct charge_case charge_cases[] = {
    {"the program's own leaf", "example.com/m/a.F:7<main.main", false, "example.com/m/a.F",
     "example.com/m/a.F", 7},
    {"a library's leaf is charged to who called it",
     "sync.(*Mutex).Unlock:2<example.com/m/a.(*T).Add:4<main.main:9", false,
     "example.com/m/a.(*T).Add", "sync.(*Mutex).Unlock", 4},
    {"inlined lines count", "sync.(*Mutex).Unlock:1|main.add:5|main.work:6<main.main:9", false,
     "main.add", "sync.(*Mutex).Unlock", 5},
    {"the runtime may be a leaf", "runtime.chanrecv1:3<main.wait:4", false, "main.wait",
     "runtime.chanrecv1", 4},
    {"nobody of the program's own", "runtime.scanobject:3<runtime.gcBgMarkWorker:4", false,
     "runtime.scanobject", "runtime.scanobject", 3},
    {"another module is a library", "example.org/x.F:3<net/http.(*conn).serve:4", false,
     "example.org/x.F", "example.org/x.F", 3},
    {"a goroutine belongs to who started it",
     "runtime.gopark:1<runtime.chanrecv1:2<main.await:3<main.watch.func1:4", true,
     "main.watch.func1", "main.await", 4},
    {"a handler's goroutine to the handler",
     "runtime.gopark:1<internal/poll.runtime_pollWait:2<main.inner:3<main.handle:4<"
     "net/http.(*conn).serve:5",
     true, "main.handle", "internal/poll.runtime_pollWait", 4},
    {"a library's goroutine to its first function",
     "runtime.gopark:1<sync.runtime_notifyListWait:2<net/http.(*conn).serve:5", true,
     "net/http.(*conn).serve", "sync.runtime_notifyListWait", 5},
    {"the runtime's own goroutine", "runtime.gopark:1<runtime.bgsweep:2", true, "runtime.bgsweep",
     "runtime.bgsweep", 2},
};

static void samples_are_charged_to_the_programs_own_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(charge_cases); i++) {
        const struct charge_case *row = &charge_cases[i];
        struct fixture fixture;
        fixture_init(&fixture);
        print_message("%s\n", row->name);
        assert_ok(
            fold(&fixture, &(struct sample_text){row->stack, {2, 300, 0, 0}, 1}, 1, row->by_start),
            &fixture.err);
        assert_int_equal(fixture.costs.len, 1);
        const struct cost_site *site = &fixture.costs.sites[0];
        assert_str(text(&fixture, site->func), row->func);
        assert_str(text(&fixture, site->leaf), row->leaf);
        assert_str(text(&fixture, site->file), "f.go");
        assert_int_equal(site->line, row->line);
        assert_int_equal(site->value[0], 2);
        assert_int_equal(site->value[1], 300);
        fixture_release(&fixture);
    }
}

static void equal_places_are_one_site(void **state)
{
    static const struct sample_text texts[] = {
        {"sync.(*Mutex).Unlock:1<main.add:4<main.a:1", {1, 10, 0, 0}, 1},
        {"sync.(*Mutex).Unlock:1<main.add:4<main.b:1", {2, 20, 0, 0}, 1},
        {"sync.(*Mutex).Unlock:1<main.add:5<main.b:1", {4, 40, 0, 0}, 1},
        {"sync.(*RWMutex).Unlock:1<main.add:4<main.b:1", {8, 80, 0, 0}, 1},
    };
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(fold(&fixture, texts, ARRAY_LEN(texts), false), &fixture.err);
    assert_int_equal(fixture.costs.len, 3);
    assert_int_equal(fixture.costs.sites[0].value[0], 3);
    assert_int_equal(fixture.costs.sites[0].value[1], 30);
    assert_int_equal(fixture.costs.total[0], 15);
    assert_int_equal(fixture.costs.total[1], 150);
    assert_int_equal(fixture.costs.samples, 4);
    fixture_release(&fixture);
}

static void the_profiler_is_left_out_and_nameless_stacks_are_counted(void **state)
{
    static const struct sample_text texts[] = {
        {"runtime.goroutineProfileWithLabels<runtime/pprof.writeGoroutine<net/http/pprof.handler"
         "<main.middleware<net/http.(*conn).serve",
         {1, 10, 0, 0},
         1},
        {"main.work<runtime/pprof.Do<main.main", {2, 20, 0, 0}, 1},
        {"?", {4, 40, 0, 0}, 1},
    };
    struct fixture fixture;
    (void)state;
    for (int by_start = 0; by_start < 2; by_start++) {
        fixture_init(&fixture);
        assert_ok(fold(&fixture, texts, ARRAY_LEN(texts), by_start), &fixture.err);
        assert_int_equal(fixture.costs.excluded[1], 10);
        assert_int_equal(fixture.costs.total[1], 60);
        assert_int_equal(fixture.costs.len, 1);
        assert_int_equal(fixture.costs.sites[0].value[1], 20);
        assert_int_equal(fixture.costs.samples, 3);
        fixture_release(&fixture);
    }
}

static void bad_counts_and_missing_columns_are_refused(void **state)
{
    const struct sample_text negative = {"main.f", {1, -1, 0, 0}, 1};
    const struct sample_text large[] = {{"main.f", {1, INT64_MAX, 0, 0}, 1},
                                        {"main.g", {1, 1, 0, 0}, 1}};
    const struct cost_options options = {.columns = {"goroutine", NULL}};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_fails(fold(&fixture, &negative, 1, false), STATUS_FORMAT, &fixture.err,
                 "sample 1: a negative count");
    assert_fails(fold(&fixture, large, 2, false), STATUS_FORMAT, &fixture.err,
                 "sample 2: a sum exceeds 63 bits");
    struct profile profile = sample_profile(&fixture.arena, &negative, 1);
    assert_fails(costs_fold(&fixture.costs, &fixture.arena, &fixture.names, &profile, &options,
                            &fixture.err),
                 STATUS_FORMAT, &fixture.err, "the profile has no goroutine column");
    assert_int_equal(fixture.costs.len, 0);
    fixture_release(&fixture);
}

/* A real one: 235 samples, as pprof -top counts them (tests/oracle/map_cpu.py). */
static void a_cpu_profile_of_go_is_read(void **state)
{
    const struct cost_options options = {.columns = {"samples", NULL}};
    struct fixture fixture;
    struct profile profile = {0};
    struct bytes data = {0};
    int64_t sum = 0;
    (void)state;
    fixture_init(&fixture);
    assert_ok(io_read_file(&data, &fixture.arena, STR("corpus/data/go1.19_maps_cpu.pb.gz"),
                           PROFILE_PACKED_BYTES_MAX, &fixture.err),
              &fixture.err);
    assert_ok(profile_decode(&profile, &fixture.arena, data, &fixture.err), &fixture.err);
    assert_ok(costs_fold(&fixture.costs, &fixture.arena, &fixture.names, &profile, &options,
                         &fixture.err),
              &fixture.err);
    for (size_t i = 0; i < fixture.costs.len; i++)
        sum += fixture.costs.sites[i].value[0];
    assert_int_equal(fixture.costs.total[0], 235);
    assert_int_equal(sum, 235);
    assert_int_equal(fixture.costs.total[1], 0);
    fixture_release(&fixture);
}

struct real_case {
    const char *file;
    const char *columns[COST_COLUMNS];
    bool by_start;
    const char *func;
    int64_t want[COST_COLUMNS];
};

/* Of tests/e2e/waits/service with its lock and leak, as `go tool pprof -top` counts them. */
static const struct real_case real_cases[] = {
    {"corpus/data/go1.26_waits_mutex.pb.gz",
     {"contentions", "delay"},
     false,
     "main.(*ledger).add",
     {174, 211586870}},
    {"corpus/data/go1.26_waits_block.pb.gz",
     {"delay", NULL},
     false,
     "main.(*ledger).add",
     {189765124, 0}},
    {"corpus/data/go1.26_waits_goroutine.pb.gz",
     {"goroutine", NULL},
     true,
     "main.watch.func1",
     {400, 0}},
};

static void profiles_of_go_are_charged_as_pprof_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(real_cases); i++) {
        const struct real_case *row = &real_cases[i];
        const struct cost_options options = {.columns = {row->columns[0], row->columns[1]},
                                             .module = STR("example.com/waits"),
                                             .by_start = row->by_start};
        struct fixture fixture;
        struct profile profile = {0};
        struct bytes data = {0};
        int64_t sums[COST_COLUMNS] = {0};
        print_message("%s\n", row->file);
        fixture_init(&fixture);
        assert_ok(io_read_file(&data, &fixture.arena, str_from(row->file), PROFILE_PACKED_BYTES_MAX,
                               &fixture.err),
                  &fixture.err);
        assert_ok(profile_decode(&profile, &fixture.arena, data, &fixture.err), &fixture.err);
        assert_ok(costs_fold(&fixture.costs, &fixture.arena, &fixture.names, &profile, &options,
                             &fixture.err),
                  &fixture.err);
        for (size_t s = 0; s < fixture.costs.len; s++) {
            const struct cost_site *site = &fixture.costs.sites[s];
            bool is_it = str_equal_text(text(&fixture, site->func), row->func);
            for (size_t c = 0; c < COST_COLUMNS && is_it; c++)
                sums[c] += site->value[c];
        }
        assert_int_equal(sums[0], row->want[0]);
        assert_int_equal(sums[1], row->want[1]);
        fixture_release(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_charged_to_the_programs_own_code),
        cmocka_unit_test(equal_places_are_one_site),
        cmocka_unit_test(the_profiler_is_left_out_and_nameless_stacks_are_counted),
        cmocka_unit_test(bad_counts_and_missing_columns_are_refused),
        cmocka_unit_test(a_cpu_profile_of_go_is_read),
        cmocka_unit_test(profiles_of_go_are_charged_as_pprof_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
