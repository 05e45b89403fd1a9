#!/usr/bin/env bash
# The GitHub action from end to end: its definition is valid, its steps keep their promises, and a
# pull request that allocates more is red while one that does not is green.
#
#   tests/e2e/action/action_test.sh PATH-OF-MEMGATE
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../../.." && pwd)
MEMGATE=$(realpath -- "${1:?usage: action_test.sh PATH-OF-MEMGATE}")
ACT_SECONDS_MAX=600

TOOLS=$(bash "$ROOT/scripts/tools.sh")
SCRATCH=$(mktemp -d)
trap 'rm -rf -- "$SCRATCH"' EXIT
PASSED=0

fail() {
    printf 'FAILED: %s\n' "$1"
    [ -z "${2-}" ] || tail -n 60 -- "$2"
    exit 1
}

passed() {
    printf 'ok: %s\n' "$1"
    PASSED=$((PASSED + 1))
}

# must_contain NAME FILE TEXT [LOG]: the file contains the text.
must_contain() {
    [ -e "$2" ] || fail "$1: there is no $(basename "$2")" "${4-}"
    grep -qF -- "$3" "$2" || fail "$1: '$3' is not in $(basename "$2")" "${4-$2}"
}

must_equal() {
    [ "$2" = "$3" ] || fail "$1: have '$2', want '$3'" "${4-}"
}

git_quietly() {
    git -c user.name=tester -c user.email=tester@example.invalid -c commit.gpgsign=false \
        -c init.defaultBranch=main -c advice.detachedHead=false "$@" >"$SCRATCH/git.log" 2>&1 || fail "git $*" "$SCRATCH/git.log"
}

# The repository of a team: an upstream, and a clone with the action in it. The candidates are tags.
make_repository() {
    local repository=$SCRATCH/repository
    mkdir -p "$repository/.memgate-action" "$repository/.github/workflows"
    cp -R "$HERE/tiny/." "$repository"
    cp "$HERE/workflow.yml" "$repository/.github/workflows/memgate.yml"
    tar -C "$ROOT" --exclude=./build --exclude=./.git --exclude=./tests --exclude=./examples \
        --exclude=./memgate-out -cf - . | tar -C "$repository/.memgate-action" -xf -
    cd "$repository"
    git_quietly init -b main
    git_quietly add -A -f
    git_quietly commit -m "tiny: a service"
    git_quietly init --bare "$SCRATCH/upstream.git"
    git_quietly remote add origin "$SCRATCH/upstream.git"
    git_quietly push origin main
    git_quietly fetch origin

    sed -i 's/^func count/\/\/ count says how many distinct numbers there are.\nfunc count/' main.go
    git_quietly commit -a -m "tiny: say what count does"
    git_quietly tag harmless
    git_quietly reset --hard origin/main
    sed -i 's/seen\[i%16\]++/seen[i]++/' main.go
    git_quietly commit -a -m "tiny: count all"
    git_quietly tag harmful
}

# The validator decides by the file's name what a file is.
definition_is_valid() {
    mkdir -p "$SCRATCH/broken"
    "$TOOLS/action-validator" "$ROOT/action.yml" || fail "action.yml is not valid"
    sed 's/using: composite/using: composit/' "$ROOT/action.yml" >"$SCRATCH/broken/action.yml"
    if "$TOOLS/action-validator" "$SCRATCH/broken/action.yml" >/dev/null 2>&1; then
        fail "the validator does not see a broken action.yml"
    fi
    passed "action.yml is valid, and a broken one is seen"
}

workflow_is_valid() {
    local workflow=.github/workflows/memgate.yml
    cd "$SCRATCH/repository"
    "$TOOLS/action-validator" "$workflow" || fail "the sample workflow is not valid"
    "$TOOLS/actionlint" "$workflow" || fail "actionlint refuses the sample workflow"
    "$TOOLS/actionlint" "$ROOT/.github/workflows/ci.yml" || fail "actionlint refuses ci.yml"
    sed -i.kept 's/scenarios:/scenarois:/' "$workflow"
    if "$TOOLS/actionlint" "$workflow" >"$SCRATCH/lint.log"; then
        fail "actionlint does not see a misspelt input"
    fi
    must_contain "misspelt input" "$SCRATCH/lint.log" scenarois
    mv "$workflow.kept" "$workflow"
    passed "the workflows are valid, and a misspelt input is seen"
}

no_expression_reaches_a_shell() {
    if grep -nE '^ *run:.*([|>]|\$\{\{)' "$ROOT/action.yml"; then
        fail "action.yml puts an expression, or a script of its own, into a command"
    fi
    passed "no input becomes part of a command"
}

# A stand-in for memgate: leaves the verdict file it is told to and notes its arguments.
make_fake() {
    FAKE=$SCRATCH/fake
    cat >"$FAKE" <<'FAKE_END'
#!/usr/bin/env bash
printf '%s\n' "$@" >"$FAKE_ARGUMENTS"
while [ $# -gt 0 ]; do
    [ "$1" = -o ] && output=$2
    shift
done
mkdir -p "$output"
echo "::error::a name that is a command"
[ -z "$FAKE_JSON" ] || printf '%s' "$FAKE_JSON" >"$output/verdict.json"
[ -z "$FAKE_REPORT" ] || head -c "$FAKE_REPORT" <(yes 'a line of the report, ü') >"$output/report.md"
exit "$FAKE_CODE"
FAKE_END
    chmod +x "$FAKE"
}

# action_step STEP NAME=VALUE...: one step of the action as the runner calls it. Sets CODE.
action_step() {
    local name=$1
    shift
    : >"$SCRATCH/output"
    : >"$SCRATCH/step-summary"
    CODE=0
    (
        mkdir -p "$SCRATCH/workspace"
        cd "$SCRATCH/workspace"
        env -u GITHUB_BASE_REF -u GITHUB_EVENT_NAME -u MEMGATE_BIN FAKE_ARGUMENTS="$SCRATCH/arguments" \
            FAKE_JSON="" FAKE_REPORT="" FAKE_CODE=0 MEMGATE_ACTION_BINARY="$FAKE" \
            GITHUB_OUTPUT="$SCRATCH/output" GITHUB_STEP_SUMMARY="$SCRATCH/step-summary" "$@" \
            bash "$ROOT/scripts/action.sh" "$name"
    ) >"$SCRATCH/step.log" 2>&1 || CODE=$?
}

# The value of an output, as the runner reads the file.
output_of() {
    awk -v key="$1" '
        until != "" { if ($0 == until) until = ""; else if (mine) print; next }
        { at = index($0, "<<"); mine = substr($0, 1, at - 1) == key; until = substr($0, at + 2) }
    ' "$SCRATCH/output"
}

# Rows: memgate's exit code, its verdict file, then the outputs that must follow.
VERDICT_ROWS=(
    '0   {"verdict":"pass","exit_code":0}           pass 0'
    '0   {"verdict":"inconclusive","exit_code":0}   inconclusive 0'
    '1   {"verdict":"blocked","exit_code":1}        blocked 1'
    '2   -                                          no-verdict 2'
    '3   {"verdict":"no-verdict","exit_code":3}     no-verdict 3'
    '4   {"verdict":"inconclusive","exit_code":4}   inconclusive 4'
    '0   -                                          no-verdict 3'
    '0   {"verdict":"pass"                          no-verdict 3'
    '0   {"verdict":"pass"}                         no-verdict 3'
    '0   {"verdict":"pass","exit_code":"0"}         no-verdict 3'
    '0   {"verdict":"pass","exit_code":1}           blocked 1'
    '0   {"verdict":"blocked","exit_code":0}        no-verdict 3'
    '3   {"verdict":"pass","exit_code":0}           no-verdict 3'
    '139 {"verdict":"pass","exit_code":0}           no-verdict 139'
)

verdicts_are_read_with_care() {
    local row code json verdict want
    for row in "${VERDICT_ROWS[@]}"; do
        read -r code json verdict want <<<"$row"
        [ "$json" != - ] || json=""
        # What an earlier job left must not count.
        mkdir -p "$SCRATCH/workspace/memgate-out"
        printf '{"verdict":"pass","exit_code":0}' >"$SCRATCH/workspace/memgate-out/verdict.json"
        action_step run FAKE_CODE="$code" FAKE_JSON="$json"
        must_equal "$row: step" "$CODE" 0 "$SCRATCH/step.log"
        must_equal "$row: verdict" "$(output_of verdict)" "$verdict"
        must_equal "$row: exit code" "$(output_of exit-code)" "$want"
        action_step finish MEMGATE_ACTION_EXIT_CODE="$want" MEMGATE_ACTION_VERDICT="$verdict"
        must_equal "$row: job" "$CODE" "$want" "$SCRATCH/step.log"
        action_step finish MEMGATE_ACTION_EXIT_CODE="$want" MEMGATE_ACTION_EXIT_ZERO=true
        must_equal "$row: job in shadow mode" "$CODE" 0 "$SCRATCH/step.log"
    done
    action_step finish MEMGATE_ACTION_EXIT_CODE=""
    must_equal "no exit code at all" "$CODE" 3
    passed "${#VERDICT_ROWS[@]} verdict files and exit codes give the right outcome"
}

inputs_stay_data() {
    local want token hostile=\$"(touch x);y"
    action_step run MEMGATE_ACTION_BASE="$hostile" MEMGATE_ACTION_SCENARIOS=$'one *\n two' \
        MEMGATE_ACTION_QUICK=true MEMGATE_ACTION_OUTPUT=$'a b\nverdict=pass' FAKE_CODE=1
    want=$(printf '%s\n' run --head HEAD -o $'a b\nverdict=pass' --base "$hostile" --quick one '*' two)
    must_equal "arguments" "$(cat "$SCRATCH/arguments")" "$want" "$SCRATCH/step.log"
    must_equal "verdict" "$(output_of verdict)" blocked
    must_equal "report path" "$(output_of report-path)" "$SCRATCH/workspace/"$'a b\nverdict=pass/report.md'
    token=$(sed -n 's/^::stop-commands::\([0-9a-f]\{32\}\)$/\1/p' "$SCRATCH/step.log")
    [ -n "$token" ] || fail "workflow commands are not stopped" "$SCRATCH/step.log"
    must_contain "commands go on afterwards" "$SCRATCH/step.log" "::$token::"

    action_step run MEMGATE_ACTION_SCENARIOS=--exit-zero
    must_equal "option as a scenario" "$CODE" 2 "$SCRATCH/step.log"
    action_step run MEMGATE_ACTION_BASE=-x
    must_equal "option as a base" "$CODE" 2 "$SCRATCH/step.log"
    action_step run MEMGATE_ACTION_QUICK=yes
    must_equal "quick: yes" "$CODE" 2 "$SCRATCH/step.log"
    action_step run MEMGATE_ACTION_EXIT_ZERO=1
    must_equal "exit-zero: 1" "$CODE" 2 "$SCRATCH/step.log"
    action_step run MEMGATE_ACTION_DIRECTORY=absent
    must_equal "absent folder" "$CODE" 2 "$SCRATCH/step.log"
    action_step build MEMGATE_BIN="$SCRATCH/absent"
    must_equal "absent MEMGATE_BIN" "$CODE" 2 "$SCRATCH/step.log"
    passed "inputs reach memgate as they are, and options do not"
}

pull_requests_keep_the_policy_of_the_base() {
    local upstream=$SCRATCH/repository
    action_step run GITHUB_BASE_REF=main MEMGATE_ACTION_DIRECTORY="$upstream"
    must_equal "step" "$CODE" 0 "$SCRATCH/step.log"
    must_equal "pull request" "$(cat "$SCRATCH/arguments")" \
        "$(printf '%s\n' run --head HEAD -o memgate-out --policy-from base)" "$SCRATCH/step.log"
    action_step run
    must_equal "push" "$(cat "$SCRATCH/arguments")" "$(printf '%s\n' run --head HEAD -o memgate-out)"
    rm -rf "$upstream/memgate-out"
    passed "a pull request is judged by the policy of its base, whatever CI says"
}

events_are_refused() {
    local event
    for event in pull_request_target workflow_run; do
        action_step guard GITHUB_EVENT_NAME="$event"
        must_equal "$event" "$CODE" 2
        must_contain "$event" "$SCRATCH/step.log" "$event"
    done
    for event in pull_request push merge_group; do
        action_step guard GITHUB_EVENT_NAME="$event"
        must_equal "$event" "$CODE" 0 "$SCRATCH/step.log"
    done
    passed "events that lend secrets are refused"
}

summary_is_bounded() {
    local size
    action_step run FAKE_CODE=1 FAKE_REPORT=300
    action_step summary MEMGATE_ACTION_REPORT="$(output_of report-path)"
    cmp "$SCRATCH/step-summary" "$SCRATCH/workspace/memgate-out/report.md" || fail "a small report is changed"

    action_step run FAKE_CODE=1 FAKE_REPORT=3000001
    action_step summary MEMGATE_ACTION_REPORT="$(output_of report-path)"
    size=$(wc -c <"$SCRATCH/step-summary")
    if [ "$size" -lt 900000 ] || [ "$size" -gt 1001000 ]; then
        fail "a report of 3 MB gives a summary of $size bytes"
    fi
    iconv -f UTF-8 -t UTF-8 "$SCRATCH/step-summary" >/dev/null || fail "the cut is inside a character"
    must_contain "the cut is said" "$SCRATCH/step-summary" "Cut after 1000000 of 3000001 bytes"

    action_step summary MEMGATE_ACTION_VERDICT=no-verdict MEMGATE_ACTION_EXIT_CODE=3 MEMGATE_ACTION_REPORT=absent
    must_contain "no report" "$SCRATCH/step-summary" "memgate: no-verdict"
    passed "the summary is the report, bounded"
}

# A cancelled job signals the step alone, and memgate must still end its services.
cancelling_reaches_memgate() {
    local patient=$SCRATCH/patient step code=0
    mkfifo "$SCRATCH/started" "$SCRATCH/never"
    cat >"$patient" <<PATIENT_END
#!/usr/bin/env bash
trap 'echo cleaned >"$SCRATCH/cleaned"; exit 3' TERM
echo started >"$SCRATCH/started"
while :; do read -r -t 60 <>"$SCRATCH/never"; done
PATIENT_END
    chmod +x "$patient"
    MEMGATE_ACTION_BINARY=$patient MEMGATE_ACTION_DIRECTORY=$SCRATCH/workspace GITHUB_BASE_REF="" \
        GITHUB_OUTPUT=$SCRATCH/output bash "$ROOT/scripts/action.sh" run >"$SCRATCH/step.log" 2>&1 &
    step=$!
    read -r <"$SCRATCH/started"
    kill -TERM "$step"
    wait "$step" || code=$?
    must_equal "step" "$code" 0 "$SCRATCH/step.log"
    must_equal "memgate's own end" "$(cat "$SCRATCH/cleaned")" cleaned
    passed "cancelling the job reaches memgate, and is waited for"
}

# A shallow checkout has no target branch: the action fetches its tip.
base_is_fetched() {
    local clone=$SCRATCH/shallow
    git_quietly -C "$SCRATCH/repository" push origin harmless
    git_quietly clone --depth 1 --no-tags --branch harmless "file://$SCRATCH/upstream.git" "$clone"
    action_step run MEMGATE_ACTION_DIRECTORY="$clone" GITHUB_BASE_REF=main
    must_equal "fetch" "$CODE" 0 "$SCRATCH/step.log"
    must_equal "tip of the target branch" "$(git -C "$clone" rev-parse refs/remotes/origin/main)" \
        "$(git -C "$SCRATCH/repository" rev-parse origin/main)"
    action_step run MEMGATE_ACTION_DIRECTORY="$clone" GITHUB_BASE_REF=absent
    must_contain "absent target branch" "$SCRATCH/step.log" "::warning title=memgate::the target branch 'absent'"
    passed "the target branch is fetched where the checkout left it out"
}

# pull_request EVENT TAG [NAME=VALUE...]: the whole workflow on a pull request of that tag. Sets CODE.
pull_request() {
    local event=$1 tag=$2 variable
    local -a environment=()
    shift 2
    for variable in "$@"; do
        environment+=(--env "$variable")
    done
    PROBE=$SCRATCH/probe-$event-$tag
    mkdir -p "$PROBE" "$SCRATCH/config/act"
    : >"$SCRATCH/config/act/actrc"
    # act empties the summary after each step: every bash of the job keeps what it finds there at its end.
    cat >"$PROBE/keep.sh" <<KEEP_END
trap '[ ! -s "\${GITHUB_STEP_SUMMARY-}" ] || cp "\$GITHUB_STEP_SUMMARY" "$PROBE/summary.md"' EXIT
KEEP_END
    printf '{"pull_request":{"number":1,"head":{"ref":"%s"},"base":{"ref":"main"}}}\n' "$tag" >"$PROBE/event.json"
    cd "$SCRATCH/repository"
    git_quietly checkout --detach "$tag"
    CODE=0
    GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE) XDG_CONFIG_HOME=$SCRATCH/config \
        XDG_CACHE_HOME=$SCRATCH/cache timeout "$ACT_SECONDS_MAX" \
        "$TOOLS/act" "$event" -W .github/workflows/memgate.yml -e "$PROBE/event.json" \
        -P ubuntu-latest=-self-hosted --env "PROBE=$PROBE" --env "BASH_ENV=$PROBE/keep.sh" "${environment[@]}" \
        >"$PROBE/act.log" 2>&1 </dev/null || CODE=$?
}

harmful_pull_request_is_red() {
    pull_request pull_request harmful "MEMGATE_BIN=$MEMGATE"
    [ "$CODE" -ne 0 ] || fail "the job of a harmful pull request is green" "$PROBE/act.log"
    must_equal "outputs" "$(cat "$PROBE/outputs")" "blocked 1" "$PROBE/act.log"
    must_contain "summary" "$PROBE/summary.md" main.count "$PROBE/act.log"
    cmp "$PROBE/summary.md" "$PROBE/report.md" || fail "the summary is not the report"
    passed "a pull request that allocates more is red, and its summary names the function"
}

harmless_pull_request_is_green() {
    pull_request pull_request harmless
    must_equal "job" "$CODE" 0 "$PROBE/act.log"
    must_equal "outputs" "$(cat "$PROBE/outputs")" "pass 0" "$PROBE/act.log"
    [ -s "$PROBE/summary.md" ] || fail "no summary" "$PROBE/act.log"
    passed "a pull request that changes a comment is green, with memgate built by the action"
}

privileged_event_is_refused() {
    pull_request pull_request_target harmless "MEMGATE_BIN=$MEMGATE"
    [ "$CODE" -ne 0 ] || fail "pull_request_target is accepted" "$PROBE/act.log"
    must_equal "outputs" "$(cat "$PROBE/outputs")" "none none" "$PROBE/act.log"
    must_contain "message" "$PROBE/act.log" "on: pull_request"
    passed "pull_request_target is refused before anything is built"
}

make_repository
make_fake
definition_is_valid
workflow_is_valid
no_expression_reaches_a_shell
verdicts_are_read_with_care
inputs_stay_data
pull_requests_keep_the_policy_of_the_base
events_are_refused
summary_is_bounded
cancelling_reaches_memgate
base_is_fetched
privileged_event_is_refused
harmful_pull_request_is_red
harmless_pull_request_is_green
printf 'action: %d claims hold\n' "$PASSED"
