// Package existing turns firewall rules as clouds list them - flat rows of a
// protocol, two ports and some addresses - into rules of a policy. Each cloud
// has words of its own for "everything"; a word that is not understood is a
// fault, because a guess could make a rule look safer than it is.
package existing

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

// Rule is one existing rule as it was read: raw texts, blank where nothing was
// given. Numbers are written in decimal, -1 included.
type Rule struct {
	Direction string
	// Access is what the rule does with a packet, where the cloud has both.
	Access   string
	Protocol string
	// FromPort and ToPort are AWS's form of a range, inclusive; for ICMP they
	// are a type and a code.
	FromPort, ToPort string
	// Ports is the form of Azure and Google: "443", "8000-8100" or "*".
	Ports       []string
	CIDRs       []string
	Description string
	// Product, Zone, ZoneReason and References are what no cloud knows.
	Product, Zone, ZoneReason string
	References                []policy.Reference
}

// prefix is what the names of the rules begin with.
const prefix = "existing-"

// Name is the name of the rule at the index, counted from 0. The index is all
// that tells existing rules apart: they have no key, descriptions repeat, and
// ids of a cloud are not always names.
func Name(index int) string { return prefix + strconv.Itoa(index) }

// Is reports whether the rule came from Normalize. Its ports and its peers have
// the rule's name too, which an author's rule has only on purpose.
func Is(r *policy.Rule) bool {
	return indexOf(r.Name) >= 0 && len(r.PortRanges) == 1 && r.PortRanges[0].Name == r.Name &&
		len(r.Peers) == 1 && r.Peers[0].Name == r.Name
}

// Normalize reads the rules, in their order, or returns everything that is
// wrong with them, placed at [index].attribute. Nobody said what listens behind
// an existing rule, so it is undeclared, except for ports that the rule's
// product documents.
//
// What a rule allows is never read as less than it is: a rule about one type of
// ICMP counts as all of ICMP, and what the grammar of ports cannot name is a
// fault.
func Normalize(rules []Rule) ([]policy.Rule, fault.List) {
	var faults fault.List
	normal := make([]policy.Rule, 0, len(rules))
	for i := range rules {
		rule, wrong := rules[i].Normalize(Name(i))
		faults.AddAll(wrong, fault.Index(i))
		normal = append(normal, rule)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return normal, nil
}

// Normalize reads one rule, which gets the name, or returns everything that is
// wrong with it, placed at the attribute.
func (r *Rule) Normalize(name string) (policy.Rule, fault.List) {
	var faults fault.List
	rule := policy.Rule{Name: name, Description: r.Description}
	var f *fault.Fault
	faults.Add(checkAccess(r.Access), fault.Attribute("access"))
	rule.Direction, f = readDirection(r.Direction)
	faults.Add(f, fault.Attribute("direction"))
	ports, wrong := r.readPorts()
	faults.AddAll(wrong)
	var product *catalog.Product
	if id := strings.TrimSpace(r.Product); id != "" {
		known := false
		if product, known = catalog.Get(id); !known {
			faults.Add(unknownProduct(id), fault.Attribute("product"))
		}
	}
	group, wrong := r.readPeers(name)
	faults.AddAll(wrong)

	listeners := []policy.Listener{{Name: name, Kind: policy.Undeclared, Ports: ports}}
	if product != nil {
		listeners = resolve.Documented(product, name, ports)
	}
	rule.PortRanges = []policy.PortRange{{Name: name, Listeners: listeners}}
	rule.Peers = []policy.PeerGroup{group}
	return rule, faults
}

// unknownProduct is the fault of policy.UnknownProduct with the remedy that
// fits a rule without negotiated.
func unknownProduct(id string) *fault.Fault {
	f := policy.UnknownProduct(id)
	f.Instead = policy.NearestProduct(id) + " Or leave product out: the ports then count as undeclared."
	return f
}

// word is how words are compared: clouds differ in upper and lower case.
func word(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

func readDirection(text string) (policy.Direction, *fault.Fault) {
	switch word(text) {
	case "ingress", "inbound", "in":
		return policy.Ingress, nil
	case "egress", "outbound", "out":
		return policy.Egress, nil
	case "":
		return policy.Ingress, fault.New("Missing direction", "direction is missing.",
			"Without it nobody can say who dials.",
			`Write "ingress" or "egress"; with AWS's is_egress: direction = r.is_egress ? "egress" : "ingress".`)
	}
	return policy.Ingress, fault.New("Unknown direction",
		fmt.Sprintf("direction = %s is not a direction.", policy.Quote(text)),
		"It says who dials.",
		`Write "ingress" (or "Inbound", "in") when the peers dial this host, "egress" (or "Outbound", "out") when this host dials the peers.`)
}

// checkAccess refuses rules that close something: what is left open beside
// them depends on an order that the other rules do not show.
func checkAccess(text string) *fault.Fault {
	switch word(text) {
	case "", "allow", "accept", "permit":
		return nil
	case "deny", "drop", "reject", "block":
		return fault.New("Rule that denies",
			fmt.Sprintf("access = %s closes something.", policy.Quote(text)),
			"Only what is open is scored, and a rule that denies would count as one that allows.",
			`Filter such rules out in the expression, for example [for r in rules : r if lower(r.access) == "allow"]. What they close then counts as open, so the score is not too low.`)
	}
	return fault.New("Unknown access",
		fmt.Sprintf("access = %s is neither allow nor deny.", policy.Quote(text)),
		"A rule that denies must not be scored as one that allows.",
		`Write "Allow", or leave access out.`)
}

// Place turns the place of a fault that was found in the policy into that in
// the list of existing rules: rules["existing-3"].peers[0].references["db"] is
// [3].references["db"]. It is false when the place is in none of the first
// count existing rules: authors may name rules of their own alike.
func Place(at fault.Path, count int) (fault.Path, bool) {
	if len(at) < 2 || at[0] != fault.Attribute("rules") {
		return nil, false
	}
	index := -1
	at[1].Visit(func(string) {}, func(key string) { index = indexOf(key) }, func(int) {})
	if index < 0 || index >= count {
		return nil, false
	}
	place, rest := fault.Path{fault.Index(index)}, at[2:]
	switch {
	case len(rest) == 0:
		return place, true
	case rest[0] == fault.Attribute("peers") && len(rest) > 2:
		return place.With(rest[2:]...), true
	case rest[0] == fault.Attribute("peers"):
		return place.With(fault.Attribute("cidrs")), true
	case rest[0] == fault.Attribute("port_ranges"):
		return place.With(fault.Attribute("protocol")), true
	}
	return place.With(rest...), true
}

// indexOf is the index in the name of an existing rule, or -1.
func indexOf(name string) int {
	digits, isOurs := strings.CutPrefix(name, prefix)
	index, err := strconv.Atoi(digits)
	if !isOurs || err != nil || Name(index) != name {
		return -1
	}
	return index
}

// separators part the items of a cell in a table.
const separators = " ,;\t\r\n"

// items splits the texts at separators: a cell of a table often holds several
// values. places says in which text each item stood.
func items(texts []string) (split []string, places []int) {
	for i, text := range texts {
		for _, item := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			split, places = append(split, item), append(places, i)
		}
	}
	return split, places
}
