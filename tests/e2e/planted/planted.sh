#!/usr/bin/env bash
# planted.sh MEMGATE [--runs N] [NAME...]: little growth planted in one function of the example is found
# by the exact phase alone (--quick) in each run, with the function named, and nothing where none is.
#
# By default one run of the smallest; with --runs one of all, with MEMGATE_TEST_NIGHTLY=1 20 runs of all.
# What is planted is known by arithmetic: bytes of a call times calls of the load. That the recording has
# just that is a claim as well. Prints a table of plant x run with the growth that each run measured.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
shift

# NAME|metric|function|file|where its body begins|sizes of the objects that each call allocates besides|
# calls in the 22 requests of load/orders.jsonl|growth in percent, as its name says
#
# Sizes are those of Go's allocator, so that nothing is rounded up; 16 bytes is the first that is an
# object of its own. Ten requests of the load price a basket, of 7009 bytes on average in Price itself;
# each request is replied to.
price='alloc_space|example.com/orders/price.(*Book).Price|price/price.go|func (b \*Book) Price('
rows=(
    "none|none||||||"
    "grown-1|$price|24 48|10|1"
    "grown-2|$price|144|10|2"
    "grown-5|$price|352|10|5"
    "object-16|alloc_objects|example.com/orders/api.reply|api/api.go|func reply(|16|22|"
)
# Which rules find them: one about the function that grows, one about any function that allocates more
# often; the 24 and 48 bytes are 0.91 objects a request and break both.
rules='
  - {func: "example.com/orders/price.(*Book).Price", metric: alloc_space, max_increase_percent: 0.5%, severity: block}
  - {func: "*", metric: alloc_objects, max_increase: 0.5/request, severity: block}'
requests=22
runs=1
names=(none grown-1 object-16)
if [ -n "${MEMGATE_TEST_NIGHTLY-}" ]; then
    runs=20
    names=(none grown-1 grown-2 grown-5 object-16)
fi
if [ "${1-}" = --runs ]; then
    runs=$2
    names=(none grown-1 grown-2 grown-5 object-16)
    shift 2
fi
[ $# -eq 0 ] || names=("$@")
repo=$work/orders
out=$work/out

# read_row NAME: sets its columns.
read_row() {
    local row
    for row in "${rows[@]}"; do
        IFS='|' read -r name metric func file anchor sizes calls percent <<< "$row"
        [ "$name" != "$1" ] || return 0
    done
    echo "no change named $1"
    exit 2
}

# plant: branch NAME, in which each call of the row's function allocates objects of the row's sizes. An
# atomic pointer of the package holds the last of each, so that none stays on the stack.
plant() {
    local size calls_text='' variables=''
    for size in $sizes; do
        variables+="var planted$size atomic.Pointer[[$size]byte]"$'\n'
        calls_text+="\\n\\tplanted$size.Store(new([$size]byte))"
    done
    git_in checkout -q -b "$name" main
    if [ -n "$sizes" ]; then
        printf 'package %s\n\nimport "sync/atomic"\n\n%s' "${file%%/*}" "$variables" > "$repo/${file%/*}/planted.go"
        sed -i "s/^$anchor.*{\$/&$calls_text/" "$repo/$file"
        git_in add -A
        git_in commit -q -m "$name"
    fi
    git_in checkout -q main
}

# planted METRIC: what is planted, per request.
planted() {
    local size sum=0
    for size in $sizes; do
        [ "$1" = alloc_objects ] && sum=$((sum + calls)) || sum=$((sum + size * calls))
    done
    awk -v sum="$sum" -v requests="$requests" 'BEGIN {print sum / requests}'
}

# breaks: metric and function of each rule that the row breaks.
breaks() {
    local -a broken=()
    awk -v objects="$(planted alloc_objects)" 'BEGIN {exit !(objects > 0.5)}' && broken+=("alloc_objects $func")
    [ "$metric" != alloc_space ] || broken+=("alloc_space $func")
    printf '%s\n' "${broken[@]}"
}

# broken: those that were.
broken() {
    jq -r '[.scenarios[].findings[] | select(.verdict == "regression") | "\(.metric) \(.subject.func)"]
        | unique[]' "$out/verdict.json"
}

# recorded: by how much the function itself grew in the recording, per request.
recorded() {
    "$memgate" diff "$out" --top 0 --metric "$metric" --format json | jq --arg func "$func" \
        '[.scenarios[].functions[] | select(.func == $func) | .delta] | add // 0'
}

# percent_grown: by how much the rule's finding says it did.
percent_grown() {
    jq --arg func "$func" --arg metric "$metric" '[.scenarios[].findings[]
        | select(.metric == $metric and .subject.func == $func) | .percent // 0][0] // 0' "$out/verdict.json"
}

# near VALUE WANTED BY: is it?
near() {
    awk -v value="$1" -v wanted="$2" -v by="$3" 'BEGIN {
        exit !(value - wanted <= by && wanted - value <= by)}'
}

# judge: a run of the row's change; prints nothing when all is as expected, else what is not.
judge() {
    local code=0 wanted=1 have want
    rm -rf "$out"
    (cd "$repo" && "$memgate" run --quick --base main --head "$name" --policy-from base \
        --always-measure -o "$out") > "$work/stdout" 2> "$work/stderr" || code=$?
    [ -n "$sizes" ] || wanted=0
    [ "$code" = "$wanted" ] || printf 'exit %s ' "$code"
    if [ ! -s "$out/verdict.json" ]; then
        printf 'no verdict.json '
        return 0
    fi
    have=$(broken | paste -sd ,)
    want=$(breaks | paste -sd ,)
    [ "$have" = "$want" ] || printf 'blocked by "%s", not "%s" ' "$have" "$want"
    [ -n "$sizes" ] || return 0
    near "$(recorded)" "$(planted "$metric")" 0.01 ||
        printf 'grew by %s per request where %s were planted ' "$(recorded)" "$(planted "$metric")"
    [ -z "$percent" ] || near "$(percent_grown)" "$percent" 0.1 ||
        printf 'the plant is of %s %%, not %s %%: other sizes are needed ' "$(percent_grown)" "$percent"
}

# grew: by how much the function did in this run.
grew() {
    if [ -z "$sizes" ]; then
        echo 0
    elif [ ! -s "$out/verdict.json" ]; then
        echo unknown
    elif [ -n "$percent" ]; then
        printf '%+.2f%%' "$(percent_grown)"
    else
        printf '%+.2f' "$(recorded)"
    fi
}

example_repo "$repo"
echo "$rules" >> "$repo/memgate.yaml"
git_in commit -q -a -m rules
declare -A right=()
for change in "${names[@]}"; do
    read_row "$change"
    plant
    right[$name]=0
done
for ((run = 1; run <= runs; run++)); do
    for change in "${names[@]}"; do
        read_row "$change"
        started=$SECONDS
        wrong=$(judge)
        grown=$(grew)
        if [ -z "$wrong" ]; then
            right[$name]=$((right[$name] + 1))
            round_done "$run" "$name" "$grown" "right, measured $grown" "$started"
        else
            round_done "$run" "$name" WRONG "$wrong, measured $grown" "$started"
            fail "run $run, $name: $wrong"
            cat "$work/stdout" "$work/stderr"
        fi
        remarks[$name]="${right[$name]} of $run right"
    done
done
rounds_table planted "$runs" "${names[@]}"
finish
