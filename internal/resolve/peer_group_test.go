package resolve_test

import (
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

func TestPeerGroupSpec_Faults(t *testing.T) {
	const empty = ` holds no address and no reference. Some clouds read an empty list of peers as everybody. List at least one address, for example "198.51.100.16/28".`
	for _, c := range []struct {
		name string
		spec resolve.PeerGroupSpec
		want []string
	}{
		{"nobody", resolve.PeerGroupSpec{Name: "a"}, []string{`cidrs: Peer group without peers: Peer group "a"` + empty}},
		{"nobody, and a bad name", resolve.PeerGroupSpec{Name: "A", CIDRs: []string{}}, []string{
			`name: Invalid name: The peer group's name "A" is not a valid name. Names become keys and descriptions of cloud rules, where other characters are refused. Use 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit, such as "a".`,
			`cidrs: Peer group without peers: Peer group "A"` + empty}},
		{"only exclusions", resolve.PeerGroupSpec{Name: "a", Except: []string{"10.0.0.0/24"}}, []string{`cidrs: Peer group without peers: Peer group "a"` + empty}},
		{"all at once", resolve.PeerGroupSpec{Name: "a", CIDRs: []string{"10.0.0.1/8", "10.0.0.0/24", "host"}, Except: []string{"010.0.0.1"}, Zone: "DMZ"}, []string{
			`cidrs[0]: Host bits set: "10.0.0.1/8" has address bits set behind the prefix length. It could mean the one host or its whole network. Write "10.0.0.0/8" for the network or "10.0.0.1/32" for the host.`,
			`cidrs[2]: Name instead of address: "host" is not an address. A name can stand for other addresses after the plan was reviewed. Write an address or a prefix, such as "192.0.2.10/32", "192.0.2.0/24" or "2001:db8::/32".`,
			`except[0]: Leading zero: "010.0.0.1" has a number with a leading zero. Some programs read such a number as octal, and open another network. Write "10.0.0.1/32".`,
			`zone: Unknown zone: zone = "DMZ" is not a zone. The zone decides how much an address counts. Use one of by_address, management, internal, dmz, partner, internet.`}},
		{"everything excluded", resolve.PeerGroupSpec{Name: "a", CIDRs: []string{"10.0.0.0/24"}, Except: []string{"10.0.0.0/25", "10.0.0.128/25", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24", "10.0.4.0/24"}}, []string{
			`except: Nothing left: except = [10.0.0.0/25, 10.0.0.128/25, 10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24 and 1 more] excludes every address of cidrs. Some clouds read an empty list of peers as everybody. Exclude less, or remove the peer group and the rules that use it.`}},
		{"reference", resolve.PeerGroupSpec{Name: "a", References: []policy.Reference{{Name: "app", Kind: "sg", MaxHosts: 4}, {Name: "list", Kind: policy.AWSPrefixList, MaxHosts: 4}, {Name: "B", Kind: policy.AWSSecurityGroup}}}, []string{
			`references["B"]: Invalid name: The reference's name "B" is not a valid name. Names become keys and descriptions of cloud rules, where other characters are refused. Use 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit, such as "b".`,
			`references["B"].max_hosts: Host count out of range: max_hosts = 0 of reference "B" is not a number of hosts. The reference is scored as that many hosts. Write how many hosts the object can stand for at most, from 1 to 4294967296.`,
			`references["app"].kind: Unknown reference kind: kind = "sg" is not a kind of reference. The kind decides which cloud can express the rule. Use one of aws_security_group, aws_prefix_list, azure_application_security_group, google_network_tag, google_service_account.`,
			`references["list"].max_entries: Prefix list without size: Reference "list" is a prefix list without max_entries. AWS counts a prefix list with its maximum number of entries against the quota of the group. Write max_entries as the prefix list has it.`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			group, warnings, faults := c.spec.Resolve()
			equalLines(t, "faults", lines(faults), c.want)
			if group != nil || warnings != nil {
				t.Errorf("resolved all the same: %+v, %v", group, warnings)
			}
		})
	}
}

func TestPeerGroupSpec_Prefixes(t *testing.T) {
	for _, c := range []struct {
		cidrs, except, want []string
		warnings            []string
	}{
		{[]string{"198.51.100.16/28"}, nil, []string{"198.51.100.16/28"}, nil},
		{[]string{"192.0.2.7", "2001:db8::1"}, nil, []string{"192.0.2.7/32", "2001:db8::1/128"}, nil},
		{[]string{"2001:DB8:0::/48", "10.0.1.0/24", "10.0.0.0/24", "10.0.0.0/25"}, nil, []string{"10.0.0.0/23", "2001:db8::/48"}, nil},
		{[]string{"198.51.100.16/28"}, []string{"198.51.100.17"}, []string{"198.51.100.16/32", "198.51.100.18/31", "198.51.100.20/30", "198.51.100.24/29"}, nil},
		{[]string{"10.0.0.0/24"}, []string{"10.0.1.0/24", "10.0.0.0/25", "9.0.0.0/8", "::/0"}, []string{"10.0.0.128/25"}, []string{
			`except[0]: Exclusion of nothing: except names "10.0.1.0/24", and no address of it is in cidrs. The exclusion changes nothing; it may be a typing error in one of the two. Correct it, or remove it.`,
			`except[2]: Exclusion of nothing: except names "9.0.0.0/8", and no address of it is in cidrs. The exclusion changes nothing; it may be a typing error in one of the two. Correct it, or remove it.`,
			`except[3]: Exclusion of nothing: except names "::/0", and no address of it is in cidrs. The exclusion changes nothing; it may be a typing error in one of the two. Correct it, or remove it.`}},
	} {
		group, warnings, faults := resolve.PeerGroupSpec{Name: "a", CIDRs: c.cidrs, Except: c.except}.Resolve()
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		equalLines(t, "prefixes", group.Prefixes.Strings(), c.want)
		equalLines(t, "warnings", lines(warnings), append([]string{}, c.warnings...))
	}
}

func TestPeerGroupSpec_ReferencesAloneAreEnough(t *testing.T) {
	references := []policy.Reference{{Name: "b", Kind: policy.AWSSecurityGroup, MaxHosts: 4}, {Name: "a", Kind: policy.GoogleNetworkTag, MaxHosts: 1}}
	for _, cidrs := range [][]string{nil, {"10.0.0.0/24"}} {
		group, _, faults := resolve.PeerGroupSpec{Name: "g", CIDRs: cidrs, Except: cidrs, References: references, Zone: "dmz", ZoneReason: "why"}.Resolve()
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if len(group.References) != 2 || group.References[0].Name != "a" || group.References[1] != references[0] {
			t.Errorf("references %+v", group.References)
		}
		if group.Zone != policy.DMZ || group.ZoneReason != "why" || !group.Prefixes.IsEmpty() {
			t.Errorf("group %+v", group)
		}
	}
	if references[0].Name != "b" {
		t.Error("the author's references were sorted in place")
	}
}

func TestParseZone(t *testing.T) {
	for _, zone := range policy.Zones() {
		if got, f := resolve.ParseZone(zone.String()); got != zone || f != nil {
			t.Errorf("%s: %s, %v", zone, got, f)
		}
	}
	if got, f := resolve.ParseZone(""); got != policy.ByAddress || f != nil {
		t.Errorf("left out: %s, %v", got, f)
	}
	if _, f := resolve.ParseZone("lan"); f == nil {
		t.Error("lan is a zone")
	}
}
