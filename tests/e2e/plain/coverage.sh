#!/usr/bin/env bash
# coverage.sh MEMGATE: profiles of a real program that allocates the same in every run, at Go's
# own sampling: what memgate says of each pair must hold the truth, which profiles at rate 1 tell,
# above its lower bound but for 1 % of them and below its upper one but for 5 %. What it refuses, it refuses with the files' names.
set -euo pipefail
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
command -v go > /dev/null || {
    echo "coverage: go is missing; scripts/install.sh --tools brings it" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOTOOLCHAIN=local GOPROXY=off GOWORK=off GOENV=off GOFLAGS=-buildvcs=false
pairs=60
[ "${MEMGATE_TEST_NIGHTLY:-0}" = 1 ] && pairs=1000
rate=32768

fail() {
    printf 'coverage: %s\n' "$*" >&2
    exit 1
}

(cd "$here/allocator" && go build -o "$work/allocator" .)
take() { # FILE RATE GROWTH FORM
    GOMAXPROCS=1 timeout 60 "$work/allocator" "$work/$1" "$2" "$3" "$4"
}

cat > "$work/p.yaml" << 'YAML'
version: 1
scenarios:
  - name: profiles
    service: {args: ["${ADDR}"]}
    load: {requests: l, count: 9}
rules:
  - {func: main.small, metric: alloc_space, max_increase_percent: 1%, severity: review}
  - {func: main.grown, metric: alloc_space, max_increase_percent: 1%, severity: review}
  - {func: main.mixed, metric: alloc_space, max_increase_percent: 1%, severity: review}
  - {func: main.rare, metric: alloc_space, max_increase_percent: 1%, severity: review}
  - {func: main.mixed, metric: alloc_objects, max_increase_percent: 1%, severity: review}
YAML

# judge FILES...: one line of JSON with every finding of a function.
judge() {
    timeout 60 "$memgate" check "$@" --policy "$work/p.yaml" --format json > "$work/verdict.json" ||
        [ $? = 1 ] || fail "check $*"
    /usr/bin/python3 -c '
import json, sys
for f in json.load(sys.stdin)["scenarios"][0]["findings"]:
    func = f["subject"].get("func")
    if func and f["rule"].startswith(sys.argv[1]):
        print(func, f["metric"], f["base"], f["delta"], *f["interval"])
' "$work/p.yaml" < "$work/verdict.json"
}

# Truth ------------------------------------------------------------------------------------------
take exact_base.pb.gz 1 0 heap
take exact_cand.pb.gz 1 20 heap
judge "$work/exact_base.pb.gz" "$work/exact_cand.pb.gz" > "$work/truth"
[ "$(wc -l < "$work/truth")" = 5 ] || fail "rate 1 does not know all functions: $(cat "$work/truth")"
grep -q '^main.grown alloc_space 8192[0-9]* 1638400 ' "$work/truth" || fail "truth: $(cat "$work/truth")"

# Coverage ---------------------------------------------------------------------------------------
for ((i = 0; i < pairs; i++)); do
    take "base.$i.pb.gz" "$rate" 0 heap
    take "cand.$i.pb.gz" "$rate" 20 heap
    judge "$work/base.$i.pb.gz" "$work/cand.$i.pb.gz"
done > "$work/said"
/usr/bin/python3 - "$work/truth" "$work/said" "$pairs" << 'PY' || exit 1
import collections
import math
import sys

truth = {}
for line in open(sys.argv[1]):
    func, metric, base, delta, low, high = line.split()
    truth[func, metric] = float(delta), float(base)
held, missed, decided = collections.Counter(), collections.Counter(), collections.Counter()
below = above = 0
for line in open(sys.argv[2]):
    func, metric, base, delta, low, high = line.split()
    inside = float(low) <= truth[func, metric][0] <= float(high)
    (held if inside else missed)[func, metric] += 1
    below += truth[func, metric][0] < float(low)
    above += truth[func, metric][0] > float(high)
    decided[func, metric] += float(low) > 0
pairs = int(sys.argv[3])
worst = 0
for key in truth:
    n = held[key] + missed[key]
    print(f"{key[0]} {key[1]}: {n} intervals, {missed[key]} missed, {decided[key]} prove growth")
    # In a profile that does not hold a function on either side nobody speaks of it.
    if n < pairs * 0.9:
        sys.exit(f"coverage: only {n} of {pairs} pairs speak of {key}")
total = sum(held.values()) + sum(missed.values())
# Three standard deviations more than the level are chance.
for name, level, wrong in ("lower", 0.01, below), ("upper", 0.05, above):
    allowed = level * total + 3 * math.sqrt(level * total)
    print(f"{wrong} of {total} beyond the {name} bound, at most {allowed:.1f} may")
    if wrong > allowed:
        sys.exit(f"coverage: the {name} bounds are too near")
PY

# Several a side ---------------------------------------------------------------------------------
mkdir "$work/base" "$work/cand"
for ((i = 0; i < 20; i++)); do
    cp "$work/base.$i.pb.gz" "$work/base"
    cp "$work/cand.$i.pb.gz" "$work/cand"
done
judge "$work/base" "$work/cand" > "$work/many"
awk '$1 == "main.grown" { seen = 1; if ($5 <= 0 || $5 > 1638400 || $6 < 1638400) exit 1 } END { exit !seen }' \
    "$work/many" || fail "20 profiles a side do not prove +20 %: $(cat "$work/many")"
# As many of the same side find nothing proven.
for ((i = 20; i < 40; i++)); do cp "$work/base.$i.pb.gz" "$work/cand/base.$i.pb.gz"; done
rm "$work"/cand/cand.*
judge "$work/base" "$work/cand" > "$work/same"
awk '$5 > 0 { exit 1 }' "$work/same" || fail "equal sides differ: $(cat "$work/same")"

# Refusals ---------------------------------------------------------------------------------------
refused() { # EXIT TEXT ARGS...
    local want=$1 text=$2 code=0
    shift 2
    timeout 60 "$memgate" check "$@" > "$work/out" 2>&1 || code=$?
    [ "$code" = "$want" ] || fail "$*: exit $code, not $want: $(cat "$work/out")"
    grep -qF -- "$text" "$work/out" || fail "$*: nobody says: $text: $(cat "$work/out")"
}
take delta.pb.gz "$rate" 0 delta
take delta2.pb.gz "$rate" 0 delta
take cpu.pb.gz "$rate" 0 cpu
take off.pb.gz 0 0 heap
base=$work/base.0.pb.gz
refused 3 "profile periods differ: $base has $rate, $work/exact_base.pb.gz has 1; take all" "$base" "$work/exact_base.pb.gz"
refused 3 "$base counts since the start of its process, $work/delta.pb.gz is a difference over 1." "$base" "$work/delta.pb.gz"
refused 3 "$work/cpu.pb.gz is not a heap profile of allocations: it has samples/count cpu/nanoseconds" "$base" "$work/cpu.pb.gz"
refused 3 "$work/off.pb.gz: heap profiling is off (period 0)" "$base" "$work/off.pb.gz"
refused 3 "profile periods differ" --base "$base" --base "$work/exact_base.pb.gz" --cand "$work/cand.0.pb.gz"
refused 2 "are the same profile" --base "$base" --base "$base" --cand "$work/cand.0.pb.gz"
refused 0 "PASS" "$work/delta.pb.gz" "$work/delta2.pb.gz"
echo "coverage: ok"
