#ifndef GATE_COMPARE_COST_TABLE_H
#define GATE_COMPARE_COST_TABLE_H

#include "gate/compare/comparison.h"
#include "gate/fold/costs.h"

/*
 * The numbers of one kind of profile: for the whole scenario and each
 * function of either side a value per side, trial, point and column. As
 * in the heap's rows a library's function has what it spent itself, one
 * of the program's own module what libraries spent for it as well.
 */
struct cost_trial {
    struct costs warm; /* empty where the profile is of the load alone */
    struct costs end;
    double request_count;
    double cpu_ns; /* of the process, over the load */
};

struct cost_side {
    const struct cost_trial *trials;
    size_t len;
    const struct record_program *program;
};

struct cost_function {
    struct name_id key;         /* pair key, the candidate's; 0: the whole scenario */
    struct name_id func[SIDES]; /* raw spelling; 0 where the side lacks it */
    struct name_id file;        /* of the line that spent most, on the candidate where it has one */
    int64_t line;
    double weight;     /* of all that it has, whichever side, trial and point; no unit */
    double own_weight; /* of that, what is charged to no other function */
    double *values;
};

struct cost_table {
    struct intern *names;
    struct cost_function *items; /* the whole scenario first */
    size_t len;
    size_t cap;
    size_t trial_max; /* per side */
};

/*
 * Names in the trials were interned in `names`. Functions are paired as
 * the heap's were (comparison->paired), then by pair_functions, for most
 * that wait or run allocate nothing. Functions are in the order of the
 * trials, the baseline's first.
 */
void cost_table_build(struct cost_table *out, struct arena *arena, struct intern *names,
                      const struct cost_side sides[SIDES], const struct comparison *comparison,
                      const struct pair_hints *hints);

/* What a library's function spent for the program's own is judged there, but for a rest. */
bool cost_function_is_charged(const struct cost_function *function);

double cost_table_value(const struct cost_table *table, const struct cost_function *function,
                        enum side side, size_t trial, enum point point, size_t column);

#endif
