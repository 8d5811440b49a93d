package backupfw.review_test

import data.backupfw.review

review_of(subject) := {"format": "backupfw-review/1", "failures": [], "subjects": [object.union(
	{"address": "backupfw_policy.p", "name": "p", "action": "update", "verdict": "accept", "score": 12, "findings": [], "waivers": []},
	subject,
)]}

parameters := {"max_score": 40, "waiver_days": 30}

denied(review_json) := messages if {
	messages := review.deny with input as review_json with data.parameters as parameters
}

warned(review_json) := messages if {
	messages := review.warn with input as review_json with data.parameters as parameters
}

test_accepted if {
	denied(review_of({})) == set()
	warned(review_of({})) == set()
}

test_waivers_warn if {
	waived := review_of({"verdict": "accept_with_waivers", "waivers": [
		{"finding": "any-peer", "expires": "2027-03-31", "owner": "team", "days_left": 29},
		{"finding": "cleartext", "expires": "2027-04-30", "owner": "team", "days_left": 30},
		{"finding": "broad-peer", "expires": "2027-05-31", "owner": "team", "days_left": null},
	]})
	denied(waived) == set()

	# How many days are left is not always known, and that is no reason to say nothing.
	warned(waived) == {
		"backupfw_policy.p is accepted because of its waivers.",
		"backupfw_policy.p: the waiver for any-peer ends on 2027-03-31. Its owner is team.",
		"backupfw_policy.p: the waiver for broad-peer ends on 2027-05-31. Its owner is team.",
	}
}

test_rejected if {
	denied(review_of({"verdict": "reject", "findings": [
		{"code": "any-peer", "effect": "reject"},
		{"code": "broad-peer", "effect": "warn"},
	]})) == {"backupfw_policy.p is rejected (any-peer). Remove the cause, or accept it with a waiver."}
}

test_rules_of_a_cloud_have_a_name if {
	denied(review_of({"kind": "cloud_rules", "address": "", "name": "sg-1", "verdict": "reject", "findings": [{"code": "any-peer", "effect": "reject"}]})) == {"sg-1 is rejected (any-peer). Remove the cause, or accept it with a waiver."}
}

test_unknown_never_passes if {
	denied(review_of({"verdict": "unknown", "score": -1})) == {"backupfw_policy.p cannot be judged yet: something in it is known only after apply. Give it values that are known in the plan."}
}

test_verdict_unheard_of if count(denied(review_of({"verdict": "fine"}))) == 1

test_verdict_missing if count(denied(json.remove(review_of({}), ["subjects/0/verdict"]))) == 1

test_score_at_the_limit if denied(review_of({"score": 40})) == set()

test_score_above_the_limit if {
	denied(review_of({"score": 41})) == {"backupfw_policy.p has the score 41, and at most 40 is accepted. Narrow the ports, or cut the peers of the services that cost most."}
}

test_no_score if {
	every score in [-1, null, "2"] {
		denied(review_of({"score": score})) == {"backupfw_policy.p has no score."}
	}
}

test_no_limit if {
	wanted := {"parameters.max_score is no number, so no score can be held to it. Give Conftest the file with --data parameters.yaml."}
	review.deny == wanted with input as review_of({}) with data.parameters as {}
}

test_removed if {
	removed := review_of({"action": "delete", "score": -1})
	denied(removed) == set()
	warned(removed) == {"The review has no policy and no rule of a cloud, so there was nothing to judge."}
}

test_failed_plan if {
	denied(object.union(review_of({}), {"failures": [{"summary": "Invalid reference"}]})) == {"The plan failed: Invalid reference"}
}

test_no_review if {
	every other in [{}, {"planned_values": {}}, {"format": "backupfw-review/2", "subjects": []}] {
		denied(other) == {"This is no review of the form backupfw-review/1. Give the output of \"terraform-provider-backupfw review -format json\"."}
	}
}
