//go:build integration

package acceptance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/region"
)

// intent is a part of what a policy means to allow, written down by hand.
type intent struct {
	direction string
	ports     []string
	peers     []string // prefixes
	except    []string // prefixes to take out again
	reference string   // or the id of a group or list
}

// packets is a set of packets in one canonical form: for each direction and
// set of ports, the peers that reach exactly these ports.
type packets map[string]string

// canonical merges parts, given as ports and peers per direction.
func canonical(t *testing.T, parts []intent) packets {
	t.Helper()
	set := packets{}
	for _, direction := range []string{"ingress", "egress"} {
		var ports []portset.Ports
		var peers []prefixset.Set
		references := map[string][]portset.Ports{}
		for _, part := range parts {
			if part.direction != direction {
				continue
			}
			open, faults := portset.ParseList(part.ports)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if part.reference != "" {
				references[part.reference] = append(references[part.reference], open)
				continue
			}
			included, faults := prefixset.ParseList(part.peers)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			excluded, faults := prefixset.ParseList(part.except)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			ports, peers = append(ports, open), append(peers, included.Minus(excluded))
		}
		byPorts := map[string]prefixset.Set{}
		for _, atom := range region.Atoms(peers) {
			var open []portset.Ports
			for _, member := range atom.Members {
				open = append(open, ports[member])
			}
			key := direction + " " + portset.Merge(open).String()
			byPorts[key] = byPorts[key].Union(atom.Set())
		}
		for key, addresses := range byPorts {
			set[key] = addresses.String()
		}
		for reference, open := range references {
			set[direction+" "+reference] = portset.Merge(open).String()
		}
	}
	return set
}

// packetsOf reads the rules of a group back with EC2's own meaning.
func packetsOf(t *testing.T, emulator *Emulator, groupID string) packets {
	t.Helper()
	rules, err := emulator.EC2.Rules(t.Context(), groupID)
	if err != nil {
		t.Fatal(err)
	}
	var parts []intent
	for _, r := range rules {
		part := intent{direction: "ingress", reference: r.ReferencedGroup + r.PrefixListID}
		if r.Egress {
			part.direction = "egress"
		}
		if part.reference == "" {
			part.peers = []string{r.CIDRIPv4 + r.CIDRIPv6}
		}
		switch r.Protocol {
		case "tcp", "udp":
			part.ports = []string{fmt.Sprintf("%d-%d/%s", r.FromPort, r.ToPort, r.Protocol)}
		case "icmp", "icmpv6":
			if r.FromPort != -1 || r.ToPort != -1 {
				t.Errorf("rule %+v is about one ICMP type, want every one", r)
			}
			part.ports = []string{r.Protocol}
		case "50":
			part.ports = []string{"esp"}
		case "-1":
			part.ports = []string{"any"}
		default:
			t.Fatalf("rule %+v has a protocol that the policy does not open", r)
		}
		parts = append(parts, part)
	}
	return canonical(t, parts)
}

func checkPackets(t *testing.T, emulator *Emulator, groupID string, want packets) {
	t.Helper()
	comparePackets(t, packetsOf(t, emulator, groupID), want)
}

func comparePackets(t *testing.T, got, want packets) {
	t.Helper()
	if maps.Equal(got, want) {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			t.Errorf("%s: the API allows %q, want %q", key, got[key], want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, wanted := want[key]; !wanted {
			t.Errorf("%s: the API allows %q, want nothing", key, got[key])
		}
	}
}

// changing says what changes from step to step of the scenario.
type changing struct {
	cidrs string // of the peer group dmz
}

// scenario is a backup server whose group takes everything that the emitter
// can write: both families, an exclusion, references made in the same plan,
// protocols without ports, both directions.
func scenario(endpoint string, c changing) string {
	return awsProviderConfig(endpoint, fmt.Sprintf("backupfw = { source = %q }", ourProvider)) + `
resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_security_group" "this" {
  name   = "backup"
  vpc_id = aws_vpc.this.id
}

resource "aws_security_group" "bastion" {
  name   = "bastion"
  vpc_id = aws_vpc.this.id
}

resource "aws_ec2_managed_prefix_list" "branches" {
  name           = "branches"
  address_family = "IPv4"
  max_entries    = 3
}

resource "backupfw_port_range" "netbackup" {
  name      = "netbackup"
  product   = "netbackup"
  from_role = "client"
  to_role   = "primary_server"
}

resource "backupfw_port_range" "vault" {
  name       = "vault"
  ports      = ["29168-29187/tcp", "29188-29207/tcp", "29170/udp"]
  negotiated = true
}

resource "backupfw_port_range" "reachability" {
  name  = "reachability"
  ports = ["icmp", "icmpv6", "esp"]
}

resource "backupfw_peer_group" "dmz" {
  name   = "dmz"
  zone   = "dmz"
  cidrs  = ` + c.cidrs + `
  except = ["198.51.100.17/32"]
}

resource "backupfw_peer_group" "named" {
  name = "named"
  zone = "internal"
  zone_reason = "the branches are our own offices"
  references = {
    bastion  = { kind = "aws_security_group", max_hosts = 2 }
    branches = { kind = "aws_prefix_list", max_hosts = 3, max_entries = 3 }
  }
}

resource "backupfw_policy" "this" {
  name = "primary-server"
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.netbackup, backupfw_port_range.vault]
      peers       = [backupfw_peer_group.dmz]
    }
    named = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.netbackup]
      peers       = [backupfw_peer_group.named]
    }
    outward = {
      direction   = "egress"
      port_ranges = [backupfw_port_range.reachability]
      peers       = [backupfw_peer_group.dmz]
    }
  }
}

locals {
  policy = backupfw_policy.this # through a local, or it would be read only in apply
  ids = {
    bastion  = aws_security_group.bastion.id
    branches = aws_ec2_managed_prefix_list.branches.id
  }
}

data "backupfw_aws_security_group_rules" "this" {
  policy = local.policy
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each                     = data.backupfw_aws_security_group_rules.this.ingress
  security_group_id            = aws_security_group.this.id
  ip_protocol                  = each.value.ip_protocol
  from_port                    = each.value.from_port
  to_port                      = each.value.to_port
  cidr_ipv4                    = each.value.cidr_ipv4
  cidr_ipv6                    = each.value.cidr_ipv6
  referenced_security_group_id = each.value.reference_kind == "aws_security_group" ? local.ids[each.value.reference] : null
  prefix_list_id               = each.value.reference_kind == "aws_prefix_list" ? local.ids[each.value.reference] : null
  # The emulator forgets the description of a rule whose peer is no address.
  description = each.value.reference == null ? each.value.description : null
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each          = data.backupfw_aws_security_group_rules.this.egress
  security_group_id = aws_security_group.this.id
  ip_protocol       = each.value.ip_protocol
  from_port         = each.value.from_port
  to_port           = each.value.to_port
  cidr_ipv4         = each.value.cidr_ipv4
  cidr_ipv6         = each.value.cidr_ipv6
  description       = each.value.description
}

output "ids" {
  value = { this = aws_security_group.this.id, bastion = local.ids.bastion, branches = local.ids.branches }
}
`
}

// want is the scenario's meaning, put down apart from the provider.
func want(t *testing.T, cidrs []string, bastion, branches string) packets {
	t.Helper()
	var v4, v6 []string
	for _, cidr := range cidrs {
		if strings.Contains(cidr, ":") {
			v6 = append(v6, cidr)
		} else {
			v4 = append(v4, cidr)
		}
	}
	except := []string{"198.51.100.17/32"}
	return canonical(t, []intent{
		{direction: "ingress", ports: []string{"1556/tcp", "29168-29207/tcp", "29170/udp"}, peers: cidrs, except: except},
		{direction: "ingress", ports: []string{"1556/tcp"}, reference: bastion},
		{direction: "ingress", ports: []string{"1556/tcp"}, reference: branches},
		{direction: "egress", ports: []string{"icmp", "esp"}, peers: v4, except: except},
		{direction: "egress", ports: []string{"icmpv6", "esp"}, peers: v6},
	})
}

func TestPolicy_AppliedToAWS_AllowsExactlyWhatItSays(t *testing.T) {
	emulator := StartEmulator(t)
	w := NewWorkspace(t, true)

	cidrs := []string{"198.51.100.16/28", "2001:db8:40::/64"}
	w.Write("main.tf", scenario(emulator.Endpoint, changing{cidrs: hclList(cidrs)}))
	w.Init()
	w.Apply()
	var ids struct{ This, Bastion, Branches string }
	w.Output("ids", &ids)
	checkPackets(t, emulator, ids.This, want(t, cidrs, ids.Bastion, ids.Branches))
	if changes := w.PlanChanges(); len(changes) > 0 {
		t.Errorf("the second plan is not empty:\n  %s", strings.Join(changes, "\n  "))
	}

	// One more peer creates its own keys and touches no other rule.
	cidrs = append(cidrs, "203.0.113.9/32")
	w.Write("main.tf", scenario(emulator.Endpoint, changing{cidrs: hclList(cidrs)}))
	added := []string{
		`aws_vpc_security_group_egress_rule.this["esp-203.0.113.9/32"]: create`,
		`aws_vpc_security_group_egress_rule.this["icmp-203.0.113.9/32"]: create`,
		`aws_vpc_security_group_ingress_rule.this["tcp-1556-203.0.113.9/32"]: create`,
		`aws_vpc_security_group_ingress_rule.this["tcp-29168-29207-203.0.113.9/32"]: create`,
		`aws_vpc_security_group_ingress_rule.this["udp-29170-203.0.113.9/32"]: create`,
		`backupfw_peer_group.dmz: update`,
		`backupfw_policy.this: update`,
	}
	if changes := w.PlanChanges(); !slices.Equal(changes, added) {
		t.Errorf("with one more peer the plan does\n  %s\nwant\n  %s", strings.Join(changes, "\n  "), strings.Join(added, "\n  "))
	}
	w.ApplyPlanned()
	checkPackets(t, emulator, ids.This, want(t, cidrs, ids.Bastion, ids.Branches))

	// Opened to everybody, the policy is refused and the cloud is not touched.
	safe := scenario(emulator.Endpoint, changing{cidrs: hclList(cidrs)})
	w.Write("main.tf", scenario(emulator.Endpoint, changing{cidrs: `["0.0.0.0/1", "128.0.0.0/1", "2001:db8:40::/64"]`}))
	emulator.Forget()
	refused := w.ApplyFails()
	if !slices.ContainsFunc(refused, func(d Diagnostic) bool {
		return d.Summary == "Policy rejected: any-peer" && d.Address == "backupfw_policy.this" && strings.Contains(d.Detail, "open from 0.0.0.0/1, ") && strings.Contains(d.Detail, "practically everybody")
	}) {
		t.Errorf("the dangerous policy is refused with %+v, want any-peer from 0.0.0.0/1 at the policy", refused)
	}
	for _, call := range emulator.Calls() {
		if !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "Get") {
			t.Errorf("the refused apply called %s", call)
		}
	}
	checkPackets(t, emulator, ids.This, want(t, cidrs, ids.Bastion, ids.Branches))

	w.Write("main.tf", safe)
	w.Destroy()
	if groups, err := emulator.EC2.Groups(t.Context(), "backup"); err != nil || len(groups) > 0 {
		t.Errorf("after destroy there are the groups %v (error %v), want none", groups, err)
	}
}

func hclList(items []string) string { return `["` + strings.Join(items, `", "`) + `"]` }
