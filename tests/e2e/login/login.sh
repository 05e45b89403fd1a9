#!/usr/bin/env bash
# login.sh MEMGATE: tokens of a login reach the service that gave them, and nothing else.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
repo=$work/repo

# row NAME EXIT TEXT HEAD [OPTION...]: what a run ends with, and what it must say.
row() {
    local name=$1 want=$2 text=$3 head=$4 code=0
    shift 4
    rm -rf "$work/out"
    (cd "$repo" && "$memgate" run --base main --head "$head" --always-measure -o "$work/out" \
        --policy-from work-tree "$@") > "$work/stdout" 2> "$work/stderr" || code=$?
    echo "== $name: exit $code"
    if [ "$code" != "$want" ] || ! grep -qE -- "$text" "$work/stdout" "$work/stderr"; then
        fail "$name: exit $code, not $want, or nobody says: $text"
        cat "$work/stdout" "$work/stderr"
    fi
    if grep -rqa 's3cret' "$work/out" "$work/stdout" "$work/stderr"; then
        fail "$name: a secret was written down"
    fi
}

cp -R "$here/service" "$repo"
cat > "$repo/memgate.yaml" <<'YAML'
version: 1
trials: {exact: 1, steady: 1, duet: 1, max: 1}
profiles: [heap]
on_inconclusive: pass
scenarios:
  - name: login
    service: {args: [--addr, "${ADDR}"], ready: /healthz}
    load: {requests: load.jsonl, warmup: 20, count: 400, connections: 2}
YAML
commit_base
git_in checkout -q -b closed
sed -i 's/StatusCreated/StatusForbidden/' "$repo/side.go"
git_in commit -q -a -m closed
git_in checkout -q -b bare main
sed -i '/SetCookie/d' "$repo/side.go"
git_in commit -q -a -m bare
git_in checkout -q -b spaced main
sed -i 's/"tenant": tenant/"tenant": "s3cret " + tenant/' "$repo/side.go"
git_in commit -q -a -m spaced
git_in checkout -q main

row 'both sides let in, in all phases' 0 'duet +1 \+ 1 trials of 400 requests' main
row 'a candidate that lets nobody in' 3 \
    'candidate \(exact trial 1\): login, load.jsonl:2: POST /login: answered 403' closed --quick
row 'a candidate without its cookie' 3 \
    'login, load.jsonl:2: POST /login: the answer sets no cookie session' bare --quick
row 'a value that is no part of a path' 3 \
    'what \{\{tenant\}\} captured cannot stand in a path' spaced --quick
sed -i 's/{{session}}/{{sesion}}/' "$repo/load.jsonl"
row 'a name that nobody captured' 2 \
    'load.jsonl:3:[0-9]+: \{\{sesion\}\} is captured by no line above; did you mean \{\{session\}\}' \
    main --quick

finish
