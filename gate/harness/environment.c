#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "gate/harness/cgroup_quota.h"
#include "gate/harness/harness.h"

enum { CPUINFO_LINE_BYTES_MAX = 1024 };

/* As Go calls them, so that they compare with what a binary says of itself. */
static const struct {
    const char *machine;
    const char *arch;
} arch_names[] = {
    {"x86_64", "amd64"},    {"aarch64", "arm64"},   {"i686", "386"},
    {"riscv64", "riscv64"}, {"ppc64le", "ppc64le"}, {"s390x", "s390x"},
};

static struct str arch_of(struct arena *arena, const char *machine)
{
    for (size_t i = 0; i < ARRAY_LEN(arch_names); i++) {
        if (strcmp(machine, arch_names[i].machine) == 0)
            return str_from(arch_names[i].arch);
    }
    return str_copy(arena, str_from(machine));
}

/* CPUs that we may use, which a container's set can make fewer than the machine has. */
static uint64_t count_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return (uint64_t)CPU_COUNT(&set);
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (uint64_t)count : 1;
}

/* x86 names its model; Arm gives the number of the part, which tells machines apart as well. */
static struct str read_cpu_model(struct arena *arena)
{
    static const struct str keys[] = {STR_INIT("model name"), STR_INIT("CPU part")};
    char text[CPUINFO_LINE_BYTES_MAX];
    struct str model = STR("unknown");
    bool is_known = false;
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (!file)
        return model;
    while (!is_known && fgets(text, sizeof(text), file)) {
        struct str rest = str_from(text);
        struct str key;
        (void)str_split(&rest, ':', &key);
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
            is_known = is_known || str_equal(str_trim(key), keys[i]);
        if (is_known)
            model = str_copy(arena, str_trim(rest));
    }
    (void)fclose(file);
    return model;
}

void harness_environment(struct record_environment *out, struct arena *arena)
{
    struct utsname name = {0};
    struct pinning pinning;
    (void)uname(&name);
    /* The version of memgate is cli's to fill in. */
    out->os = STR("linux");
    out->arch = arch_of(arena, name.machine);
    out->cpu_model = read_cpu_model(arena);
    out->cpu_count = count_cpus();
    cgroup_quota_read(&out->quota, arena, STR(""));
    pinning_read(&pinning);
    out->pinned = pinning.is_on;
    out->kernel = str_copy(arena, str_from(name.release));
}
