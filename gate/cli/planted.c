#include "gate/cli/planted.h"

#include "gate/cli/run.h"
#include "gate/harness/process.h"

enum status run_plant(struct run *run, struct err *err)
{
    struct planted_run *planted = run->planted;
    if (!planted || planted->plant_count == 0)
        return STATUS_OK;
    return harness_plant(&planted->planted, &run->harness,
                         policy_scenario(&run->session.policy, planted->scenario), planted->plants,
                         planted->plant_count, err);
}

enum status run_planted(struct planted_run *planted, struct arena *arena, struct err *err)
{
    struct run *run = ARENA_NEW(arena, struct run);
    run_begin(run);
    run->planted = planted;
    run->base_spec = planted->revision;
    run->head_spec = planted->revision;
    run->out_dir = planted->out_dir;
    run->quick = true;
    run->always_measure = true;
    run->names = (struct operands){.items = &planted->scenario, .len = planted->scenario.len > 0};
    planted->session = &run->session;
    enum status status = run_all(run, err);
    run_close(run);
    talk_clear(&run->talk);
    return process_interrupted() ? process_interruption(err) : status;
}
