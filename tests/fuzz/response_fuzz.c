#include "gate/harness/load/response.h"
#include "tests/fuzz/fuzz.h"

/* Reads the input in pieces of `step`; returns the status the reader ends with. */
static enum status read_in_steps(struct response *response, struct bytes input, size_t step)
{
    struct err err = {0};
    for (size_t at = 0; at < input.len && !response_done(response);) {
        size_t len = input.len - at < step ? input.len - at : step;
        size_t used = 0;
        if (response_feed(response, (struct bytes){input.data + at, len}, &used, &err))
            return err.status;
        if (used > len || (used < len && !response_done(response)))
            abort();
        at += used;
    }
    return response_close(response, &err);
}

/* The first byte picks the size of the pieces, which must not change what is read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct response whole;
    static struct response pieces;
    if (size < 1)
        return 0;
    struct bytes input = {data + 1, size - 1};
    bool head_request = data[0] & 1;
    response_init(&whole, head_request);
    response_init(&pieces, head_request);
    enum status want = read_in_steps(&whole, input, size);
    enum status have = read_in_steps(&pieces, input, (size_t)(data[0] >> 1) + 1);
    if (want != have)
        abort();
    if (want == STATUS_OK &&
        (whole.status != pieces.status || whole.body_bytes != pieces.body_bytes ||
         whole.status < 200 || whole.body_bytes > RESPONSE_BODY_BYTES_MAX))
        abort();
    return 0;
}
