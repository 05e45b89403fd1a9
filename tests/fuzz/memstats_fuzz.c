#include "gate/profile/memstats.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct memstats stats = {0};
    struct str text = str_of_bytes((struct bytes){data, size});
    if (memstats_parse(&stats, text, &err) == STATUS_OK && stats.pause_count > MEMSTATS_PAUSES)
        abort();
    return 0;
}
