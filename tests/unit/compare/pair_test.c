#include "tests/support/check.h"

#include "gate/compare/pair.h"

/* Bytes per request; objects are a 32nd of them unless said otherwise. */
struct written {
    const char *name;
    double object_bytes;
    double map_bytes;
    const char *caller;
    const char *file;
    bool stays;
    double object_size;
};

#define COST_OF(function, objects, maps, ...)                                                      \
    {.name = function, .object_bytes = objects, .map_bytes = maps, __VA_ARGS__}
#define COST(function, objects, maps) COST_OF(function, objects, maps, .caller = NULL)

struct pair_case {
    const char *name;
    struct written base[5];
    struct written cand[5];
    const char *want; /* "from>to:step from>to:step", sorted */
};

static const struct pair_case pair_cases[] = {
    {"equal names need no pair", {COST("a.F", 100, 0)}, {COST("a.F", 200, 0)}, ""},

    /* module */
    {"a new module path is no other function",
     {COST("old.io/m/p.F", 100, 0), COST("old.io/m/p.(*T).G", 10, 0)},
     {COST("new.io/n/p.F", 900, 0), COST("new.io/n/p.(*T).G", 20, 0)},
     "old.io/m/p.(*T).G>new.io/n/p.(*T).G:module old.io/m/p.F>new.io/n/p.F:module"},
    {"a library's new major version is the same library",
     {COST("x.io/lib/v2/sub.F", 100, 0), COST("gopkg.in/yaml%2ev2.Unmarshal", 100, 0)},
     {COST("x.io/lib/v3/sub.F", 900, 0), COST("gopkg.in/yaml%2ev3.Unmarshal", 200, 0)},
     "gopkg.in/yaml%2ev2.Unmarshal>gopkg.in/yaml%2ev3.Unmarshal:module "
     "x.io/lib/v2/sub.F>x.io/lib/v3/sub.F:module"},
    {"from no version to the second",
     {COST("x.io/lib.F", 100, 0)},
     {COST("x.io/lib/v2.F", 900, 0)},
     "x.io/lib.F>x.io/lib/v2.F:module"},

    /* generic */
    {"a type that became generic",
     {COST("a.(*Stack).Push", 100, 0)},
     {COST("a.(*Stack[...]).Push", 300, 0)},
     "a.(*Stack).Push>a.(*Stack[...]).Push:generic"},
    {"a function that is generic no more",
     {COST("a.Map[...]", 100, 0)},
     {COST("a.Map", 300, 0)},
     "a.Map[...]>a.Map:generic"},

    /* receiver */
    {"a value receiver for a pointer",
     {COST("a.(*T).M", 100, 0)},
     {COST("a.T.M", 500, 0)},
     "a.(*T).M>a.T.M:receiver"},
    {"a type was renamed, and its methods agree",
     {COST("a.(*Cart).Add", 100, 0), COST("a.(*Cart).Sum", 50, 0)},
     {COST("a.(*Basket).Add", 300, 0), COST("a.(*Basket).Sum", 50, 0)},
     "a.(*Cart).Add>a.(*Basket).Add:receiver a.(*Cart).Sum>a.(*Basket).Sum:receiver"},
    {"a method became a function at its caller",
     {COST_OF("a.(*Cart).Sum", 100, 0, .caller = "a.Total")},
     {COST_OF("a.Sum", 150, 0, .caller = "a.Total")},
     "a.(*Cart).Sum>a.Sum:receiver"},
    {"a namesake of another type with other cost and caller is none",
     {COST_OF("a.(*Cart).String", 100, 0, .caller = "a.Print")},
     {COST_OF("a.(*User).String", 300, 0, .caller = "a.Log")},
     ""},

    /* package */
    {"a package that moved takes its functions along",
     {COST("old/p.F", 100, 0), COST("old/p.(*T).G", 50, 10)},
     {COST("new/q.F", 300, 0), COST("new/q.(*T).G", 50, 10)},
     "old/p.(*T).G>new/q.(*T).G:package old/p.F>new/q.F:package"},
    {"the same package elsewhere, though it grew",
     {COST("a/store.Open", 100, 0)},
     {COST("a/internal/store.Open", 400, 0)},
     "a/store.Open>a/internal/store.Open:package"},
    {"one function of equal cost moves alone",
     {COST("a.F", 100, 0)},
     {COST("b.F", 105, 0)},
     "a.F>b.F:package"},
    {"one function that grew moves with its file",
     {COST_OF("a.F", 100, 0, .file = "m/a/f.go")},
     {COST_OF("b.F", 150, 0, .file = "m/b/f.go")},
     "a.F>b.F:package"},
    {"one function that grew is known by its caller",
     {COST_OF("a.F", 100, 0, .caller = "main.run")},
     {COST_OF("b.F", 150, 0, .caller = "main.run")},
     "a.F>b.F:package"},
    {"a lone namesake of other cost is another function",
     {COST("a.New", 100, 0)},
     {COST("b.New", 900, 0)},
     ""},

    /* file */
    {"type and package renamed at once",
     {COST("m/cart.(*Cart).Sum", 100, 16)},
     {COST("m/basket.(*Basket).Sum", 100, 16)},
     "m/cart.(*Cart).Sum>m/basket.(*Basket).Sum:file"},

    /* signature */
    {"a renamed function keeps its signature",
     {COST("a.F", 100, 30)},
     {COST("a.G", 100.4, 30)},
     "a.F>a.G:signature"},
    {"a renamed function of other kinds does not pair",
     {COST("a.F", 100, 30)},
     {COST("a.G", 130, 0)},
     ""},
    {"equal bytes in objects of another size are another function",
     {COST_OF("a.F", 128, 0, .object_size = 16)},
     {COST_OF("a.G", 128, 0, .object_size = 64)},
     ""},
    {"of two alike the one with the caller",
     {COST_OF("a.F", 100, 0, .caller = "a.X")},
     {COST_OF("a.G", 100, 0, .caller = "a.X"), COST_OF("a.H", 100, 0, .caller = "a.Y")},
     "a.F>a.G:signature"},
    {"renamed and grown, under the same caller",
     {COST_OF("a.F", 100, 30, .caller = "a.X")},
     {COST_OF("a.G", 130, 39, .caller = "a.X")},
     "a.F>a.G:signature"},
    {"the same cost in another package under another caller is another function",
     {COST_OF("a.F", 100, 0, .caller = "a.X")},
     {COST_OF("b.G", 100, 0, .caller = "b.Y")},
     ""},
    {"two alike are a choice, so neither pairs",
     {COST("a.F", 100, 0)},
     {COST("a.G", 100, 0), COST("a.H", 100, 0)},
     ""},
    {"tiny functions do not pair by cost", {COST("a.F", 8, 0)}, {COST("a.G", 8, 0)}, ""},
    {"what the other executable still has was not renamed",
     {COST_OF("a.F", 100, 0, .stays = true)},
     {COST("a.G", 100, 0)},
     ""},
};

struct renamed_case {
    struct pair_case pair;
    struct record_rename renames[3]; /* what git says */
};

#define RENAME(old_path, new_path) {STR_INIT(old_path), STR_INIT(new_path)}
/* Twice the cost under no caller: what only the file can tell. */
#define CART   COST_OF("old.io/m/cart.(*Cart).Sum", 100, 0, .file = "old.io/m/cart/cart.go")
#define BASKET COST_OF("new.io/n/basket.(*Basket).Sum", 200, 0, .file = "new.io/n/basket/basket.go")
#define PAIRED "old.io/m/cart.(*Cart).Sum>new.io/n/basket.(*Basket).Sum:file"

static const struct renamed_case renamed_cases[] = {
    {{"git does not say that its file was renamed", {CART}, {BASKET}, ""},
     {RENAME("cart/sum.go", "basket/sum.go")}},
    {{"type, package and file renamed at once, and grown", {CART}, {BASKET}, PAIRED},
     {RENAME("cart/cart.go", "basket/basket.go")}},
    {{"in a module below the root of the repository", {CART}, {BASKET}, PAIRED},
     {RENAME("svc/a/cart/cart.go", "svc/b/basket/basket.go")}},
    {{"files of other modules besides", {CART}, {BASKET}, PAIRED},
     {RENAME("a/cart/cart.go", "a/order/order.go"), RENAME("b/cart/cart.go", "b/basket/basket.go"),
      RENAME("c/cart/cart.go", "c/cart/sum.go")}},
    {{"the file became another one", {CART}, {BASKET}, ""},
     {RENAME("cart/cart.go", "order/order.go"), RENAME("order/order.go", "basket/basket.go")}},
    {{"a path that ends alike within a name is another file", {CART}, {BASKET}, ""},
     {RENAME("mycart/cart.go", "mybasket/basket.go")}},
    {{"a library's file is none of the repository",
      {COST_OF("x.io/cart.(*Cart).Sum", 100, 0, .file = "cart/cart.go")},
      {COST_OF("x.io/basket.(*Basket).Sum", 200, 0, .file = "basket/basket.go")},
      ""},
     {RENAME("cart/cart.go", "basket/basket.go")}},
    {{"two of the name in a renamed file are a choice",
      {CART},
      {BASKET, COST_OF("new.io/n/basket.(*Bag).Sum", 300, 0, .file = "new.io/n/basket/basket.go")},
      ""},
     {RENAME("cart/cart.go", "basket/basket.go")}},
    {{"another name in a renamed file is another function",
      {CART},
      {COST_OF("new.io/n/basket.(*Basket).Add", 200, 0, .file = "new.io/n/basket/basket.go")},
      ""},
     {RENAME("cart/cart.go", "basket/basket.go")}},
    {{"of equal cost it needs no git",
      {CART, COST_OF("old.io/m/cart.(*Cart).Tax", 100, 0, .file = "old.io/m/cart/cart.go")},
      {BASKET, COST_OF("new.io/n/bill.(*Bill).Tax", 100, 0, .file = "new.io/n/bill/bill.go")},
      PAIRED " old.io/m/cart.(*Cart).Tax>new.io/n/bill.(*Bill).Tax:file"},
     {RENAME("cart/cart.go", "basket/basket.go")}},
    {{"one function that grew moves with its renamed file",
      {COST_OF("old.io/m/a.F", 100, 0, .file = "old.io/m/a/f.go")},
      {COST_OF("new.io/n/b.F", 150, 0, .file = "new.io/n/b/g.go")},
      "old.io/m/a.F>new.io/n/b.F:package"},
     {RENAME("a/f.go", "b/g.go")}},
};

static struct name_id name_or_none(struct intern *names, const char *text)
{
    return intern_name(names, str_from(text));
}

static struct pair_side side_of(struct arena *arena, struct intern *names,
                                const struct written *functions, const char *module)
{
    struct pair_function *items = ARENA_ARRAY(arena, struct pair_function, 5);
    size_t len = 0;
    for (; len < 5 && functions[len].name; len++) {
        const struct written *from = &functions[len];
        double size = from->object_size > 0 ? from->object_size : 32;
        items[len].key = intern_name(names, str_from(from->name));
        items[len].bytes[ALLOC_KIND_OBJECT] = from->object_bytes;
        items[len].bytes[ALLOC_KIND_MAP] = from->map_bytes;
        items[len].objects[ALLOC_KIND_OBJECT] = from->object_bytes / size;
        items[len].objects[ALLOC_KIND_MAP] = from->map_bytes / size;
        items[len].caller = name_or_none(names, from->caller);
        items[len].file = name_or_none(names, from->file);
        items[len].stays = from->stays;
    }
    return (struct pair_side){items, len, str_from(module)};
}

static int order_text(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static struct str spell(struct arena *arena, const struct intern *names, const struct pairs *pairs)
{
    struct str parts[8];
    struct str out = STR("");
    for (size_t i = 0; i < pairs->len; i++) {
        const struct pair *pair = &pairs->items[i];
        parts[i] = str_format(arena, "%.*s>%.*s:%s", STR_ARGS(intern_text(names, pair->base)),
                              STR_ARGS(intern_text(names, pair->cand)), pair_step_name(pair->step));
    }
    qsort(parts, pairs->len, sizeof(parts[0]), order_text);
    for (size_t i = 0; i < pairs->len; i++)
        out = str_format(arena, "%.*s%s%.*s", STR_ARGS(out), i ? " " : "", STR_ARGS(parts[i]));
    return out;
}

static void check_pairs(const struct pair_case *row, const struct pair_hints *hints)
{
    struct arena arena;
    struct intern names;
    struct pairs pairs = {0};
    print_message("%s\n", row->name);
    arena_init(&arena);
    intern_init(&names, &arena);
    struct pair_side base = side_of(&arena, &names, row->base, "old.io/m");
    struct pair_side cand = side_of(&arena, &names, row->cand, "new.io/n");
    pair_functions(&pairs, &arena, &names, &base, &cand, hints);
    assert_str(spell(&arena, &names, &pairs), row->want);
    intern_release(&names);
    arena_release(&arena);
}

static void functions_pair_by_the_first_step_that_knows_them(void **state)
{
    const struct pair_hints none = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pair_cases); i++)
        check_pairs(&pair_cases[i], &none);
}

static void functions_follow_their_renamed_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(renamed_cases); i++) {
        const struct renamed_case *row = &renamed_cases[i];
        struct pair_hints hints = {.renames = row->renames};
        while (hints.rename_count < ARRAY_LEN(row->renames) &&
               row->renames[hints.rename_count].from.len > 0)
            hints.rename_count++;
        check_pairs(&row->pair, &hints);
    }
}

static void a_rename_counts_wherever_it_is_in_the_list(void **state)
{
    enum { COUNT = 65 };
    static const struct pair_case row = {"the last of many renames", {CART}, {BASKET}, PAIRED};
    struct record_rename renames[COUNT];
    const struct pair_hints hints = {.renames = renames, .rename_count = COUNT};
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        renames[i] = (struct record_rename){STR("a.go"), STR("b.go")};
    renames[COUNT - 1] = (struct record_rename){STR("cart/cart.go"), STR("basket/basket.go")};
    check_pairs(&row, &hints);
}

static void the_policys_successor_comes_first(void **state)
{
    const struct pair_hint items[] = {{STR("a.F"), STR("b.(*New).G")},
                                      {STR("a.Unknown"), STR("b.(*New).G")}};
    const struct pair_hints hints = {.items = items, .len = ARRAY_LEN(items)};
    const struct pair_case row = {"a successor of other cost in another package",
                                  {COST("a.F", 100, 0)},
                                  {COST("b.(*New).G", 900, 3), COST("a.G", 100, 0)},
                                  "a.F>b.(*New).G:policy"};
    (void)state;
    check_pairs(&row, &hints);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_pair_by_the_first_step_that_knows_them),
        cmocka_unit_test(functions_follow_their_renamed_file),
        cmocka_unit_test(a_rename_counts_wherever_it_is_in_the_list),
        cmocka_unit_test(the_policys_successor_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
