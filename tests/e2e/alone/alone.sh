#!/usr/bin/env bash
# alone.sh MEMGATE: a benchmark that the baseline does not have beside one that both have. What the
# rules say of it, when it is not new, and what the commands do that need a baseline.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
repo=$work/repo
mkdir "$work/tmp"
export TMPDIR=$work/tmp

# says FILE TEXT, silent FILE TEXT: of a stream of the last command.
says() {
    grep -qE -- "$2" "$work/$1" || { fail "nobody says: $2"; cat "$work/$1"; }
}
silent() {
    ! grep -qE -- "$2" "$work/$1" || { fail "somebody says: $2"; cat "$work/$1"; }
}

# policy BENCH_OF_EXTRA [RULE...]: of the benchmark both have, and of extra where it is named.
policy() {
    local rule
    printf 'version: 1\ntrials: {exact: 2, steady: 2, max: 3}\nscenarios:\n'
    printf '  - {name: codec, gotest: {package: ., bench: ^BenchmarkEncode$, benchtime: 2000x}}\n'
    [ -z "$1" ] || printf '  - {name: extra, gotest: {package: ./extra, bench: %s, benchtime: 2000x}}\n' "$1"
    printf 'rules:\n  - {metric: alloc_space, max_increase_percent: 5%%, severity: block}\n'
    for rule in "${@:2}"; do
        printf '  - %s\n' "$rule"
    done
}

cp -R "$root/tests/e2e/calibrate/codec" "$repo"
printf 'memgate-out/\n' > "$repo/.gitignore"
policy '' > "$repo/memgate.yaml"
commit_base

git_in checkout -q -b new
mkdir "$repo/extra"
sed 's/package codec/package extra/; s/Encode(/Extra(/; s/Encode/Extra/' "$repo/codec.go" > "$repo/extra/extra.go"
sed 's/package codec/package extra/; s/BenchmarkEncode/BenchmarkExtra/; s/Encode(/Extra(/' "$repo/codec_test.go" \
    > "$repo/extra/extra_test.go"
git_in add -A
git_in commit -q -m new
git_in checkout -q main
run=(run --quick --base main --head new --always-measure --policy-from work-tree)

policy '^BenchmarkExtra$' > "$repo/memgate.yaml"
try 'a new benchmark beside another' 0 '^memgate PASS' "${run[@]}"
says stdout '^  ok +alloc_space'
says stdout 'new: no baseline'
# No budget speaks of it: it passes, but nobody may take that for judged.
says stdout '^memgate PASS: .*nothing was judged of 1 scenario: new'
says stdout '^scenario extra: nothing was judged: new'
jq -e '[.scenarios[] | .nothing_judged] == [false, true]' "$repo/memgate-out/verdict.json" > "$work/jq" ||
    fail "nothing_judged: $(jq -c '[.scenarios[] | .nothing_judged]' "$repo/memgate-out/verdict.json")"
jq -e '[.scenarios[] | {name, alone}] == [{"name": "codec", "alone": null}, {"name": "extra", "alone": "new"}]' \
    "$repo/memgate-out/verdict.json" > "$work/jq" || fail "verdict.json says: $(cat "$work/jq")"

# With a budget it is judged by that, and blocks by it.
policy '^BenchmarkExtra$' '{scenario: extra, metric: alloc_objects, max: 1/request, severity: block}' > "$repo/memgate.yaml"
try 'a new benchmark over its budget' 1 '^memgate BLOCKED: alloc_objects' "${run[@]}"
silent stdout 'nothing was judged'
policy '^BenchmarkExtra$' > "$repo/memgate.yaml"
try 'without it again' 0 '^memgate PASS' "${run[@]}"

# Each of these needs a baseline: the new one is left out, which is said, and the other is there.
left='scenario extra has no baseline: left out$'
try 'diff' 0 "$left" diff memgate-out
says stdout 'codec'
silent stdout 'extra'
try 'diff as json' 0 "$left" diff memgate-out --format json
[ "$(jq -c '[.scenarios[].name]' "$work/stdout")" = '["codec"]' ] || fail "diff as json: $(cat "$work/stdout")"
try 'explain' 0 "$left" explain example.com/codec.Encode
says stdout '^scenario codec: '
silent stdout '^scenario extra'
try 'explain what the new one alone has' 2 'example.com/codec/extra.Extra' explain example.com/codec/extra.Extra
try 'selftest' 0 "$left" selftest
says stdout '^memgate selftest: all [1-9][0-9]* block rules? that were tried go red|^memgate selftest: .*go(es)? red'
says stdout '^  RED +alloc_space'
silent stdout 'scenario extra'

# A rule that names nothing is refused, whatever has no baseline beside it.
policy '^BenchmarkExtra$' '{func: example.com/codec.Encode, metric: alloc_space, max_increase_percent: 5%}' \
    > "$repo/memgate.yaml"
try 'a rule on a function' 0 '^memgate PASS' "${run[@]}"
policy '^BenchmarkExtra$' '{func: example.com/codec.Encodd, metric: alloc_space, max_increase_percent: 5%}' \
    > "$repo/memgate.yaml"
line=$(grep -n 'Encodd' "$repo/memgate.yaml" | cut -d: -f1)
try 'a misspelled rule' 2 "memgate.yaml:$line:[0-9]+: rule \"example.com/codec.Encodd\" matched no function" "${run[@]}"
[ ! -e "$repo/memgate-out/verdict.json" ] || ! grep -q '"verdict": "pass"' "$repo/memgate-out/verdict.json" ||
    fail "a misspelled rule left a verdict: $(grep '"verdict"' "$repo/memgate-out/verdict.json")"

# What was measured is there, and the rule that is right judges it.
[ ! -e "$repo/memgate-out/recording.part" ] || fail "a misspelled rule left half of a recording"
says stderr 'what was measured up to the last look is in .*memgate check DIR judges it'
try 'its recording by its own policy' 2 'matched no function' check memgate-out
sed 's/Encodd/Encode/' "$repo/memgate.yaml" > "$work/mended.yaml"
try 'its recording by the rule as it was meant' 0 '^memgate PASS' check memgate-out --policy "$work/mended.yaml"

# planned NAME BENCH EXIT TEXT: the baseline's own policy has extra already, as BENCH.
planned() {
    policy "$2" > "$repo/memgate.yaml"
    git_in commit -q -am "$1"
    policy '^BenchmarkExtra$' > "$repo/memgate.yaml"
    try "$1" "$3" "$4" "${run[@]}"
}
planned 'the policy of the baseline names the same' '^BenchmarkExtra$' 0 'new: no baseline'
planned 'the policy of the baseline names another' '^BenchmarkOther$' 3 'INVALID'
jq -e '.scenarios[1].alone == "missing" and .scenarios[0].alone == null' "$repo/memgate-out/verdict.json" \
    > "$work/jq" || fail "the policy of the baseline names another: $(jq -c '.scenarios[] | {name, alone}' "$repo/memgate-out/verdict.json")"
silent stdout 'new: no baseline'
try 'replayed' 3 'INVALID' check memgate-out
cmp "$work/stdout" "$repo/memgate-out/report.txt" || fail "what is missing is not replayed byte for byte"
finish
