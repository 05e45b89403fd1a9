#include "tests/unit/profile/trace_maker.h"

/* Before Go 1.26 the first batch of what is lost was read with what is kept. */
static void what_is_lost_begins_with_the_head_of_its_first_batch(void **state)
{
    struct trace_totals have = {0};
    struct maker maker;
    (void)state;
    make(&maker, "go 1.22 trace");
    EVENT(&maker, TRACE_PROC_STATUS, 100, 0, 1);
    end_batch(&maker, 1, 7);
    put_frequency(&maker, 1);
    put_tables(&maker, 1);
    size_t whole = maker.file.len;
    put_tables(&maker, 2);
    put_tables(&maker, 2);
    maker.file.len -= 4;
    assert_ok(decode(&have, &maker), &maker.err);
    assert_int_equal(have.generation_count, 1);
    assert_int_equal(have.lost_batches, 2);
    assert_int_equal(have.lost_bytes, maker.file.len - whole);
    release(&maker);
}

static void frames_that_cannot_be_are_refused(void **state)
{
    struct trace_totals have = {0};
    struct maker maker;
    (void)state;
    make(&maker, "go 1.22 trace");
    put_frequency(&maker, 1);
    put_tables(&maker, 1);
    put_tables(&maker, 1);
    assert_fails(decode(&have, &maker), STATUS_FORMAT, &maker.err, "string 1 is defined twice");
    release(&maker);
    make(&maker, "go 1.22 trace");
    put_frequency(&maker, 1);
    put_tables(&maker, 3);
    assert_fails(decode(&have, &maker), STATUS_FORMAT, &maker.err,
                 "a batch of generation 3 within generation 1");
    release(&maker);
    make(&maker, "go 1.25 trace");
    put_frequency(&maker, 1);
    assert_fails(decode(&have, &maker), STATUS_FORMAT, &maker.err, "");
    release(&maker);
    make(&maker, "go 1.22 trace");
    buf_byte(&maker.file, TRACE_STRINGS);
    assert_fails(decode(&have, &maker), STATUS_FORMAT, &maker.err,
                 "an event of type 4 where none belongs");
    release(&maker);
}

static const struct number_case {
    const char *name;
    uint64_t numbers[3];
    const char *text;
} number_cases[] = {
    {"twice the same", {1, 1}, "generation 1 follows generation 1"},
    {"back again", {1, 2, 1}, "generation 1 follows generation 2"},
    {"one left out", {1, 3}, "generation 3 follows generation 1"},
    {"behind the last there is", {UINT64_MAX, 1}, "generation 1 follows generation "},
    {"counted on from anywhere", {5, 6, 7}, NULL},
};

/* From Go 1.26 on the mark at their end says where they begin, and no number has to. */
static void generations_count_one_by_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(number_cases); i++) {
        const struct number_case *row = &number_cases[i];
        struct trace_totals have = {0};
        struct maker maker;
        print_message("  %s\n", row->name);
        make(&maker, "go 1.26 trace");
        for (size_t k = 0; k < ARRAY_LEN(row->numbers) && row->numbers[k] > 0; k++) {
            EVENT(&maker, TRACE_PROC_STATUS, 100 * (k + 1), 0, 1);
            end_batch(&maker, row->numbers[k], 7);
            put_whole(&maker, row->numbers[k]);
        }
        if (row->text) {
            assert_fails(decode(&have, &maker), STATUS_FORMAT, &maker.err, row->text);
        } else {
            assert_ok(decode(&have, &maker), &maker.err);
            assert_int_equal(have.generation_count, 3);
        }
        release(&maker);
    }
}

enum { IDLE_THREADS = 60000, WAKES = 5000 };

/*
 * Thread 7 would start goroutine 1 before thread 8 wakes it, again and again,
 * and each time every other thread is looked at for one that may go before.
 */
static void what_is_out_of_order_is_looked_for_within_bounds(void **state)
{
    struct trace_totals have = {0};
    struct maker maker;
    (void)state;
    make(&maker, "go 1.22 trace");
    put_frequency(&maker, 1);
    put_tables(&maker, 1);
    for (uint64_t i = 0; i < IDLE_THREADS; i++) {
        EVENT(&maker, TRACE_PROC_STATUS, 10000000 + i, 100 + i, 2);
        end_batch(&maker, 1, 100 + i);
    }
    EVENT(&maker, TRACE_PROC_STATUS, 1, 0, 1);
    EVENT(&maker, TRACE_GO_STATUS, 1, 1, TRACE_NO_THREAD, 4);
    for (uint64_t i = 0; i < WAKES; i++) {
        EVENT(&maker, TRACE_GO_START, 2, 1, 2 * i + 2);
        EVENT(&maker, TRACE_GO_BLOCK, 2, REASON_SYNC, 0);
    }
    end_batch(&maker, 1, 7);
    EVENT(&maker, TRACE_PROC_STATUS, 2, 1, 1);
    for (uint64_t i = 0; i < WAKES; i++)
        EVENT(&maker, TRACE_GO_UNBLOCK, 4, 1, 2 * i + 1, 0);
    end_batch(&maker, 1, 8);
    assert_fails(decode(&have, &maker), STATUS_LIMIT, &maker.err, "too far out of order");
    release(&maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_lost_begins_with_the_head_of_its_first_batch),
        cmocka_unit_test(frames_that_cannot_be_are_refused),
        cmocka_unit_test(generations_count_one_by_one),
        cmocka_unit_test(what_is_out_of_order_is_looked_for_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
