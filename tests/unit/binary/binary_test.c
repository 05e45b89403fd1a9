#include "gate/binary/binary.h"

#include "gate/base/clock.h"
#include "tests/support/check.h"
#include "tests/unit/binary/image.h"

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

static struct binary open_image(const struct image *image)
{
    struct binary binary;
    assert_ok(binary_open(&binary, &arena, image_file(image), &err), &err);
    return binary;
}

/* The call's last byte: what Location.address of a Go heap profile points at. */
static void assert_target(const struct binary *binary, unsigned last, const char *want)
{
    struct str symbol = {0};
    bool found = binary_call_target(binary, IMAGE_TEXT_OFFSET + last, &symbol);
    assert_int_equal(found, want != NULL);
    if (want)
        assert_str(symbol, want);
}

static void build_info_is_read(void **state)
{
    (void)state;
    struct image image;
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_symtab(&image);
    struct binary binary = open_image(&image);
    assert_int_equal(binary.arch, BINARY_AMD64);
    assert_str(binary.build.go_version, "go1.26.8");
    assert_str(binary.build.path, "example.com/shop/cmd/shop");
    assert_str(binary.build.module, "example.com/shop");
    assert_str(binary.build.settings, "-trimpath=true\nGOARCH=amd64\n");
}

static void amd64_calls_name_their_target(void **state)
{
    (void)state;
    struct image image;
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_symtab(&image);
    image_call_amd64(&image, 0x100, 0x00);
    image_call_amd64(&image, 0x110, 0x40);
    image_call_amd64(&image, 0x120, 0x44); /* into a function, not to its start */
    image_call_amd64(&image, 0x20, 0x80);  /* forwards */
    struct binary binary = open_image(&image);
    assert_target(&binary, 0x104, "runtime.makemap");
    assert_target(&binary, 0x114, "runtime.newobject");
    assert_target(&binary, 0x124, NULL);
    assert_target(&binary, 0x24, "main.f");
    assert_target(&binary, 0x103, NULL);
    assert_target(&binary, 0x200, NULL);
    assert_target(&binary, 0x2, NULL);
}

static void arm64_calls_name_their_target(void **state)
{
    (void)state;
    struct image image;
    image_init(&image, IMAGE_ARM64);
    image_build_info(&image);
    image_symtab(&image);
    image_call_arm64(&image, 0x100, 0x00);
    image_call_arm64(&image, 0x20, 0x80);
    struct binary binary = open_image(&image);
    assert_int_equal(binary.arch, BINARY_ARM64);
    assert_target(&binary, 0x103, "runtime.makemap");
    assert_target(&binary, 0x23, "main.f");
    assert_target(&binary, 0x107, NULL);
}

static void offsets_outside_code_have_no_target(void **state)
{
    (void)state;
    static const uint64_t offsets[] = {0,           0xfff,      IMAGE_DATA_OFFSET,
                                       IMAGE_BYTES, 1ULL << 40, UINT64_MAX};
    struct image image;
    struct str symbol = {0};
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_symtab(&image);
    struct binary binary = open_image(&image);
    for (size_t i = 0; i < ARRAY_LEN(offsets); i++)
        assert_false(binary_call_target(&binary, offsets[i], &symbol));
}

struct table_case {
    const char *name;
    uint32_t magic;
    unsigned machine;
    uint32_t relocation; /* 0: values in the file */
};

static const struct table_case table_cases[] = {
    {"Go 1.19", 0xfffffff0U, IMAGE_AMD64, 0},
    {"Go 1.20 on", 0xfffffff1U, IMAGE_AMD64, 0},
    {"relocated amd64", 0xfffffff1U, IMAGE_AMD64, 8},
    {"relocated arm64", 0xfffffff1U, IMAGE_ARM64, 1027},
};

static void stripped_files_name_targets_by_pclntab(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table_cases); i++) {
        const struct table_case *test = &table_cases[i];
        print_message("  %s\n", test->name);
        struct image image;
        image_init(&image, test->machine);
        image_build_info(&image);
        image_pclntab(&image, test->magic);
        image_module(&image);
        if (test->relocation)
            image_module_relocated(&image, test->relocation);
        image_call_amd64(&image, 0x100, 0x40);
        image_call_arm64(&image, 0x110, 0x80);
        struct binary binary = open_image(&image);
        if (test->machine == IMAGE_AMD64) {
            assert_target(&binary, 0x104, "runtime.newobject");
        } else {
            assert_target(&binary, 0x113, "main.f");
        }
    }
}

enum { MANY_SECTIONS = 20000, MANY_RELOCATIONS = 40000, RELOCATION_BYTES = 24 };

/* An image that goes on with relocations, and section headers that all name the whole of them. */
static struct bytes file_of_relocations(const struct image *image)
{
    size_t table_at = IMAGE_BYTES;
    size_t headers_at = table_at + (size_t)MANY_RELOCATIONS * RELOCATION_BYTES;
    size_t len = headers_at + (size_t)MANY_SECTIONS * 64;
    uint8_t *file = arena_alloc(&arena, len, 1);
    memcpy(file, image->bytes, IMAGE_BYTES);
    for (size_t i = 0; i < MANY_RELOCATIONS; i++) {
        const uint64_t row[] = {IMAGE_DATA_ADDRESS, 8, IMAGE_TABLE_ADDRESS};
        memcpy(file + table_at + i * RELOCATION_BYTES, row, sizeof(row));
    }
    for (size_t i = 0; i < MANY_SECTIONS; i++) {
        const uint64_t loaded[] = {4ULL << 32, 2, 0, table_at, headers_at - table_at, 0, 0, 0};
        const void *header = image->bytes + IMAGE_HEADERS_OFFSET + i * 64;
        memcpy(file + headers_at + i * 64, i < image->section_count ? header : loaded, 64);
    }
    const uint64_t headers = headers_at;
    const uint16_t count = MANY_SECTIONS;
    memcpy(file + 40, &headers, sizeof(headers));
    memcpy(file + 60, &count, sizeof(count));
    return (struct bytes){file, len};
}

/* Each is a place where moduledata could be: before there was a limit, this took minutes. */
static void relocations_without_end_are_not_followed(void **state)
{
    (void)state;
    struct image image;
    struct binary binary = {0};
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_pclntab(&image, 0xfffffff1U);
    struct bytes file = file_of_relocations(&image);
    uint64_t start_ns = clock_now_ns();
    assert_fails(binary_open(&binary, &arena, file, &err), STATUS_FORMAT, &err,
                 "the address of runtime.text is not in the file");
    assert_true(clock_now_ns() - start_ns < 5 * NS_PER_SECOND);
}

/* Externally linked PIE before Go 1.26: the table has no section of its own. */
static void a_table_without_section_is_found(void **state)
{
    (void)state;
    struct image image;
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_pclntab(&image, 0xfffffff1U);
    image_module(&image);
    image.section_count--;
    image_put(&image, 60, image.section_count, 2);
    image_call_amd64(&image, 0x100, 0x80);
    struct binary binary = open_image(&image);
    assert_target(&binary, 0x104, "main.f");
}

static void symbols_without_the_runtime_give_way_to_pclntab(void **state)
{
    (void)state;
    struct image image;
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_symtab(&image);
    image_text(&image, IMAGE_STRTAB_AT + 1, "ctarget", 7);
    image_text(&image, IMAGE_STRTAB_AT + 17, "ctarget", 7);
    image_pclntab(&image, 0xfffffff1U);
    image_module(&image);
    image_call_amd64(&image, 0x100, 0x40);
    struct binary binary = open_image(&image);
    assert_target(&binary, 0x104, "runtime.newobject");
}

struct symbol_case {
    unsigned at;
    const char *with_symtab;
    const char *stripped;
};

static const struct symbol_case symbol_cases[] = {
    {0x00, "runtime.makemap", NULL}, /* before runtime.text, like C start code */
    {0x3f, "runtime.makemap", NULL},
    {0x40, "runtime.newobject", "runtime.newobject"},
    {0x7f, "runtime.newobject", "runtime.newobject"},
    {0x80, "main.f", "main.f"},
    {0x27f, "main.f", "main.f"},
    {0x280, NULL, NULL},
    {0xfff, NULL, NULL},
};

static void assert_symbol(const struct binary *binary, uint64_t offset, const char *want)
{
    struct str name = {0};
    assert_int_equal(binary_symbol_at(binary, offset, &name), want != NULL);
    if (want)
        assert_str(name, want);
}

static void code_belongs_to_the_function_around_it(void **state)
{
    (void)state;
    static struct image image;
    static struct image stripped;
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    stripped = image;
    image_symtab(&image);
    image_pclntab(&stripped, 0xfffffff1U);
    image_module(&stripped);
    struct binary binary = open_image(&image);
    struct binary bare = open_image(&stripped);
    for (size_t i = 0; i < ARRAY_LEN(symbol_cases); i++) {
        const struct symbol_case *test = &symbol_cases[i];
        print_message("  0x%x\n", test->at);
        assert_symbol(&binary, IMAGE_TEXT_OFFSET + test->at, test->with_symtab);
        assert_symbol(&bare, IMAGE_TEXT_OFFSET + test->at, test->stripped);
    }
    assert_symbol(&binary, IMAGE_DATA_OFFSET, NULL);
    assert_symbol(&binary, IMAGE_TEXT_OFFSET - 1, NULL);
    assert_symbol(&binary, UINT64_MAX, NULL);
}

/* runtime.text stands at the first function's address and has no size. */
static void labels_without_size_hide_no_function(void **state)
{
    (void)state;
    struct image image;
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_symtab(&image);
    image_put(&image, IMAGE_SYMTAB_AT + 24 * 2 + 8, IMAGE_TEXT_ADDRESS + 0x100, 8);
    image_put(&image, IMAGE_SYMTAB_AT + 24 * 2 + 16, 0, 8);
    struct binary binary = open_image(&image);
    assert_symbol(&binary, IMAGE_TEXT_OFFSET + 0x180, "main.f");
    assert_symbol(&binary, IMAGE_TEXT_OFFSET + 0x41, NULL);
}

static void functions_include_those_that_exist_inlined_only(void **state)
{
    (void)state;
    static const char *const want[] = {"runtime.newobject", "main.f", "main.inlined"};
    struct image image;
    struct binary_names names = {0};
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_symtab(&image);
    image_pclntab(&image, 0xfffffff1U);
    image_module(&image);
    struct binary binary = open_image(&image);
    assert_ok(binary_functions(&names, &arena, &binary, &err), &err);
    assert_int_equal(names.len, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_str(names.items[i], want[i]);
}

static void functions_are_refused_without_a_sound_table(void **state)
{
    (void)state;
    static const uint64_t ends[] = {0x5f, 0x1000, UINT64_MAX};
    struct binary_names names = {0};
    struct image image;
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_symtab(&image);
    struct binary binary = open_image(&image);
    assert_int_equal(binary_functions(&names, &arena, &binary, &err), STATUS_NOT_FOUND);
    image_pclntab(&image, 0xfffffff1U);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        image_put(&image, IMAGE_TABLE_AT + 0x28, ends[i], 8);
        binary = open_image(&image);
        assert_int_equal(binary_functions(&names, &arena, &binary, &err), STATUS_FORMAT);
    }
    assert_int_equal(names.len, 0);
}

struct layout_case {
    const char *name;
    uint32_t magic;
    struct image_types words;
};

static const struct layout_case layout_cases[] = {
    {"Go 1.19", 0xfffffff0U, {35, 0, 36}},
    {"Go 1.20 to 1.26", 0xfffffff1U, {37, 0, 38}},
    {"Go 1.27", 0xfffffff1U, {37, 38, 39}},
};

/* main.f calls runtime.newobject; RAX and R0 hold the first argument. */
static void typed_image(struct image *image, unsigned machine, const struct layout_case *layout)
{
    image_init(image, machine);
    image_build_info(image);
    image_pclntab(image, layout->magic);
    image_module(image);
    image_types(image, layout->words);
    if (machine == IMAGE_AMD64) {
        image_lea_amd64(image, 0xf0, 0, IMAGE_TYPES_ADDRESS + IMAGE_TYPE_STRUCT);
        image_call_amd64(image, 0x100, 0x40);
    } else {
        image_adrp_arm64(image, 0xf0, 0, IMAGE_TYPES_ADDRESS + IMAGE_TYPE_STRUCT);
        image_call_arm64(image, 0x100, 0x40);
    }
}

static void assert_type(const struct image *image, unsigned last, const char *want)
{
    struct binary binary = open_image(image);
    struct str type = {0};
    assert_int_equal(binary_call_type(&binary, IMAGE_TEXT_OFFSET + last, &type), want != NULL);
    if (want)
        assert_str(type, want);
}

static void calls_name_the_type_they_are_handed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(layout_cases); i++) {
        print_message("  %s\n", layout_cases[i].name);
        struct image image;
        typed_image(&image, IMAGE_AMD64, &layout_cases[i]);
        assert_type(&image, 0x104, "struct { F uintptr }");
        image_module_relocated(&image, 8);
        assert_type(&image, 0x104, "struct { F uintptr }");
        typed_image(&image, IMAGE_ARM64, &layout_cases[i]);
        assert_type(&image, 0x103, "struct { F uintptr }");
        image_module_relocated(&image, 1027);
        assert_type(&image, 0x103, "struct { F uintptr }");
    }
}

static void types_of_an_earlier_call_are_not_this_call_s(void **state)
{
    (void)state;
    struct image image;
    typed_image(&image, IMAGE_AMD64, &layout_cases[1]);
    image_call_amd64(&image, 0xf8, 0x80);
    assert_type(&image, 0x104, NULL);
    typed_image(&image, IMAGE_ARM64, &layout_cases[1]);
    image_call_arm64(&image, 0xf8, 0x80);
    assert_type(&image, 0x103, NULL);
}

/* Only entries that take a type have one, and not what the function before loaded. */
static void calls_without_a_type_have_none(void **state)
{
    (void)state;
    struct image image;
    typed_image(&image, IMAGE_AMD64, &layout_cases[1]);
    image_call_amd64(&image, 0x100, 0x80);
    assert_type(&image, 0x104, NULL);
    typed_image(&image, IMAGE_AMD64, &layout_cases[1]);
    image_lea_amd64(&image, 0x79, 0, IMAGE_TYPES_ADDRESS + IMAGE_TYPE_STRUCT);
    image_call_amd64(&image, 0x80, 0x40);
    assert_type(&image, 0x84, NULL);
    image_put(&image, IMAGE_MODULE_AT + 8 * 37, 0, 8);
    assert_type(&image, 0x104, NULL);
}

struct refused_case {
    const char *name;
    size_t at;
    uint64_t value;
    unsigned bytes;
    const char *text;
};

static const struct refused_case refused_cases[] = {
    {"magic", 0, 0, 4, "not an ELF file"},
    {"32 bits", 4, 1, 1, "64-bit"},
    {"big endian", 5, 2, 1, "64-bit"},
    {"other machine", 18, 40, 2, "neither amd64 nor arm64"},
    {"segment size", 64 + 32, 0x100000, 8, "segment 0 ends behind the file"},
    {"segment offset", 64 + 8, UINT64_MAX - 4, 8, "segment 0 ends behind the file"},
    {"segment address", 64 + 16, UINT64_MAX - 4, 8, "wraps around"},
    {"segment count", 56, 60000, 2, "segments"},
    {"section size", IMAGE_HEADERS_OFFSET + 64 + 32, 1ULL << 40, 8, "section 1 ends behind"},
    {"section names", 62, 60, 2, "section names"},
    {"no build info", IMAGE_DATA_OFFSET, 0, 1, "no Go build info"},
    {"pointers in build info", IMAGE_DATA_OFFSET + 15, 0, 1, "before 1.18"},
    {"length in build info", IMAGE_DATA_OFFSET + 32, 0xffffffffffffffffULL, 8, "damaged"},
    {"table magic", IMAGE_TABLE_AT, 0xfffffffaU, 4, "no function table"},
    {"table pointer size", IMAGE_TABLE_AT + 7, 4, 1, "no function table"},
    {"table functions", IMAGE_TABLE_AT + 8, 1ULL << 61, 8, "no function table"},
    {"table names", IMAGE_TABLE_AT + 32, 1ULL << 61, 8, "no function table"},
    {"table record", IMAGE_TABLE_AT + 0xa4, 0xffffffff, 4, "function 0 is outside"},
    {"text", IMAGE_MODULE_AT + 176, 0x999, 8, "runtime.text"},
    {"minpc", IMAGE_MODULE_AT + 160, 0x999, 8, "runtime.text"},
};

static void damaged_files_are_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        const struct refused_case *test = &refused_cases[i];
        print_message("  %s\n", test->name);
        struct image image;
        struct binary binary;
        image_init(&image, IMAGE_AMD64);
        image_build_info(&image);
        image_pclntab(&image, 0xfffffff1U);
        image_module(&image);
        image_put(&image, test->at, test->value, test->bytes);
        enum status status = binary_open(&binary, &arena, image_file(&image), &err);
        assert_int_not_equal(status, STATUS_OK);
        assert_int_equal(status_exit_code(status), 3);
        if (!strstr(err.text, test->text))
            fail_msg("\"%s\" lacks \"%s\"", err.text, test->text);
    }
}

/* Copied to a block of the exact size, so that a sanitizer sees one byte too many. */
static void every_prefix_is_refused_or_read_in_bounds(void **state)
{
    (void)state;
    struct image image;
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_pclntab(&image, 0xfffffff1U);
    image_module(&image);
    for (size_t len = 0; len < IMAGE_BYTES; len += len < 256 ? 1 : 61) {
        struct binary binary;
        uint8_t *copy = memory_resize(NULL, len);
        memcpy(copy, image.bytes, len);
        assert_int_not_equal(binary_open(&binary, &arena, (struct bytes){copy, len}, &err),
                             STATUS_OK);
        free(copy);
    }
}

static void ask_everything(const struct binary *binary, struct arena *scratch)
{
    struct str text = {0};
    struct binary_names names = {0};
    (void)binary_call_target(binary, IMAGE_TEXT_OFFSET + 0x104, &text);
    (void)binary_call_type(binary, IMAGE_TEXT_OFFSET + 0x104, &text);
    (void)binary_symbol_at(binary, IMAGE_TEXT_OFFSET + 0x104, &text);
    if (binary_functions(&names, scratch, binary, &err) == STATUS_OK && names.len > 0)
        assert_true(names.items[names.len - 1].len > 0);
}

/* Whatever one byte becomes, the reader stays inside the file. */
static void any_changed_byte_is_survived(void **state)
{
    (void)state;
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    static struct image good;
    static struct image bad;
    image_init(&good, IMAGE_AMD64);
    image_build_info(&good);
    image_symtab(&good);
    image_pclntab(&good, 0xfffffff1U);
    image_module(&good);
    image_types(&good, layout_cases[2].words);
    image_lea_amd64(&good, 0xf0, 0, IMAGE_TYPES_ADDRESS + IMAGE_TYPE_STRUCT);
    image_call_amd64(&good, 0x100, 0x40);
    bad = good;
    for (size_t at = 0; at < IMAGE_BYTES; at++) {
        if (good.bytes[at] == 0 && at % 8 != 0)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(values); i++) {
            struct arena scratch;
            struct binary binary;
            arena_init(&scratch);
            bad.bytes[at] = values[i];
            if (binary_open(&binary, &scratch, image_file(&bad), &err) == STATUS_OK)
                ask_everything(&binary, &scratch);
            arena_release(&scratch);
        }
        bad.bytes[at] = good.bytes[at];
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_up, arena_down)

static void the_code_and_whether_it_moves_are_known(void **state)
{
    (void)state;
    struct binary binary;
    struct binary_code code = {0};
    struct image image;
    image_init(&image, IMAGE_AMD64);
    image_build_info(&image);
    image_symtab(&image);
    assert_ok(binary_open(&binary, &arena, image_file(&image), &err), &err);
    assert_true(binary_code(&binary, &code));
    assert_true(code.address == IMAGE_TEXT_ADDRESS && code.offset == IMAGE_TEXT_OFFSET);
    assert_true(code.bytes == IMAGE_TEXT_BYTES && !code.is_movable);
    image_put(&image, 16, 3, 2); /* ET_DYN */
    assert_ok(binary_open(&binary, &arena, image_file(&image), &err), &err);
    assert_true(binary_code(&binary, &code) && code.is_movable);
}

struct note_case {
    const char *name;
    uint64_t content_bytes;
    uint64_t section_bytes;
    const char *id;
};

static const struct note_case note_cases[] = {
    {"three bytes", 3, 19, "00ff1a"},       {"none", 0, 16, ""},
    {"longer than the section", 4, 19, ""}, {"longer than any", 65, 0x100, ""},
    {"without a head", 3, 4, ""},
};

static void the_build_id_is_the_notes_content(void **state)
{
    (void)state;
    enum { NOTE_AT = IMAGE_DATA_OFFSET + 0xe00 };
    for (size_t i = 0; i < ARRAY_LEN(note_cases); i++) {
        const struct note_case *test = &note_cases[i];
        struct binary binary;
        struct image image;
        print_message("  %s\n", test->name);
        image_init(&image, IMAGE_AMD64);
        image_build_info(&image);
        image_symtab(&image);
        image_put(&image, NOTE_AT, 4, 4);
        image_put(&image, NOTE_AT + 4, test->content_bytes, 4);
        image_put(&image, NOTE_AT + 8, 3, 4);
        image_text(&image, NOTE_AT + 12, "GNU\0\x00\xff\x1a", 7);
        image_section(&image, (struct image_section){".note.gnu.build-id", 7, 0, NOTE_AT,
                                                     test->section_bytes, 0});
        assert_ok(binary_open(&binary, &arena, image_file(&image), &err), &err);
        assert_str(binary_build_id(&binary, &arena), test->id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(build_info_is_read),
        TEST(amd64_calls_name_their_target),
        TEST(arm64_calls_name_their_target),
        TEST(offsets_outside_code_have_no_target),
        TEST(relocations_without_end_are_not_followed),
        TEST(stripped_files_name_targets_by_pclntab),
        TEST(a_table_without_section_is_found),
        TEST(symbols_without_the_runtime_give_way_to_pclntab),
        TEST(code_belongs_to_the_function_around_it),
        TEST(labels_without_size_hide_no_function),
        TEST(functions_include_those_that_exist_inlined_only),
        TEST(functions_are_refused_without_a_sound_table),
        TEST(calls_name_the_type_they_are_handed),
        TEST(types_of_an_earlier_call_are_not_this_call_s),
        TEST(calls_without_a_type_have_none),
        TEST(damaged_files_are_refused_with_the_reason),
        TEST(every_prefix_is_refused_or_read_in_bounds),
        TEST(any_changed_byte_is_survived),
        TEST(the_code_and_whether_it_moves_are_known),
        TEST(the_build_id_is_the_notes_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
