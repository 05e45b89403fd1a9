#include <signal.h>
#include <stdio.h>
#include <sys/random.h>

#include "gate/base/map.h"
#include "gate/cli/cli.h"

static const struct command commands[] = {
    {"run", cmd_run, "[--base REV] [--head REV] [SCENARIO...]",
     "build both revisions, load them, judge, report"},
    {"record", cmd_record, "[REV] [SCENARIO...] -o DIR",
     "build and load one revision, for a baseline that is kept, or for max: rules"},
    {"check", cmd_check, "DIR | BASE CAND", "judge a recording, or two heap profiles, again"},
    {"diff", cmd_diff, "DIR | BASE CAND", "the comparison function by function; never gates"},
    {"explain", cmd_explain, "FUNCTION [DIR]",
     "everything a recording knows of one function: pairing, lines, kinds, callers, rules"},
    {"report", cmd_report, "DIR", "a recording's report in another format"},
    {"lint", cmd_lint, "[FILE]", "check the policy and say which rule wins where"},
    {"calibrate", cmd_calibrate, "[REV]",
     "run a revision against itself: the noise of this machine, per metric and rule"},
    {"selftest", cmd_selftest, "[DIR]",
     "inject known costs into a recording: can every block rule go red?"},
};

const char *cli_version(void)
{
    return MEMGATE_VERSION;
}

static void print_usage(FILE *out)
{
    (void)fprintf(out,
                  "usage: memgate COMMAND [options]\n\n"
                  "memgate blocks a merge when a change makes a Go service or benchmark allocate "
                  "more memory,\nkeep more, or answer slower.\n\ncommands:\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        (void)fprintf(out, "  %-9s %-44s %s\n", commands[i].name, commands[i].arguments,
                      commands[i].help);
    }
    (void)fprintf(out, "\nexit codes: 0 pass, 1 blocked, 2 usage or policy wrong, 3 no verdict, "
                       "4 inconclusive\nmemgate COMMAND --help lists a command's options.\n");
}

/* Hostile profiles must not know where their ids land; a test may fix the seed to compare runs. */
static void seed_hashes(void)
{
    uint64_t seed = 0;
    const char *fixed = getenv("MEMGATE_HASH_SEED");
    if (fixed) {
        seed = strtoull(fixed, NULL, 10);
    } else if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed)) {
        seed = 0x9e3779b97f4a7c15U;
    }
    hash_seed_set(seed);
}

static int unknown_command(const char *name)
{
    struct str names[ARRAY_LEN(commands)];
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[i] = str_from(commands[i].name);
    struct str near = str_nearest(str_from(name), names, ARRAY_LEN(commands));
    if (near.len) {
        (void)fprintf(stderr, "memgate: unknown command \"%s\"; did you mean \"%.*s\"?\n", name,
                      STR_ARGS(near));
    } else {
        (void)fprintf(stderr, "memgate: unknown command \"%s\"; try memgate --help\n", name);
    }
    return 2;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    struct str name = str_from(argv[1]);
    if (str_equal(name, STR("--help")) || str_equal(name, STR("-h")) ||
        str_equal(name, STR("help"))) {
        print_usage(stdout);
        return 0;
    }
    if (str_equal(name, STR("--version"))) {
        (void)printf("memgate %s\n", cli_version());
        return 0;
    }
    /* A file that grows past `ulimit -f` is a failed write, with its message. */
    (void)signal(SIGXFSZ, SIG_IGN);
    seed_hashes();
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (str_equal_text(name, commands[i].name))
            return commands[i].main(argc - 1, argv + 1);
    }
    return unknown_command(argv[1]);
}
