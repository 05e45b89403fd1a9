#include "gate/cli/talk.h"

#include <stdio.h>
#include <unistd.h>

#include "gate/base/clock.h"

enum { REDRAW_MS = 100 };

static void print_printable(const char *prefix, struct str text)
{
    struct arena scratch;
    arena_init(&scratch);
    struct str rest = text;
    struct str line;
    bool first = true;
    /*
     * A multi-line message keeps its lines. None may start with foreign
     * text: a CI runner obeys "::error::" and the like there.
     */
    while (str_split(&rest, '\n', &line)) {
        struct str safe = str_printable(&scratch, line);
        const char *mark = str_starts_with(line, STR("| ")) ? "" : "| ";
        (void)fprintf(stderr, "%s%.*s\n", first ? prefix : mark, STR_ARGS(safe));
        first = false;
    }
    arena_release(&scratch);
}

void talk_clear(struct talk *talk)
{
    if (talk->has_line)
        (void)fprintf(stderr, "\r\x1b[K");
    talk->has_line = false;
}

static void talk_line(void *ctx, struct str text)
{
    talk_clear(ctx);
    print_printable("memgate: ", text);
}

/* Seconds left in this phase if the rest goes on as it went; negative while unknown. */
static double seconds_left(const struct talk *talk, const struct log_progress *progress)
{
    double trial = progress->total ? (double)progress->done / (double)progress->total : 0;
    double done = ((double)progress->trial - 1 + trial) / (double)progress->trial_count;
    double spent = (double)(clock_now_ns() - talk->phase_start_ns) / (double)NS_PER_SECOND;
    return done > 0.02 ? spent * (1 - done) / done : -1;
}

static void draw(struct talk *talk, const struct log_progress *progress)
{
    struct arena scratch;
    arena_init(&scratch);
    double left = seconds_left(talk, progress);
    struct str name = str_printable(&scratch, progress->scenario);
    struct str eta = left < 0 ? STR("") : str_format(&scratch, ", %.0f s left", left);
    (void)fprintf(stderr, "\r\x1b[K%.*s: %.*s %u/%u %.*s", STR_ARGS(name),
                  STR_ARGS(progress->phase), progress->trial, progress->trial_count,
                  STR_ARGS(progress->side));
    (void)fprintf(stderr, " %llu/%llu%.*s", (unsigned long long)progress->done,
                  (unsigned long long)progress->total, STR_ARGS(eta));
    arena_release(&scratch);
    talk->has_line = true;
}

static void plain(const struct log_progress *progress)
{
    struct arena scratch;
    arena_init(&scratch);
    struct str name = str_printable(&scratch, progress->scenario);
    (void)fprintf(stderr, "memgate: %.*s: %.*s trial %u/%u, %.*s", STR_ARGS(name),
                  STR_ARGS(progress->phase), progress->trial, progress->trial_count,
                  STR_ARGS(progress->side));
    (void)fprintf(stderr, ", %llu requests\n", (unsigned long long)progress->total);
    arena_release(&scratch);
}

static void talk_progress(void *ctx, const struct log_progress *progress)
{
    struct talk *talk = ctx;
    uint64_t now = clock_now_ns();
    bool new_phase = talk->last_phase != progress->phase.data;
    bool new_trial = new_phase || talk->last_trial != progress->trial;
    if (new_phase)
        talk->phase_start_ns = now;
    talk->last_phase = progress->phase.data;
    talk->last_trial = progress->trial;
    if (!talk->is_terminal && new_trial)
        plain(progress);
    if (!talk->is_terminal || now - talk->last_ns < REDRAW_MS * NS_PER_MS)
        return;
    talk->last_ns = now;
    draw(talk, progress);
}

void talk_init(struct talk *talk)
{
    *talk = (struct talk){.is_terminal = isatty(STDERR_FILENO) == 1};
    talk->log = (struct log){talk, talk_line, talk_progress};
}

int talk_fail(struct talk *talk, const struct err *err)
{
    talk_clear(talk);
    print_printable("memgate: ", str_from(err->text));
    return status_exit_code(err->status);
}
