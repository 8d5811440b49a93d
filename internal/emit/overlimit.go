package emit

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// tally is what the rows of one direction cost in one quota.
type tally struct {
	direction policy.Direction
	both      bool   // counts both directions as one
	unit      string // what total counts, such as "rules" or "IPv4 rules"
	total     int
	byRule    map[string]int // per policy rule; rules that share a row each bear it whole
	largest   int            // the most that a single row counts
}

func newTally(d policy.Direction, unit string) tally {
	return tally{direction: d, unit: unit, byRule: map[string]int{}}
}

func (t *tally) add(n int, rules []string) {
	t.total += n
	t.largest = max(t.largest, n)
	for _, rule := range rules {
		t.byRule[rule] += n
	}
}

// tallies has one tally per direction, for targets on which every row costs
// one rule.
func tallies(r *Result) []*tally {
	var all []*tally
	for _, d := range policy.Directions() {
		rows := r.Ingress
		if d == policy.Egress {
			rows = r.Egress
		}
		t := newTally(d, "rules")
		for i := range rows {
			t.add(1, rows[i].Rules)
		}
		all = append(all, &t)
	}
	return all
}

// quota says what a target does with more rules than fit.
type quota struct {
	// container is what holds the rules, such as "Azure network security group".
	container string
	// why is a sentence about what happens beyond the limit.
	why string
	// ways returns what would fit, for a policy that needs more than the limit,
	// as parts of "Do one of these: …".
	ways func(needed, limit int) []string
	// note follows the ways; it is empty or starts with a space.
	note string
}

// settle sets the result's headroom and returns a fault for each tally that is
// over the limit, elsewhere added.
func (q *quota) settle(r *Result, counts []*tally, elsewhere int) fault.List {
	worst := 0
	var faults fault.List
	for _, t := range counts {
		worst = max(worst, t.total)
		if t.total > r.Limit-elsewhere && t.total > 0 {
			faults.Add(q.overLimit(t, r.Limit, elsewhere), fault.Attribute("policy"))
		}
	}
	r.Headroom = r.Limit - worst - elsewhere
	return faults
}

func (q *quota) overLimit(t *tally, limit, elsewhere int) *fault.Fault {
	direction := t.direction.String()
	if t.both {
		direction = "both directions"
	}
	count := fmt.Sprintf("The policy needs %d %s in one %s for %s", t.total, t.unit, q.container, direction)
	if elsewhere > 0 {
		count += fmt.Sprintf(", and rules_elsewhere adds %d", elsewhere)
	}
	return fault.New("Too many rules",
		fmt.Sprintf("%s; the limit is %d.", count, limit),
		fmt.Sprintf("%s Most of them come from %s.", q.why, costliest(t.byRule)),
		"Do one of these: "+strings.Join(q.ways(t.total+elsewhere, limit), "; ")+"."+q.note)
}

// raise offers the override, where the operator may raise the limit.
func raise(l *Limit, needed int) []string {
	if !l.Raisable || l.Max > 0 && needed > l.Max {
		return nil
	}
	most := ""
	if l.Max > 0 {
		most = fmt.Sprintf(" and at most %d", l.Max)
	}
	return []string{fmt.Sprintf("if your limit has been raised, write it as limits = { %s = … }, at least %d%s", l.Name, needed, most)}
}

// containers is how many containers of the limit's size hold what is needed,
// at least: rows are not divisible.
func containers(needed, limit int) int { return (needed + limit - 1) / limit }
