package terraform.policies.backupfw_test

import rego.v1

import data.terraform.policies.backupfw

denied(after, unknown, actions) := messages if {
	messages := backupfw.deny with input as {"plan": {"planned_values": {}, "resource_changes": [{
		"address": "backupfw_policy.p", "type": "backupfw_policy",
		"change": {"actions": actions, "after": after, "after_unknown": unknown},
	}]}}
}

message(verdict, score) := sprintf("backupfw_policy.p has the verdict %v and the score %v. It must be accepted, with a score of at most 40, and both must be known in the plan.", [verdict, score])

test_accepted if {
	every verdict in ["accept", "accept_with_waivers"] {
		denied({"verdict": verdict, "score": 40}, {}, ["create"]) == set()
	}
}

test_rejected if denied({"verdict": "reject", "score": 12}, {}, ["update"]) == {message("reject", 12)}

test_score_above_the_limit if denied({"verdict": "accept", "score": 41}, {}, ["no-op"]) == {message("accept", 41)}

test_unknown_never_passes if {
	after_apply := "(known after apply)"
	denied({}, {"verdict": true, "score": true}, ["create"]) == {message(after_apply, after_apply)}
	denied({"verdict": "accept"}, {"score": true}, ["create"]) == {message("accept", after_apply)}
	denied({"verdict": "accept", "score": 2}, {"verdict": true}, ["create"]) == {message(after_apply, 2)}
	denied(null, {}, ["create"]) == {message(after_apply, after_apply)}
}

test_values_of_other_types if {
	count(denied({"verdict": null, "score": 2}, {}, ["create"])) == 1
	count(denied({"verdict": "accept", "score": null}, {}, ["create"])) == 1
	count(denied({"verdict": "accept", "score": "2"}, {}, ["create"])) == 1
}

test_removed if {
	denied(null, {}, ["delete"]) == set()
	denied(null, {}, ["forget"]) == set()
	count(denied({"verdict": "reject", "score": 2}, {}, ["delete", "create"])) == 1
}

test_no_plan if {
	wanted := {"The input has no plan, so nothing can be judged."}
	backupfw.deny == wanted with input as {}
	backupfw.deny == wanted with input as {"planned_values": {}, "resource_changes": []}
}
