# Judges the plan of a run in HCP Terraform, which is input.plan. What is
# missing, unknown or unheard of is denied: an undefined rule would let it pass.
package terraform.policies.backupfw

import rego.v1

# The highest score that a policy may have, 0 to 100, whatever its own limit is.
max_score := 40

accepted := {"accept", "accept_with_waivers"}

# The policies that are there when the plan has been applied.
policies contains rc if {
	some rc in input.plan.resource_changes
	rc.type == "backupfw_policy"
	not rc.change.actions in {["delete"], ["forget"]}
}

known(rc, attribute) := value if {
	not rc.change.after_unknown[attribute]
	value := rc.change.after[attribute]
}

passes(rc) if {
	known(rc, "verdict") in accepted
	is_number(known(rc, "score"))
	known(rc, "score") <= max_score
}

# What the message says of an attribute.
shown(rc, attribute) := value if {
	value := known(rc, attribute)
} else := "(known after apply)"

deny contains message if {
	not is_object(object.get(input, ["plan", "planned_values"], null))
	message := "The input has no plan, so nothing can be judged."
}

deny contains message if {
	some rc in policies
	not passes(rc)
	message := sprintf(
		"%s has the verdict %v and the score %v. It must be accepted, with a score of at most %v, and both must be known in the plan.",
		[rc.address, shown(rc, "verdict"), shown(rc, "score"), max_score],
	)
}
