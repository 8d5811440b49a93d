// Package report is what a reviewer of a change is told: the policies of a
// plan with their scores and verdicts, what is wrong with them, what would
// help, what was accepted and until when, and what the change opens and
// closes. Every form of it - comment, code-scanning tab, annotations, test
// report - is written from the one model, so that all say the same.
//
// The model holds plain texts and numbers. Texts are as authors wrote them:
// each writer escapes what its own form would misread.
package report

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// Format names the shape of the model in JSON. Members may be added under the
// same name; a change of what is there changes the number.
const Format = "backupfw-review/1"

// Report is a whole review.
type Report struct {
	// Format is the constant Format.
	Format string `json:"format"`
	// Title is the headline.
	Title string `json:"title"`
	// Verdict is the worst of all subjects; reject when the plan failed.
	Verdict risk.Verdict `json:"verdict"`
	// Score is the highest of all subjects, 0 to 100, -1 when none is known.
	Score int `json:"score"`
	// Subjects are what was judged: the policies, then rules written by hand,
	// each sorted by address and name.
	Subjects []Subject `json:"subjects"`
	// Failures are errors of the plan that are no judgement of a policy.
	Failures []Failure `json:"failures"`
	// Notes say what the review does not cover, in whole sentences.
	Notes []string `json:"notes"`
}

// Kind says what a subject is.
type Kind string

const (
	// PolicyKind is a backupfw_policy, or an object like it.
	PolicyKind Kind = "policy"
	// CloudRulesKind is a group of rules written with a cloud's own resources.
	CloudRulesKind Kind = "cloud_rules"
)

// Subject is one thing that was judged by itself.
type Subject struct {
	Kind Kind `json:"kind"`
	// Address is the resource's address in the configuration; empty for a
	// policy that was passed as a value, and for rules of several resources.
	Address string `json:"address"`
	// Name is the policy's name, or what the rules are attached to.
	Name string `json:"name"`
	// Action is what the plan does with it: "create", "update", "delete",
	// "replace", "no-op", or empty outside a plan.
	Action string `json:"action"`
	// Score is 0 to 100; -1 when it is not known. It is a lower bound when
	// Partial is set.
	Score int `json:"score"`
	// Limit is the score that the subject may have; -1 when it is not known.
	Limit   int          `json:"score_limit"`
	Points  float64      `json:"points"`
	Rating  string       `json:"rating"`
	Verdict risk.Verdict `json:"verdict"`
	// Partial is set when some values are known only after apply: findings are
	// then those that stay true whatever arrives, and the verdict is reject or
	// unknown.
	Partial bool `json:"partial"`
	// Findings are sorted as the engine sorts them: what rejects first.
	Findings []Finding `json:"findings"`
	// Contributions are sorted by points. Beyond a hundred the others are one
	// line, so that the lines always add up to Points.
	Contributions []Contribution `json:"contributions"`
	Advice        []Advice       `json:"advice"`
	Waivers       []Waiver       `json:"waivers"`
	// Rules are the author's rules, sorted by name.
	Rules []Rule `json:"rules"`
	// Change compares with the state before the plan; nil when there was none,
	// or when it was not asked for.
	Change *Change `json:"change"`
	// Location is where the subject is written; nil when that is not known.
	Location *Location `json:"location"`
	// Notes say what had to be assumed or left out, in whole sentences.
	Notes []string `json:"notes"`
}

// Finding is one thing that is wrong, as in risk.Finding.
type Finding struct {
	Code     risk.Code     `json:"code"`
	Severity risk.Severity `json:"severity"`
	Effect   risk.Effect   `json:"effect"`
	// Rules are names of the subject's rules.
	Rules []string `json:"rules"`
	// Ports and Peers are exactly what the finding is about; a reference among
	// the peers is written ref:NAME.
	Ports   []string `json:"ports"`
	Peers   []string `json:"peers"`
	Message string   `json:"message"`
	Remedy  string   `json:"remedy"`
	// WaivedBy names the waiver that accepts it, or is empty.
	WaivedBy string `json:"waived_by"`
	// Location is where the cause is written; nil when that is not known.
	Location *Location `json:"location"`
}

// Location is a place in a file of the configuration. File is a path with
// slashes relative to the root of the repository, lines count from 1.
type Location struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	EndLine   int    `json:"end_line"`
	Column    int    `json:"column"`     // 0 when not known
	EndColumn int    `json:"end_column"` // 0 when not known
}

// Contribution is what one service adds to the points.
type Contribution struct {
	Service   string   `json:"service"`
	Class     string   `json:"class"`
	Direction string   `json:"direction"`
	Rules     []string `json:"rules"`
	Ports     []string `json:"ports"`
	Hosts     float64  `json:"hosts"`
	Points    float64  `json:"points"`
}

// Advice is a change that would lower the score, with the score after it.
type Advice struct {
	Action     string `json:"action"`
	Rule       string `json:"rule"`
	Argument   string `json:"argument"`
	Value      string `json:"value"`
	ScoreAfter int    `json:"score_after"`
	Message    string `json:"message"`
}

// Waiver is an accepted finding.
type Waiver struct {
	Finding string   `json:"finding"`
	Rules   []string `json:"rules"`
	Ports   []string `json:"ports"`
	Peers   []string `json:"peers"`
	// MaxScore is the accepted score, for score-limit only; otherwise nil.
	MaxScore *int   `json:"max_score"`
	Reason   string `json:"reason"`
	Owner    string `json:"owner"`
	// Expires is the last day, YYYY-MM-DD.
	Expires string `json:"expires"`
	// DaysLeft counts from the day of the review to Expires, below 0 after it;
	// nil when the day of the review is not known.
	DaysLeft *int `json:"days_left"`
}

// Rule is one rule of a subject, for the picture and the list of rules.
type Rule struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Direction   string `json:"direction"`
	// Address is the resource that writes the rule by hand; empty in a policy.
	Address string `json:"address"`
	// PortRanges are the named groups of ports.
	PortRanges []PortRange `json:"port_ranges"`
	Peers      []PeerGroup `json:"peers"`
	// Partial is set when something of the rule is known only after apply.
	Partial bool `json:"partial"`
}

// PortRange is a named group of ports.
type PortRange struct {
	Name  string   `json:"name"`
	Ports []string `json:"ports"`
	// Products are the names of the products behind the ports, sorted.
	Products []string `json:"products"`
}

// PeerGroup is a named group of hosts.
type PeerGroup struct {
	Name string `json:"name"`
	Zone string `json:"zone"`
	// Peers are prefixes, then references as ref:NAME.
	Peers []string `json:"peers"`
}

// Change compares a subject with what it was before the plan.
type Change struct {
	// Score and Verdict are those before; -1 and empty when not known.
	Score   int          `json:"score_before"`
	Verdict risk.Verdict `json:"verdict_before"`
	// Gained and Lost are findings that are new, and that are gone.
	Gained []Finding `json:"findings_gained"`
	Lost   []Finding `json:"findings_lost"`
	// Opened and Closed are the packets that the change allows and forbids.
	Opened []Opening `json:"opened"`
	Closed []Opening `json:"closed"`
	// Targets are the rules that come and go, per target.
	Targets []TargetChange `json:"targets"`
}

// Opening is a set of ports for a set of peers.
type Opening struct {
	Rule      string   `json:"rule"`
	Direction string   `json:"direction"`
	Ports     []string `json:"ports"`
	Peers     []string `json:"peers"`
}

// TargetChange is what a change does to the rules of one target.
type TargetChange struct {
	// Target is the target's name, such as aws_security_group_rules.
	Target string `json:"target"`
	// Gained and Lost are keys of rules, as "ingress KEY", sorted. A rule that
	// changes in place is in neither.
	Gained []string `json:"rules_gained"`
	Lost   []string `json:"rules_lost"`
	Kept   int      `json:"rules_kept"`
	// Fault says why the rules cannot be compared; empty when they were.
	Fault string `json:"fault"`
}

// Failure is an error of the plan itself.
type Failure struct {
	Summary  string    `json:"summary"`
	Detail   string    `json:"detail"`
	Address  string    `json:"address"`
	Location *Location `json:"location"`
}

// verdicts from the best to the worst. What is not known is worse than what
// was accepted, and never as good.
var verdicts = []risk.Verdict{risk.Accept, risk.AcceptWithWaivers, risk.Unknown, risk.Rejected}

// Worse returns the worse of two verdicts. A word that is none is the worst.
func Worse(a, b risk.Verdict) risk.Verdict {
	if badness(a) >= badness(b) {
		return a
	}
	return b
}

func badness(v risk.Verdict) int {
	if at := slices.Index(verdicts, v); at >= 0 {
		return at
	}
	return len(verdicts)
}

// Finish sorts the subjects and sums them up. Every report goes through it
// once, after everything was added.
func (r *Report) Finish() {
	r.Format = Format
	slices.SortStableFunc(r.Subjects, func(a, b Subject) int {
		return cmp.Or(cmp.Compare(kindOrder(a.Kind), kindOrder(b.Kind)), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Name, b.Name))
	})
	r.Verdict, r.Score = risk.Accept, -1
	for i := range r.Subjects {
		r.Verdict = Worse(r.Verdict, r.Subjects[i].Verdict)
		r.Score = max(r.Score, r.Subjects[i].Score)
	}
	if len(r.Failures) > 0 {
		r.Verdict = risk.Rejected
	}
}

func kindOrder(k Kind) int {
	if k == PolicyKind {
		return 0
	}
	return 1
}
