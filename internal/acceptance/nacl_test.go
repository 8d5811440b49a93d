//go:build integration

package acceptance

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// NetworkACL is an ACL as the API describes it.
type NetworkACL struct {
	ID      string            `xml:"networkAclId"`
	Entries []NetworkACLEntry `xml:"entrySet>item"`
}

// NetworkACLEntry is one rule of an ACL.
type NetworkACLEntry struct {
	Number   int    `xml:"ruleNumber"`
	Protocol string `xml:"protocol"`
	Action   string `xml:"ruleAction"`
	Egress   bool   `xml:"egress"`
	CIDRIPv4 string `xml:"cidrBlock"`
	CIDRIPv6 string `xml:"ipv6CidrBlock"`
	From     *int   `xml:"portRange>from"`
	To       *int   `xml:"portRange>to"`
}

// ACL returns the entries of an ACL by direction and number.
func (c *EC2) ACL(ctx context.Context, id string) ([]NetworkACLEntry, error) {
	acls, err := describe[NetworkACL](ctx, c, "DescribeNetworkAcls", "networkAclSet", url.Values{"NetworkAclId.1": {id}})
	if err != nil || len(acls) != 1 {
		return nil, fmt.Errorf("%d ACLs: %w", len(acls), err)
	}
	entries := acls[0].Entries
	slices.SortFunc(entries, func(a, b NetworkACLEntry) int {
		if a.Egress != b.Egress {
			return map[bool]int{false: -1, true: 1}[a.Egress]
		}
		return a.Number - b.Number
	})
	return entries, nil
}

// aclPackets reads an ACL back by the meaning that EC2 gives it: rules are
// tried by number, and what no rule takes is denied. AWS lists default rules
// that deny, under numbers that nobody can use; the emulator lists none for an
// ACL that somebody made.
func aclPackets(t *testing.T, emulator *Emulator, id string) packets {
	t.Helper()
	entries, err := emulator.EC2.ACL(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var parts []intent
	for _, e := range entries {
		if e.Number > 32766 {
			if e.Action != "deny" {
				t.Errorf("the default rule %+v", e)
			}
			continue
		}
		if e.Action != "allow" {
			t.Errorf("a rule that denies: %+v", e)
		}
		part := intent{direction: "ingress", peers: []string{e.CIDRIPv4 + e.CIDRIPv6}}
		if e.Egress {
			part.direction = "egress"
		}
		switch e.Protocol {
		case "6", "17":
			if e.From == nil || e.To == nil {
				t.Fatalf("rule %+v has no ports", e)
			}
			part.ports = []string{fmt.Sprintf("%d-%d/%s", *e.From, *e.To, map[string]string{"6": "tcp", "17": "udp"}[e.Protocol])}
		case "1":
			part.ports = []string{"icmp"}
		case "58":
			part.ports = []string{"icmpv6"}
		case "50":
			part.ports = []string{"esp"}
		default:
			t.Fatalf("rule %+v has a protocol that the policy does not open", e)
		}
		parts = append(parts, part)
	}
	return canonical(t, parts)
}

func checkACL(t *testing.T, emulator *Emulator, id string, want packets) {
	t.Helper()
	comparePackets(t, aclPackets(t, emulator, id), want)
}

// aclScenario has both families, an exclusion, protocols without ports and
// both directions.
func aclScenario(endpoint, cidrs string) string {
	return awsProviderConfig(endpoint, fmt.Sprintf("backupfw = { source = %q }", ourProvider)) + `
resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_network_acl" "this" {
  vpc_id = aws_vpc.this.id
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
  cidrs  = ` + cidrs + `
  except = ["198.51.100.17/32"]
}

resource "backupfw_policy" "this" {
  name = "primary-server"
  rules = {
    clients = {
      direction   = "ingress"
      port_ranges = [backupfw_port_range.netbackup, backupfw_port_range.vault]
      peers       = [backupfw_peer_group.dmz]
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
}

data "backupfw_aws_network_acl_rules" "this" {
  policy               = local.policy
  peer_ephemeral_ports = "32768-60999"
  limits               = { rules = 40 }
}

resource "aws_network_acl_rule" "this" {
  for_each = merge(
    { for key, rule in data.backupfw_aws_network_acl_rules.this.ingress : "in ${key}" => rule },
    { for key, rule in data.backupfw_aws_network_acl_rules.this.egress : "out ${key}" => rule },
  )
  network_acl_id  = aws_network_acl.this.id
  rule_number     = each.value.rule_number
  egress          = each.value.egress
  protocol        = each.value.protocol
  rule_action     = each.value.rule_action
  cidr_block      = each.value.cidr_block
  ipv6_cidr_block = each.value.ipv6_cidr_block
  from_port       = each.value.from_port
  to_port         = each.value.to_port
  icmp_type       = each.value.icmp_type
  icmp_code       = each.value.icmp_code
}

output "acl" {
  value = aws_network_acl.this.id
}
`
}

// aclWant is the scenario's meaning, put down apart from the provider: what the
// policy says, and the answers to it.
func aclWant(t *testing.T, cidrs []string) packets {
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
		{direction: "egress", ports: []string{"32768-60999/tcp", "32768-60999/udp"}, peers: cidrs, except: except},
		{direction: "egress", ports: []string{"icmp", "esp"}, peers: v4, except: except},
		{direction: "egress", ports: []string{"icmpv6", "esp"}, peers: v6},
		{direction: "ingress", ports: []string{"icmp", "esp"}, peers: v4, except: except},
		{direction: "ingress", ports: []string{"icmpv6", "esp"}, peers: v6},
	})
}

func TestNetworkACL_AppliedToAWS_AllowsThePolicyAndTheAnswers(t *testing.T) {
	emulator := StartEmulator(t)
	w := NewWorkspace(t, true)
	cidrs := []string{"198.51.100.16/30", "2001:db8:40::/64"}
	w.Write("main.tf", aclScenario(emulator.Endpoint, hclList(cidrs)))
	w.Init()
	w.Apply()
	var id string
	w.Output("acl", &id)
	checkACL(t, emulator, id, aclWant(t, cidrs))
	if changes := w.PlanChanges(); len(changes) > 0 {
		t.Errorf("the second plan is not empty:\n  %s", strings.Join(changes, "\n  "))
	}

	// One more peer creates its own rules and touches no other.
	cidrs = append(cidrs, "203.0.113.9/32")
	w.Write("main.tf", aclScenario(emulator.Endpoint, hclList(cidrs)))
	changes := w.PlanChanges()
	for _, change := range changes {
		if !strings.HasSuffix(change, `-203.0.113.9/32"]: create`) && !strings.HasPrefix(change, "backupfw_") {
			t.Errorf("with one more peer the plan does %s", change)
		}
	}
	if len(changes) != 11 {
		t.Errorf("with one more peer the plan does\n  %s\nwant five rules in, four out and two updates of ours", strings.Join(changes, "\n  "))
	}
	w.ApplyPlanned()
	checkACL(t, emulator, id, aclWant(t, cidrs))
	w.Destroy()
}

func TestExample_OfTheNetworkACL(t *testing.T) {
	emulator := StartEmulator(t)
	w := applyExample(t, emulator, "backupfw_aws_network_acl_rules", "{ acl = aws_network_acl.backup.id }")
	var ids struct{ ACL string }
	w.Output("ids", &ids)
	id := ids.ACL
	peers := []string{"198.51.100.16/28", "2001:db8:40::/64"}
	checkACL(t, emulator, id, canonical(t, []intent{
		{direction: "ingress", ports: []string{"1556/tcp"}, peers: peers},
		{direction: "egress", ports: []string{"32768-60999/tcp"}, peers: peers},
	}))
	if changes := w.PlanChanges(); len(changes) > 0 {
		t.Errorf("the second plan is not empty:\n  %s", strings.Join(changes, "\n  "))
	}
}
