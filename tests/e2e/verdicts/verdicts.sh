#!/usr/bin/env bash
# verdicts.sh MEMGATE [--rounds N] [NAME...]: planted changes of the example that each break one thing,
# time after time, each with the right verdict: the exit code, the metric that blocks and no other, and
# the function where one is to blame (examples/orders/changes/expected.tsv).
#
# By default one round of two of them; with MEMGATE_TEST_NIGHTLY=1 ten rounds of all. Prints a table of
# change x round and what every wrong round said. Measures: an otherwise idle machine of two cores.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
shift

ALL=(startup-table cache-no-evict rss-journal gc-often cpu-seal slow-path)
SOME=(startup-table rss-journal)
expected=$root/examples/orders/changes/expected.tsv
repo=$work/orders
rounds=1
names=("${SOME[@]}")
if [ -n "${MEMGATE_TEST_NIGHTLY-}" ]; then
    rounds=10
    names=("${ALL[@]}")
fi
if [ "${1-}" = --rounds ]; then
    rounds=$2
    names=("${ALL[@]}")
    shift 2
fi
[ $# -eq 0 ] || names=("$@")

# field NAME COLUMN: of the row of a change.
field() {
    awk -F '\t' -v name="$1" -v column="$2" '$1 == name {print $column}' "$expected"
}

# Metrics that block, one a line.
broken() {
    jq -r '[.scenarios[].findings[] | select(.verdict == "regression" and .severity == "block") | .metric]
        | unique | join(" ")' "$1"
}

# judge NAME: runs the gate; prints nothing when all is as expected, else what is not.
judge() {
    local name=$1 out=$work/out code=0 metric have
    rm -rf "$out"
    (cd "$repo" && "$memgate" run --base main --head "change/$name" -o "$out") >"$work/stdout" 2>"$work/stderr" ||
        code=$?
    metric=$(field "$name" 6)
    [ "$code" = "$(field "$name" 2)" ] || printf 'exit %s ' "$code"
    [ -s "$out/verdict.json" ] || return 0
    have=$(broken "$out/verdict.json")
    [ "$have" = "$metric" ] || printf 'blocked by "%s" ' "$have"
    have=$(culprits "$out/verdict.json" "$metric" | sed -n 1p)
    [ "$(field "$name" 3)" = - ] || [ "$have" = "$(field "$name" 3)" ] || printf 'blames %s' "${have:--}"
}

example_repo "$repo"
for name in "${names[@]}"; do
    [ -n "$(field "$name" 1)" ] || {
        echo "no change named $name in $expected"
        exit 2
    }
    example_branch "$repo" "$name"
done
for ((round = 1; round <= rounds; round++)); do
    for name in "${names[@]}"; do
        started=$SECONDS
        wrong=$(judge "$name")
        round_done "$round" "$name" "$([ -z "$wrong" ] && echo right || echo WRONG)" "${wrong:-right}" "$started"
        [ -z "$wrong" ] && continue
        fail "round $round, $name: $wrong"
        grep -E 'BLOCK|UNSURE|INVALID|limit|note' "$work/stdout" || cat "$work/stdout" "$work/stderr"
    done
done
rounds_table change "$rounds" "${names[@]}"
finish
