#!/usr/bin/env bash
# trace.sh DUMP FOLDER: every figure that DUMP reads out of traces of Go 1.22 and later, over one
# generation and over several, with and without a CPU profile, is that of golang.org/x/exp/trace,
# to the nanosecond. With MEMGATE_TEST_ALL_GO by every pinned release.
set -euo pipefail
dump=$(realpath "$1")
mkdir -p "$2"
folder=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
export GOFLAGS='' GOWORK=off GOTOOLCHAIN=local CGO_ENABLED=0

fail() {
    printf 'trace: %s\n' "$*" >&2
    exit 1
}

# go_of PATH ARG...: that go, which would take another's GOROOT from the environment.
go_of() {
    local go=$1
    shift
    env -u GOROOT "$go" "$@"
}

# needs NAME FIGURE...: a trace without them would agree by saying nothing.
needs() {
    local name=$1 figure
    shift
    for figure in "$@"; do
        grep -qE " $figure [1-9]" "$folder/$name.have" || fail "$name: the trace has no $figure"
    done
}

# compare NAME PROGRAM ARG...: one trace by both.
compare() {
    local name=$1 file=$folder/$1.trace
    shift
    "$@" -o "$file" > "$folder/$name.said" || fail "$name: no trace"
    "$folder/tracesum" "$file" | LC_ALL=C sort > "$folder/$name.want" ||
        fail "$name: x/exp/trace reads no figures"
    "$dump" "$file" 2> "$folder/$name.talk" | LC_ALL=C sort > "$folder/$name.have" ||
        fail "$name: memgate reads no figures: $(cat "$folder/$name.talk")"
    diff "$folder/$name.want" "$folder/$name.have" > "$folder/$name.diff" ||
        fail "$name: memgate (>) and x/exp/trace (<) differ: $(head -n 20 "$folder/$name.diff")"
    printf '%s: %d figures equal; %s\n' "$name" "$(wc -l < "$folder/$name.have")" \
        "$(cut -d: -f2- < "$folder/$name.talk")"
    rm "$file"
}

# shellcheck disable=SC2086
releases=$(bash "$here/../../scripts/go_releases.sh" ${MEMGATE_TEST_ALL_GO:+--all})
newest=$(tail -n 1 <<< "$releases" | cut -d' ' -f2)
(cd "$here/tracesum" && go_of "$newest" build -trimpath -o "$folder/tracesum" .)
compared=0
while read -r version go; do
    minor=${version#1.}
    minor=${minor%%.*}
    program=$folder/tracegen-$version
    if [ "$minor" -lt 22 ]; then
        continue
    fi
    (cd "$here/tracegen" && go_of "$go" build -trimpath -o "$program" .)
    compare "go$version" "$program" -for 300ms
    compare "go$version-generations" "$program" -for 1700ms -cpu
    needs "go$version-generations" gc_stops other_stops assists gc_active wait.sync wait.channel \
        wait.network wait.earlier syscalls scheduling
    compared=$((compared + 1))
done <<< "$releases"
[ "$compared" -ge 3 ] || fail "only $compared releases have traces that can be read"
