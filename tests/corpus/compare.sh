#!/bin/sh
# Every profile of a folder must give google/pprof's own numbers: same types, counts, totals,
# and flat and cum of each function. usage: compare.sh DUMP ORACLE_DIR BUILD_DIR DATA_DIR
set -eu
dump=$1 oracle_dir=$2 build_dir=$3 data_dir=$4
here=$(cd "$(dirname "$0")" && pwd)

if [ ! -d "$data_dir" ]; then
    echo "skipped: the folder $data_dir is not here"
    exit 77
fi

mkdir -p "$build_dir"
(cd "$oracle_dir" && go build -trimpath -o "$build_dir/pprofdump" .)

# File names of the corpus hold no blanks.
files=$(find "$data_dir" -maxdepth 1 -type f ! -name index.txt | LC_ALL=C sort)
# shellcheck disable=SC2086
"$build_dir/pprofdump" $files >"$build_dir/want.tsv"
# shellcheck disable=SC2086
"$dump" $files >"$build_dir/have.tsv" 2>"$build_dir/refused.txt"

# An exception names a file and the record that is left out for it, with the reason behind it.
pattern=$(sed -n 's/^\([^#	][^	]*\)	\([^	]*\)	.*/^\1	\2	/p' "$here/exceptions.tsv")
for side in want have; do
    grep -v -E "$pattern" "$build_dir/$side.tsv" >"$build_dir/$side.judged.tsv"
done
if ! diff "$build_dir/want.judged.tsv" "$build_dir/have.judged.tsv" >"$build_dir/diff.txt"; then
    echo "memgate (>) and google/pprof (<) differ:"
    head -n 50 "$build_dir/diff.txt"
    exit 1
fi
echo "$(echo "$files" | wc -l) files, $(wc -l <"$build_dir/have.judged.tsv") records equal," \
    "$(wc -l <"$build_dir/refused.txt") files refused by both"
