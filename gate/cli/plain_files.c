#include "gate/cli/plain_files.h"

#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/fold/functions.h"
#include "gate/fold/symbolise.h"

/* What is read of one side; lives as long as the session. */
struct plain_files {
    struct arena *arena;
    struct str *names;
    size_t len;
    size_t cap;
    struct bytes *contents;
    struct profile *profiles;
    struct binary binary;
    struct binary_names functions;
    struct call_targets targets;
};

static enum status add_name(struct plain_files *files, struct str name, struct err *err)
{
    if (files->len == PLAIN_FILES_MAX) {
        return err_set(err, STATUS_USAGE,
                       "more than %d profiles; merge some with go tool pprof "
                       "-proto first",
                       PLAIN_FILES_MAX);
    }
    ARENA_PUSH(files->arena, files->names, files->len, files->cap, name);
    return STATUS_OK;
}

static enum status add_directory(struct plain_files *files, struct str dir, struct err *err)
{
    struct str *names = NULL;
    size_t count = 0;
    if (io_list_files(&names, &count, files->arena, dir, PLAIN_FILES_MAX, err))
        return err->status;
    if (count == 0)
        return err_set(err, STATUS_USAGE, "%.*s: no profile in the directory", STR_ARGS(dir));
    for (size_t i = 0; i < count; i++) {
        if (add_name(files, io_join(files->arena, dir, names[i]), err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status find_files(struct plain_files *files, const struct str *paths, struct err *err)
{
    for (size_t i = 0; paths[i].len > 0; i++) {
        if (io_is_dir(paths[i]) ? add_directory(files, paths[i], err)
                                : add_name(files, paths[i], err))
            return err->status;
    }
    return STATUS_OK;
}

static bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static enum status refuse_twin(const struct plain_files *files, size_t at, struct err *err)
{
    for (size_t i = 0; i < at; i++) {
        if (!bytes_equal(files->contents[i], files->contents[at]))
            continue;
        return err_set(err, STATUS_USAGE,
                       "%.*s and %.*s are the same profile; each may count once, or the interval "
                       "would be too narrow",
                       STR_ARGS(files->names[i]), STR_ARGS(files->names[at]));
    }
    return STATUS_OK;
}

/* Of what was read before and the file at `at`; *total is kept from file to file. */
static enum status bound_samples(size_t *total, const struct plain_files *files, size_t at,
                                 struct err *err)
{
    *total += files->profiles[at].sample_count;
    if (at == 0 || *total <= PLAIN_SAMPLES_MAX)
        return STATUS_OK;
    return err_set(err, STATUS_USAGE,
                   "%.*s: %zu files have %zu samples in all, more than %d; give fewer files a side",
                   STR_ARGS(files->names[at]), at + 1, *total, PLAIN_SAMPLES_MAX);
}

static enum status read_profiles(struct plain_files *files, struct err *err)
{
    size_t total = 0;
    files->contents = ARENA_ARRAY(files->arena, struct bytes, files->len);
    files->profiles = ARENA_ARRAY(files->arena, struct profile, files->len);
    for (size_t i = 0; i < files->len; i++) {
        if (io_read_file(&files->contents[i], files->arena, files->names[i],
                         PROFILE_PACKED_BYTES_MAX, err) ||
            refuse_twin(files, i, err))
            return err->status;
        if (profile_decode(&files->profiles[i], files->arena, files->contents[i], err))
            return err_wrap(err, "%.*s", STR_ARGS(files->names[i]));
        if (bound_samples(&total, files, i, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status read_binary(struct plain_files *files, struct str path, struct err *err)
{
    struct bytes elf = {0};
    struct arena *arena = files->arena;
    if (path.len == 0)
        return STATUS_OK;
    if (io_read_file(&elf, arena, path, BINARY_BYTES_MAX, err))
        return err->status;
    if (binary_open(&files->binary, arena, elf, err) ||
        functions_of(&files->functions, arena, &files->binary, err))
        return err_wrap(err, "%.*s", STR_ARGS(path));
    for (size_t i = 0; i < files->len; i++) {
        struct profile *profile = &files->profiles[i];
        if (symbolise(profile, arena, &files->binary, err))
            return err_wrap(err, "%.*s: %.*s", STR_ARGS(path), STR_ARGS(files->names[i]));
        targets_add(&files->targets, arena, &files->binary, profile);
        targets_add_text(&files->targets, arena, &files->binary, profile);
    }
    return STATUS_OK;
}

static enum status parse_count(double *out, struct str text, struct err *err)
{
    uint64_t count = 0;
    if (!num_parse_u64(&count, text) || count == 0) {
        return err_set(err, STATUS_USAGE,
                       "requests are whole numbers above 0, one for all profiles or one for each "
                       "(\"20000\" or \"20000,19000\"), not \"%.*s\"",
                       STR_ARGS(text));
    }
    *out = (double)count;
    return STATUS_OK;
}

static enum status take_requests(struct comparison_profile *items, size_t len, struct str text,
                                 struct err *err)
{
    struct str rest = text;
    struct str part = {0};
    size_t count = 0;
    if (text.len == 0)
        return STATUS_OK;
    while (str_split(&rest, ',', &part)) {
        double ignored = 0;
        double *to = count < len ? &items[count].request_count : &ignored;
        count++;
        if (parse_count(to, str_trim(part), err))
            return err->status;
    }
    if (count != 1 && count != len) {
        return err_set(err, STATUS_USAGE,
                       "%zu request counts for %zu profiles; give one for all "
                       "of them, or one for each",
                       count, len);
    }
    for (size_t i = 1; i < len && count == 1; i++)
        items[i].request_count = items[0].request_count;
    return STATUS_OK;
}

static struct record_program program_of(const struct plain_files *files, bool has_binary)
{
    return (struct record_program){
        .go_version = files->binary.build.go_version,
        .module = files->binary.build.module,
        .package = files->binary.build.path,
        .functions = files->functions.items,
        .function_count = files->functions.len,
        .has_functions = has_binary,
    };
}

enum status plain_files_read(struct comparison_profiles *out, struct arena *arena,
                             const struct plain_source *source, struct err *err)
{
    struct plain_files *files = ARENA_NEW(arena, struct plain_files);
    files->arena = arena;
    if (find_files(files, source->files, err))
        return err->status;
    struct comparison_profile *items = ARENA_ARRAY(arena, struct comparison_profile, files->len);
    if (take_requests(items, files->len, source->requests, err) || read_profiles(files, err) ||
        read_binary(files, source->binary, err))
        return err->status;
    for (size_t i = 0; i < files->len; i++) {
        items[i].name = files->names[i];
        items[i].profile = &files->profiles[i];
    }
    *out = (struct comparison_profiles){
        .items = items,
        .len = files->len,
        .targets = &files->targets,
        .program = program_of(files, source->binary.len > 0),
    };
    return STATUS_OK;
}
