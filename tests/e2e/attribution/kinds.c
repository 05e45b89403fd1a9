#include <stdio.h>

#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/fold/fold.h"
#include "tests/e2e/attribution/check.h"
#include "tests/e2e/attribution/truth.h"

enum { CASES_MIN = 120 };

static const double share_min = 0.995;

/* Bytes of one place in one case: what we call them, and what the truth does. */
struct row {
    struct str test;
    struct str leaf;
    int64_t line;
    int64_t ours[ALLOC_KINDS];
    int64_t truth[ALLOC_KINDS];
};

struct rows {
    struct row *items;
    size_t len;
    size_t cap;
};

/* "kindMapGeneric" of "main.kindMapGeneric[go.shape.int].func1"; empty when it is no case. */
static struct str case_of(struct str function)
{
    const struct str package = STR("main.");
    if (!str_starts_with(function, package))
        return (struct str){"", 0};
    struct str name = str_slice(function, package.len, function.len);
    if (!str_starts_with(name, STR("kind")) && !str_starts_with(name, STR("mixed")))
        return (struct str){"", 0};
    size_t len = 0;
    while (len < name.len && !memchr(".[-", name.data[len], 3))
        len++;
    return str_slice(name, 0, len);
}

/* "kindMapGrow" -> map. The kind is the word behind the prefix, with a capital. */
static bool expected_kind(struct str test, enum alloc_kind *kind)
{
    const struct str prefix = STR("kind");
    if (!str_starts_with(test, prefix))
        return false;
    struct str rest = str_slice(test, prefix.len, test.len);
    for (size_t i = 0; i < ALLOC_KINDS; i++) {
        struct str name = str_from(alloc_kind_name((enum alloc_kind)i));
        if (rest.len > name.len && rest.data[0] == name.data[0] - 'a' + 'A' &&
            str_starts_with(str_slice(rest, 1, rest.len), str_slice(name, 1, name.len))) {
            *kind = (enum alloc_kind)i;
            return true;
        }
    }
    return false;
}

/*
 * Both spellings of one frame. runtime.Frame cuts from the first bracket
 * to the last one. Go 1.24 and 1.25 write the frame that reflect.makemap
 * was inlined into to profiles, and the inlined one to the truth.
 */
static struct str leaf_key(struct str function, struct arena *arena)
{
    ptrdiff_t open = str_find(function, '[');
    ptrdiff_t close = str_find_last(function, ']');
    if (str_equal(function, STR("reflect.MakeMapWithSize")))
        return STR("reflect.makemap");
    if (open < 0 || close < open)
        return function;
    struct str before = str_slice(function, 0, (size_t)open);
    struct str behind = str_slice(function, (size_t)close + 1, function.len);
    return str_format(arena, "%.*s[...]%.*s", STR_ARGS(before), STR_ARGS(behind));
}

static int64_t line_key(struct str leaf, int64_t line)
{
    return str_equal(leaf, STR("reflect.makemap")) ? 0 : line;
}

static struct row *row_of(struct rows *rows, struct arena *arena, const struct row *key)
{
    for (size_t i = 0; i < rows->len; i++) {
        struct row *row = &rows->items[i];
        if (row->line == key->line && str_equal(row->test, key->test) &&
            str_equal(row->leaf, key->leaf))
            return row;
    }
    ARENA_PUSH(arena, rows->items, rows->len, rows->cap, *key);
    return &rows->items[rows->len - 1];
}

/* A cgo stub or a helper of the program may stand between a case and what it allocates. */
static struct str site_case(const struct intern *names, const struct fold_site *site)
{
    struct str test = case_of(intern_text(names, site->user));
    return test.len > 0 ? test : case_of(intern_text(names, site->caller));
}

static void sites_add(struct rows *rows, struct check *check, const struct intern *names,
                      const struct fold *fold)
{
    for (size_t i = 0; i < fold->site_count; i++) {
        const struct fold_site *site = &fold->sites[i];
        struct row key = {.test = site_case(names, site),
                          .leaf = leaf_key(intern_text(names, site->func), &check->arena)};
        key.line = line_key(key.leaf, site->line);
        if (key.test.len > 0)
            row_of(rows, &check->arena, &key)->ours[site->kind] += site->value[HEAP_ALLOC_SPACE];
    }
}

static void truth_add(struct rows *rows, struct check *check, const struct truth *truth)
{
    for (size_t i = 0; i < truth->len; i++) {
        const struct truth_record *record = &truth->items[i];
        struct row key = {.test = record->test, .leaf = leaf_key(record->leaf, &check->arena)};
        key.line = line_key(key.leaf, record->line);
        if (!str_equal(record->test, STR("-")))
            row_of(rows, &check->arena, &key)->truth[record->kind] += record->bytes;
    }
}

static int64_t bytes_sum(const int64_t *bytes)
{
    int64_t sum = 0;
    for (size_t i = 0; i < ALLOC_KINDS; i++)
        sum += bytes[i];
    return sum;
}

static void kinds_print(const char *title, const int64_t *bytes)
{
    printf(" %s", title);
    for (size_t i = 0; i < ALLOC_KINDS; i++) {
        if (bytes[i] != 0)
            printf(" %s %lld", alloc_kind_name((enum alloc_kind)i), (long long)bytes[i]);
    }
}

/*
 * Bytes of each kind that the hidden frames name must be among ours of
 * that kind; those without hidden frames may be any, so that the rest of
 * ours is theirs because both sums are equal. Map bytes are exact: the chains
 * of map entries keep their hidden frames in every release.
 */
static bool row_agrees(const struct row *row)
{
    for (size_t truth = 0; truth < ALLOC_KINDS; truth++) {
        int64_t ours = 0;
        for (size_t kind = 0; kind < ALLOC_KINDS; kind++)
            ours +=
                truth_allows((enum alloc_kind)truth, (enum alloc_kind)kind) ? row->ours[kind] : 0;
        if (truth != ALLOC_KIND_UNKNOWN && ours < row->truth[truth])
            return false;
    }
    return bytes_sum(row->ours) == bytes_sum(row->truth) &&
           (row->ours[ALLOC_KIND_MAP] == row->truth[ALLOC_KIND_MAP] ||
            !str_starts_with(row->test, STR("mixed")));
}

static int rows_judge(const struct rows *rows)
{
    int wrong = 0;
    int64_t bytes = 0;
    int64_t told = 0;
    for (size_t i = 0; i < rows->len; i++) {
        const struct row *row = &rows->items[i];
        bytes += bytes_sum(row->truth);
        told += bytes_sum(row->truth) - row->truth[ALLOC_KIND_UNKNOWN];
        if (row_agrees(row))
            continue;
        printf("WRONG %.*s at %.*s:%lld:", STR_ARGS(row->test), STR_ARGS(row->leaf),
               (long long)row->line);
        kinds_print("ours", row->ours);
        kinds_print("| truth", row->truth);
        printf("\n");
        wrong++;
    }
    printf("truth: %zu places, %lld bytes, hidden frames for %.2f %%, %d places disagree\n",
           rows->len, (long long)bytes, 100 * num_ratio((double)told, (double)bytes), wrong);
    return wrong;
}

/* A case with all its places. Mixed ones have no kind of their own. */
struct tally {
    struct row sum;
    bool pure;
    enum alloc_kind want;
};

/* Map bytes are exact: all of a map case, none of another one. */
static bool tally_right(const struct tally *tally)
{
    int64_t all = bytes_sum(tally->sum.ours);
    int64_t right = tally->sum.ours[tally->want];
    int64_t maps = tally->sum.ours[ALLOC_KIND_MAP];
    if (all <= 0 || (tally->want == ALLOC_KIND_MAP ? right != all : maps != 0))
        return false;
    return num_ratio((double)right, (double)all) >= share_min;
}

static struct rows rows_by_case(const struct rows *rows, struct arena *arena)
{
    struct rows sums = {0};
    for (size_t i = 0; i < rows->len; i++) {
        struct row key = {.test = rows->items[i].test};
        struct row *sum = row_of(&sums, arena, &key);
        for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
            sum->ours[kind] += rows->items[i].ours[kind];
            sum->truth[kind] += rows->items[i].truth[kind];
        }
    }
    return sums;
}

static int cases_judge(const struct rows *cases)
{
    int64_t right = 0;
    int64_t all = 0;
    size_t pure = 0;
    int wrong = 0;
    for (size_t i = 0; i < cases->len; i++) {
        struct tally tally = {.sum = cases->items[i]};
        tally.pure = expected_kind(tally.sum.test, &tally.want);
        if (!tally.pure)
            continue;
        pure++;
        right += tally.sum.ours[tally.want];
        all += bytes_sum(tally.sum.ours);
        if (tally_right(&tally))
            continue;
        printf("WRONG %.*s:", STR_ARGS(tally.sum.test));
        kinds_print("ours", tally.sum.ours);
        printf("\n");
        wrong++;
    }
    printf("%zu functions (%zu mixed), %d wrong, %lld of %lld bytes right (%.4f %%)\n", pure,
           cases->len - pure, wrong, (long long)right, (long long)all,
           100 * num_ratio((double)right, (double)all));
    return wrong > 0 || pure < CASES_MIN;
}

static int64_t truth_kind(const struct truth *truth, enum alloc_kind kind)
{
    int64_t sum = 0;
    for (size_t i = 0; i < truth->len; i++)
        sum += truth->items[i].kind == kind ? truth->items[i].bytes : 0;
    return sum;
}

static int64_t fold_kind(const struct fold *fold, enum alloc_kind kind)
{
    int64_t sum = 0;
    for (size_t i = 0; i < fold->site_count; i++)
        sum += fold->sites[i].kind == kind ? fold->sites[i].value[HEAP_ALLOC_SPACE] : 0;
    return sum;
}

static int process_judge(const struct fold *fold, const struct truth *truth)
{
    int64_t goroutine = fold_kind(fold, ALLOC_KIND_GOROUTINE);
    int64_t want = truth_kind(truth, ALLOC_KIND_GOROUTINE);
    int64_t unknown = fold_kind(fold, ALLOC_KIND_UNKNOWN);
    int64_t total = fold->total[HEAP_ALLOC_SPACE];
    printf("whole process: %lld bytes, %lld unknown (%.4f %%), %lld goroutine (truth %lld), "
           "period %lld\n",
           (long long)total, (long long)unknown, 100 * num_ratio((double)unknown, (double)total),
           (long long)goroutine, (long long)want, (long long)fold->period);
    return goroutine == 0 || goroutine != want || fold->period != 1 ||
           num_ratio((double)unknown, (double)total) > 1 - share_min;
}

static int fold_judge(const struct fold *fold, struct check *check, const struct intern *names)
{
    struct truth truth;
    struct rows rows = {0};
    if (truth_read(&truth, &check->arena, check->truth, &check->err))
        return check_failed(check);
    sites_add(&rows, check, names, fold);
    truth_add(&rows, check, &truth);
    struct rows cases = rows_by_case(&rows, &check->arena);
    int wrong = process_judge(fold, &truth);
    wrong |= rows_judge(&rows);
    return wrong | cases_judge(&cases);
}

int check_kinds(struct check *check)
{
    struct profile profile;
    struct call_targets targets = {0};
    struct intern names;
    struct fold fold;
    struct runtime_table runtime;
    uint64_t start = clock_now_ns();
    if (profile_decode(&profile, &check->arena, check->input, &check->err))
        return check_failed(check);
    uint64_t decoded = clock_now_ns();
    targets_add(&targets, &check->arena, &check->binary, &profile);
    uint64_t targeted = clock_now_ns();
    intern_init(&names, &check->arena);
    if (runtime_table_open(&runtime, &check->arena, check->binary.build.go_version, &check->err))
        return check_failed(check);
    struct fold_options options = {
        .runtime = &runtime, .targets = &targets, .module = check->binary.build.module};
    if (fold_heap(&fold, &check->arena, &names, &profile, &options, &check->err))
        return check_failed(check);
    printf("decode %.2f ms, targets %.2f ms, fold %.2f ms; %zu samples, %zu targets, %zu sites\n",
           (double)(decoded - start) / 1e6, (double)(targeted - decoded) / 1e6,
           (double)(clock_now_ns() - targeted) / 1e6, profile.sample_count, targets.len,
           fold.site_count);
    int wrong = fold_judge(&fold, check, &names);
    intern_release(&names);
    return wrong ? 1 : 0;
}
