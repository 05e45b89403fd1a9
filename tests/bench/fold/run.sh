#!/usr/bin/env bash
# run.sh [PROFILE]: builds fold_bench and runs it on PROFILE, or on one of more than 100,000 samples
# that the Go compiler writes of itself when it compiles net/http at a sampling rate of 512 bytes.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -d "$root/build/dev" ] || cmake --preset dev -S "$root" >/dev/null
cmake --build "$root/build/dev" --target fold_bench >/dev/null
profile=${1-}
if [ -z "$profile" ]; then
    mkdir "$work/profiles"
    (cd "$work" && GOFLAGS='' GOTOOLCHAIN=local GOWORK=off GOENV=off go build \
        -gcflags="net/http=-memprofile=$work/profiles -memprofilerate=512" net/http)
    profile=$(find "$work/profiles" -type f)
fi
"$root/build/dev/tests/bench/fold/fold_bench" "$profile" 15
