#include "gate/profile/extend.h"

#include "gate/base/io.h"
#include "tests/support/check.h"

struct fixture {
    struct arena arena;
    struct err err;
    struct bytes data;
    struct profile before;
};

static void fixture_init(struct fixture *fixture, const char *path)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    assert_ok(io_read_file(&fixture->data, &fixture->arena, str_from(path), (size_t)1 << 24,
                           &fixture->err),
              &fixture->err);
    assert_ok(profile_decode(&fixture->before, &fixture->arena, fixture->data, &fixture->err),
              &fixture->err);
}

static const struct profile_frame frames[] = {
    {STR_INIT("example.com/x.leaf"), STR_INIT("x/leaf.go"), 12, 0},
    {STR_INIT("example.com/x.root"), STR_INIT("x/root.go"), 34, 0},
};

/* A profile of Go, packed: types alloc_objects, alloc_space, inuse_objects, inuse_space. */
static void extend_adds_one_sample_and_keeps_the_rest(void **state)
{
    (void)state;
    struct fixture fixture;
    struct bytes data = {0};
    struct profile have = {0};
    const int64_t values[] = {3, 300, 1, 100};
    const struct profile_extra extra = {frames, 2, values, 4, 100};
    fixture_init(&fixture, "corpus/data/go1.26_rate1.pb.gz");
    assert_ok(profile_extend(&data, &fixture.arena, fixture.data, &extra, &fixture.err),
              &fixture.err);
    assert_ok(profile_decode(&have, &fixture.arena, data, &fixture.err), &fixture.err);

    const struct profile *before = &fixture.before;
    assert_int_equal(have.sample_count, before->sample_count + 1);
    for (size_t type = 0; type < 4; type++) {
        assert_int_equal(profile_total(&have, type), profile_total(before, type) + values[type]);
    }
    for (size_t i = 0; i < before->sample_count; i++) {
        assert_int_equal(have.samples[i].location_count, before->samples[i].location_count);
        assert_int_equal(have.samples[i].values[1], before->samples[i].values[1]);
    }
    assert_int_equal(have.period, before->period);
    assert_int_equal(have.time_ns, before->time_ns);

    const struct profile_sample *sample = &have.samples[before->sample_count];
    assert_int_equal(sample->location_count, 2);
    assert_int_equal(sample->object_bytes, 100);
    for (size_t i = 0; i < 2; i++) {
        const struct profile_location *location = &have.locations[sample->locations[i]];
        const struct profile_function *function = &have.functions[location->lines[0].function];
        assert_int_equal(location->line_count, 1);
        assert_int_equal(location->lines[0].line, frames[i].line);
        assert_true(str_equal(function->name, frames[i].function));
        assert_true(str_equal(function->filename, frames[i].file));
    }
    arena_release(&fixture.arena);
}

/* The address is inside the executable, where nothing was sampled. */
static void extend_puts_a_frame_at_its_offset(void **state)
{
    (void)state;
    struct fixture fixture;
    struct bytes data = {0};
    struct profile have = {0};
    const int64_t values[] = {1, 8, 0, 0};
    fixture_init(&fixture, "corpus/data/go1.26_rate1.pb.gz");
    const struct profile_mapping *mapping = &fixture.before.mappings[0];
    struct profile_frame frame = frames[0];
    frame.offset = profile_free_offset(&fixture.before);
    const struct profile_extra extra = {&frame, 1, values, 4, 0};
    assert_ok(profile_extend(&data, &fixture.arena, fixture.data, &extra, &fixture.err),
              &fixture.err);
    assert_ok(profile_decode(&have, &fixture.arena, data, &fixture.err), &fixture.err);
    const struct profile_location *location =
        &have.locations[have.samples[have.sample_count - 1].locations[0]];
    assert_int_equal(location->mapping, 0);
    assert_true(location->address == mapping->limit - 1);
    assert_true(frame.offset == mapping->offset + (mapping->limit - 1 - mapping->start));
    for (size_t i = 0; i < fixture.before.location_count; i++)
        assert_true(fixture.before.locations[i].address != location->address);
    arena_release(&fixture.arena);
}

/* What is extended twice has both. */
static void extend_takes_its_own_output(void **state)
{
    (void)state;
    struct fixture fixture;
    struct bytes data = {0};
    struct profile have = {0};
    const int64_t values[] = {5, 50};
    const struct profile_extra extra = {frames, 1, values, 2, 0};
    fixture_init(&fixture, "corpus/data/go1.26_waits_mutex.pb.gz");
    assert_ok(profile_extend(&data, &fixture.arena, fixture.data, &extra, &fixture.err),
              &fixture.err);
    assert_ok(profile_extend(&data, &fixture.arena, data, &extra, &fixture.err), &fixture.err);
    assert_ok(profile_decode(&have, &fixture.arena, data, &fixture.err), &fixture.err);
    assert_int_equal(profile_total(&have, 0), profile_total(&fixture.before, 0) + 10);
    arena_release(&fixture.arena);
}

static void extend_refuses_what_it_does_not_fit(void **state)
{
    (void)state;
    struct fixture fixture;
    struct bytes data = {0};
    const int64_t values[] = {1, 1, 1, 1};
    const struct profile_extra two = {frames, 1, values, 2, 0};
    const struct profile_extra four = {frames, 1, values, 4, 0};
    fixture_init(&fixture, "corpus/data/go1.26_rate1.pb.gz");
    assert_fails(profile_extend(&data, &fixture.arena, fixture.data, &two, &fixture.err),
                 STATUS_FORMAT, &fixture.err, "has 4 sample types, not 2");
    struct bytes nothing = {NULL, 0};
    assert_fails(profile_extend(&data, &fixture.arena, nothing, &four, &fixture.err), STATUS_FORMAT,
                 &fixture.err, "no profile.proto");
    struct bytes cut = {fixture.data.data, fixture.data.len / 2};
    assert_fails(profile_extend(&data, &fixture.arena, cut, &four, &fixture.err), STATUS_FORMAT,
                 &fixture.err, "gzip");
    assert_null(data.data);
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extend_adds_one_sample_and_keeps_the_rest),
        cmocka_unit_test(extend_puts_a_frame_at_its_offset),
        cmocka_unit_test(extend_takes_its_own_output),
        cmocka_unit_test(extend_refuses_what_it_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
