package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// Some targets open more than the policy says: a stateless filter must let the
// answers pass. What they really open is judged too, on its score alone: the
// author chose the policy, and cannot choose the ports of the answers.

// opens returns the policy that a target really opens, from the arguments of
// the data source or of the function.
type opens func(n node, p *policy.Policy) (*policy.Policy, fault.List)

// opensOf adapts Target.Opens; it is nil where the target opens the policy and
// nothing else.
func opensOf(target emit.Target) opens {
	if target.Opens == nil {
		return nil
	}
	return func(n node, p *policy.Policy) (*policy.Policy, fault.List) {
		// The same arguments are read again for the rows, and their faults
		// reported there.
		quiet := node{reader: &reader{strict: n.reader.strict}, value: n.value, path: n.path}
		return target.Opens(p, decodeOptions(quiet, target))
	}
}

// openedFields are what is shown of the second judgement.
func openedFields() []shape {
	return []shape{
		integer("score", "Score of all that the rules open, the answers included, 0 to 100. It is held to the same limit as the policy's own score."),
		float("points", "Points of all that the rules open."),
		float("added_points", "Points beyond those of the policy itself."),
	}
}

// judged is what a target really opens, and the judgement of it.
type judged struct {
	policy     *policy.Policy
	assessment *risk.Assessment
	own        *risk.Assessment // of the policy itself
}

// judge judges what the target opens: its score, since the other findings are
// not the author's choice. A score over the limit is a fault where settings
// are enforced. A nil o opens the policy itself, which has been judged.
func (o opens) judge(n node, p *policy.Policy, own *risk.Assessment, s settings) (*judged, fault.List) {
	if o == nil {
		return &judged{policy: p, assessment: own, own: own}, nil
	}
	opened, faults := o(n, p)
	if len(faults) > 0 {
		return nil, faults
	}
	a, faults := risk.Assess(opened, s.risk)
	if len(faults) > 0 {
		return nil, faults
	}
	j := &judged{policy: opened, assessment: a, own: own}
	if s.enforce {
		faults.Add(j.rejection())
	}
	return j, faults
}

// rejection is the fault of a score over the limit, or nil.
func (j *judged) rejection() *fault.Fault {
	for i := range j.assessment.Findings {
		if f := &j.assessment.Findings[i]; f.Code == risk.ScoreLimit && f.Effect == risk.Reject {
			return fault.New(risk.RejectionTitle+string(f.Code),
				fmt.Sprintf("With the answers that a stateless filter must let pass, the policy opens more than it says (its own score is %d). %s", j.own.Score, f.Message),
				"", "Narrow the ports to which answers go, cut the peers, accept the score with a waiver for score-limit, or use a filter that keeps state. "+
					f.Mark(j.assessment)).
				At(fault.Attribute("policy"))
		}
	}
	return nil
}

// warning tells what the answers add.
func (j *judged) warning() string {
	return fmt.Sprintf("The rules open more than policy %q says, because a stateless filter must let the answers pass: %.1f points in place of %.1f, score %d in place of %d.",
		j.policy.Name, j.assessment.Points, j.own.Points, j.assessment.Score, j.own.Score)
}

// addWarning adds it to the diagnostics where anything was added. Where the
// settings only warn, it also says that the score is over the limit.
func (j *judged) addWarning(diags *diag.Diagnostics) {
	if j.added() <= 0 {
		return
	}
	text := j.warning()
	if f := j.rejection(); f != nil {
		text += "\n" + f.Title + ". " + f.Detail()
	}
	at, _ := attributePath(fault.Path{fault.Attribute("policy")})
	diags.AddAttributeWarning(at, "Answers opened", text)
}

func (j *judged) added() float64 { return max(0, j.assessment.Points-j.own.Points) }

// encode adds openedFields, where the target has them.
func (j *judged) encode(r record) {
	if j.assessment == j.own {
		return
	}
	r["score"] = j.assessment.Score
	r["points"] = j.assessment.Points
	r["added_points"] = j.added()
}
