#!/usr/bin/env bash
# Reviews the plan that was made and writes the review in every form.
#
# Run it from the root of the repository, after "terraform plan". It needs jq.
#
# BACKUPFW_CONFIG  directory of the configuration, relative to the root
# BACKUPFW_WORK    absolute path of the directory with plan.jsonl and, if planning
#                  left one, tfplan; the review is written there
# BACKUPFW_TITLE   headline; reviews with different ones are different comments
#
# It writes comment.md, summary.md, review.json, review.sarif, review.junit.xml
# and annotations.txt, and into the file "status" how the review ended: 0 is
# accepted, everything else is not. It fails itself when there is no review.
set -euo pipefail
shopt -s nullglob

config=${BACKUPFW_CONFIG:?names the directory of the configuration}
work=${BACKUPFW_WORK:?names the directory of the plan}
title=${BACKUPFW_TITLE:-Firewall review}

# The provider that made the plan reviews it: init has put the version of the
# lock file here.
binaries=("$config"/.terraform/providers/*/backupfw/backupfw/*/*/terraform-provider-backupfw_v*)
if ((${#binaries[@]} != 1)); then
  echo "There are ${#binaries[@]} backupfw providers below $config/.terraform/providers, and the plan was made by one. Run \"terraform init\" in a fresh checkout of a configuration that requires backupfw/backupfw." >&2
  exit 1
fi
reviewer=${binaries[0]}

# What is written where, in the same words for every form.
arguments=(-config "$config" -title "$title" -compare -diagnostics "$work/plan.jsonl")
if [[ -e $work/tfplan ]]; then
  terraform -chdir="$config" show -json "$work/tfplan" >"$work/plan.json"
  arguments+=("$work/plan.json")
fi

status=0
"$reviewer" review "${arguments[@]}" -o "$work/comment.md" 2>"$work/reasons.txt" || status=$?
cat "$work/reasons.txt" >&2

if ((status > 1)); then
  # There is no review of this plan. The comment of an older one must not stay
  # and look like it, so the failure is reported in every form as well.
  jq --null-input --compact-output --rawfile reasons "$work/reasons.txt" '{
    type: "diagnostic",
    diagnostic: { severity: "error", summary: "The plan could not be reviewed", detail: $reasons }
  }' >"$work/failure.jsonl"
  arguments=(-config "$config" -title "$title" -diagnostics "$work/failure.jsonl")
  "$reviewer" review "${arguments[@]}" -fail-on never -o "$work/comment.md"
fi

# The summary of a job has room for what a comment leaves out.
"$reviewer" review "${arguments[@]}" -fail-on never -max-length 200000 -o "$work/summary.md"
"$reviewer" review "${arguments[@]}" -fail-on never -format json -o "$work/review.json"
"$reviewer" review "${arguments[@]}" -fail-on never -format sarif -o "$work/review.sarif"
"$reviewer" review "${arguments[@]}" -fail-on never -format junit -o "$work/review.junit.xml"
"$reviewer" review "${arguments[@]}" -fail-on never -format github -o "$work/annotations.txt"

echo "$status" >"$work/status"
