#!/usr/bin/env bash
# demo.sh MEMGATE: every planted change of the example gets the verdict of expected.tsv, and the
# allocation changes their function, kind and line.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
MEMGATE=$(realpath "$1") exec "$root/examples/demo.sh" --all --no-install
