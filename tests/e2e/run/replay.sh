#!/usr/bin/env bash
# replay.sh MEMGATE: `check` of a recording gives the bytes of the run's reports in every format,
# whatever the hash seed, locale, time zone, umask, working directory, environment and memory
# layout; and verdict.json fits its schema.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"
memgate=$(realpath "$1")

# Short, but with each phase and all that is printed of it.
example_repo "$work/repo"
example_branch "$work/repo" map-no-hint
cd "$work/repo"
sed -i -e 's/warmup: .*/warmup: 60/' -e 's/count: .*/count: 240/' \
    -e 's/^trials: .*/trials: {exact: 2, steady: 2, duet: 2, max: 2}/' memgate.yaml
# What is claimed is of the replay: a load this short may not be delivered on a busy machine, and is
# then taken again. Whatever else leaves no verdict is a failure at once.
busy='requests per second were delivered|this machine is too busy to measure'
for try in 1 2 3; do
    code=0
    "$memgate" run --base main --head change/map-no-hint --policy-from work-tree -o "$work/out" \
        > "$work/stdout" 2> "$work/stderr" || code=$?
    [ "$code" = 3 ] || break
    echo "== run $try gave no verdict:"
    grep -hE '^memgate|INVALID' "$work/stdout" "$work/stderr" | sort -u || true
    # Each reason must be that one: a second one beside it is not the machine.
    reasons=$(grep -hE '^ *INVALID' "$work/stdout" || true)
    if [ -z "$reasons" ] || grep -qvE "$busy" <<< "$reasons"; then
        break
    fi
done
[ "$code" = 1 ] || { fail "run gave exit $code, not 1"; cat "$work/stdout" "$work/stderr"; finish; }
cmp "$work/stdout" "$work/out/report.txt" || fail "stdout is not report.txt"
[ -d "$work/out/recording/scenario-1/candidate/duet-2" ] || fail "the run has no duet"
cp -R "$work/out" "$work/moved"
mkdir "$work/empty" "$work/again" "$work/locale"

# memgate itself never calls setlocale, so that a locale can change bytes only through a library that
# does; the rows of it are for that day. Where 1,5 is a number and where "i" has another capital; made here, since few machines have them.
for name in de_DE tr_TR; do
    localedef -i "$name" -f UTF-8 "$work/locale/$name.UTF-8" > "$work/localedef" 2>&1 ||
        { fail "localedef $name"; cat "$work/localedef"; }
done
comma=$(LOCPATH=$work/locale LC_ALL=de_DE.UTF-8 bash -c 'printf "%.1f" 1,5' 2> /dev/null) || true
[ "$comma" = "1,5" ] || fail "the locale de_DE.UTF-8 does nothing here: $comma"

# The name of the file that run wrote of each format that check knows.
declare -A files=([text]=report.txt [markdown]=report.md [json]=verdict.json)
known=$("$memgate" check "$work/moved" --format none 2>&1 | sed -n 's/.*known: //p') || true
read -r -a formats <<< "$known"
[ "${#formats[@]}" -gt 0 ] || fail "check knows no format"

# A row: the directory, the umask, then the command that sets the rest and runs what follows it.
rows=(
    ". 022 env"
    "/ 022 env LC_ALL=C"
    "/ 022 env LOCPATH=$work/locale LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8"
    "/ 022 env LOCPATH=$work/locale LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8"
    "/ 022 env LC_ALL=no_SUCH.locale"
    "/ 022 env TZ=Asia/Tokyo"
    "/ 022 env TZ=America/St_Johns"
    "/ 077 env"
    "/ 000 env"
    "$work/empty 022 env"
    "$work/moved 022 env"
    "/ 022 env -u HOME"
    "/ 022 env HOME=/nonexistent USER=nobody"
    "/ 022 env -i"
    "/ 022 env MEMGATE_HASH_SEED=0"
    "/ 022 env MEMGATE_HASH_SEED=1"
    "/ 022 env MEMGATE_HASH_SEED=18446744073709551615"
    "/ 022 env TERM=dumb NO_COLOR=1 COLUMNS=20"
    "/ 022 env CI=true GITHUB_ACTIONS=true GITHUB_BASE_REF=main"
    "/ 022 env MALLOC_PERTURB_=165 MALLOC_ARENA_MAX=1"
)
# Addresses differ from run to run already; where the kernel may be asked, they are fixed once.
if setarch -R true 2> /dev/null; then
    rows+=("/ 022 setarch -R")
fi

# replay ROW: every format on stdout, and the files of -o, are those of the run.
replay() {
    local row=$1 dir mask format code file
    local -a setting
    read -r dir mask setting <<< "$row"
    read -r -a setting <<< "$setting"
    for format in "${formats[@]}"; do
        file=${files[$format]:-}
        if [ -z "$file" ]; then
            fail "no file of run is known for format $format: add it to this test"
            continue
        fi
        code=0
        (cd "$dir" && umask "$mask" &&
            "${setting[@]}" "$memgate" check "$work/moved" --format "$format") \
            > "$work/again/stdout" 2> "$work/again/stderr" < /dev/null || code=$?
        [ "$code" = 1 ] || fail "$row: check --format $format gave exit $code"
        [ ! -s "$work/again/stderr" ] || fail "$row: check says $(cat "$work/again/stderr")"
        cmp "$work/again/stdout" "$work/out/$file" || fail "$row: $file differs"
    done
    code=0
    (cd "$dir" && umask "$mask" &&
        "${setting[@]}" "$memgate" check "$work/moved" -o "$work/again/out") > /dev/null || code=$?
    [ "$code" = 1 ] || fail "$row: check -o gave exit $code"
    diff -r -x recording -x .gitignore "$work/out" "$work/again/out" || fail "$row: -o differs"
    rm -rf "$work/again/out"
}

for row in "${rows[@]}"; do
    replay "$row"
done
echo "${#rows[@]} settings x ${#formats[@]} formats"

# What compares two things has no report of a run to be held against: every hash seed gives the bytes
# of the first one. A pair of recordings, plain profiles, and diff, with the exit code of each.
cp "$work/moved/recording/scenario-1/baseline/exact-1/end.pb.gz" "$work/base.pb.gz"
cp "$work/moved/recording/scenario-1/candidate/exact-1/end.pb.gz" "$work/cand.pb.gz"
commands=(
    "0,4 check $work/moved $work/out"
    "0 diff $work/moved"
    "0 diff $work/moved/recording $work/out/recording"
    "1 check $work/base.pb.gz $work/cand.pb.gz"
    "0 diff $work/base.pb.gz $work/cand.pb.gz"
)
for row in "${commands[@]}"; do
    read -r want arguments <<< "$row"
    read -r -a arguments <<< "$arguments"
    for seed in 0 1 2 18446744073709551615; do
        code=0
        MEMGATE_HASH_SEED=$seed "$memgate" "${arguments[@]}" > "$work/again/seed-$seed" \
            2> "$work/stderr" < /dev/null || code=$?
        [[ ",$want," = *",$code,"* ]] || fail "$row: seed $seed gave exit $code: $(cat "$work/stderr")"
        [ -s "$work/again/seed-$seed" ] || fail "$row: seed $seed printed nothing"
        cmp "$work/again/seed-0" "$work/again/seed-$seed" || fail "$row: seed $seed differs"
    done
    echo "${arguments[0]} of $((${#arguments[@]} - 1)): exit $code"
done

# A relative path, from the directory itself.
code=0
(cd "$work/moved/recording" && "$memgate" check .) > "$work/again/stdout" || code=$?
[ "$code" = 1 ] || fail "a relative path gave exit $code"
cmp "$work/again/stdout" "$work/out/report.txt" || fail "a relative path: report.txt differs"

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
"$memgate" check "$work/moved" > "$work/again/stdout" 2> "$work/stderr" || code=$?
[ "$code" = 3 ] || fail "a changed recording gave exit $code, not 3"
[ ! -s "$work/again/stdout" ] || fail "a changed recording printed a report"
finish
