#include "gate/fold/origin.h"

#include "tests/support/check.h"
#include "tests/unit/fold/sample.h"

static struct arena arena;
static struct intern names;
static struct runtime_table runtime;
static struct err err;

static int names_up(void **state)
{
    (void)state;
    arena_init(&arena);
    intern_init(&names, &arena);
    assert_ok(runtime_table_open(&runtime, &arena, STR("go1.27.1"), &err), &err);
    return 0;
}

static int names_down(void **state)
{
    (void)state;
    intern_release(&names);
    arena_release(&arena);
    return 0;
}

/* The mapping of a sample puts file offset 0x1000 at 0x400000. */
static struct call_target items[] = {
    {0x1010, STR_INIT("runtime.mapassign_faststr"), {0}, ALLOC_HOW_CALL},
    {0x1020, STR_INIT("runtime.mallocgc"), {0}, ALLOC_HOW_CALL},
    {0x1030, STR_INIT("runtime.newobject"), STR_INIT("main.point"), ALLOC_HOW_CALL},
    {0x1040, STR_INIT("runtime.deferproc"), {0}, ALLOC_HOW_CALL},
    {0x1060, STR_INIT("runtime.newobject"), STR_INIT("struct { F uintptr; X0 int }"),
     ALLOC_HOW_CALL},
    {0x1070, STR_INIT("runtime.mallocgcSmallNoScanSC4"), STR_INIT("struct { F uintptr; X0 int }"),
     ALLOC_HOW_CALL},
    {0x1080, STR_INIT("runtime.makeslice"), STR_INIT("struct { F uintptr; X0 int }"),
     ALLOC_HOW_CALL},
    {0x1090, STR_INIT("runtime.makemap"), {0}, ALLOC_HOW_CHAIN},
};

struct origin_case {
    const char *stack;
    uint64_t address;
    enum alloc_kind kind;
    enum alloc_op op;
    enum alloc_how how;
    const char *entry;
};

#define WANT(kind, op, how) ALLOC_KIND_##kind, ALLOC_OP_##op, ALLOC_HOW_##how

static const struct origin_case origin_cases[] = {
    {"main.f", 0x400010, WANT(MAP, GROW, CALL), "runtime.mapassign_faststr"},
    {"main.f", 0x400020, WANT(SLICE, MAKE, CALL), "runtime.mallocgc"},
    {"main.f", 0x400030, WANT(OBJECT, NONE, CALL), "runtime.newobject"},
    {"main.f", 0x400040, WANT(OTHER, NONE, CALL), "runtime.deferproc"},
    {"main.f", 0x400050, WANT(UNKNOWN, NONE, UNKNOWN), ""},
    {"main.f", 0x600010, WANT(UNKNOWN, NONE, UNKNOWN), ""},
    {"main.f", 0x400060, WANT(CLOSURE, NONE, CALL), "runtime.newobject"},
    {"main.f", 0x400070, WANT(CLOSURE, NONE, CALL), "runtime.mallocgcSmallNoScanSC4"},
    {"main.f", 0x400080, WANT(SLICE, MAKE, CALL), "runtime.makeslice"},
    {"main.f", 0x400090, WANT(MAP, MAKE, CHAIN), "runtime.makemap"},
    {"?<main.f", 0x400030, WANT(OBJECT, NONE, CALL), "runtime.newobject"},
    {"?<main.f", 0, WANT(UNKNOWN, NONE, UNKNOWN), ""},
    {"internal/bytealg.MakeNoZero<strings.(*Builder).grow<main.f", 0x400020,
     WANT(STRING, BUILD, NAME), "runtime.mallocgc"},
    {"reflect.unsafe_New<reflect.New<main.f", 0x400020, WANT(OBJECT, NONE, NAME),
     "runtime.mallocgc"},
    {"reflect.makemap<main.f", 0x400030, WANT(MAP, MAKE, NAME), "runtime.newobject"},
    {"maps.clone<main.f", 0, WANT(MAP, CLONE, NAME), ""},
    {"runtime.malg<runtime.newproc1", 0x400030, WANT(GOROUTINE, NONE, NAME), "runtime.newobject"},
    {"runtime.allocm", 0x400010, WANT(OTHER, NONE, NAME), "runtime.mapassign_faststr"},
    {"runtime.mallocgc<runtime.makechan<main.f", 0x400010, WANT(CHANNEL, MAKE, CHAIN),
     "runtime.makechan"},
    {"", 0, WANT(UNKNOWN, NONE, UNKNOWN), ""},
};

static struct origin origin_in(const struct profile *profile, const struct fold_options *options,
                               size_t sample)
{
    struct origins origins;
    struct frame *frames = frames_of(profile, &arena, &names, options);
    struct stack stack = stack_read(profile, frames, &profile->samples[sample]);
    origins_init(&origins, &arena, &names, profile, frames, options);
    return origin_of(&origins, &profile->samples[sample], &stack);
}

static void name_then_frames_then_target_tell_the_kind(void **state)
{
    (void)state;
    const struct call_targets targets = {.items = items, .len = ARRAY_LEN(items)};
    const struct fold_options options = {.runtime = &runtime, .targets = &targets};
    for (size_t i = 0; i < ARRAY_LEN(origin_cases); i++) {
        const struct origin_case *test = &origin_cases[i];
        print_message("  %s at %llx\n", test->stack, (unsigned long long)test->address);
        const struct sample_text text = {test->stack, {1, 1, 0, 0}, test->address};
        struct profile profile = sample_profile(&arena, &text, 1);
        struct origin origin = origin_in(&profile, &options, 0);
        assert_string_equal(alloc_kind_name(origin.class.kind), alloc_kind_name(test->kind));
        assert_string_equal(alloc_op_name(origin.class.op), alloc_op_name(test->op));
        assert_string_equal(alloc_how_name(origin.how), alloc_how_name(test->how));
        assert_str(intern_text(&names, origin.entry), test->entry);
    }
}

static void without_targets_names_alone_tell_the_kind(void **state)
{
    (void)state;
    static const struct fold_options options = {.runtime = &runtime};
    static const struct sample_text texts[] = {
        {"reflect.unsafe_New<main.f", {1, 1, 0, 0}, 0x400010},
        {"main.f", {1, 1, 0, 0}, 0x400010},
    };
    struct profile profile = sample_profile(&arena, texts, ARRAY_LEN(texts));
    assert_int_equal(origin_in(&profile, &options, 0).class.kind, ALLOC_KIND_OBJECT);
    assert_int_equal(origin_in(&profile, &options, 1).class.kind, ALLOC_KIND_UNKNOWN);
}

struct chain_case {
    const char *stack;
    const char *chain;
};

static const struct chain_case chain_cases[] = {
    {"strings.genSplit|strings.Split|main.handler<main.main",
     "strings.genSplit < strings.Split < main.handler"},
    {"runtime.makemap|reflect.makemap|main.f<main.main", "reflect.makemap < main.f"},
    {"runtime.makemap|reflect.makemap<main.f|main.main", ""},
    {"main.f<main.g|main.main", ""},
    {"runtime.newobject|runtime.malg|runtime.newproc1", "runtime.malg < runtime.newproc1"},
};

static void inlined_leaves_have_a_chain(void **state)
{
    (void)state;
    static const struct fold_options options = {.runtime = &runtime};
    for (size_t i = 0; i < ARRAY_LEN(chain_cases); i++) {
        print_message("  %s\n", chain_cases[i].stack);
        const struct sample_text text = {chain_cases[i].stack, {1, 1, 0, 0}, 0};
        struct profile profile = sample_profile(&arena, &text, 1);
        assert_str(intern_text(&names, origin_in(&profile, &options, 0).chain),
                   chain_cases[i].chain);
    }
}

static void the_type_of_the_call_is_kept(void **state)
{
    (void)state;
    const struct call_targets targets = {.items = items, .len = ARRAY_LEN(items)};
    const struct fold_options options = {.runtime = &runtime, .targets = &targets};
    static const struct sample_text texts[] = {{"main.f", {1, 1, 0, 0}, 0x400030}};
    struct profile profile = sample_profile(&arena, texts, 1);
    assert_str(intern_text(&names, origin_in(&profile, &options, 0).type), "main.point");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, names_up, names_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(name_then_frames_then_target_tell_the_kind),
        TEST(without_targets_names_alone_tell_the_kind),
        TEST(inlined_leaves_have_a_chain),
        TEST(the_type_of_the_call_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
