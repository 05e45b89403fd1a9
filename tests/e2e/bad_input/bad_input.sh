#!/usr/bin/env bash
# bad_input.sh MEMGATE: what goes wrong before, during and after a run, a row each: the exit code,
# the message, and what is left on the disk. The service of service/ plays every evil one: MODE
# names what its candidate does.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
repo=$work/repo
rows=0
started_at=$SECONDS

# row NAME EXIT LEFT TEXT COMMAND...: LEFT is the verdict that verdict.json holds, or "nothing":
# then no report may lie about. TEXT must stand in what the command says.
row() {
    local name=$1 want=$2 left=$3 text=$4 code=0 have=nothing
    shift 4
    rows=$((rows + 1))
    rm -rf "$work/out"
    (cd "$repo" && timeout 60 "$@") > "$work/stdout" 2> "$work/stderr" || code=$?
    cat "$work/stdout" "$work/stderr" > "$work/said"
    [ "$code" = "$want" ] || fail "$name: exit $code, not $want"
    grep -qF -- "$text" "$work/said" || {
        fail "$name: nobody says: $text"
        cat "$work/said"
    }
    if LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|^\s*::|##\[' "$work/said"; then
        fail "$name: the output can act on a terminal or a CI runner"
    fi
    if [ -e "$work/out/verdict.json" ]; then
        have=$(sed -n 's/^  "verdict": "\(.*\)",$/\1/p' "$work/out/verdict.json")
    elif compgen -G "$work/out/report.*" > /dev/null; then
        have="reports without a verdict"
    fi
    [ "$have" = "$left" ] || fail "$name: $have is left behind, not $left"
}

# policy MODE [LINES]: the work tree's policy. Small, because every row is a run.
policy() {
    cat > "$repo/memgate.yaml" <<YAML
version: 1
trials: {exact: 2, max: 3}
scenarios:
  - name: evil
    service:
      args: [--addr, "\${ADDR}"]
      env: {MODE: $1, PORT_FILE: $work/port}
      ready: /healthz
      start_timeout: 1s
    load: {requests: load.jsonl, warmup: 20, count: 200, connections: 2}
${2-}
YAML
}

# branch NAME: a new branch of main, checked out; commit it with commit.
branch() {
    git_in checkout -q -B "$1" main
}
commit() {
    git_in add -A
    git_in commit -q -m change
    git_in checkout -q main
}

make_repo() {
    cp -R "$here/service" "$repo"
    echo '{"path": "/work"}' > "$repo/load.jsonl"
    printf 'memgate.yaml\n' > "$repo/.gitignore"
    commit_base
    branch evil
    sed -i 's/evil = false/evil = true/' "$repo/side.go"
    commit
}

run=("$memgate" run --quick --base main -o "$work/out")

# Policies ---------------------------------------------------------------------------------------

# The lines behind this head are where a row's bad line stands: line 6.
# shellcheck disable=SC2016 # ${ADDR} is memgate's, not ours
head='version: 1\nscenarios:\n  - name: a\n    service: {args: ["${ADDR}"]}\n    load: {requests: l, count: 9}\n'
policies=(
    'unknown key|%treshold: 5\n|p.yaml:6:1: unknown key "treshold"; did you mean "thresholds"?'
    'duplicate key|%version: 1\n|p.yaml:6:1: duplicate key "version" (first at 1:1)'
    'anchor|%ignore: &a []\n|p.yaml:6:9: anchors and aliases are not allowed'
    'alias|%ignore: *a\n|p.yaml:6:9: anchors and aliases are not allowed'
    'tag|%rules: !!python/object []\n|p.yaml:6:8: tags are not allowed'
    'two documents|%---\nversion: 1\n|p.yaml:6:1: second document; a policy is one document'
    'empty||p.yaml: no scenarios; an empty policy would pass everything'
    'no scenario|version: 1\n|p.yaml: no scenarios; an empty policy would pass everything'
    'UTF-16|\xff\xfev\x00|p.yaml: not UTF-8 (byte 0xff at offset 0)'
    'invalid UTF-8|version: 1\n\xc3(\n|p.yaml: not UTF-8 (byte 0xc3 at offset 11)'
    'NUL|version: 1\x00\n|p.yaml:1:11: control character U+0000'
    'NaN|%thresholds: {heap_alloc_delta_mb: .nan}\n|p.yaml:6:35: ".nan" is not a plain decimal'
    'infinite|%thresholds: {heap_alloc_delta_mb: .inf}\n|p.yaml:6:35: ".inf" is not a plain decimal'
    'negative limit|%thresholds: {heap_alloc_delta_mb: -5}\n|"-5" is negative; a limit must be >= 0'
    'decimal comma|%thresholds: {heap_alloc_delta_mb: "5,5"}\n|"5,5" is not a number; use a point'
    'octal|%thresholds: {heap_alloc_delta_mb: 017}\n|"017" is not a plain decimal number'
    'hexadecimal|%thresholds: {heap_alloc_delta_mb: 0x10}\n|"0x10" is not a plain decimal number'
    'underscore|%thresholds: {heap_alloc_delta_mb: 1_000}\n|"1_000" is not a plain decimal number'
    'base 60|%thresholds: {heap_alloc_delta_mb: 1:30}\n|"1:30" is not a plain decimal number'
    'too large|%thresholds: {heap_alloc_delta_mb: 9223372036854775808}\n|"9223372036854775808" is too large'
    'no value|%thresholds: {heap_alloc_delta_mb: }\n|heap_alloc_delta_mb has no value'
    'unknown unit|%rules: [{metric: alloc_space, max_increase: 8MBB}]\n|unknown unit "MBB"; known: B kB MB GB KiB MiB GiB'
    'percent without sign|%rules: [{metric: alloc_space, max_increase_percent: 5}]\n|the unit is missing; known: %'
    'unknown metric|%rules: [{metric: alloc_spac, max: 5MiB}]\n|unknown metric "alloc_spac"; did you mean "alloc_space"?'
    'rule without limit|%rules: [{metric: alloc_space}]\n|p.yaml:6:9: a rule needs max_increase or'
    'zero trials|%trials: {exact: 0}\n|p.yaml:6:17: exact is 0; it can be 1 to'
    'not there yet|%notify: [{when: [block]}]\n|notify is not supported by this version'
)

policy_rows() {
    local line name text want
    for line in "${policies[@]}"; do
        IFS='|' read -r name text want <<< "$line"
        # shellcheck disable=SC2059 # the rows are formats on purpose: bytes are written as \xNN
        printf "${text/#%/$head}" > "$repo/p.yaml"
        row "policy: $name" 2 nothing "$want" "$memgate" lint p.yaml
    done
    printf 'a: %s' "$(printf '[%.0s' {1..100000})" > "$repo/p.yaml"
    row "policy: 100,000 brackets" 2 nothing "nested deeper than 16" "$memgate" lint p.yaml
    head -c 2000000 /dev/zero | tr '\0' '#' > "$repo/p.yaml"
    row "policy: two megabytes" 2 nothing "p.yaml" "$memgate" lint p.yaml
    rm "$repo/p.yaml"
    row "policy: no such file" 2 nothing "No such file or directory" "$memgate" lint p.yaml
}

policy_source_rows() {
    rm -f "$repo/memgate.yaml"
    row "no policy anywhere" 2 nothing "policy memgate.yaml not found at the work tree" \
        "${run[@]}" --head evil
    branch with-policy
    policy grow
    git_in add -f memgate.yaml
    commit
    row "only the head has a policy" 2 nothing \
        "policy memgate.yaml not found at base main (head has one: it takes effect after merge)" \
        "${run[@]}" --head with-policy --policy-from base
    policy grow
    rm "$repo/memgate.yaml"
    row "only the head has a policy, locally" 2 nothing \
        "policy memgate.yaml not found at the work tree (head has one: check it out)" \
        "${run[@]}" --head with-policy
    policy grow 'rules: [{func: a.B, metric: alloc_space, max: 5MiB}]'
    row "a rule matches nothing" 2 nothing 'rule "a.B" matched no function in baseline or candidate' \
        "${run[@]}" --head evil
    policy grow
    row "policy outside of the repository" 2 nothing "is not a plain path inside the repository" \
        "${run[@]}" --head evil --policy ../p.yaml
    row "no such scenario" 2 nothing 'policy memgate.yaml has no scenario "nope"' \
        "${run[@]}" --head evil nope
}

requests=(
    'bad key|2|nothing|{"path": "/work"}\n{"pth": "/x"}\n|r.jsonl:2: unknown key "pth"; did you mean "path"?'
    'cut short|2|nothing|{"path": "/work"\n|r.jsonl:1: not JSON'
    'header injection|2|nothing|{"path": "/work", "header": {"A": "b\\r\\nC: d"}}\n|header "A" holds a control character'
    'empty|2|nothing||r.jsonl:1: no requests; write one JSON object a line'
    'wrong status|3|no-verdict|{"path": "/nowhere", "expect": [200]}\n|requests failed (first: GET /nowhere answered 404)'
    'nothing but errors|3|no-verdict|{"path": "/nowhere"}\n|no request succeeded (404:20)'
)

request_rows() {
    local line name code left content text
    policy grow
    sed -i 's/load.jsonl/r.jsonl/' "$repo/memgate.yaml"
    rm -f "$repo/r.jsonl"
    row "requests: no file" 3 no-verdict "no such file: r.jsonl" "${run[@]}" --head evil
    for line in "${requests[@]}"; do
        IFS='|' read -r name code left content text <<< "$line"
        printf '%b' "$content" > "$repo/r.jsonl"
        row "requests: $name" "$code" "$left" "$text" "${run[@]}" --head evil
    done
    rm "$repo/r.jsonl"
}

# Command lines ----------------------------------------------------------------------------------

usage_rows() {
    row "unknown option" 2 nothing 'unknown option "--frob"; try memgate run --help' \
        "${run[@]}" --frob
    row "missing argument" 2 nothing 'missing argument behind "--head"' "${run[@]}" --head
    row "unknown command" 2 nothing 'unknown command "chek"; did you mean "check"?' "$memgate" chek
    local revision
    for revision in :/fix --upload-pack=x '@{-1}' 'main@{1}' main..evil HEAD:go.mod $'a\n::error::b'; do
        row "revision $(printf %q "$revision")" 2 nothing "is not a commit id or ref name" \
            "$memgate" run --base "$revision" -o "$work/out"
    done
}

# Repositories -----------------------------------------------------------------------------------

# hostile_branch NAME MODE ENTRY: main's tree with one more entry, as no git command would write it.
hostile_branch() {
    /usr/bin/python3 "$here/tree.py" "$repo" "$@"
}

repository_rows() {
    local sha
    git clone -q --depth 1 "file://$repo" "$work/shallow"
    cp "$repo/memgate.yaml" "$work/shallow"
    sha=$(git_in rev-parse evil)
    row "shallow clone" 3 nothing "base: \"$sha\" is not in this clone; fetch with depth 0" \
        env -C "$work/shallow" "$memgate" run --base "$sha" -o "$work/out"
    row "no repository" 2 nothing "is not in a git repository" \
        env -C "$work" "$memgate" run -o "$work/out"

    hostile_branch dots 100644 ..
    row "tree with .." 3 no-verdict 'dots tree has unsafe path "..": not exported' "${run[@]}" --head dots
    hostile_branch climb 100644 z/../../x
    row "tree with a climbing path" 3 no-verdict 'unsafe path "z/../../x"' "${run[@]}" --head climb
    hostile_branch dotgit 100644 .git
    row "tree with .git" 3 no-verdict 'unsafe path ".git"' "${run[@]}" --head dotgit
    hostile_branch line 100644 $'z\n::error::owned'
    row "tree with a line break in a name" 3 no-verdict "not exported" "${run[@]}" --head line
    hostile_branch escape 100644 $'z\x1b[2J'
    row "tree with ESC in a name" 3 no-verdict 'unsafe path "z\x1b[2J"' "${run[@]}" --head escape
    hostile_branch link 120000 zlink /etc
    row "symlink that leaves the tree" 3 no-verdict '"zlink" -> "/etc" leaves the tree' \
        "${run[@]}" --head link

    branch broken
    for _ in {1..40}; do echo 'var _ int = "not a number"'; done | cat <(echo package main) - > "$repo/z.go"
    commit
    row "build fails" 3 no-verdict "candidate: build failed (exit 1)" "${run[@]}" --head broken
    row "build fails, with the reason" 3 no-verdict '| ./z.go:2:13: cannot use "not a number"' \
        "${run[@]}" --head broken
}

build_rows() {
    policy grow
    row "no go command" 3 no-verdict "the go command is not in PATH; install Go" \
        env PATH=/nowhere "${run[@]}" --head evil
    sed -i 's,^    service:,    build: {package: ./nope}\n    service:,' "$repo/memgate.yaml"
    row "package is not there" 3 no-verdict "nope: directory not found" "${run[@]}" --head evil
    cat > "$repo/memgate.yaml" <<'YAML'
version: 1
scenarios:
  - name: bench
    gotest: {package: ., bench: ^Nope$, benchtime: 10x}
YAML
    row "no benchmarks" 3 no-verdict "has no test files" "${run[@]}" --head evil
    policy grow
    row "output directory is a file" 3 nothing "is not a directory" \
        "$memgate" run --base main --head evil -o "$repo/go.mod"
}

# The toolchain differs: a go command that stamps another version into the candidate.
toolchain_row() {
    local go version other
    go=$(command -v go)
    version=$(go env GOVERSION)
    # Of the same length, so that the program stays whole.
    other=${version%?}$(((${version: -1} + 1) % 10))
    mkdir "$work/bin"
    cat > "$work/bin/go" <<SH
#!/bin/sh
'$go' "\$@" || exit
[ "\$1" = build ] && grep -q 'evil = true' side.go || exit 0
while [ "\$1" != -o ]; do shift; done
sed -i 's/$version/$other/g' "\$2"
SH
    chmod +x "$work/bin/go"
    policy grow 'toolchain_change: refuse'
    row "toolchains differ" 3 no-verdict "base built by $version, candidate by $other" \
        env PATH="$work/bin:$PATH" "${run[@]}" --head evil
}

# Services ---------------------------------------------------------------------------------------

services=(
    'exits|exited with status 2 after'
    'exits|| \x1b[31m::error::no database'
    'never-listens|did not listen on 127.0.0.1:'
    'not-ready|GET /healthz still answered 503 after 1 s; not ready'
    'killed|killed by signal 9 (out of memory?)'
    'errors|2 of 200 requests failed (first: GET /work answered 500); nothing is judged'
    'redirect|answered 302; redirects are not followed'
    'profile-404|answered 404; import net/http/pprof, or set service.pprof'
    'profile-page|not a profile (starts "<html>please log in</html>")'
    'profile-empty|answered nothing'
    'profile-cut|gzip stream ends early at byte'
    'profile-bomb|inflates past 256 MiB'
    'profile-off|heap profiling is off (period 0)'
    'profile-rate|profile periods differ: baseline trial 1 has 1, candidate trial 1 has 4096'
    'profile-paused|of TotalAlloc: profiling was off for a while'
)

service_rows() {
    local line mode text
    for line in "${services[@]}"; do
        mode=${line%%|*}
        text=${line#*|}
        policy "$mode"
        row "service: $mode" 3 no-verdict "$text" "${run[@]}" --head evil
    done
    policy grow
    row "service: none of this, but it grows" 1 blocked "main.grown" "${run[@]}" --head evil
}

# The candidate tells a stranger its port and never listens itself.
foreign_row() {
    policy port-given-away
    rm -f "$work/port"
    /usr/bin/python3 "$here/stranger.py" "$work/port" &
    local stranger=$!
    row "service: a stranger listens" 3 no-verdict \
        "is held by pid $stranger, not by the program under test" "${run[@]}" --head evil
    kill "$stranger"
    wait "$stranger" || true
}

# Profiles ---------------------------------------------------------------------------------------

profiles=(
    'page.pb.gz|not a profile (starts "404 page not found")'
    'empty.pb.gz|not a profile (it is empty)'
    'cut.pb.gz|gzip stream ends early at byte 111'
    'damaged.pb.gz|gzip stream is damaged at byte'
    'bomb.pb.gz|inflates past 256 MiB'
    'dangling.pb|sample 4 names location 77, which is not defined'
    'negative.pb|heap profile has negative values'
    'overflow.pb|alloc_space total passes 2^63-1'
    'two.pb|two.pb: function 5: function id 1 is defined twice'
    'long-varint.pb|byte 1: varint is longer than 64 bits'
    'period-zero.pb.gz|heap profiling is off (period 0)'
    'period-other.pb.gz|period-other.pb.gz has 524288'
    'period-other.pb.gz|good.pb.gz has 1'
    'period-other.pb.gz|take all of them with the same GODEBUG=memprofilerate'
    'no-samples.pb.gz|no-samples.pb.gz: the heap profile is empty; take it after the load'
    'cpu.pb.gz|cpu.pb.gz is not a heap profile of allocations: it has samples/count cpu/nanoseconds, not'
    'cpu.pb.gz|take it from /debug/pprof/heap or allocs'
    'held.pb.gz|held.pb.gz is not a heap profile of allocations: it has objects/count space/bytes, not'
    'kilobytes.pb.gz|it has alloc_objects/count alloc_space/kilobytes'
    'delta.pb.gz|good.pb.gz counts since the start of its process'
    'delta.pb.gz|delta.pb.gz is a difference over 30.0 s'
    'missing.pb.gz|No such file or directory'
)

profile_rows() {
    local line file text data=$work/profiles
    mkdir "$data"
    /usr/bin/python3 "$here/profiles.py" "$data"
    for line in "${profiles[@]}"; do
        file=${line%%|*}
        text=${line#*|}
        row "profile: $file" 3 nothing "$text" "$memgate" check "$data/good.pb.gz" "$data/$file"
        row "profile: $file as baseline" 3 nothing "$text" \
            "$memgate" check "$data/$file" "$data/good.pb.gz"
    done
    row "profile: the same twice" 0 pass "PASS" \
        "$memgate" check "$data/good.pb.gz" "$data/good.pb.gz" -o "$work/out"
    row "profile: hostile name, still blocked" 1 blocked '\x0d\x0a::error file=a.go::gone' \
        "$memgate" check "$data/good.pb.gz" "$data/escapes.pb.gz" -o "$work/out"
    row "profile: hostile name in a diff" 0 nothing '\x0d\x0a::error file=a.go::gone' \
        "$memgate" diff "$data/good.pb.gz" "$data/escapes.pb.gz"
}

# Disks ------------------------------------------------------------------------------------------

# limited ARGS: a shell line that runs memgate where the disk is full for every file.
limited() {
    echo "(ulimit -f 0; '$memgate' $1 -o '$work/out') 2>&1 | cat; exit \${PIPESTATUS[0]}"
}

# A regression that could not be written down is one all the same.
disk_rows() {
    local data=$work/profiles command
    for command in "check $data/good.pb.gz $data/good.pb.gz" "diff $data/good.pb.gz $data/grown.pb.gz" \
        "lint memgate.yaml" "lint --schema"; do
        row "full disk: ${command%% *}" 3 nothing "No space left on device" \
            bash -c "'$memgate' $command > /dev/full"
    done
    row "full disk: check, blocked" 1 nothing "cannot write the report: No space left on device" \
        bash -c "'$memgate' check $data/good.pb.gz $data/grown.pb.gz > /dev/full"
    row "full disk: run, blocked" 1 blocked "cannot write the report: No space left on device" \
        bash -c "$(printf '%q ' "${run[@]}") --head evil > /dev/full"
    # No file may grow; what is said goes through a pipe.
    row "full disk below the output directory" 3 nothing "File too large" \
        bash -c "$(limited "check $data/good.pb.gz $data/good.pb.gz")"
    row "full disk below the output directory, blocked" 1 nothing "File too large" \
        bash -c "$(limited "check $data/good.pb.gz $data/grown.pb.gz")"
}

# Yesterday's verdict must not be taken for today's.
stale_row() {
    local code=0
    policy grow
    mkdir -p "$work/stale"
    echo '  "verdict": "pass",' > "$work/stale/verdict.json"
    (cd "$repo" && "$memgate" run --base nowhere -o "$work/stale") > "$work/said" 2>&1 || code=$?
    [ "$code" = 3 ] || fail "stale: exit $code, not 3"
    [ ! -e "$work/stale/verdict.json" ] || fail "stale: an earlier verdict survives a failed run"
    rows=$((rows + 1))
}

# nobody_left: no process of any row may be alive; their environment carries this run's marker.
nobody_left() {
    local file
    for file in /proc/[0-9]*/environ; do
        if { tr '\0' '\n' < "$file"; } 2> /dev/null | grep -qxF "PORT_FILE=$work/port"; then
            fail "process ${file//[^0-9]/} survives its row"
        fi
    done
}

make_repo
policy_rows
policy_source_rows
request_rows
usage_rows
policy grow
repository_rows
build_rows
toolchain_row
service_rows
foreign_row
policy grow
profile_rows
disk_rows
stale_row
nobody_left
echo "$rows rows in $((SECONDS - started_at)) s"
finish
