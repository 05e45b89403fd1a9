#include "gate/harness/harness.h"

#include "gate/base/clock.h"
#include "gate/base/glob.h"
#include "gate/base/io.h"
#include "gate/codec/sha256.h"
#include "gate/harness/build.h"
#include "gate/harness/load/requests.h"
#include "gate/harness/load/tls.h"
#include "gate/harness/trial_gotest.h"

enum { EXACT_HITS_PER_LINE = 20, EXACT_REQUESTS_MIN = 400 };

/* A few seconds is what such a trial takes; two of them a pair, and the budget is gone in minutes. */
#define EXACT_LIMIT_NS (60 * NS_PER_SECOND)

/* Same length, so that paths take the same bytes in both sides' memory. */
static const char *const side_dirs[SIDES] = {"base", "cand"};

/*
 * Names of files that cannot change how the program behaves other than
 * through the binary, which was compared; and of what memgate itself
 * reads, from one place for both sides.
 */
static const struct str code_names[] = {
    STR_INIT("*.go"),
    STR_INIT("go.mod"),
    STR_INIT("go.sum"),
    STR_INIT("*.md"),
    STR_INIT("LICENSE*"),
    STR_INIT("memgate.yaml"),
    STR_INIT("memgate.waivers.yaml"),
};

static bool is_code(struct str path)
{
    struct str name = str_slice(path, (size_t)(str_find_last(path, '/') + 1), path.len);
    for (size_t i = 0; i < ARRAY_LEN(code_names); i++) {
        if (glob_match(code_names[i], name))
            return true;
    }
    return str_starts_with(path, STR("docs/"));
}

bool harness_changes_are_code(const struct path_list *changed, struct str *why)
{
    for (size_t i = 0; i < changed->len; i++) {
        if (is_code(changed->items[i]))
            continue;
        *why = changed->items[i];
        return false;
    }
    return true;
}

struct str harness_tree(const struct harness *harness, enum side side)
{
    struct str name = str_format(harness->arena, "work/%s", side_dirs[side]);
    return io_join(harness->arena, harness->work_dir, name);
}

/* Where the policy stands in the side's tree; the root when it is at the root. */
static struct str policy_tree(const struct harness *harness, enum side side)
{
    struct str tree = harness_tree(harness, side);
    struct str dir = harness->spec.policy_dir;
    return dir.len ? io_join(harness->arena, tree, dir) : tree;
}

static enum status export_trees(struct harness *harness, struct err *err)
{
    const struct harness_spec *spec = &harness->spec;
    for (enum side side = spec->is_alone ? SIDE_CAND : SIDE_BASE; side < SIDES; side++) {
        struct str dir = harness_tree(harness, side);
        if (io_make_dirs(dir, err) ||
            repo_export(spec->repo_root, &spec->revisions[side], dir, err))
            return err_wrap(err, "%s", side_name(side));
    }
    return STATUS_OK;
}

static struct str requests_path(const struct harness *harness, const struct scenario *scenario)
{
    struct str dir = harness->spec.policy_dir;
    return dir.len ? io_join(harness->arena, dir, scenario->load.requests)
                   : scenario->load.requests;
}

static bool is_request_file(const struct harness *harness, struct str path)
{
    const struct policy *policy = harness->spec.policy;
    for (size_t i = 0; i < policy->scenario_count; i++) {
        const struct scenario *scenario = &policy->scenarios[i];
        if (scenario->driver == DRIVER_HTTP && str_equal(path, requests_path(harness, scenario)))
            return true;
    }
    return false;
}

static void drop_request_files(struct harness *harness)
{
    struct path_list *changed = &harness->changed;
    size_t kept = 0;
    for (size_t i = 0; i < changed->len; i++) {
        if (!is_request_file(harness, changed->items[i]))
            changed->items[kept++] = changed->items[i];
    }
    changed->len = kept;
}

static enum status find_renames(struct harness *harness, struct err *err)
{
    static_assert((int)REPO_RENAMES_MAX <= (int)RECORDING_RENAMES_MAX,
                  "a recording takes all renames");
    const struct harness_spec *spec = &harness->spec;
    struct rename_list list = {0};
    if (repo_renamed_files(&list, harness->arena, spec->repo_root, &spec->revisions[SIDE_BASE],
                           &spec->revisions[SIDE_CAND], err))
        return err->status;
    harness->renames = ARENA_ARRAY(harness->arena, struct record_rename, list.len + 1);
    for (size_t i = 0; i < list.len; i++)
        harness->renames[i] = (struct record_rename){list.items[i].from, list.items[i].to};
    harness->rename_count = list.len;
    return STATUS_OK;
}

static enum status find_changes(struct harness *harness, struct err *err)
{
    const struct harness_spec *spec = &harness->spec;
    if (spec->is_alone)
        return STATUS_OK;
    if (repo_changed_paths(&harness->changed, harness->arena, spec->repo_root,
                           &spec->revisions[SIDE_BASE], &spec->revisions[SIDE_CAND], err) ||
        find_renames(harness, err))
        return err->status;
    drop_request_files(harness);
    return STATUS_OK;
}

static enum status fill(struct harness *harness, struct err *err)
{
    uint64_t start_ns = clock_now_ns();
    if (export_trees(harness, err) ||
        io_make_dirs(io_join(harness->arena, harness->work_dir, STR("bin")), err) ||
        find_changes(harness, err))
        return err->status;
    harness->export_ns = clock_now_ns() - start_ns;
    return STATUS_OK;
}

enum status harness_open(struct harness *out, struct arena *arena, const struct harness_spec *spec,
                         struct err *err)
{
    struct harness harness = {.spec = *spec, .arena = arena};
    pinning_read(&harness.pinning);
    if (io_make_temp_dir(&harness.work_dir, arena, "memgate", err))
        return err->status;
    enum status status = fill(&harness, err);
    if (status == STATUS_OK) {
        *out = harness;
    } else {
        harness_close(&harness);
    }
    return status;
}

void harness_close(struct harness *harness)
{
    struct err err = {0};
    cgroups_close(&harness->groups);
    const struct str dirs[] = {harness->work_dir, harness->tool_dir};
    for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
        if (dirs[i].len && io_remove_tree(dirs[i], &err))
            log_line(harness->spec.log, "temporary files are left behind: %s", err.text);
    }
    *harness = (struct harness){0};
}

static uint64_t exact_count(const struct requests *requests, const struct scenario *scenario)
{
    uint64_t needed = requests_needed(requests, EXACT_HITS_PER_LINE);
    if (needed < EXACT_REQUESTS_MIN)
        needed = EXACT_REQUESTS_MIN;
    return needed < scenario->load.count ? needed : scenario->load.count;
}

struct body_files {
    const struct harness *harness;
    struct str requests; /* path of the request file, whose directory they are in */
    struct str *sha256;  /* of all that was read before */
};

/* SHA-256 of the one before, the name and the SHA-256 of the file, so that order and names count. */
static void digest_add(struct str *sha256, struct arena *arena, struct str name, struct bytes data)
{
    struct str text = str_format(arena, "%.*s %.*s %.*s", STR_ARGS(*sha256),
                                 STR_ARGS(sha256_hex(arena, data)), STR_ARGS(name));
    *sha256 = sha256_hex(arena, bytes_of_str(text));
}

/* From where the request file itself comes: the head must not change the load. */
static enum status read_body_file(void *ctx, struct bytes *out, struct arena *arena,
                                  struct str path, struct err *err)
{
    const struct body_files *files = ctx;
    const struct harness_spec *spec = &files->harness->spec;
    ptrdiff_t slash = str_find_last(files->requests, '/');
    struct str dir = str_slice(files->requests, 0, slash < 0 ? 0 : (size_t)slash);
    struct str whole = dir.len ? io_join(arena, dir, path) : path;
    if (repo_read_file(out, arena, spec->repo_root, &spec->policy_revision, whole, err))
        return err->status;
    digest_add(files->sha256, files->harness->arena, path, *out);
    return STATUS_OK;
}

static enum status read_requests(const struct harness *harness, struct harness_scenario *out,
                                 struct err *err)
{
    const struct harness_spec *spec = &harness->spec;
    const struct scenario *scenario = out->scenario;
    struct bytes text = {0};
    struct requests *requests = ARENA_NEW(harness->arena, struct requests);
    struct str path = requests_path(harness, scenario);
    if (repo_read_file(&text, harness->arena, spec->repo_root, &spec->policy_revision, path, err))
        return err_wrap(err, "request file %.*s", STR_ARGS(scenario->load.requests));
    struct requests_source source = {
        .name = scenario->load.requests,
        .text = text,
        .seed = scenario->load.seed,
        .read = read_body_file,
        .ctx = &(struct body_files){harness, path, &out->requests_sha256},
    };
    out->requests_sha256 = sha256_hex(harness->arena, text);
    if (requests_parse(requests, harness->arena, &source, err))
        return err->status;
    if (requests->grpc_line && scenario->load.protocol != PROTOCOL_HTTP2) {
        return err_set(err, STATUS_POLICY,
                       "%.*s:%zu: calls of gRPC need HTTP/2; set load.protocol: http2",
                       STR_ARGS(scenario->load.requests), requests->grpc_line);
    }
    if (requests->foreign) {
        log_line(spec->log, "%.*s: %zu entries of other hosts are left out",
                 STR_ARGS(scenario->load.requests), requests->foreign);
    }
    out->requests = requests;
    out->exact_count = exact_count(requests, scenario);
    return STATUS_OK;
}

/*
 * Load tools run in the tree that the policy is of, from one place for both
 * sides: their scripts and data must not come with the change. It is in no
 * directory that a service is told of, which could write there.
 */
static enum status export_load_tree(struct harness *harness, struct harness_scenario *out,
                                    struct err *err)
{
    const struct harness_spec *spec = &harness->spec;
    bool is_first = harness->tool_dir.len == 0;
    if (is_first && io_make_temp_dir(&harness->tool_dir, harness->arena, "memgate-load", err))
        return err->status;
    struct str tree = io_join(harness->arena, harness->tool_dir, STR("tree"));
    out->load_tree = spec->policy_dir.len ? io_join(harness->arena, tree, spec->policy_dir) : tree;
    out->exact_count = out->scenario->load.count;
    if (is_first && (io_make_dirs(tree, err) ||
                     repo_export(spec->repo_root, &spec->policy_revision, tree, err)))
        return err_wrap(err, "tree of the load tool");
    return STATUS_OK;
}

/* ${DIR} is the service's own directory: it writes the certificate when it starts. */
static enum status read_ca(const struct harness *harness, struct harness_scenario *out,
                           struct err *err)
{
    const struct harness_spec *spec = &harness->spec;
    struct str name = out->scenario->service.tls.ca;
    struct bytes pem = {0};
    if (name.len == 0 || str_starts_with(name, STR("${DIR}/")))
        return STATUS_OK;
    struct str path = spec->policy_dir.len ? io_join(harness->arena, spec->policy_dir, name) : name;
    if (repo_read_file(&pem, harness->arena, spec->repo_root, &spec->policy_revision, path, err) ||
        tls_check_ca(str_of_bytes(pem), err))
        return err_wrap(err, "service.tls.ca %.*s", STR_ARGS(name));
    out->ca_pem = str_of_bytes(pem);
    return STATUS_OK;
}

static enum status build_side(const struct harness *harness, struct harness_scenario *out,
                              enum side side, struct err *err)
{
    size_t number = (size_t)(out->scenario - harness->spec.policy->scenarios) + 1;
    struct str name = str_format(harness->arena, "bin/%s-%zu", side_dirs[side], number);
    struct build build = {
        .tree = policy_tree(harness, side),
        .binary = io_join(harness->arena, harness->work_dir, name),
        .work_dir = io_join(harness->arena, harness->work_dir, STR("build")),
        .scenario = out->scenario,
    };
    if (build_run(&build, harness->spec.log, err))
        return err_wrap(err, "%s", side_name(side));
    out->trees[side] = build.tree;
    out->binaries[side] = build.binary;
    out->build_ns[side] = build.took_ns;
    return STATUS_OK;
}

/* One set of places does for all scenarios: version 2 would have us move once for each. */
static enum status open_groups(struct harness *harness, struct err *err)
{
    const struct policy *policy = harness->spec.policy;
    struct cgroup_needs needs = {0};
    if (harness->has_groups)
        return STATUS_OK;
    for (size_t i = 0; i < policy->scenario_count; i++)
        cgroup_needs_add(&needs, &policy->scenarios[i].service.limits);
    if (cgroups_open(&harness->groups, harness->arena, STR(""), &needs, err))
        return err->status;
    harness->has_groups = true;
    return STATUS_OK;
}

/* Before the build takes its minutes: limits that cannot be had are no reason to wait. */
static enum status try_limits(struct harness *harness, struct harness_scenario *out,
                              struct err *err)
{
    const struct scenario_limits *limits = &out->scenario->service.limits;
    struct cgroup group = {0};
    uint64_t version = 2;
    if (!limits_are_set(limits))
        return STATUS_OK;
    if (open_groups(harness, err) || cgroup_make(&group, &harness->groups, limits, err))
        return err_wrap(err, "service.limits");
    (void)cgroup_remove(&group);
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++)
        version = group.versions[i] == 1 ? 1 : version;
    out->limits = (struct record_limits){
        .cgroup_version = version,
        .memory_bytes = limits->memory_bytes,
        .cpus = limits->cpus,
        .cpuset = limits->cpuset,
    };
    return STATUS_OK;
}

/* The load's engine refuses a service that speaks anything else. */
static struct str transport_of(const struct harness *harness, const struct scenario *scenario)
{
    static const char *const protocols[] = {
        [PROTOCOL_HTTP1] = "HTTP/1.1", [PROTOCOL_HTTP2] = "HTTP/2"};
    if (scenario->driver != DRIVER_HTTP)
        return STR("");
    return str_format(harness->arena, "%s over %s%s", protocols[scenario->load.protocol],
                      scenario->service.tls.ca.len ? "TLS over " : "",
                      scenario->service.has_socket ? "a unix socket" : "TCP");
}

static struct str package_dir(const struct harness *harness, const struct scenario *scenario,
                              enum side side)
{
    struct str package =
        scenario->driver == DRIVER_GOTEST ? scenario->gotest.package : scenario->build.package;
    struct str dir = policy_tree(harness, side);
    while (str_starts_with(package, STR("./")))
        package = str_slice(package, 2, package.len);
    bool is_here = package.len == 0 || str_equal(package, STR("."));
    return is_here ? dir : io_join(harness->arena, dir, package);
}

/* A directory that cannot be listed is for the build to complain about. */
static bool has_package(const struct harness *harness, const struct scenario *scenario,
                        enum side side)
{
    enum { FILES_MAX = 100000 };
    struct str suffix = scenario->driver == DRIVER_GOTEST ? STR("_test.go") : STR(".go");
    struct str dir = package_dir(harness, scenario, side);
    struct str *files = NULL;
    size_t count = 0;
    struct err ignored = {0};
    bool found = false;
    if (!io_is_dir(dir))
        return false;
    if (io_list_files(&files, &count, harness->arena, dir, FILES_MAX, &ignored))
        return true;
    for (size_t i = 0; i < count; i++)
        found |= str_find(files[i], '/') < 0 && str_ends_with(files[i], suffix);
    return found;
}

/*
 * What the baseline does not have cannot be its fault: it is new. A
 * package that is there and does not build is a baseline that is broken.
 */
static void find_first_side(const struct harness *harness, struct harness_scenario *out)
{
    const struct scenario *scenario = out->scenario;
    if (harness->spec.is_alone) {
        out->first_side = SIDE_CAND;
        return;
    }
    if (has_package(harness, scenario, SIDE_BASE) || !has_package(harness, scenario, SIDE_CAND))
        return;
    bool is_gotest = scenario->driver == DRIVER_GOTEST;
    struct str package = is_gotest ? scenario->gotest.package : scenario->build.package;
    out->first_side = SIDE_CAND;
    out->notes = str_format(harness->arena, "the baseline has no %s %.*s",
                            is_gotest ? "tests in" : "package", STR_ARGS(package));
    log_line(harness->spec.log, "%.*s: new: %.*s", STR_ARGS(scenario->name), STR_ARGS(out->notes));
}

enum status harness_build(struct harness *harness, struct harness_scenario *out,
                          const struct scenario *scenario, struct err *err)
{
    struct harness_scenario built = {
        .scenario = scenario,
        .exact_rate = EXACT_RATE,
        .exact_limit_ns = EXACT_LIMIT_NS,
    };
    if (scenario->driver == DRIVER_HTTP && read_requests(harness, &built, err))
        return err->status;
    if (read_ca(harness, &built, err) ||
        (scenario->driver == DRIVER_COMMAND && export_load_tree(harness, &built, err)))
        return err->status;
    if (try_limits(harness, &built, err))
        return err->status;
    find_first_side(harness, &built);
    for (enum side side = built.first_side; side < SIDES; side++) {
        if (build_side(harness, &built, side, err))
            return err->status;
    }
    built.transport = transport_of(harness, scenario);
    if (scenario->driver == DRIVER_GOTEST && trial_gotest_select(harness, &built, err))
        return err->status;
    *out = built;
    return STATUS_OK;
}

enum status harness_plant(size_t *out, const struct harness *harness,
                          const struct scenario *scenario, const struct plant *plants, size_t count,
                          struct err *err)
{
    struct str dir = package_dir(harness, scenario, SIDE_CAND);
    enum status status = err_set(err, STATUS_NOT_FOUND, "no function of the program allocates");
    for (size_t i = 0; i < count; i++) {
        status = plant_tree(harness->arena, dir, harness_tree(harness, SIDE_CAND), &plants[i], err);
        if (status == STATUS_OK)
            *out = i;
        if (status == STATUS_OK || status == STATUS_IO)
            return status;
    }
    return status;
}
