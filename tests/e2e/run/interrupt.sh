#!/usr/bin/env bash
# interrupt.sh MEMGATE: SIGINT and SIGTERM in the middle of a run end it by that signal, with no
# process, no temporary directory and no verdict left behind.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"
memgate=$(realpath "$1")

example_repo "$work/repo"
example_branch "$work/repo" map-no-hint
cd "$work/repo"
mkdir "$work/tmp"

# processes_of DIR: ids of the living processes that name DIR in their command, environment,
# directory or program. No pipes: grep -q ends early, and pipefail would then miss a match.
processes_of() {
    local proc
    for proc in /proc/[0-9]*; do
        if grep -qsF "$1" "$proc/cmdline" "$proc/environ" ||
            [[ $(readlink "$proc/cwd" "$proc/exe" 2> /dev/null) == *"$1"* ]]; then
            printf '%s ' "${proc#/proc/}"
        fi
    done
}

# must_see WAY ID: a check that cannot see a process that is there would pass on anything.
must_see() {
    local seen="" deadline=$((SECONDS + 10))
    until [ -n "$seen" ] || [ "$SECONDS" -ge "$deadline" ]; do
        case " $(processes_of "$work/tmp") " in *" $2 "*) seen=1 ;; esac
    done
    kill "$2"
    [ -n "$seen" ] || fail "the check does not see a process by its $1"
}
# The shell exports where it is: without PWD the directory alone gives this one away.
(cd "$work/tmp" && exec env -u PWD sleep 30) &
must_see directory $!
(exec -a "$work/tmp/program" sleep 30) &
must_see command $!
PLACE=$work/tmp sleep 30 &
must_see environment $!
# Their deaths by signal are what wait reports; from here on nothing may be there.
wait
[ -z "$(processes_of "$work/tmp")" ] || fail "the check sees processes that are gone"

for row in "INT 130 1" "TERM 143 3" "INT 130 6" "TERM 143 9" "HUP 129 5"; do
    read -r signal want delay <<< "$row"
    rm -rf "$work/out"
    # A shell in the background ignores SIGINT; python gives the child the default back.
    code=0
    TMPDIR=$work/tmp /usr/bin/python3 - "$signal" "$delay" "$memgate" run --base main \
        --head change/map-no-hint -o "$work/out" <<'PY' > "$work/log" 2>&1 || code=$?
import os
import signal
import subprocess
import sys
import time

name, delay, argv = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
child = subprocess.Popen(argv, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
time.sleep(delay)
child.send_signal(getattr(signal, "SIG" + name))
try:
    code = child.wait(timeout=20)
except subprocess.TimeoutExpired:
    child.kill()
    sys.exit("still running 20 s after the signal")
sys.exit(128 - code if code < 0 else code)
PY
    [ "$code" = "$want" ] || { fail "SIG$signal after $delay s: exit $code, not $want"; cat "$work/log"; }
    [ ! -e "$work/out/verdict.json" ] || fail "SIG$signal after $delay s left a verdict"
    [ -z "$(ls -A "$work/tmp")" ] || fail "SIG$signal after $delay s left $(ls -A "$work/tmp")"
    left=$(processes_of "$work/tmp")
    [ -z "$left" ] || fail "SIG$signal after $delay s left processes $left"
done

# All phases of a run, at moments that nobody chose.
if [ -n "${MEMGATE_TEST_NIGHTLY-}" ]; then
    mkdir "$work/evil"
    /usr/bin/python3 "$root/tests/e2e/evil/evil.py" "$memgate" "$work/evil" --interrupt 50 ||
        fail "random moments leave something behind"
fi
finish
