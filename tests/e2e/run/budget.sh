#!/usr/bin/env bash
# budget.sh MEMGATE: on two cores and beyond the builds, the memory verdict of the example takes at
# most 20 s, the full run at most 120 s, and memgate itself uses less than 5 % of the full run.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"
memgate=$(realpath "$1")

example_repo "$work/repo"
example_branch "$work/repo" comment-only
cd "$work/repo"

# figure FILE PATTERN: what the first group of the pattern holds on the first line that matches.
figure() {
    sed -n "s/$2/\\1/p" "$1" | head -n 1
}

for row in "--quick 20" "--output=$work/out 120"; do
    read -r option limit <<< "$row"
    code=0
    "$memgate" run "$option" --base main --head change/comment-only > "$work/stdout" \
        2> "$work/stderr" || code=$?
    [ "$code" = 0 ] || { fail "$option: exit $code"; cat "$work/stdout" "$work/stderr"; }
    grep 'time:' "$work/stderr"
    wall=$(figure "$work/stderr" '.*time: \([0-9.]*\) s in all.*')
    base=$(figure "$work/stderr" '.*build \([0-9.]*\) + .*')
    cand=$(figure "$work/stderr" '.*build [0-9.]* + \([0-9.]*\) s.*')
    share=$(figure "$work/stderr" '.*CPU (\([0-9.]*\) %).*')
    awk -v w="$wall" -v b="$base" -v c="$cand" -v l="$limit" 'BEGIN {exit !(w - b - c <= l)}' ||
        fail "$option: $wall s less builds of $base and $cand s is over $limit s"
    [ "$option" = --quick ] ||
        awk -v s="$share" 'BEGIN {exit !(s < 5)}' || fail "memgate itself used $share % of the run"
done
finish
