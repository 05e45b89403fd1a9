#!/usr/bin/env bash
# Builds the pinned tools that only tests of the GitHub action use, into build/tools (or the folder
# that MEMGATE_TOOLS names), and prints that folder. What is there in its pinned version is kept, so
# a second run does nothing. They come from the Go module proxy and the npm registry by version.
#
#   scripts/tools.sh [actionlint] [act] [action-validator]      (default: all)
set -euo pipefail
export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}

# The pinned versions, in this place alone. A row: the first Go minor release it builds with, versions.
PINS=(
    "25 v1.7.12 v0.2.89"
    "19 v1.7.7  v0.2.45"
)
ACTION_VALIDATOR_VERSION=0.6.0

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS=${MEMGATE_TOOLS:-$ROOT/build/tools}

die() {
    printf 'tools: %s\n' "$*" >&2
    exit 1
}

# Sets ACTIONLINT_VERSION and ACT_VERSION to the newest row that the Go in PATH can build.
pick_versions() {
    local version minor row min
    version=$(go env GOVERSION 2>/dev/null) || die "go is missing. Next: scripts/install.sh"
    minor=$(cut -d. -f2 <<<"$version")
    minor=${minor%%[!0-9]*}
    for row in "${PINS[@]}"; do
        read -r min ACTIONLINT_VERSION ACT_VERSION <<<"$row"
        [ "${minor:-0}" -ge "$min" ] && return
    done
    die "$version is too old. Next: scripts/install.sh, or a Go >= 1.$min first in PATH"
}

# keeps NAME VERSION: the stamp is written last, so that an interrupted build is built again.
keeps() {
    [ -e "$TOOLS/$1" ] && [ "$(cat "$TOOLS/$1.version" 2>/dev/null)" = "$2" ]
}

stamp() {
    printf '%s\n' "$2" >"$TOOLS/$1.version"
}

install_go() {
    local name=$1 package=$2 version=$3
    keeps "$name" "$version" && return
    printf 'tools: building %s %s\n' "$name" "$version" >&2
    GOBIN=$TOOLS GOFLAGS=-mod=mod GOTOOLCHAIN=local go install -p 2 "$package@$version" ||
        die "could not build $name $version. Next: check that the Go module proxy is reached (go env GOPROXY)"
    stamp "$name" "$version"
}

install_action_validator() {
    local name=action-validator version=$ACTION_VALIDATOR_VERSION
    keeps "$name" "$version" && return
    printf 'tools: installing %s %s\n' "$name" "$version" >&2
    npm install --prefix "$TOOLS/npm" --no-save --no-audit --no-fund --loglevel=error \
        "@action-validator/cli@$version" "@action-validator/core@$version" >&2 ||
        die "could not install $name $version. Next: check that the npm registry is reached (npm ping)"
    ln -sfn npm/node_modules/.bin/action-validator "$TOOLS/$name"
    stamp "$name" "$version"
}

main() {
    local tool
    [ $# -gt 0 ] || set -- actionlint act action-validator
    mkdir -p "$TOOLS"
    TOOLS=$(cd "$TOOLS" && pwd)
    pick_versions
    for tool in "$@"; do
        case $tool in
        actionlint) install_go actionlint github.com/rhysd/actionlint/cmd/actionlint "$ACTIONLINT_VERSION" ;;
        act) install_go act github.com/nektos/act "$ACT_VERSION" ;;
        action-validator) install_action_validator ;;
        *) die "unknown tool $tool (known: actionlint act action-validator)" ;;
        esac
    done
    printf '%s\n' "$TOOLS"
}

main "$@"
