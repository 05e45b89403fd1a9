#!/usr/bin/env bash
# ci.sh MEMGATE: whose policy and request file a run takes, and which revisions, under each CI service
# and without one; and when equal binaries are proof enough.
set -euo pipefail
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
memgate=$(realpath "$1")
repo=$work/repo
dir=$repo
mkdir "$work/tmp"
export TMPDIR=$work/tmp

# policy LIMIT: of bytes and objects, the limits that the changes below break at 5 % alone.
policy() {
    printf 'version: 1\ntrials: {exact: 2, steady: 2, max: 3}\nscenarios:\n'
    printf '  - {name: codec, gotest: {package: ., bench: ^BenchmarkEncode$, benchtime: 2000x}}\n'
    printf 'rules:\n'
    printf '  - {metric: %s, max_increase_percent: %s, severity: block}\n' alloc_space "$1" alloc_objects "$1"
}

# commit NAME: the work tree as a branch of that name, checked out, on what is checked out.
commit() {
    git_in checkout -q -b "$1"
    git_in add -A
    git_in commit -q -m "$1"
}

cp -R "$root/tests/e2e/calibrate/codec" "$repo"
printf 'memgate-out/\n' > "$repo/.gitignore"
echo 'Hello' > "$repo/page.tmpl"
policy 5% > "$repo/memgate.yaml"
mkdir "$repo/sub"
cp "$repo/codec.go" "$repo/codec_test.go" "$repo/memgate.yaml" "$repo/sub"
commit_base

# A change that allocates more and gives itself room for it; checked out, as CI does.
sed -i 's/out := \[\]byte{}/out := make([]byte, 0, 160*n)/' "$repo/codec.go"
policy 100000% > "$repo/memgate.yaml"
commit loosened

change=(run --quick --head HEAD --base main)
blocked='^memgate BLOCKED: alloc_space '
try 'no CI: the policy of the work tree' 0 '^memgate PASS' "${change[@]}"
CI=false try 'CI=false is none' 0 '^memgate PASS' "${change[@]}"
for variable in CI=true CI=1 GITHUB_ACTIONS=true GITLAB_CI=true TF_BUILD=True CODEBUILD_BUILD_ID=a:1 \
    TEAMCITY_VERSION=2024.1 JENKINS_URL=http://ci.example/; do
    export "${variable?}"
    try "$variable: the policy of the baseline" 1 "$blocked" "${change[@]}"
    unset "${variable%%=*}"
done
# The service names the target branch: that is the baseline, and its policy judges.
git_in branch -q target main
for name in GITHUB_BASE_REF CI_MERGE_REQUEST_TARGET_BRANCH_NAME CHANGE_TARGET BUILDKITE_PULL_REQUEST_BASE_BRANCH \
    BITBUCKET_PR_DESTINATION_BRANCH SYSTEM_PULLREQUEST_TARGETBRANCHNAME; do
    export "$name=target"
    try "$name: the baseline" 1 "$blocked" run --quick
    grep -q '^  baseline target (' "$work/stdout" || { fail "$name: another baseline"; cat "$work/stdout"; }
    unset "$name"
done
CI=true try 'asked for in CI' 0 '^memgate PASS' "${change[@]}" --policy-from work-tree
try 'asked for without CI' 1 "$blocked" "${change[@]}" --policy-from base

# A change that takes the policy away.
git_in rm -q memgate.yaml
commit gone
CI=true try 'a change without a policy' 1 "$blocked" "${change[@]}"
try 'a work tree without a policy' 2 'policy memgate.yaml not found at the work tree' "${change[@]}"

# No revision is named: the last commit against main, or the work tree where it differs.
git_in checkout -q loosened
policy 5% > "$repo/memgate.yaml"
try 'the work tree, which differs' 1 'candidate work tree' run --quick
git_in commit -q -am strict
try 'the last commit' 1 '^  baseline main \(.*candidate HEAD \(' run --quick
git_in checkout -q main
try 'nothing to compare' 2 'the candidate .* is the baseline .* itself: nothing would be compared' run --quick

# The policy of the directory comes before that of the root, and its packages are those below it.
mkdir "$repo/other"
for row in "sub 0 ^policy.sub/memgate.yaml:" "other 1 $blocked"; do
    read -r dir want text <<< "$row"
    dir=$repo/$dir
    try "in $(basename "$dir")" "$want" "$text" run --quick --base main --head loosened --always-measure
    rm -rf "$dir/memgate-out"
done
dir=$repo
git_in checkout -q main

# Equal binaries prove it where nothing but code and documentation changed.
echo 'More words.' > "$repo/README.md"
sed -i 's,^// Encode,// Encode really,' "$repo/codec.go"
commit words
try 'words' 0 '^memgate PASS: both revisions build byte-identical binaries; nothing was measured' \
    run --base main --head words
[ ! -d "$repo/memgate-out/recording/scenario-1/candidate/exact-1" ] || fail "words: measured all the same"
printf 'version: 1\nscenarios:\n  - {name: codec, gotest: {package: ., bench: ^BenchmarkEncode$, benchtime: 2000x}}\n' \
    > "$work/budget.yaml"
printf 'rules: [{metric: alloc_space, max: 1GiB/request, severity: block}]\n' >> "$work/budget.yaml"
try 'budgets of nothing' 3 'nothing was measured' check memgate-out --budgets --policy "$work/budget.yaml"
git_in checkout -q main
echo 'Goodbye' > "$repo/page.tmpl"
commit template
try 'a file that may be read' 0 'byte-identical, but .*page\.tmpl.* changed and may be read at run time; measuring' \
    run --quick --base main --head template
[ -d "$repo/memgate-out/recording/scenario-1/candidate/exact-1" ] || fail "a file that may be read: nothing was measured"
try 'words, measured' 0 '^  exact +2 ' run --quick --base main --head words --always-measure

# The request file is the baseline's too: a change that asks for less is not asked less.
repo=$work/service
dir=$repo
cp -R "$root/tests/e2e/trace/service" "$repo"
printf 'memgate-out/\n' > "$repo/.gitignore"
echo '{"path": "/work", "expect": [200]}' > "$repo/load.jsonl"
# shellcheck disable=SC2016 # ${ADDR} is memgate's, not ours
printf '%s\n' 'version: 1' 'trials: {exact: 2, steady: 1, duet: 0, max: 2}' 'scenarios:' '  - name: service' \
    '    service: {args: [--addr, "${ADDR}"], ready: /healthz}' \
    '    load: {requests: load.jsonl, warmup: 10, count: 100, connections: 1}' \
    'rules: [{metric: alloc_space, max_increase_percent: 5%, severity: block}]' > "$repo/memgate.yaml"
commit_base
sed -i 's/wasted  = 0 /wasted  = 12 /' "$repo/main.go"
echo '{"path": "/healthz", "expect": [200]}' > "$repo/load.jsonl"
commit idle
try 'no CI: the request file of the work tree' 0 '^memgate PASS' "${change[@]}"
CI=true try 'CI: the request file of the baseline' 1 "$blocked" "${change[@]}"
finish
