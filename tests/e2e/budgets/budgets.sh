#!/usr/bin/env bash
# budgets.sh MEMGATE: max: rules need no baseline. One recorded side of the example, its profiles
# alone, and a service and a benchmark that the baseline does not have.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
repo=$work/repo

example_repo "$repo"
example_branch "$repo" map-per-item
cd "$repo"

# policy RULES [SCENARIO]: memgate.yaml, which the tests change as they go and no revision holds.
policy() {
    sed '/^# The default/,$d; s/warmup: .*/warmup: 60/; s/count: .*/count: 240/
        s/^trials: .*/trials: {exact: 2, steady: 2, duet: 0, max: 2}/' \
        "$root/examples/orders/memgate.yaml" > "$work/policy.yaml"
    [ -z "${2:-}" ] || sed -i "/^trials:/i\\$2" "$work/policy.yaml"
    printf 'rules:\n%b' "$1" >> "$work/policy.yaml"
    cp "$work/policy.yaml" "$repo/memgate.yaml"
}

# row NAME EXIT TEXT COMMAND...: what a command ends with and says, on either stream.
row() {
    local name=$1 want=$2 text=$3 code=0
    shift 3
    "$@" > "$work/stdout" 2> "$work/stderr" || code=$?
    echo "== $name: exit $code"
    if [ "$code" != "$want" ] || ! grep -qE -- "$text" "$work/stdout" "$work/stderr"; then
        fail "$name: exit $code, not $want, or nobody says: $text"
        cat "$work/stdout" "$work/stderr"
    fi
}

# says TEXT, silent TEXT: of the stdout of the last row.
says() {
    grep -qE -- "$1" "$work/stdout" || { fail "nobody says: $1"; cat "$work/stdout"; }
}
silent() {
    ! grep -qE -- "$1" "$work/stdout" || { fail "somebody says: $1"; cat "$work/stdout"; }
}

valid() {
    /usr/bin/python3 - "$root/config/verdict.schema.json" "$1" <<'PY' || fail "verdict.json"
import json, sys, jsonschema
schema, verdict = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.Draft202012Validator(schema).validate(verdict)
scenario = verdict["scenarios"][-1]
assert scenario["alone"] in ("new", "asked") and scenario["baseline"] is None, scenario["alone"]
assert scenario["not_judged"], "no rule is told as not judged"
for row in scenario["findings"] + scenario["measured"]["metrics"]:
    assert row["base"] is None and row["delta"] is None and row["percent"] is None, row
    assert row["interval"] is None and "cand_interval" in row, row
for kind in scenario["measured"]["kinds"].values():
    assert kind["base"] is None, kind
assert all(scenario["measured"][phase]["baseline_trials"] == 0 for phase in ("exact", "steady"))
PY
}

kept='  - {metric: alloc_space, max: 64KiB/request, severity: block}\n'
broken='  - {metric: alloc_space, max: 1KiB/request, severity: block}\n'
relative='  - {metric: alloc_objects, max_increase_percent: 5%, severity: block}\n'

row "no directory" 2 'record needs -o DIR' "$memgate" record main
policy "$kept"
row "record" 0 'recorded into' "$memgate" record main -q -o "$work/main" --policy-from work-tree
[ ! -d "$work/main/recording/scenario-1/baseline" ] || fail "a baseline was recorded"

row "budgets kept" 0 '^memgate PASS: no rule broken.*max:.*no baseline' "$memgate" check "$work/main"
says '^  ok      alloc_space, whole scenario +[0-9.]+ KiB/request candidate \['
says 'default policy: alloc_space max_increase_percent 5 %.*: not judged: no baseline'
says '^  exact   2 trials of'
silent 'baseline [^:]|->|\+0 '
row "the same bytes" 0 PASS "$memgate" check "$work/main"
cp "$work/stdout" "$work/first"
row "report" 0 PASS "$memgate" report "$work/main"
cmp "$work/first" "$work/stdout" || fail "report is not what check said"
row "markdown" 0 'whole scenario.* \| - \| [0-9.]+ KiB/request' "$memgate" check "$work/main" -f markdown
row "json" 0 '"alone": "asked"' "$memgate" check "$work/main" -f json
valid "$work/stdout"

policy "$broken"
row "budget broken" 1 'BLOCKED: alloc_space .* at most 1.00 KiB|BLOCKED: alloc_space .* at most 1 KiB' \
    "$memgate" check "$work/main" --policy memgate.yaml
policy "$kept$relative"
row "a rule that needs a baseline" 3 '1 rule of the policy needs a baseline' \
    "$memgate" check "$work/main" --policy memgate.yaml
says '^  ok      alloc_space, whole scenario'
says ':[0-9]+: alloc_objects max_increase_percent 5 %: not judged: no baseline'
row "budgets on purpose" 0 '^memgate PASS' "$memgate" check "$work/main" --policy memgate.yaml --budgets
policy "$broken$relative"
row "broken beside it" 1 BLOCKED "$memgate" check "$work/main" --policy memgate.yaml
policy "$relative"
row "no budget" 3 'no .max:. rule of the policy speaks of this' "$memgate" check "$work/main" --policy memgate.yaml
row "no budget, on purpose" 2 'has no .max:. rule' "$memgate" check "$work/main" --policy memgate.yaml --budgets
row "diff" 2 'has no baseline in' "$memgate" diff "$work/main"
row "explain" 2 'has no baseline in' "$memgate" explain main.main "$work/main"
row "selftest" 2 'has no baseline in' "$memgate" selftest "$work/main" --policy "$work/policy.yaml"

# Two recordings of one side each are compared as any two.
policy "$kept$relative"
row "record the other" 0 'recorded into' "$memgate" record change/map-per-item -q -o "$work/other" \
    --policy-from work-tree
row "two of them" 1 'BLOCKED: ' "$memgate" check "$work/main" "$work/other"
says 'alloc_space, whole scenario +[0-9.]+ KiB/request -> '

# The limits are those of the baseline's recording: a candidate recorded by wider ones of its own is
# judged as before, and only --policy says otherwise.
wide=
for what in 'metric: alloc_space' 'metric: alloc_objects' 'metric: inuse_space' 'kind: map, metric: alloc_space'; do
    wide+="  - {$what, max_increase_percent: 900%, severity: block}\n"
done
policy "$wide"
cp "$work/policy.yaml" "$work/wide.yaml"
row "record with wider limits" 0 'recorded into' "$memgate" record change/map-per-item -q -o "$work/wide" \
    --policy-from work-tree
row "limits of the baseline" 1 'BLOCKED: ' "$memgate" check "$work/main" "$work/wide"
row "limits that are named" 0 '^memgate PASS' "$memgate" check "$work/main" "$work/wide" --policy "$work/wide.yaml"
policy "$kept$relative"

# Under another load they are not: each key that differs is named, and so is another request file.
cp "$work/policy.yaml" "$work/same.yaml"
# other NAME TEXT: the candidate as it is now, against the baseline as it was.
other() {
    row "record: $1" 0 'recorded into' "$memgate" record change/map-per-item -q -o "$work/unlike" \
        --policy-from work-tree
    row "$1" 3 "INVALID.*$2" "$memgate" check "$work/main" "$work/unlike"
    says '^memgate NO VERDICT'
    silent '^  (BLOCK|REVIEW|ok) '
    row "$1, the other way round" 3 "INVALID.*$2" "$memgate" check "$work/unlike" "$work/main"
    cp "$work/same.yaml" "$repo/memgate.yaml"
    git_in checkout -q -- load
}
sed -i 's/seed: 42/seed: 43/' "$repo/memgate.yaml"
other 'another seed' 'load\.seed differs between the policies that the two were recorded by'
sed -i 's/connections: 8/connections: 4/' "$repo/memgate.yaml"
other 'other connections' 'load\.connections differs between the policies that the two were recorded by'
sed -i 's/GOMAXPROCS: "2"/GOMAXPROCS: "1"/' "$repo/memgate.yaml"
other 'another environment' 'service\.env differs between the policies that the two were recorded by'
sed -i 's/count: 240/count: 260/' "$repo/memgate.yaml"
other 'another count' 'load\.count differs between the policies that the two were recorded by'
sed -i '$ d' "$repo/load/orders.jsonl"
other 'another request file' 'the request file, or a body file of it, differs .*SHA-256 [0-9a-f]{12}, [0-9a-f]{12}'

# All phases that one process can have: latency is that of the steady trials. A closed loop, which a
# busy machine delivers all the same.
policy "$kept  - {metric: rss_p95, max: 1GiB, severity: block}\n  - {metric: cpu_per_request, max: 1s/request, severity: block}\n"
sed -i '/rate:/d' "$repo/memgate.yaml"
row "record all phases" 0 'recorded into' "$memgate" record main -o "$work/full" --policy-from work-tree
row "budgets of the process" 0 '^memgate PASS' "$memgate" check "$work/full"
says '^  ok      rss_p95, whole scenario +[0-9.]+ MiB candidate \['
says '^  steady  2 trials of 240 requests'
silent 'baseline[ ,][^:]*$|->|both sides|duet'
row "all phases as json" 0 '"alone": "asked"' "$memgate" check "$work/full" -f json
valid "$work/stdout"
sed -i 's/max: 1GiB/max: 1MiB/' "$repo/memgate.yaml"
row "resident memory above its budget" 1 'BLOCKED: rss_p95' "$memgate" check "$work/full" --policy memgate.yaml

# Its profiles alone, as any pprof producer has them.
profile=$work/main/recording/scenario-1/candidate/exact-1/end.pb.gz
row "a profile alone" 0 '^memgate PASS' "$memgate" check --cand "$profile" --requests 1000 --policy memgate.yaml
policy "$broken"
row "a profile above its budget" 1 BLOCKED "$memgate" check --cand "$profile" --requests 10 --policy memgate.yaml

# A service that the baseline does not have.
git_in checkout -q -b new main
cp -R cmd/orders cmd/extra
mkdir codec
printf 'package codec\n\nimport "testing"\n\nvar kept []byte\n\nfunc BenchmarkEncode(b *testing.B) {\n\tfor i := 0; i < b.N; i++ {\n\t\tkept = make([]byte, 1024)\n\t}\n}\n' > codec/codec_test.go
git_in add cmd/extra codec
git_in commit -q -m new
git_in checkout -q main
extra=$(sed -n '/- name: orders/,/seed:/p' "$root/examples/orders/memgate.yaml" |
    sed 's/name: orders/name: extra/; s,cmd/orders,cmd/extra,; s/warmup: .*/warmup: 60/; s/count: .*/count: 240/')
extra=$(printf '%s\n  - {name: codec, gotest: {package: ./codec, bench: ^BenchmarkEncode$, benchtime: 2000x}}' "$extra")
policy "$kept$relative" "${extra//$'\n'/\\n}"
run=("$memgate" run -q --base main --head new --policy-from work-tree -o "$work/out")
row "new" 0 '^memgate PASS' "${run[@]}" extra codec
says 'new: no baseline'
says 'the baseline has no package \./cmd/extra'
says 'the baseline has no tests in ./codec'
says '^  ok      alloc_space, whole scenario'
silent 'INVALID'
valid "$work/out/verdict.json"
row "replayed" 0 '^memgate PASS' "$memgate" check "$work/out"
cmp "$work/stdout" "$work/out/report.txt" || fail "the new scenario is not replayed byte for byte"
policy "$broken$relative" "${extra//$'\n'/\\n}"
row "new and above its budget" 1 'BLOCKED: alloc_space' "${run[@]}" extra

# So it is where two recordings are compared, unless the baseline's policy has it.
policy "$kept" "${extra//$'\n'/\\n}"
row "record with a new one" 0 'recorded into' \
    "$memgate" record new orders codec -q -o "$work/with" --policy-from work-tree
row "record without it" 0 'recorded into' \
    "$memgate" record main orders -q -o "$work/without" --policy-from work-tree
row "new in a pair" 0 '^memgate PASS' "$memgate" check "$work/main" "$work/with"
says 'new: no baseline; .max:. rules judge it'
silent INVALID
sed 's/64KiB/512B/; s/severity: block/scenario: codec, severity: block/' "$work/policy.yaml" > "$work/tight.yaml"
row "new in a pair, above its budget" 1 'BLOCKED: alloc_space' \
    "$memgate" check "$work/main" "$work/with" --policy "$work/tight.yaml"
row "byte-identical" 0 'byte-identical' "$memgate" run -q --base new --head new orders codec \
    --policy-from work-tree -o "$work/identical"
row "new in a pair, and not measured" 3 'INVALID both revisions build byte-identical binaries, so nothing was measured' \
    "$memgate" check "$work/main" "$work/identical"
row "left out of the baseline" 3 'INVALID the candidate recording alone holds this scenario.*nor is it new' \
    "$memgate" check "$work/without" "$work/with"
row "gone from the candidate" 3 'INVALID the baseline recording alone holds this scenario' \
    "$memgate" check "$work/with" "$work/main"

# A baseline that is there and does not build is not new.
git_in checkout -q -b unbuilt main
mkdir cmd/extra
printf 'package main\n\nfunc main() { nothing }\n' > cmd/extra/main.go
git_in add cmd/extra
git_in commit -q -m unbuilt
git_in checkout -q main
row "a baseline that does not build" 3 'INVALID baseline: build failed' \
    "$memgate" run -q --base unbuilt --head new --policy-from work-tree -o "$work/out" extra
row "a revision that does not build" 3 'was not recorded: candidate: build failed' \
    "$memgate" record unbuilt extra -q -o "$work/none" --policy-from work-tree

# What is there stays until there is another: after a failure, and when somebody gives up waiting.
[ -f "$work/none/recording/manifest.json" ] || fail "nothing says what was not recorded"
sha256sum < "$work/main/recording/manifest.json" > "$work/before"
stays() {
    sha256sum < "$work/main/recording/manifest.json" | cmp -s - "$work/before" ||
        fail "$1: the old recording is gone"
    [ ! -e "$work/main/recording.part" ] || fail "$1: half of a recording is left"
    [ "$(grep -c "the recording in $work/main is still the one before" "$work/stderr")" = 1 ] ||
        { fail "$1: nobody says which recording is there"; cat "$work/stderr"; }
}
row "a failure in place of a recording" 3 'scenario extra was not recorded' \
    "$memgate" record unbuilt extra -q -o "$work/main" --policy-from work-tree
stays "a failure"
row "no such revision" 3 'head: .*nowhere' \
    "$memgate" record nowhere -q -o "$work/main" --policy-from work-tree
stays "no such revision"
row "a run without a baseline" 3 'base: .*nowhere' \
    "$memgate" run -q --base nowhere --head new -o "$work/main" --policy-from work-tree
stays "a run without a baseline"
row "a failure where nothing was" 3 'head: .*nowhere' \
    "$memgate" record nowhere -q -o "$work/fresh" --policy-from work-tree
! grep -q 'the one before' "$work/stderr" || fail "there was none before"
: > "$work/stderr"
"$memgate" record main orders -o "$work/main" --policy-from work-tree \
    > "$work/stdout" 2> "$work/stderr" &
pid=$!
for _ in $(seq 300); do
    grep -q 'trial 1/' "$work/stderr" && break
    sleep 0.1
done
kill -TERM "$pid"
wait "$pid" && fail "a recording that was ended said nothing"
grep -q 'trial 1/' "$work/stderr" || fail "the end came too early"
stays "SIGTERM"
finish
