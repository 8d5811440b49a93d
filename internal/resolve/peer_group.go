package resolve

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// PeerGroupSpec is a peer group as the author declares it. Empty strings and
// nil mean that the argument was left out.
type PeerGroupSpec struct {
	Name       string
	CIDRs      []string
	Except     []string
	Zone       string
	ZoneReason string
	References []policy.Reference
}

// Resolve resolves the peer group or says everything that is wrong with
// it. The warnings name exclusions that exclude nothing.
func (spec PeerGroupSpec) Resolve() (group *policy.PeerGroup, warnings, faults fault.List) {
	included, cidrFaults := prefixset.ParseList(spec.CIDRs)
	faults.AddAll(cidrFaults, fault.Attribute("cidrs"))
	excluded, exceptFaults := prefixset.ParseList(spec.Except)
	faults.AddAll(exceptFaults, fault.Attribute("except"))
	zone, zoneFault := ParseZone(spec.Zone)
	faults.Add(zoneFault, fault.Attribute("zone"))

	group = &policy.PeerGroup{Name: spec.Name, Prefixes: included.Minus(excluded), Zone: zone, ZoneReason: spec.ZoneReason}
	group.References = append(group.References, spec.References...)
	sort.Slice(group.References, func(i, j int) bool { return group.References[i].Name < group.References[j].Name })
	if len(cidrFaults)+len(exceptFaults) > 0 {
		return nil, nil, faults
	}
	if !included.IsEmpty() && group.Prefixes.IsEmpty() && len(group.References) == 0 {
		faults.Add(nothingLeft(spec.Except, "remove the peer group and the rules that use it"), fault.Attribute("except"))
		return nil, nil, faults
	}
	faults.Add(unwritable(group.Prefixes, spec.Except), fault.Attribute("except"))
	for _, f := range policy.ValidatePeerGroup(group) {
		// The author writes cidrs where the resolved form has prefixes.
		if len(f.Path) == 1 && f.Path.String() == "prefixes" {
			f.Path = fault.Path{fault.Attribute("cidrs")}
		}
		faults = append(faults, f)
	}
	if len(faults) > 0 {
		return nil, nil, faults
	}
	ranges := included.Ranges()
	for i, text := range spec.Except {
		prefix, err := prefixset.Parse(text)
		if err == nil && !touches(ranges, prefix) {
			warnings.Add(fault.New("Exclusion of nothing",
				fmt.Sprintf("except names %q, and no address of it is in cidrs.", text),
				"The exclusion changes nothing; it may be a typing error in one of the two.",
				"Correct it, or remove it."), fault.Attribute("except"), fault.Index(i))
		}
	}
	return group, warnings, nil
}

// Exclude takes addresses away and never leaves none: whoever passes the result
// on would pass on an empty list, which some clouds read as everybody. except
// are the texts of what is excluded; the faults stand at the arguments, cidrs
// and except.
func Exclude(included, excluded prefixset.Set, except []string) (left prefixset.Set, faults fault.List) {
	if included.IsEmpty() {
		faults.Add(noAddresses(), fault.Attribute("cidrs"))
		return left, faults
	}
	left = included.Minus(excluded)
	if left.IsEmpty() {
		faults.Add(nothingLeft(except, "leave out what the addresses are for"), fault.Attribute("except"))
	}
	faults.Add(unwritable(left, except), fault.Attribute("except"))
	return left, faults
}

func noAddresses() *fault.Fault {
	return fault.New("No addresses",
		"cidrs = [] holds no address.",
		"Some clouds read an empty list of peers as everybody.",
		`List at least one address, for example "198.51.100.16/28".`)
}

func nothingLeft(except []string, otherwise string) *fault.Fault {
	return fault.New("Nothing left",
		fmt.Sprintf("except = [%s] excludes every address of cidrs.", some(except)),
		"Some clouds read an empty list of peers as everybody.",
		"Exclude less, or "+otherwise+".")
}

// unwritable finds an exclusion that leaves addresses which cannot be written
// as a prefix of their own: inside ::ffff:0:0/96 the text would be read back
// as IPv4, which is another set of hosts.
func unwritable(left prefixset.Set, except []string) *fault.Fault {
	if len(except) == 0 {
		return nil
	}
	for _, p := range left.Prefixes() {
		if again, err := prefixset.Parse(p.String()); err != nil || again != p {
			return fault.New("Exclusion leaves the unwritable",
				fmt.Sprintf("except = [%s] leaves %q, which cannot stand in a rule of its own.", some(except), p),
				"These IPv6 addresses stand for IPv4 hosts, and a rule for them would open other hosts than it says.",
				"Exclude the whole of ::ffff:0:0/96 and 64:ff9b:1::/48 with a wider prefix, or list the networks that are meant.")
		}
	}
	return nil
}

// touches reports whether an address of the prefix is in the sorted ranges.
func touches(ranges []netipx.IPRange, prefix netip.Prefix) bool {
	first := prefix.Addr()
	at, _ := slices.BinarySearchFunc(ranges, first, func(r netipx.IPRange, addr netip.Addr) int { return r.To().Compare(addr) })
	return at < len(ranges) && ranges[at].From().Compare(netipx.PrefixLastIP(prefix)) <= 0
}

// ParseZone reads a zone; left out it is by_address.
func ParseZone(text string) (policy.Zone, *fault.Fault) {
	if text == "" {
		return policy.ByAddress, nil
	}
	zone, known := policy.ParseZone(text)
	if !known {
		return policy.ByAddress, unknownZone(text)
	}
	return zone, nil
}

func unknownZone(text string) *fault.Fault {
	return fault.New("Unknown zone",
		fmt.Sprintf("zone = %s is not a zone.", policy.Quote(text)),
		"The zone decides how much an address counts.",
		"Use one of "+strings.Join(policy.ZoneNames(), ", ")+".")
}

// some writes at most five elements of a list.
func some(items []string) string {
	if len(items) <= 5 {
		return strings.Join(items, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:5], ", "), len(items)-5)
}
