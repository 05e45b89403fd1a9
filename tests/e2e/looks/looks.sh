#!/usr/bin/env bash
# looks.sh MEMGATE: more trials run while a block rule is open, up to trials.max and trials.budget,
# and for no other. The benchmark allocates another number of bytes in each process, by chance.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
repo=$work/repo
# shellcheck disable=SC2034 # row of lib.sh reads it
shown='^memgate'

cp -R "$root/tests/e2e/calibrate/codec" "$repo"
printf 'memgate.yaml\n' > "$repo/.gitignore"
rm "$repo/memgate.yaml"
cat > "$repo/codec_test.go" <<'GO'
package codec

import (
	"testing"
	"time"
)

var (
	sink []byte
	size = 1000 + int(time.Now().UnixNano()/1000%1000)
)

func BenchmarkEncode(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink = make([]byte, size)
	}
}
GO
commit_base

# policy SEVERITY BUDGET LIMIT
policy() {
    printf '%s\n' 'version: 1' "trials: {exact: 3, steady: 2, max: 8, budget: $2}" 'on_inconclusive: review' 'scenarios:' \
        '  - {name: codec, gotest: {package: ., bench: ^BenchmarkEncode$, benchtime: 2000x}}' 'rules:' \
        "  - {metric: alloc_space, max_increase_percent: $3, severity: $1}" > "$repo/memgate.yaml"
}

# trials NAME COUNT...: each side has as many trials of the exact phase as one of those.
trials() {
    local name=$1 side count
    shift
    for side in baseline candidate; do
        count=$(find "$work/out/recording/scenario-1/$side" -maxdepth 1 -name 'exact-*' | wc -l)
        [[ " $* " = *" $count "* ]] || fail "$name: $count trials of the $side, not $*"
        echo "   $count trials of the $side"
    done
}

policy block 5m 5%
row 'a block rule is open' 0 '^  UNSURE +alloc_space, whole scenario' main main --quick
# Looks are after 3, 5 and 8. That nothing grows by 5 % is not to be seen where sides differ by 20.
trials 'a block rule is open' 8
policy block 1ms 5%
row 'no time for more' 0 '^  UNSURE +alloc_space, whole scenario' main main --quick
trials 'no time for more' 3
policy review 5m 5%
row 'a review rule is open' 0 '^  UNSURE +alloc_space, whole scenario' main main --quick
trials 'a review rule is open' 3
policy block 5m 2000%
row 'a block rule is decided' 0 '^  ok +alloc_space, whole scenario' main main --quick
trials 'a block rule is decided' 3

# Ended while trials are added: what the first look judged is there to be judged again, alone.
sed -i 's/^func BenchmarkEncode.*/func init() { time.Sleep(time.Second \/ 2) }\n\n&/' "$repo/codec_test.go"
git_in commit -q -a -m slow
policy block 5m 5%
rm -rf "$work/out"
(cd "$repo" && exec "$memgate" run --base main --head main --policy-from work-tree --always-measure \
    --quick -o "$work/out") > "$work/stdout" 2> "$work/stderr" &
pid=$!
for _ in $(seq 600); do
    [ ! -d "$work/out/recording.part/scenario-1/baseline/exact-4" ] || break
    sleep 0.05
done
[ -d "$work/out/recording.part/scenario-1/baseline/exact-4" ] || fail 'no trial was added'
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
[ "$code" = 143 ] || fail "ended while trials are added: exit $code"
[ ! -e "$work/out/recording.part" ] || fail 'half of a recording is left'
trials 'ended while trials are added' 3
code=0
"$memgate" check "$work/out" > "$work/stdout" 2> "$work/stderr" || code=$?
if [ "$code" != 0 ] || ! grep -qE '^  UNSURE +alloc_space' "$work/stdout"; then
    fail "the first look again: exit $code"
    cat "$work/stdout" "$work/stderr"
fi
finish
