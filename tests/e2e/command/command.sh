#!/usr/bin/env bash
# command.sh MEMGATE: loads that hey and wrk send, and tools that go wrong.
# shellcheck disable=SC2016 # ${ADDR} and the others are memgate's
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
repo=$work/repo

for tool in hey wrk jq; do
    command -v "$tool" > /dev/null || { echo "FAIL: $tool is not installed"; exit 1; }
done

# policy TRIALS LOAD [RULE...]: one scenario with this load; what stays undecided does not matter here.
policy() {
    local trials=$1 load=$2
    shift 2
    cat > "$repo/memgate.yaml" <<YAML
version: 1
trials: {exact: $trials, steady: $trials, max: $trials}
profiles: [heap]
on_inconclusive: pass
scenarios:
  - name: small
    service: {args: [--addr, "\${ADDR}", --spoil, "\${DIR}/k6.json"], ready: /healthz}
    load: {driver: command, $load}
YAML
    [ $# -eq 0 ] || printf 'rules:\n%s\n' "$(printf '  - %s\n' "$@")" >> "$repo/memgate.yaml"
}

# row NAME EXIT TEXT [OPTION...]: what a run ends with, and what it must say.
row() {
    local name=$1 want=$2 text=$3 code=0
    shift 3
    rm -rf "$work/out"
    (cd "$repo" && "$memgate" run --base main --always-measure -o "$work/out" \
        --policy-from work-tree "$@") > "$work/stdout" 2> "$work/stderr" || code=$?
    echo "== $name: exit $code"
    if [ "$code" != "$want" ] || ! grep -qE -- "$text" "$work/stdout"; then
        fail "$name: exit $code, not $want, or nobody says: $text"
        cat "$work/stdout" "$work/stderr"
    fi
}

# says TEXT: the last report does.
says() {
    grep -qE -- "$1" "$work/stdout" || { fail "the report does not say: $1"; cat "$work/stdout"; }
}

# gone WORD: no process with it in its command line is left.
gone() {
    if pgrep -f -- "$1" > /dev/null; then
        fail "still runs: $1"
    fi
}

cp -R "$here/service" "$repo"
echo memgate.yaml > "$repo/.gitignore"
commit_base
git_in checkout -q -b planted
cat > "$repo/side.go" <<'GO'
package main

import "strings"

var kept map[int]int

func index(path string) {
	built := make(map[int]int)
	for i := 0; i < 200; i++ {
		built[i] = len(path)
	}
	kept = built
}

func work(path string) string {
	index(path)
	return strings.Repeat(path, 64)
}
GO
git_in commit -q -a -m planted
git_in checkout -q -b bent main
# A candidate that makes its own load lighter: the tool runs in the tree of the policy.
sed -i 's|/work|/healthz|' "$repo/load/send.sh"
sed -i '/^func work/,$d' "$repo/side.go"
sed -n '/^var kept/,$p' > "$work/planted.go" < <(git_in show planted:side.go)
cat "$work/planted.go" >> "$repo/side.go"
git_in commit -q -a -m bent
git_in checkout -q main

hey='command: [hey, -n, "${COUNT}", -c, "${CONNECTIONS}", "http://${ADDR}/work"], output: hey'
sent='warmup: 40, count: 200, connections: 2'

policy 2 "$hey, $sent"
row 'hey, nothing changed' 0 'no duet' --head main
says 'load by hey .*baseline 200 requests in .*0 errors, p50 .*p99 .*max .*; candidate 200 requests'
says '2 \+ 2 trials of 200 requests'
if [ -e "$work/out/recording/scenario-1/baseline/duet-1" ]; then
    fail 'a tool was recorded as a duet'
fi
jq -e '.format == "hey" and .request_count == 200 and .exit_code == 0 and .error_count == 0
    and (.latency | map(.quantile) | index(0.99))' \
    "$work/out/recording/scenario-1/candidate/steady-2/tool.json" > /dev/null ||
    fail 'tool.json lacks what hey said'
grep -q '200 responses' "$work/out/recording/scenario-1/candidate/steady-1/tool.txt" ||
    fail 'tool.txt is not what hey wrote'
jq -e '.scenarios[0].measured.metrics | map(select(.metric == "p99" and .measured_by == "hey"))[0]' \
    "$work/out/verdict.json" > /dev/null || fail 'verdict.json lacks the p99 of hey'
/usr/bin/python3 - "$root/config/verdict.schema.json" "$work/out/verdict.json" <<'PY' || fail 'schema'
import json
import sys

import jsonschema

schema, verdict = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.Draft202012Validator(schema).validate(verdict)
PY
"$memgate" check "$work/out" > "$work/again" 2> /dev/null ||
    fail "the recording alone ends with $?"
cmp "$work/stdout" "$work/again" || fail 'the recording alone gives another report'
"$memgate" check "$work/out" "$work/out" > "$work/again" 2> /dev/null || fail "a pair ends with $?"
grep -q 'files that the load tool reads are not compared: .* its command is: hey -n ' "$work/again" ||
    fail 'nobody says that the files of the tool are not compared'
grep -q 'same request file' "$work/again" && fail 'a request file of a tool is asked for'

row 'hey, an allocation more' 1 'main\.index .*side\.go' --head planted

policy 1 "command: [wrk, -t1, -c, \"\${CONNECTIONS}\", -d3s, --latency, \"http://\${ADDR}/slow\"],
      output: wrk, warmup: 0, connections: 2, count_tolerance: 10%"
row 'wrk, within a tolerance' 0 'load by wrk .*p99' --head main
policy 1 "command: [wrk, -t1, -c, \"\${CONNECTIONS}\", -d1s, \"http://\${ADDR}/work\"],
      output: wrk, warmup: 0, connections: 2"
row 'wrk, as many as it likes' 3 'request counts of the exact phase differ' --head main --quick
policy 1 "command: [wrk, -t1, -c2, -d1s, \"http://\${ADDR}/slow\"],
      output: wrk, warmup: 0, count_tolerance: 10%"
row 'wrk, without its p99' 3 'p99 was not measured' --head main
grep -q 'no p99 in the result of wrk, .*: run wrk with --latency' "$work/stderr" ||
    fail 'nobody says early that wrk printed no p99'

silent='command: [hey, -n, "${COUNT}", -c, "2", "http://${ADDR}/work"], output: none'
policy 1 "$silent, $sent"
row 'no output' 0 'latency was not measured: load.output is none' --head main
policy 1 "$silent, $sent" '{metric: p99, max: 5s}'
row 'no output, but a rule' 3 'p99 was not measured, but memgate.yaml:[0-9]+ limits it' --head main

policy 2 "command: [./load/send.sh, \"\${ADDR}\", \"\${COUNT}\", \"\${CONNECTIONS}\"], output: hey, $sent"
git_in add -f memgate.yaml
git_in commit -q -m policy
row 'a change of its own load' 1 'main\.index' --head bent --policy-from base --quick
row 'the same, by the policy of the work tree' 1 'main\.index' --head bent --quick
git_in rm -q --cached memgate.yaml
git_in commit -q -m 'no policy'

# From here on the first run of the tool is the last.
broken() {
    local name=$1 text=$2
    shift 2
    policy 1 "$*"
    row "$name" 3 "$text" --head main --quick
}

broken 'a tool that fails' 'sh: exited with status 7 after .*so its load does not count' \
    'command: [sh, -c, "echo out of order >&2; exit 7", x, "${ADDR}"], output: hey, warmup: 0'
says 'out of order'
broken 'a tool that hangs' 'sleep: still runs after 1 s; raise load.timeout' \
    'command: [sleep, "61.37"], env: {A: "${ADDR}"}, output: none, count: 5, warmup: 0, timeout: 1s'
gone 'sleep 61.37'
broken 'a tool that leaves processes behind' 'left processes behind, which were killed' \
    'command: [sh, -c, "setsid sleep 62.37 & exit 0", x, "${ADDR}"], output: none, count: 5, warmup: 0'
gone 'sleep 62.37'
broken 'a tool that floods' 'its result is larger than 16777216 bytes' \
    'command: [sh, -c, "exec yes", x, "${ADDR}"], output: hey, warmup: 0'
broken 'a result that is none' 'result \(hey, stdout\): no "Status code distribution:"' \
    'command: [sh, -c, "echo 200 requests", x, "${ADDR}"], output: hey, warmup: 0'
broken 'a result that is not there' 'it wrote no k6.json into' \
    'command: ["true", "${ADDR}"], output: k6, output_file: k6.json, count: 5, warmup: 0'
broken 'half a result' 'result \(k6, k6.json\): line [0-9]+ column' \
    'command: [./load/metrics.sh, "${ADDR}"], env: {OUT: "${DIR}/k6.json", TEXT: "{\"metrics\":"},
      output: k6, output_file: k6.json, count: 5, warmup: 0'
broken 'a tool that is not installed' 'load.command: no-such-tool is not in PATH' \
    'command: [no-such-tool, "${ADDR}"], output: hey, warmup: 0'
broken 'fewer than stated' 'hey: sent 30 requests, not the 40 of load.count' \
    'command: [hey, -n, "30", -c, "2", "http://${ADDR}/work"], output: hey, count: 40, warmup: 0'
broken 'answers that are errors' '40 of 40 requests failed \(40 answered 500\)' \
    'command: [hey, -n, "40", -c, "2", "http://${ADDR}/fail"], output: hey, count: 40, warmup: 0'
broken 'answers that are none of 2xx' 'no request succeeded \(404:40\)' \
    'command: [hey, -n, "40", -c, "2", "http://${ADDR}/nothing"], output: hey, count: 40, warmup: 0'
# The arguments are right when sh ends well, and then nothing was sent.
broken 'what is put in' 'baseline \(exact trial 1\): 0 packets with 0 bytes reached the service' \
    'command: [sh, -c, "[ \"$*/$A\" = \"9 5 2.5 1/x9\" ]", "http://${ADDR}", "${SEED}", "${COUNT}", "${RATE}",
      "${CONNECTIONS}"], env: {A: "x${SEED}"}, seed: 9, rate: 2.5/s, output: none, count: 5, warmup: 0'
broken 'a service that dies' 'baseline \(exact trial 1\): exited with status 3 after .*during the load' \
    'command: [hey, -n, "40", -c, "2", "http://${ADDR}/die"], output: hey, count: 40, warmup: 0'
broken 'a result that the service wrote' 'it wrote no k6.json into' \
    'command: [hey, -n, "7", -c, "1", "http://${ADDR}/work"], output: k6, output_file: k6.json, warmup: 0'
broken 'a load that nobody sent' '0 packets with 0 bytes reached the service, too few for the 200 requests' \
    'command: [sh, -c, "sleep 1", x, "${ADDR}"], output: none, count: 200, warmup: 0'
broken 'a load of which a quarter was sent' ' 30 packets with .* too few for the 40 requests' \
    'command: [hey, -n, "30", -c, "2", "http://${ADDR}/work"], output: none, count: 40, warmup: 0'
broken 'a number that nobody knows' 'does not say how many requests were sent' \
    'command: [./load/metrics.sh, "${ADDR}"], env: {OUT: /dev/stdout, TEXT: "{\"metrics\": {}}"},
      output: k6, warmup: 0'

policy 1 'command: [sh, -c, "echo here > \"$0\"; exec sleep 63.37", "${DIR}/../started", "${ADDR}"], output: none,
      count: 5, warmup: 0'
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
code=0
(cd "$repo" && exec "$memgate" run --base main --head main --always-measure --quick -o "$work/out" \
    --policy-from work-tree) > "$work/stdout" 2> "$work/stderr" &
run=$!
for _ in $(seq 300); do
    ! ls "$TMPDIR"/memgate*/started > /dev/null 2>&1 || break
    sleep 0.1
done
kill -INT "$run"
wait "$run" || code=$?
echo "== an interruption: exit $code"
[ "$code" = 130 ] || fail "an interruption ends with $code"
gone 'sleep 63.37'
[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"

finish
