#!/usr/bin/env bash
# passes.sh MEMGATE: which benchmarks are timed by passes in a process of their own, and which by their
# first pass: those that take long, and those that do not run twice in one process.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
repo=$work/repo
out=$work/out

# package NAME BODY [MAIN]: a benchmark of it, what it does in each pass, and its TestMain before all.
package() {
    mkdir -p "$repo/$1"
    cat > "$repo/$1/bench_test.go" << GO
package $1

import (
	"expvar"
	"os"
	"testing"
	"time"
)

var (
	sink []byte
	nap  time.Duration
	_    = expvar.NewInt
)

func TestMain(m *testing.M) {
	${3-}
	os.Exit(m.Run())
}

func BenchmarkIt(b *testing.B) {
	if b.N > 1 {
		$2
	}
	time.Sleep(nap)
	for i := 0; i < b.N; i++ {
		sink = make([]byte, 1000)
	}
}
GO
}

mkdir "$repo"
printf 'module example.com/passes\n\ngo 1.22\n' > "$repo/go.mod"
package short ''
package slow 'nap = 300 * time.Millisecond'
package once 'expvar.NewInt("taken")'
package leaves '' 'if err := os.Mkdir(os.TempDir()+"/left", 0o700); err != nil { panic(err) }'
package changed ''
cat > "$repo/memgate.yaml" << 'YAML'
version: 1
trials: {exact: 2, steady: 3, max: 3}
scenarios:
  - {name: short, gotest: {package: ./short, bench: ^BenchmarkIt$, benchtime: 100x}}
  - {name: slow, gotest: {package: ./slow, bench: ^BenchmarkIt$, benchtime: 100x}}
  - {name: once, gotest: {package: ./once, bench: ^BenchmarkIt$, benchtime: 100x}}
  - {name: leaves, gotest: {package: ./leaves, bench: ^BenchmarkIt$, benchtime: 100x}}
  - {name: changed, gotest: {package: ./changed, bench: ^BenchmarkIt$, benchtime: 100x}}
rules:
  - {metric: alloc_space, max_increase_percent: 5%, severity: block}
  - {metric: ns_per_op, max_increase_percent: 10000%, severity: block}
YAML
commit_base
git_in checkout -q -b twice
package changed 'expvar.NewInt("taken")'
git_in commit -qam 'no second pass'

code=0
(cd "$repo" && timeout 200 "$memgate" run --base main --head twice --always-measure -o "$out") \
    > "$work/stdout" 2> "$work/stderr" || code=$?
[ "$code" = 0 ] || { fail "exit $code, not 0"; cat "$work/stdout" "$work/stderr"; }

# passes SCENARIO FILTER: what holds of the passes of every steady trial, and of its iterations.
passes() {
    local number trial
    number=$(jq --arg name "$1" '[.scenarios[].name] | index($name) + 1' "$out/recording/manifest.json")
    for trial in "$out/recording/scenario-$number"/*/steady-?/trial.json; do
        jq -e ".request_count == 100 and (.benchmarks | length == 1) and (.benchmarks[0] | $2)" "$trial" > /dev/null ||
            fail "$1: ${trial#"$out"/recording/} has $(jq -c '[.request_count, .benchmarks]' "$trial")"
    done
    [ "$(find "$out/recording/scenario-$number" -name 'steady-?' | wc -l)" = 6 ] || fail "$1: not 3 + 3 steady trials"
}
passes short '.iterations == 100 and .passes.count >= 2 and .passes.ns_per_op > 0'
passes leaves '.passes.count >= 2'
passes slow '.passes.count == 0'
passes once '.passes.count == 0'
grep -qE '^memgate: once, baseline: benchmarks do not run [0-9]+ times in one process' "$work/stderr" ||
    fail "nobody says that once runs once"
grep -q 'changed, candidate: benchmarks do not run' "$work/stderr" || fail "nobody says that the candidate runs once"
[ "$(grep -c 'its time is that of the first pass' "$work/stdout")" = 1 ] ||
    fail "the report does not say of one scenario that its time is that of the first pass"
[ -z "$(find "$out" -name left)" ] || fail "something was left behind"

cat "$work/stderr"
finish
