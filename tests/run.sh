#!/usr/bin/env bash
# The test command: everything that has to hold before a commit lands, cheapest first. The first
# failing step ends it by name, and the output of a green run ends with ctest's summary.
#
#   tests/run.sh              all of it
#   tests/run.sh --fast       builds and runs unit, golden, corpus and fuzz-corpus tests only
#   tests/run.sh --bench      measures fold beside decode (tests/bench/fold), and nothing else
#   tests/run.sh --bench-load measures the load engine beside other tools (tests/bench/load, 5 minutes)
#   tests/run.sh --bench-errors  simulates how often the verdict errs (tests/bench/errors)
#   tests/run.sh --all-go     the kinds of allocations are checked with every Go release that
#                             scripts/go_releases.sh pins, not only with four of them
#   tests/run.sh --nightly    also the long tests (MEMGATE_TEST_NIGHTLY=1)
#
# A missing tool is a failure. Two jobs at a time: tests that measure time run alone (RUN_SERIAL).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

JOBS=2
STARTED=$SECONDS
# The tools are those of this checkout, whatever an outer run named.
export MEMGATE_TOOLS=$PWD/build/tools
# Go and npm keep their caches below HOME; a bare container may not set it.
export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}

# step NAME FUNCTION: the header goes to stdout, and a failure names the step.
step() {
    printf '== %s (%d s)\n' "$1" $((SECONDS - STARTED))
    local code=0
    # errexit does not hold inside a condition, so a step runs in a shell of its own.
    set +e
    (
        set -e
        "$2"
    )
    code=$?
    set -e
    [ "$code" -eq 0 ] && return
    printf '== FAILED: %s (exit code %d)\n' "$1" "$code"
    exit "$code"
}

# Prints the names of C sources below the given folders, ended by zero bytes; none is a failure.
sources() {
    local listed
    listed=$(find "$@" -type f -name '*.[ch]' | wc -l)
    if [ "$listed" -eq 0 ]; then
        printf 'no C source under: %s\n' "$*" >&2
        return 1
    fi
    find "$@" -type f -name '*.[ch]' -print0 | sort -z
}

install_packages() {
    bash scripts/install.sh
}

install_tools() {
    bash scripts/install.sh --tools >/dev/null
}

# The oldest release, one with bucket maps, one with Swiss maps, the newest; or all.
install_go_releases() {
    bash scripts/go_releases.sh ${MEMGATE_TEST_ALL_GO:+--all}
}

check_format() {
    sources gate tests | xargs -0 clang-format-19 --dry-run -Werror
}

check_layers() {
    cmake -P tests/layers.cmake
    cmake -DSELFTEST=ON -P tests/layers.cmake
}

# Every file whose first line names sh or bash, whatever it is called.
check_shell() {
    local file first
    local -a scripts=()
    while IFS= read -r -d '' file; do
        IFS= read -r first <"$file" 2>/dev/null || true
        [[ ${first-} =~ ^'#!'.*[/\ ](ba)?sh( |$) ]] && scripts+=("$file")
    done < <(find . \( -path ./build -o -path ./.git \) -prune -o -type f -size -256k -print0)
    [ ${#scripts[@]} -gt 0 ]
    shellcheck -x "${scripts[@]}"
}

build_dev() {
    cmake --preset dev
    cmake --build --preset dev --parallel "$JOBS"
}

build_asan() {
    cmake --preset asan
    cmake --build --preset asan --parallel "$JOBS"
}

test_asan() {
    ctest --preset asan -LE e2e --no-tests=error --output-on-failure -j "$JOBS"
}

# The compile commands are gcc's: clang is told to overlook the warnings that only gcc knows.
check_tidy() {
    sources gate | grep -z '\.c$' |
        xargs -0 -n 1 -P "$JOBS" clang-tidy-19 -p build/dev --quiet \
            --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-optimization-argument
}

test_fast() {
    ctest --test-dir build/dev -LE e2e --no-tests=error --output-on-failure -j "$JOBS"
}

test_all() {
    ctest --test-dir build/dev --no-tests=error --output-on-failure -j "$JOBS"
}

run_bench_load() {
    bash tests/bench/load/run.sh
}

run_bench_errors() {
    bash tests/bench/errors/run.sh
}

run_bench() {
    bash tests/bench/fold/run.sh
}

fast=""
for argument in "$@"; do
    case $argument in
    --fast) fast=1 ;;
    --bench)
        step "fold and classify beside decode" run_bench
        exit 0
        ;;
    --bench-errors)
        step "how often the verdict errs" run_bench_errors
        exit 0
        ;;
    --bench-load)
        step "load generators beside each other" run_bench_load
        exit 0
        ;;
    --all-go) export MEMGATE_TEST_ALL_GO=1 ;;
    --nightly) export MEMGATE_TEST_NIGHTLY=1 ;;
    *)
        printf 'unknown option %s (known: --fast --bench --bench-load --bench-errors --all-go --nightly)\n' "$argument" >&2
        exit 2
        ;;
    esac
done

step "install packages" install_packages
if [ -n "$fast" ]; then
    step "build dev" build_dev
    step "unit, golden and corpus tests" test_fast
    exit 0
fi
step "format" check_format
step "layers" check_layers
step "shell" check_shell
step "build dev" build_dev
step "build asan" build_asan
step "unit, golden and corpus tests under asan and ubsan" test_asan
step "clang-tidy" check_tidy
step "install tools of the e2e tests" install_tools
step "install Go releases of the e2e tests" install_go_releases
step "all tests" test_all
