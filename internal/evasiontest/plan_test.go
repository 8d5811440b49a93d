package evasiontest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/review"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

type obj = map[string]any

type seq = []any

// change is a resource that a plan creates.
type change struct {
	resourceType, name string
	module             string
	index              any
	action             string // create unless given
	before             obj
	after              obj
	unknown            obj
	deferred           bool
	// refersTo are the references of arguments in the configuration.
	refersTo map[string][]string
}

func (c *change) address() string {
	address := c.resourceType + "." + c.name
	if c.module != "" {
		address = c.module + "." + address
	}
	switch key := c.index.(type) {
	case string:
		address += fmt.Sprintf("[%q]", key)
	case int:
		address += fmt.Sprintf("[%d]", key)
	}
	return address
}

func (c *change) json() obj {
	actions := seq{"create"}
	if c.action != "" {
		actions = seq{c.action}
	}
	body := obj{"actions": actions, "before": nil, "after": c.after, "after_unknown": obj{}}
	if c.before != nil {
		body["before"] = c.before
	}
	if c.unknown != nil {
		body["after_unknown"] = c.unknown
	}
	j := obj{"address": c.address(), "mode": "managed", "type": c.resourceType, "name": c.name, "provider_name": "p", "change": body}
	if c.module != "" {
		j["module_address"] = c.module
	}
	if c.index != nil {
		j["index"] = c.index
	}
	return j
}

// planOf is the JSON of a plan with the changes.
func planOf(t testing.TB, changes []change) []byte {
	t.Helper()
	planned, later, resources := seq{}, seq{}, seq{}
	for i := range changes {
		c := &changes[i]
		if c.deferred {
			later = append(later, obj{"reason": "provider_config_unknown", "resource_change": c.json()})
			continue
		}
		planned = append(planned, c.json())
		expressions := obj{}
		for argument, references := range c.refersTo {
			expressions[argument] = obj{"references": references}
		}
		resources = append(resources, obj{"address": c.resourceType + "." + c.name, "mode": "managed", "type": c.resourceType, "name": c.name, "expressions": expressions})
	}
	text, err := json.Marshal(obj{"format_version": "1.2", "terraform_version": "1.13.3", "resource_changes": planned, "deferred_changes": later,
		"configuration": obj{"root_module": obj{"resources": resources}}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// reviewed runs the command on a plan of the changes.
func reviewed(t testing.TB, changes []change, options ...string) (status int, r *report.Report) {
	t.Helper()
	var out, errors bytes.Buffer
	status = review.Run(append([]string{"-format", "json", "-"}, options...), review.Process{Stdin: bytes.NewReader(planOf(t, changes)), Stdout: &out, Stderr: &errors,
		Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }, Version: "1.2.3"})
	if status == review.Unreadable {
		t.Fatalf("the plan cannot be read: %s", errors.String())
	}
	r = &report.Report{}
	if err := json.Unmarshal(out.Bytes(), r); err != nil {
		t.Fatal(err)
	}
	return status, r
}

// byHand are the subjects that were judged apart from policies.
func byHand(r *report.Report) []report.Subject {
	return slices.DeleteFunc(slices.Clone(r.Subjects), func(s report.Subject) bool { return s.Kind != report.CloudRulesKind })
}

// rejectedBy are the codes that reject anything, sorted.
func rejectedBy(r *report.Report) []string {
	var codes []string
	for i := range r.Subjects {
		for j := range r.Subjects[i].Findings {
			if f := &r.Subjects[i].Findings[j]; f.Effect == risk.Reject {
				codes = append(codes, string(f.Code))
			}
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// awsRule is a rule of a security group.
func awsRule(name, group string, more obj) change {
	after := obj{"security_group_id": group, "description": nil, "ip_protocol": "tcp", "from_port": 3389, "to_port": 3389,
		"cidr_ipv4": nil, "cidr_ipv6": nil, "prefix_list_id": nil, "referenced_security_group_id": nil}
	maps.Copy(after, more)
	return change{resourceType: "aws_vpc_security_group_ingress_rule", name: name, after: after}
}

// awsBlock is an inline block.
func awsBlock(more obj) obj {
	block := obj{"description": "", "protocol": "tcp", "from_port": 3389, "to_port": 3389, "cidr_blocks": seq{}, "ipv6_cidr_blocks": seq{},
		"prefix_list_ids": seq{}, "security_groups": seq{}, "self": false}
	maps.Copy(block, more)
	return block
}

func awsGroup(id string, blocks ...obj) change {
	list := make(seq, len(blocks))
	for i := range blocks {
		list[i] = blocks[i]
	}
	return change{resourceType: "aws_security_group", name: "main", action: "update", before: obj{"id": id, "ingress": seq{}}, after: obj{"id": id, "ingress": list, "egress": seq{}}}
}

func azureRule(name string, more obj) change {
	after := obj{"resource_group_name": "rg", "network_security_group_name": "nsg", "name": name, "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
		"source_port_range": "*", "destination_port_range": "3389", "source_address_prefix": "*", "destination_address_prefix": "*"}
	maps.Copy(after, more)
	return change{resourceType: "azurerm_network_security_rule", name: name, after: after}
}

func googleFirewall(name string, more obj) change {
	after := obj{"network": "default", "direction": "INGRESS", "allow": seq{obj{"protocol": "tcp", "ports": seq{"3389"}}}, "source_ranges": seq{everyIPv4}}
	maps.Copy(after, more)
	return change{resourceType: "google_compute_firewall", name: name, after: after}
}

// recorded are the changes of a real plan, in which a policy is compiled.
func recorded(t testing.TB, resourceType string) []obj {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "review", "testdata", "plans", "terraform-1.13.3", "mixed.json"))
	if err != nil {
		t.Fatal(err)
	}
	var plan struct {
		Changes []obj `json:"resource_changes"`
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(plan.Changes, func(c obj) bool { return c["type"] != resourceType })
}
