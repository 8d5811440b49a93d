package provider

import (
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// policyFunction is the twin of a policy data source. Functions are pure and
// do not see the provider's settings: they take them, and the day, in a last
// argument, and use the strict values without it.
type policyFunction struct {
	name    string
	summary string
	doc     string
	// options are attributes of the settings object besides the settings.
	options []shape
	result  []shape
	// existing is set when rules that exist already may stand in the policy.
	existing bool
	rejects  bool
	opens    opens
	show     func(settings node, p *policy.Policy, a *risk.Assessment) (record, fault.List)
}

// function returns the function as Terraform takes it.
func (f *policyFunction) function() function.Function {
	about := "A `backupfw_policy`, or an object like it. Attributes that a policy does not have are refused."
	if f.existing {
		about += " Beside its rules, or in place of them and of the name, it may have `existing_rules`: a list of objects as the data source `backupfw_assessment` takes it, with numbers or texts."
	}
	return &pureFunction{
		name:       f.name,
		summary:    f.summary,
		doc:        f.doc,
		parameters: []shape{anything("policy", about)},
		settings:   slices.Concat(namesOf(settingsFields()), []string{"today"}, namesOf(f.options)),
		settingsDoc: "`today` is the day in UTC by which waivers are judged, for example `formatdate(\"YYYY-MM-DD\", plantimestamp())`; " +
			"a policy with waivers needs it.",
		result: objectOf("", "", f.result...),
		compute: func(arguments []node) any {
			s := decodeFunctionSettings(arguments[settingsArgument])
			if len(arguments[settingsArgument].reader.faults) > 0 {
				return nil
			}
			values, faults, at := f.compute(arguments[policyArgument], arguments[settingsArgument], s)
			arguments[at].reader.faults = faults
			return values
		},
	}
}

const (
	policyArgument   = 0
	settingsArgument = 1
)

// compute judges the policy and shows the result, or what is wrong and with
// which argument.
func (f *policyFunction) compute(policyNode, settingsNode node, s settings) (values record, faults fault.List, argument int) {
	p := decodePolicyBeside(policyNode, f.existing)
	var at fault.Path
	var rules []policy.Rule
	if f.existing {
		list := policyNode.attribute(existingArgument)
		at, rules = list.path, decodeExisting(list)
		addExisting(p, rules, nil, policyNode.reader)
	}
	a, faults := assessPlaced(p, policyNode.reader.faults, s, nil, at, len(rules))
	if len(faults) == 0 && f.rejects && s.enforce {
		faults = rejections(a)
	}
	if len(faults) > 0 {
		return nil, faults, policyArgument
	}
	opened, faults := f.opens.judge(settingsNode, p, a, s)
	if len(faults) > 0 {
		return nil, faults, argumentOf(faults)
	}
	values, faults = f.show(settingsNode, opened.policy, a)
	if len(faults) > 0 {
		return nil, faults, argumentOf(faults)
	}
	opened.encode(values)
	if f.existing {
		values[suggestedPolicy] = encodeSuggestion(p.Name, rules)
	}
	return values, nil, 0
}

// argumentOf is the argument that the first fault is about. Targets place
// their faults relative to the arguments of the data source.
func argumentOf(faults fault.List) int {
	if path := faults[0].Path; len(path) > 0 && path[0] != policyStep {
		return settingsArgument
	}
	return policyArgument
}

// policyStep leads into the policy that a data source is given.
var policyStep = fault.Attribute("policy")

// decodeFunctionSettings reads the settings object; without one the strict
// values count.
func decodeFunctionSettings(n node) settings {
	s := decodeSettings(n)
	if a := n.attribute("today"); a.isKnown() {
		value, ok := a.text()
		date, err := policy.ParseDate(value)
		if ok && err != nil {
			a.fault(fault.New("Invalid date", fmt.Sprintf("today = %s is not a date.", policy.Quote(value)),
				"Waivers are judged by it.", `Write formatdate("YYYY-MM-DD", plantimestamp()).`))
		}
		s.risk.Today = date
	}
	return s
}

// rejections are the findings of a rejected policy as faults.
func rejections(a *risk.Assessment) fault.List {
	var faults fault.List
	if a.Verdict != risk.Rejected {
		return nil
	}
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Effect == risk.Reject {
			faults.Add(fault.New(risk.RejectionTitle+string(f.Code), findingText(f)+" "+f.Mark(a), "", ""), f.Place...)
		}
	}
	return faults
}

// newAssessFunction is assess, the twin of data.backupfw_assessment.
func newAssessFunction() function.Function {
	f := &policyFunction{
		name:    "assess",
		summary: "Judges a policy object",
		doc: "Score, findings, contributions and advice of any policy object, or of rules that exist already, without a resource. It rejects nothing; look at `verdict`.\n\n" +
			"Call it in a local: an expression inside `for_each` is evaluated once for every instance.",
		existing: true,
		result:   judgedFields(),
		show: func(_ node, p *policy.Policy, a *risk.Assessment) (record, fault.List) {
			return encodeWithExisting(p, a), nil
		},
	}
	return f.function()
}

// newRulesFunction is the twin of a target's rule data source.
func newRulesFunction(target emit.Target) function.Function {
	f := &policyFunction{
		name:    target.Name,
		summary: "Compiles a policy to rules of an " + target.Title,
		doc: target.Description + "\n\nThe result is that of the data source `backupfw_" + target.Name + "`. A rejected policy is an error.\n\n" +
			"Call it in a local: an expression inside `for_each` is evaluated once for every instance, which costs the square of the number of rules.",
		options: rulesOptions(target),
		result:  rulesFields(target),
		rejects: true,
		opens:   opensOf(target),
		show: func(n node, p *policy.Policy, _ *risk.Assessment) (record, fault.List) {
			options := decodeOptions(n, target)
			if len(n.reader.faults) > 0 {
				return nil, n.reader.faults
			}
			result, faults := target.Emit(p, options)
			if len(faults) > 0 {
				return nil, faults
			}
			return encodeRules(target, result), nil
		},
	}
	return f.function()
}
