#!/usr/bin/env bash
# Builds the program with a pinned Go release in every way that matters, and checks each result.
#   run.sh CHECK WORK RELEASE kinds          all variants; releases that are not default only with
#                                            MEMGATE_TEST_ALL_GO, and the middle ones of them in part
#   run.sh CHECK WORK RELEASE calls GOARCH [go build flags...]
set -euo pipefail
check=$1 work=$2 release=$3 mode=$4
shift 4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
releases=$here/../../../scripts/go_releases.sh
source=$here/program
minor=$(cut -d. -f2 <<<"$release")

# Rows: variant, environment, go build flags.
VARIANTS=(
    "plain        CGO_ENABLED=0"
    "trimpath     CGO_ENABLED=0 -trimpath"
    "stripped     CGO_ENABLED=0 -ldflags=-s\ -w"
    "pie          CGO_ENABLED=0 -buildmode=pie"
    "pie-stripped CGO_ENABLED=0 -buildmode=pie -trimpath -ldflags=-s\ -w"
    "unoptimised  CGO_ENABLED=0 -gcflags=all=-N\ -l"
    "cgo          CGO_ENABLED=1 -tags=attribution_cgo -ldflags=-linkmode=external"
    "pgo          CGO_ENABLED=0 -pgo=default.pgo"
    "arm64        CGO_ENABLED=0"
)

die() {
    printf 'attribution: %s\n' "$*" >&2
    exit 1
}

# A list that is read whole: `grep -q` behind a pipe would end its writer, and pipefail with it.
mapfile -t pinned < <(bash "$releases" --list)
[ ${#pinned[@]} -gt 1 ] || die "scripts/go_releases.sh --list gives no releases"

is_default() {
    [[ " ${pinned[*]/ default/+} " == *" $release+ "* ]]
}

is_first_or_last() {
    [ "$release" = "${pinned[0]% default}" ] || [ "$release" = "${pinned[-1]% default}" ]
}

# With all releases asked for, or at the ends of their range, every variant that the release has.
variant_runs() {
    case $1 in
    pgo) [ "$minor" -ge 21 ] || return 1 ;;
    arm64) is_first_or_last && [ "$(uname -m)" != aarch64 ] || return 1 ;;
    esac
    [ -n "${MEMGATE_TEST_ALL_GO-}" ] && return
    is_first_or_last && return
    [ "$1" = plain ] || [ "$1" = pie-stripped ] || [ "$1" = cgo ]
}

build() {
    (cd "$source" && "$go" build -o "$@" .)
}

# Sets `runner` to what runs a program of the variant on this machine, and prepares its inputs.
prepare() {
    runner=()
    unset GOARCH
    case $1 in
    arm64)
        command -v qemu-aarch64 >/dev/null || die "qemu-aarch64 is missing. Next: scripts/install.sh"
        export GOARCH=arm64
        runner=(qemu-aarch64)
        ;;
    pgo)
        build "$work/exe.cpu"
        "$work/exe.cpu" -cpu "$work/default.pgo"
        ;;
    esac
}

# run_variant NAME ENVIRONMENT FLAGS...
run_variant() {
    local name=$1 exe=$work/exe.$1
    export "${2?}"
    shift 2
    prepare "$name"
    build "$exe" "${@/#-pgo=/-pgo=$work/}"
    GODEBUG=memprofilerate=1 "${runner[@]}" "$exe" "$work/$name.pb.gz" "$work/$name.truth"
    "$check" kinds "$exe" "$work/$name.pb.gz" "$work/$name.truth"
}

run_kinds() {
    local row name code failed=0
    local -a words
    for row in "${VARIANTS[@]}"; do
        # A backslash keeps a blank inside a flag.
        # shellcheck disable=SC2162
        read -a words <<<"$row"
        name=${words[0]}
        variant_runs "$name" || continue
        printf -- '-- go%s %s\n' "$release" "$name"
        # errexit does not hold inside a condition, so a variant runs in a shell of its own.
        set +e
        (
            set -e
            run_variant "${words[@]}"
        )
        code=$?
        set -e
        [ "$code" -eq 0 ] && continue
        printf 'FAILED go%s %s\n' "$release" "$name"
        failed=1
    done
    return "$failed"
}

run_calls() {
    local exe=$work/exe
    export CGO_ENABLED=0 GOARCH=$1
    shift
    build "$exe" "$@"
    # Our own functions and what they lean on, not the whole runtime: the listing is slow.
    "$go" tool objdump -s '^(main|strings|strconv|reflect|fmt|os|bytes|runtime/pprof)\.' "$exe" \
        >"$work/listing"
    "$check" calls "$exe" "$work/listing"
    # Without .symtab the same code must give the same names out of .gopclntab.
    build "$exe" -ldflags='-s -w' "$@"
    "$check" calls "$exe" "$work/listing"
}

[ -n "${MEMGATE_TEST_ALL_GO-}" ] || is_default || exit 77
go=$(bash "$releases" "$release")
go=${go#* }
# What an earlier run left must not stand in for what this one fails to make.
rm -rf "$work"
mkdir -p "$work"
# Nothing else is downloaded, and the user's settings do not matter.
export GOTOOLCHAIN=local GOPROXY=off GOWORK=off GOENV=off GOFLAGS=-buildvcs=false
case $mode in
kinds) run_kinds ;;
calls) run_calls "$@" ;;
*) die "unknown mode $mode" ;;
esac
