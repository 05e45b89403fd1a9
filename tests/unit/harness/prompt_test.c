#include "gate/harness/load/prompt.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/check.h"

static struct sched_attr attributes(void)
{
    struct sched_attr out = {0};
    assert_int_equal(syscall(SYS_sched_getattr, 0, &out, sizeof(out), 0), 0);
    return out;
}

/* Kernels before 6.12 have no slice of a thread's own: it stays 0 all along. */
static void everything_is_afterwards_as_it_was(void **state)
{
    static const bool paces[] = {true, false};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paces); i++) {
        struct prompt prompt;
        struct sched_attr before = attributes();
        int slack_ns = prctl(PR_GET_TIMERSLACK);
        prompt_begin(&prompt, paces[i]);
        struct sched_attr during = attributes();
        assert_int_equal(prctl(PR_GET_TIMERSLACK), 1);
        assert_int_equal(during.sched_nice, before.sched_nice);
        assert_int_equal(during.sched_policy, before.sched_policy);
        bool has_own = paces[i] && before.sched_runtime > 0;
        assert_true(during.sched_runtime == (has_own ? 100000 : before.sched_runtime));
        prompt_end(&prompt);
        struct sched_attr after = attributes();
        assert_int_equal(prctl(PR_GET_TIMERSLACK), slack_ns);
        assert_true(after.sched_runtime == before.sched_runtime);
        assert_int_equal(after.sched_nice, before.sched_nice);
    }
}

/* Of Linux 6.12 and later; others read 0 all along. */
static void a_slice_of_ones_own_is_given_back(void **state)
{
    struct sched_attr own = attributes();
    uint64_t kernel_ns = own.sched_runtime;
    uint64_t own_ns = kernel_ns ? 2 * kernel_ns : 0;
    struct prompt prompt;
    (void)state;
    own.size = SCHED_ATTR_SIZE_VER0;
    own.sched_runtime = own_ns;
    assert_int_equal(syscall(SYS_sched_setattr, 0, &own, 0), 0);
    assert_true(attributes().sched_runtime == own_ns);
    prompt_begin(&prompt, true);
    prompt_end(&prompt);
    assert_true(attributes().sched_runtime == own_ns);
    own.sched_runtime = 0;
    assert_int_equal(syscall(SYS_sched_setattr, 0, &own, 0), 0);
    assert_true(attributes().sched_runtime == kernel_ns);
}

/* SCHED_BATCH and others have reasons of their own. */
static void another_policy_is_left_alone(void **state)
{
    struct sched_attr batch = attributes();
    struct sched_attr normal = batch;
    struct prompt prompt;
    (void)state;
    batch.size = SCHED_ATTR_SIZE_VER0;
    normal.size = SCHED_ATTR_SIZE_VER0;
    batch.sched_policy = SCHED_BATCH;
    assert_int_equal(syscall(SYS_sched_setattr, 0, &batch, 0), 0);
    prompt_begin(&prompt, true);
    assert_false(prompt.has_slice);
    assert_int_equal(attributes().sched_policy, SCHED_BATCH);
    assert_true(attributes().sched_runtime == batch.sched_runtime);
    prompt_end(&prompt);
    assert_int_equal(syscall(SYS_sched_setattr, 0, &normal, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_afterwards_as_it_was),
        cmocka_unit_test(a_slice_of_ones_own_is_given_back),
        cmocka_unit_test(another_policy_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
