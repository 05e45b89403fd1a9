#!/usr/bin/env bash
# trace.sh MEMGATE: execution traces of the steady trials say what gctrace says, are kept, and hide
# no verdict where they cannot be had.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
repo=$work/repo
# shellcheck disable=SC2034 # row of lib.sh reads it
shown='^  trace|^          gctrace|waited|alloc_space, whole'

mkdir "$work/tmp"
export TMPDIR=$work/tmp

# policy MODE [BUILD_ENV [DUET]]: bytes per request are judged; whatever hangs on time has room.
policy() {
    cat > "$repo/memgate.yaml" <<YAML
version: 1
trials: {exact: 2, steady: 1, duet: ${3-0}, max: 2}
profiles: [heap]
on_inconclusive: pass
scenarios:
  - name: traced
    trace: true
    build: {env: {${2-}}}
    service: {args: [--addr, "\${ADDR}"], ready: /healthz, profile_timeout: 3s, env: {MODE: "$1"}}
    load: {requests: load.jsonl, warmup: 50, count: 600, connections: 8}
rules:
  - {metric: alloc_space, max_increase_percent: 5%}
YAML
}

# traced CONDITION: of a side of verdict.json, and of its gctrace.
traced() {
    /usr/bin/python3 - "$work/out/verdict.json" "$root/config/verdict.schema.json" "$1" <<'PY' || fail "not so: $1"
import json
import sys

import jsonschema

verdict = json.load(open(sys.argv[1]))
jsonschema.validate(verdict, json.load(open(sys.argv[2])))
both = verdict["scenarios"][0]["measured"]["execution_trace"]
for side in both.values():
    assert eval(sys.argv[3], {}, {"side": side, "gctrace": side.get("gctrace")}), side
PY
}

service_repo "$here/service"
git_in checkout -q -b waste
sed -i 's/wasted  = 0 /wasted  = 12 /' "$repo/main.go"
git_in commit -q -a -m waste
git_in checkout -q main

policy plain
row "traces of both sides" 1 '^  trace   candidate [0-9.]+ m?s of 1 trial: the collector stopped the program [1-9][0-9]* times' \
    main waste
traced 'side["trials"] == 1 and side["refusal"] is None and side["lost_batches"] == 0'
traced '0.5e9 < side["window_ns"] < 4e9'
traced 'side["gc_stops"]["count"] >= 4 and 0 < side["gc_stops"]["ns"] < side["window_ns"]'
traced 'side["start_stops"]["count"] == 1'
# Eight connections allocate while 300,000 objects are marked one after the other.
traced 'side["assists"]["count"] > 0 and 0 < side["assist_running_ns"] <= side["assists"]["ns"]'
traced '0 < side["gc_active_ns"] < side["window_ns"]'
traced 'side["waits"]["network"]["count"] > 100 and side["scheduling"]["count"] > 100'
# Lines are lost where other output tears them, and this service prints none.
traced 'gctrace["matched"] >= 2 and gctrace["matched"] >= 0.8 * gctrace["collections"]'
# Of each the trace has all that gctrace counts, cut as gctrace cuts it, and more on a busy machine.
traced '0 < gctrace["stop_ns"] <= gctrace["traced_stop_ns"] + 40000 * gctrace["matched"]'
traced '0 < gctrace["assist_ns"] <= gctrace["traced_assist_max_ns"] + 40000 * gctrace["matched"]'
# What was printed can be said again by the recording alone, to the byte.
"$memgate" report "$work/out" --format json | cmp - "$work/out/verdict.json" ||
    fail "the recording does not give the same report"
[ "$(head -c 13 "$work/out/recording/scenario-1/baseline/steady-1/trace.out" | cut -c1-5)" = 'go 1.' ] ||
    fail "the trace itself is not kept"

policy no-trace
start=$SECONDS
row "a service without traces" 1 '^  trace   candidate not measured: steady trial 1: none was asked for after that of baseline trial 1' \
    main waste
plain=$((SECONDS - start))
grep -qE 'no execution trace: GET /debug/pprof/trace\?seconds=[1-3] answered 403: tracing is not for you' "$work/stderr" ||
    fail "nobody says why there is no trace"
traced 'side["trials"] == 0 and side["refusal"] and "gc_stops" not in side'

# A load that fails under the trace, after all that is judged was measured.
policy no-work
row "a load that fails under its trace" 1 '^  trace   candidate not measured' main waste
grep -qE 'no execution trace: the load failed under the trace: ' "$work/stderr" ||
    fail "nobody says that the load failed under the trace"

# The handler takes the request and never answers: the time that the answer may take, once, and no
# process and no file of the run is left.
policy hangs
start=$SECONDS
row "a trace that never comes" 1 '^  trace   candidate not measured: steady trial 1: none was asked for after that of baseline trial 1' \
    main waste
took=$((SECONDS - start))
grep -qE 'no execution trace: GET /debug/pprof/trace\?seconds=[1-3]: no complete answer within [4-6] s' "$work/stderr" || {
    fail "nobody says that the trace never came"
    cat "$work/stderr"
}
traced 'side["trials"] == 0 and side["refusal"] and "gc_stops" not in side'
echo "with a handler that hangs $took s, without traces $plain s"
[ "$took" -le $((plain + 15)) ] || fail "a trace that never came took $took s, without traces it is $plain s"
[ -z "$(ls -A "$TMPDIR")" ] || fail "a trace that never came left $(ls -A "$TMPDIR")"
! pgrep -f -l -- "$TMPDIR/" || fail "a trace that never came left a process"

# With duet trials MemStats is polled in the load, but not behind it: each answer stops the world,
# as the start of the trace does.
policy plain '' 1
row "no polls within the trace" 1 '^  trace   candidate [0-9.]+ m?s of 1 trial' main waste
traced 'side["other_stops"]["count"] == 0'

if [ -n "${MEMGATE_TEST_NIGHTLY-}" ]; then
    policy plain 'GOTOOLCHAIN: go1.21.13'
    row "traces of Go 1.21" 1 'not measured: .*not read: traces of Go before 1.22' main waste
fi
finish
