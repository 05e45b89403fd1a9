#include "gate/harness/build.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/build_overlay.h"
#include "gate/harness/process.h"

enum { BUILD_ARGS_MAX = 512, BUILD_OUTPUT_LINES = 20 };

#define BUILD_TIME_NS  (900 * NS_PER_SECOND)
#define BUILD_GRACE_NS (2 * NS_PER_SECOND)

/*
 * What a build may see of our environment: where things are, how to
 * reach module proxies, and what decides the code. No token, no
 * variable of a CI system, no GOFLAGS.
 */
static const char *const passed_names[] = {
    "HOME",
    "PATH",
    "XDG_CACHE_HOME",
    "GOROOT",
    "GOPATH",
    "GOCACHE",
    "GOMODCACHE",
    "GOTMPDIR",
    "GOPROXY",
    "GONOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
    "GOPRIVATE",
    "GOINSECURE",
    "GOVCS",
    "GOTOOLCHAIN",
    "GOEXPERIMENT",
    "GOAMD64",
    "GOARM64",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CGO_ENABLED",
    "CGO_CFLAGS",
    "CGO_CPPFLAGS",
    "CGO_CXXFLAGS",
    "CGO_LDFLAGS",
    "CGO_FFLAGS",
    "CC",
    "CXX",
    "FC",
    "AR",
    "PKG_CONFIG",
    "PKG_CONFIG_PATH",
};

/* Both sides are built under these; the policy may set others, never these. */
static const struct {
    const char *name;
    const char *value;
    bool is_default; /* our environment's value, when it has one, comes first */
} fixed_values[] = {
    {"GOENV", "off", false},        {"GOFLAGS", "", false}, {"GOWORK", "off", false},
    {"GOTOOLCHAIN", "local", true}, {"LC_ALL", "C", false},
};

/* Flags that decide what is written where; memgate gives those itself. */
static const char *const refused_flags[] = {"o", "C", "n", "c", "exec", "buildvcs", "trimpath"};

/* An argument vector or environment under construction, NULL-terminated. */
struct vector {
    struct arena *arena;
    const char *items[PROCESS_ENV_MAX];
    size_t len;
};

static bool vector_add(struct vector *vector, struct str text)
{
    if (vector->len + 1 >= ARRAY_LEN(vector->items))
        return false;
    vector->items[vector->len++] = str_text(vector->arena, text);
    vector->items[vector->len] = NULL;
    return true;
}

static bool is_variable(const char *item, struct str name)
{
    return strncmp(item, name.data, name.len) == 0 && item[name.len] == '=';
}

/* Go takes the first of two equal names, libc's getenv too, others the last: there is only one. */
static bool vector_set(struct vector *vector, struct str name, struct str value)
{
    struct str text = str_format(vector->arena, "%.*s=%.*s", STR_ARGS(name), STR_ARGS(value));
    for (size_t i = 0; i < vector->len; i++) {
        if (is_variable(vector->items[i], name)) {
            vector->items[i] = text.data;
            return true;
        }
    }
    return vector_add(vector, text);
}

static bool is_fixed(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(fixed_values); i++) {
        if (str_equal_text(name, fixed_values[i].name) && !fixed_values[i].is_default)
            return true;
    }
    return false;
}

static enum status add_policy_env(struct vector *env, const struct scenario_build *build,
                                  struct err *err)
{
    for (size_t i = 0; i < build->env_len; i++) {
        struct env_var var = build->env[i];
        if (is_fixed(var.name)) {
            return err_set(err, STATUS_POLICY, "build.env: %.*s is set by memgate",
                           STR_ARGS(var.name));
        }
        if (var.name.len == 0 || str_find(var.name, '=') >= 0 || str_find(var.name, '\0') >= 0) {
            return err_set(err, STATUS_POLICY, "build.env: \"%.*s\" is not a variable name",
                           STR_ARGS(var.name));
        }
        if (!vector_set(env, var.name, var.value))
            return err_set(err, STATUS_LIMIT, "build.env: more than %d variables", PROCESS_ENV_MAX);
    }
    return STATUS_OK;
}

static enum status make_env(struct vector *env, const struct build *build, struct err *err)
{
    struct str temp_dir = io_join(env->arena, build->work_dir, STR("tmp"));
    bool fits = vector_set(env, STR("TMPDIR"), temp_dir);
    for (size_t i = 0; i < ARRAY_LEN(fixed_values); i++) {
        fits = fits &&
               vector_set(env, str_from(fixed_values[i].name), str_from(fixed_values[i].value));
    }
    for (size_t i = 0; i < ARRAY_LEN(passed_names); i++) {
        const char *value = getenv(passed_names[i]);
        if (value)
            fits = fits && vector_set(env, str_from(passed_names[i]), str_from(value));
    }
    assert(fits);
    if (io_make_dirs(temp_dir, err))
        return err->status;
    return add_policy_env(env, &build->scenario->build, err);
}

/* "-o", "--o" and "-o=x" are one flag to the go command; "" for what is none. */
static struct str flag_name(struct str flag)
{
    struct str name = {0};
    if (!str_starts_with(flag, STR("-")))
        return name;
    struct str rest = str_slice(flag, str_starts_with(flag, STR("--")) ? 2 : 1, flag.len);
    (void)str_split(&rest, '=', &name);
    return name;
}

static bool is_refused(struct str flag)
{
    struct str name = flag_name(flag);
    if (str_equal(flag, STR("--")))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(refused_flags); i++) {
        if (str_equal_text(name, refused_flags[i]))
            return true;
    }
    return false;
}

static enum status add_flags(struct vector *argv, const struct str_list *flags, struct err *err)
{
    if (flags->len > BUILD_ARGS_MAX)
        return err_set(err, STATUS_LIMIT, "build.flags: more than %d", BUILD_ARGS_MAX);
    for (size_t i = 0; i < flags->len; i++) {
        if (is_refused(flags->items[i])) {
            return err_set(err, STATUS_POLICY, "build.flags: \"%.*s\" is given by memgate itself",
                           STR_ARGS(flags->items[i]));
        }
        (void)vector_add(argv, flags->items[i]);
    }
    return STATUS_OK;
}

/* The go command takes one overlay. */
static enum status add_overlay(struct vector *argv, const struct str_list *flags,
                               struct str overlay, struct err *err)
{
    if (overlay.len == 0)
        return STATUS_OK;
    for (size_t i = 0; i < flags->len; i++) {
        if (str_equal(flag_name(flags->items[i]), STR("overlay"))) {
            return err_set(err, STATUS_POLICY,
                           "build.flags: \"%.*s\" does not go with this version of Go, which "
                           "memgate has to build with an overlay of its own; use another version",
                           STR_ARGS(flags->items[i]));
        }
    }
    (void)vector_add(argv, STR("-overlay"));
    (void)vector_add(argv, overlay);
    return STATUS_OK;
}

static bool is_gotest(const struct build *build)
{
    return build->scenario->driver == DRIVER_GOTEST;
}

static struct str build_package(const struct build *build)
{
    struct str package =
        is_gotest(build) ? build->scenario->gotest.package : build->scenario->build.package;
    return package.len ? package : STR(".");
}

static void add_texts(struct vector *argv, const struct str *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)vector_add(argv, texts[i]);
}

static enum status make_argv(struct vector *argv, const struct build *build, struct str overlay,
                             struct err *err)
{
    const struct str_list *flags = &build->scenario->build.flags;
    static const struct str build_head[] = {STR_INIT("go"), STR_INIT("build")};
    static const struct str test_head[] = {STR_INIT("go"), STR_INIT("test"), STR_INIT("-c")};
    static const struct str common[] = {STR_INIT("-trimpath"), STR_INIT("-buildvcs=false")};
    struct str package = build_package(build);
    if (str_starts_with(package, STR("-")) || str_find(package, '\0') >= 0) {
        return err_set(err, STATUS_POLICY, "package \"%.*s\" is not a package path",
                       STR_ARGS(package));
    }
    if (is_gotest(build)) {
        add_texts(argv, test_head, ARRAY_LEN(test_head));
    } else {
        add_texts(argv, build_head, ARRAY_LEN(build_head));
    }
    add_texts(argv, common, ARRAY_LEN(common));
    if (add_overlay(argv, flags, overlay, err) || add_flags(argv, flags, err))
        return err->status;
    const struct str tail[] = {STR("-o"), build->binary, package};
    add_texts(argv, tail, ARRAY_LEN(tail));
    return STATUS_OK;
}

/* `go build` writes an archive for a package that is no program, and `go test -c` may write nothing. */
static bool is_program(struct str path)
{
    static const char magic[] = {0x7f, 'E', 'L', 'F'};
    char head[sizeof(magic)] = {0};
    struct arena scratch;
    arena_init(&scratch);
    int fd = open(str_text(&scratch, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    arena_release(&scratch);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, head, sizeof(head));
    (void)close(fd);
    return got == (ssize_t)sizeof(head) && memcmp(head, magic, sizeof(magic)) == 0;
}

static enum status refuse_binary(const struct build *build, struct err *err)
{
    const char *why = is_gotest(build) ? "has no test files" : "is not a main package";
    struct str package = build_package(build);
    return err_set(err, STATUS_CHILD, "build wrote no program: package %.*s %s", STR_ARGS(package),
                   why);
}

static enum status judge_exit(const struct process *process, const char *what,
                              struct arena *scratch, struct err *err)
{
    struct str tail = process_output_tail(scratch, process, BUILD_OUTPUT_LINES);
    const char *line_end = tail.len ? "\n" : "";
    int status = process->exit_status;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return STATUS_OK;
    if (WIFEXITED(status)) {
        return err_set(err, STATUS_CHILD, "%s failed (exit %d)%s%.*s", what, WEXITSTATUS(status),
                       line_end, STR_ARGS(tail));
    }
    struct str fate = process_fate(scratch, process);
    return err_set(err, STATUS_CHILD, "%s failed: go %.*s%s%.*s", what, STR_ARGS(fate), line_end,
                   STR_ARGS(tail));
}

/* Runs go to its end and sets *text to what it printed; `what` is its job, for messages. */
static enum status run_go(struct str *text, const struct process_spec *spec, const char *what,
                          struct arena *scratch, struct err *err)
{
    struct process process;
    if (process_start(&process, spec, err)) {
        return err->status == STATUS_NOT_FOUND
                   ? err_set(err, STATUS_CHILD, "the go command is not in PATH; install Go")
                   : err->status;
    }
    enum status status = process_wait(&process, BUILD_TIME_NS, err);
    process_end(&process, BUILD_GRACE_NS);
    if (status == STATUS_CHILD)
        status = err_wrap(err, "%s", what);
    if (status == STATUS_OK)
        status = judge_exit(&process, what, scratch, err);
    if (status == STATUS_OK)
        *text = process_output_text(scratch, &process);
    process_release(&process);
    return status;
}

/* The file to give to -overlay, "" when none is needed. */
static enum status find_overlay(struct str *out, const struct build *build,
                                const struct vector *env, const struct log *log, struct err *err)
{
    static const char *const argv[] = {"go", "env", "GOROOT", "GOVERSION", NULL};
    struct process_spec spec = {.argv = argv, .env = env->items, .dir = build->tree};
    struct toolchain toolchain = {0};
    struct str dir = io_join(env->arena, build->work_dir, STR("overlay"));
    struct str text = {0};
    if (run_go(&text, &spec, "go env", env->arena, err) || toolchain_parse(&toolchain, text, err) ||
        build_overlay(out, env->arena, &toolchain, dir, log, err))
        return err->status;
    return STATUS_OK;
}

/* What an earlier build left must not pass for this one's. */
static enum status remove_binary(const struct build *build, struct arena *scratch, struct err *err)
{
    if (unlink(str_text(scratch, build->binary)) != 0 && errno != ENOENT) {
        return err_set(err, STATUS_IO, "cannot replace %.*s: %s", STR_ARGS(build->binary),
                       strerror(errno));
    }
    return STATUS_OK;
}

static enum status build_in(struct arena *scratch, const struct build *build, const struct log *log,
                            struct err *err)
{
    struct vector *argv = ARENA_NEW(scratch, struct vector);
    struct vector *env = ARENA_NEW(scratch, struct vector);
    struct str overlay = {0};
    struct str text = {0};
    struct str package = build_package(build);
    argv->arena = scratch;
    env->arena = scratch;
    if (make_env(env, build, err) || find_overlay(&overlay, build, env, log, err) ||
        make_argv(argv, build, overlay, err) || remove_binary(build, scratch, err))
        return err->status;
    struct process_spec spec = {.argv = argv->items, .env = env->items, .dir = build->tree};
    log_line(log, "building %.*s (%.*s)", STR_ARGS(build->scenario->name), STR_ARGS(package));
    if (run_go(&text, &spec, "build", scratch, err))
        return err->status;
    return is_program(build->binary) ? STATUS_OK : refuse_binary(build, err);
}

enum status build_run(struct build *build, const struct log *log, struct err *err)
{
    struct arena scratch;
    uint64_t started_ns = clock_now_ns();
    arena_init(&scratch);
    enum status status = build_in(&scratch, build, log, err);
    build->took_ns = clock_now_ns() - started_ns;
    arena_release(&scratch);
    return status;
}
