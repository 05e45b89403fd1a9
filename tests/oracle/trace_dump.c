/* What trace_decode says of files, in the words of tests/oracle/tracesum. */
#include <inttypes.h>
#include <stdio.h>

#include "gate/base/io.h"
#include "gate/profile/trace.h"

static void print_sum(const char *file, const char *prefix, const char *name,
                      const struct trace_sum *sum)
{
    if (sum->count > 0) {
        printf("%s %s%s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", file, prefix, name, sum->count,
               sum->ns, sum->max_ns);
    }
}

static void print_totals(const char *file, const struct trace_totals *totals)
{
    printf("%s from %" PRIu64 "\n%s until %" PRIu64 "\n", file, totals->from_ns, file,
           totals->until_ns);
    printf("%s events %" PRIu64 "\n", file, totals->event_count);
    printf("%s gc_active %" PRIu64 "\n", file, totals->gc_active_ns);
    printf("%s assist_running %" PRIu64 "\n", file, totals->assist_running_ns);
    printf("%s assist_ending %" PRIu64 "\n", file, totals->assist_ending_ns);
    print_sum(file, "", "assists", &totals->assists);
    print_sum(file, "", "gc_stops", &totals->gc_stops);
    print_sum(file, "", "other_stops", &totals->other_stops);
    print_sum(file, "", "scheduling", &totals->scheduling);
    print_sum(file, "", "start_stops", &totals->start_stops);
    print_sum(file, "", "syscalls", &totals->syscalls);
    for (enum trace_wait wait = 0; wait < TRACE_WAITS; wait++)
        print_sum(file, "wait.", trace_wait_name(wait), &totals->waits[wait]);
}

static enum status dump(const char *file, struct err *err)
{
    struct arena arena;
    struct bytes data = {0};
    struct trace_totals totals = {0};
    arena_init(&arena);
    enum status status = io_read_file(&data, &arena, str_from(file), TRACE_BYTES_MAX, err);
    if (status == STATUS_OK)
        status = trace_decode(&totals, &arena, data, err);
    if (status == STATUS_OK) {
        print_totals(file, &totals);
        fprintf(stderr,
                "%s: %zu whole collections, %" PRIu64 " generations, lost %" PRIu64
                " batches, %" PRIu64 " bytes\n",
                file, totals.cycle_count, totals.generation_count, totals.lost_batches,
                totals.lost_bytes);
    }
    arena_release(&arena);
    return status;
}

int main(int argc, char **argv)
{
    static struct err err;
    for (int i = 1; i < argc; i++) {
        if (dump(argv[i], &err)) {
            fprintf(stderr, "%s: %s\n", argv[i], err.text);
            return 1;
        }
    }
    return 0;
}
