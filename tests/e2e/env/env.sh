#!/usr/bin/env bash
# env.sh MEMGATE: what a service is started with in each phase: the same on both sides, the collector
# held in the exact phase alone, what the policy sets before what memgate would, and nothing of the
# environment of memgate itself.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
repo=$work/repo
# shellcheck disable=SC2034 # row of lib.sh reads it
shown='^memgate'
export SECRET_OF_CI=hush GODEBUG=madvdontneed=1 GOGC=300 GOMEMLIMIT=1GiB GOMAXPROCS=7

# policy ENV
policy() {
    cat > "$repo/memgate.yaml" <<YAML
version: 1
trials: {exact: 1, steady: 1, duet: 1, max: 1}
on_inconclusive: pass
scenarios:
  - name: env
    service: {args: [--addr, "\${ADDR}"], ready: /healthz, env: {$1}}
    load: {requests: load.jsonl, warmup: 10, count: 200, connections: 2}
rules:
  - {metric: alloc_space, max_increase_percent: 1000%, severity: review}
  - {metric: p99, max_increase_percent: 100000%, severity: review}
  - {metric: cpu_per_request, max_increase_percent: 100000%, severity: review}
YAML
}

# started PHASE: names and values on one line, without the places, which differ from run to run.
started() {
    sed -n 's/^env //p' "$work/out/recording/scenario-1/$1-1/output.txt" |
        sed 's/^\(PATH\|HOME\|TMPDIR\)=.*/\1/' | tr '\n' ' '
}

# is PHASE WANT: of both sides.
is() {
    local side have
    for side in baseline candidate; do
        have=$(started "$side/$1")
        [ "$have" = "$2 " ] || fail "$side, $1: $have, not $2"
    done
}

service_repo "$here/service"
policy ''
row "as it comes" 0 '^memgate PASS' main main
is exact 'GODEBUG=memprofilerate=1 GOGC=off GOMAXPROCS=2 GOMEMLIMIT=2147483648B HOME LANG=C PATH TMPDIR'
is steady 'GODEBUG=gctrace=1 GOMAXPROCS=2 HOME LANG=C PATH TMPDIR'
is duet 'GOMAXPROCS=2 HOME LANG=C PATH TMPDIR'

policy 'GODEBUG: "asyncpreemptoff=1", GOGC: "150", GOMAXPROCS: "3", MODE: "x y"'
row "as the policy sets it" 0 '^memgate PASS' main main
is exact 'GODEBUG=asyncpreemptoff=1,memprofilerate=1 GOGC=150 GOMAXPROCS=3 HOME LANG=C MODE=x y PATH TMPDIR'
is steady 'GODEBUG=asyncpreemptoff=1,gctrace=1 GOGC=150 GOMAXPROCS=3 HOME LANG=C MODE=x y PATH TMPDIR'
is duet 'GODEBUG=asyncpreemptoff=1 GOGC=150 GOMAXPROCS=3 HOME LANG=C MODE=x y PATH TMPDIR'

policy 'GOMEMLIMIT: "300MiB"'
row "a limit of its own" 0 '^memgate PASS' main main --quick
is exact 'GODEBUG=memprofilerate=1 GOMAXPROCS=2 GOMEMLIMIT=300MiB HOME LANG=C PATH TMPDIR'
finish
