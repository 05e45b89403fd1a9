#include "gate/binary/binary.h"

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
        if (test->relocation) {
            image_module_relocated(&image, test->relocation);
        } else {
            image_module(&image);
        }
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
    image_call_amd64(&good, 0x100, 0x40);
    bad = good;
    for (size_t at = 0; at < IMAGE_BYTES; at++) {
        if (good.bytes[at] == 0 && at % 8 != 0)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(values); i++) {
            struct arena scratch;
            struct binary binary;
            struct str symbol = {0};
            arena_init(&scratch);
            bad.bytes[at] = values[i];
            if (binary_open(&binary, &scratch, image_file(&bad), &err) == STATUS_OK)
                (void)binary_call_target(&binary, IMAGE_TEXT_OFFSET + 0x104, &symbol);
            arena_release(&scratch);
        }
        bad.bytes[at] = good.bytes[at];
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_up, arena_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(build_info_is_read),
        TEST(amd64_calls_name_their_target),
        TEST(arm64_calls_name_their_target),
        TEST(offsets_outside_code_have_no_target),
        TEST(stripped_files_name_targets_by_pclntab),
        TEST(a_table_without_section_is_found),
        TEST(symbols_without_the_runtime_give_way_to_pclntab),
        TEST(damaged_files_are_refused_with_the_reason),
        TEST(every_prefix_is_refused_or_read_in_bounds),
        TEST(any_changed_byte_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
