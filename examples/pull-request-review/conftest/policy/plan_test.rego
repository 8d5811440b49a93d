package backupfw.plan_test

import data.backupfw.plan

# A plan with one policy.
plan_of(after, unknown) := {
	"planned_values": {"root_module": {}},
	"errored": false,
	"resource_changes": [
		{"address": "terraform_data.other", "type": "terraform_data", "change": {"actions": ["create"], "after": {}, "after_unknown": {}}},
		{"address": "backupfw_policy.p", "type": "backupfw_policy", "change": {"actions": ["create"], "after": after, "after_unknown": unknown}},
	],
}

accepted := {"verdict": "accept", "score": 12, "findings": []}

parameters := {"max_score": 40}

denied(plan_json) := messages if {
	messages := plan.deny with input as plan_json with data.parameters as parameters
}

warned(plan_json) := messages if {
	messages := plan.warn with input as plan_json with data.parameters as parameters
}

# Each test names the whole set, so that a rule that says too much fails too.
test_accepted if {
	denied(plan_of(accepted, {})) == set()
	warned(plan_of(accepted, {})) == set()
}

test_waivers_warn if {
	waived := object.union(accepted, {"verdict": "accept_with_waivers"})
	denied(plan_of(waived, {})) == set()
	warned(plan_of(waived, {})) == {"backupfw_policy.p is accepted because of its waivers."}
}

test_rejected if {
	denied(plan_of(
		{"verdict": "reject", "score": 30, "findings": [
			{"code": "well-known-port", "effect": "reject"},
			{"code": "any-peer", "effect": "reject"},
			{"code": "broad-peer", "effect": "warn"},
		]},
		{},
	)) == {"backupfw_policy.p is rejected (any-peer, well-known-port), and its provider lets rejected policies pass. Remove the cause, or accept it with a waiver."}
}

test_unknown_never_passes if {
	wanted := {"backupfw_policy.p cannot be judged yet: something in it is known only after apply. Give it values that are known in the plan."}
	denied(plan_of({}, {"verdict": true, "score": true})) == wanted
	denied(plan_of(accepted, {"verdict": true})) == wanted
	denied(plan_of({"verdict": "unknown", "score": 3}, {})) == wanted
}

test_verdict_missing if count(denied(plan_of({"score": 3}, {}))) == 1

test_verdict_null if count(denied(plan_of({"score": 3, "verdict": null}, {}))) == 1

test_verdict_unheard_of if count(denied(plan_of({"score": 3, "verdict": "fine"}, {}))) == 1

test_nothing_planned if count(denied(plan_of(null, {}))) == 2

test_score_at_the_limit if denied(plan_of(object.union(accepted, {"score": 40}), {})) == set()

test_score_above_the_limit if {
	denied(plan_of(object.union(accepted, {"score": 41}), {})) == {"backupfw_policy.p has the score 41, and at most 40 is accepted. Narrow the ports, or cut the peers of the services that cost most."}
}

test_score_unknown if {
	denied(plan_of({"verdict": "accept"}, {"score": true})) == {"backupfw_policy.p has no score that is known in the plan."}
}

test_score_is_a_text if count(denied(plan_of({"verdict": "accept", "score": "2"}, {}))) == 1

test_no_limit if {
	wanted := {"parameters.max_score is no number, so no score can be held to it. Give Conftest the file with --data parameters.yaml."}
	plan.deny == wanted with input as plan_of(accepted, {}) with data.parameters as {}
	plan.deny == wanted with input as plan_of(accepted, {}) with data.parameters as {"max_score": "40"}
}

with_actions(plan_json, actions) := json.patch(plan_json, [{"op": "replace", "path": "resource_changes/1/change/actions", "value": actions}])

test_removed if {
	every action in ["delete", "forget"] {
		removed := with_actions(plan_of(null, {}), [action])
		denied(removed) == set()
		warned(removed) == {"The plan has no backupfw_policy, so there was nothing to judge."}
	}
}

test_replaced_is_not_removed if {
	every actions in [["delete", "create"], ["create", "delete"], ["update"], ["no-op"]] {
		count(denied(with_actions(plan_of({"verdict": "reject", "score": 3, "findings": []}, {}), actions))) == 1
	}
}

test_failed_plan if {
	count(denied(object.union(plan_of(accepted, {}), {"errored": true}))) == 1
}

test_deferred if {
	denied(object.union(plan_of(accepted, {}), {"deferred_changes": [{"resource_change": {"address": "backupfw_policy.later", "type": "backupfw_policy"}}]})) == {"backupfw_policy.later is left for a later plan, so nobody has judged it. Apply what it waits for first."}
}

test_no_plan if {
	every other in [{}, {"format": "backupfw-review/1", "subjects": []}, {"format_version": "1.0", "values": {}}] {
		denied(other) == {"This is no plan: it has no planned_values. Give the output of \"terraform show -json PLANFILE\"."}
	}
}
