/*
 * attribution_check kinds EXE PROFILE TRUTH   each function main.kind<Kind><Case> allocates what it
 *                                             says, and all is as the runtime itself recorded it
 * attribution_check calls EXE LISTING         each CALL line of `go tool objdump` names our target
 *
 * Prints one line of figures; what disagrees goes before it.
 */
#include "tests/e2e/attribution/check.h"

#include <stdio.h>

#include "gate/base/io.h"

enum { INPUT_BYTES_MAX = 256 * 1024 * 1024 };

int check_failed(const struct check *check)
{
    (void)fprintf(stderr, "attribution_check: %s\n", check->err.text);
    return 1;
}

static enum status check_open(struct check *check, char **argv)
{
    struct bytes truth = {0};
    if (io_read_file(&check->exe, &check->arena, str_from(argv[2]), BINARY_BYTES_MAX,
                     &check->err) ||
        io_read_file(&check->input, &check->arena, str_from(argv[3]), INPUT_BYTES_MAX, &check->err))
        return check->err.status;
    if (argv[4] &&
        io_read_file(&truth, &check->arena, str_from(argv[4]), INPUT_BYTES_MAX, &check->err))
        return check->err.status;
    check->truth = str_of_bytes(truth);
    return binary_open(&check->binary, &check->arena, check->exe, &check->err);
}

int main(int argc, char **argv)
{
    struct check check = {0};
    bool kinds = argc == 5 && str_equal_text(STR("kinds"), argv[1]);
    bool calls = argc == 4 && str_equal_text(STR("calls"), argv[1]);
    if (!kinds && !calls) {
        (void)fprintf(stderr, "usage: attribution_check kinds EXE PROFILE TRUTH\n"
                              "       attribution_check calls EXE LISTING\n");
        return 2;
    }
    if (check_open(&check, argv))
        return check_failed(&check);
    printf("%.*s, module %.*s\n", STR_ARGS(check.binary.build.go_version),
           STR_ARGS(check.binary.build.module));
    int result = calls ? check_calls(&check) : check_kinds(&check);
    arena_release(&check.arena);
    return result;
}
