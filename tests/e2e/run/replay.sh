#!/usr/bin/env bash
# replay.sh MEMGATE: `check` of a recording gives the bytes of the run's verdict, whatever the
# directory, locale, time zone, umask and hash seed; and verdict.json fits its schema.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"
memgate=$(realpath "$1")

example_repo "$work/repo"
example_branch "$work/repo" map-no-hint
cd "$work/repo"
code=0
"$memgate" run --quick --base main --head change/map-no-hint -o "$work/out" > "$work/stdout" \
    2> "$work/stderr" || code=$?
[ "$code" = 1 ] || { fail "run gave exit $code, not 1"; cat "$work/stderr"; }
cmp "$work/stdout" "$work/out/report.txt" || fail "stdout is not report.txt"

cp -R "$work/out" "$work/moved"
for setting in "LC_ALL=C" "LC_ALL=de_DE.UTF-8" "TZ=Asia/Tokyo" "MEMGATE_HASH_SEED=1" \
    "MEMGATE_HASH_SEED=18446744073709551615" "UMASK=077"; do
    for pair in "json verdict.json" "markdown report.md" "text report.txt"; do
        read -r format file <<< "$pair"
        code=0
        (
            cd /
            [ "$setting" = "UMASK=077" ] && umask 077
            env "$setting" "$memgate" check "$work/moved" --format "$format" > "$work/again"
        ) || code=$?
        [ "$code" = 1 ] || fail "$setting: check --format $format gave exit $code"
        cmp "$work/again" "$work/out/$file" || fail "$setting: $file differs"
    done
done

/usr/bin/python3 - "$root/config/verdict.schema.json" "$work/out/verdict.json" <<'PY' || fail "schema"
import json
import sys

import jsonschema

schema, verdict = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(verdict)
assert verdict["verdict"] == "blocked" and verdict["exit_code"] == 1, verdict["verdict"]
PY

# A recording that was touched is refused, never judged.
sed -i 's/1/2/' "$work/moved/recording/scenario-1/candidate/exact-1/trial.json"
code=0
"$memgate" check "$work/moved" > "$work/again" 2> "$work/stderr" || code=$?
[ "$code" = 3 ] || fail "a changed recording gave exit $code, not 3"
[ ! -s "$work/again" ] || fail "a changed recording printed a report"
finish
