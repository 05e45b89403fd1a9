#!/usr/bin/env bash
# transport.sh MEMGATE: the same service over each transport: an unchanged one passes, a planted
# allocation is found, and what cannot be spoken to is told with the key to set.
# What stands in ${...} of a policy is put in by memgate, so:
# shellcheck disable=SC2016
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
repo=$work/repo

# policy SERVICE LOAD: only the bytes allocated can block, so that no trial is added for anything else.
policy() {
    cat > "$repo/memgate.yaml" <<YAML
version: 1
trials: {exact: 3, steady: 1, duet: 1, max: 3}
profiles: [heap, cpu]
on_inconclusive: pass
scenarios:
  - name: transport
    service: {$1}
    load: {warmup: 20, connections: 2, $2}
rules:
  - {metric: alloc_space, max_increase_percent: 30%}
  - {metric: alloc_objects, max_increase_percent: 50%, severity: review}
  - {metric: inuse_space, max_increase_percent: 100%, severity: review}
  - {kind: map, metric: alloc_space, max_increase_percent: 50%, severity: review}
  - {metric: heap_growth_per_1000_requests, max_increase: 64MiB, severity: review}
  - {metric: cpu_per_request, max_increase_percent: 100%, severity: review}
  - {metric: p99, max_increase_percent: 100%, severity: review}
YAML
}

# run BASE HEAD ARGUMENT...: its exit code goes to $code, what it said to $work/stdout and stderr. A
# machine that was too busy to keep the pace is given two more chances: the pace is not what is tested.
run() {
    local base=$1 head=$2 tries
    shift 2
    for tries in 1 2 3; do
        code=0
        rm -rf "$work/out"
        (cd "$repo" && "$memgate" run --base "$base" --head "$head" --policy-from work-tree "$@" \
            -o "$work/out") > "$work/stdout" 2> "$work/stderr" || code=$?
        grep -qE 'requests per second were delivered|machine is too busy' "$work/stdout" || return 0
        echo "   try $tries: the machine was too busy"
    done
}

# row NAME EXIT TEXT BASE HEAD ARGUMENT...: what a run ends with, and what it must say.
row() {
    local name=$1 want=$2 text=$3
    shift 3
    run "$@"
    echo "== $name: exit $code"
    if [ "$code" != "$want" ] || ! grep -qE -- "$text" "$work/stdout" "$work/stderr"; then
        fail "$name: exit $code, not $want, or nobody says: $text"
        cat "$work/stdout" "$work/stderr"
    fi
}

# both NAME TRANSPORT BYTES: unchanged, over all phases, then with the planted change. TRANSPORT is what
# the report says the load went over, BYTES what each answer has.
both() {
    local name=$1 transport=$2 bytes=$3
    row "$name, unchanged" 0 "^  load +$transport" main main --always-measure
    /usr/bin/python3 - "$work/out" "$transport" "$bytes" <<'PY' || fail "$name: not what was sent"
import glob
import json
import sys

out, transport, each = sys.argv[1], sys.argv[2], int(sys.argv[3])
manifest = json.load(open(out + "/recording/manifest.json"))
assert manifest["scenarios"][0]["transport"] == transport, manifest["scenarios"]
verdict = json.load(open(out + "/verdict.json"))
assert verdict["scenarios"][0]["measured"]["transport"] == transport, verdict["scenarios"]
trials = [json.load(open(p)) for p in glob.glob(out + "/recording/scenario-1/*/*/trial.json")]
assert len(trials) == 10, len(trials)
# Profiles come the same way as the load, or from the second listener; a closed loop is over too soon.
profiles = glob.glob(out + "/recording/scenario-1/*/steady-1/cpu.pb.gz")
assert len(profiles) == 2 or all(t["rate_per_second"] == 0 for t in trials), profiles
[alloc] = [f for f in verdict["scenarios"][0]["findings"]
           if f["metric"] == "alloc_space" and not f["subject"]["func"] and not f["subject"]["kind"]]
assert alloc["verdict"] == "ok", alloc
for trial in trials:
    assert trial["response_bytes"] == each * trial["request_count"], trial["response_bytes"]
PY
    row "$name, planted" 1 "BLOCK +alloc_space, whole scenario" main more --quick
}

cp -R "$here/service" "$repo"
(cd "$here/certs" && go run . "$repo")
echo memgate.yaml > "$repo/.gitignore"
# Three bytes answered to both lines, so that every answer is of one size.
hash=$(printf '\000\377\020' | sha256sum | cut -d ' ' -f 1)
cat > "$repo/load.jsonl" <<JSON
{"path": "/work?size=3", "expect": [200], "expect_bytes": 3}
{"path": "/echo", "body_hex": "00ff10", "expect": [200], "expect_sha256": "$hash"}
JSON
cat > "$repo/grpc.jsonl" <<JSON
{"grpc": "shop.Orders/Create", "body_hex": "00ff10", "expect_sha256": "$hash"}
{"grpc": "shop.Orders/Create", "body_base64": "AP8Q", "header": {"X-Trace": "{k}"}}
JSON
echo '{"grpc": "shop.Orders/Find"}' > "$repo/unexpected.jsonl"
commit_base
git_in checkout -q -b more
sed -i 's/spareBytes = 512$/spareBytes = 16384/' "$repo/side.go"
git_in commit -q -a -m more
git_in checkout -q -b narrow main
sed -i 's/maxStreams = 100$/maxStreams = 2/' "$repo/side.go"
git_in commit -q -a -m narrow
git_in checkout -q main

plain='args: [-addr, "${ADDR}"], ready: /healthz'
h2c="$plain, env: {H2C: \"1\"}"
tls='args: [-addr, "${ADDR}", -cert, server.pem, -key, server.key], ready: /healthz, start_timeout: 3s'
ca='tls: {ca: ca.pem}'
second='args: [-addr, "${ADDR}", -second, "${PPROF_ADDR}", -h2, -late, 50ms], env: {H2C: "1"}'
second="$second, ready: \"http://\${PPROF_ADDR}/healthz\", pprof: \"http://\${PPROF_ADDR}/debug/pprof/\""
lines='requests: load.jsonl, count: 240'
# Long enough that a hiccup of the machine is no missing request.
paced='count: 400, rate: 200/s'

policy "$tls, $ca" "requests: load.jsonl, $paced"
both "https" "HTTP/1.1 over TLS over TCP" 3
policy 'args: [-addr, "${SOCKET}"], ready: /healthz' "$lines"
both "unix socket" "HTTP/1.1 over a unix socket" 3
policy "$h2c" "$lines, protocol: http2"
both "h2c" "HTTP/2 over TCP" 3
policy "$tls, $ca" "$lines, protocol: http2, streams: 4"
both "h2" "HTTP/2 over TLS over TCP" 3
policy "$second" "requests: grpc.jsonl, $paced, protocol: http2"
both "gRPC" "HTTP/2 over TCP" 3

# The loads of two recordings must be alike in what a policy says, and are told apart in what services allow.
policy "$h2c" "$lines, protocol: http2, streams: 4"
row "fewer streams allowed" 0 \
    'of load.streams 4 a connection carried 4 requests at a time for the baseline, 2 for the candidate' \
    main narrow
/usr/bin/python3 - "$root/config/verdict.schema.json" "$work/out/verdict.json" <<'PY' || fail "what was allowed"
import json
import sys

import jsonschema

schema, verdict = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.Draft202012Validator(schema).validate(verdict)
load = verdict["scenarios"][0]["measured"]["load"]
assert [load[side]["streams_allowed"] for side in ("base", "cand")] == [4, 2], load
assert all(load[side]["connections"] == 2 and load[side]["streams"] == 4 for side in load), load
assert all(0 < load[side]["cpu_share"] < 1.1 for side in load), load
PY
grep -q '2 connections of 4 requests at a time' "$work/out/report.md" || fail "no connections in report.md"
cp -R "$work/out" "$work/wide"
policy "$h2c" "$lines, protocol: http2, streams: 3"
row "with fewer streams" 0 "^exit 0" main main --always-measure
code=0
(cd "$repo" && "$memgate" check "$work/wide" "$work/out") > "$work/stdout" 2> "$work/stderr" || code=$?
echo "== other streams than before: exit $code"
if [ "$code" != 3 ] || ! grep -q 'streams of a connection of the steady phase differ: baseline trial 1 has 4, candidate trial 1 has 3' "$work/stdout"; then
    fail "other streams than before: exit $code"
    cat "$work/stdout" "$work/stderr"
fi

# quick NAME EXIT TEXT: both sides are main, and must end so.
quick() {
    row "$@" main main --quick --always-measure
}

own='args: [-addr, "${ADDR}", -own, "${DIR}/own.pem"], ready: /healthz'
policy "$own, tls: {ca: \"\${DIR}/own.pem\", server_name: own.test}" "$lines"
quick "a certificate of its own" 0 '^exit 0 \(pass\)'
policy "$tls, tls: {ca: other.pem}" "$lines"
quick "another authority" 3 'certificate is not accepted: .*set service.tls.ca to the certificate'
policy "$tls, tls: {ca: ca.pem, server_name: shop.test}" "$lines"
quick "another name" 3 "not accepted: .*'shop.test'.* service.tls.server_name"
policy "$tls, tls: {ca: load.jsonl}" "$lines"
quick "no certificate" 2 'service.tls.ca load.jsonl: holds no certificate'
policy "$tls" "$lines"
quick "TLS unasked" 3 'GET /healthz still answered 400 .*set service.tls'
policy "$plain, $ca, start_timeout: 1s" "$lines"
quick "TLS where there is none" 3 'last: GET /healthz: .*wrong version number; if .* remove service.tls'
policy "$tls, $ca, env: {GODEBUG: http2server=0}" "$lines, protocol: http2"
quick "HTTPS without HTTP/2" 3 'set load.protocol'
policy "$plain" "$lines, protocol: http2"
quick "no h2c" 3 'set load.protocol: http1'
policy "$second" "requests: unexpected.jsonl, count: 240, protocol: http2"
quick "another status of gRPC" 3 'POST /shop.Orders/Find answered grpc-status 5 NOT_FOUND \(no such thing\)'
policy "$plain" "requests: grpc.jsonl, count: 240"
quick "gRPC without HTTP/2" 2 'grpc.jsonl:1: calls of gRPC need HTTP/2; set load.protocol: http2'
policy 'args: [-addr, "${SOCKET}"], ready: /healthz' "$lines"
mkdir -p "$work/$(printf 'x%.0s' {1..90})"
TMPDIR=$work/$(printf 'x%.0s' {1..90}) quick "a long path" 3 'too long for a unix socket .*set TMPDIR'
finish
