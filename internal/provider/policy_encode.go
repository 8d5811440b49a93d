package provider

import (
	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// encodeAssessment writes everything that is computed of a policy.
func encodeAssessment(p *policy.Policy, a *risk.Assessment) record {
	return encodeJudged(p, a, a.Findings)
}

// encodeJudged does the same with these of its findings.
func encodeJudged(p *policy.Policy, a *risk.Assessment, of []risk.Finding) record {
	rules := compile.Compile(p)
	findings, moreFindings := boundedFindings(of)
	contributions, moreContributions := boundedContributions(a.Contributions)
	allows, moreAllows := boundedAllows(rules)
	return record{
		"score":         a.Score,
		"points":        a.Points,
		"rating":        a.Rating,
		"score_limit":   a.Limit,
		"verdict":       string(a.Verdict),
		"findings":      findings,
		"contributions": contributions,
		"advice":        encodeAdvice(risk.Advise(p, a)),
		"allows":        allows,
		"rule_count":    compile.Count(rules),
		leftOut:         notes(moreFindings, moreContributions, moreAllows),
	}
}

func encodeFindings(findings []risk.Finding) []record {
	records := make([]record, len(findings))
	for i := range findings {
		f := &findings[i]
		peers := f.Prefixes.Strings()
		for _, name := range f.References {
			peers = append(peers, risk.ReferenceMark+name)
		}
		r := record{
			"code":      string(f.Code),
			"severity":  string(f.Severity),
			"effect":    string(f.Effect),
			"rules":     f.Rules,
			"ports":     f.Ports.Strings(),
			"prefixes":  peers,
			"message":   f.Message,
			"remedy":    f.Remedy,
			"waived_by": textOrNull(f.WaivedBy),
		}
		if len(f.Rules) > 0 {
			r["rule"] = f.Rules[0]
		}
		records[i] = r
	}
	return records
}

func encodeContributions(contributions []risk.Contribution) []record {
	records := make([]record, len(contributions))
	for i := range contributions {
		c := &contributions[i]
		records[i] = record{
			"service":   c.Service,
			"class":     string(c.Class),
			"direction": c.Direction.String(),
			"rules":     c.Rules,
			"ports":     c.Ports.Strings(),
			"hosts":     c.Hosts,
			"points":    c.Points,
		}
	}
	return records
}

func encodeAdvice(advice []risk.Advice) []record {
	records := make([]record, len(advice))
	for i, a := range advice {
		records[i] = record{
			"action":      a.Action,
			"rule":        a.Rule,
			"argument":    a.Argument,
			"value":       a.Value,
			"score_after": a.ScoreAfter,
			"message":     a.Message,
		}
	}
	return records
}

func encodeAllows(rules []compile.Rule) []record {
	records := make([]record, len(rules))
	for i := range rules {
		rule := &rules[i]
		references := make([]string, len(rule.References))
		for j := range rule.References {
			references[j] = rule.References[j].Name
		}
		r := record{
			"direction":  rule.Direction.String(),
			"protocol":   rule.Protocol.String(),
			"prefixes":   rule.Prefixes.Strings(),
			"references": references,
			"rules":      rule.Rules,
		}
		if rule.Any {
			r["protocol"] = portset.Any().String()
		} else if rule.Protocol.HasPorts() {
			r["from_port"], r["to_port"] = int(rule.Ports.First), int(rule.Ports.Last)
		}
		records[i] = r
	}
	return records
}
