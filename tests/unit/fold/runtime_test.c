#include "gate/fold/runtime.h"

#include "tests/support/check.h"

static struct arena arena;
static struct err err;

static int arena_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int arena_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

struct class_case {
    const char *name;
    enum alloc_kind kind;
    enum alloc_op op;
};

/* The runtime entries measured in Go 1.19 to 1.27, by what the source line allocates. */
static const struct class_case target_cases[] = {
    {"runtime.makemap", ALLOC_KIND_MAP, ALLOC_OP_MAKE},
    {"runtime.makemap_small", ALLOC_KIND_MAP, ALLOC_OP_MAKE},
    {"runtime.makemap64", ALLOC_KIND_MAP, ALLOC_OP_MAKE},
    {"runtime.mapassign", ALLOC_KIND_MAP, ALLOC_OP_GROW},
    {"runtime.mapassign_faststr", ALLOC_KIND_MAP, ALLOC_OP_GROW},
    {"runtime.mapassign_fast64ptr", ALLOC_KIND_MAP, ALLOC_OP_GROW},
    {"runtime.mapclone2", ALLOC_KIND_MAP, ALLOC_OP_CLONE},
    {"internal/runtime/maps.(*Map).Clone", ALLOC_KIND_MAP, ALLOC_OP_CLONE},
    {"internal/runtime/maps.NewMap", ALLOC_KIND_MAP, ALLOC_OP_MAKE},
    {"reflect.makemap", ALLOC_KIND_MAP, ALLOC_OP_MAKE},
    {"internal/runtime/maps.newGroups", ALLOC_KIND_MAP, ALLOC_OP_GROW},
    {"reflect.mapassign_faststr0", ALLOC_KIND_MAP, ALLOC_OP_GROW},
    {"maps.clone", ALLOC_KIND_MAP, ALLOC_OP_CLONE},
    {"runtime.makeslice", ALLOC_KIND_SLICE, ALLOC_OP_MAKE},
    {"runtime.makeslicecopy", ALLOC_KIND_SLICE, ALLOC_OP_MAKE},
    {"runtime.growslice", ALLOC_KIND_SLICE, ALLOC_OP_GROW},
    {"runtime.newarray", ALLOC_KIND_SLICE, ALLOC_OP_MAKE},
    {"runtime.mallocgc", ALLOC_KIND_SLICE, ALLOC_OP_MAKE},
    {"runtime.stringtoslicebyte", ALLOC_KIND_SLICE, ALLOC_OP_CONVERT},
    {"runtime.stringtoslicerune", ALLOC_KIND_SLICE, ALLOC_OP_CONVERT},
    {"runtime.slicebytetostring", ALLOC_KIND_STRING, ALLOC_OP_CONVERT},
    {"runtime.slicerunetostring", ALLOC_KIND_STRING, ALLOC_OP_CONVERT},
    {"runtime.intstring", ALLOC_KIND_STRING, ALLOC_OP_CONVERT},
    {"runtime.concatstring2", ALLOC_KIND_STRING, ALLOC_OP_CONCAT},
    {"runtime.concatstrings", ALLOC_KIND_STRING, ALLOC_OP_CONCAT},
    {"internal/bytealg.MakeNoZero", ALLOC_KIND_SLICE, ALLOC_OP_MAKE},
    {"runtime.convT", ALLOC_KIND_BOXING, ALLOC_OP_NONE},
    {"runtime.convTnoptr", ALLOC_KIND_BOXING, ALLOC_OP_NONE},
    {"runtime.convT64", ALLOC_KIND_BOXING, ALLOC_OP_NONE},
    {"runtime.convTstring", ALLOC_KIND_BOXING, ALLOC_OP_NONE},
    {"runtime.convTslice", ALLOC_KIND_BOXING, ALLOC_OP_NONE},
    {"runtime.newobject", ALLOC_KIND_OBJECT, ALLOC_OP_NONE},
    {"runtime.mallocgcSmallScanNoHeaderSC6", ALLOC_KIND_OBJECT, ALLOC_OP_NONE},
    {"runtime.mallocgcSmallNoScanSC2", ALLOC_KIND_OBJECT, ALLOC_OP_NONE},
    {"runtime.mallocgcTinySC2", ALLOC_KIND_OBJECT, ALLOC_OP_NONE},
    {"reflect.unsafe_New", ALLOC_KIND_OBJECT, ALLOC_OP_NONE},
    {"runtime.makechan", ALLOC_KIND_CHANNEL, ALLOC_OP_MAKE},
    {"runtime.newproc", ALLOC_KIND_GOROUTINE, ALLOC_OP_NONE},
    {"runtime.newcoro", ALLOC_KIND_GOROUTINE, ALLOC_OP_NONE},
    {"runtime.deferproc", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    {"runtime.deferrangefunc", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    {"runtime.getOrAddWeakHandle", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    {"main.run", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    {"runtime.mapdelete_fast64", ALLOC_KIND_MAP, ALLOC_OP_GROW},
    {"runtime.mapiterinit", ALLOC_KIND_MAP, ALLOC_OP_NONE},
    {"runtime.growsliceNoAlias", ALLOC_KIND_SLICE, ALLOC_OP_GROW},
    {"runtime.moveSliceNoScan", ALLOC_KIND_SLICE, ALLOC_OP_GROW},
    {"runtime.concatbyte2", ALLOC_KIND_SLICE, ALLOC_OP_CONCAT},
    {"runtime.mallocgcLarge", ALLOC_KIND_SLICE, ALLOC_OP_MAKE},
    {"runtime.rawstring", ALLOC_KIND_STRING, ALLOC_OP_NONE},
    {"runtime.malg", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    {"", ALLOC_KIND_OTHER, ALLOC_OP_NONE},
};

static const struct class_case leaf_cases[] = {
    {"reflect.makemap", ALLOC_KIND_MAP, ALLOC_OP_MAKE},
    {"reflect.mapassign0", ALLOC_KIND_MAP, ALLOC_OP_GROW},
    {"maps.clone", ALLOC_KIND_MAP, ALLOC_OP_CLONE},
    {"internal/bytealg.MakeNoZero", ALLOC_KIND_SLICE, ALLOC_OP_MAKE},
    {"strings.(*Builder).grow", ALLOC_KIND_STRING, ALLOC_OP_BUILD},
    {"reflect.unsafe_New", ALLOC_KIND_OBJECT, ALLOC_OP_NONE},
    {"reflect.unsafe_NewArray", ALLOC_KIND_SLICE, ALLOC_OP_MAKE},
    {"internal/reflectlite.unsafe_New", ALLOC_KIND_OBJECT, ALLOC_OP_NONE},
    {"reflect.makechan", ALLOC_KIND_CHANNEL, ALLOC_OP_MAKE},
    {"runtime.malg", ALLOC_KIND_GOROUTINE, ALLOC_OP_NONE},
    {"runtime.mallocgc", ALLOC_KIND_UNKNOWN, ALLOC_OP_NONE},
    {"reflect.New", ALLOC_KIND_UNKNOWN, ALLOC_OP_NONE},
    {"main.reflect.unsafe_New", ALLOC_KIND_UNKNOWN, ALLOC_OP_NONE},
    {"", ALLOC_KIND_UNKNOWN, ALLOC_OP_NONE},
    {"strings.(*Builder).WriteString", ALLOC_KIND_STRING, ALLOC_OP_BUILD},
    {"strings.Builder", ALLOC_KIND_UNKNOWN, ALLOC_OP_NONE},
    {"runtime.allgadd", ALLOC_KIND_GOROUTINE, ALLOC_OP_NONE},
    {"runtime.allocm", ALLOC_KIND_UNKNOWN, ALLOC_OP_NONE},
};

static struct runtime_table table_of(const char *go_version)
{
    struct runtime_table table = {0};
    assert_ok(runtime_table_open(&table, &arena, str_from(go_version), &err), &err);
    return table;
}

static void assert_class(struct alloc_class have, const struct class_case *want)
{
    assert_string_equal(alloc_kind_name(have.kind), alloc_kind_name(want->kind));
    assert_string_equal(alloc_op_name(have.op), alloc_op_name(want->op));
}

static void targets_tell_what_is_allocated(void **state)
{
    (void)state;
    struct runtime_table table = table_of("");
    for (size_t i = 0; i < ARRAY_LEN(target_cases); i++) {
        print_message("  %s\n", target_cases[i].name);
        assert_class(runtime_table_target(&table, str_from(target_cases[i].name)),
                     &target_cases[i]);
    }
}

static void some_leaves_tell_it_themselves(void **state)
{
    (void)state;
    struct runtime_table table = table_of("");
    for (size_t i = 0; i < ARRAY_LEN(leaf_cases); i++) {
        print_message("  %s\n", leaf_cases[i].name);
        assert_class(runtime_table_leaf(&table, str_from(leaf_cases[i].name)), &leaf_cases[i]);
    }
}

struct entry_case {
    const char *function;
    enum map_entry want;
};

/* Spellings of Go 1.19 to 1.27, from the symbol tables of each release's own go command. */
static const struct entry_case entry_cases[] = {
    {"runtime.mapaccess1", MAP_ENTRY_GENERIC},
    {"runtime.mapaccess2", MAP_ENTRY_GENERIC},
    {"runtime.mapaccess1_fat", MAP_ENTRY_GENERIC},
    {"runtime.mapassign", MAP_ENTRY_GENERIC},
    {"runtime.mapdelete", MAP_ENTRY_GENERIC},
    {"reflect.mapassign0", MAP_ENTRY_GENERIC},
    {"reflect.mapaccess", MAP_ENTRY_GENERIC},
    {"runtime.mapaccess1_fast32", MAP_ENTRY_FAST},
    {"runtime.mapaccess2_faststr", MAP_ENTRY_FAST},
    {"runtime.mapassign_fast64ptr", MAP_ENTRY_FAST},
    {"runtime.mapdelete_fast64", MAP_ENTRY_FAST},
    {"reflect.mapassign_faststr0", MAP_ENTRY_FAST},
    {"runtime.mapclear", MAP_ENTRY_FAST},
    {"runtime.mapclone2", MAP_ENTRY_FAST},
    {"runtime.mapiterinit", MAP_ENTRY_FAST},
    {"runtime.mapIterNext", MAP_ENTRY_FAST},
    {"reflect.mapIterStart", MAP_ENTRY_FAST},
    {"runtime.makemap_small", MAP_ENTRY_FAST},
    {"runtime.makemap", MAP_ENTRY_FAST},
    {"reflect.makemap", MAP_ENTRY_FAST},
    {"maps.clone", MAP_ENTRY_FAST},
    {"internal/runtime/maps.(*Map).Clone", MAP_ENTRY_FAST},
    {"internal/runtime/maps.NewMap", MAP_ENTRY_FAST},
    /* What serves others too, does nothing, or only sounds like a map. */
    {"internal/runtime/maps.memHashAES", MAP_ENTRY_NONE},
    {"runtime.memhash64", MAP_ENTRY_NONE},
    {"runtime.mapinitnoop", MAP_ENTRY_NONE},
    {"reflect.maplen", MAP_ENTRY_NONE},
    {"reflect.MapOf", MAP_ENTRY_NONE},
    {"runtime.(*hmap).newoverflow", MAP_ENTRY_NONE},
    {"sync.(*Map).Load", MAP_ENTRY_NONE},
    {"maps.Keys[...]", MAP_ENTRY_NONE},
    {"example.com/runtime.mapaccess1", MAP_ENTRY_NONE},
    {"main.mapaccess1", MAP_ENTRY_NONE},
    {"", MAP_ENTRY_NONE},
};

static void map_operations_are_known_by_name(void **state)
{
    (void)state;
    struct runtime_table table = table_of("");
    for (size_t i = 0; i < ARRAY_LEN(entry_cases); i++) {
        print_message("%s\n", entry_cases[i].function);
        assert_int_equal(runtime_table_map_entry(&table, str_from(entry_cases[i].function)),
                         entry_cases[i].want);
    }
}

static void map_operations_hold_from_their_release_on(void **state)
{
    (void)state;
    struct runtime_table old = table_of("go1.23.12");
    struct runtime_table swiss = table_of("go1.25.1 X:noswissmap");
    struct str clear = STR("internal/runtime/maps.(*Map).Clear");
    struct str assign = STR("runtime.mapassign");
    assert_int_equal(runtime_table_map_entry(&old, clear), MAP_ENTRY_NONE);
    assert_int_equal(runtime_table_map_entry(&swiss, clear), MAP_ENTRY_FAST);
    assert_int_equal(runtime_table_map_entry(&old, assign), MAP_ENTRY_GENERIC);
    assert_int_equal(runtime_table_map_entry(&swiss, assign), MAP_ENTRY_GENERIC);
}

struct version_case {
    const char *go_version;
    bool swiss; /* the rows of 1.24 */
    bool small; /* of 1.27 */
};

static const struct version_case version_cases[] = {
    {"go1.19", false, false},
    {"go1.19.4", false, false},
    {"go1.23.12", false, false},
    {"go1.24", true, false},
    {"go1.24rc1", true, false},
    {"go1.25-rc2", true, false},
    {"go1.25.14 X:noswissmap", true, false},
    {"go1.26.8", true, false},
    {"go1.27.4", true, true},
    {"go1.99", true, true},
    {"go2.0", true, true},
    {"", true, true},
    {"devel go1.23-abcdef Tue Jan 2", true, true},
    {"go", true, true},
    {"go1", true, true},
    {"go1.", true, true},
    {"go1.x", true, true},
    {"go.24", true, true},
    {"go1.99999999999999999999", true, true},
    {"1.19", true, true},
};

static void rows_hold_from_their_release_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(version_cases); i++) {
        const struct version_case *test = &version_cases[i];
        print_message("  \"%s\"\n", test->go_version);
        struct runtime_table table = table_of(test->go_version);
        struct str map = STR("internal/runtime/maps.NewMap");
        struct str small = STR("runtime.mallocgcSmallNoScanSC2");
        enum alloc_kind map_kind = runtime_table_target(&table, map).kind;
        enum alloc_kind small_kind = runtime_table_target(&table, small).kind;
        assert_int_equal(map_kind == ALLOC_KIND_MAP, test->swiss);
        assert_int_equal(small_kind == ALLOC_KIND_OBJECT, test->small);
        assert_int_equal(runtime_table_target(&table, STR("runtime.makemap")).kind, ALLOC_KIND_MAP);
    }
}

static void the_newest_file_is_asked_first(void **state)
{
    (void)state;
    static const struct runtime_file files[] = {
        {STR_INIT("old"), STR_INIT("since go1.2\ntarget prefix a. map\nleaf exact b.B slice")},
        {STR_INIT("new"), STR_INIT("# why\n\nsince go1.10 # ten\ntarget exact a.X string build\n")},
    };
    struct runtime_table table = {0};
    assert_ok(runtime_table_parse(&table, &arena, files, 2, STR("go1.11"), &err), &err);
    assert_int_equal(runtime_table_target(&table, STR("a.X")).kind, ALLOC_KIND_STRING);
    assert_int_equal(runtime_table_target(&table, STR("a.XY")).kind, ALLOC_KIND_MAP);
    assert_int_equal(runtime_table_leaf(&table, STR("b.B")).kind, ALLOC_KIND_SLICE);
    assert_int_equal(runtime_table_leaf(&table, STR("b.BC")).kind, ALLOC_KIND_UNKNOWN);
    assert_ok(runtime_table_parse(&table, &arena, files, 2, STR("go1.9"), &err), &err);
    assert_int_equal(runtime_table_target(&table, STR("a.X")).kind, ALLOC_KIND_MAP);
}

struct refused_case {
    const char *name;
    struct str text;
    const char *message;
};

static const struct refused_case refused_cases[] = {
    {"empty", STR_INIT(""), "f.txt:1: the file has no row"},
    {"comments alone", STR_INIT("# a\n# b\n"), "f.txt:3: the file has no row"},
    {"no release", STR_INIT("target exact a.X map\n"), "f.txt:1: the first row must be"},
    {"no such release", STR_INIT("since 1.24\n"), "f.txt:1: the first row must be"},
    {"two releases", STR_INIT("since go1.24 go1.25\n"), "f.txt:1: the first row must be"},
    {"release twice", STR_INIT("since go1.24\nsince go1.25\n"),
     "f.txt:2: target, leaf or cpu wanted"},
    {"unknown table", STR_INIT("since go1.24\n\ntarge exact a.X map\n"),
     "f.txt:3: target, leaf or cpu wanted, not \"targe\""},
    {"unknown match", STR_INIT("since go1.24\ntarget glob a.X map\n"), "not \"glob\""},
    {"no kind", STR_INIT("since go1.24\ntarget exact a.X\n"), "f.txt:2: exact|prefix NAME KIND"},
    {"unknown kind", STR_INIT("since go1.24\ntarget exact a.X maps\n"), "named \"maps\""},
    {"kind unknown", STR_INIT("since go1.24\ntarget exact a.X unknown\n"), "named \"unknown\""},
    {"unknown operation", STR_INIT("since go1.24\nleaf exact a.X map mak\n"), "named \"mak\""},
    {"no caller", STR_INIT("since go1.24\nleaf under a.X map\n"),
     "f.txt:2: NAME CALLER KIND [OP] wanted"},
    {"target under a caller", STR_INIT("since go1.24\ntarget under a.X b. map\n"), "not \"under\""},
    {"unknown speed", STR_INIT("since go1.24\ncpu prefix a.X slow\n"),
     "f.txt:2: fast or generic wanted, not \"slow\""},
    {"no speed", STR_INIT("since go1.24\ncpu prefix a.X\n"),
     "f.txt:2: exact|prefix NAME fast|generic wanted"},
    {"two speeds", STR_INIT("since go1.24\ncpu prefix a.X fast generic\n"),
     "f.txt:2: exact|prefix NAME fast|generic wanted"},
    {"cpu under a caller", STR_INIT("since go1.24\ncpu under a.X fast\n"), "not \"under\""},
    {"a field too many", STR_INIT("since go1.24\nleaf exact a.X map make it\n"),
     "f.txt:2: exact|prefix NAME KIND"},
};

static void malformed_rows_are_refused_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        const struct refused_case *test = &refused_cases[i];
        print_message("  %s\n", test->name);
        struct runtime_file file = {STR("f.txt"), test->text};
        struct runtime_table table = {0};
        /* Also where the file holds from a later release than the binary's. */
        assert_fails(runtime_table_parse(&table, &arena, &file, 1, STR("go1.1"), &err),
                     STATUS_FORMAT, &err, test->message);
    }
}

struct under_case {
    const char *leaf;
    const char *caller;
    enum alloc_kind want;
};

static const struct under_case under_cases[] = {
    {"internal/bytealg.MakeNoZero", "strings.(*Builder).grow", ALLOC_KIND_STRING},
    {"internal/bytealg.MakeNoZero", "bytes.Join", ALLOC_KIND_SLICE},
    {"internal/bytealg.MakeNoZero", "main.strings", ALLOC_KIND_SLICE},
    {"internal/bytealg.MakeNoZero", "", ALLOC_KIND_SLICE},
    {"maps.clone", "strings.X", ALLOC_KIND_MAP},
    {"main.f", "strings.X", ALLOC_KIND_UNKNOWN},
};

static void captures_have_names_until_go_1_20(void **state)
{
    (void)state;
    struct runtime_table table;
    assert_ok(runtime_table_open(&table, &arena, STR("go1.20.14"), &err), &err);
    assert_true(table.captures_are_named);
    assert_ok(runtime_table_open(&table, &arena, STR("go1.21"), &err), &err);
    assert_false(table.captures_are_named);
    assert_ok(runtime_table_open(&table, &arena, STR("devel"), &err), &err);
    assert_false(table.captures_are_named);
}

static void some_leaves_are_what_their_caller_makes_of_them(void **state)
{
    (void)state;
    struct runtime_table table;
    assert_ok(runtime_table_open(&table, &arena, STR("go1.26.8"), &err), &err);
    for (size_t i = 0; i < ARRAY_LEN(under_cases); i++) {
        const struct under_case *test = &under_cases[i];
        print_message("  %s under %s\n", test->leaf, test->caller);
        struct alloc_class class =
            runtime_table_under(&table, str_from(test->leaf), str_from(test->caller));
        assert_int_equal(class.kind, test->want);
    }
    assert_true(runtime_table_asks_caller(&table, STR("internal/bytealg.MakeNoZero")));
    assert_false(runtime_table_asks_caller(&table, STR("maps.clone")));
}

struct program_case {
    const char *version;
    const char *symbol;
    enum alloc_kind want;
};

/* Until Go 1.25 profiles leave out the function that calls mallocgc itself. */
static const struct program_case program_cases[] = {
    {"go1.19", "main.clone", ALLOC_KIND_SLICE},
    {"go1.25.14", "example.com/shop.(*Cart).copy", ALLOC_KIND_SLICE},
    {"go1.25.14", "strings.Clone", ALLOC_KIND_STRING},
    {"go1.25.14", "runtime.deferproc", ALLOC_KIND_OTHER},
    {"go1.25.14", "internal/runtime/atomic.X", ALLOC_KIND_OTHER},
    {"go1.26.0", "main.clone", ALLOC_KIND_OTHER},
};

static void calls_of_the_program_itself_stand_for_make_and_copy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(program_cases); i++) {
        const struct program_case *test = &program_cases[i];
        print_message("  %s %s\n", test->version, test->symbol);
        struct runtime_table table;
        assert_ok(runtime_table_open(&table, &arena, str_from(test->version), &err), &err);
        assert_int_equal(runtime_table_target(&table, str_from(test->symbol)).kind, test->want);
    }
}

static void two_files_of_one_release_are_refused(void **state)
{
    (void)state;
    static const struct runtime_file files[] = {{STR_INIT("a.txt"), STR_INIT("since go1.24")},
                                                {STR_INIT("b.txt"), STR_INIT("since go1.24.3")}};
    struct runtime_table table = {0};
    assert_fails(runtime_table_parse(&table, &arena, files, 2, STR(""), &err), STATUS_FORMAT, &err,
                 "a.txt and b.txt");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_up, arena_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(targets_tell_what_is_allocated),
        TEST(some_leaves_tell_it_themselves),
        TEST(map_operations_are_known_by_name),
        TEST(map_operations_hold_from_their_release_on),
        TEST(rows_hold_from_their_release_on),
        TEST(the_newest_file_is_asked_first),
        TEST(captures_have_names_until_go_1_20),
        TEST(some_leaves_are_what_their_caller_makes_of_them),
        TEST(calls_of_the_program_itself_stand_for_make_and_copy),
        TEST(malformed_rows_are_refused_with_their_place),
        TEST(two_files_of_one_release_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
