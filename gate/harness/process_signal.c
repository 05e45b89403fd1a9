#include <signal.h>
#include <sys/prctl.h>

#include "gate/harness/process.h"

static volatile sig_atomic_t interrupted_by;

static void note_signal(int number)
{
    interrupted_by = number;
}

static void set_handler(int number, void (*handler)(int))
{
    /* No SA_RESTART: whoever waits shall look at process_interrupted. */
    struct sigaction action = {.sa_handler = handler};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

void process_setup(void)
{
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < ARRAY_LEN(stops); i++)
        set_handler(stops[i], note_signal);
    set_handler(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    /* The service runs as the same user and would read our environment in /proc. */
    (void)prctl(PR_SET_DUMPABLE, 0);
}

int process_interrupted(void)
{
    return interrupted_by;
}

enum status process_interruption(struct err *err)
{
    return err_set(err, STATUS_INTERRUPTED, "interrupted by signal %d", process_interrupted());
}

void process_die(void)
{
    int number = process_interrupted();
    if (number == 0)
        return;
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}
