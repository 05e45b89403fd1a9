#include "gate/base/num.h"

#include "tests/support/check.h"

static void addition_fails_instead_of_wrapping(void **state)
{
    (void)state;
    uint64_t sum = 0;
    int64_t signed_sum = 0;
    assert_true(num_add_u64(&sum, UINT64_MAX - 1, 1));
    assert_true(sum == UINT64_MAX);
    assert_false(num_add_u64(&sum, UINT64_MAX, 1));
    assert_true(num_add_i64(&signed_sum, INT64_MAX, INT64_MIN));
    assert_true(signed_sum == -1);
    assert_false(num_add_i64(&signed_sum, INT64_MAX, 1));
    assert_false(num_add_i64(&signed_sum, INT64_MIN, -1));
}

static void multiplication_fails_instead_of_wrapping(void **state)
{
    (void)state;
    uint64_t product = 0;
    int64_t signed_product = 0;
    assert_true(num_mul_u64(&product, UINT64_C(1) << 32, (UINT64_C(1) << 32) - 1));
    assert_true(product == UINT64_C(0xffffffff00000000));
    assert_false(num_mul_u64(&product, UINT64_C(1) << 32, UINT64_C(1) << 32));
    assert_true(num_mul_i64(&signed_product, INT64_MIN, 1));
    assert_false(num_mul_i64(&signed_product, INT64_MIN, -1));
}

struct u64_case {
    const char *text;
    bool parses;
    uint64_t value;
};

static const struct u64_case u64_cases[] = {
    {"0", true, 0},
    {"7", true, 7},
    {"007", true, 7},
    {"18446744073709551615", true, UINT64_MAX},
    {"18446744073709551616", false, 0},
    {"99999999999999999999", false, 0},
    {"", false, 0},
    {"-1", false, 0},
    {"+1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1.0", false, 0},
    {"0x10", false, 0},
    {"1e3", false, 0},
    {"1_000", false, 0},
};

static void u64_is_digits_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(u64_cases); i++) {
        uint64_t value = 1234;
        print_message("\"%s\"\n", u64_cases[i].text);
        assert_int_equal(num_parse_u64(&value, str_from(u64_cases[i].text)), u64_cases[i].parses);
        assert_true(value == (u64_cases[i].parses ? u64_cases[i].value : 1234));
    }
}

struct decimal_case {
    const char *text;
    bool parses;
    double value;
};

static const struct decimal_case decimal_cases[] = {
    {"0", true, 0},
    {"0.5", true, 0.5},
    {"12", true, 12},
    {"120.25", true, 120.25},
    {"0.1", true, 0.1},
    {"999999999999999", true, 999999999999999},
    {"9999999999999999", false, 0},
    {"0.00000000000001", true, 1e-14},
    {"00.5", false, 0},
    {"017", false, 0},
    {"", false, 0},
    {".", false, 0},
    {".5", false, 0},
    {"5.", false, 0},
    {"1.2.3", false, 0},
    {"-1", false, 0},
    {"+1", false, 0},
    {"1e3", false, 0},
    {"1,5", false, 0},
    {"0x10", false, 0},
    {"inf", false, 0},
    {"nan", false, 0},
};

static void decimals_are_plain(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(decimal_cases); i++) {
        double value = 0;
        print_message("\"%s\"\n", decimal_cases[i].text);
        assert_int_equal(num_parse_decimal(&value, str_from(decimal_cases[i].text)),
                         decimal_cases[i].parses);
        assert_close(value, decimal_cases[i].value, 0);
    }
}

static const struct decimal_case double_cases[] = {
    {"-1.5", true, -1.5},
    {"1e3", true, 1000},
    {"1E-3", true, 0.001},
    {"2.5e+2", true, 250},
    {"-0", true, 0},
    {"1e400", false, 0},
    {"1e", false, 0},
    {"e3", false, 0},
    {"1.", false, 0},
    {"-", false, 0},
    {"", false, 0},
    {"0x1p3", false, 0},
    {"inf", false, 0},
    {"nan", false, 0},
    {" 1", false, 0},
    {"+1", false, 0},
    {"1111111111111111111111111111111111111111111111111111111111111111", false, 0},
};

static void doubles_are_those_of_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(double_cases); i++) {
        double value = 0;
        print_message("\"%s\"\n", double_cases[i].text);
        assert_int_equal(num_parse_double(&value, str_from(double_cases[i].text)),
                         double_cases[i].parses);
        assert_close(value, double_cases[i].value, 0);
    }
}

static void a_ratio_of_nothing_is_zero(void **state)
{
    (void)state;
    assert_close(num_ratio(1, 4), 0.25, 0);
    assert_close(num_ratio(1, 0), 0, 0);
    assert_close(num_ratio(0, 0), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addition_fails_instead_of_wrapping),
        cmocka_unit_test(multiplication_fails_instead_of_wrapping),
        cmocka_unit_test(u64_is_digits_alone),
        cmocka_unit_test(decimals_are_plain),
        cmocka_unit_test(doubles_are_those_of_json),
        cmocka_unit_test(a_ratio_of_nothing_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
