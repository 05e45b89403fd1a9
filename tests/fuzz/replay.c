/*
 * Runs a fuzz target once over each file of the folders that are named,
 * so that the committed corpus is a test in every build.
 */
#include "gate/base/io.h"
#include "tests/fuzz/fuzz.h"

enum { SEEDS_MAX = 10000, SEED_BYTES_MAX = 16 * 1024 * 1024 };

static enum status replay_file(struct arena *arena, struct str path, struct err *err)
{
    struct bytes data = {0};
    if (io_read_file(&data, arena, path, SEED_BYTES_MAX, err))
        return err->status;
    (void)LLVMFuzzerTestOneInput(data.data, data.len);
    return STATUS_OK;
}

static enum status replay_dir(struct arena *arena, struct str dir, struct err *err)
{
    struct str *files = NULL;
    size_t count = 0;
    if (io_list_files(&files, &count, arena, dir, SEEDS_MAX, err))
        return err->status;
    for (size_t i = 0; i < count; i++) {
        if (replay_file(arena, io_join(arena, dir, files[i]), err))
            return err->status;
    }
    printf("%zu files replayed\n", count);
    return count > 0 ? STATUS_OK : err_set(err, STATUS_NOT_FOUND, "no files");
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct err err = {0};
    enum status status = STATUS_OK;
    arena_init(&arena);
    for (int i = 1; i < argc && status == STATUS_OK; i++)
        status = replay_dir(&arena, str_from(argv[i]), &err);
    if (status)
        (void)fprintf(stderr, "%s\n", err.text);
    arena_release(&arena);
    return status != STATUS_OK;
}
