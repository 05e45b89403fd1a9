#include "gate/harness/process_tree.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/base/str.h"

enum {
    PROC_PATH_BYTES_MAX = 64,
    STAT_BYTES_MAX = 1024,
    STATUS_BYTES_MAX = 8 * 1024,
    CHILDREN_BYTES_MAX = 8 * 1024
};

static uint64_t ticks_to_ns(uint64_t ticks)
{
    return ticks * clock_tick_ns();
}

/* Numbers of /proc(5), counted from the state, which follows the name. */
enum stat_field {
    STAT_PARENT = 1,
    STAT_USER = 11,
    STAT_SYSTEM = 12,
    STAT_USER_REAPED = 13,
    STAT_SYSTEM_REAPED = 14,
    STAT_THREADS = 17,
    STAT_STARTED = 19,
    STAT_FIELDS = 20,
};

bool tree_read_stat(struct tree_stat *out, pid_t pid)
{
    char path[PROC_PATH_BYTES_MAX];
    char text[STAT_BYTES_MAX];
    uint64_t fields[STAT_FIELDS] = {0};
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    struct str rest = io_read_small(text, sizeof(text), path);
    /* The name is the program's choice and may hold ") 1 2 3": the last parenthesis ends it. */
    ptrdiff_t name_end = str_find_last(rest, ')');
    if (name_end < 0)
        return false;
    rest = str_trim(str_slice(rest, (size_t)name_end + 1, rest.len));
    struct str part;
    for (size_t i = 0; i < STAT_FIELDS; i++) {
        if (!str_split(&rest, ' ', &part))
            return false;
        /* Some fields are negative, none that is used. */
        if (!num_parse_u64(&fields[i], part))
            fields[i] = 0;
    }
    *out = (struct tree_stat){
        .parent = (pid_t)fields[STAT_PARENT],
        .own_ns = ticks_to_ns(fields[STAT_USER] + fields[STAT_SYSTEM]),
        .reaped_ns = ticks_to_ns(fields[STAT_USER_REAPED] + fields[STAT_SYSTEM_REAPED]),
        .threads = fields[STAT_THREADS],
        .started_ticks = fields[STAT_STARTED],
    };
    return true;
}

static bool entry_pid(pid_t *out, const struct dirent *entry)
{
    uint64_t pid = 0;
    if (!num_parse_u64(&pid, str_from(entry->d_name)) || pid > INT32_MAX)
        return false;
    *out = (pid_t)pid;
    return true;
}

/* The next numeric entry of a directory of /proc. */
static bool next_pid(DIR *dir, pid_t *out)
{
    const struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        if (entry_pid(out, entry))
            return true;
    }
    return false;
}

/* A process that moves while we look is met twice. */
static void tree_add(struct tree *tree, pid_t pid)
{
    for (size_t i = 0; i < tree->len; i++) {
        if (tree->pids[i] == pid)
            return;
    }
    if (tree->len < TREE_PIDS_MAX)
        tree->pids[tree->len++] = pid;
}

/*
 * Each number ends in a blank: one without was cut by our buffer and
 * would be another process's.
 */
static void add_listed(struct tree *tree, struct str list)
{
    struct str part;
    uint64_t pid = 0;
    ptrdiff_t end = str_find_last(list, ' ');
    list = str_slice(list, 0, end < 0 ? 0 : (size_t)end);
    while (str_split(&list, ' ', &part)) {
        if (num_parse_u64(&pid, part) && pid <= INT32_MAX)
            tree_add(tree, (pid_t)pid);
    }
}

/* A child belongs to the thread that made it, so every thread has a list of its own. */
static void add_children(struct tree *tree, pid_t parent)
{
    char path[PROC_PATH_BYTES_MAX];
    char text[CHILDREN_BYTES_MAX];
    pid_t thread = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)parent);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    while (next_pid(dir, &thread)) {
        (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)thread);
        add_listed(tree, io_read_small(text, sizeof(text), path));
    }
    (void)closedir(dir);
}

static void below_by_lists(struct tree *out, pid_t root)
{
    add_children(out, root);
    for (size_t i = 0; i < out->len; i++)
        add_children(out, out->pids[i]);
}

struct family {
    pid_t pid;
    pid_t parent;
};

/* Every process of the machine with its parent; the caller frees it. */
static struct family *read_families(size_t *len)
{
    struct family *families = NULL;
    struct tree_stat stat;
    size_t cap = 0;
    pid_t pid = 0;
    *len = 0;
    DIR *dir = opendir("/proc");
    if (!dir)
        return NULL;
    while (next_pid(dir, &pid)) {
        if (!tree_read_stat(&stat, pid))
            continue;
        if (*len == cap) {
            cap = cap ? cap * 2 : 256;
            families = memory_resize(families, cap * sizeof(*families));
        }
        families[(*len)++] = (struct family){pid, stat.parent};
    }
    (void)closedir(dir);
    return families;
}

static void below_by_scan(struct tree *out, pid_t root)
{
    size_t len = 0;
    struct family *families = read_families(&len);
    pid_t parent = root;
    for (size_t at = 0;; parent = out->pids[at++]) {
        for (size_t i = 0; i < len; i++) {
            if (families[i].parent == parent)
                tree_add(out, families[i].pid);
        }
        if (at == out->len)
            break;
    }
    free(families);
}

/* Kernels without CONFIG_PROC_CHILDREN lack the lists; looking at every process costs more. */
static bool has_lists(void)
{
    enum { UNKNOWN, PRESENT, ABSENT };
    static int known = UNKNOWN;
    char path[PROC_PATH_BYTES_MAX];
    if (known == UNKNOWN) {
        int pid = (int)getpid();
        (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
        known = access(path, F_OK) == 0 ? PRESENT : ABSENT;
    }
    return known == PRESENT;
}

void tree_below(struct tree *out, pid_t root)
{
    out->len = 0;
    if (has_lists()) {
        below_by_lists(out, root);
    } else {
        below_by_scan(out, root);
    }
}

/* The scheduler's own count, in nanoseconds; ticks would be blind below 10 ms. */
static uint64_t own_cpu_ns(pid_t pid, uint64_t ticks_ns)
{
    clockid_t clock = 0;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return ticks_ns;
    return (uint64_t)used.tv_sec * NS_PER_SECOND + (uint64_t)used.tv_nsec;
}

uint64_t tree_cpu_ns(pid_t root)
{
    struct tree tree;
    struct tree_stat stat;
    uint64_t sum_ns = 0;
    tree_below(&tree, root);
    for (size_t i = 0; i < tree.len; i++) {
        if (tree_read_stat(&stat, tree.pids[i]))
            sum_ns += own_cpu_ns(tree.pids[i], stat.own_ns) + stat.reaped_ns;
    }
    if (tree_read_stat(&stat, root))
        sum_ns += stat.reaped_ns;
    return sum_ns;
}

/* stat has it too, but not exactly: its counters are summed up now and then. */
static uint64_t read_rss_bytes(pid_t pid)
{
    char path[PROC_PATH_BYTES_MAX];
    char text[STAT_BYTES_MAX];
    struct str part = {NULL, 0};
    uint64_t pages = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    struct str rest = io_read_small(text, sizeof(text), path);
    /* The first number is the address space, the second what is resident. */
    (void)str_split(&rest, ' ', &part);
    if (!str_split(&rest, ' ', &part) || !num_parse_u64(&pages, part))
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t tree_rss_bytes(pid_t root)
{
    struct tree tree;
    uint64_t sum_bytes = 0;
    tree_below(&tree, root);
    for (size_t i = 0; i < tree.len; i++)
        sum_bytes += read_rss_bytes(tree.pids[i]);
    return sum_bytes;
}

/* The line "NAME   123 kB" of a file about a process; 0 where there is none. */
static uint64_t read_kib_line(pid_t pid, const char *file, struct str name)
{
    char path[PROC_PATH_BYTES_MAX];
    char text[STATUS_BYTES_MAX];
    struct str line = {NULL, 0};
    struct str unit = STR(" kB");
    uint64_t kib = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    struct str rest = io_read_small(text, sizeof(text), path);
    while (str_split(&rest, '\n', &line) && !str_starts_with(line, name))
        continue;
    if (!str_starts_with(line, name) || !str_ends_with(line, unit))
        return 0;
    struct str number = str_trim(str_slice(line, name.len, line.len - unit.len));
    return num_parse_u64(&kib, number) ? kib * 1024 : 0;
}

/* Since Linux 6.2 the directory's size is their number; before, they are counted. */
static uint64_t count_fds(pid_t pid)
{
    char path[PROC_PATH_BYTES_MAX];
    struct stat info;
    pid_t fd = 0;
    uint64_t count = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    if (stat(path, &info) == 0 && info.st_size > 0)
        return (uint64_t)info.st_size;
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    while (next_pid(dir, &fd))
        count++;
    (void)closedir(dir);
    return count;
}

void tree_usage_read(struct tree_usage *out, pid_t root, bool with_pss)
{
    struct tree tree;
    struct tree_stat stat;
    *out = (struct tree_usage){0};
    tree_below(&tree, root);
    for (size_t i = 0; i < tree.len; i++) {
        if (!tree_read_stat(&stat, tree.pids[i]))
            continue;
        out->rss_bytes += read_rss_bytes(tree.pids[i]);
        out->cpu_ns += own_cpu_ns(tree.pids[i], stat.own_ns) + stat.reaped_ns;
        out->threads += stat.threads;
        out->fds += count_fds(tree.pids[i]);
        if (with_pss)
            out->pss_bytes += read_kib_line(tree.pids[i], "smaps_rollup", STR("Pss:"));
    }
    if (tree_read_stat(&stat, root))
        out->cpu_ns += stat.reaped_ns;
}

static bool read_io(struct tree_reads *sum, pid_t pid)
{
    char path[PROC_PATH_BYTES_MAX];
    char text[STAT_BYTES_MAX];
    struct str line;
    struct str names[] = {STR("rchar: "), STR("syscr: ")};
    uint64_t values[ARRAY_LEN(names)] = {0};
    size_t found = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/io", (int)pid);
    struct str rest = io_read_small(text, sizeof(text), path);
    while (str_split(&rest, '\n', &line)) {
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            if (str_starts_with(line, names[i]))
                found += num_parse_u64(&values[i], str_slice(line, names[i].len, line.len));
        }
    }
    sum->bytes += values[0];
    sum->calls += values[1];
    return found == ARRAY_LEN(names);
}

/* The reads of a child that was waited for are its parent's. */
bool tree_reads_read(struct tree_reads *out, pid_t root)
{
    struct tree tree;
    size_t count = 0;
    *out = (struct tree_reads){0};
    tree_below(&tree, root);
    for (size_t i = 0; i < tree.len; i++)
        count += read_io(out, tree.pids[i]);
    return count > 0;
}

uint64_t tree_peak_rss_bytes(pid_t root)
{
    struct tree tree;
    uint64_t peak_bytes = 0;
    tree_below(&tree, root);
    for (size_t i = 0; i < tree.len; i++) {
        uint64_t bytes = read_kib_line(tree.pids[i], "status", STR("VmHWM:"));
        peak_bytes = bytes > peak_bytes ? bytes : peak_bytes;
    }
    return peak_bytes;
}

size_t tree_signal(pid_t root, int number)
{
    struct tree tree;
    tree_below(&tree, root);
    for (size_t i = 0; i < tree.len; i++)
        (void)kill(tree.pids[i], number);
    return tree.len;
}

static bool holds_socket(pid_t pid, struct str link_text)
{
    char path[PROC_PATH_BYTES_MAX];
    char target[PROC_PATH_BYTES_MAX];
    const struct dirent *entry = NULL;
    bool found = false;
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        return false;
    while (!found && (entry = readdir(dir)) != NULL) {
        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%.20s", (int)pid, entry->d_name);
        ssize_t len = readlink(path, target, sizeof(target));
        found = len > 0 && str_equal((struct str){target, (size_t)len}, link_text);
    }
    (void)closedir(dir);
    return found;
}

/* How /proc/PID/fd shows a socket. */
struct socket_name {
    char text[PROC_PATH_BYTES_MAX];
};

static struct str socket_text(struct socket_name *name, uint64_t inode)
{
    (void)snprintf(name->text, sizeof(name->text), "socket:[%llu]", (unsigned long long)inode);
    return str_from(name->text);
}

pid_t tree_find_socket(const struct tree *tree, uint64_t inode)
{
    struct socket_name name;
    struct str text = socket_text(&name, inode);
    for (size_t i = 0; i < tree->len; i++) {
        if (holds_socket(tree->pids[i], text))
            return tree->pids[i];
    }
    return 0;
}

pid_t tree_find_socket_anywhere(uint64_t inode)
{
    struct socket_name name;
    struct str text = socket_text(&name, inode);
    pid_t pid = 0;
    pid_t found = 0;
    DIR *dir = opendir("/proc");
    if (!dir)
        return 0;
    while (!found && next_pid(dir, &pid)) {
        if (holds_socket(pid, text))
            found = pid;
    }
    (void)closedir(dir);
    return found;
}
