package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

var _ function.Function = (*policyFunction)(nil)

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

func (f *policyFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

func (f *policyFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	about := "A `backupfw_policy`, or an object like it. Attributes that a policy does not have are refused."
	if f.existing {
		about += " Beside its rules, or in place of them and of the name, it may have `existing_rules`: a list of objects as the data source `backupfw_assessment` takes it, with numbers or texts."
	}
	resp.Definition = function.Definition{
		Summary:             f.summary,
		MarkdownDescription: f.doc,
		Parameters: []function.Parameter{function.DynamicParameter{
			Name:                "policy",
			MarkdownDescription: about,
		}},
		VariadicParameter: function.DynamicParameter{
			Name: "settings",
			MarkdownDescription: "At most one object with any of `" + strings.Join(f.settingNames(), "`, `") + "`. " +
				"`today` is the day in UTC by which waivers are judged, for example `formatdate(\"YYYY-MM-DD\", plantimestamp())`; a policy with waivers needs it.",
		},
		Return: function.ObjectReturn{AttributeTypes: attrTypes(f.result)},
	}
}

func (f *policyFunction) settingNames() []string {
	names := append(namesOf(settingsFields()), "today")
	return append(names, namesOf(f.options)...)
}

const (
	policyArgument   = 0
	settingsArgument = 1
)

func (f *policyFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var object types.Dynamic
	var rest []types.Dynamic
	resp.Error = req.Arguments.Get(ctx, &object, &rest)
	if resp.Error != nil {
		return
	}
	for _, argument := range append(rest, object) {
		if newNode(argument, true).hasUnknown() {
			// Terraform waits until everything is known; a judgement of a part
			// must not pass for one of the whole in any case.
			resp.Error = resp.Result.Set(ctx, types.ObjectUnknown(attrTypes(f.result)))
			return
		}
	}
	if len(rest) > 1 {
		resp.Error = function.NewArgumentFuncError(settingsArgument+1,
			fmt.Sprintf("%d settings objects are given. It would not be clear which one counts. Merge them into one.", len(rest)))
		return
	}
	var given attr.Value
	if len(rest) == 1 {
		given = rest[0]
	}
	settingsNode := newNode(given, true)
	s := decodeFunctionSettings(settingsNode, f.settingNames())
	if len(settingsNode.reader.faults) > 0 {
		resp.Error = functionError(settingsArgument, settingsNode.reader.faults)
		return
	}
	values, faults, argument := f.compute(newNode(object, true), settingsNode, s)
	if len(faults) > 0 {
		resp.Error = functionError(argument, faults)
		return
	}
	result := objectOf("result", "", f.result...).encodeRecord(values)
	resp.Error = resp.Result.Set(ctx, result)
}

// compute judges the policy and shows the result, or what is wrong and with
// which argument.
func (f *policyFunction) compute(policyNode, settingsNode node, s settings) (record, fault.List, int64) {
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
	values, faults := f.show(settingsNode, opened.policy, a)
	if len(faults) > 0 {
		return nil, faults, argumentOf(faults)
	}
	opened.encode(values)
	return values, nil, 0
}

// argumentOf is the argument that the first fault is about. Targets place
// their faults relative to the arguments of the data source.
func argumentOf(faults fault.List) int64 {
	if path := faults[0].Path; len(path) > 0 && path[0] != policyStep {
		return settingsArgument
	}
	return policyArgument
}

// policyStep leads into the policy that a data source is given.
var policyStep = fault.Attribute("policy")

// decodeFunctionSettings reads the settings object; without one the strict
// values count.
func decodeFunctionSettings(n node, names []string) settings {
	if n.isNull() {
		return settings{risk: risk.DefaultSettings(), enforce: true}
	}
	if !n.isObject() {
		return settings{}
	}
	n.only(names...)
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
			faults.Add(fault.New("Policy rejected: "+string(f.Code), findingDetail(f), "", ""), f.Place...)
		}
	}
	return faults
}

// newAssessFunction is assess, the twin of data.backupfw_assessment.
func newAssessFunction() function.Function {
	return &policyFunction{
		name:    "assess",
		summary: "Judges a policy object",
		doc: "Score, findings, contributions and advice of any policy object, or of rules that exist already, without a resource. It rejects nothing; look at `verdict`.\n\n" +
			"Call it in a local: an expression inside `for_each` is evaluated once for every instance.",
		existing: true,
		result:   assessmentFields(),
		show: func(_ node, p *policy.Policy, a *risk.Assessment) (record, fault.List) {
			return encodeWithExisting(p, a), nil
		},
	}
}

// newRulesFunction is the twin of a target's rule data source.
func newRulesFunction(target emit.Target) function.Function {
	return &policyFunction{
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
}
