# Judges the output of "terraform-provider-backupfw review -format json", which
# has the rules that a plan writes by hand as well as its policies. What is
# missing, unknown or unheard of is denied: an undefined rule would let it pass.
package backupfw.review

accepted := {"accept", "accept_with_waivers"}

default max_score := null

max_score := data.parameters.max_score

default waiver_days := 0

waiver_days := data.parameters.waiver_days

# What is there when the plan has been applied.
subjects contains s if {
	some s in input.subjects
	object.get(s, "action", "") != "delete"
}

name_of(s) := s.address if {
	s.address != ""
} else := s.name

verdict_of(s) := object.get(s, "verdict", "missing")

deny contains message if {
	object.get(input, "format", "") != "backupfw-review/1"
	message := "This is no review of the form backupfw-review/1. Give the output of \"terraform-provider-backupfw review -format json\"."
}

deny contains message if {
	some failure in input.failures
	message := sprintf("The plan failed: %s", [failure.summary])
}

deny contains message if {
	some s in subjects
	verdict_of(s) == "reject"
	codes := {f.code |
		some f in s.findings
		f.effect == "reject"
	}
	message := sprintf("%s is rejected (%s). Remove the cause, or accept it with a waiver.", [name_of(s), concat(", ", codes)])
}

deny contains message if {
	some s in subjects
	verdict_of(s) == "unknown"
	message := sprintf("%s cannot be judged yet: something in it is known only after apply. Give it values that are known in the plan.", [name_of(s)])
}

deny contains message if {
	some s in subjects
	not verdict_of(s) in (accepted | {"reject", "unknown"})
	message := sprintf("%s has the verdict %v, which this policy does not know. Use it with the version of the provider that it was written for.", [name_of(s), verdict_of(s)])
}

deny contains message if {
	not is_number(max_score)
	message := "parameters.max_score is no number, so no score can be held to it. Give Conftest the file with --data parameters.yaml."
}

deny contains message if {
	some s in subjects
	is_number(max_score)
	is_number(s.score)
	s.score > max_score
	message := sprintf("%s has the score %v, and at most %v is accepted. Narrow the ports, or cut the peers of the services that cost most.", [name_of(s), s.score, max_score])
}

# A score of -1 is not known.
deny contains message if {
	some s in subjects
	verdict_of(s) in accepted
	not scored(s)
	message := sprintf("%s has no score.", [name_of(s)])
}

scored(s) if {
	is_number(s.score)
	s.score >= 0
}

warn contains message if {
	some s in subjects
	verdict_of(s) == "accept_with_waivers"
	message := sprintf("%s is accepted because of its waivers.", [name_of(s)])
}

warn contains message if {
	some s in subjects
	some waiver in s.waivers
	waiver.days_left < waiver_days
	message := sprintf("%s: the waiver for %s ends on %s. Its owner is %s.", [name_of(s), waiver.finding, waiver.expires, waiver.owner])
}

warn contains message if {
	count(subjects) == 0
	message := "The review has no policy and no rule of a cloud, so there was nothing to judge."
}
