#include "gate/harness/machine.h"

#include <time.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"

enum { STAT_BYTES_MAX = 4096, GOVERNOR_BYTES_MAX = 32 };

/* Columns of the line after "cpu"; guest time is part of user and nice already. */
enum column {
    COLUMN_USER,
    COLUMN_NICE,
    COLUMN_SYSTEM,
    COLUMN_IDLE,
    COLUMN_IOWAIT,
    COLUMN_IRQ,
    COLUMN_SOFTIRQ,
    COLUMN_STEAL,
    COLUMNS
};

bool machine_times_parse(struct machine_times *out, struct str text, uint64_t tick_ns)
{
    uint64_t columns[COLUMNS] = {0};
    struct str line = STR("");
    struct str word;
    size_t count = 0;
    (void)str_split(&text, '\n', &line);
    if (!str_split(&line, ' ', &word) || !str_equal_text(word, "cpu"))
        return false;
    while (count < COLUMNS && str_split(&line, ' ', &word)) {
        if (word.len > 0 && !num_parse_u64(&columns[count++], word))
            return false;
    }
    if (count <= COLUMN_SOFTIRQ)
        return false;
    out->busy_ns = tick_ns * (columns[COLUMN_USER] + columns[COLUMN_NICE] + columns[COLUMN_SYSTEM] +
                              columns[COLUMN_IRQ] + columns[COLUMN_SOFTIRQ]);
    out->steal_ns = tick_ns * columns[COLUMN_STEAL];
    out->capacity_ns =
        out->busy_ns + out->steal_ns + tick_ns * (columns[COLUMN_IDLE] + columns[COLUMN_IOWAIT]);
    return true;
}

/* "throttled_usec 12" of version 2, "throttled_time 12000" (ns) of version 1 of control groups. */
uint64_t machine_throttled_ns(struct str text)
{
    struct str line;
    while (str_split(&text, '\n', &line)) {
        uint64_t value = 0;
        struct str word;
        if (!str_split(&line, ' ', &word) || !num_parse_u64(&value, str_trim(line)))
            continue;
        if (str_equal_text(word, "throttled_usec"))
            return value * (NS_PER_MS / 1000);
        if (str_equal_text(word, "throttled_time"))
            return value;
    }
    return 0;
}

/* Where a container sees the group it is in; outside of one these say nothing, or zero. */
static const char *const cpu_stat_paths[] = {
    "/sys/fs/cgroup/cpu.stat",
    "/sys/fs/cgroup/cpu/cpu.stat",
};

void machine_times_read(struct machine_times *out)
{
    char text[STAT_BYTES_MAX];
    struct timespec spent;
    *out = (struct machine_times){.at_ns = clock_now_ns()};
    (void)machine_times_parse(out, io_read_small(text, sizeof(text), "/proc/stat"),
                              clock_tick_ns());
    for (size_t i = 0; i < ARRAY_LEN(cpu_stat_paths) && out->throttled_ns == 0; i++) {
        out->throttled_ns =
            machine_throttled_ns(io_read_small(text, sizeof(text), cpu_stat_paths[i]));
    }
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) == 0)
        out->own_ns = (uint64_t)spent.tv_sec * NS_PER_SECOND + (uint64_t)spent.tv_nsec;
}

/* Counters of different clocks: a small difference can come out negative. */
void machine_times_add(struct machine_times *sum, const struct machine_times *from,
                       const struct machine_times *to)
{
    sum->busy_ns += num_less_u64(to->busy_ns, from->busy_ns);
    sum->steal_ns += num_less_u64(to->steal_ns, from->steal_ns);
    sum->capacity_ns += num_less_u64(to->capacity_ns, from->capacity_ns);
    sum->throttled_ns += num_less_u64(to->throttled_ns, from->throttled_ns);
    sum->own_ns += num_less_u64(to->own_ns, from->own_ns);
}

struct record_noise machine_noise(const struct machine_times *from, const struct machine_times *to,
                                  uint64_t tree_ns)
{
    double capacity_ns = (double)num_less_u64(to->capacity_ns, from->capacity_ns);
    uint64_t busy_ns = num_less_u64(to->busy_ns, from->busy_ns);
    uint64_t others_ns = num_less_u64(busy_ns, tree_ns + num_less_u64(to->own_ns, from->own_ns));
    return (struct record_noise){
        .others_share = num_ratio((double)others_ns, capacity_ns),
        .steal_share = num_ratio((double)num_less_u64(to->steal_ns, from->steal_ns), capacity_ns),
        .throttled_ns = num_less_u64(to->throttled_ns, from->throttled_ns),
    };
}

/* The first of three averages: over a minute, about what a trial takes. */
static bool read_load(double *out, struct arena *arena, struct str root)
{
    char text[STAT_BYTES_MAX];
    struct str word = {0};
    struct str path = str_format(arena, "%.*s/proc/loadavg", STR_ARGS(root));
    struct str rest = io_read_small(text, sizeof(text), path.data);
    return str_split(&rest, ' ', &word) && num_parse_decimal(out, word);
}

static bool is_in(struct str list, struct str name)
{
    struct str word;
    while (str_split(&list, '+', &word)) {
        if (str_equal(word, name))
            return true;
    }
    return false;
}

/* "performance", or "performance+powersave" where not all CPUs have the same. */
static struct str read_governor(struct arena *arena, struct str root)
{
    struct str all = STR("");
    long count = sysconf(_SC_NPROCESSORS_CONF);
    for (long cpu = 0; cpu < count; cpu++) {
        char text[GOVERNOR_BYTES_MAX];
        struct str path =
            str_format(arena, "%.*s/sys/devices/system/cpu/cpu%ld/cpufreq/scaling_governor",
                       STR_ARGS(root), cpu);
        struct str name = str_trim(io_read_small(text, sizeof(text), path.data));
        if (name.len == 0 || is_in(all, name))
            continue;
        all = str_format(arena, "%.*s%s%.*s", STR_ARGS(all), all.len ? "+" : "", STR_ARGS(name));
    }
    return all;
}

void machine_begin(struct record_machine *out, struct arena *arena, struct str root)
{
    out->is_known = read_load(&out->load_start, arena, root);
    out->governor = read_governor(arena, root);
}

void machine_end(struct record_machine *out, struct arena *arena, struct str root)
{
    struct str governor = read_governor(arena, root);
    out->is_known = read_load(&out->load_end, arena, root) && out->is_known;
    if (str_equal(governor, out->governor))
        return;
    out->governor =
        str_format(arena, "%.*s, then %.*s", STR_ARGS(out->governor), STR_ARGS(governor));
}
