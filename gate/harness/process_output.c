#include "gate/harness/process_output.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/harness/cgroup.h"
#include "gate/harness/gctrace.h"

/* A program that prints without end must not hold us: the rest waits for the next look. */
enum { READ_BYTES = 16 * 1024, DRAIN_BYTES_MAX = 4 * 1024 * 1024 };

/* Twenty lines of this length fit into an error message. */
enum { TAIL_LINE_BYTES_MAX = 320 };

void output_init(struct process_output *output)
{
    *output = (struct process_output){0};
    buf_init(&output->head, PROCESS_OUTPUT_HEAD_BYTES_MAX);
}

void output_release(struct process_output *output)
{
    buf_release(&output->head);
    free(output->tail);
    output_init(output);
}

/* tail_at is where the next byte goes; once the ring is full, the oldest byte stands there. */
static void tail_add(struct process_output *output, const char *data, size_t len)
{
    if (!output->tail)
        output->tail = memory_resize(NULL, PROCESS_OUTPUT_TAIL_BYTES_MAX);
    while (len > 0) {
        size_t part = num_min_u64(len, PROCESS_OUTPUT_TAIL_BYTES_MAX - output->tail_at);
        memcpy(output->tail + output->tail_at, data, part);
        output->tail_at = (output->tail_at + part) % PROCESS_OUTPUT_TAIL_BYTES_MAX;
        size_t kept = num_min_u64(output->tail_len + part, PROCESS_OUTPUT_TAIL_BYTES_MAX);
        output->dropped_bytes += output->tail_len + part - kept;
        output->tail_len = kept;
        data += part;
        len -= part;
    }
}

void output_add(struct process_output *output, const char *data, size_t len)
{
    size_t head_len = num_min_u64(len, output->head.max - output->head.len);
    if (head_len > 0)
        buf_append(&output->head, data, head_len);
    if (len > head_len)
        tail_add(output, data + head_len, len - head_len);
}

void output_drain(struct process_output *output, int *fd)
{
    char data[READ_BYTES];
    size_t taken = 0;
    while (*fd >= 0 && taken < DRAIN_BYTES_MAX) {
        ssize_t got = read(*fd, data, sizeof(data));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            (void)close(*fd);
            *fd = -1;
            return;
        }
        if (output->on_output)
            output->on_output(output->ctx, data, (size_t)got);
        output_add(output, data, (size_t)got);
        taken += (size_t)got;
    }
}

/* The ring in the order it was written: two pieces. */
static void tail_write(struct buf *out, const struct process_output *output)
{
    if (output->tail_len < PROCESS_OUTPUT_TAIL_BYTES_MAX) {
        buf_append(out, output->tail, output->tail_len);
        return;
    }
    buf_append(out, output->tail + output->tail_at,
               PROCESS_OUTPUT_TAIL_BYTES_MAX - output->tail_at);
    buf_append(out, output->tail, output->tail_at);
}

struct str process_output_text(struct arena *arena, const struct process *process)
{
    const struct process_output *output = &process->output;
    struct buf text;
    buf_init(&text, BUF_TEXT_BYTES_MAX);
    buf_str(&text, buf_view(&output->head));
    if (output->dropped_bytes > 0) {
        buf_printf(&text, "\n[memgate: %llu bytes left out here]\n",
                   (unsigned long long)output->dropped_bytes);
    }
    if (output->tail_len > 0)
        tail_write(&text, output);
    struct str copy = str_copy(arena, buf_view(&text));
    buf_release(&text);
    return copy;
}

/* Where the last lines start. */
static struct str last_lines(struct str text, size_t lines)
{
    for (size_t at = text.len; at > 0; at--) {
        if (text.data[at - 1] == '\n' && lines-- == 1)
            return str_slice(text, at, text.len);
    }
    return text;
}

/* Memgate asked for the lines of gctrace; what a program died of stands between them. */
static struct str without_gctrace(struct arena *arena, struct str text)
{
    struct buf kept;
    struct str line;
    struct gctrace_line ours;
    buf_init(&kept, BUF_TEXT_BYTES_MAX);
    while (str_split(&text, '\n', &line)) {
        if (!gctrace_parse(&ours, line))
            buf_printf(&kept, "%.*s\n", STR_ARGS(line));
    }
    struct str copy = str_copy(arena, buf_view(&kept));
    buf_release(&kept);
    return copy;
}

struct str process_output_tail(struct arena *arena, const struct process *process, size_t lines)
{
    struct buf tail;
    struct str line;
    struct str text = str_trim(without_gctrace(arena, process_output_text(arena, process)));
    struct str rest = last_lines(text, lines);
    buf_init(&tail, BUF_TEXT_BYTES_MAX);
    while (text.len > 0 && str_split(&rest, '\n', &line)) {
        bool is_long = line.len > TAIL_LINE_BYTES_MAX;
        line = str_slice(line, 0, TAIL_LINE_BYTES_MAX);
        buf_printf(&tail, "%s| %.*s%s", tail.len ? "\n" : "", STR_ARGS(line),
                   is_long ? " ..." : "");
    }
    struct str copy = str_copy(arena, buf_view(&tail));
    buf_release(&tail);
    return copy;
}

/* Of what the kernel killed for the limit: all of it, or something that the program had started. */
static struct str oom_fate(struct arena *arena, const struct process *process, double seconds)
{
    struct str limit = cgroup_memory_text(arena, process->oom_limit_bytes);
    if (WIFSIGNALED(process->exit_status)) {
        return str_format(arena, "was killed by its memory limit of %.*s after %.1f s",
                          STR_ARGS(limit), seconds);
    }
    return str_format(arena,
                      "exited with status %d after %.1f s, when one of its processes was killed by "
                      "its memory limit of %.*s",
                      WEXITSTATUS(process->exit_status), seconds, STR_ARGS(limit));
}

struct str process_fate(struct arena *arena, const struct process *process)
{
    if (!process->ended)
        return STR("is running");
    double seconds = (double)(process->ended_ns - process->started_ns) / (double)NS_PER_SECOND;
    int status = process->exit_status;
    if (process->stopped)
        return str_format(arena, "was stopped after %.1f s", seconds);
    if (process->oom_limit_bytes)
        return oom_fate(arena, process, seconds);
    if (WIFEXITED(status)) {
        return str_format(arena, "exited with status %d after %.1f s", WEXITSTATUS(status),
                          seconds);
    }
    return str_format(arena, "was killed by signal %d%s after %.1f s", WTERMSIG(status),
                      WTERMSIG(status) == SIGKILL ? " (out of memory?)" : "", seconds);
}
