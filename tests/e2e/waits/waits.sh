#!/usr/bin/env bash
# waits.sh MEMGATE: work under a lock and goroutines that stay are found and named by rules on
# profiles; a profile that is off or not served is never taken for a quiet one.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
repo=$work/repo

# policy COUNT ENV RULES: other rules get room, so that only those about profiles can break.
policy() {
    cat > "$repo/memgate.yaml" <<YAML
version: 1
trials: {exact: 2, steady: 3, duet: 0, max: 3}
profiles: [heap, block, mutex, goroutine]
on_inconclusive: block
scenarios:
  - name: waits
    service: {args: [--addr, "\${ADDR}"], ready: /healthz, env: {$2}}
    load: {requests: load.jsonl, warmup: 50, count: $1, connections: 8}
rules:
  - {metric: alloc_space, max_increase_percent: 1000%, floor: 1KiB/request}
  - {metric: alloc_objects, max_increase_percent: 1000%, floor: 10/request}
  - {kind: map, metric: alloc_space, max_increase_percent: 1000%, floor: 1KiB/request}
  - {metric: cpu_per_request, max_increase_percent: 1000000%}
  - {metric: p99, max_increase_percent: 1000000%}
  - {metric: rss_p95, max_increase_percent: 1000%}
  - {metric: inuse_space, max_increase: 100MiB}
  - {metric: heap_growth_per_1000_requests, max_increase: 1GiB}
$3
YAML
}

# row NAME EXIT BASE HEAD TEXT...: what a run ends with, and what it must say.
row() {
    local name=$1 want=$2 base=$3 head=$4 code=0 text before=$failures
    shift 4
    rm -rf "$work/out"
    (cd "$repo" && "$memgate" run --base "$base" --head "$head" --policy-from work-tree \
        --always-measure -o "$work/out") > "$work/stdout" 2> "$work/stderr" || code=$?
    echo "== $name: exit $code"
    grep -E 'BLOCK|ALERT|INVALID|profile' "$work/stdout" || true
    [ "$code" = "$want" ] || fail "$name: exit $code, not $want"
    for text in "$@"; do
        grep -qE -- "$text" "$work/stdout" || fail "$name: nobody says: $text"
    done
    [ "$failures" = "$before" ] || cat "$work/stdout" "$work/stderr"
}

service_repo "$here/service"
for what in Lock Leak; do
    git_in checkout -q -b "$what" main
    sed -i "s/planted$what = false/planted$what = true/" "$repo/side.go"
    git_in commit -q -a -m "$what"
done
git_in checkout -q main

mutex='  - {profile: mutex, max_increase_percent: 30%, floor: 10ms, severity: alert}
  - {profile: mutex, package: main, max_increase: 50ms}'
goroutine='  - {profile: goroutine, max_increase: 50}
  - {profile: goroutine, func: main.watch.func, max_increase: 50, severity: alert}'

policy 300 'RATES: "on"' "$mutex"
row "work under the lock" 1 main Lock '^  ALERT +mutex_delay, whole scenario' \
    '^  BLOCK +mutex_delay, main\.\(\*ledger\)\.add ' '^          at main\.go:[0-9]+$'
grep -q '"metric": "mutex_delay"' "$work/out/verdict.json" || fail "verdict.json lacks mutex_delay"
grep -q 'main.(\*ledger).add' "$work/out/report.md" || fail "report.md does not name the function"

policy 200 'RATES: "on"' "$goroutine"
row "goroutines that stay" 1 main Leak '^memgate BLOCKED: .*most of it in main\.watch\.func1 at main\.go' \
    '^  BLOCK +goroutines at end, whole scenario +[0-9.]+ -> 2[0-9]{2}' \
    '^  ALERT +goroutines at end, main\.watch\.func1' \
    '^          main\.watch\.func1 created by main\.watch at main\.go:[0-9]+: [0-9.]+ -> 2[0-9]{2}'
policy 200 'RATES: "on"' '  - {profile: goroutine, max_increase: 50}'
row "no change" 0 main main '^  ok +goroutines at end, whole scenario' '^memgate PASS'

policy 100 'RATES: "off"' "$mutex"
row "the profile is off" 4 main Lock \
    '^  note +the mutex profile is empty on both sides: .*runtime\.SetMutexProfileFraction' \
    '^  UNSURE +mutex_delay, whole scenario'
policy 100 'PROFILE: "off"' "$mutex"
row "the profile is not served" 3 main Lock \
    'mutex_delay was not measured, but memgate.yaml:[0-9]+ limits it: baseline, steady trial 1: GET /debug/pprof/mutex: answered 404'
finish
