#!/usr/bin/env bash
# Writes the review as a note on the merge request. There is one note: the next
# review replaces its text.
#
# Usage: backupfw-note.sh NOTE.md
#
# It needs curl and jq, and from the environment
#
# CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID  set by GitLab
# BACKUPFW_TOKEN  access token of the project with the scope "api"; the job's own
#                 token may not write notes
set -euo pipefail

note=${1:?names the file of the note}
if [[ -z ${BACKUPFW_TOKEN:-} ]]; then
  echo "BACKUPFW_TOKEN is not set, so the review is not written as a note. Make an access token for the project and store it as a masked variable." >&2
  exit 1
fi
api_url=${CI_API_V4_URL:?}
notes=$api_url/projects/${CI_PROJECT_ID:?}/merge_requests/${CI_MERGE_REQUEST_IID:?}/notes

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The token stands in a file: the arguments of a process are seen by all others.
(umask 077 && printf 'PRIVATE-TOKEN: %s\nContent-Type: application/json\n' "$BACKUPFW_TOKEN" >"$work/headers")

# api calls the API and leaves what it answers in $work/answer.json.
api() {
  : >"$work/answer.json"
  if ! curl --silent --show-error --fail-with-body --max-time 60 \
    --header @"$work/headers" --output "$work/answer.json" "$@"; then
    cat "$work/answer.json" >&2
    return 1
  fi
}

# A review begins with a line that shows nothing and says whose review it is.
marker=$(head -n 1 "$note")
if [[ $marker != '<!-- backupfw-review'* ]]; then
  echo "$note does not begin with the line by which the next review would find it. Give the Markdown of a review." >&2
  exit 1
fi

# Anyone can write that line: only an own note is ours to change.
api --retry 3 "$api_url/user"
author=$(jq --exit-status '.id' "$work/answer.json")

existing=
for ((page = 1; ; page++)); do
  api --retry 3 "$notes?per_page=100&page=$page"
  existing=$(jq --raw-output --argjson author "$author" --arg marker "$marker" '
    [.[] | select(.system != true and .author.id == $author and ((.body // "") | split("\n")[0] // "" | rtrimstr("\r")) == $marker)]
    | first // empty | .id' "$work/answer.json")
  if [[ -n $existing ]] || jq --exit-status 'length == 0' "$work/answer.json" >/dev/null; then
    break
  fi
done

# From a file: a note is longer than an argument may be.
jq --null-input --rawfile body "$note" '{ body: $body }' >"$work/request.json"
if [[ -n $existing ]]; then
  api --retry 3 --request PUT --data-binary @"$work/request.json" "$notes/$existing"
else
  # Not tried again: a note that arrived although the answer did not would be
  # there twice.
  api --request POST --data-binary @"$work/request.json" "$notes"
fi
jq --raw-output '"The review is note \(.id) of the merge request."' "$work/answer.json"
