#include "gate/harness/cgroup_quota.h"

#include "gate/base/num.h"
#include "gate/harness/cgroup_file.h"
#include "gate/harness/cgroup_find.h"

/* 0: no quota. "max" and -1 are no numbers of microseconds. */
static double cpus_of(struct str quota, struct str period)
{
    uint64_t quota_us = 0;
    uint64_t period_us = 0;
    if (!num_parse_u64(&quota_us, quota) || !num_parse_u64(&period_us, period))
        return 0;
    return num_ratio((double)quota_us, (double)period_us);
}

static double read_version_2(struct str dir)
{
    struct cgroup_text text;
    struct str period = cgroup_file_read(&text, dir, "cpu.max");
    struct str quota = {0};
    return str_split(&period, ' ', &quota) ? cpus_of(quota, period) : 0;
}

static double read_version_1(struct str dir)
{
    struct cgroup_text quota;
    struct cgroup_text period;
    return cpus_of(cgroup_file_read(&quota, dir, "cpu.cfs_quota_us"),
                   cgroup_file_read(&period, dir, "cpu.cfs_period_us"));
}

void cgroup_quota_read(struct record_quota *out, struct arena *arena, struct str root)
{
    struct cgroup_mount mount = {0};
    struct err err = {0};
    *out = (struct record_quota){0};
    if (cgroup_find(&mount, arena, root, CGROUP_CPU, &err))
        return;
    out->is_known = true;
    for (struct str dir = mount.own; dir.len >= mount.top.len;) {
        double cpus = mount.version == 2 ? read_version_2(dir) : read_version_1(dir);
        if (cpus > 0 && (out->cpus <= 0 || cpus < out->cpus))
            out->cpus = cpus;
        ptrdiff_t slash = str_find_last(dir, '/');
        if (slash < 0)
            return;
        dir = str_slice(dir, 0, (size_t)slash);
    }
}
