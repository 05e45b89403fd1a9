# Shared by the scripts of this folder: a work directory that goes away, the example as a
# repository, and claims that count.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# fail TEXT: notes a broken claim and goes on, so that one run shows all of them.
fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# The user's git settings (signing, hooks, line endings) must not change what is tested.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS GIT_TEMPLATE_DIR
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

# Nor may the CI service that runs the tests decide where memgate takes its policy and base from:
# rows about CI say so themselves.
unset CI GITHUB_ACTIONS GITLAB_CI TF_BUILD CODEBUILD_BUILD_ID TEAMCITY_VERSION JENKINS_URL \
    GITHUB_BASE_REF CI_MERGE_REQUEST_TARGET_BRANCH_NAME CHANGE_TARGET \
    BUILDKITE_PULL_REQUEST_BASE_BRANCH BITBUCKET_PR_DESTINATION_BRANCH \
    SYSTEM_PULLREQUEST_TARGETBRANCHNAME

# What the functions below work on; scripts that use them name it.
: "${repo=}" "${memgate=}" "${shown=}"

# git_in ARG...: git in $repo, as somebody.
git_in() {
    git -C "$repo" -c user.name=test -c user.email=test@example.com "$@"
}

# commit_base: $repo, which is a directory, is a repository with branch main of what lies in it.
commit_base() {
    git_in init -q --template= -b main
    git_in add -A
    git_in commit -q -m base
}

# service_repo SERVICE: $repo is a repository of that directory with branch main; its load asks for
# /work, and the policy, which each row of a test writes anew, belongs to no revision.
service_repo() {
    cp -R "$1" "$repo"
    echo '{"path": "/work", "expect": [200]}' > "$repo/load.jsonl"
    echo memgate.yaml > "$repo/.gitignore"
    commit_base
}

# row NAME EXIT TEXT BASE HEAD [OPTION...]: what a run of $memgate in $repo ends with, and what it
# must say. Lines that match $shown are shown of every run.
row() {
    local name=$1 want=$2 text=$3 base=$4 head=$5 code=0
    shift 5
    rm -rf "$work/out"
    (cd "$repo" && "$memgate" run --base "$base" --head "$head" --policy-from work-tree \
        --always-measure -o "$work/out" "$@") > "$work/stdout" 2> "$work/stderr" || code=$?
    echo "== $name: exit $code"
    grep -E "$shown" "$work/stdout" || true
    if [ "$code" != "$want" ] || ! grep -qE -- "$text" "$work/stdout"; then
        fail "$name: exit $code, not $want, or nobody says: $text"
        cat "$work/stdout" "$work/stderr"
    fi
}

# finish: exit code of the script.
finish() {
    if [ "$failures" -gt 0 ]; then
        echo "$failures claims do not hold"
        exit 1
    fi
    echo "all claims hold"
}

# load_average: what the machine has to do besides, by which a run that went wrong is judged.
load_average() {
    cut -d ' ' -f 1 /proc/loadavg
}

# What a test does round after round: a line as each ends, and a table of all of them.
declare -A cells=() remarks=()

# round_done ROUND NAME CELL TEXT STARTED: the line says TEXT, the table CELL; since $SECONDS STARTED.
round_done() {
    printf 'round %d, %s: %s, %d s, load average %s\n' "$1" "$2" "$4" $((SECONDS - $5)) "$(load_average)"
    cells[$2]=${cells[$2]-}$(printf ' %6s' "$3")
}

# rounds_table WHAT ROUNDS NAME...: a row for each name, its remark behind it.
rounds_table() {
    local what=$1 rounds=$2 name
    shift 2
    # shellcheck disable=SC2046 # numbers
    printf '\n%-20s%s\n' "$what" "$(printf ' %6d' $(seq "$rounds"))"
    for name in "$@"; do
        printf '%-20s%s%s\n' "$name" "${cells[$name]-}" "${remarks[$name]:+  ${remarks[$name]}}"
    done
}

# culprits VERDICT [METRIC]: who has most of the worst regression (of that metric), one a line.
culprits() {
    jq -r --arg metric "${2-}" '[.scenarios[].findings[] | select(.verdict == "regression"
        and ($metric == "" or .metric == $metric))][0].culprits[]?.func' "$1"
}

# example_repo DIR: the example as a git repository with branch main.
example_repo() {
    mkdir -p "$1"
    cp -R "$root/examples/orders/." "$1"
    rm -rf "$1/changes"
    repo=$1 commit_base
}

# example_branch DIR NAME: branch change/NAME from a patch of the example, checked out.
example_branch() {
    git -C "$1" checkout -q -b "change/$2" main
    git -C "$1" apply "$root/examples/orders/changes/$2.patch"
    git -C "$1" add -A
    git -C "$1" -c user.name=test -c user.email=test@example.com commit -q -m "$2"
    git -C "$1" checkout -q main
}

# try NAME EXIT TEXT ARGUMENT...: what memgate in $dir, or else $repo, ends with, and a line that it
# prints. Nothing is left in $TMPDIR, which is the caller's own.
try() {
    local name=$1 want=$2 text=$3 code=0 start=$SECONDS
    shift 3
    (cd "${dir:-$repo}" && timeout 120 "$memgate" "$@") > "$work/stdout" 2> "$work/stderr" || code=$?
    echo "== $name: exit $code, $((SECONDS - start)) s"
    if [ "$code" != "$want" ] || ! grep -qE -- "$text" "$work/stdout" "$work/stderr"; then
        fail "$name: exit $code, not $want, or nobody says: $text"
        cat "$work/stdout" "$work/stderr"
    fi
    [ -z "$(ls -A "$TMPDIR")" ] || fail "$name: left behind: $(ls -A "$TMPDIR")"
}
