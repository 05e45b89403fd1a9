#!/usr/bin/env bash
# The steps of action.yml. Inputs come as MEMGATE_ACTION_* variables, never as text of a command.
#
#   scripts/action.sh guard     refuses events that run foreign code with this repository's secrets
#   scripts/action.sh build     output binary: $MEMGATE_BIN when it is set, else one built from here
#   scripts/action.sh run       runs memgate; outputs verdict, exit-code, report-path; fails on bad inputs only
#   scripts/action.sh summary   puts the report into the job's summary
#   scripts/action.sh finish    exits with memgate's code, or 0 in shadow mode
set -euo pipefail

# GitHub drops a summary of more than 1024 KiB as a whole; the note about a cut needs room as well.
SUMMARY_BYTES_MAX=1000000
EXIT_USAGE=2
EXIT_NO_VERDICT=3

ACTION_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The message becomes an annotation; '%' and line ends would end it or start another.
annotate() {
    local level=$1 text=$2
    text=${text//'%'/%25}
    text=${text//$'\r'/%0D}
    text=${text//$'\n'/%0A}
    printf '::%s title=memgate::%s\n' "$level" "$text"
}

die() {
    annotate error "$1"
    exit "${2:-$EXIT_USAGE}"
}

random_word() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# put_output KEY VALUE: the delimiter cannot be guessed, so a value cannot define another output.
put_output() {
    local delimiter
    delimiter=memgate_$(random_word)
    printf '%s<<%s\n%s\n%s\n' "$1" "$delimiter" "$2" "$delimiter" >>"$GITHUB_OUTPUT"
}

is_true() {
    case $2 in
    true) return 0 ;;
    false | "") return 1 ;;
    *) die "input $1 is '$2'. Next: write 'true' or 'false'" ;;
    esac
}

refuse_option() {
    case $2 in
    -*) die "input $1 starts with '-' ('$2'): options are not accepted there. Next: write a plain name" ;;
    esac
}

do_guard() {
    case ${GITHUB_EVENT_NAME-} in
    pull_request_target | workflow_run)
        die "memgate builds and runs the code of the pull request, and the event '$GITHUB_EVENT_NAME' would lend it this repository's token and secrets. Next: run memgate under 'on: pull_request'"
        ;;
    esac
}

do_build() {
    local build=$ACTION_ROOT/build/action
    if [ -n "${MEMGATE_BIN-}" ]; then
        if [ ! -f "$MEMGATE_BIN" ] || [ ! -x "$MEMGATE_BIN" ]; then
            die "MEMGATE_BIN is '$MEMGATE_BIN', which is not a program. Next: unset it or build memgate first"
        fi
        put_output binary "$MEMGATE_BIN"
        return
    fi
    bash "$ACTION_ROOT/scripts/install.sh" --build-only ||
        die "memgate's build dependencies could not be installed" "$EXIT_NO_VERDICT"
    (cd "$ACTION_ROOT" && cmake --preset release -B "$build" && cmake --build "$build" --target memgate) ||
        die "memgate could not be built" "$EXIT_NO_VERDICT"
    put_output binary "$build/memgate"
}

# actions/checkout leaves the target branch out unless fetch-depth is 0; its tip alone is enough.
fetch_base() {
    local ref=${GITHUB_BASE_REF-}
    [ -n "$ref" ] && [ -z "${MEMGATE_ACTION_BASE-}" ] || return 0
    git rev-parse --quiet --verify "refs/remotes/origin/$ref^{commit}" >/dev/null && return 0
    git fetch --quiet --no-tags --depth=1 origin "+refs/heads/$ref:refs/remotes/origin/$ref" ||
        annotate warning "the target branch '$ref' is not in this checkout and could not be fetched. Next: set 'fetch-depth: 0' on actions/checkout"
}

# verdict_of CODE DIR: sets VERDICT and CODE. Nothing but a complete verdict file makes a 0.
verdict_of() {
    local file=$2/verdict.json said said_code
    CODE=$1
    if [ "$CODE" -eq 0 ]; then
        said_code=$(jq -r '.exit_code | select(type == "number") | floor' "$file" 2>/dev/null) || said_code=""
        case $said_code in
        [0-9] | [0-9][0-9] | [0-9][0-9][0-9]) CODE=$said_code ;;
        *) CODE=$EXIT_NO_VERDICT ;;
        esac
    fi
    case $CODE in
    0)
        said=$(jq -r '.verdict' "$file" 2>/dev/null) || said=""
        case $said in
        pass | inconclusive) VERDICT=$said ;;
        *) VERDICT=no-verdict CODE=$EXIT_NO_VERDICT ;;
        esac
        ;;
    1) VERDICT=blocked ;;
    4) VERDICT=inconclusive ;;
    *) VERDICT=no-verdict ;;
    esac
}

# The names in profiles are whatever the code says: while they are printed, workflow commands are off.
# A cancelled job signals this script alone, so it passes the signal on and waits for memgate to clean up.
run_quoted() {
    local token child code=0
    token=$(random_word)
    printf '::stop-commands::%s\n' "$token"
    "$@" &
    child=$!
    trap 'kill -TERM "$child" 2>/dev/null || true' INT TERM
    wait "$child" || code=$?
    while kill -0 "$child" 2>/dev/null; do
        code=0
        wait "$child" || code=$?
    done
    trap - INT TERM
    printf '\n::%s::\n' "$token"
    return "$code"
}

do_run() {
    local output=${MEMGATE_ACTION_OUTPUT:-memgate-out} name code=0
    local -a arguments scenarios=()
    arguments=(run --head "${MEMGATE_ACTION_HEAD:-HEAD}" -o "$output")
    refuse_option head "${MEMGATE_ACTION_HEAD-}"
    refuse_option base "${MEMGATE_ACTION_BASE-}"
    refuse_option output "$output"
    is_true exit-zero "${MEMGATE_ACTION_EXIT_ZERO-}" || true
    [ -z "${MEMGATE_ACTION_BASE-}" ] || arguments+=(--base "$MEMGATE_ACTION_BASE")
    # Said outright: a runner that does not set CI would let a pull request bring its own policy.
    [ -z "${GITHUB_BASE_REF-}" ] || arguments+=(--policy-from base)
    if is_true quick "${MEMGATE_ACTION_QUICK-}"; then
        arguments+=(--quick)
    fi
    read -r -d '' -a scenarios <<<"${MEMGATE_ACTION_SCENARIOS-}" || true
    for name in "${scenarios[@]}"; do
        refuse_option scenarios "$name"
        arguments+=("$name")
    done

    cd -- "${MEMGATE_ACTION_DIRECTORY:-.}" ||
        die "input working-directory is '${MEMGATE_ACTION_DIRECTORY-}', which is not a folder of the checkout"
    fetch_base
    # A verdict left by an earlier job on this machine must not be taken for this one's.
    rm -f -- "$output/verdict.json" "$output/report.md"
    run_quoted "${MEMGATE_ACTION_BINARY:?}" "${arguments[@]}" || code=$?
    verdict_of "$code" "$output"
    put_output verdict "$VERDICT"
    put_output exit-code "$CODE"
    case $output in
    /*) put_output report-path "$output/report.md" ;;
    *) put_output report-path "$PWD/$output/report.md" ;;
    esac
}

# The file as it is, or its first whole lines with a note: half a line could be half a character.
bounded() {
    local size
    size=$(wc -c <"$1")
    if [ "$size" -le "$SUMMARY_BYTES_MAX" ]; then
        cat -- "$1"
        return
    fi
    head -c "$SUMMARY_BYTES_MAX" -- "$1" | sed '$d'
    printf '\n\n*Cut after %s of %s bytes: the whole report is the file report.md.*\n' "$SUMMARY_BYTES_MAX" "$size"
}

do_summary() {
    local report=${MEMGATE_ACTION_REPORT-}
    if [ -s "$report" ]; then
        bounded "$report" >>"$GITHUB_STEP_SUMMARY"
    else
        printf '**memgate: %s** (exit code %s), without a report: the log of the job says why.\n' \
            "${MEMGATE_ACTION_VERDICT:-no-verdict}" "${MEMGATE_ACTION_EXIT_CODE:-$EXIT_NO_VERDICT}" >>"$GITHUB_STEP_SUMMARY"
    fi
}

do_finish() {
    local code=${MEMGATE_ACTION_EXIT_CODE-} verdict=${MEMGATE_ACTION_VERDICT:-no-verdict}
    case $code in
    "" | *[!0-9]*) code=$EXIT_NO_VERDICT ;;
    esac
    [ "$code" -ne 0 ] || return 0
    if is_true exit-zero "${MEMGATE_ACTION_EXIT_ZERO-}"; then
        annotate warning "$verdict (exit code $code), not enforced: exit-zero is set"
        return 0
    fi
    die "$verdict (exit code $code): the job's summary has the report" "$code"
}

case ${1-} in
guard | build | run | summary | finish) "do_$1" ;;
*) die "action.sh: unknown step '${1-}' (known: guard build run summary finish)" ;;
esac
