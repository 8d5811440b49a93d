# Judges the output of "terraform show -json" or "tofu show -json". What is
# missing, unknown or unheard of is denied: an undefined rule would let it pass.
package backupfw.plan

accepted := {"accept", "accept_with_waivers"}

default max_score := null

max_score := data.parameters.max_score

# The policies that are there when the plan has been applied.
policies contains rc if {
	some rc in input.resource_changes
	rc.type == "backupfw_policy"
	not removed(rc)
}

removed(rc) if rc.change.actions in {["delete"], ["forget"]}

known_after_apply(rc, attribute) if rc.change.after_unknown[attribute]

verdict_of(rc) := "unknown" if {
	known_after_apply(rc, "verdict")
} else := object.get(rc, ["change", "after", "verdict"], "missing")

score_of(rc) := object.get(rc, ["change", "after", "score"], null)

rejections(rc) := concat(", ", {f.code |
	some f in rc.change.after.findings
	f.effect == "reject"
})

deny contains message if {
	not is_object(object.get(input, "planned_values", null))
	message := "This is no plan: it has no planned_values. Give the output of \"terraform show -json PLANFILE\"."
}

deny contains message if {
	input.errored
	message := "Planning failed, so the plan does not hold what would be created. Repair the errors, which \"terraform plan\" shows, and plan again."
}

deny contains message if {
	some deferred in input.deferred_changes
	deferred.resource_change.type == "backupfw_policy"
	message := sprintf("%s is left for a later plan, so nobody has judged it. Apply what it waits for first.", [deferred.resource_change.address])
}

deny contains message if {
	some rc in policies
	verdict_of(rc) == "reject"
	message := sprintf("%s is rejected (%s), and its provider lets rejected policies pass. Remove the cause, or accept it with a waiver.", [rc.address, rejections(rc)])
}

deny contains message if {
	some rc in policies
	verdict_of(rc) == "unknown"
	message := sprintf("%s cannot be judged yet: something in it is known only after apply. Give it values that are known in the plan.", [rc.address])
}

deny contains message if {
	some rc in policies
	not verdict_of(rc) in (accepted | {"reject", "unknown"})
	message := sprintf("%s has the verdict %v, which this policy does not know. Use it with the version of the provider that it was written for.", [rc.address, verdict_of(rc)])
}

deny contains message if {
	not is_number(max_score)
	message := "parameters.max_score is no number, so no score can be held to it. Give Conftest the file with --data parameters.yaml."
}

deny contains message if {
	some rc in policies
	is_number(max_score)
	score_of(rc) > max_score
	is_number(score_of(rc))
	message := sprintf("%s has the score %v, and at most %v is accepted. Narrow the ports, or cut the peers of the services that cost most.", [rc.address, score_of(rc), max_score])
}

deny contains message if {
	some rc in policies
	not is_number(score_of(rc))
	verdict_of(rc) != "unknown" # said above
	message := sprintf("%s has no score that is known in the plan.", [rc.address])
}

warn contains message if {
	some rc in policies
	verdict_of(rc) == "accept_with_waivers"
	message := sprintf("%s is accepted because of its waivers.", [rc.address])
}

warn contains message if {
	count(policies) == 0
	message := "The plan has no backupfw_policy, so there was nothing to judge."
}
