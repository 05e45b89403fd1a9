#ifndef GATE_HARNESS_LOAD_STAMP_H
#define GATE_HARNESS_LOAD_STAMP_H

#include <sys/types.h>

#include "gate/base/base.h"

/*
 * Private to load: when bytes arrived by the kernel's clock, whenever the
 * engine gets to read them. What keeps the engine from running then (the
 * service on the same core, a request that had to go out first) is not
 * taken for latency of the service.
 */
struct stamp {
    uint64_t ns;    /* on clock_now_ns' scale */
    bool is_kernel; /* else the kernel told none, and it is the time of reading */
};

/* Asks the kernel to note arrivals on the socket; where it cannot, reading tells. */
void stamp_enable(int fd);
/* As recv(2); *out is filled in when bytes were read: of the last of them. */
ssize_t stamp_recv(int fd, void *data, size_t len, struct stamp *out);

#endif
