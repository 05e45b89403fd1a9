#!/usr/bin/env bash
# Puts the pinned Go releases of the tests into build/tools/go/<version> (below the folder that
# MEMGATE_TOOLS names), and prints "<version> <path of its go>" for each. They are modules
# (golang.org/toolchain) that the go in PATH downloads and verifies like any other: GOPROXY and
# GOSUMDB hold. What is there already is kept. One that cannot be had is a failure.
#
#   scripts/go_releases.sh            the oldest, one with bucket maps, one with Swiss maps, the newest
#   scripts/go_releases.sh --all      every pinned release
#   scripts/go_releases.sh 1.27.4...  these
#   scripts/go_releases.sh --list     only the versions of --all, oldest first, "default" behind some
#   scripts/go_releases.sh --clean    removes them
set -euo pipefail
export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}

# The pinned versions, in this place alone, oldest first: the last one of each minor release.
RELEASES=(1.19.4 1.20.14 1.21.13 1.22.12 1.23.12 1.24.13 1.25.14 1.26.8 1.27.4)
DEFAULTS=(1.19.4 1.22.12 1.25.14 1.27.4)

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FOLDER=${MEMGATE_TOOLS:-$ROOT/build/tools}/go

die() {
    printf 'go_releases: %s\n' "$*" >&2
    exit 1
}

architecture() {
    case $(uname -m) in
    x86_64) printf 'amd64\n' ;;
    aarch64) printf 'arm64\n' ;;
    *) die "no pinned Go for a $(uname -m) machine. Next: run this on amd64 or arm64" ;;
    esac
}

# Prints the folder of the module in the module cache, downloading it when needed.
module_folder() {
    local module answer folder
    module="golang.org/toolchain@v0.0.1-go$1.linux-$(architecture)"
    answer=$(cd / && GOFLAGS='' GOWORK=off GOTOOLCHAIN=local go mod download -json "$module") ||
        die "$module: $(jq -r '.Error // "no reason given"' <<<"$answer" 2>/dev/null || true)." \
            "Next: check that the Go module proxy is reached (go env GOPROXY)"
    folder=$(jq -r .Dir <<<"$answer")
    [ -d "$folder" ] || die "$module: not in the module cache after its download. Next: go clean -modcache"
    printf '%s\n' "$folder"
}

# Modules are stored read-only and without the bit that makes a file a program. Source is shared
# with the cache where the file system allows, programs are copied.
install_release() {
    local version=$1 target=$FOLDER/$1 folder program
    [ -e "$target/.installed" ] && return
    printf 'go_releases: installing go%s\n' "$version" >&2
    folder=$(module_folder "$version")
    remove "$target"
    mkdir -p "$FOLDER"
    cp -R --link "$folder" "$target" 2>/dev/null || {
        remove "$target"
        cp -R "$folder" "$target"
    }
    find "$target" -type d -exec chmod u+w {} +
    for program in "$target"/bin/* "$target"/pkg/tool/*/*; do
        cp --remove-destination "$folder/${program#"$target"/}" "$program"
        chmod u+w,a+x "$program"
    done
    [ "$(GOTOOLCHAIN=local "$target/bin/go" env GOVERSION)" = "go$version" ] ||
        die "$target/bin/go does not run. Next: scripts/go_releases.sh --clean, and run this again"
    touch "$target/.installed"
}

remove() {
    [ -e "$1" ] || return 0
    find "$1" -type d -exec chmod u+w {} +
    rm -rf "$1"
}

is_default() {
    [[ " ${DEFAULTS[*]} " == *" $1 "* ]]
}

main() {
    local version
    case ${1-} in
    --list)
        for version in "${RELEASES[@]}"; do
            is_default "$version" && printf '%s default\n' "$version" || printf '%s\n' "$version"
        done
        return
        ;;
    --clean)
        remove "$FOLDER"
        return
        ;;
    --all) set -- "${RELEASES[@]}" ;;
    "") set -- "${DEFAULTS[@]}" ;;
    -*) die "unknown option $1 (known: --all --list --clean)" ;;
    esac
    command -v go >/dev/null || die "go is missing. Next: scripts/install.sh"
    for version in "$@"; do
        [[ " ${RELEASES[*]} " == *" $version "* ]] || die "$version is not pinned (pinned: ${RELEASES[*]})"
        install_release "$version"
        printf '%s %s\n' "$version" "$FOLDER/$version/bin/go"
    done
}

main "$@"
