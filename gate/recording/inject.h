#ifndef GATE_RECORDING_INJECT_H
#define GATE_RECORDING_INJECT_H

#include "gate/recording/recording.h"

/*
 * Positive control: a copy of a recording in which the candidate costs
 * more, by a known amount and in a known function, as its files would say
 * had it done so. Numbers of a trial are changed in trial.json, samples
 * of the process in series.txt, latency in each histogram; allocation,
 * CPU time, waiting and goroutines are one sample more in each raw
 * profile (profile/extend.h), and in the MemStats beside it. So what is
 * judged then went all the way of a measurement: files, hashes, decoding,
 * folding, comparing.
 */
struct injection {
    size_t scenario; /* index */
    enum metric metric;
    double amount;   /* so much more, > 0, in the unit of the metric */
    double have;     /* of shares: the candidate's value before */
    struct str func; /* that does it, as profiles spell it */
    struct str file; /* of a line of it; may be empty */
    int64_t line;
    struct str entry; /* heap metrics: what it calls to allocate; empty: no kind is known of it */
    struct str type;  /* what it allocates; may be empty */
};

struct injector {
    struct arena *arena;
    const struct recording *original; /* opened; must outlive this */
    struct str dir;                   /* the copy: temporary, gone after inject_close */
    struct str *touched;              /* files of the copy that differ, relative */
    size_t touched_count;
    size_t touched_cap;
};

/* Copies all files of the recording into a fresh directory. */
NODISCARD enum status inject_open(struct injector *out, struct arena *arena,
                                  const struct recording *original, struct err *err);
/* Safe on a zeroed struct. */
void inject_close(struct injector *injector);
/*
 * Makes the copy the recording with this injection and no other, sealed,
 * so that recording_open takes `dir`. STATUS_INVALID when the amount is
 * too large to be counted, or the recording holds nothing to add it to.
 */
NODISCARD enum status inject_apply(struct injector *injector, const struct injection *what,
                                   struct err *err);

/* Between inject.c and inject_*.c. */
struct injecting {
    struct injector *injector;
    struct arena *arena; /* of this injection */
    const struct injection *what;
    struct record_scenario *scenario; /* of the copy, its candidate's trials and targets its own */
};

/* Reads a file of the original; `path` is relative to it. */
NODISCARD enum status inject_read(struct bytes *out, const struct injecting *injecting,
                                  struct str path, struct err *err);
/* A file of the copy is about to differ; it will be as before in the next injection. */
void inject_touch(const struct injecting *injecting, struct str path);
/* Puts a file into the copy. */
NODISCARD enum status inject_put(const struct injecting *injecting, struct str path,
                                 struct bytes data, struct err *err);
/* A whole number of what is counted, rounded up. STATUS_INVALID past 2^53. */
NODISCARD enum status inject_count(uint64_t *out, double value, struct err *err);
/* One call for each metric of theirs. */
NODISCARD enum status inject_heap(const struct injecting *injecting, struct err *err);
NODISCARD enum status inject_cost(const struct injecting *injecting, struct err *err);
NODISCARD enum status inject_numbers(const struct injecting *injecting, struct err *err);
NODISCARD enum status inject_series(const struct injecting *injecting, struct err *err);

#endif
