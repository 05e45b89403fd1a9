#!/usr/bin/env bash
# cases.sh MEMGATE CASES [NAME...]: pairs of published module versions; each must get the verdict of
# its case.yaml, and a failing one must name the first culprit listed there.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"
memgate=$(realpath "$1")
cases=$2
shift 2
if [ ! -d "$cases" ]; then
    echo "SKIP: $cases is not there"
    exit 77
fi
[ $# -gt 0 ] || set -- "$cases"/*/case.yaml

for name in "$@"; do
    name=${name%/case.yaml}
    name=${name##*/}
    want=$(sed -n 's/^  verdict: *//p' "$cases/$name/case.yaml")
    # The names listed as culprits, without their remarks ("(inlined)", "(inuse)").
    culprits=$(sed -n '/^  culprits:/,/^  magnitude:/s/^    - "\([^ "]*\).*/\1/p' "$cases/$name/case.yaml" | tr '\n' ' ')
    "$cases/mkrepo.sh" "$name" "$work/$name" > /dev/null
    code=0
    start=$SECONDS
    (cd "$work/$name" && "$memgate" run --base base --head candidate --policy-from base \
        -o "$work/out-$name") > "$work/stdout" 2> "$work/stderr" || code=$?
    echo "== $name: want $want, exit $code, $((SECONDS - start)) s"
    case $want in
    pass) want_code=0 ;;
    *) want_code=1 ;;
    esac
    if [ "$code" != "$want_code" ]; then
        fail "$name: exit $code, not $want_code"
        cat "$work/stdout" "$work/stderr"
        continue
    fi
    sed -n '1p' "$work/stdout"
    [ "$want_code" = 1 ] || continue
    # shellcheck disable=SC2086 # the names are words
    /usr/bin/python3 - "$work/out-$name/verdict.json" $culprits <<'PY' || fail "$name: culprits are not $culprits"
import json
import sys

verdict, wanted = json.load(open(sys.argv[1])), sys.argv[2:]
regressions = [f for s in verdict["scenarios"] for f in s["findings"] if f["verdict"] == "regression"]
worst = regressions[0]["culprits"]
for culprit in worst:
    print("   culprit: %(func)s %(file)s:%(line)s %(kind)s via %(via)s" % culprit)
# The worst finding begins with one of the true culprits and names the first of them.
sys.exit(0 if worst[0]["func"] in wanted and wanted[0] in [c["func"] for c in worst] else 1)
PY
done
finish
