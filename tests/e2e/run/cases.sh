#!/usr/bin/env bash
# cases.sh MEMGATE CASES [--rounds N] [NAME...]: pairs of published module versions; each must get the
# verdict of its case.yaml, and a failing one must name the first culprit listed there, in each round.
#
# One round by default, three with MEMGATE_TEST_NIGHTLY=1. Prints a table of case x round with whom
# the worst finding blames.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"
memgate=$(realpath "$1")
cases=$2
shift 2
rounds=1
[ -z "${MEMGATE_TEST_NIGHTLY-}" ] || rounds=3
if [ "${1-}" = --rounds ]; then
    rounds=$2
    shift 2
fi
if [ ! -d "$cases" ]; then
    echo "SKIP: $cases is not there"
    exit 77
fi
[ $# -gt 0 ] || set -- "$cases"/*/case.yaml
names=()
for name in "$@"; do
    name=${name%/case.yaml}
    names+=("${name##*/}")
done

# wanted NAME: the names listed as culprits, one a line, without their remarks ("(inlined)", "(inuse)").
wanted() {
    sed -n '/^  culprits:/,/^  magnitude:/s/^    - "\([^ "]*\).*/\1/p' "$cases/$1/case.yaml"
}

# judge NAME: runs the gate; prints nothing when all is as expected, else what is not.
judge() {
    local out=$work/out code=0 want=1 names blamed
    rm -rf "$out"
    (cd "$work/$1" && "$memgate" run --base base --head candidate --policy-from base -o "$out") \
        > "$work/stdout" 2> "$work/stderr" || code=$?
    grep -q '^  verdict: *pass' "$cases/$1/case.yaml" && want=0
    if [ "$code" != "$want" ]; then
        printf 'exit %s, not %s' "$code" "$want"
        return
    fi
    [ "$want" = 1 ] || return 0
    # The worst finding begins with one of the true culprits and names the first of them.
    names=$(wanted "$1")
    blamed=$(culprits "$out/verdict.json")
    if ! grep -qxF -- "${blamed%%$'\n'*}" <<< "$names" || ! grep -qxF -- "${names%%$'\n'*}" <<< "$blamed"; then
        printf 'blames %s, not %s' "${blamed//$'\n'/ }" "${names//$'\n'/ }"
    fi
}

# tell NAME: the report's first line and whom the worst finding blames; he is a remark of the table, once.
tell() {
    local verdict=$work/out/verdict.json first=
    sed -n 1p "$work/stdout"
    [ -s "$verdict" ] || return 0
    jq -r '[.scenarios[].findings[] | select(.verdict == "regression")][0].culprits[]?
        | "   culprit: \(.func) \(.file):\(.line) \(.kind) via \(.via)"' "$verdict"
    first=$(culprits "$verdict" | sed -n 1p)
    [[ "${remarks[$1]-}, " == *"${first:-nobody}, "* ]] ||
        remarks[$1]=${remarks[$1]:+${remarks[$1]}, }${first:-nobody}
}

for name in "${names[@]}"; do
    "$cases/mkrepo.sh" "$name" "$work/$name" > /dev/null
done
for ((round = 1; round <= rounds; round++)); do
    for name in "${names[@]}"; do
        started=$SECONDS
        wrong=$(judge "$name")
        round_done "$round" "$name" "$([ -z "$wrong" ] && echo right || echo WRONG)" "${wrong:-right}" "$started"
        tell "$name"
        [ -z "$wrong" ] && continue
        fail "round $round, $name: $wrong"
        cat "$work/stdout" "$work/stderr"
    done
done
rounds_table case "$rounds" "${names[@]}"
finish
