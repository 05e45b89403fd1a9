#!/usr/bin/env bash
# run.sh [OPTION...]: builds load_bench and the Go server and runs bench.py, which says what is
# measured. Takes about five minutes, with --only-arrivals one; wrk, h2load, hey and nginx are Debian's, k6 comes from the Go
# module proxy. On an idle machine of two cores or more only.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
here=$root/tests/bench/load
tools=${MEMGATE_TOOLS:-$root/build/tools}
K6_VERSION=v1.8.1

bash "$root/scripts/install.sh" --bench
[ -d "$root/build/dev" ] || cmake --preset dev -S "$root" >/dev/null
cmake --build "$root/build/dev" --target load_bench wake_bench >/dev/null
(cd "$here/server" && GOFLAGS='' GOTOOLCHAIN=local GOWORK=off GOENV=off go build -o "$root/build/dev/tests/bench/load/server" .)

k6=()
if [ -x "$tools/k6" ] || GOBIN=$tools GOFLAGS=-mod=mod go install "go.k6.io/k6@$K6_VERSION" >"$root/build/k6.log" 2>&1; then
    k6=(--k6 "$tools/k6")
else
    printf 'k6 %s could not be built:\n' "$K6_VERSION"
    tail -n 3 "$root/build/k6.log"
fi
built=$root/build/dev/tests/bench/load
exec /usr/bin/python3 "$here/bench.py" "$built/load_bench" "$built/wake_bench" "$built/server" "${k6[@]}" "$@"
