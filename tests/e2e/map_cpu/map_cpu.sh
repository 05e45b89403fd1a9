#!/usr/bin/env bash
# map_cpu.sh MEMGATE: the share of CPU time in maps is measured, judged by the rule of the README
# (at most 15 %), and missed only where a rule asks for it.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
repo=$work/repo
# shellcheck disable=SC2034 # row of lib.sh reads it
shown='map_cpu_share|CPU samples|INVALID|CPU profiles'
warmup=50
rule='  - {metric: map_cpu_share, max: 15%, severity: block}'

# policy REQUESTS ENV [RULE]: other rules get room, so that only the one about maps can break.
policy() {
    cat > "$repo/memgate.yaml" <<YAML
version: 1
trials: {exact: 2, steady: 2, max: 3}
scenarios:
  - name: lookup
    service: {args: [--addr, "\${ADDR}"], ready: /healthz, env: {PROFILE: "$2"}}
    load: {requests: load.jsonl, warmup: $warmup, count: $1, connections: 2}
rules:
  - {metric: cpu_per_request, max_increase_percent: 1000%}
  - {metric: p99, max_increase_percent: 10000%}
  - {metric: rss_p95, max_increase_percent: 1000%}
  - {metric: inuse_space, max_increase_percent: 1000%}
  - {metric: heap_growth_per_1000_requests, max_increase: 1GiB}
${3-}
YAML
}

bench_policy() {
    cat > "$repo/memgate.yaml" <<YAML
version: 1
trials: {exact: 2, steady: 2, max: 3}
scenarios:
  - name: lookup
    gotest: {package: ., bench: ^BenchmarkWork$, benchtime: 1000x}
rules:
  - {metric: cpu_per_request, max_increase_percent: 1000%}
  - {metric: ns_per_op, max_increase_percent: 1000%}
  - {metric: rss_p95, max_increase_percent: 1000%}
$rule
YAML
}

service_repo "$here/service"
git_in checkout -q -b planted
sed -i 's/planted = false/planted = true/' "$repo/side.go"
git_in commit -q -a -m planted
git_in checkout -q main

policy 1500 on "$rule"
row "planted" 1 '^  BLOCK +map_cpu_share, whole scenario .* candidate \[' main planted
/usr/bin/python3 - "$work/out" <<'PY' || fail "planted: the figures are not what was planted"
import glob
import json
import math
import sys

out = sys.argv[1]
metrics = {m["metric"]: m for m in json.load(open(out + "/verdict.json"))["scenarios"][0]["measured"]["metrics"]}
for name in ("map_cpu_share", "map_cpu_per_request", "map_generic_key_share"):
    print("   %(metric)s: %(base).4g -> %(cand).4g %(unit)s, candidate %(cand_interval)s of %(samples)s" % metrics[name])
share, time = metrics["map_cpu_share"], metrics["map_cpu_per_request"]
generic = metrics["map_generic_key_share"]
# CPU time of the trials that the shares are of, in the geometric middle.
steady = [json.load(open(file)) for file in glob.glob(out + "/recording/scenario-1/candidate/steady-*/trial.json")]
cpu = math.exp(sum(math.log(trial["cpu_ns"] / trial["request_count"]) for trial in steady) / len(steady))
assert share["cand_interval"][0] > 0.15 > share["base"], share
assert share["interval"][0] > 0, share
# Keys are structs: all but the maps of net/http are on the generic path.
assert 0.8 * share["cand"] <= generic["cand"] <= share["cand"], generic
assert abs(time["cand"] - share["cand"] * cpu) < 1e-6 * time["cand"], (time, cpu)
PY
row "no change" 0 '^  ok +map_cpu_share, whole scenario' main main

policy 500 off "$rule"
row "no handler, a rule" 3 \
    'map_cpu_share was not measured, but memgate.yaml:[0-9]+ limits it: baseline, steady trial 1: GET /debug/pprof/profile\?seconds=1 answered 404' \
    main planted
policy 500 busy "$rule"
row "another profiler, a rule" 3 'answered 500: Could not enable CPU profiling: .*already in use' \
    main planted
# Ten seconds are waited for it, and once: before that every trial of the four paid twenty. The run
# itself takes 10 to 30 s.
policy 500 hang
since=$SECONDS
row "a handler that hangs" 0 \
    '^  note +CPU profiles are not compared: baseline, steady trial 1: GET .*: no complete answer' main main
[ $((SECONDS - since)) -lt 70 ] || fail "a handler that hangs: $((SECONDS - since)) s"
# The pace is that of the load, and a profile that asked for too much time ends with it: each of the
# four trials would last a minute longer.
for warmup in 1 0; do
    policy 1500 slow "$rule"
    since=$SECONDS
    row "a slow first request, warm-up $warmup" 0 'map_cpu_share, whole scenario .* %' main main
    [ $((SECONDS - since)) -lt 100 ] || fail "a slow first request: $((SECONDS - since)) s"
done
warmup=50
policy 500 off
row "no handler, no rule" 0 \
    '^  note +CPU profiles are not compared: baseline, steady trial 1: GET .* answered 404' main planted
policy 100 on $'profiles: [heap]\n'
row "not wanted" 0 '^memgate PASS' main planted
[ -z "$(find "$work/out" -name 'cpu.*')" ] || fail "not wanted: a profile was taken"

bench_policy
row "benchmark" 1 '^  BLOCK +map_cpu_share, whole scenario .* candidate \[' main planted
finish
