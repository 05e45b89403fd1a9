#!/usr/bin/env bash
# old_go.sh MEMGATE: Go 1.19, which Debian 12 ships, undoes GODEBUG=memprofilerate=1. The exact phase
# is exact all the same, for a service and for a benchmark, without a change to either.
# Needs a Go with that initialiser at its place in Debian or in PATH; without one it is skipped.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")

old_go() {
    local go root
    for go in /usr/lib/go-1.19/bin/go "$(command -v go || true)"; do
        [ -x "$go" ] || continue
        root=$("$go" env GOROOT)
        grep -q '^var MemProfileRate int = defaultMemProfileRate(512 \* 1024)$' \
            "$root/src/runtime/mprof.go" || continue
        dirname "$go"
        return
    done
}

bin=$(old_go)
[ -n "$bin" ] || { echo "no Go that ignores GODEBUG=memprofilerate (Debian: golang-1.19-go)"; exit 77; }
export PATH=$bin:$PATH

example_repo "$work/repo"
cat >> "$work/repo/price/price_test.go" << 'END'

func BenchmarkNothing(b *testing.B) {
	for i := 0; i < b.N; i++ {
		_ = make([]byte, i%8)
	}
}
END
sed -i '/^scenarios:/a\  - {name: price, gotest: {package: ./price, bench: ^BenchmarkNothing$, benchtime: 100x}}' \
    "$work/repo/memgate.yaml"
git -C "$work/repo" -c user.name=test -c user.email=test@example.com commit -q -a -m benchmark
example_branch "$work/repo" map-no-hint
cd "$work/repo"

code=0
"$memgate" run --quick --base main --head change/map-no-hint -o "$work/out" > "$work/log" 2>&1 || code=$?
[ "$code" = 1 ] || { fail "exit $code, not 1"; cat "$work/log"; }
said=$(grep -c 'ignores GODEBUG=memprofilerate; building with a patched MemProfileRate' "$work/log" || true)
[ "$said" = 1 ] || fail "the overlay was said $said times, not once"
if grep 'although' "$work/log"; then fail "a profile has another period than 1"; fi
grep -q 'price.(\*Book).Price at price/price.go:77 (map)' "$work/log" || fail "the culprit is not named"
# The text form shows twice the period.
texts=$(find "$work/out" -path '*/exact-*' -name end.txt | wc -l)
[ "$texts" -ge 6 ] || fail "only $texts exact trials of the service"
while read -r text; do
    head -n 1 "$text" | grep -q '@ heap/2$' || fail "$text: $(head -n 1 "$text")"
done < <(find "$work/out" -path '*/exact-*' -name end.txt)
finish
