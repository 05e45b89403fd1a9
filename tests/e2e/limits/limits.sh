#!/usr/bin/env bash
# limits.sh MEMGATE: a service is held to service.limits and measured apart by --isolate; what
# cannot be had ends the run with what to do, and nothing is left behind. Where this machine allows
# the one or the other to nobody, its refusal is what is tested.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
repo=$work/repo
# shellcheck disable=SC2034 # row of lib.sh reads it
shown='^  (limits|alone|machine|INVALID|note)'

# policy MODE LIMITS [COUNT]; tool has hey send the load instead.
policy() {
    cat > "$repo/memgate.yaml" <<YAML
version: 1
trials: {exact: 1, steady: 1, duet: 1, max: 1}
on_inconclusive: pass
scenarios:
  - name: limits
    service: {args: [--addr, "\${ADDR}"], ready: /healthz, env: {MODE: "$1", OUTSIDE: "${outside-}"}$2}
    load: {requests: load.jsonl, warmup: 20, count: ${3-200}, connections: 2}
rules:
  - {metric: rss_p95, max_increase_percent: 1000%}
  - {metric: cpu_per_request, max_increase_percent: 100000%}
  - {metric: p99, max_increase_percent: 100000%}
YAML
}

tool() {
    # shellcheck disable=SC2016 # memgate puts them in
    sed -i 's|^    load: .*|    load: {driver: command, output: hey, count: 200, warmup: 20, command: [hey, -n, "${COUNT}", -c, "${CONNECTIONS}", "http://${ADDR}/work"]}|' "$repo/memgate.yaml"
}

groups() {
    find /sys/fs/cgroup -type d -name 'memgate-*' 2> /dev/null || true
}

# nothing_left NAME: groups are gone, at the latest a few seconds after their processes.
nothing_left() {
    local tries=0
    while [ -n "$(groups)" ] && [ "$tries" -lt 50 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    [ -z "$(groups)" ] || fail "$1: groups are left: $(groups)"
}

# interrupted SIGNAL: memgate gets it while a service runs in its group.
interrupted() {
    local signal=$1 tries=0 pid
    # What a killed memgate cannot remove goes with the rest.
    (cd "$repo" && TMPDIR=$work exec "$memgate" run --base main --head main --policy-from work-tree \
        --always-measure -o "$work/out") > "$work/stdout" 2> "$work/stderr" &
    pid=$!
    while [ -z "$(groups)" ] || ! grep -q 'steady trial' "$work/stderr"; do
        sleep 0.1
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || break
    done
    [ -n "$(groups)" ] || fail "$signal: no group was ever there"
    kill -"$signal" "$pid"
    wait "$pid" || true
    nothing_left "$signal"
    echo "== $signal: nothing left"
}

# read_only LIMITS: as in a container, whose groups can be seen and not changed.
read_only() {
    local plain=$memgate
    [ "$(id -u)" = 0 ] || return 0
    cat > "$work/read-only" <<SH
#!/bin/sh
exec unshare --mount sh -c 'for at in \$(awk "\\\$3 ~ /^cgroup/ {print \\\$2}" /proc/self/mounts); do
    mount -o remount,bind,ro "\$at" || exit 9
done
exec "\$0" "\$@"' "$plain" "\$@"
SH
    chmod +x "$work/read-only"
    memgate=$work/read-only
    policy none "$1"
    row "read-only" 3 \
        '^  INVALID service\.limits: cannot make the control group .*: Read-only file system; .*writable /sys/fs/cgroup' \
        main main
    memgate=$plain
}

limited() {
    local held=', limits: {memory: 64MiB, cpus: 1.5, cpuset: "0"}'
    policy none "$held"
    row "held" 0 '^  limits  64 MiB of memory, 1.5 CPUs, only CPUs 0 \(control groups, version [12]\)' \
        main main
    grep -q '"memory_bytes": 67108864' "$work/out/recording/manifest.json" || fail "the manifest does not say it"
    # Three quarters where the collector is held, and the service's own affair elsewhere.
    grep -q 'GOMEMLIMIT=50331648B;' "$work/out/recording/scenario-1/candidate/exact-1/output.txt" ||
        fail "the collector does not know of the limit"
    grep -q 'GOMEMLIMIT=;' "$work/out/recording/scenario-1/candidate/steady-1/output.txt" ||
        fail "the collector is held in the steady phase"
    /usr/bin/python3 - "$root/config/verdict.schema.json" "$work/out/verdict.json" <<'PY' || fail "verdict.json"
import json
import sys

import jsonschema

schema, verdict = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.Draft202012Validator(schema).validate(verdict)
measured = verdict["scenarios"][0]["measured"]
assert measured["limits"]["memory_bytes"] == 64 << 20 and measured["limits"]["cpuset"] == "0", measured["limits"]
assert measured["machine"]["load_average_max"] >= measured["machine"]["load_average_min"], measured["machine"]
PY
    (cd "$work" && "$memgate" check "$work/out") > "$work/again"
    cmp -s "$work/stdout" "$work/again" || fail "the recording gives another report"
    nothing_left "held"
    row "more than its memory" 3 \
        '^  INVALID candidate \(exact trial 1\): was killed by its memory limit of 64 MiB' main hog
    nothing_left "more than its memory"
    tool
    row "held under a load tool" 0 '^  limits  64 MiB of memory, 1.5 CPUs, only CPUs 0' main main
    nothing_left "held under a load tool"
    policy child "$held"
    row "a child of it" 3 '^  INVALID .*killed by its memory limit' main main
    nothing_left "a child of it"
    if [ "$(id -u)" = 0 ]; then
        policy nest "$held"
        row "a group of its own" 0 '^  limits  64 MiB' main main
        nothing_left "a group of its own"
    fi
    policy none ', limits: {cpus: 0.1}' 2000
    row "a tenth of a CPU" 0 \
        '^  note    the quota of service\.limits\.cpus held the service back for up to [0-9.]+ s of a trial' \
        main main
    nothing_left "a tenth of a CPU"
    policy none ', limits: {cpuset: "4095"}'
    row "no such CPU" 3 '^  INVALID service\.limits: the service cannot be held to CPUs 4095' main main
    nothing_left "no such CPU"
    read_only "$held"
    policy none "$held" 100000
    interrupted INT
    interrupted KILL
}

# A listener of the machine's, which a service that is apart must not reach.
listen_outside() {
    /usr/bin/python3 -c '
import socket, sys, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(600)
' > "$work/port" &
    listener=$!
    trap 'kill "$listener" 2> /dev/null || true; rm -rf "$work"' EXIT
    while [ ! -s "$work/port" ]; do
        sleep 0.05
    done
    outside=127.0.0.1:$(cat "$work/port")
}

isolated() {
    row "apart" 0 '^  alone   a network with nothing but a loopback' main main --isolate
    grep -q '"network": true' "$work/out/recording/manifest.json" || fail "the manifest does not say it"
    (cd "$work" && "$memgate" check "$work/out") > "$work/again"
    cmp -s "$work/stdout" "$work/again" || fail "the recording gives another report"
    row "not apart" 3 '^  INVALID baseline .*exited with status 1' main main
    # In a user namespace that may make no network of its own.
    local plain=$memgate
    cat > "$work/forbidden" <<SH
#!/bin/sh
exec unshare --user --map-root-user sh -c 'echo 0 > /proc/sys/user/max_net_namespaces && exec "\$0" "\$@"' "$plain" "\$@"
SH
    chmod +x "$work/forbidden"
    memgate=$work/forbidden
    row "forbidden" 3 'INVALID --isolate: cannot make a network namespace: .*leave --isolate out' \
        main main --isolate
    memgate=$plain
}

service_repo "$here/service"
git_in checkout -q -b hog
sed -i 's/keepBytes = 0/keepBytes = 1 << 20/' "$repo/side.go"
git_in commit -q -a -m hog
git_in checkout -q main

policy none ', limits: {memory: 64MiB}'
code=0
(cd "$repo" && "$memgate" run --base main --head main --policy-from work-tree --always-measure \
    --quick -o "$work/out") > "$work/stdout" 2> "$work/stderr" || code=$?
if [ "$code" = 3 ] && grep -q 'INVALID service.limits: .*or leave service.limits out' "$work/stdout"; then
    echo "== limits are refused here, and say so"
    grep INVALID "$work/stdout"
else
    [ "$code" = 0 ] || fail "limits: exit $code"
    limited
fi
listen_outside
policy look ''
code=0
(cd "$repo" && "$memgate" run --base main --head main --policy-from work-tree --always-measure \
    --quick --isolate -o "$work/out") > "$work/stdout" 2> "$work/stderr" || code=$?
if [ "$code" = 3 ] && grep -q 'INVALID --isolate: .*or leave --isolate out' "$work/stdout"; then
    echo "== namespaces are refused here, and it is said"
    grep INVALID "$work/stdout"
else
    [ "$code" = 0 ] || fail "--isolate: exit $code $(cat "$work/stdout" "$work/stderr")"
    isolated
fi
finish
