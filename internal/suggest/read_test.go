package suggest

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

// resources are the attributes of each resource by kind and label. It is a
// reader that knows of the resources what the provider's schema says, and
// refuses everything else.
type resources map[string]map[string]map[string]cty.Value

var schemas = map[string][]string{
	"backupfw_port_range": {"name", "product", "flows", "ports", "negotiated"},
	"backupfw_peer_group": {"name", "cidrs", "zone", "zone_reason", "references"},
	"backupfw_policy":     {"name", "description", "max_score", "rules"},
}

// readHCL resolves the text into a policy as the provider would.
func readHCL(text string) (*policy.Policy, error) {
	file, diags := hclparse.NewParser().ParseHCL([]byte(text), "suggested.tf")
	if diags.HasErrors() {
		return nil, diags
	}
	body := file.Body.(*hclsyntax.Body)
	if len(body.Attributes) > 0 {
		return nil, fmt.Errorf("attributes at the top: %v", body.Attributes)
	}
	read := resources{}
	addresses := map[string]cty.Value{}
	var last *hclsyntax.Block
	for _, block := range body.Blocks {
		if block.Type != "resource" || len(block.Labels) != 2 || schemas[block.Labels[0]] == nil {
			return nil, fmt.Errorf("block %s %q", block.Type, block.Labels)
		}
		kind, label := block.Labels[0], block.Labels[1]
		if !hclsyntax.ValidIdentifier(label) {
			return nil, fmt.Errorf("%q is no identifier", label)
		}
		if read[kind] == nil {
			read[kind] = map[string]map[string]cty.Value{}
		}
		if read[kind][label] != nil {
			return nil, fmt.Errorf("%s.%s stands twice", kind, label)
		}
		if kind == "backupfw_policy" {
			last = block
			continue
		}
		values, err := attributes(block, nil)
		if err != nil {
			return nil, err
		}
		read[kind][label] = values
	}
	for kind, labels := range read {
		objects := map[string]cty.Value{}
		for label := range labels {
			objects[label] = cty.StringVal(label)
		}
		if len(objects) > 0 {
			addresses[kind] = cty.ObjectVal(objects)
		}
	}
	if last == nil {
		return nil, fmt.Errorf("no policy")
	}
	values, err := attributes(last, &hcl.EvalContext{Variables: addresses})
	if err != nil {
		return nil, err
	}
	return read.policy(values)
}

func attributes(block *hclsyntax.Block, context *hcl.EvalContext) (map[string]cty.Value, error) {
	values := map[string]cty.Value{}
	for name, a := range block.Body.Attributes {
		if !slices.Contains(schemas[block.Labels[0]], name) {
			return nil, fmt.Errorf("%q has no argument %s", block.Labels, name)
		}
		value, diags := a.Expr.Value(context)
		if diags.HasErrors() {
			return nil, diags
		}
		values[name] = value
	}
	for _, inner := range block.Body.Blocks {
		if inner.Type != "waiver" || block.Labels[0] != "backupfw_policy" {
			return nil, fmt.Errorf("block %s in %q", inner.Type, block.Labels)
		}
	}
	return values, nil
}

func textOf(v cty.Value) string {
	if v == cty.NilVal || v.IsNull() {
		return ""
	}
	return v.AsString()
}

func textsOf(v cty.Value) []string {
	if v == cty.NilVal {
		return nil
	}
	list := []string{}
	for _, element := range v.AsValueSlice() {
		list = append(list, element.AsString())
	}
	return list
}

func (read resources) policy(values map[string]cty.Value) (*policy.Policy, error) {
	p := &policy.Policy{Name: textOf(values["name"]), Description: textOf(values["description"])}
	if limit := values["max_score"]; limit != cty.NilVal {
		n, _ := limit.AsBigFloat().Int64()
		score := int(n)
		p.MaxScore = &score
	}
	for it := values["rules"].ElementIterator(); it.Next(); {
		key, rule := it.Element()
		fields := rule.AsValueMap()
		r := policy.Rule{Name: key.AsString(), Description: textOf(fields["description"])}
		direction, known := policy.ParseDirection(textOf(fields["direction"]))
		if !known {
			return nil, fmt.Errorf("direction %#v", fields["direction"])
		}
		r.Direction = direction
		for _, label := range textsOf(fields["port_ranges"]) {
			portRange, err := readPortRange(read["backupfw_port_range"][label])
			if err != nil {
				return nil, fmt.Errorf("port range %s: %w", label, err)
			}
			r.PortRanges = append(r.PortRanges, portRange)
		}
		for _, label := range textsOf(fields["peers"]) {
			group, err := readPeerGroup(read["backupfw_peer_group"][label])
			if err != nil {
				return nil, fmt.Errorf("peer group %s: %w", label, err)
			}
			r.Peers = append(r.Peers, *group)
		}
		p.Rules = append(p.Rules, r)
	}
	if faults := policy.Validate(p); len(faults) > 0 {
		return nil, faults
	}
	return p, nil
}

func readPortRange(values map[string]cty.Value) (policy.PortRange, error) {
	spec := resolve.PortRangeSpec{Name: textOf(values["name"]), Product: textOf(values["product"]),
		Flows: textsOf(values["flows"]), Ports: textsOf(values["ports"])}
	if v := values["negotiated"]; v != cty.NilVal {
		negotiated := v.True()
		spec.Negotiated = &negotiated
	}
	resolved, faults := spec.Resolve()
	if len(faults) > 0 {
		return policy.PortRange{}, faults
	}
	return resolved.PortRange, nil
}

func readPeerGroup(values map[string]cty.Value) (*policy.PeerGroup, error) {
	spec := resolve.PeerGroupSpec{Name: textOf(values["name"]), CIDRs: textsOf(values["cidrs"]),
		Zone: textOf(values["zone"]), ZoneReason: textOf(values["zone_reason"])}
	if references := values["references"]; references != cty.NilVal {
		for name, v := range references.AsValueMap() {
			fields := v.AsValueMap()
			hosts, _ := fields["max_hosts"].AsBigFloat().Uint64()
			ref := policy.Reference{Name: name, Kind: policy.ReferenceKind(textOf(fields["kind"])), MaxHosts: hosts}
			if entries := fields["max_entries"]; entries != cty.NilVal {
				n, _ := entries.AsBigFloat().Int64()
				ref.MaxEntries = int(n)
			}
			spec.References = append(spec.References, ref)
		}
	}
	group, _, faults := spec.Resolve()
	if len(faults) > 0 {
		return nil, faults
	}
	return group, nil
}

// ports and prefixes read what the tests write.
func ports(texts ...string) portset.Ports {
	read, faults := portset.ParseList(texts)
	if len(faults) > 0 {
		panic(faults)
	}
	return read
}

func prefixes(texts ...string) prefixset.Set {
	read, faults := prefixset.ParseList(texts)
	if len(faults) > 0 {
		panic(faults)
	}
	return read
}

// undeclared is a rule as an export of a cloud has it.
func undeclared(name string, d policy.Direction, open portset.Ports, cidrs ...string) policy.Rule {
	return policy.Rule{Name: name, Direction: d,
		PortRanges: []policy.PortRange{{Name: "ports", Listeners: []policy.Listener{{Name: "ports", Kind: policy.Undeclared, Ports: open}}}},
		Peers:      []policy.PeerGroup{{Name: "peers", Prefixes: prefixes(cidrs...)}}}
}
