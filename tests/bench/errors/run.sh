#!/usr/bin/env bash
# run.sh [RUNS]: how often the verdict errs, in RUNS (default 2,000) simulated runs of each world, and
# how often it finds what it says it can detect. Exit 1 when a promise does not hold.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
[ -d "$root/build/dev" ] || cmake --preset dev -S "$root" >/dev/null
cmake --build "$root/build/dev" --target errors_bench >/dev/null
"$root/build/dev/tests/bench/errors/errors_bench" "${1:-2000}"
