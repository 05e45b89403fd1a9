#include "gate/harness/load/grpc.h"
#include "tests/fuzz/fuzz.h"

static enum status read_in_steps(struct grpc_reader *reader, struct bytes input, size_t step,
                                 uint64_t *bytes)
{
    struct err err = {0};
    struct buf keep;
    enum status status = STATUS_OK;
    buf_init(&keep, 1 << 20);
    grpc_reader_init(reader);
    for (size_t at = 0; at < input.len && status == STATUS_OK; at += step) {
        size_t len = input.len - at < step ? input.len - at : step;
        status = grpc_feed(reader, (struct bytes){input.data + at, len}, &keep, bytes, &err);
    }
    if (status == STATUS_OK)
        status = grpc_read_header(reader, STR("content-type"), STR("application/grpc"), &err);
    if (status == STATUS_OK)
        status = grpc_read_trailer(reader, STR("grpc-status"), STR("0"), &err);
    if (status == STATUS_OK)
        status = grpc_end(reader, &err);
    if (keep.len != *bytes)
        abort();
    buf_release(&keep);
    return status;
}

/* The first byte picks the size of the pieces, which must not change what is read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct grpc_reader reader;
    uint64_t whole = 0;
    uint64_t pieces = 0;
    if (size < 1)
        return 0;
    struct bytes input = {data + 1, size - 1};
    enum status want = read_in_steps(&reader, input, size, &whole);
    enum status have = read_in_steps(&reader, input, (size_t)data[0] + 1, &pieces);
    if (want != have || (want == STATUS_OK && whole != pieces))
        abort();
    /* What is read is the input but for the prefix. */
    if (want == STATUS_OK && whole + GRPC_PREFIX_BYTES != input.len)
        abort();
    return 0;
}
