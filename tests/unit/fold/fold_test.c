#include "gate/fold/fold.h"

#include "tests/support/check.h"
#include "tests/unit/fold/sample.h"

static struct arena arena;
static struct intern names;
static struct err err;

static struct runtime_table runtime;

static int names_up(void **state)
{
    (void)state;
    arena_init(&arena);
    intern_init(&names, &arena);
    assert_ok(runtime_table_open(&runtime, &arena, STR(""), &err), &err);
    return 0;
}

static int names_down(void **state)
{
    (void)state;
    intern_release(&names);
    arena_release(&arena);
    return 0;
}

static struct fold folded(const struct sample_text *texts, size_t count,
                          const struct fold_options *options)
{
    struct profile profile = sample_profile(&arena, texts, count);
    struct fold fold;
    assert_ok(fold_heap(&fold, &arena, &names, &profile, options, &err), &err);
    return fold;
}

static const struct fold_function *function_named(const struct fold *fold, const char *name)
{
    static const struct fold_function none;
    for (size_t i = 0; i < fold->function_count; i++) {
        if (str_equal_text(intern_text(&names, fold->functions[i].func), name))
            return &fold->functions[i];
    }
    fail_msg("no function %s", name);
    return &none;
}

static const struct fold_options shop = {.runtime = &runtime,
                                         .module = STR_INIT("example.com/shop")};

static void flat_is_the_leaf_and_cum_counts_once(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {
        {"fmt.Sprintf<example.com/shop.walk<example.com/shop.walk<main.main", {1, 10, 0, 0}, 0},
        {"example.com/shop.walk<main.main", {2, 20, 1, 7}, 0},
        {"strings.grow|strings.Join<example.com/shop.list|example.com/shop.walk<main.main",
         {4, 40, 0, 0},
         0},
    };
    struct fold fold = folded(texts, ARRAY_LEN(texts), &shop);
    assert_int_equal(fold.function_count, 6);
    assert_int_equal(fold.total[HEAP_ALLOC_OBJECTS], 7);
    assert_int_equal(fold.total[HEAP_ALLOC_SPACE], 70);
    assert_int_equal(fold.total[HEAP_INUSE_OBJECTS], 1);
    assert_int_equal(fold.total[HEAP_INUSE_SPACE], 7);
    const struct fold_function *walk = function_named(&fold, "example.com/shop.walk");
    assert_int_equal(walk->flat[HEAP_ALLOC_SPACE], 20);
    assert_int_equal(walk->cum[HEAP_ALLOC_SPACE], 70);
    assert_int_equal(walk->cum[HEAP_INUSE_SPACE], 7);
    assert_str(intern_text(&names, walk->file), "f.go");
    const struct fold_function *join = function_named(&fold, "strings.Join");
    assert_int_equal(join->flat[HEAP_ALLOC_SPACE], 0);
    assert_int_equal(join->cum[HEAP_ALLOC_SPACE], 40);
    assert_int_equal(function_named(&fold, "strings.grow")->flat[HEAP_ALLOC_OBJECTS], 4);
}

static void equal_sites_are_summed(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {
        {"fmt.Sprintf<example.com/shop.a:4<main.main:1", {1, 10, 0, 0}, 0},
        {"fmt.Sprintf<example.com/shop.a:4<main.main:2", {1, 11, 0, 0}, 0},
        {"fmt.Sprintf<example.com/shop.a:5<main.main:1", {1, 12, 0, 0}, 0},
        {"fmt.Sprintf:2<example.com/shop.a:5<main.main:1", {1, 13, 0, 0}, 0},
        {"fmt.Sprintf<example.com/shop.b:4<main.main:1", {1, 14, 0, 0}, 0},
        {"fmt.Sprintf<example.com/shop.b:4<main.main:1", {0, 0, 0, 0}, 0},
    };
    static const int64_t want[] = {21, 12, 14, 13};
    struct fold fold = folded(texts, ARRAY_LEN(texts), &shop);
    assert_int_equal(fold.site_count, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(fold.sites[i].value[HEAP_ALLOC_SPACE], want[i]);
    assert_str(intern_text(&names, fold.sites[0].user), "example.com/shop.a");
    assert_int_equal(fold.sites[0].user_line, 4);
    assert_int_equal(fold.sites[3].line, 2);
}

static void owner_and_user_are_the_first_frames_of_their_sort(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {
        {"bytes.grow<example.org/dep.Do<sort.Sort<example.com/shop/cart.Add<main.main",
         {1, 1, 0, 0},
         0},
        {"net/http.serve<net/http.loop", {1, 1, 0, 0}, 0},
    };
    struct fold fold = folded(texts, ARRAY_LEN(texts), &shop);
    assert_int_equal(fold.site_count, 2);
    assert_str(intern_text(&names, fold.sites[0].func), "bytes.grow");
    assert_str(intern_text(&names, fold.sites[0].owner), "example.org/dep.Do");
    assert_str(intern_text(&names, fold.sites[0].user), "example.com/shop/cart.Add");
    assert_str(intern_text(&names, fold.sites[0].user_file), "f.go");
    assert_str(intern_text(&names, fold.sites[1].owner), "");
    assert_str(intern_text(&names, fold.sites[1].user), "");
    assert_str(intern_text(&names, fold.sites[1].user_file), "");
}

struct alike_case {
    const char *stack;
    const char *user;
    const char *caller;
};

/* One after the other, so that what is known of one must not stand for the next. */
static const struct alike_case alike_cases[] = {
    {"sort.Sort<fmt.F<example.com/shop.a<main.b", "example.com/shop.a", "main.b"},
    {"sort.Sort<fmt.F<example.com/shop.a<main.b<main.main", "example.com/shop.a", "main.b"},
    {"sort.Sort<fmt.F<example.com/shop.a<main.c", "example.com/shop.a", "main.c"},
    {"sort.Sort<fmt.F<example.com/shop.a", "example.com/shop.a", ""},
    {"sort.Sort<fmt.F<example.com/shop.d<main.b", "example.com/shop.d", "main.b"},
    {"sort.Sort<fmt.F", "", "fmt.F"},
    {"sort.Sort<fmt.F<runtime/pprof.writeHeap", NULL, NULL},
    {"sort.Sort<fmt.F<example.com/shop.a<main.b", "example.com/shop.a", "main.b"},
    {"sort.Sort<e.E<e.F<e.G<e.H<e.I<e.J<example.com/shop.a<main.b", "example.com/shop.a", "main.b"},
    {"sort.Sort<e.E<e.F<e.G<e.H<e.I<e.J<example.com/shop.d<main.b", "example.com/shop.d", "main.b"},
};

/* Frames with the same text are the same location, as in a profile that a program writes. */
static void share_locations(struct profile *profile)
{
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        uint32_t *locations = ARENA_ARRAY(&arena, uint32_t, sample->location_count);
        for (uint32_t j = 0; j < sample->location_count; j++) {
            while (profile->locations[locations[j]].lines[0].function !=
                   profile->locations[sample->locations[j]].lines[0].function)
                locations[j]++;
        }
        profile->samples[i].locations = locations;
    }
}

static void stacks_that_begin_alike_are_told_apart(void **state)
{
    (void)state;
    struct sample_text texts[ARRAY_LEN(alike_cases)];
    struct fold fold;
    for (size_t i = 0; i < ARRAY_LEN(alike_cases); i++)
        texts[i] = (struct sample_text){.stack = alike_cases[i].stack, .values = {1, 1, 0, 0}};
    struct profile profile = sample_profile(&arena, texts, ARRAY_LEN(texts));
    share_locations(&profile);
    assert_ok(fold_heap(&fold, &arena, &names, &profile, &shop, &err), &err);
    assert_int_equal(fold.total[HEAP_ALLOC_OBJECTS], ARRAY_LEN(alike_cases) - 1);
    assert_int_equal(fold.excluded[HEAP_ALLOC_OBJECTS], 1);
    for (size_t i = 0; i < ARRAY_LEN(alike_cases); i++) {
        const struct alike_case *row = &alike_cases[i];
        int64_t want = 0;
        int64_t have = 0;
        print_message("  %s\n", row->stack);
        for (size_t j = 0; j < ARRAY_LEN(alike_cases) && row->user; j++) {
            const struct alike_case *other = &alike_cases[j];
            want += other->user && strcmp(other->user, row->user) == 0 &&
                    strcmp(other->caller, row->caller) == 0;
        }
        for (size_t j = 0; j < fold.site_count && row->user; j++) {
            const struct fold_site *site = &fold.sites[j];
            if (str_equal_text(intern_text(&names, site->user), row->user) &&
                str_equal_text(intern_text(&names, site->caller), row->caller))
                have += site->value[HEAP_ALLOC_OBJECTS];
        }
        assert_int_equal(have, want);
    }
}

static void a_module_without_a_dot_owns_its_frames(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {{"fmt.F<orders/cart.Add", {1, 1, 0, 0}, 0}};
    static const struct fold_options options = {.runtime = &runtime, .module = STR_INIT("orders")};
    struct fold fold = folded(texts, 1, &options);
    assert_str(intern_text(&names, fold.sites[0].owner), "orders/cart.Add");
}

struct excluded_case {
    const char *stack;
    bool excluded;
};

static const struct excluded_case excluded_cases[] = {
    {"compress/flate.New<runtime/pprof.writeHeap<net/http.serve", true},
    {"net/http/pprof.Index<net/http.serve", true},
    {"net/http/pprof.Index<example.com/shop.handlePprof", true},
    {"example.com/shop.a<net/http/pprof.Index", false},
    {"fmt.Sprintf<example.com/shop.a<runtime/pprof.Do<example.com/shop.b", false},
    {"fmt.Sprintf<runtime/pprof.Do<example.com/shop.b", false},
    {"fmt.Sprintf<testing.(*B).launch", true},
    {"testing.(*B).Run<main.main", true},
    {"fmt.Sprintf<testing.(*B).Log<example.com/shop.BenchmarkA<testing.(*B).runN", true},
    {"fmt.Sprintf<example.com/shop.BenchmarkA<testing.(*B).runN", false},
    {"testing/quick.Check<example.com/shop.TestA<testing.tRunner", false},
    {"runtime/pprofother.F<main.main", false},
    {"net/http.serve", false},
};

static void profiler_and_benchmark_machinery_are_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(excluded_cases); i++) {
        const struct excluded_case *test = &excluded_cases[i];
        print_message("  %s\n", test->stack);
        const struct sample_text text = {test->stack, {3, 30, 2, 20}, 0};
        struct fold fold = folded(&text, 1, &shop);
        assert_int_equal(fold.excluded[HEAP_ALLOC_SPACE], test->excluded ? 30 : 0);
        assert_int_equal(fold.total[HEAP_ALLOC_SPACE], test->excluded ? 0 : 30);
        assert_int_equal(fold.excluded[HEAP_INUSE_OBJECTS], test->excluded ? 2 : 0);
        assert_int_equal(fold.site_count, test->excluded ? 0 : 1);
        assert_int_equal(fold.function_count == 0, test->excluded);
    }
}

struct leaf_case {
    const char *stack;
    const char *func;
    const char *entry;
    enum alloc_kind kind;
    enum alloc_op op;
};

static const struct leaf_case visible_cases[] = {
    {"runtime.mallocgc<runtime.growslice<main.f", "main.f", "runtime.growslice", ALLOC_KIND_SLICE,
     ALLOC_OP_GROW},
    {"internal/runtime/maps.newarray<runtime.mapassign<main.f", "main.f", "runtime.mapassign",
     ALLOC_KIND_MAP, ALLOC_OP_GROW},
    {"runtime.makemap|reflect.makemap<main.f", "reflect.makemap", "runtime.makemap", ALLOC_KIND_MAP,
     ALLOC_OP_MAKE},
    {"runtime.mallocgc<internal/bytealg.MakeNoZero<main.f", "internal/bytealg.MakeNoZero",
     "runtime.mallocgc", ALLOC_KIND_SLICE, ALLOC_OP_MAKE},
    {"runtime.mallocgc<internal/bytealg.MakeNoZero<strings.(*Builder).grow<main.f",
     "internal/bytealg.MakeNoZero", "runtime.mallocgc", ALLOC_KIND_STRING, ALLOC_OP_BUILD},
    {"runtime.mallocgc<runtime.deferproc<main.f", "main.f", "runtime.deferproc", ALLOC_KIND_OTHER,
     ALLOC_OP_NONE},
    {"runtime.mallocgc<?<main.f", "", "runtime.mallocgc", ALLOC_KIND_SLICE, ALLOC_OP_MAKE},
    {"runtime/debug.Stack<main.f", "runtime/debug.Stack", "", ALLOC_KIND_UNKNOWN, ALLOC_OP_NONE},
};

static const struct leaf_case runtime_cases[] = {
    {"runtime.malg<runtime.newproc1", "runtime.malg", "", ALLOC_KIND_GOROUTINE, ALLOC_OP_NONE},
    {"runtime.mallocgc<runtime.newobject<runtime.malg<runtime.newproc1", "runtime.malg",
     "runtime.newobject", ALLOC_KIND_GOROUTINE, ALLOC_OP_NONE},
    {"runtime.mallocgcSmallScanNoHeaderSC9|runtime.malg<runtime.newproc1", "runtime.malg",
     "runtime.mallocgcSmallScanNoHeaderSC9", ALLOC_KIND_GOROUTINE, ALLOC_OP_NONE},
    {"runtime.mallocgc<runtime.growslice<runtime.allgadd<runtime.newproc1", "runtime.allgadd",
     "runtime.growslice", ALLOC_KIND_GOROUTINE, ALLOC_OP_NONE},
    {"runtime.mallocgc<runtime.newobject<runtime.allocm<runtime.newm", "runtime.allocm",
     "runtime.newobject", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    {"runtime.gcBgMarkWorker", "runtime.gcBgMarkWorker", "", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    {"runtime.mallocgc<runtime.newobject<runtime.acquireSudog<runtime.chansend",
     "runtime.acquireSudog", "runtime.newobject", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    {"runtime.growslice<runtime.(*timers).addHeap<runtime.(*timer).maybeAdd",
     "runtime.(*timers).addHeap", "runtime.growslice", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    {"runtime.growslice<runtime.doaddtimer<runtime.addtimer", "runtime.doaddtimer",
     "runtime.growslice", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    {"runtime.mallocgc<runtime.mapassign<runtime.doInit1", "runtime.doInit1", "runtime.mapassign",
     ALLOC_KIND_MAP, ALLOC_OP_GROW},
    {"runtime.mallocgc", "runtime.mallocgc", "", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
};

static void assert_leaf(const struct leaf_case *test)
{
    print_message("  %s\n", test->stack);
    const struct sample_text text = {test->stack, {1, 8, 0, 0}, 0};
    struct fold fold = folded(&text, 1, &shop);
    const struct fold_site *site = &fold.sites[0];
    assert_int_equal(fold.site_count, 1);
    assert_str(intern_text(&names, site->func), test->func);
    assert_str(intern_text(&names, site->entry), test->entry);
    assert_string_equal(alloc_kind_name(site->kind), alloc_kind_name(test->kind));
    assert_string_equal(alloc_op_name(site->op), alloc_op_name(test->op));
    assert_int_equal(function_named(&fold, test->func)->flat[HEAP_ALLOC_SPACE], 8);
}

static void the_leaf_is_behind_visible_runtime_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(visible_cases); i++)
        assert_leaf(&visible_cases[i]);
    const struct sample_text text = {visible_cases[0].stack, {1, 8, 0, 0}, 0};
    struct fold fold = folded(&text, 1, &shop);
    assert_int_equal(function_named(&fold, "runtime.mallocgc")->cum[HEAP_ALLOC_SPACE], 8);
    assert_int_equal(function_named(&fold, "runtime.mallocgc")->flat[HEAP_ALLOC_SPACE], 0);
}

static void stacks_of_the_runtime_have_their_own_leaves(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(runtime_cases); i++)
        assert_leaf(&runtime_cases[i]);
}

struct caller_case {
    const char *stack;
    const char *user;
    const char *caller;
};

static const struct caller_case caller_cases[] = {
    {"main.f<main.g<main.main", "main.f", "main.g"},
    {"fmt.F<main.f<main.f<main.g", "main.f", "main.g"},
    {"main.f<sort.S<example.com/shop.h", "main.f", "example.com/shop.h"},
    {"main.f<main.f<sort.S<net/http.H", "main.f", "sort.S"},
    {"fmt.F|fmt.G<net/http.H", "", "fmt.G"},
    {"fmt.F<fmt.F<net/http.H", "", "net/http.H"},
    {"main.f", "main.f", ""},
    {"main.f<main.f", "main.f", ""},
    {"fmt.F", "", ""},
    {"?<fmt.F<fmt.G", "", "fmt.F"},
    {"runtime.mallocgc<runtime.malg<runtime.newproc1", "", "runtime.newproc1"},
    {"runtime.mallocgc<runtime.growslice<fmt.F<fmt.G", "", "fmt.G"},
    {"a.x/d.D<main.f<a.x/e.E<a.x/e.G<main.h<main.k", "main.f", "main.h"},
};

static void the_caller_is_the_next_function_of_the_program(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(caller_cases); i++) {
        const struct caller_case *test = &caller_cases[i];
        print_message("  %s\n", test->stack);
        const struct sample_text text = {test->stack, {1, 8, 0, 0}, 0};
        struct fold fold = folded(&text, 1, &shop);
        assert_str(intern_text(&names, fold.sites[0].user), test->user);
        assert_str(intern_text(&names, fold.sites[0].caller), test->caller);
    }
}

/* Of one leaf, user and caller; the frame between them tells a string's bytes from a slice's. */
static void the_frame_beyond_a_leaf_may_tell_its_kind(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {
        {"internal/bytealg.MakeNoZero<strings.Repeat<main.f<main.g", {1, 1, 0, 0}, 0},
        {"internal/bytealg.MakeNoZero<bytes.Repeat<main.f<main.g", {1, 2, 0, 0}, 0},
        {"internal/bytealg.MakeNoZero<strings.Repeat<main.f<main.g", {1, 4, 0, 0}, 0},
    };
    struct profile profile = sample_profile(&arena, texts, ARRAY_LEN(texts));
    /* One location for the leaf, and one for the user frame. */
    for (size_t i = 1; i < ARRAY_LEN(texts); i++) {
        uint32_t *locations = ARENA_ARRAY(&arena, uint32_t, 4);
        memcpy(locations, profile.samples[i].locations, 4 * sizeof(*locations));
        locations[0] = profile.samples[0].locations[0];
        locations[2] = profile.samples[0].locations[2];
        profile.samples[i].locations = locations;
    }
    struct fold fold;
    assert_ok(fold_heap(&fold, &arena, &names, &profile, &shop, &err), &err);
    assert_int_equal(fold.site_count, 2);
    assert_int_equal(fold.sites[0].kind, ALLOC_KIND_SLICE);
    assert_int_equal(fold.sites[0].value[HEAP_ALLOC_SPACE], 2);
    assert_int_equal(fold.sites[1].kind, ALLOC_KIND_STRING);
    assert_int_equal(fold.sites[1].value[HEAP_ALLOC_SPACE], 5);
}

static void sites_of_one_line_are_told_apart_by_caller_and_inlining(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {
        {"fmt.F<main.f<main.g", {1, 1, 0, 0}, 0},
        {"fmt.F<main.f<main.h", {1, 2, 0, 0}, 0},
        {"fmt.F|main.f<main.h", {1, 4, 0, 0}, 0},
        {"fmt.F<main.f<main.h<main.main", {1, 8, 0, 0}, 0},
    };
    struct fold fold = folded(texts, ARRAY_LEN(texts), &shop);
    assert_int_equal(fold.site_count, 3);
    assert_int_equal(fold.sites[0].value[HEAP_ALLOC_SPACE], 1);
    assert_int_equal(fold.sites[1].value[HEAP_ALLOC_SPACE], 10);
    assert_int_equal(fold.sites[2].value[HEAP_ALLOC_SPACE], 4);
    assert_str(intern_text(&names, fold.sites[1].chain), "");
    assert_str(intern_text(&names, fold.sites[2].chain), "fmt.F < main.f");
    struct fold rest;
    fold_subtract(&rest, &arena, &names, &fold, &fold);
    assert_int_equal(rest.site_count, 0);
}

static void leaves_without_a_name_keep_the_sums_whole(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {
        {"?<main.main", {1, 8, 0, 0}, 0},
        {"", {1, 16, 0, 0}, 0},
        {"main.main", {1, 32, 0, 0}, 0},
    };
    struct fold fold = folded(texts, ARRAY_LEN(texts), &shop);
    assert_int_equal(function_named(&fold, "")->flat[HEAP_ALLOC_SPACE], 24);
    assert_int_equal(function_named(&fold, "main.main")->flat[HEAP_ALLOC_SPACE], 32);
    assert_int_equal(function_named(&fold, "main.main")->cum[HEAP_ALLOC_SPACE], 40);
    assert_int_equal(fold.total[HEAP_ALLOC_SPACE], 56);
}

static void order_is_by_text_whatever_came_first(void **state)
{
    (void)state;
    static const struct sample_text forward[] = {
        {"b.x/p.B:2<main.m", {1, 1, 0, 0}, 0},
        {"b.x/p.B:1<main.m", {1, 2, 0, 0}, 0},
        {"a.x/p.A:9<main.m", {1, 3, 0, 0}, 0},
        {"b.x/p.B:1<main.k", {1, 4, 0, 0}, 0},
    };
    static const int64_t want[] = {3, 4, 2, 1};
    struct sample_text backward[ARRAY_LEN(forward)];
    for (size_t i = 0; i < ARRAY_LEN(forward); i++)
        backward[i] = forward[ARRAY_LEN(forward) - 1 - i];
    struct fold first = folded(forward, ARRAY_LEN(forward), &shop);
    struct fold second = folded(backward, ARRAY_LEN(backward), &shop);
    assert_int_equal(first.site_count, ARRAY_LEN(want));
    assert_int_equal(second.site_count, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(first.sites[i].value[HEAP_ALLOC_SPACE], want[i]);
        assert_int_equal(second.sites[i].value[HEAP_ALLOC_SPACE], want[i]);
    }
    assert_str(intern_text(&names, first.functions[0].func), "a.x/p.A");
    assert_str(intern_text(&names, second.functions[3].func), "main.m");
}

static void a_missing_column_is_named(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {{"main.main", {1, 1, 1, 1}, 0}};
    struct profile profile = sample_profile(&arena, texts, 1);
    struct fold fold;
    profile.types[2].type = STR("samples");
    assert_fails(fold_heap(&fold, &arena, &names, &profile, &shop, &err), STATUS_FORMAT, &err,
                 "inuse_objects");
}

static void columns_are_found_in_any_order(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {{"main.main", {1, 2, 3, 4}, 0}};
    struct profile profile = sample_profile(&arena, texts, 1);
    struct fold fold;
    profile.types[0].type = STR("inuse_space");
    profile.types[3].type = STR("alloc_objects");
    assert_ok(fold_heap(&fold, &arena, &names, &profile, &shop, &err), &err);
    assert_int_equal(fold.total[HEAP_ALLOC_OBJECTS], 4);
    assert_int_equal(fold.total[HEAP_INUSE_SPACE], 1);
}

static void a_sum_past_63_bits_is_refused(void **state)
{
    (void)state;
    static const struct sample_text texts[] = {
        {"main.a", {1, INT64_MAX, 0, 0}, 0},
        {"main.b", {1, 1, 0, 0}, 0},
    };
    struct profile profile = sample_profile(&arena, texts, 2);
    struct fold fold;
    assert_fails(fold_heap(&fold, &arena, &names, &profile, &shop, &err), STATUS_FORMAT, &err,
                 "sample 2");
}

static void subtraction_keeps_what_changed(void **state)
{
    (void)state;
    static const struct sample_text early[] = {
        {"main.a", {1, 10, 1, 10}, 0},
        {"main.b", {1, 20, 1, 20}, 0},
        {"main.gone", {1, 5, 1, 5}, 0},
        {"runtime/pprof.w", {1, 100, 0, 0}, 0},
    };
    static const struct sample_text late[] = {
        {"main.a", {3, 30, 1, 10}, 0},
        {"main.b", {1, 20, 1, 20}, 0},
        {"main.fresh", {1, 7, 0, 0}, 0},
        {"runtime/pprof.w", {1, 150, 0, 0}, 0},
    };
    struct fold later = folded(late, ARRAY_LEN(late), &shop);
    struct fold earlier = folded(early, ARRAY_LEN(early), &shop);
    struct fold fold;
    fold_subtract(&fold, &arena, &names, &later, &earlier);
    assert_int_equal(fold.site_count, 3);
    assert_int_equal(fold.function_count, 3);
    assert_int_equal(function_named(&fold, "main.a")->flat[HEAP_ALLOC_SPACE], 20);
    assert_int_equal(function_named(&fold, "main.a")->cum[HEAP_INUSE_SPACE], 0);
    assert_int_equal(function_named(&fold, "main.fresh")->flat[HEAP_ALLOC_SPACE], 7);
    assert_int_equal(function_named(&fold, "main.gone")->flat[HEAP_ALLOC_SPACE], -5);
    assert_int_equal(fold.sites[0].value[HEAP_ALLOC_OBJECTS], 2);
    assert_int_equal(fold.sites[2].value[HEAP_INUSE_SPACE], -5);
    assert_int_equal(fold.total[HEAP_ALLOC_SPACE], 57 - 35);
    assert_int_equal(fold.excluded[HEAP_ALLOC_SPACE], 50);
    assert_int_equal(fold.period, 1);
}

static void subtraction_stops_at_the_end_of_the_range(void **state)
{
    (void)state;
    static const struct sample_text high[] = {{"main.a", {1, INT64_MAX, 0, 0}, 0}};
    static const struct sample_text low[] = {{"main.a", {1, INT64_MIN, 0, 0}, 0}};
    struct fold later = folded(high, 1, &shop);
    struct fold earlier = folded(low, 1, &shop);
    struct fold fold;
    fold_subtract(&fold, &arena, &names, &later, &earlier);
    assert_true(fold.sites[0].value[HEAP_ALLOC_SPACE] == INT64_MAX);
    fold_subtract(&fold, &arena, &names, &earlier, &later);
    assert_true(fold.total[HEAP_ALLOC_SPACE] == INT64_MIN);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, names_up, names_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(flat_is_the_leaf_and_cum_counts_once),
        TEST(equal_sites_are_summed),
        TEST(owner_and_user_are_the_first_frames_of_their_sort),
        TEST(stacks_that_begin_alike_are_told_apart),
        TEST(a_module_without_a_dot_owns_its_frames),
        TEST(profiler_and_benchmark_machinery_are_left_out),
        TEST(the_leaf_is_behind_visible_runtime_frames),
        TEST(stacks_of_the_runtime_have_their_own_leaves),
        TEST(the_caller_is_the_next_function_of_the_program),
        TEST(the_frame_beyond_a_leaf_may_tell_its_kind),
        TEST(sites_of_one_line_are_told_apart_by_caller_and_inlining),
        TEST(leaves_without_a_name_keep_the_sums_whole),
        TEST(order_is_by_text_whatever_came_first),
        TEST(a_missing_column_is_named),
        TEST(columns_are_found_in_any_order),
        TEST(a_sum_past_63_bits_is_refused),
        TEST(subtraction_keeps_what_changed),
        TEST(subtraction_stops_at_the_end_of_the_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
