#!/usr/bin/env bash
# aa.sh MEMGATE CASES [--runs N] [--quick N] [--keep DIR] [NAME...]: projects against themselves. Both
# sides are one revision, measured all the same, so whatever is called a regression is none, and what
# stays undecided is noise. A NAME is orders, the example, or one of the published cases.
#
# By default the example, once in full and twice with --quick; with MEMGATE_TEST_NIGHTLY=1 it and the
# first published case of each kind, 40 times in full and twice with --quick each. With --runs or --quick
# they are all taken as often, where no NAME is given.
#
# Fails on each rule that a run calls broken, of whatever severity. A run is undecided when it gives no
# verdict (exit 3, 4) or a block rule is inconclusive: of 20 runs or more of a project at most 5 % may be;
# of fewer each must give a verdict. The exact phase of the example may differ by less than 0.01 % in
# every function of its own. Each run has a line, so that runs of several calls can be added up, and a
# wrong one shows its whole report; --keep DIR keeps its output directory. Measures: an idle machine.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
cases=$2
shift 2

out=$work/out
keep=

# all_names: the example and the first published case of each kind, by the order of their names.
all_names() {
    [ -d "$cases" ] || { echo "$cases is not there" >&2 && exit 1; }
    echo orders
    awk -F '"' '/^name:/ {name = $2} /^kind:/ && !seen[$2]++ {print name}' "$cases"/*/case.yaml
}

full=
quick=
while [[ ${1-} == --* ]]; do
    case $1 in
    --runs) full=$2 ;;
    --quick) quick=$2 ;;
    --keep) mkdir -p "$2" && keep=$(realpath "$2") ;;
    *) echo "unknown option $1" && exit 2 ;;
    esac
    shift 2
done
if [ $# -gt 0 ]; then
    names=("$@")
elif [ -n "$full$quick${MEMGATE_TEST_NIGHTLY-}" ]; then
    listed=$(all_names)
    mapfile -t names <<< "$listed"
else
    names=(orders)
fi
if [ -z "$full$quick" ]; then
    full=$([ -n "${MEMGATE_TEST_NIGHTLY-}" ] && echo 40 || echo 1)
    quick=2
fi
full=${full:-0}
quick=${quick:-0}

# project NAME: a repository whose tag base is what is run.
project() {
    repo=$work/$1
    if [ "$1" = orders ]; then
        example_repo "$repo"
        git_in tag base
    else
        "$cases/mkrepo.sh" "$1" "$repo" > /dev/null
    fi
}

# What the table holds: "ROW COLUMN" is a number.
declare -A sums=()
COUNTED=(runs blocked broken no-verdict undecided findings open seconds)

# add ROW COLUMN NUMBER
add() {
    sums["$1 $2"]=$((${sums["$1 $2"]-0} + $3))
}

# findings FILTER: how many findings of the run are so.
findings() {
    [ -s "$out/verdict.json" ] || { echo 0 && return; }
    jq "[.scenarios[].findings[] | select($1)] | length" "$out/verdict.json"
}

# measure NAME [OPTION...]: one run; sets $code.
measure() {
    local name=$1
    shift
    code=0
    rm -rf "$out"
    (cd "$work/$name" && "$memgate" run --base base --head base --policy-from base --always-measure \
        -o "$out" "$@") > "$work/stdout" 2> "$work/stderr" || code=$?
}

# show TEXT ROW RUN: the report of a wrong run, and where it is kept.
show() {
    echo "--- $2, run $3: $1"
    cat "$work/stdout"
    [ "$code" = 0 ] || cat "$work/stderr"
    if [ -n "$keep" ] && [ -d "$out" ]; then
        rm -rf "${keep:?}/${2// /}-$3"
        cp -R "$out" "$keep/${2// /}-$3"
        echo "--- kept: $keep/${2// /}-$3"
    fi
}

# judge ROW RUN OF SECONDS: what the run of $code gave goes into its line and the sums.
judge() {
    local row=$1 broken open text=pass
    broken=$(findings '.verdict == "regression" or .verdict == "review" or .verdict == "alert"')
    open=$(findings '.verdict == "inconclusive" and .severity == "block"')
    add "$row" runs 1
    add "$row" seconds "$4"
    add "$row" broken "$broken"
    add "$row" open "$open"
    add "$row" findings "$(findings '.severity == "block"')"
    [ "$code" != 1 ] || add "$row" blocked 1
    [[ $code == [01] ]] || add "$row" no-verdict 1
    [[ $code == [01] && $open = 0 ]] || add "$row" undecided 1
    [ "$open" = 0 ] || text="inconclusive: $(jq -r '[.scenarios[].findings[] | select(.verdict == "inconclusive"
        and .severity == "block") | .metric] | join(" ")' "$out/verdict.json")"
    [[ $code == [01] ]] || text="no verdict"
    [ "$code" != 1 ] && [ "$broken" = 0 ] || text=REGRESSION
    printf 'run %d of %d, %s: %s; exit %d, %d rules broken, %d of %d findings of block rules open, %d s, load average %s\n' \
        "$2" "$3" "$row" "$text" "$code" "$broken" "$open" "$(findings '.severity == "block"')" "$4" "$(load_average)"
    [ "$text" = pass ] || show "$text" "$row" "$2"
    [ -s "$out/verdict.json" ] || [[ $code != [01] ]] || fail "$row, run $2: no verdict.json"
    if [ "$text" = REGRESSION ]; then
        fail "$row, run $2: a regression where nothing changed"
    elif [ "$code" != 0 ] && { [ "$3" -lt 20 ] || [[ $code != [34] ]]; }; then
        fail "$row, run $2: exit $code"
    fi
}

# Functions of the example that every run of it goes through.
OWN=("api.(*API).search" "cart.(*Service).lines" "price.(*Book).Price")

# own_functions ROW RUN: of the example every function that the requests run through is exact. diff
# lists what changed, which may be nothing: that there was something to change, explain must say.
own_functions() {
    local module func worst
    module=$(sed -n 's/^module //p' "$work/orders/go.mod")
    for func in "${OWN[@]}"; do
        "$memgate" explain "$module/$func" "$out" > "$work/explain" 2>&1 || true
        grep -qE '^  alloc_space [1-9].*/request -> [1-9]' "$work/explain" || {
            fail "$1, run $2: the recording has no bytes of $func on both sides"
            cat "$work/explain"
        }
    done
    "$memgate" diff "$out" --top 0 --format json > "$work/diff.json" ||
        { fail "$1, run $2: diff gives exit $?" && return; }
    worst=$(jq -r --arg own "$module/" '[.scenarios[].functions[]
        | select((.func | startswith($own)) and .base >= 16)
        | {func, percent: (100 * ((.delta | fabs) / .base))}] | max_by(.percent)
        // {func: "none", percent: 0} | "\(.percent) \(.func)"' "$work/diff.json")
    echo "    differs most of the functions of the example: ${worst#* }, by ${worst%% *} %"
    awk -v worst="${worst%% *}" 'BEGIN {exit !(worst < 0.01)}' ||
        fail "$1, run $2: ${worst%% *} % in ${worst#* } is not below 0.01 %"
    grep -q 'memgate: time' "$work/stderr" || fail "$1, run $2: does not say where the time went"
}

# one NAME RUN OF [OPTION]: one run, measured and judged.
one() {
    local name=$1 run=$2 of=$3 start=$SECONDS row
    shift 3
    row="$name${1:+ $1}"
    measure "$name" "$@"
    judge "$row" "$run" "$of" $((SECONDS - start))
    [ "$name" != orders ] || [[ $code != [01] ]] || own_functions "$row" "$run"
}

# share PART WHOLE
share() {
    awk -v part="$1" -v whole="$2" 'BEGIN {printf "%.1f%%", whole ? 100 * part / whole : 0}'
}

# line ROW: its sums, and whether they hold.
line() {
    local row=$1 runs column
    runs=${sums["$row runs"]-0}
    [ "$runs" -gt 0 ] || return 0
    for column in "${COUNTED[@]}"; do
        add "$row" "$column" 0
    done
    printf '%-28s %5d %7d %7d %11d %10d %6s %9d %6d %6s %7d\n' "$row" "$runs" "${sums["$row blocked"]}" \
        "${sums["$row broken"]}" "${sums["$row no-verdict"]}" "${sums["$row undecided"]}" \
        "$(share "${sums["$row undecided"]}" "$runs")" "${sums["$row findings"]}" "${sums["$row open"]}" \
        "$(share "${sums["$row open"]}" "${sums["$row findings"]}")" $((sums["$row seconds"] / runs))
    [ "$runs" -lt 20 ] || [ $((sums["$row undecided"] * 20)) -le "$runs" ] ||
        fail "$row: ${sums["$row undecided"]} of $runs runs undecided is more than 5 %"
}

for name in "${names[@]}"; do
    project "$name"
done
# In turn, so that what comes over the machine comes over all of them.
for ((run = 1; run <= full || run <= quick; run++)); do
    for name in "${names[@]}"; do
        [ "$run" -gt "$full" ] || one "$name" "$run" "$full"
        [ "$run" -gt "$quick" ] || one "$name" "$run" "$quick" --quick
    done
done

# blocked: exit 1. broken: findings, of review and alert rules as well. undecided: no verdict, or a
# block rule is open. findings, open: of block rules.
printf '\n%-28s %5s %7s %7s %11s %10s %6s %9s %6s %6s %7s\n' "base against base" runs blocked broken \
    "no verdict" undecided "" findings open "" "s a run"
for name in "${names[@]}"; do
    line "$name"
    line "$name --quick"
done
finish
