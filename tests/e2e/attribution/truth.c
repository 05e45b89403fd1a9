#include "tests/e2e/attribution/truth.h"

#include "gate/base/num.h"

struct truth_rule {
    struct str prefix;
    enum alloc_kind kind;
};

/*
 * Visible frames that are the runtime under another name, or whose
 * purpose is known whatever they call. UNKNOWN: depends on who calls.
 */
static const struct truth_rule leaf_rules[] = {
    {STR_INIT("maps.clone"), ALLOC_KIND_MAP},
    {STR_INIT("reflect.makemap"), ALLOC_KIND_MAP},
    {STR_INIT("reflect.mapassign"), ALLOC_KIND_MAP},
    {STR_INIT("reflect.makechan"), ALLOC_KIND_CHANNEL},
    {STR_INIT("reflect.growslice"), ALLOC_KIND_SLICE},
    {STR_INIT("reflect.unsafe_NewArray"), ALLOC_KIND_SLICE},
    {STR_INIT("reflect.unsafe_New"), ALLOC_KIND_OBJECT},
    {STR_INIT("internal/reflectlite.unsafe_New"), ALLOC_KIND_OBJECT},
    {STR_INIT("internal/bytealg.MakeNoZero"), ALLOC_KIND_UNKNOWN},
    {STR_INIT("internal/stringslite.Clone"), ALLOC_KIND_STRING},
    {STR_INIT("strings.Clone"), ALLOC_KIND_STRING},
    {STR_INIT("strings.(*Builder)."), ALLOC_KIND_STRING},
};

/* The outermost hidden frame is what the visible code called. */
static const struct truth_rule entry_rules[] = {
    {STR_INIT("runtime.makemap"), ALLOC_KIND_MAP},
    {STR_INIT("runtime.mapassign"), ALLOC_KIND_MAP},
    {STR_INIT("runtime.mapdelete"), ALLOC_KIND_MAP},
    {STR_INIT("runtime.mapclone"), ALLOC_KIND_MAP},
    {STR_INIT("runtime.mapiter"), ALLOC_KIND_MAP}, /* links overflow buckets until Go 1.23 */
    {STR_INIT("internal/runtime/maps."), ALLOC_KIND_MAP},
    {STR_INIT("runtime.makeslice"), ALLOC_KIND_SLICE},
    {STR_INIT("runtime.growslice"), ALLOC_KIND_SLICE},
    {STR_INIT("runtime.moveSlice"), ALLOC_KIND_SLICE},
    {STR_INIT("runtime.newarray"), ALLOC_KIND_SLICE},
    {STR_INIT("runtime.stringtoslice"), ALLOC_KIND_SLICE},
    {STR_INIT("runtime.gobytes"), ALLOC_KIND_SLICE},
    {STR_INIT("runtime.gostring"), ALLOC_KIND_STRING},
    {STR_INIT("runtime.concatstring"), ALLOC_KIND_STRING},
    {STR_INIT("runtime.slicebytetostring"), ALLOC_KIND_STRING},
    {STR_INIT("runtime.slicerunetostring"), ALLOC_KIND_STRING},
    {STR_INIT("runtime.intstring"), ALLOC_KIND_STRING},
    {STR_INIT("runtime.convT"), ALLOC_KIND_BOXING},
    {STR_INIT("runtime.newobject"), ALLOC_KIND_OBJECT},
    {STR_INIT("runtime.mallocgcSmall"), ALLOC_KIND_OBJECT},
    {STR_INIT("runtime.mallocgcTiny"), ALLOC_KIND_OBJECT},
    {STR_INIT("runtime.mallocgc"), ALLOC_KIND_SLICE}, /* make and copy, Go 1.26 */
    {STR_INIT("runtime.makechan"), ALLOC_KIND_CHANNEL},
    {STR_INIT("runtime.newcoro"), ALLOC_KIND_GOROUTINE},
};

/* Goroutine descriptors: made on the system stack, which has no frame of the program. */
static const struct str goroutine_frames[] = {
    STR_INIT("runtime.malg"),
    STR_INIT("runtime.allgadd"),
};

static const struct truth_rule *rule_of(const struct truth_rule *rules, size_t count,
                                        struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_starts_with(name, rules[i].prefix))
            return &rules[i];
    }
    return NULL;
}

static enum alloc_kind chain_kind(struct str chain)
{
    struct str frame = {0};
    while (str_split(&chain, '<', &frame)) {
        for (size_t i = 0; i < ARRAY_LEN(goroutine_frames); i++) {
            if (str_equal(frame, goroutine_frames[i]))
                return ALLOC_KIND_GOROUTINE;
        }
    }
    const struct truth_rule *rule = rule_of(entry_rules, ARRAY_LEN(entry_rules), frame);
    if (rule)
        return rule->kind;
    return frame.len > 0 ? ALLOC_KIND_OTHER : ALLOC_KIND_UNKNOWN;
}

static bool number_cut(int64_t *out, struct str *rest)
{
    struct str field = {0};
    uint64_t value = 0;
    if (!str_split(rest, '\t', &field) || !num_parse_u64(&value, field) || value > INT64_MAX)
        return false;
    *out = (int64_t)value;
    return true;
}

static bool record_read(struct truth_record *out, struct str line)
{
    int64_t objects = 0;
    struct str rest = line;
    if (!number_cut(&out->bytes, &rest) || !number_cut(&objects, &rest) ||
        !str_split(&rest, '\t', &out->test) || !str_split(&rest, '\t', &out->leaf) ||
        !number_cut(&out->line, &rest))
        return false;
    out->chain = rest;
    const struct truth_rule *rule = rule_of(leaf_rules, ARRAY_LEN(leaf_rules), out->leaf);
    out->kind = rule ? rule->kind : chain_kind(out->chain);
    return true;
}

enum status truth_read(struct truth *out, struct arena *arena, struct str text, struct err *err)
{
    struct truth read = {0};
    struct str line = {0};
    while (str_split(&text, '\n', &line)) {
        struct truth_record record = {0};
        if (line.len == 0 && text.len == 0)
            break;
        if (!record_read(&record, line))
            return err_set(err, STATUS_FORMAT, "truth: \"%.*s\" is no record", STR_ARGS(line));
        ARENA_PUSH(arena, read.items, read.len, read.cap, record);
    }
    if (read.len == 0)
        return err_set(err, STATUS_FORMAT, "truth: no record");
    *out = read;
    return STATUS_OK;
}

bool truth_allows(enum alloc_kind truth, enum alloc_kind kind)
{
    return truth == kind || (truth == ALLOC_KIND_OBJECT && kind == ALLOC_KIND_CLOSURE);
}
