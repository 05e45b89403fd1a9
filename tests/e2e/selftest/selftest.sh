#!/usr/bin/env bash
# selftest.sh MEMGATE [CASES]: the positive control goes red on the example, in its recording and in
# life, and says of gates that cannot go red which rule it is and why; nothing is left behind.
# MEMGATE_TEST_NIGHTLY=1 adds every metric on a service with all profiles and on a benchmark, and the
# published services and benchmarks of CASES in life.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
cases=${2:-}
repo=$work/repo
mkdir "$work/tmp"
export TMPDIR=$work/tmp

# try NAME EXIT TEXT ARGUMENT...: what a self-test in $repo ends with, and a line that it prints.
try() {
    local name=$1 want=$2 text=$3 code=0 start=$SECONDS
    shift 3
    (cd "$repo" && "$memgate" selftest "$@") > "$work/stdout" 2> "$work/stderr" || code=$?
    echo "== $name: exit $code, $((SECONDS - start)) s"
    if [ "$code" != "$want" ] || ! grep -qE -- "$text" "$work/stdout" "$work/stderr"; then
        fail "$name: exit $code, not $want, or nobody says: $text"
        cat "$work/stdout" "$work/stderr"
    fi
    [ -z "$(ls -A "$TMPDIR")" ] || fail "$name: left behind: $(ls -A "$TMPDIR")"
}

# policy NAME RULES: the example's policy with these rules instead.
policy() {
    {
        sed '/^trials:/,$d' "$root/examples/orders/memgate.yaml"
        printf 'trials: {exact: 2, steady: 2, duet: 2, max: 2}\n%s\n' "$2"
    } > "$work/$1.yaml"
}

example_repo "$repo"
example_branch "$repo" map-no-hint
policy blocks ''
cp "$work/blocks.yaml" "$repo/memgate.yaml"

# No recording yet: --live makes one, and plants into what allocates most in it.
try live 0 'RED +alloc_space \+.*naming the function' --live
sed -n '/^live/,$p' "$work/stdout"
for metric in alloc_space alloc_objects inuse_space 'kind map alloc_space' heap_growth; do
    grep -qE "^  (RED|WEAK) +$metric" "$work/stdout" || fail "live: no red line of $metric"
done
[ "$(git_in status --porcelain)" = " M memgate.yaml" ] || fail "live: the work tree was touched"

# A regression that is there already hides no other: each rule must grow by what is injected.
code=0
(cd "$repo" && "$memgate" run --quick --base main --head change/map-no-hint \
    --policy-from work-tree) > "$work/stdout" 2> "$work/stderr" || code=$?
[ "$code" = 1 ] || {
    fail "a change of the example: exit $code, not 1"
    cat "$work/stdout" "$work/stderr"
}
try recording 0 '^memgate selftest: all [0-9]+ block rules that were tried go red'
grep -q 'without it regression, with it regression, naming the function' "$work/stdout" ||
    fail "recording: nothing was red before"
grep -q 'without it ok, with it regression, naming the function' "$work/stdout" ||
    fail "recording: nothing became red"

policy high 'rules: [{metric: alloc_space, max_increase: 5GiB/request, severity: block}]'
try 'limit out of reach' 1 'why: its limit is too high' --policy "$work/high.yaml"

func='example.com/orders/price.(*Book).Price'
policy ignored "rules: [{func: \"$func\", metric: alloc_space, max_increase: 1KiB/request, severity: block}]
ignore: [{func: \"$func\", metric: alloc_space, why: known}]"
line=$(grep -n '^ignore' "$work/ignored.yaml" | cut -d: -f1)
try 'ignored function' 1 "why: all that it names is ignored: .*ignored.yaml:$line\$" --policy "$work/ignored.yaml"

policy reviews 'rules:
  - {metric: alloc_space, max_increase_percent: 5%, severity: review}
  - {metric: alloc_objects, max_increase_percent: 5%, severity: review}
  - {metric: inuse_space, max_increase_percent: 10%, severity: review}
  - {kind: map, metric: alloc_space, max_increase_percent: 15%, severity: review}
  - {metric: heap_growth_per_1000_requests, max_increase: 64KiB, severity: review}
  - {metric: cpu_per_request, max_increase_percent: 25%, severity: review}
  - {metric: p99, max_increase_percent: 15%, severity: review}'
try 'nothing blocks' 1 '^memgate selftest: THIS GATE CANNOT GO RED' --policy "$work/reviews.yaml"

try 'misspelt option' 2 'selftest --help' --lives
try 'no recording' 3 'holds no recording' "$work"

# Somebody gives up waiting: the copy goes away all the same.
(cd "$repo" && exec "$memgate" selftest) > "$work/stdout" 2> "$work/stderr" &
child=$!
for _ in $(seq 200); do
    [ -z "$(ls -A "$TMPDIR")" ] || break
    sleep 0.01
done
kill -TERM "$child"
code=0
wait "$child" || code=$?
[ "$code" = 143 ] || fail "interrupted: exit $code, not that of SIGTERM"
[ -z "$(ls -A "$TMPDIR")" ] || fail "interrupted: left behind: $(ls -A "$TMPDIR")"

# The same of a build or a service of --live: neither it nor a file of it is left.
(cd "$repo" && exec "$memgate" selftest --live) > "$work/stdout" 2> "$work/stderr" &
child=$!
started=no
for _ in $(seq 600); do
    ! pgrep -f -- "$TMPDIR/memgate-[^ /]*/" > /dev/null || { started=yes; break; }
    sleep 0.05
done
[ "$started" = yes ] || fail "interrupted --live: nothing was started"
kill -INT "$child"
code=0
wait "$child" || code=$?
[ "$code" = 130 ] || { fail "interrupted --live: exit $code"; cat "$work/stdout" "$work/stderr"; }
[ -z "$(ls -A "$TMPDIR")" ] || fail "interrupted --live: left behind: $(ls -A "$TMPDIR")"
! pgrep -f -l -- "$TMPDIR/" || fail "interrupted --live: a process is left"

# What --live cannot do takes nothing from the table of the recording.
try 'live of no revision' 3 '^  FAILED ' --live --base no-such-revision
grep -q '^memgate selftest: all' "$work/stdout" || fail "live of no revision: no table"

# record_with NAME: the repository's policy is this one, and so is that of its recording.
record_with() {
    cp "$work/$1.yaml" "$repo/memgate.yaml"
    (cd "$repo" && "$memgate" run --quick --base main --head main --always-measure \
        --policy-from work-tree) > "$work/stdout" 2> "$work/stderr" || {
        fail "$1: the example against itself"
        cat "$work/stdout" "$work/stderr"
    }
}

# Where no rule on all bytes can be broken another one can, on objects; and 1 wins over a failure.
record_with high
try 'live by objects' 1 '^  RED +alloc_objects \+.*naming the function' --live
grep -qE '^live, .* with [0-9]+ x 32 B more in each call of' "$work/stdout" ||
    fail "live by objects: no objects were planted"
sed -n '/^live/,$p' "$work/stdout"
try 'blind, and live of no revision' 1 'why: its limit is too high' --live --base no-such-revision
grep -q '^  FAILED ' "$work/stdout" || fail "blind, and live of no revision: no row of the failure"

# A policy that no allocation of a function breaks is not accused of being blind.
policy held 'rules:
  - {metric: alloc_space, max_increase_percent: 5%, severity: review}
  - {metric: alloc_objects, max_increase_percent: 5%, severity: review}
  - {metric: inuse_space, max_increase: 1MiB, severity: block}'
record_with held
try 'live left out' 3 '^  LEFT OUT +no block rule goes red when' --live

if [ "${MEMGATE_TEST_NIGHTLY:-0}" != 1 ]; then
    finish
    exit 0
fi

# Whatever a rule can limit goes red when it is injected: all metrics that the schema knows.
repo=$work/waits
service_repo "$root/tests/e2e/waits/service"
cat > "$repo/side_test.go" <<'GO'
package main

import "testing"

var sink []byte

func BenchmarkSink(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink = make([]byte, 1024+i%2)
	}
}
GO
git_in add -A
git_in commit -q -m bench
cat > "$repo/memgate.yaml" <<'YAML'
version: 1
trials: {exact: 2, steady: 3, duet: 2, max: 3}
profiles: [heap, cpu, block, mutex, goroutine]
on_inconclusive: pass
scenarios:
  - name: waits
    service: {args: [--addr, "${ADDR}"], ready: /healthz, env: {RATES: "on"}}
    load: {requests: load.jsonl, warmup: 50, count: 3000, connections: 8}
  - name: bench
    gotest: {package: ., bench: ^BenchmarkSink$, benchtime: 1000000x}
rules:
  - {metric: alloc_space, max_increase_percent: 20%, severity: block}
  - {metric: alloc_objects, max_increase_percent: 20%, severity: block}
  - {metric: inuse_space, max_increase: 1MiB, severity: block}
  - {metric: inuse_objects, max_increase: 10000, severity: block}
  - {metric: heap_growth_per_1000_requests, max_increase: 1MiB, severity: block}
  - {metric: cpu_per_request, max_increase: 5ms/request, severity: block}
  - {metric: p50, max_increase: 10ms, severity: block}
  - {metric: p90, max_increase: 10ms, severity: block}
  - {metric: p99, max_increase: 20ms, severity: block}
  - {metric: rss_p95, max_increase: 64MiB, severity: block}
  - {metric: rss_max, max: 1GiB, severity: block}
  - {metric: pss_p95, max_increase: 64MiB, severity: block}
  - {metric: threads_max, max_increase: 100, severity: block}
  - {metric: open_fds_end, max_increase: 100, severity: block}
  - {metric: gc_cycles_per_1000_requests, max_increase: 100, severity: block}
  - {metric: gc_pause_p99, max: 50ms, severity: block}
  - {metric: gc_cycles_per_minute, max_increase: 6000, severity: block}
  - {metric: gc_cpu_share, max: 40%, severity: block}
  - {metric: gc_cpu_per_request, max_increase: 5ms/request, severity: block}
  - {metric: gc_assist_share, max: 40%, severity: block}
  - {metric: heap_goal, max_increase: 64MiB, severity: block}
  - {metric: map_cpu_share, max: 60%, severity: block}
  - {metric: map_cpu_per_request, max_increase: 10ms/request, severity: block}
  - {metric: map_generic_key_share, max: 60%, severity: block}
  - {metric: cpu_profile, max_increase: 10ms/request, severity: block}
  - {metric: mutex_delay, max_increase: 5ms/request, severity: block}
  - {metric: mutex_contentions, max_increase: 10/request, severity: block}
  - {metric: block_delay, max_increase: 5ms/request, severity: block}
  - {metric: block_contentions, max_increase: 10/request, severity: block}
  - {metric: goroutines, max_increase: 1000, severity: block}
  - {metric: goroutine_growth_per_1000_requests, max_increase: 1000, severity: block}
  - {metric: ns_per_op, max_increase: 1ms, severity: block}
YAML
(cd "$repo" && "$memgate" run --base main --head main --always-measure \
    --policy-from work-tree) > "$work/stdout" 2> "$work/stderr" || {
    fail "the service against itself"
    cat "$work/stdout" "$work/stderr"
}
# What is left over is noise of short trials on a busy machine, and said to be that.
code=0
(cd "$repo" && "$memgate" selftest) > "$work/stdout" 2> "$work/stderr" || code=$?
echo "== every metric: exit $code, $(head -1 "$work/stdout")"
before=$failures
[ "$code" = 0 ] || [ "$code" = 1 ] || fail "every metric: exit $code"
metrics=$(jq -r '[.. | objects | select(has("metric")) | .metric.enum? // empty] | add | unique | .[]' \
    "$root/config/memgate.schema.json")
[ "$(wc -w <<< "$metrics")" -ge 32 ] || fail "the schema lists too few metrics: $metrics"
for metric in $metrics; do
    grep -qE "^  (RED|NOT RED|WEAK) +$metric " "$work/stdout" || fail "every metric: nothing of $metric"
done
missed=$(grep -c '^  NOT RED ' "$work/stdout" || true)
noisy=$(grep -c '^          why: its interval is wider than what was injected' "$work/stdout" || true)
[ "$missed" = "$noisy" ] || fail "every metric: $missed rules are not red, $noisy of them for noise"
[ "$missed" -le 4 ] || fail "every metric: $missed rules are not red"
[ "$failures" = "$before" ] || cat "$work/stdout" "$work/stderr"

[ -d "$cases" ] || fail "$cases is not there"
for name in svc-chi-no-change svc-cors-preflight goyaml-parse; do
    repo=$work/$name
    "$cases/mkrepo.sh" "$name" "$repo" > /dev/null
    try "live, $name" 0 'RED +alloc_.*naming the function' --live --base base
    sed -n '/^live/,$p' "$work/stdout"
done
finish
