package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// ExpiringDays is how many days before its end a waiver is announced.
const ExpiringDays = 30

// validateWaivers refuses waivers that could not be judged: whoever accepts a
// risk says what exactly, why, who answers for it and until when.
func validateWaivers(p *policy.Policy, s Settings) fault.List {
	var faults fault.List
	rules := map[string]bool{}
	for i := range p.Rules {
		rules[p.Rules[i].Name] = true
	}
	if p.IsPartial() {
		rules = nil // a rule that is missing may still arrive
	}
	for i := range p.Waivers {
		faults.AddAll(validateWaiver(&p.Waivers[i], s, rules), fault.Attribute("waiver"), fault.Index(i))
	}
	return faults
}

// validateWaiver checks one waiver; rules are the names of the policy's rules,
// nil when not all of them are known.
func validateWaiver(w *policy.Waiver, s Settings, rules map[string]bool) fault.List {
	var faults fault.List
	info, known := ParseCode(w.Finding)
	switch {
	case !known:
		faults.Add(fault.New("Unknown finding code",
			fmt.Sprintf("finding = %s is not a finding code.", policy.Quote(w.Finding)),
			"A waiver accepts exactly one kind of finding.",
			"Use one of "+strings.Join(WaivableCodes(), ", ")+"."), fault.Attribute("finding"))
	case info.Default == string(Info):
		faults.Add(fault.New("Finding cannot be waived",
			fmt.Sprintf("finding = %q only informs.", w.Finding),
			"It rejects nothing and warns of nothing, so there is nothing to accept.",
			"Remove the waiver."), fault.Attribute("finding"))
	case !info.Waivable:
		faults.Add(fault.New("Finding cannot be waived",
			fmt.Sprintf("finding = %q is about waivers themselves.", w.Finding),
			"A waiver for it would hide that another one has run out.",
			"Renew or remove the waiver that it speaks of."), fault.Attribute("finding"))
	case s.unwaivable(info.Code):
		faults.Add(fault.New("Waiver forbidden",
			fmt.Sprintf("finding = %q is in the provider's unwaivable list.", w.Finding),
			"The organisation decided that nobody accepts this risk alone.",
			"Remove the waiver and change the rule."), fault.Attribute("finding"))
	}
	for _, name := range w.Rules {
		if rules != nil && !rules[name] {
			faults.Add(fault.New("Waiver for no rule",
				fmt.Sprintf("rules names %s, and the policy has no such rule.", policy.Quote(name)),
				"The waiver would accept nothing, or a rule that somebody adds later.",
				"Write the key of a rule of this policy."), fault.Attribute("rules"))
		}
	}
	faults.AddAll(validateWaiverValue(w))
	for _, required := range []struct{ name, value, instead string }{
		{"reason", w.Reason, `Say why the risk is accepted, for example "site B leaves rsync in March".`},
		{"owner", w.Owner, "Name who answers for it, for example an e-mail address of a team."},
	} {
		if policy.SaysNothing(required.value) {
			faults.Add(fault.New("Waiver without "+required.name,
				fmt.Sprintf("%s = %q says nothing.", required.name, required.value),
				"An accepted risk needs somebody who knows why and until when.",
				required.instead), fault.Attribute(required.name))
		}
	}
	faults.Add(policy.CheckShown("The waiver's owner", w.Owner), fault.Attribute("owner"))
	faults.Add(validateExpiry(w, s), fault.Attribute("expires"))
	return faults
}

func validateExpiry(w *policy.Waiver, s Settings) *fault.Fault {
	if w.Expires.IsZero() {
		return nil // the reader has said so already
	}
	if s.Today.IsZero() {
		return fault.New("Waiver without today's date",
			fmt.Sprintf("The waiver ends on %s, and nothing says which day it is.", w.Expires),
			"A function must give the same answer in plan and apply, so it cannot read the clock.",
			`Pass the day in the settings: { today = formatdate("YYYY-MM-DD", plantimestamp()) }.`)
	}
	if left := s.Today.DaysUntil(w.Expires); left > s.MaxWaiverDays {
		return fault.New("Waiver lasts too long",
			fmt.Sprintf("expires = %q is %d days ahead, and at most %d are allowed.", w.Expires, left, s.MaxWaiverDays),
			"A risk that nobody looks at again is not accepted but forgotten.",
			fmt.Sprintf("Write %q or an earlier day.", s.Today.AddDays(s.MaxWaiverDays)))
	}
	return nil
}

// validateWaiverValue holds a waiver to values: what it lists is accepted, and
// what grows beyond is found again.
func validateWaiverValue(w *policy.Waiver) fault.List {
	var faults fault.List
	if w.Finding == string(ScoreLimit) {
		switch {
		case w.MaxScore == nil:
			faults.Add(fault.New("Waiver without value",
				"A waiver for score-limit has no max_score.",
				"It accepts a score, not whatever the policy grows to.",
				"Write the score that is accepted, from 0 to 100."), fault.Attribute("max_score"))
		case *w.MaxScore < 0 || *w.MaxScore > 100:
			faults.Add(fault.New("Score limit out of range",
				fmt.Sprintf("max_score = %d is not a score.", *w.MaxScore),
				"Scores go from 0 to 100.",
				"Write a whole number from 0 to 100."), fault.Attribute("max_score"))
		}
		if len(w.Rules) > 0 || !w.Ports.IsEmpty() || !w.Peers.IsEmpty() || len(w.References) > 0 {
			faults.Add(fault.New("Waiver with unused values",
				"A waiver for score-limit accepts max_score alone; rules, ports and peers mean nothing to it.",
				"A restriction that is not applied would look like one.",
				"Leave rules, ports and peers out."), fault.Attribute("finding"))
		}
		return faults
	}
	if w.MaxScore != nil {
		faults.Add(fault.New("Waiver with unused values",
			fmt.Sprintf("max_score = %d means nothing to a waiver for %q.", *w.MaxScore, w.Finding),
			"A restriction that is not applied would look like one.",
			"Leave max_score out."), fault.Attribute("max_score"))
	}
	if w.Ports.IsEmpty() {
		faults.Add(fault.New("Waiver without ports",
			fmt.Sprintf("The waiver for %q lists no ports.", w.Finding),
			"It accepts values, not a place: if the rule grows beyond them, the finding is back.",
			`List the accepted ports as the finding names them, for example ports = ["873/tcp"].`), fault.Attribute("ports"))
	}
	if w.Peers.IsEmpty() && len(w.References) == 0 {
		faults.Add(fault.New("Waiver without peers",
			fmt.Sprintf("The waiver for %q lists no peers.", w.Finding),
			"It accepts values, not a place: if the rule grows beyond them, the finding is back.",
			`List the accepted peers as the finding names them, for example peers = ["198.51.100.16/28"].`), fault.Attribute("peers"))
	}
	return faults
}

// WaivableCodes lists the codes that a waiver may name.
func WaivableCodes() []string {
	var codes []string
	for _, info := range catalogue {
		if info.Waivable {
			codes = append(codes, string(info.Code))
		}
	}
	return codes
}

// box is a set of ports for a set of peers.
type box struct {
	ports      portset.Ports
	prefixes   prefixset.Set
	references map[string]bool
}

func (b *box) isEmpty() bool {
	return b.ports.IsEmpty() || b.prefixes.IsEmpty() && len(b.references) == 0
}

// minus returns what the waiver leaves of the box, in at most two boxes.
func (b *box) minus(w *policy.Waiver) []box {
	otherPorts := box{b.ports.Minus(w.Ports), b.prefixes, b.references}
	otherPeers := box{b.ports.Intersect(w.Ports), b.prefixes.Minus(w.Peers), map[string]bool{}}
	for name := range b.references {
		otherPeers.references[name] = true
	}
	for _, name := range w.References {
		delete(otherPeers.references, name)
	}
	var left []box
	for _, rest := range []box{otherPorts, otherPeers} {
		if !rest.isEmpty() {
			left = append(left, rest)
		}
	}
	return left
}

// touches reports whether the waiver says anything about the box.
func (b *box) touches(w *policy.Waiver) bool {
	if !b.ports.Overlaps(w.Ports) {
		return false
	}
	for _, name := range w.References {
		if b.references[name] {
			return true
		}
	}
	return b.prefixes.Overlaps(w.Peers)
}

// applyWaivers marks the findings that waivers accept and adds the findings
// about the waivers themselves.
func applyWaivers(p *policy.Policy, s Settings, score int, findings []Finding) []Finding {
	if len(p.Waivers) == 0 {
		return findings
	}
	matched := make([]bool, len(p.Waivers))    // says something about a finding
	needed := make([]bool, len(p.Waivers))     // helps to accept one
	expiredHit := make([]bool, len(p.Waivers)) // would help, had it not expired
	index := newWaiverIndex(p)
	for i := range findings {
		f := &findings[i]
		if f.Effect == Info {
			continue
		}
		if f.Code == ScoreLimit {
			acceptScore(p, s, score, f, matched, needed, expiredHit)
			continue
		}
		acceptValues(index, s, f, matched, needed, expiredHit)
	}
	for i := range p.Waivers {
		w := &p.Waivers[i]
		place := fault.Path{fault.Attribute("waiver"), fault.Index(i)}
		left := s.Today.DaysUntil(w.Expires)
		switch {
		case expiredHit[i]:
			findings = append(findings, Finding{Code: WaiverExpired, Severity: High, Effect: Reject, rejects: true, Rules: w.Rules, Place: place,
				Ports: w.Ports, Prefixes: w.Peers, References: w.References,
				Message: fmt.Sprintf("The waiver for %q ended on %s, and what it accepted is still open; nothing is closed until a person decides.", w.Finding, w.Expires),
				Remedy:  fmt.Sprintf("Ask %s: close what it accepted, or write a new expires and reason; then plan again.", w.Owner)})
		case !matched[i]:
			findings = append(findings, Finding{Code: WaiverUnused, Severity: Low, Effect: Warn, Rules: w.Rules, Place: place,
				Ports: w.Ports, Prefixes: w.Peers, References: w.References,
				Message: fmt.Sprintf("The waiver for %q (owner %s) matches no finding: it would accept, unseen, one that somebody causes later.", w.Finding, w.Owner),
				Remedy:  "Remove the waiver."})
		case needed[i] && left <= ExpiringDays:
			findings = append(findings, Finding{Code: WaiverExpiring, Severity: Medium, Effect: Warn, Rules: w.Rules, Place: place,
				Ports: w.Ports, Prefixes: w.Peers, References: w.References,
				// No count of days: it would change the state every day.
				Message: fmt.Sprintf("The waiver for %q ends on %s, at most %d days from now; after that the plan is rejected.", w.Finding, w.Expires, ExpiringDays),
				Remedy:  fmt.Sprintf("Ask %s to close what it accepts, or to renew it.", w.Owner)})
		}
	}
	return findings
}

// accept marks the finding as accepted by waivers, given by index.
func (f *Finding) accept(p *policy.Policy, waivers ...int) {
	if len(waivers) == 0 {
		return
	}
	by := make([]string, len(waivers))
	for at, i := range waivers {
		w := &p.Waivers[i]
		by[at] = fmt.Sprintf("waiver[%d] (%s, until %s)", i, w.Owner, w.Expires)
	}
	f.Effect, f.WaivedBy = Accepted, strings.Join(by, ", ")
}

func acceptScore(p *policy.Policy, s Settings, score int, f *Finding, matched, needed, expiredHit []bool) {
	var lower []string
	for _, i := range lastingFirst(p.Waivers) {
		w := &p.Waivers[i]
		if w.Finding != string(ScoreLimit) || w.MaxScore == nil {
			continue
		}
		matched[i] = true
		switch {
		case *w.MaxScore < score:
			lower = append(lower, fmt.Sprintf("waiver[%d] accepts a score of at most %d", i, *w.MaxScore))
		case expired(w, s):
			expiredHit[i] = true
		case f.Effect != Accepted:
			needed[i] = true
			f.accept(p, i)
		}
	}
	if f.Effect == Accepted {
		forget(expiredHit, p, ScoreLimit)
	} else if len(lower) > 0 {
		f.Message += " " + some(lower) + "."
	}
}

// forget drops the note that waivers for the code expired: another one accepts it.
func forget(expiredHit []bool, p *policy.Policy, code Code) {
	for i := range p.Waivers {
		if p.Waivers[i].Finding == string(code) {
			expiredHit[i] = false
		}
	}
}

// Lasting returns the findings without WaiverExpiring. While the verdict is not
// Rejected they are the same on every day, so they can stand in a plan that is
// applied on another day.
func (a *Assessment) Lasting() []Finding { return withoutCode(a.Findings, WaiverExpiring) }

// lastingFirst returns the indexes of the waivers, the one with the latest end
// first. In this order a waiver accepts only what no longer one accepts. So its
// end changes what is found in one way alone: something is no longer accepted.
// While the verdict holds, findings are the same on every day, and a plan of
// yesterday can be applied today.
func lastingFirst(waivers []policy.Waiver) []int {
	order := make([]int, len(waivers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return waivers[a].Expires.DaysUntil(waivers[b].Expires)
	})
	return order
}

func expired(w *policy.Waiver, s Settings) bool { return s.Today.DaysUntil(w.Expires) < 0 }

// acceptValues takes what the waivers list out of the finding; nothing left
// means accepted.
func acceptValues(index *waiverIndex, s Settings, f *Finding, matched, needed, expiredHit []bool) {
	var left []box
	var helped, tooLate []int
	p := index.policy
	for _, part := range f.parts {
		whole := box{ports: part.ports, prefixes: part.prefixes, references: map[string]bool{}}
		for _, name := range part.references {
			whole.references[name] = true
		}
		rest := []box{whole}
		for i := range index.of(part.rule) {
			w := &p.Waivers[i]
			if !names(w, f, p) {
				continue
			}
			var after []box
			hit := false
			for j := range rest {
				hit = hit || rest[j].touches(w)
				if expired(w, s) {
					after = append(after, rest[j])
					continue
				}
				after = append(after, rest[j].minus(w)...)
			}
			rest = after
			if !hit {
				matched[i] = matched[i] || whole.touches(w)
				continue
			}
			matched[i] = true
			if expired(w, s) {
				tooLate = append(tooLate, i)
			} else {
				helped = append(helped, i)
			}
		}
		left = append(left, rest...)
	}
	if len(left) > 0 {
		for _, i := range tooLate {
			expiredHit[i] = expiredHit[i] || f.Effect == Reject || !mayBecomeAnyPeer(f, p)
		}
		if len(helped) > 0 {
			f.Message += " A waiver accepts a part; not accepted: " + describe(left) + "."
		}
		return
	}
	if len(f.parts) == 0 {
		return
	}
	slices.Sort(helped)
	helped = slices.Compact(helped)
	for _, i := range helped {
		needed[i] = true
	}
	f.accept(p, helped...)
}

// names reports whether the waiver is for the finding, or for the one that it
// may turn into.
func names(w *policy.Waiver, f *Finding, p *policy.Policy) bool {
	return w.Finding == string(f.Code) || w.Finding == string(AnyPeer) && mayBecomeAnyPeer(f, p)
}

// mayBecomeAnyPeer reports whether peers that are still unknown can turn the
// finding into any-peer, which other waivers accept: what is rejected before
// they are known must be rejected in the end.
func mayBecomeAnyPeer(f *Finding, p *policy.Policy) bool {
	return f.Code == BroadPeer && p.IsPartial()
}

// describe writes what boxes hold, joined over the boxes' ports.
func describe(boxes []box) string {
	var ports []portset.Ports
	var prefixes []prefixset.Set
	references := map[string]bool{}
	for i := range boxes {
		ports = append(ports, boxes[i].ports)
		prefixes = append(prefixes, boxes[i].prefixes)
		for name := range boxes[i].references {
			references[name] = true
		}
	}
	return SomePorts(portset.Merge(ports)) + " for " + SomePeers(prefixset.UnionAll(prefixes), sortedKeys(references))
}
