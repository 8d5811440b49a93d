package cloudrules

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// remedies take the place of those that speak of this provider's own arguments
// for existing rules. None may make somebody open more to have a rule judged.
var remedies = map[string]string{
	"Group among addresses":        "Write the group into the argument for groups.",
	"Half of all ports":            "Write the two ends of the range.",
	"List among addresses":         "Write the list into the argument for prefix lists.",
	"Missing direction":            "Write the direction.",
	"Missing ports":                "Write the ports.",
	"Missing protocol":             "Write the protocol.",
	"Port zero":                    "Write the ports that are meant.",
	"Ports without protocol":       "Write a rule for each protocol with these ports.",
	"Protocol without a name here": "Judge this rule yourself.",
	"Protocol without peers":       "Write the ICMP of the peers' address family.",
	"Service tag among addresses":  "Write addresses, or judge this rule yourself.",
	"Unknown access":               "Write an access that the cloud knows.",
	"Unknown direction":            "Write a direction that the cloud knows.",
	"Unreadable ports":             "Write ports and ranges of ports as the cloud wants them.",
}

// withoutPeers is the title of the fault that speaks of all arguments for peers.
const withoutPeers = "Rule without peers"

// placed moves a fault from the attribute of an existing rule to the argument
// of the resource.
func (d *draft) placed(f *fault.Fault, places map[string]string) *fault.Fault {
	if f.Title == withoutPeers {
		names := strings.Join(d.peerArguments, ", ")
		return fault.New(f.Title, fmt.Sprintf("None of %s is given.", names), "For whom the rule opens something would be guesswork.",
			"Write the peers.").At(fault.Attribute(d.peerArguments[0]))
	}
	moved := *f
	if instead, known := remedies[f.Title]; known {
		moved.Instead = instead
	}
	if len(f.Path) == 0 {
		return &moved
	}
	f.Path[0].Visit(func(attribute string) {
		moved.Path = fault.Path{fault.Attribute(attribute)}
		if argument, known := places[attribute]; known {
			moved.Path = fault.Path{fault.Attribute(argument)}
		}
	}, func(string) {}, func(int) {})
	for _, list := range []struct {
		attribute string
		places    []fault.Path
	}{{"cidrs", d.cidrs}, {"ports", d.ports}} {
		if at := indexIn(f.Path, list.attribute); at >= 0 && at < len(list.places) {
			moved.Path = list.places[at]
		}
	}
	return &moved
}

// indexIn is the index in a path of two steps into a list of that name, or -1.
func indexIn(at fault.Path, list string) int {
	index := -1
	if len(at) == 2 && at[0] == fault.Attribute(list) {
		at[1].Visit(func(string) {}, func(string) {}, func(i int) { index = i })
	}
	return index
}

// refused are the faults for which no policy with the rule can be judged, at
// the attributes of an existing rule.
func refused(rule *policy.Rule) fault.List {
	faults := policy.Validate(&policy.Policy{Name: "p", Rules: []policy.Rule{*rule}, Partial: rule.Partial})
	for _, f := range faults {
		f.Path = fault.Path{fault.Attribute("protocol")}
		f.Problem = strings.ReplaceAll(f.Problem, fmt.Sprintf("Rule %q", rule.Name), "The rule")
	}
	return faults
}
