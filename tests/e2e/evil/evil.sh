#!/usr/bin/env bash
# evil.sh MEMGATE [KIND...]: services that go wrong on one side, a row of expected.tsv each; see
# evil.py. Without kinds a few rows; with MEMGATE_TEST_NIGHTLY=1 all of them, on both sides.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
shift
/usr/bin/python3 "$root/tests/e2e/evil/evil.py" "$memgate" "$work" \
    ${MEMGATE_TEST_NIGHTLY:+--all} "$@"
