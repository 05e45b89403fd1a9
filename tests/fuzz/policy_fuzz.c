#include "gate/policy/policy.h"
#include "tests/fuzz/fuzz.h"

/* A policy that parses is asked for a rule as well: matching walks every selector. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct subject subject = {.scenario = STR_INIT("a"),
                                           .func = STR_INIT("org/cart.(*Service).Process"),
                                           .normal = STR_INIT("org/cart.(*Service).Process"),
                                           .package = STR_INIT("org/cart"),
                                           .file = STR_INIT("cart/service.go"),
                                           .kind = STR_INIT("map")};
    struct arena arena;
    struct err err = {0};
    struct policy policy = {0};
    const struct ignore_row *ignored = NULL;
    struct bytes text = {data, size};
    arena_init(&arena);
    if (policy_parse(&policy, &arena, STR("memgate.yaml"), text, &err) == STATUS_OK) {
        (void)policy_rule_for(&policy, METRIC_ALLOC_SPACE, &subject, &ignored);
        for (size_t i = 0; i < policy.rule_count; i++)
            (void)rule_describe(&arena, &policy.rules[i]);
    }
    arena_release(&arena);
    return 0;
}
