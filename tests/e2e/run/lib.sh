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

# finish: exit code of the script.
finish() {
    if [ "$failures" -gt 0 ]; then
        echo "$failures claims do not hold"
        exit 1
    fi
    echo "all claims hold"
}

# example_repo DIR: the example as a git repository with branch main.
example_repo() {
    mkdir -p "$1"
    cp -R "$root/examples/orders/." "$1"
    rm -rf "$1/changes"
    git -C "$1" init -q --template= -b main
    git -C "$1" add -A
    git -C "$1" -c user.name=test -c user.email=test@example.com commit -q -m base
}

# example_branch DIR NAME: branch change/NAME from a patch of the example, checked out.
example_branch() {
    git -C "$1" checkout -q -b "change/$2" main
    git -C "$1" apply "$root/examples/orders/changes/$2.patch"
    git -C "$1" add -A
    git -C "$1" -c user.name=test -c user.email=test@example.com commit -q -m "$2"
    git -C "$1" checkout -q main
}
