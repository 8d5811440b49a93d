//go:build integration

package acceptance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// handWritten are rules in the form that the AWS provider and the API agree
// on: what is written comes back, and a second plan is empty. They are the
// ground that the emitter for AWS stands on.
var handWritten = map[string]struct {
	arguments string // HCL
	want      SecurityGroupRule
}{
	"tcp-range": {
		`{ protocol = "tcp", from = 40000, to = 40039, v4 = "198.51.100.16/28", about = "movers" }`,
		SecurityGroupRule{Protocol: "tcp", FromPort: 40000, ToPort: 40039, CIDRIPv4: "198.51.100.16/28", Description: "movers"},
	},
	"tcp-lowest-and-highest": {
		`{ protocol = "tcp", from = 0, to = 65535, v4 = "198.51.100.32/32" }`,
		SecurityGroupRule{Protocol: "tcp", FromPort: 0, ToPort: 65535, CIDRIPv4: "198.51.100.32/32"},
	},
	"udp-ipv6": {
		`{ protocol = "udp", from = 1556, to = 1556, v6 = "2001:db8:40::/64" }`,
		SecurityGroupRule{Protocol: "udp", FromPort: 1556, ToPort: 1556, CIDRIPv6: "2001:db8:40::/64"},
	},
	// ICMP uses the ports as type and code; -1 means every one, and both
	// must be there.
	"icmp": {
		`{ protocol = "icmp", from = -1, to = -1, v4 = "198.51.100.16/28" }`,
		SecurityGroupRule{Protocol: "icmp", FromPort: -1, ToPort: -1, CIDRIPv4: "198.51.100.16/28"},
	},
	"icmpv6": {
		`{ protocol = "icmpv6", from = -1, to = -1, v6 = "2001:db8:40::/64" }`,
		SecurityGroupRule{Protocol: "icmpv6", FromPort: -1, ToPort: -1, CIDRIPv6: "2001:db8:40::/64"},
	},
	// Protocols without ports have null in the configuration. The API
	// describes them with -1, which the AWS provider takes for the null.
	"any": {
		`{ protocol = "-1", v4 = "198.51.100.48/28" }`,
		SecurityGroupRule{Protocol: "-1", FromPort: -1, ToPort: -1, CIDRIPv4: "198.51.100.48/28"},
	},
	"esp": {
		`{ protocol = "50", v4 = "198.51.100.16/28" }`,
		SecurityGroupRule{Protocol: "50", FromPort: -1, ToPort: -1, CIDRIPv4: "198.51.100.16/28"},
	},
	// AWS opens every port of a protocol other than TCP, UDP and ICMP,
	// whatever ports are asked for; so SCTP has none.
	"sctp": {
		`{ protocol = "132", v4 = "198.51.100.16/28" }`,
		SecurityGroupRule{Protocol: "132", FromPort: -1, ToPort: -1, CIDRIPv4: "198.51.100.16/28"},
	},
	// No description here: the emulator forgets that of a rule whose peer is
	// not an address, and every later plan would restore it.
	"group": {
		`{ protocol = "tcp", from = 1556, to = 1556, group = "peer" }`,
		SecurityGroupRule{Protocol: "tcp", FromPort: 1556, ToPort: 1556, ReferencedGroup: "peer"},
	},
	"prefix-list": {
		`{ protocol = "tcp", from = 1556, to = 1556, list = "peer" }`,
		SecurityGroupRule{Protocol: "tcp", FromPort: 1556, ToPort: 1556, PrefixListID: "peer"},
	},
}

func TestAWSProvider_HandWrittenRules_ReadBackAndSecondPlanIsEmpty(t *testing.T) {
	emulator := StartEmulator(t)
	w := NewWorkspace(t, false)
	w.Write("main.tf", awsProviderConfig(emulator.Endpoint)+`
resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_security_group" "this" {
  name   = "backup"
  vpc_id = aws_vpc.this.id
}

resource "aws_security_group" "peer" {
  name   = "peer"
  vpc_id = aws_vpc.this.id
}

resource "aws_ec2_managed_prefix_list" "peer" {
  name           = "peer"
  address_family = "IPv4"
  max_entries    = 1
}

locals {
  groups = { peer = aws_security_group.peer.id }
  lists  = { peer = aws_ec2_managed_prefix_list.peer.id }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each                     = local.rules
  security_group_id            = aws_security_group.this.id
  ip_protocol                  = each.value.protocol
  from_port                    = try(each.value.from, null)
  to_port                      = try(each.value.to, null)
  cidr_ipv4                    = try(each.value.v4, null)
  cidr_ipv6                    = try(each.value.v6, null)
  referenced_security_group_id = try(local.groups[each.value.group], null)
  prefix_list_id               = try(local.lists[each.value.list], null)
  description                  = try(each.value.about, null)
}

output "ids" {
  value = { this = aws_security_group.this.id, group = local.groups.peer, list = local.lists.peer }
}
`)
	keys := slices.Sorted(maps.Keys(handWritten))
	w.Write("rules.tf", rulesFile(keys))
	w.Init()
	w.Apply()

	var ids struct{ This, Group, List string }
	w.Output("ids", &ids)
	checkRules(t, emulator, ids.This, expected(keys, ids.Group, ids.List))
	if changes := w.PlanChanges(); len(changes) > 0 {
		t.Errorf("the second plan is not empty:\n  %s", strings.Join(changes, "\n  "))
	}

	// One rule less touches that rule only.
	fewer := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == "esp" })
	w.Write("rules.tf", rulesFile(fewer))
	want := []string{`aws_vpc_security_group_ingress_rule.this["esp"]: delete`}
	if changes := w.PlanChanges(); !slices.Equal(changes, want) {
		t.Errorf("without the rule esp the plan does %q, want %q", changes, want)
	}
	w.ApplyPlanned()
	checkRules(t, emulator, ids.This, expected(fewer, ids.Group, ids.List))

	w.Destroy()
	if groups, err := emulator.EC2.Groups(t.Context(), "backup"); err != nil || len(groups) > 0 {
		t.Errorf("after destroy there are the groups %v (error %v), want none", groups, err)
	}
}

// awsProviderConfig configures the AWS provider for the emulator; others are
// more lines of required_providers. It asks for
// the account's number, since a reference to a group of another account comes
// back with that account's number before it.
func awsProviderConfig(endpoint string, others ...string) string {
	return fmt.Sprintf(`
terraform {
  required_providers {
    %s
    aws = {
      source  = %q
      version = ">= 5.50"
    }
  }
}

provider "aws" {
  region                      = %q
  access_key                  = "test"
  secret_key                  = "test"
  max_retries                 = 1
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
    ec2 = %q
    sts = %q
  }
}
`, strings.Join(others, "\n    "), awsProvider, Region, endpoint, endpoint)
}

func rulesFile(keys []string) string {
	var text strings.Builder
	text.WriteString("locals {\n  rules = {\n")
	for _, key := range keys {
		fmt.Fprintf(&text, "    %q = %s\n", key, handWritten[key].arguments)
	}
	text.WriteString("  }\n}\n")
	return text.String()
}

func expected(keys []string, group, list string) []SecurityGroupRule {
	var rules []SecurityGroupRule
	for _, key := range keys {
		rule := handWritten[key].want
		if rule.ReferencedGroup != "" {
			rule.ReferencedGroup = group
		}
		if rule.PrefixListID != "" {
			rule.PrefixListID = list
		}
		rules = append(rules, rule)
	}
	return rules
}

// checkRules compares what the API describes for a group with what is wanted,
// the ids aside.
func checkRules(t *testing.T, emulator *Emulator, groupID string, want []SecurityGroupRule) {
	t.Helper()
	rules, err := emulator.EC2.Rules(t.Context(), groupID)
	if err != nil {
		t.Fatal(err)
	}
	line := func(r SecurityGroupRule) string {
		r.ID, r.GroupID = "", ""
		return fmt.Sprintf("%+v", r)
	}
	got, wanted := map[string]int{}, map[string]int{}
	for _, r := range rules {
		got[line(r)]++
	}
	for _, r := range want {
		wanted[line(r)]++
	}
	for _, l := range slices.Sorted(maps.Keys(wanted)) {
		if got[l] != wanted[l] {
			t.Errorf("the API has %d times, want %d times:\n  %s", got[l], wanted[l], l)
		}
	}
	for _, l := range slices.Sorted(maps.Keys(got)) {
		if wanted[l] == 0 {
			t.Errorf("the API has a rule too many:\n  %s", l)
		}
	}
}
