#!/usr/bin/env bash
# plain.sh MEMGATE HEAPGEN: two plain profiles with their executables tell kinds, whatever their
# form and however they were linked; an executable of another build is refused.
set -euo pipefail
memgate=$1 source=$2
command -v go >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOTOOLCHAIN=local GOPROXY=off GOWORK=off GOENV=off GOFLAGS=-buildvcs=false

fail() {
    printf 'plain: %s\n' "$*" >&2
    exit 1
}

build() { # NAME FLAGS...: $work/NAME with profiles NAME.pb.gz and NAME_debug1.txt at rate 1
    local name=$1
    shift
    (cd "$source" && go build -o "$work/$name" "$@" .)
    "$work/$name" "$work" "$name" 1 2>/dev/null
}

kinds() { # PROFILE EXE: "kind percent" of what the program allocated
    "$memgate" check "$1" "$1" --base-binary "$2" --cand-binary "$2" |
        sed -n 's/^ *kinds  *//p' | sed 's/ % of the candidate.*//; s/ %, /\n/g'
}

refused() { # MESSAGE PROFILE EXE
    local rc=0
    "$memgate" diff "$2" "$2" --base-binary "$3" --cand-binary "$3" >"$work/out" 2>"$work/err" || rc=$?
    [ "$rc" = 2 ] || fail "$3 on $2: exit $rc, not 2"
    grep -q "$1" "$work/err" || fail "$3 on $2: $(cat "$work/err")"
    [ ! -s "$work/out" ] || fail "$3 on $2: a table all the same"
}

build exe
build pie -buildmode=pie
build stripped -trimpath -ldflags='-s -w'
for profile in exe.pb.gz exe_debug1.txt pie.pb.gz stripped.pb.gz stripped_debug1.txt; do
    exe=$work/${profile%%[._]*}
    kinds "$work/$profile" "$exe" >"$work/kinds"
    grep -q '^unknown' "$work/kinds" && fail "$profile: $(grep '^unknown' "$work/kinds") % unknown"
    # Of 3.7 MB fill puts 1.4 MB into maps, keep 2.2 MB into slices.
    awk '$1 == "map" && $2 > 30 { map = 1 } $1 == "slice" && $2 > 50 { slice = 1 }
        END { exit !(map && slice) }' "$work/kinds" || fail "$profile: $(cat "$work/kinds")"
done
"$memgate" check "$work/exe.pb.gz" "$work/exe.pb.gz" | grep -q 'kinds *unknown 9[0-9]' ||
    fail "without an executable the kinds must be unknown"

refused 'position-independent' "$work/pie_debug1.txt" "$work/pie"
refused 'build id' "$work/exe.pb.gz" "$work/pie"
refused 'another program or build' "$work/exe_debug1.txt" "$(go env GOROOT)/bin/gofmt"

# Files of a side are bounded by the samples they have in all; one file is not.
many() { # FILE SHIFT: 120,000 samples in Go's text
    awk -v shift="$2" 'BEGIN {
        n = 120000
        printf "heap profile: %d: %d [%d: %d] @ heap/1\n", n, n * 64, n, n * 64
        for (i = 0; i < n; i++) printf "1: 64 [1: 64] @ 0x%x\n", 4194304 + 16 * (i + shift)
    }' >"$1"
}
many "$work/many1" 1
many "$work/many2" 2
rc=0
"$memgate" diff --base "$work/many1" --base "$work/many2" --cand "$work/many1" \
    >"$work/out" 2>"$work/err" || rc=$?
[ "$rc" = 2 ] || fail "too many samples: exit $rc, not 2: $(head -c 300 "$work/err")"
grep -q '2 files have 240000 samples in all, more than 200000' "$work/err" || fail "$(cat "$work/err")"
