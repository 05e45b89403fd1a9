#ifndef GATE_CLI_CLI_H
#define GATE_CLI_CLI_H

#include "gate/base/log.h"
#include "gate/judge/judge.h"
#include "gate/report/report.h"

/*
 * One file per command. A command gets its arguments behind its own
 * name and returns the process's exit code (design section 3).
 */
struct command {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *arguments;
    const char *help;
};

int cmd_run(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_lint(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_selftest(int argc, char **argv);

/* The version that --version prints and recordings carry. */
const char *cli_version(void);

#endif
