#!/usr/bin/env bash
# sampled.sh MEMGATE: a service that sets runtime.MemProfileRate itself. Its exact phase samples: it
# sends the requests that the limit needs, says so and what it can show, and judges by intervals
# from the sampling. Equal sides are not blocked, a third more in one function is and names it.
# Then one that is too slow at rate 1, which takes the minute that memgate gives it.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
repo=$work/repo
# shellcheck disable=SC2034 # row of lib.sh reads it
shown='^  (note|BLOCK|REVIEW|UNSURE|ok) '

# policy COUNT PERCENT [MODE]
policy() {
    cat > "$repo/memgate.yaml" <<YAML
version: 1
trials: {exact: 3, max: 3}
scenarios:
  - name: shop
    service: {args: [--addr, "\${ADDR}"], ready: /healthz, env: {MODE: "${3-}"}}
    load: {requests: load.jsonl, warmup: 20, count: $1, connections: 2}
rules:
  - {metric: alloc_space, max_increase_percent: $2, severity: block}
  - {metric: alloc_objects, max_increase_percent: 100%, severity: review}
  - {kind: map, metric: alloc_space, max_increase_percent: 100%, severity: review}
  - {metric: inuse_space, max_increase_percent: 1000%, severity: review}
  - {metric: heap_growth_per_1000_requests, max_increase: 10MiB, severity: review}
  - {func: main.load, metric: alloc_space, max_increase_percent: 15%, severity: review}
YAML
}

said() { # TEXT: in the talk of the last row
    grep -qF -- "$1" "$work/stderr" || {
        fail "nobody says: $1"
        cat "$work/stderr"
    }
}

service_repo "$here/service"
git_in checkout -q -b grown
sed -i 's/items = 40/items = 60/' "$repo/side.go"
git_in commit -qam grown
git_in checkout -q main

policy 20000 15%
row "equal sides" 0 'heap profiles sample one in 65536 bytes' main main --quick
said 'the service sets runtime.MemProfileRate itself'
said 'the exact phase samples: period 65536'
said 'tightest limit of a block rule in percent (memgate.yaml:8) needs 3528'
said 'its limit of 15 % is broken by a growth of '
said 'at the first look and as one of 3 claims at most'
grep -q '^  BLOCK' "$work/stdout" && fail "equal sides are blocked"
# The first trial sent 420 requests, the warm-up included; all that count sent more, and as many.
trials=$(sed -n 's/.*exact trial [2-6].*, \([0-9]*\) requests$/\1/p' "$work/stderr" | sort -u)
[[ $trials =~ ^[0-9]+$ && $trials -gt 420 ]] || fail "requests of the trials: $trials"

row "a function allocates half as much again" 1 'main\.load' main grown --quick
grep -qE 'of [0-9]{4,} samples on the baseline' "$work/stdout" || fail "nobody counts the samples"
cp "$work/stdout" "$work/run"
(cd "$work" && "$memgate" check "$work/out/recording" > "$work/replay") || [ $? = 1 ] || fail "replay"
grep -E '^  (note|BLOCK|REVIEW|UNSURE|ok) ' "$work/run" > "$work/run.lines"
grep -E '^  (note|BLOCK|REVIEW|UNSURE|ok) ' "$work/replay" > "$work/replay.lines"
diff "$work/run.lines" "$work/replay.lines" || fail "check on the recording differs"

policy 500 2%
row "too few requests for the limit" 0 'of all bytes equal sides keep limits from [12]?[0-9](\.[0-9])? % on' main main --quick
said 'not enough for the tightest limit of a block rule in percent (memgate.yaml:8)'

# 400 requests of 0.3 s are two minutes at rate 1, and nothing at any other. One minute is waited
# for, once: the other side and the later trials are sampled at once.
policy 2000 15% slow
start=$SECONDS
row "too slow at rate 1" 1 'main\.load' main grown --quick
took=$((SECONDS - start))
said 'shop: baseline (exact trial 1): not done within 60 s at heap profile rate 1; the exact phase samples instead, at a rate that a trial of the baseline at 16384 will show'
read -r period samples <<< "$(sed -n \
    's/.*the exact phase samples: period \([0-9]*\), [0-9]* requests a trial, some \([0-9]*\) samples.*/\1 \2/p' "$work/stderr")"
[[ " 4096 8192 16384 32768 65536 131072 262144 524288 " = *" ${period:-none} "* ]] || fail "the period is \"$period\""
# The largest period whose samples do: twice as large has half of them.
((samples >= 3528 && samples / 2 < 3528)) || fail "$samples samples at $period, and 3528 are needed"
said 'tightest limit of a block rule in percent (memgate.yaml:8) needs 3528 for equal sides to keep it'
grep -qE "heap profiles sample one in $period bytes" "$work/stdout" || fail "the report says another period than $period"
for side in baseline candidate; do
    [ "$(find "$work/out/recording/scenario-1/$side" -path '*/exact-*/end.pb.gz' | wc -l)" = 3 ] ||
        fail "not three sampled trials of the $side are left: $(ls "$work/out/recording/scenario-1/$side")"
done
((took >= 60 && took <= 120)) || fail "what takes a minute at rate 1 took $took s"
finish
