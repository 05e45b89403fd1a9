#include "gate/fold/kind.h"

#include "tests/support/check.h"

struct kind_case {
    const char *name;
    enum alloc_kind kind;
};

/* The runtime entries measured in Go 1.19 to 1.27, by what the source line allocates. */
static const struct kind_case target_cases[] = {
    {"runtime.makemap", ALLOC_KIND_MAP},
    {"runtime.makemap_small", ALLOC_KIND_MAP},
    {"runtime.makemap64", ALLOC_KIND_MAP},
    {"runtime.mapassign", ALLOC_KIND_MAP},
    {"runtime.mapassign_faststr", ALLOC_KIND_MAP},
    {"runtime.mapassign_fast64ptr", ALLOC_KIND_MAP},
    {"runtime.mapclone2", ALLOC_KIND_MAP},
    {"internal/runtime/maps.(*Map).Clone", ALLOC_KIND_MAP},
    {"internal/runtime/maps.NewMap", ALLOC_KIND_MAP},
    {"reflect.makemap", ALLOC_KIND_MAP},
    {"reflect.mapassign_faststr0", ALLOC_KIND_MAP},
    {"maps.clone", ALLOC_KIND_MAP},
    {"runtime.makeslice", ALLOC_KIND_SLICE},
    {"runtime.makeslicecopy", ALLOC_KIND_SLICE},
    {"runtime.growslice", ALLOC_KIND_SLICE},
    {"runtime.newarray", ALLOC_KIND_SLICE},
    {"runtime.mallocgc", ALLOC_KIND_SLICE},
    {"runtime.stringtoslicebyte", ALLOC_KIND_SLICE},
    {"runtime.stringtoslicerune", ALLOC_KIND_SLICE},
    {"runtime.slicebytetostring", ALLOC_KIND_STRING},
    {"runtime.slicerunetostring", ALLOC_KIND_STRING},
    {"runtime.intstring", ALLOC_KIND_STRING},
    {"runtime.concatstring2", ALLOC_KIND_STRING},
    {"runtime.concatstrings", ALLOC_KIND_STRING},
    {"internal/bytealg.MakeNoZero", ALLOC_KIND_STRING},
    {"runtime.convT", ALLOC_KIND_BOXING},
    {"runtime.convTnoptr", ALLOC_KIND_BOXING},
    {"runtime.convT64", ALLOC_KIND_BOXING},
    {"runtime.convTstring", ALLOC_KIND_BOXING},
    {"runtime.convTslice", ALLOC_KIND_BOXING},
    {"runtime.newobject", ALLOC_KIND_OBJECT},
    {"runtime.mallocgcSmallScanNoHeaderSC6", ALLOC_KIND_OBJECT},
    {"runtime.mallocgcSmallNoScanSC2", ALLOC_KIND_OBJECT},
    {"runtime.mallocgcTinySC2", ALLOC_KIND_OBJECT},
    {"reflect.unsafe_New", ALLOC_KIND_OBJECT},
    {"runtime.makechan", ALLOC_KIND_CHANNEL},
    {"runtime.newproc", ALLOC_KIND_GOROUTINE},
    {"runtime.newcoro", ALLOC_KIND_GOROUTINE},
    {"runtime.deferproc", ALLOC_KIND_OTHER},
    {"runtime.deferrangefunc", ALLOC_KIND_OTHER},
    {"runtime.getOrAddWeakHandle", ALLOC_KIND_OTHER},
    {"main.run", ALLOC_KIND_OTHER},
};

static const struct kind_case leaf_cases[] = {
    {"reflect.makemap", ALLOC_KIND_MAP},
    {"reflect.mapassign0", ALLOC_KIND_MAP},
    {"maps.clone", ALLOC_KIND_MAP},
    {"internal/bytealg.MakeNoZero", ALLOC_KIND_STRING},
    {"strings.(*Builder).grow", ALLOC_KIND_STRING},
    {"reflect.unsafe_New", ALLOC_KIND_OBJECT},
    {"reflect.unsafe_NewArray", ALLOC_KIND_SLICE},
    {"internal/reflectlite.unsafe_New", ALLOC_KIND_OBJECT},
    {"reflect.makechan", ALLOC_KIND_CHANNEL},
    {"runtime.malg", ALLOC_KIND_GOROUTINE},
    {"runtime.mallocgc", ALLOC_KIND_UNKNOWN},
    {"reflect.New", ALLOC_KIND_UNKNOWN},
    {"main.reflect.unsafe_New", ALLOC_KIND_UNKNOWN},
    {"", ALLOC_KIND_UNKNOWN},
};

static void targets_tell_the_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(target_cases); i++) {
        print_message("  %s\n", target_cases[i].name);
        assert_int_equal(alloc_kind_of_target(str_from(target_cases[i].name)),
                         target_cases[i].kind);
    }
}

static void some_leaves_tell_the_kind_themselves(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(leaf_cases); i++) {
        print_message("  %s\n", leaf_cases[i].name);
        assert_int_equal(alloc_kind_of_leaf(str_from(leaf_cases[i].name)), leaf_cases[i].kind);
    }
}

static void names_of_kinds_read_back(void **state)
{
    (void)state;
    enum alloc_kind kind = ALLOC_KIND_OTHER;
    for (size_t i = 0; i < ALLOC_KINDS; i++) {
        assert_true(alloc_kind_parse(&kind, str_from(alloc_kind_name((enum alloc_kind)i))));
        assert_int_equal(kind, i);
    }
    assert_string_equal(alloc_kind_name(ALLOC_KIND_BOXING), "boxing");
    assert_false(alloc_kind_parse(&kind, STR("Map")));
    assert_false(alloc_kind_parse(&kind, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_tell_the_kind),
        cmocka_unit_test(some_leaves_tell_the_kind_themselves),
        cmocka_unit_test(names_of_kinds_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
