#include "gate/harness/address.h"

#include "tests/support/check.h"

static const struct address_case {
    const char *name;
    struct address address;
    const char *text;
    const char *authority;
} address_cases[] = {
    {"a port", {.port = 4711}, "127.0.0.1:4711", "127.0.0.1:4711"},
    {"a socket", {.socket = STR_INIT("/tmp/x"), .port = 1}, "/tmp/x", "localhost"},
    {"TLS",
     {.port = 443, .is_tls = true, .server_name = STR_INIT("shop.test")},
     "127.0.0.1:443",
     "shop.test:443"},
    {"TLS on a socket",
     {.socket = STR_INIT("/s"), .is_tls = true, .server_name = STR_INIT("shop.test")},
     "/s",
     "shop.test"},
    {"an address of IPv6",
     {.port = 443, .is_tls = true, .server_name = STR_INIT("::1")},
     "127.0.0.1:443",
     "[::1]:443"},
};

static void an_address_is_spelled_for_people_and_for_requests(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(address_cases); i++) {
        const struct address_case *row = &address_cases[i];
        print_message("%s\n", row->name);
        assert_str(address_text(&row->address, &arena), row->text);
        assert_str(address_authority(&row->address, &arena), row->authority);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_spelled_for_people_and_for_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
