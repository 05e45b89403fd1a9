#!/usr/bin/env bash
# calibrate.sh MEMGATE: `memgate calibrate` writes the noise of this machine, runs are judged by it and
# say so, and what is damaged, missing or of another class of machines is said.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
repo=$work/repo
mkdir "$work/tmp"
export TMPDIR=$work/tmp

cp -R "$(dirname "$0")/codec" "$repo"
printf 'memgate-out/\n' > "$repo/.gitignore"
commit_base

# The same run each time: what is known of the noise is all that differs.
measure() {
    local name=$1 want=$2 text=$3
    shift 3
    try "$name" "$want" "$text" run --quick --base main --head main --always-measure "$@"
}

# rewrite FILE FROM TO: puts another text into a calibration and seals it again.
rewrite() {
    python3 - "$@" << 'PYTHON'
import hashlib
import sys

path, *pairs = sys.argv[1:]
text = open(path, encoding="utf-8").read()
for old, new in zip(pairs[::2], pairs[1::2]):
    assert old in text, old
    text = text.replace(old, new)
body = text[:-len('"\n}\n') - 64]
open(path, "w", encoding="utf-8").write(body + hashlib.sha256(body.encode()).hexdigest() + '"\n}\n')
PYTHON
}

try 'one run is none' 2 '--times takes a number from 2 to 100' calibrate --times 1
try 'two revisions' 2 'calibrate takes one revision' calibrate main HEAD
measure 'before' 0 '^  noise   not calibrated for linux-.*cpu.* \(memgate calibrate\)$'

# Two runs are the least, whatever the budget.
try 'calibrate' 0 '^memgate calibrate: 2 runs of ' calibrate --times 5 --budget 1ms main
grep -q 'the budget ends here: 2 of 5 runs' "$work/stderr" || fail "nobody says why it were two"
sed -n '/^memgate calibrate/,$p' "$work/stdout"
noise=$repo/memgate.noise
class=$(sed -n 's/^machine //p' "$work/stdout")
[ "$(ls -A "$noise")" = "$class.json" ] || fail "memgate.noise/ holds $(ls -A "$noise")"
/usr/bin/python3 - "$root/config/noise.schema.json" "$noise/$class.json" << 'PYTHON' || fail "the schema is another"
import json
import sys

import jsonschema

schema, noise = [json.load(open(path, encoding="utf-8")) for path in sys.argv[1:]]
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.validate(noise, schema)
assert not jsonschema.Draft202012Validator(schema).is_valid({**noise, "of_a_later_version": 1})
codec = noise["scenarios"][0]
assert noise["runs"] == codec["runs"] == 2 and codec["blocked_runs"] == 0, codec
metrics = {row["metric"] for row in codec["spreads"] if row["subject"] == "benchmark"}
assert metrics == {"alloc_space", "alloc_objects", "ns_per_op"}, metrics
assert all(rule["decisions"] > 0 for rule in codec["rules"]), codec["rules"]
blocks = [rule for rule in codec["rules"] if rule["severity"] == "block"]
assert blocks and all(rule["false_alarms"] == 0 for rule in blocks), blocks
assert any(rule["has_detectable"] for rule in codec["rules"])
PYTHON
git_in add -A
git_in commit -q -m 'calibrate'

measure 'calibrated' 0 "^  noise   machine class $class, calibrated by 2 runs \\(few: 5 make far narrower intervals\\)(;.*)?$"
cmp -s "$noise/$class.json" "$repo/memgate-out/recording/noise.json" || fail "the recording has no copy"
(cd "$work" && "$memgate" check "$repo/memgate-out") | cmp - "$repo/memgate-out/report.txt" ||
    fail "check says something else than run"
/usr/bin/python3 -c 'import json, sys
noise = json.load(open(sys.argv[1]))["scenarios"][0]["measured"]["noise"]
assert noise["calibrated"] and noise["rows"] > 0, noise' "$repo/memgate-out/verdict.json" ||
    fail "verdict.json does not know"
try 'two recordings' 0 "^  noise   machine class $class, calibrated by 2 runs" \
    check memgate-out memgate-out/recording
try 'selftest' 0 '^memgate selftest: all [0-9]+ block rules that were tried go red' selftest
try 'lint' 0 "in codec on $class: detects \\+.*, limit \\+" lint
measure 'left out' 0 '^  noise   left out on purpose \(--noise none\)$' --noise none

# From the base's revision where CI runs: what the change brings along is not looked at.
git_in checkout -q -b change
rewrite "$noise/$class.json" '"runs": 2,' '"runs": 9,'
git_in commit -qam 'another noise'
git_in checkout -q main
CI=true measure 'in CI' 0 "^  noise   machine class $class, calibrated by 2 runs" --head change

git_in checkout -q change
ln -s "$noise/$class.json" "$work/link.json"
for file in "memgate.noise/$class.json" "$work/link.json"; do
    CI=true measure 'named in CI' 0 "^  noise   machine class $class, calibrated by 2 runs" --noise "$file"
done
cp "$noise/$class.json" "$repo/own.json"
CI=true measure 'the change has its own' 2 'own.json is not in main, where the policy comes from' --noise own.json
rm "$repo/own.json"

# A file outside of the repository is nobody's change: it is read from where it lies. What ".." leads
# back into the tree is the change's all the same.
cp "$noise/$class.json" "$work/outside.json"
for file in ../outside.json "$work/outside.json"; do
    CI=true measure "outside of the repository" 0 "^  noise   machine class $class, calibrated by 9 runs" \
        --noise "$file"
done
CI=true measure 'outside and in again' 0 "^  noise   machine class $class, calibrated by 2 runs" \
    --noise "../repo/memgate.noise/$class.json"
git_in checkout -q main

# Of another class of machines: by its name, then by what it says.
cp "$noise/$class.json" "$work/kept.json"
mv "$noise/$class.json" "$noise/linux-amd64-other-9cpu.json"
measure 'another class' 0 \
    "^  noise   not calibrated for $class \\(memgate calibrate\\); there is one for linux-amd64-other-9cpu$"
cpus=$(sed -n 's/^ *"cpu_count": \([0-9]*\),$/\1/p' "$work/kept.json")
rewrite "$noise/linux-amd64-other-9cpu.json" "\"cpu_count\": $cpus" '"cpu_count": 4095' \
    "-${cpus}cpu" '-4095cpu'
measure 'a file of another class' 0 'other-9cpu.json is of linux-.*-4095cpu.* and was not used$' \
    --noise "$noise/linux-amd64-other-9cpu.json"

# Damaged, of another version, or not there.
sed 's/"run_spread": [0-9.e-]*/"run_spread": 0.5/' "$work/kept.json" > "$noise/$class.json"
measure 'tampered with' 2 "memgate.noise/$class.json: its own SHA-256 does not match.* write it anew with memgate calibrate"
try 'lint of it' 2 'its own SHA-256 does not match' lint
cp "$work/kept.json" "$noise/$class.json"
rewrite "$noise/$class.json" 'memgate.noise/1' 'memgate.noise/2'
measure 'of another version' 2 'has schema "memgate.noise/2"; this memgate reads memgate.noise/1'
measure 'no such file' 2 '--noise: .*nowhere.json' --noise nowhere.json
git_in checkout -q -- . && rm -f "$noise/linux-amd64-other-9cpu.json"

# Another policy from the third run on: two runs would do, but nobody knows which policy is meant.
: > "$work/stderr"
(cd "$repo" && exec timeout 120 "$memgate" calibrate -q --times 9 -o "$work/mixed") \
    > "$work/stdout" 2> "$work/stderr" &
pid=$!
for _ in $(seq 600); do
    [ "$(grep -c 'trial 1/' "$work/stderr")" -ge 3 ] && break
    sleep 0.1
done
echo '# another' >> "$repo/memgate.yaml"
code=0
wait "$pid" || code=$?
grep -q 'memgate.yaml was changed between two runs: calibrate again' "$work/stderr" ||
    fail "nobody says that the policy was changed"
[ "$code" = 3 ] || fail "a policy that was changed: exit $code, not 3"
[ ! -e "$work/mixed" ] || fail "runs of two policies made $(ls -A "$work/mixed")"
git_in checkout -q -- memgate.yaml

# What goes wrong in a later run takes nothing from the runs before it, nor from another scenario.
# The benchmarks know by the directory of a run, under which calibrate keeps it, which one they are of.
git_in checkout -q -b flaky main
mkdir "$repo/flaky"
cp "$repo/codec.go" "$repo/flaky/codec.go"
# bench FILE NAME RUN DOES: a benchmark of FILE that does something from that run on.
bench() {
    cat > "$repo/$1" << GO
package codec

import (
	"os"
	"testing"
)

var sink string

func $2(b *testing.B) {
	if _, err := os.Stat("$repo/memgate-out/calibration/run-$3"); err == nil {
		$4
	}
	for i := 0; i < b.N; i++ {
		sink = Encode(100)
	}
}
GO
}
# commit_flaky NAME
commit_flaky() {
    git_in add -A
    git_in commit -q -m "$1"
    rm -rf "$repo/memgate-out" "$work/noise"
}
# runs FILTER: of the file that was written.
runs() {
    jq -c "$1" "$work/noise/$class.json"
}

bench flaky/codec_test.go BenchmarkFlaky 2 'b.Fatal("not again")'
sed -i '/name: codec/a\  - {name: flaky, gotest: {package: ./flaky, bench: ^BenchmarkFlaky$, benchtime: 2000x}}' \
    "$repo/memgate.yaml"
commit_flaky 'one fails from the second run on'
try 'one scenario without a verdict' 0 'scenario flaky is left out: 1 of 3 runs had a verdict, and it takes 2: .*' \
    calibrate --quick --times 3 -o "$work/noise"
[ "$(runs '[.runs, (.scenarios[] | .name, .runs)]')" = '[3,"codec",3]' ] ||
    fail "one scenario without a verdict: the file has $(runs '[.runs, (.scenarios[] | .name, .runs)]')"
sed -i '/name: codec/d' "$repo/memgate.yaml"
commit_flaky 'it alone'
try 'no scenario with a verdict' 3 'scenario flaky: 1 of 3 runs had a verdict, and it takes 2: ' \
    calibrate --quick --times 3 -o "$work/noise"
[ ! -e "$work/noise" ] || fail "no scenario with a verdict: it left $(ls -A "$work/noise")"
git_in checkout -q main -- memgate.yaml

for run in 3 1; do
    bench codec_test.go BenchmarkEncode "$run" "_ = os.Remove(\"$repo/memgate.yaml\")"
    commit_flaky "the policy goes in run $run"
    if [ "$run" = 3 ]; then
        try 'an error in the fourth run' 0 'run 4: .*memgate.yaml.*; going on with the 3 runs before it' \
            calibrate --quick --times 5 -o "$work/noise"
        [ "$(runs '[.runs, (.scenarios[] | .name, .runs)]')" = '[3,"codec",3]' ] ||
            fail "an error in the fourth run: the file has $(runs '[.runs, (.scenarios[] | .name, .runs)]')"
    else
        try 'an error in the second run' 2 'run 2: .*memgate.yaml' calibrate --quick --times 5 -o "$work/noise"
        [ ! -e "$work/noise" ] || fail "an error in the second run: it left $(ls -A "$work/noise")"
    fi
    git_in checkout -q -- memgate.yaml
done
git_in checkout -q main

# Given up in the middle: the old file stands, and no half of a new one beside it.
: > "$work/stderr" # what is looked for below is in the old one
(cd "$repo" && exec "$memgate" calibrate --times 9 -o "$work/given up") > "$work/stdout" 2> "$work/stderr" &
pid=$!
for _ in $(seq 100); do
    grep -q 'trial 1/' "$work/stderr" && break
    sleep 0.1
done
kill -TERM "$pid"
wait "$pid" && fail "a calibration that was ended said nothing"
[ ! -e "$work/given up" ] || fail "it left $(ls -A "$work/given up")"
[ -z "$(ls -A "$TMPDIR")" ] || fail "it left $(ls -A "$TMPDIR")"
finish
