//go:build integration

package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// oldGroup is a security group as people leave it, with each kind of peer that
// AWS has.
const oldGroup = `
resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_security_group" "old" {
  name   = "old"
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

resource "aws_vpc_security_group_ingress_rule" "ssh_in_a_range" {
  security_group_id = aws_security_group.old.id
  ip_protocol       = "tcp"
  from_port         = 20
  to_port           = 25
  cidr_ipv4         = "10.20.0.0/24"
}

resource "aws_vpc_security_group_ingress_rule" "ipv6" {
  security_group_id = aws_security_group.old.id
  ip_protocol       = "tcp"
  from_port         = 9102
  to_port           = 9102
  cidr_ipv6         = "2001:db8:40::/64"
  description       = "file daemon"
}

resource "aws_vpc_security_group_ingress_rule" "bastion" {
  security_group_id            = aws_security_group.old.id
  ip_protocol                  = "tcp"
  from_port                    = 3389
  to_port                      = 3389
  referenced_security_group_id = aws_security_group.bastion.id
}

resource "aws_vpc_security_group_ingress_rule" "branches" {
  security_group_id = aws_security_group.old.id
  ip_protocol       = "udp"
  from_port         = 29168
  to_port           = 29170
  prefix_list_id    = aws_ec2_managed_prefix_list.branches.id
}

resource "aws_vpc_security_group_egress_rule" "everything" {
  security_group_id = aws_security_group.old.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

output "ids" {
  value = { old = aws_security_group.old.id, bastion = aws_security_group.bastion.id, branches = aws_ec2_managed_prefix_list.branches.id }
}
`

// TestExisting_SecurityGroup_IsScoredInThePlan applies a group, and then only
// plans the example of the documentation that reads and scores it.
func TestExisting_SecurityGroup_IsScoredInThePlan(t *testing.T) {
	example, err := os.ReadFile(filepath.Join("..", "..", "examples", "data-sources", "backupfw_assessment", "data-source_aws.tf"))
	if err != nil {
		t.Fatal(err)
	}
	emulator := StartEmulator(t)
	old := NewWorkspace(t, false)
	old.Write("main.tf", awsProviderConfig(emulator.Endpoint)+oldGroup)
	old.Init()
	old.Apply()
	var ids struct{ Old, Bastion, Branches string }
	old.Output("ids", &ids)

	w := NewWorkspace(t, true)
	w.Write("main.tf", awsProviderConfig(emulator.Endpoint, fmt.Sprintf("backupfw = { source = %q }", ourProvider))+`
output "allows" {
  value = [for a in data.backupfw_assessment.group.allows : "${a.direction} ${a.protocol} ${a.from_port == null ? "" : a.from_port} ${join(",", a.prefixes)}${join(",", a.references)}"]
}

output "verdict" {
  value = data.backupfw_assessment.group.verdict
}
`)
	w.Write("example.tf", string(example))
	w.Write("terraform.tfvars", fmt.Sprintf("security_group_id = %q\nmax_hosts = { %q = 2, %q = 3 }\n", ids.Old, ids.Bastion, ids.Branches))
	w.Init()
	plan := w.Plan()
	read := func(name string, into any) {
		t.Helper()
		if after := plan.OutputChanges[name].After; len(after) == 0 {
			t.Fatalf("the plan does not know %s", name)
		} else {
			w.decode(string(after), into)
		}
	}
	var score float64
	var verdict string
	var allows, findings []string
	read("group_score", &score)
	read("verdict", &verdict)
	read("allows", &allows)
	read("group_findings", &findings)
	if score <= 0 || verdict != "reject" {
		t.Errorf("score %v, verdict %s, want a rejection", score, verdict)
	}
	want := []string{
		"egress any  0.0.0.0/0",
		"ingress tcp 20 10.20.0.0/24",
		"ingress tcp 3389 " + ids.Bastion,
		"ingress tcp 9102 2001:db8:40::/64",
		"ingress udp 29168 " + ids.Branches,
	}
	if slices.Sort(allows); !slices.Equal(allows, want) {
		t.Errorf("the group allows\n  %s\nwant\n  %s", strings.Join(allows, "\n  "), strings.Join(want, "\n  "))
	}
	for _, ports := range []string{"22/tcp", "3389/tcp"} {
		if !slices.ContainsFunc(findings, func(f string) bool { return strings.Contains(f, ports) }) {
			t.Errorf("no finding about %s", ports)
		}
	}
}
