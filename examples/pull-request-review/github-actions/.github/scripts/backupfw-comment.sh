#!/usr/bin/env bash
# Writes the review as a comment on the pull request. There is one comment: the
# next review replaces its text.
#
# Usage: backupfw-comment.sh COMMENT.md
#
# It needs curl and jq, and from the environment
#
# GITHUB_API_URL, GITHUB_REPOSITORY  set by GitHub
# GITHUB_TOKEN             with the permission "pull-requests: write"
# BACKUPFW_PULL_REQUEST    number of the pull request
# BACKUPFW_COMMENT_AUTHOR  login that the token writes comments as
set -euo pipefail

comment=${1:?names the file of the comment}
: "${GITHUB_TOKEN:?is the token}"
author=${BACKUPFW_COMMENT_AUTHOR:-github-actions[bot]}
repository=${GITHUB_API_URL:?}/repos/${GITHUB_REPOSITORY:?}
comments=$repository/issues/${BACKUPFW_PULL_REQUEST:?}/comments

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The token stands in a file: the arguments of a process are seen by all others.
(umask 077 && printf 'Authorization: Bearer %s\n' "$GITHUB_TOKEN" >"$work/headers")

# api calls the API and leaves what it answers in $work/answer.json.
api() {
  : >"$work/answer.json"
  if ! curl --silent --show-error --fail-with-body --max-time 60 \
    --header @"$work/headers" \
    --header 'Accept: application/vnd.github+json' \
    --header 'X-GitHub-Api-Version: 2022-11-28' \
    --output "$work/answer.json" "$@"; then
    cat "$work/answer.json" >&2
    return 1
  fi
}

# A review begins with a line that shows nothing and says whose review it is.
marker=$(head -n 1 "$comment")
if [[ $marker != '<!-- backupfw-review'* ]]; then
  echo "$comment does not begin with the line by which the next review would find it. Give the Markdown of a review." >&2
  exit 1
fi

# Anyone can write that line: only an own comment is ours to change.
existing=
for ((page = 1; ; page++)); do
  api --retry 3 "$comments?per_page=100&page=$page"
  existing=$(jq --raw-output --arg author "$author" --arg marker "$marker" '
    [.[] | select(.user.login == $author and ((.body // "") | split("\n")[0] // "" | rtrimstr("\r")) == $marker)]
    | first // empty | .id' "$work/answer.json")
  if [[ -n $existing ]] || jq --exit-status 'length == 0' "$work/answer.json" >/dev/null; then
    break
  fi
done

# From a file: a comment is longer than an argument may be.
jq --null-input --rawfile body "$comment" '{ body: $body }' >"$work/request.json"
if [[ -n $existing ]]; then
  api --retry 3 --request PATCH --data-binary @"$work/request.json" "$repository/issues/comments/$existing"
else
  # Not tried again: a comment that arrived although the answer did not would
  # be there twice.
  api --request POST --data-binary @"$work/request.json" "$comments"
fi
jq --raw-output '"The review stands at \(.html_url)"' "$work/answer.json"
