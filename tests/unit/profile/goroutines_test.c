#include "gate/profile/goroutines.h"

#include "tests/support/check.h"

/* As Go 1.26 and, in the last two, Go 1.19 answer it, shortened. */
static const char sample[] = "goroutine 55 [running]:\n"
                             "runtime/pprof.writeGoroutineStacks({0x7f5bd8, 0x39012e9f2000})\n"
                             "\t/usr/local/go/src/runtime/pprof/pprof.go:816 +0x6b\n"
                             "net/http.(*conn).serve(0x39012e9a8000, {0x791438, 0x39012e992150})\n"
                             "\t/usr/local/go/src/net/http/server.go:2073 +0x5db\n"
                             "created by net/http.(*Server).Serve in goroutine 1\n"
                             "\t/usr/local/go/src/net/http/server.go:3464 +0x485\n"
                             "\n"
                             "goroutine 1 [IO wait, 2 minutes]:\n"
                             "internal/poll.(*FD).Accept(0x39012e958080)\n"
                             "\t/usr/local/go/src/internal/poll/fd_unix.go:613 +0x28c\n"
                             "main.main()\n"
                             "\t/src/main.go:57 +0xfb\n"
                             "\n"
                             "goroutine 15 [select (no cases), locked to thread]:\n"
                             "main.wait(...)\n"
                             "\t/src/main.go:43 +0xf\n"
                             "example.com/a/b.(*T[...]).Run(0xc000012345, {0x1, 0x2, ...})\n"
                             "\t/src/b.go:9 +0xf\n"
                             "lib.Go.func1()\n"
                             "\t/lib/go.go:12 +0x2\n"
                             "created by main.spawn in goroutine 29\n"
                             "\t/src/main.go:39 +0x1a\n"
                             "\n"
                             "goroutine 41 [runnable]:\n"
                             "lib.Go.gowrap2()\n"
                             "\t/lib/go.go:12\n"
                             "runtime.goexit({})\n"
                             "\t/usr/local/go/src/runtime/asm_amd64.s:1771 +0x1\n"
                             "created by main.spawn\n"
                             "\t/src/main.go:40 +0x1a\n"
                             "\n"
                             "goroutine 42 [select (no cases)]:\n"
                             "example.com/a/b.(*T[...]).Run(0xc000012345)\n"
                             "\t/src/b.go:9 +0xf\n"
                             "created by main.spawn\n"
                             "\t/src/main.go:39 +0x1a\n";

struct fixture {
    struct arena arena;
    struct err err;
    struct goroutine_sites sites;
};

static void parsed(struct fixture *fixture, const char *text)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    assert_ok(goroutines_parse(&fixture->sites, &fixture->arena, str_from(text),
                               STR("example.com/a"), &fixture->err),
              &fixture->err);
}

static void assert_sample(const struct goroutine_sites *sites)
{
    static const struct {
        const char *func, *by, *file;
        uint64_t line, count;
    } want[] = {
        {"net/http.(*conn).serve", "net/http.(*Server).Serve",
         "/usr/local/go/src/net/http/server.go", 3464, 1},
        {"main.main", "", "", 0, 1},
        /* The program's own frame nearest to the start, twice. */
        {"example.com/a/b.(*T[...]).Run", "main.spawn", "/src/main.go", 39, 2},
        {"lib.Go.gowrap2", "main.spawn", "/src/main.go", 40, 1},
    };
    assert_int_equal(sites->total, 5);
    assert_int_equal(sites->len, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want) && i < sites->len; i++) {
        assert_str(sites->items[i].func, want[i].func);
        assert_str(sites->items[i].by, want[i].by);
        assert_str(sites->items[i].file, want[i].file);
        assert_int_equal(sites->items[i].line, want[i].line);
        assert_int_equal(sites->items[i].count, want[i].count);
    }
}

static void tracebacks_tell_who_created_them(void **state)
{
    struct fixture fixture;
    (void)state;
    parsed(&fixture, sample);
    assert_sample(&fixture.sites);
    arena_release(&fixture.arena);
}

static void sites_are_read_as_they_were_written(void **state)
{
    struct fixture fixture;
    struct goroutine_sites back = {0};
    struct buf text;
    (void)state;
    parsed(&fixture, sample);
    buf_init(&text, BUF_TEXT_BYTES_MAX);
    goroutines_write(&text, &fixture.sites);
    assert_ok(goroutines_read(&back, &fixture.arena, buf_view(&text), &fixture.err), &fixture.err);
    assert_sample(&back);
    buf_release(&text);
    arena_release(&fixture.arena);
}

/* The runtime cuts the text off at 64 MiB: half a traceback is none. */
static void a_text_that_was_cut_off_counts_what_is_whole(void **state)
{
    struct fixture fixture;
    (void)state;
    parsed(&fixture, "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1\n\n"
                     "goroutine 2 [running]:\nmain.wait()\n\t/src/ma");
    assert_int_equal(fixture.sites.total, 1);
    arena_release(&fixture.arena);
}

static void a_stack_that_is_not_shown_is_counted(void **state)
{
    struct fixture fixture;
    (void)state;
    parsed(&fixture, "goroutine 7 [running]:\n"
                     "\tgoroutine running on other thread; stack unavailable\n"
                     "created by main.a\tb in goroutine 3\n\t/src/x.go:99999999999999999999\n");
    assert_int_equal(fixture.sites.total, 1);
    assert_str(fixture.sites.items[0].func, "unknown");
    /* What a hostile service calls a function does not become a second cell. */
    assert_str(fixture.sites.items[0].by, "main.a\\x09b");
    assert_str(fixture.sites.items[0].file, "");
    arena_release(&fixture.arena);
}

static void what_is_no_traceback_is_refused(void **state)
{
    static const char *const texts[] = {"", "404 page not found\n", "goroutine profile: total 5\n"};
    struct arena arena;
    struct err err = {0};
    struct goroutine_sites sites;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_fails(goroutines_parse(&sites, &arena, str_from(texts[i]), STR(""), &err),
                     STATUS_FORMAT, &err, "no goroutine");
    }
    arena_release(&arena);
}

static const char *const broken[] = {
    "",
    "# count\n",
    "# count line file created_by function\n1\t2\ta.go\tmain.a\n",
    "# count line file created_by function\n1\t2\ta.go\tmain.a\tmain.b\tx\n",
    "# count line file created_by function\n0\t2\ta.go\tmain.a\tmain.b\n",
    "# count line file created_by function\n-1\t2\ta.go\tmain.a\tmain.b\n",
    "# count line file created_by function\n1\t2\ta.go\tmain.a\tmain.b",
};

static void broken_sites_are_errors(void **state)
{
    struct arena arena;
    struct err err = {0};
    struct goroutine_sites sites;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        print_message("%s\n", broken[i]);
        assert_int_equal(goroutines_read(&sites, &arena, str_from(broken[i]), &err), STATUS_FORMAT);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tracebacks_tell_who_created_them),
        cmocka_unit_test(sites_are_read_as_they_were_written),
        cmocka_unit_test(a_text_that_was_cut_off_counts_what_is_whole),
        cmocka_unit_test(a_stack_that_is_not_shown_is_counted),
        cmocka_unit_test(what_is_no_traceback_is_refused),
        cmocka_unit_test(broken_sites_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
