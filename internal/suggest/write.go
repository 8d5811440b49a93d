package suggest

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// writer gathers the resources of a policy. Resources with the same content are
// written once.
type writer struct {
	file       *hclwrite.File
	policy     *policy.Policy
	plans      []rulePlan
	portLabels names
	peerLabels names
	portRanges map[string]string // label by content
	peerGroups map[string]string
	listeners  map[string]string // name of the port range by name of the negotiated listener
	// several says for which products there is more than one port range.
	several map[string]int
}

// write writes the plans of all rules, in the order of the policy.
func write(p *policy.Policy, plans []rulePlan) string {
	w := &writer{file: hclwrite.NewEmptyFile(), policy: p, plans: plans, portLabels: names{}, peerLabels: names{},
		portRanges: map[string]string{}, peerGroups: map[string]string{}, listeners: map[string]string{}, several: map[string]int{}}
	w.countProducts()
	ranges, peers := make([][]string, len(plans)), make([][]string, len(plans))
	for i := range plans {
		for j := range plans[i].ranges {
			ranges[i] = appendNew(ranges[i], w.portRange(&plans[i], &plans[i].ranges[j]))
		}
	}
	refused := make([]string, len(plans))
	for i := range plans {
		r := plans[i].rule
		if refused[i] = unwritable(r); refused[i] != "" {
			continue
		}
		for j := range r.Peers {
			peers[i] = appendNew(peers[i], w.peerGroup(r, &r.Peers[j]))
		}
	}
	w.policyBlock(ranges, peers, refused)
	return string(hclwrite.Format(w.file.Bytes()))
}

// unwritable names an address of the rule that no cidrs can say: inside
// ::ffff:0:0/96 a prefix would be read back as IPv4.
func unwritable(r *policy.Rule) string {
	for _, prefix := range r.Prefixes().Prefixes() {
		if again, err := prefixset.Parse(prefix.String()); err != nil || again != prefix {
			return prefix.String()
		}
	}
	return ""
}

func (w *writer) countProducts() {
	seen := map[string]bool{}
	for i := range w.plans {
		for j := range w.plans[i].ranges {
			r := &w.plans[i].ranges[j]
			if key := r.key(); r.product != nil && len(r.flows) > 0 && !seen[key] {
				seen[key] = true
				w.several[r.product.ID]++
			}
		}
	}
}

// key is the same for port ranges with the same content.
func (r *rangePlan) key() string {
	spec := r.spec("")
	return fmt.Sprintf("%q %q %q %q", spec.Product, spec.Flows, r.ports.Strings(), r.listener)
}

// spec is the declaration of the port range. It resolves without a fault and to
// exactly its ports; what the product cannot say is said by ports alone.
func (r *rangePlan) spec(name string) resolve.PortRangeSpec {
	plain := resolve.PortRangeSpec{Name: name, Ports: r.ports.Strings()}
	if r.listener != "" {
		yes := true
		plain.Negotiated = &yes
		return plain
	}
	if r.product == nil {
		return plain
	}
	byProduct := plain
	byProduct.Product = r.product.ID
	specs := []resolve.PortRangeSpec{byProduct}
	if len(r.flows) > 0 {
		byFlows := byProduct
		for _, flow := range r.flows {
			byFlows.Flows = append(byFlows.Flows, flow.ID)
		}
		documented := byFlows
		documented.Ports = nil
		specs = []resolve.PortRangeSpec{documented, byFlows, byProduct}
	}
	for _, spec := range specs {
		check := spec
		check.Name = "check"
		if resolved, faults := check.Resolve(); len(faults) == 0 && resolved.Effective.Equal(r.ports) {
			return spec
		}
	}
	return plain
}

// portRange writes the port range unless it is there already, and returns its
// label.
func (w *writer) portRange(plan *rulePlan, r *rangePlan) string {
	if label, written := w.portRanges[r.key()]; written {
		return label
	}
	rule := plan.rule.Name
	var label, name string
	switch {
	case r.listener != "":
		label = labelOf(w.portLabels.take(r.listener, r.listener+"-"+rule))
		// All ports of one name are scored as one listener.
		if name = w.listeners[r.listener]; name == "" {
			name = strings.TrimPrefix(label, "_")
			if policy.NamePattern.MatchString(r.listener) {
				name = r.listener
			}
			w.listeners[r.listener] = name
		}
	case len(r.flows) == 0:
		name = w.portLabels.take("unexplained-" + rule)
	case w.several[r.product.ID] > 1:
		name = w.portLabels.take(r.product.ID + "-" + rule)
	default:
		name = w.portLabels.take(r.product.ID)
	}
	if label == "" {
		label = labelOf(name)
	}
	w.portRanges[r.key()] = label
	if len(r.flows) == 0 && r.listener == "" {
		w.comment(advice(r.ports)...)
	}
	spec := r.spec(name)
	body := w.block("backupfw_port_range", label)
	body.SetAttributeValue("name", cty.StringVal(spec.Name))
	if spec.Product != "" {
		body.SetAttributeValue("product", cty.StringVal(spec.Product))
	}
	if spec.Flows != nil {
		body.SetAttributeRaw("flows", texts(spec.Flows))
	}
	if spec.Ports != nil {
		body.SetAttributeRaw("ports", texts(spec.Ports))
	}
	if spec.Negotiated != nil {
		body.SetAttributeValue("negotiated", cty.BoolVal(*spec.Negotiated))
	}
	return label
}

// maxAdvice is how many services a comment names.
const maxAdvice = 8

// advice says what to find out about unexplained ports.
func advice(ports portset.Ports) []string {
	lines := []string{
		"No product of the catalogue is told by these ports alone. Find out which",
		"program listens there; then name its product and flows, or close them. With",
		"product in the existing rule, its flows are found.",
	}
	named := 0
	for _, protocol := range portset.Protocols() {
		if !protocol.HasPorts() || ports.Of(protocol).Equal(portset.AllPorts()) {
			continue
		}
		for _, found := range services.Split(protocol, ports.Of(protocol)) {
			if named++; named > maxAdvice {
				continue
			}
			lines = append(lines, fmt.Sprintf("%s: usually %s.", portset.PortsOf(protocol, found.Ports), found.Service.Name))
		}
	}
	if named > maxAdvice {
		lines = append(lines, fmt.Sprintf("And ports of %d more well-known services.", named-maxAdvice))
	}
	return lines
}
