#!/usr/bin/env bash
# Installs what memgate needs on Debian 12 and Ubuntu 24.04, as root or with sudo, without a question.
#
#   scripts/install.sh --build-only   what building and running memgate needs
#   scripts/install.sh                the same and what its tests need
#   scripts/install.sh --tools        the same and the pinned tools of scripts/tools.sh (into build/tools)
#   scripts/install.sh --bench        the same and what else tests/bench/load compares
#   scripts/install.sh --check        installs nothing: says what is missing, exit 1 if anything is
#
# Packages come from the distribution only. When nothing is missing, no package manager is called.
set -euo pipefail

GO_MINOR_MIN=19
CMAKE_VERSION_MIN=3.25
NODE_MAJOR_MIN=18

# A row: the package, then the command that succeeds when it is not needed any more.
BUILD_ROWS=(
    "gcc                    have gcc"
    "libc6-dev              have_header stdio.h"
    "cmake                  cmake_is_new_enough"
    "ninja-build            have ninja"
    "pkg-config             have pkg-config"
    "libgit2-dev            have_library libgit2 1.5"
    "libyaml-dev            have_library yaml-0.1 0.2.5"
    "zlib1g-dev             have_library zlib 1.2.11"
    "libelf-dev             have_library libelf 0.180"
    "libcurl4-openssl-dev   have_library libcurl 7.80"
    "libssl-dev             have_library libssl 3.0"
    "libnghttp2-dev         have_library libnghttp2 1.43"
    "libjansson-dev         have_library jansson 2.13"
    "git                    have git"
    "ca-certificates        test -s /etc/ssl/certs/ca-certificates.crt"
    "curl                   have curl"
    "jq                     have jq"
    "golang-go              go_is_new_enough"
)
TEST_ROWS=(
    "libcmocka-dev          have_library cmocka 1.1.5"
    "clang-format-19        have clang-format-19"
    "clang-tidy-19          have clang-tidy-19"
    "libclang-common-19-dev have_file /usr/lib/llvm-19/lib/clang/19/include/stddef.h"
    "shellcheck             have shellcheck"
    "libxml2-utils          have xmllint"
    "python3                have_file /usr/bin/python3"
    "python3-jsonschema     have_python_module jsonschema"
    "nodejs                 node_is_new_enough"
    "npm                    have npm"
    "qemu-user              have_foreign_runner"
    "hey                    have hey"
    "wrk                    have wrk"
    "locales                have_file /usr/share/i18n/locales/tr_TR"
)
BENCH_ROWS=(
    "nghttp2-client         have h2load"
    "nginx-light            have nginx"
)

say() {
    printf 'install: %s\n' "$*" >&2
}

die() {
    say "$@"
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

have_file() {
    [ -e "$1" ]
}

have_header() {
    printf '#include <%s>\n' "$1" | gcc -E -x c - >/dev/null 2>&1
}

have_library() {
    pkg-config --atleast-version="$2" "$1" 2>/dev/null
}

have_python_module() {
    /usr/bin/python3 -c "import $1" >/dev/null 2>&1
}

# Programs for arm64 run without it on arm64.
have_foreign_runner() {
    [ "$(uname -m)" = aarch64 ] || have qemu-aarch64
}

version_at_least() {
    printf '%s\n%s\n' "$2" "$1" | sort -V -C
}

cmake_is_new_enough() {
    local version
    version=$(cmake --version 2>/dev/null | awk 'NR == 1 {print $3}') || return 1
    [ -n "$version" ] && version_at_least "$version" "$CMAKE_VERSION_MIN"
}

go_is_new_enough() {
    local version
    version=$(go env GOVERSION 2>/dev/null) || return 1
    case $version in
    go1.*) version_at_least "${version#go}" "1.$GO_MINOR_MIN" ;;
    devel*) return 0 ;;
    *) return 1 ;;
    esac
}

node_is_new_enough() {
    local version
    version=$(node --version 2>/dev/null) || return 1
    version_at_least "${version#v}" "$NODE_MAJOR_MIN"
}

# Prints the packages of the rows whose probe fails.
missing_of() {
    local row package probe
    for row in "$@"; do
        read -r package probe <<<"$row"
        local -a command
        read -r -a command <<<"$probe"
        "${command[@]}" || printf '%s\n' "$package"
    done
}

# Sets SUDO to the words that make a command run as root.
find_root() {
    if [ "$(id -u)" -eq 0 ]; then
        SUDO=()
    elif have sudo && sudo -n true 2>/dev/null; then
        SUDO=(sudo -n)
    elif have sudo && [ -t 0 ]; then
        SUDO=(sudo)
    else
        die "not root and sudo would ask for a password. Next: as root, apt-get install -y $*"
    fi
}

apt_get() {
    "${SUDO[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a apt-get \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -q -y "$@" >&2
}

has_candidate() {
    local candidate
    candidate=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" {print $2}')
    [ -n "$candidate" ] && [ "$candidate" != "(none)" ]
}

# The packages must be known to apt; Ubuntu 24.04 has those of LLVM 19 in "universe" of noble-updates.
require_candidates() {
    local package
    local -a unknown=()
    for package in "$@"; do
        has_candidate "$package" || unknown+=("$package")
    done
    [ ${#unknown[@]} -eq 0 ] && return
    say "this system's package lists do not have: ${unknown[*]}"
    # shellcheck disable=SC1091
    case $(. /etc/os-release && printf '%s' "$ID") in
    ubuntu) die "Next: enable 'universe' and 'noble-updates' (add-apt-repository universe), apt-get update, run this again" ;;
    *) die "Next: enable the 'main' component of Debian 12 or newer, apt-get update, run this again" ;;
    esac
}

install_packages() {
    have apt-get || die "missing: $*. This script installs with apt-get (Debian 12, Ubuntu 24.04) only." \
        "Next: install them with this system's package manager and run it again"
    find_root "$@"
    say "installing $*"
    apt_get update || die "apt-get update failed. Next: check the network and the sources, run this again"
    require_candidates "$@"
    apt_get install --no-install-recommends "$@" ||
        die "apt-get could not install: $*. Next: read its message above, run this again"
    hash -r
}

# What is still missing after an installation is shadowed by something else in PATH, or too old.
require_nothing_missing() {
    local -a left
    mapfile -t left < <(missing_of "$@")
    [ ${#left[@]} -eq 0 ] && return
    say "still missing or too old after the installation: ${left[*]}"
    say "needed: cmake >= $CMAKE_VERSION_MIN, go >= 1.$GO_MINOR_MIN, node >= $NODE_MAJOR_MIN"
    die "Next: see which one PATH finds (command -v go cmake node) and put the newer one first"
}

main() {
    local mode=default
    local -a rows=("${BUILD_ROWS[@]}") missing
    case ${1-} in
    "") ;;
    --build-only | --tools | --bench | --check) mode=${1#--} ;;
    *) die "unknown option $1 (known: --build-only --tools --bench --check)" ;;
    esac
    [ "$mode" = build-only ] || rows+=("${TEST_ROWS[@]}")
    [ "$mode" != bench ] || rows+=("${BENCH_ROWS[@]}")

    mapfile -t missing < <(missing_of "${rows[@]}")
    if [ ${#missing[@]} -gt 0 ]; then
        [ "$mode" != check ] || die "missing or too old: ${missing[*]}. Next: run this without --check"
        install_packages "${missing[@]}"
        require_nothing_missing "${rows[@]}"
    fi
    if [ "$mode" = tools ]; then
        exec bash "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
    fi
}

main "$@"
