#!/usr/bin/env bash
# demo.sh MEMGATE: every planted change of the example gets the verdict of expected.tsv, and the
# allocation changes their function, kind and line. The changes that break one thing each are those of
# ../verdicts/verdicts.sh, which takes its time.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
MEMGATE=$(realpath "$1") exec "$root/examples/demo.sh" --all --no-install \
    --skip startup-table --skip rss-journal --skip gc-often --skip cpu-seal
