#!/usr/bin/env bash
# golden.sh MEMGATE CASE: runs one case and compares exit code, stdout and stderr byte for byte.
# UPDATE=1 writes what came out as the new expectation: read the diff, it is what users will see.
set -euo pipefail

memgate=$1
dir=$2
cd "$dir"
mapfile -t args < args
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

code=0
env -i PATH="$PATH" LC_ALL=C "$memgate" "${args[@]}" > "$work/stdout" 2> "$work/stderr" || code=$?
echo "$code" > "$work/exit"

if [ "${UPDATE:-0}" = 1 ]; then
    cp "$work/exit" "$work/stdout" "$work/stderr" .
    exit 0
fi
for what in exit stdout stderr; do
    diff -u "$what" "$work/$what"
done
