#!/usr/bin/env bash
# bench_set.sh MEMGATE: a change that adds or removes a benchmark is judged on those of both sides,
# and the others are named.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
repo=$work/repo

# benchmark NAME BYTES: one that allocates so much per operation, with and without a sub-benchmark.
benchmark() {
    cat << END

func $1(b *testing.B) {
	b.Run("size=1", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			sink = make([]byte, $2)
		}
	})
	b.Run("size=2", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			sink = make([]byte, 2*$2)
		}
	})
}
END
}

# commit BRANCH NAME:BYTES...: these benchmarks on a branch of their own.
commit() {
    local branch=$1 each
    shift
    git -C "$repo" checkout -q -B "$branch"
    printf 'package tiny\n\nimport "testing"\n\nvar sink []byte\n' > "$repo/tiny_test.go"
    for each; do
        benchmark "${each%:*}" "${each#*:}" >> "$repo/tiny_test.go"
    done
    git -C "$repo" add -A
    git -C "$repo" -c user.name=test -c user.email=test@example.com commit -q -m "$branch"
}

# run CODE BASE HEAD: the gate between two branches, which must end like that. Sets $out.
run() {
    local code=0
    out=$work/$2-$3
    (cd "$repo" && "$memgate" run --quick --base "$2" --head "$3" -o "$out") > "$out.log" 2>&1 || code=$?
    [ "$code" = "$1" ] || { fail "$2 to $3: exit $code, not $1"; cat "$out.log"; }
}

# ran NAMES: all trials of the last run had these results and no others.
ran() {
    local file names count=0
    while read -r file; do
        count=$((count + 1))
        names=$(grep -o '^Benchmark[^ -]*' "$file" | tr '\n' ' ' || true)
        [ "$names" = "$1 " ] || fail "${file#"$work"/} has \"$names\", not \"$1 \""
    done < <(find "$out" -path '*/exact-*' -name output.txt)
    [ "$count" -ge 2 ] || fail "${out#"$work"/} has $count trials"
}

# note TEXT: the log says it, and so does the report, of the run and of its recording.
note() {
    local judged
    judged=$("$memgate" check "$out" 2> /dev/null || true)
    grep -qF "$1" "$out/verdict.json" || fail "${out#"$work"/}/verdict.json lacks: $1"
    grep -qF "$1" <<< "$judged" || { fail "check lacks: $1"; echo "$judged"; }
    grep -qF "tiny: $1" "$out.log" || { fail "the log lacks: $1"; cat "$out.log"; }
}

git init -q -b main "$repo"
printf 'module example.org/tiny\n\ngo 1.19\n' > "$repo/go.mod"
cat > "$repo/memgate.yaml" << 'END'
version: 1
scenarios:
  - {name: tiny, gotest: {package: ., bench: "./size=1", benchtime: 100x}}
END
commit a BenchmarkA:64
commit ab BenchmarkA:64 BenchmarkB:64
commit ab_more BenchmarkA:1024 BenchmarkB:64
commit b BenchmarkB:64
lone='benchmarks of one side alone are not compared'

run 0 a ab
ran BenchmarkA/size=1
note "$lone: baseline: none; candidate: BenchmarkB"

run 0 ab a
ran BenchmarkA/size=1
note "$lone: baseline: BenchmarkB; candidate: none"

run 1 a ab_more
note "$lone: baseline: none; candidate: BenchmarkB"

run 1 ab ab_more
ran "BenchmarkA/size=1 BenchmarkB/size=1"
if grep -qF "$lone" "$out.log"; then fail "the same benchmarks are said to differ"; fi

run 3 a b
grep -qF 'no benchmark matches "./size=1" on both sides: baseline: BenchmarkA; candidate: BenchmarkB' \
    "$out.log" || { fail "no common benchmark, and not said"; cat "$out.log"; }
finish
