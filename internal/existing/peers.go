package existing

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

// readPeers reads who is at the other end of the rule.
func (r *Rule) readPeers(name string) (policy.PeerGroup, fault.List) {
	var faults fault.List
	zone, f := resolve.ParseZone(strings.TrimSpace(r.Zone))
	faults.Add(f, fault.Attribute("zone"))
	group := policy.PeerGroup{Name: name, Zone: zone, ZoneReason: r.ZoneReason}
	group.References = append(group.References, r.References...)
	sort.Slice(group.References, func(i, j int) bool { return group.References[i].Name < group.References[j].Name })

	texts, places := items(r.CIDRs)
	sets := make([]prefixset.Set, 0, len(texts))
	for i, text := range texts {
		set, f := readPrefixes(text)
		faults.Add(f, fault.Attribute("cidrs"), fault.Index(places[i]))
		sets = append(sets, set)
	}
	group.Prefixes = prefixset.UnionAll(sets)
	if len(texts) == 0 && len(r.References) == 0 {
		faults.Add(fault.New("Rule without peers",
			"cidrs is missing or empty, and there are no references.",
			"Several clouds read a rule without peers as one for everybody.",
			`Write cidrs = ["0.0.0.0/0", "::/0"] if it is, list the addresses if not, or name a security group, a prefix list or a tag in references: { bastion = { kind = "aws_security_group", max_hosts = 2 } }.`),
			fault.Attribute("cidrs"))
		return group, faults
	}
	if len(faults) == 0 {
		faults.AddAll(policy.ValidatePeerGroup(&group))
	}
	return group, faults
}

// everybody are the words of clouds for every address of both families.
// Azure's Internet leaves its own network out; it is read as more than it is.
var everybody = map[string]bool{"*": true, "any": true, "internet": true, "all": true}

func readPrefixes(text string) (prefixset.Set, *fault.Fault) {
	if everybody[word(text)] {
		all, faults := prefixset.ParseList([]string{"0.0.0.0/0", "::/0"})
		if len(faults) > 0 {
			panic("existing: " + faults.Error())
		}
		return all, nil
	}
	prefix, err := prefixset.Parse(text)
	if err == nil {
		return prefixset.Of(prefix), nil
	}
	if f := objectName(text); f != nil {
		return prefixset.Set{}, f
	}
	var f *fault.Fault
	if !errors.As(err, &f) {
		panic("existing: not a fault: " + err.Error())
	}
	return prefixset.Set{}, f
}

var (
	// cloudID is an id of AWS: of a security group or of a prefix list.
	cloudID = regexp.MustCompile(`^(sg|pl)-[0-9a-z]+$`)
	// named is a text that begins like a name, and not like an address.
	named = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./@-]*$`)
)

// objectName is the fault of a name where an address should be; nil when the
// text looks like an address.
func objectName(text string) *fault.Fault {
	const why = "How many hosts it stands for is not in the name, so it cannot be scored."
	quoted := policy.Quote(text)
	switch id := cloudID.FindStringSubmatch(text); {
	case len(id) > 0 && id[1] == "sg":
		return fault.New("Group among addresses", quoted+" is the id of a security group.", why,
			`Take it out of cidrs and write references = { peers = { kind = "aws_security_group", max_hosts = 10 } }, with the number of hosts in the group at most.`)
	case len(id) > 0:
		return fault.New("List among addresses", quoted+" is the id of a prefix list.", why,
			`Put the entries of the list into cidrs, or write references = { peers = { kind = "aws_prefix_list", max_hosts = 10, max_entries = 10 } }.`)
	case !named.MatchString(text):
		return nil
	}
	instead := "Write the address ranges that it stands for (Azure publishes those of its service tags), or \"Internet\" to have it judged as everybody."
	switch word(text) {
	case "virtualnetwork":
		instead = `Write the address spaces of the network, of those peered with it and of those behind its gateways, for example "10.0.0.0/16".`
	case "azureloadbalancer":
		instead = `Write "168.63.129.16/32", the address from which Azure probes.`
	}
	return fault.New("Service tag among addresses",
		fmt.Sprintf("%s is a service tag or the name of an object, and not an address.", quoted), why, instead)
}
