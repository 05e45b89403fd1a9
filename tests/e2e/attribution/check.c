/*
 * attribution_check kinds EXE PROFILE   each function main.kind<Kind><Case> allocates what it says
 * attribution_check calls EXE LISTING   each CALL line of `go tool objdump` names our call target
 *
 * Prints one line of figures; what disagrees goes before it.
 */
#include <stdio.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/binary/elf.h"
#include "gate/fold/fold.h"

enum { FUNCTIONS_MIN = 40, CALLS_MIN = 500, LISTING_BYTES_MAX = 256 * 1024 * 1024 };

static const double share_min = 0.995;

struct check {
    struct arena arena;
    struct err err;
    struct bytes exe;
    struct bytes input;
    struct binary binary;
};

static int check_failed(const struct check *check)
{
    (void)fprintf(stderr, "attribution_check: %s\n", check->err.text);
    return 1;
}

static enum status check_open(struct check *check, char **argv)
{
    if (io_read_file(&check->exe, &check->arena, str_from(argv[2]), BINARY_BYTES_MAX,
                     &check->err) ||
        io_read_file(&check->input, &check->arena, str_from(argv[3]), LISTING_BYTES_MAX,
                     &check->err))
        return check->err.status;
    return binary_open(&check->binary, &check->arena, check->exe, &check->err);
}

/* "main.kindMapGrow" -> map. The kind is the word behind the prefix, with a capital. */
static bool expected_kind(struct str function, enum alloc_kind *kind)
{
    const struct str prefix = STR("main.kind");
    if (!str_starts_with(function, prefix))
        return false;
    struct str rest = str_slice(function, prefix.len, function.len);
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

struct tally {
    struct name_id user;
    enum alloc_kind want;
    int64_t right;
    int64_t all;
};

struct tallies {
    struct tally *items;
    size_t len;
    size_t cap;
};

static struct tally *tally_of(struct tallies *tallies, struct arena *arena, struct name_id user,
                              enum alloc_kind want)
{
    for (size_t i = 0; i < tallies->len; i++) {
        if (name_equal(tallies->items[i].user, user))
            return &tallies->items[i];
    }
    struct tally fresh = {.user = user, .want = want};
    ARENA_PUSH(arena, tallies->items, tallies->len, tallies->cap, fresh);
    return &tallies->items[tallies->len - 1];
}

static void site_tally(struct tallies *tallies, struct arena *arena, const struct intern *names,
                       const struct fold_site *site)
{
    enum alloc_kind want = ALLOC_KIND_UNKNOWN;
    if (!expected_kind(intern_text(names, site->user), &want))
        return;
    struct tally *tally = tally_of(tallies, arena, site->user, want);
    int64_t bytes = site->value[HEAP_ALLOC_SPACE];
    tally->all += bytes;
    if (site->kind == want) {
        tally->right += bytes;
    } else {
        printf("  %.*s: %lld bytes of kind %s at %.*s:%lld\n",
               STR_ARGS(intern_text(names, site->user)), (long long)bytes,
               alloc_kind_name(site->kind), STR_ARGS(intern_text(names, site->func)),
               (long long)site->line);
    }
}

static int tallies_judge(const struct tallies *tallies, const struct intern *names)
{
    int64_t right = 0;
    int64_t all = 0;
    int wrong = 0;
    for (size_t i = 0; i < tallies->len; i++) {
        const struct tally *tally = &tallies->items[i];
        right += tally->right;
        all += tally->all;
        if (tally->all > 0 && num_ratio((double)tally->right, (double)tally->all) >= share_min)
            continue;
        printf("WRONG %.*s: %lld of %lld bytes are %s\n", STR_ARGS(intern_text(names, tally->user)),
               (long long)tally->right, (long long)tally->all, alloc_kind_name(tally->want));
        wrong++;
    }
    printf("%zu functions, %d wrong, %lld of %lld bytes right (%.4f %%)\n", tallies->len, wrong,
           (long long)right, (long long)all, 100 * num_ratio((double)right, (double)all));
    return wrong > 0 || tallies->len < FUNCTIONS_MIN;
}

static int64_t kind_bytes(const struct fold *fold, enum alloc_kind kind)
{
    int64_t sum = 0;
    for (size_t i = 0; i < fold->site_count; i++) {
        if (fold->sites[i].kind == kind)
            sum += fold->sites[i].value[HEAP_ALLOC_SPACE];
    }
    return sum;
}

static int fold_judge(const struct fold *fold, struct check *check, const struct intern *names)
{
    struct tallies tallies = {0};
    for (size_t i = 0; i < fold->site_count; i++)
        site_tally(&tallies, &check->arena, names, &fold->sites[i]);
    int64_t goroutine = kind_bytes(fold, ALLOC_KIND_GOROUTINE);
    int64_t unknown = kind_bytes(fold, ALLOC_KIND_UNKNOWN);
    int64_t total = fold->total[HEAP_ALLOC_SPACE];
    printf("whole process: %lld bytes, %lld unknown (%.4f %%), %lld goroutine, period %lld\n",
           (long long)total, (long long)unknown, 100 * num_ratio((double)unknown, (double)total),
           (long long)goroutine, (long long)fold->period);
    int wrong = tallies_judge(&tallies, names);
    return wrong || goroutine == 0 || num_ratio((double)unknown, (double)total) > 1 - share_min;
}

static int check_kinds(struct check *check)
{
    struct profile profile;
    struct call_targets targets = {0};
    struct intern names;
    struct fold fold;
    uint64_t start = clock_now_ns();
    if (profile_decode(&profile, &check->arena, check->input, &check->err))
        return check_failed(check);
    uint64_t decoded = clock_now_ns();
    targets_add(&targets, &check->arena, &check->binary, &profile);
    uint64_t targeted = clock_now_ns();
    intern_init(&names, &check->arena);
    struct fold_options options = {.targets = &targets, .module = check->binary.build.module};
    if (fold_heap(&fold, &check->arena, &names, &profile, &options, &check->err))
        return check_failed(check);
    printf("decode %.2f ms, targets %.2f ms, fold %.2f ms; %zu samples, %zu targets, %zu sites\n",
           (double)(decoded - start) / 1e6, (double)(targeted - decoded) / 1e6,
           (double)(clock_now_ns() - targeted) / 1e6, profile.sample_count, targets.len,
           fold.site_count);
    int wrong = fold_judge(&fold, check, &names);
    intern_release(&names);
    return wrong;
}

static bool parse_hex(struct str text, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = memchr(digits, text.data[i], 16);
        if (!digit || i >= 16)
            return false;
        value = value * 16 + (uint64_t)(digit - digits);
    }
    *out = value;
    return text.len > 0;
}

struct call_line {
    uint64_t address;
    size_t bytes;
    struct str symbol;
};

/* "  main.go:12  0x11abc  97ffffd3  CALL runtime.newobject(SB)" */
static bool parse_call(struct str line, struct call_line *call)
{
    struct str fields[8] = {{0}};
    struct str field = {0};
    const struct str end = STR("(SB)");
    const struct str assembly = STR(".abi0");
    size_t count = 0;
    while (count < ARRAY_LEN(fields) && str_split(&line, '\t', &field)) {
        if (str_trim(field).len > 0)
            fields[count++] = str_trim(field);
    }
    if (count != 4 || !str_starts_with(fields[3], STR("CALL ")) || !str_ends_with(fields[3], end))
        return false;
    call->bytes = fields[2].len / 2;
    call->symbol = str_slice(fields[3], 5, fields[3].len - end.len);
    if (str_ends_with(call->symbol, assembly))
        call->symbol.len -= assembly.len;
    return str_starts_with(fields[1], STR("0x")) &&
           parse_hex(str_slice(fields[1], 2, fields[1].len), &call->address);
}

static bool file_offset(const struct elf_file *elf, uint64_t address, uint64_t *offset)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        if (address < segment->address || address - segment->address >= segment->data.len)
            continue;
        *offset = segment->offset + (address - segment->address);
        return true;
    }
    return false;
}

/* The sampled address is the byte before the return address. */
static bool call_agrees(const struct check *check, const struct elf_file *elf,
                        const struct call_line *call)
{
    uint64_t offset = 0;
    struct str symbol = {0};
    bool found = file_offset(elf, call->address + call->bytes - 1, &offset) &&
                 binary_call_target(&check->binary, offset, &symbol);
    if (found && str_equal(symbol, call->symbol))
        return true;
    printf("WRONG 0x%llx: \"%.*s\", not \"%.*s\"\n", (unsigned long long)call->address,
           STR_ARGS(symbol), STR_ARGS(call->symbol));
    return false;
}

static int check_calls(struct check *check)
{
    struct elf_file elf;
    struct str rest = str_of_bytes(check->input);
    struct str line = {0};
    size_t count = 0;
    size_t agreed = 0;
    if (elf_read(&elf, &check->arena, check->exe, &check->err))
        return check_failed(check);
    while (str_split(&rest, '\n', &line)) {
        struct call_line call = {0};
        if (!parse_call(line, &call))
            continue;
        count++;
        agreed += call_agrees(check, &elf, &call);
    }
    printf("%zu direct calls, %zu agree\n", count, agreed);
    return agreed != count || count < CALLS_MIN;
}

int main(int argc, char **argv)
{
    struct check check = {0};
    if (argc != 4) {
        (void)fprintf(stderr, "usage: attribution_check kinds|calls EXE INPUT\n");
        return 2;
    }
    if (check_open(&check, argv))
        return check_failed(&check);
    printf("%.*s, module %.*s\n", STR_ARGS(check.binary.build.go_version),
           STR_ARGS(check.binary.build.module));
    int result = str_equal_text(STR("calls"), argv[1]) ? check_calls(&check) : check_kinds(&check);
    arena_release(&check.arena);
    return result;
}
