package cloudrules

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/existing"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

var googlePlaces = map[string]string{"from_port": "ports", "to_port": "ports"}

// everyIPv4 is whom a firewall without peers is for.
const everyIPv4 = "0.0.0.0/0"

// readGoogleFirewall reads google_compute_firewall: a rule for every allow
// block, with the peers of the firewall.
func readGoogleFirewall(a arguments) []draft {
	group := googleTargets(a)
	var drafts []draft
	for i := range a.blocks("deny") {
		d := draft{arguments: newArguments(a.v), part: fmt.Sprintf("deny[%d]", i), group: group, closes: "it denies"}
		d.row.Direction = a.label("direction")
		drafts = append(drafts, d)
	}
	for i, block := range a.blocks("allow") {
		// Every rule has the notes of the firewall and of its own block.
		of := newArguments(a.v)
		d := draft{arguments: of, part: fmt.Sprintf("allow[%d]", i), group: group, undecided: []string{"direction", "disabled", "allow", "protocol", "ports"}}
		d.row = existing.Rule{Direction: cmp.Or(of.text("direction"), "INGRESS"), Description: of.label("description"), Protocol: block.text("protocol")}
		d.addPorts(block, "ports")
		of.notes.add(block.notes)
		d.googlePorts()
		d.googlePeers()
		if of.isTrue("disabled") {
			d.closes = "it is disabled"
		}
		drafts = append(drafts, d)
	}
	return drafts
}

// googleTargets names what the firewall is for: the network, and the hosts in it.
func googleTargets(a arguments) string {
	network := a.label("network")
	if network == "" {
		return ""
	}
	targets := []string{network}
	for _, name := range []string{"target_tags", "target_service_accounts"} {
		texts, known := a.labels(name)
		if !known {
			return ""
		}
		targets = append(targets, texts...)
	}
	return strings.Join(targets, " ")
}

// googlePorts reads a protocol without ports as all of it. Ports are documented
// for TCP and UDP alone, so a rule for some of SCTP counts as one for all.
func (d *draft) googlePorts() {
	switch strings.ToLower(d.row.Protocol) {
	case "tcp", "6", "udp", "17":
		if len(d.row.Ports) == 0 {
			d.row.Ports = []string{"*"}
		}
	case "sctp", "132":
		if len(d.row.Ports) > 0 {
			d.assume("Ports of SCTP count as all of SCTP: Google's documentation applies ports to TCP and UDP only.")
		}
		d.row.Ports = []string{"*"}
	}
}

// googlePeers reads who is at the other end. Sources of several kinds add up,
// and none at all is everybody.
func (d *draft) googlePeers() {
	before := len(d.arguments.notes.uncertain)
	if d.direction() == policy.Egress {
		d.addresses("destination_ranges")
	} else {
		d.addresses("source_ranges")
		d.googleReferences(policy.GoogleNetworkTag, "source_tags")
		d.googleReferences(policy.GoogleServiceAccount, "source_service_accounts")
	}
	uncertain := len(d.arguments.notes.uncertain) > before
	if len(d.row.CIDRs) == 0 && len(d.row.References) == 0 && !uncertain {
		d.row.CIDRs = []string{everyIPv4}
	}
}

// googleReferences reads tags or accounts. A list of which nothing is known may
// turn out empty, and then the firewall may be for everybody.
func (d *draft) googleReferences(kind policy.ReferenceKind, argument string) {
	if !d.arguments.get(argument).IsKnown() {
		d.arguments.noteUnknown(argument)
		return
	}
	d.references(kind, argument, GroupHosts)
}
