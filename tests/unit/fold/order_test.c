#include "gate/fold/order.h"

#include "tests/support/check.h"

enum { SITES = 300, FUNCS = 7 };

/* Numbers that are the same on every run. */
static uint32_t chance(uint32_t below)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state >> 33) % below;
}

static struct name_id name_of(struct intern *names, uint32_t number)
{
    static const char *const texts[FUNCS] = {"m.Z", "", "b.B", "m.A", "a.A.func", "a.A", "m"};
    return intern_name(names, str_from(texts[number]));
}

/* Ids follow the order of appearance, which is not that of the texts. */
static void sites_are_in_the_order_of_their_fields(void **state)
{
    (void)state;
    static struct fold_site sites[SITES];
    bool seen[SITES] = {0};
    struct arena arena;
    struct intern names;
    arena_init(&arena);
    intern_init(&names, &arena);
    for (size_t i = 0; i < SITES; i++) {
        sites[i] = (struct fold_site){.func = name_of(&names, chance(FUNCS)),
                                      .file = name_of(&names, chance(2)),
                                      .line = chance(3),
                                      .caller = name_of(&names, chance(FUNCS)),
                                      .value = {(int64_t)i}};
    }
    sites_sort(sites, SITES, &names);
    for (size_t i = 0; i < SITES; i++) {
        assert_true(i == 0 || site_compare(&names, &sites[i - 1], &sites[i]) <= 0);
        assert_false(seen[sites[i].value[0]]);
        seen[sites[i].value[0]] = true;
    }
    intern_release(&names);
    arena_release(&arena);
}

static void leaves_are_in_the_order_of_their_texts(void **state)
{
    (void)state;
    static const char *const wanted[] = {"", "a.A", "a.A.func", "b.B", "m", "m.A", "m.Z"};
    struct fold_site sites[FUNCS] = {0};
    struct arena arena;
    struct intern names;
    arena_init(&arena);
    intern_init(&names, &arena);
    for (uint32_t i = 0; i < FUNCS; i++)
        sites[i].func = name_of(&names, i);
    sites_sort(sites, FUNCS, &names);
    for (size_t i = 0; i < FUNCS; i++)
        assert_str(intern_text(&names, sites[i].func), wanted[i]);
    intern_release(&names);
    arena_release(&arena);
}

static void no_sites_are_in_order(void **state)
{
    (void)state;
    struct arena arena;
    struct intern names;
    arena_init(&arena);
    intern_init(&names, &arena);
    sites_sort(NULL, 0, &names);
    intern_release(&names);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sites_are_in_the_order_of_their_fields),
        cmocka_unit_test(leaves_are_in_the_order_of_their_texts),
        cmocka_unit_test(no_sites_are_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
