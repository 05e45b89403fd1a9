#!/usr/bin/env bash
# same_binary.sh MEMGATE: the example against itself, ten times measured all the same, three times in
# full and seven times with --quick: exit 0 each time, and the exact phase differs by less than
# 0.01 % in every function of the request path.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"
memgate=$(realpath "$1")
runs=10

example_repo "$work/repo"
cd "$work/repo"
for run in $(seq "$runs"); do
    code=0
    options=(--quick)
    [ "$run" -gt 3 ] || options=()
    "$memgate" run "${options[@]}" --base main --head main --always-measure -o "$work/out" \
        > "$work/stdout" 2> "$work/stderr" || code=$?
    [ "$code" = 0 ] || { fail "run $run: exit $code"; cat "$work/stdout" "$work/stderr"; }
    head -n 1 "$work/stdout"
    grep 'memgate: time' "$work/stderr" || fail "run $run: does not say where the time went"
    "$memgate" diff "$work/out" --top 0 --format json > "$work/diff.json"
    # Functions of the example's own module, which the requests run through.
    worst=$(/usr/bin/python3 - "$work/diff.json" <<'PY'
import json
import sys

worst = (0, "")
for function in json.load(open(sys.argv[1]))["scenarios"][0]["functions"]:
    if function["func"].startswith("example.com/orders/") and function["base"] >= 16:
        worst = max(worst, (abs(function["delta"]) / function["base"], function["func"]))
print("%.6f %s" % (100 * worst[0], worst[1]))
PY
)
    echo "run $run (${options[0]:-full}): worst function of the request path differs by $worst %"
    /usr/bin/python3 -c 'import sys; sys.exit(float(sys.argv[1].split()[0]) >= 0.01)' "$worst" ||
        fail "run $run: $worst % is not below 0.01 %"
done
finish
