#include "gate/cli/ci.h"

#include <stdlib.h>

/* GitLab sets GITHUB-like variables to "false", so the value counts, not the presence. */
static bool env_is_true(const char *name)
{
    struct str value = str_from(getenv(name));
    return value.len > 0 && !str_equal(value, STR("false")) && !str_equal(value, STR("0"));
}

struct str ci_target_branch(void)
{
    static const char *const names[] = {"GITHUB_BASE_REF",
                                        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
                                        "CHANGE_TARGET",
                                        "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
                                        "BITBUCKET_PR_DESTINATION_BRANCH",
                                        "SYSTEM_PULLREQUEST_TARGETBRANCHNAME"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct str value = str_from(getenv(names[i]));
        if (value.len && !str_equal(value, STR("false")))
            return value;
    }
    return (struct str){"", 0};
}

bool ci_is_here(void)
{
    static const char *const names[] = {"CI",         "GITHUB_ACTIONS",     "GITLAB_CI",
                                        "TF_BUILD",   "CODEBUILD_BUILD_ID", "TEAMCITY_VERSION",
                                        "JENKINS_URL"};
    bool found = ci_target_branch().len > 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        found = found || env_is_true(names[i]);
    return found;
}
