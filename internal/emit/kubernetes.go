package emit

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Where the limits below were read.
const (
	kubernetesReference = "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/"
	etcdLimits          = "https://etcd.io/docs/latest/dev-guide/limit/"
)

func kubernetesNetworkPolicy() Target {
	return Target{
		Name:      kubernetes.name,
		Resources: []string{"kubernetes_network_policy_v1"},
		Title:     kubernetes.title,
		Description: "One NetworkPolicy: a rule per list of ports and list of peers, and the whole manifest as YAML. " +
			"It knows the ports of TCP, UDP and SCTP, except port 0, and no references. " +
			"Pods that it selects may do nothing else in the directions that the policy has rules for; " +
			"a direction without rules is left out of `policy_types`, since naming it would close it. " +
			"A rule without ports is every port of every protocol; what that opens besides TCP, UDP and SCTP is up to the network plugin.",
		Arguments: []Column{
			{Name: "pod_selector", Kind: StringMap, Description: "Labels of the pods that the policy is for; `{}` is every pod of the namespace. Must not be missing in a policy with rules."},
			{Name: "name", Kind: String, Description: "Name of the NetworkPolicy, for example `\"primary-server\"`. Default: the policy's name, with a hash where characters had to be replaced."},
			{Name: "namespace", Kind: String, Description: "Its namespace. Default: none, so that `kubectl` or the resource decides; `kubernetes_manifest` needs one."},
			{Name: "labels", Kind: StringMap, Description: "Labels of the NetworkPolicy itself, for example `{ team = \"backup\" }`."},
			{Name: "expand_ranges", Kind: Number, Description: "Writes ranges of up to that many ports port by port, for network plugins that ignore `endPort` and open the first port only. A longer range is then an error. Default 0: ranges stay ranges."},
		},
		Columns: []Column{
			{Name: "ports", Kind: ObjectList, Description: "The ports; empty for every port of every protocol.", Columns: []Column{
				{Name: "protocol", Kind: String, Description: "TCP, UDP or SCTP."},
				{Name: "port", Kind: String, Description: "The port, or the first of a range; null for every port of the protocol."},
				{Name: "end_port", Kind: Number, Description: "The last port of a range, or null."},
			}},
			kubernetesPeers("from", "The peers of an ingress rule, never empty; null for egress."),
			kubernetesPeers("to", "The peers of an egress rule, never empty; null for ingress."),
		},
		Lists: true,
		Outputs: []Column{
			{Name: "yaml", Kind: String, Description: "The NetworkPolicy as a manifest, with its rules in the order of their keys; null for a policy without rules, which would close everything."},
			{Name: "metadata", Kind: Object, Description: "What the manifest has as metadata.", Columns: []Column{
				{Name: "name", Kind: String, Description: "Name of the NetworkPolicy."},
				{Name: "namespace", Kind: String, Description: "Its namespace, or null."},
				{Name: "labels", Kind: StringMap, Description: "Its labels, or null."},
			}},
			{Name: "match_labels", Kind: StringMap, Description: "Labels of the pods that the policy is for; empty for every pod of the namespace."},
			{Name: "policy_types", Kind: StringList, Description: "The directions that the policy has rules for: Ingress, Egress or both."},
		},
		Limits: kubernetesLimits,
		Emit:   emitKubernetesNetworkPolicy,
	}
}

func kubernetesPeers(name, description string) Column {
	return Column{Name: name, Kind: ObjectList, Description: description, Columns: []Column{
		{Name: "ip_block", Kind: Object, Description: "The peer's addresses.", Columns: []Column{
			{Name: "cidr", Kind: String, Description: "A prefix, IPv4 or IPv6."},
			{Name: "except", Kind: StringList, Description: "Prefixes inside of it that are no peers, or null."},
		}},
	}}
}

const kubernetesProtocols = "they name TCP, UDP and SCTP only"

var kubernetes = capability{
	title: "Kubernetes NetworkPolicy",
	name:  "kubernetes_network_policy",
	lacks: map[portset.Protocol]string{
		portset.ICMP:   kubernetesProtocols,
		portset.ICMPv6: kubernetesProtocols,
		portset.ESP:    kubernetesProtocols,
	},
}

var kubernetesLimits = []Limit{
	{
		Name: rulesLimit, Value: 1000, Unit: "rules per direction and NetworkPolicy",
		Source: kubernetesReference, Date: "2026-11-25", Raisable: true,
		Description: "Kubernetes sets no limit of its own. This number is a guard: a network plugin turns each rule into as many entries as it has ports times peers.",
	},
	{
		Name: "manifest_bytes", Value: 3 << 19, Unit: "bytes of the manifest",
		Source: etcdLimits, Date: "2026-11-25", Raisable: true, Min: 1000,
		Description: "The largest request that etcd takes by default, 1.5 MiB. The YAML is counted, which is longer than what is stored. " +
			"`kubectl apply` keeps a copy in an annotation and takes 256 KiB at most, unless it is called with `--server-side`.",
	},
}

// kubernetesRule is one rule of the NetworkPolicy, and its row.
type kubernetesRule struct {
	direction policy.Direction
	key       string
	ports     []kubernetesPort // nil is every port of every protocol
	blocks    []ipBlock        // never empty, which would be everybody
	rules     []string
}

// emitKubernetesNetworkPolicy implements Target.Emit.
func emitKubernetesNetworkPolicy(p *policy.Policy, o Options) (*Result, fault.List) {
	products, _ := compile.Products(p, compile.ProductShape{}, o.Optimize)
	limits, faults := applyLimits(kubernetes.name, kubernetesLimits, o)
	object, more := kubernetesObjectOf(p, o, len(products) > 0)
	faults.AddAll(more)
	faults.AddAll(kubernetes.check(p, partsOfProducts(products)))
	faults.AddAll(placed(append(portsFromZero(p), longRanges(p, products, object.expand)...)))
	if len(faults) > 0 {
		return nil, faults
	}
	products = wholeFromZero(products)
	maxBytes := limitValue(limits, "manifest_bytes")
	if least := leastBytes(products, object.expand); least > maxBytes {
		// Not even begun: ranges of ports can make a million lines of one.
		faults.Add(object.tooLarge("at least ", least, maxBytes), fault.Attribute("policy"))
		return nil, faults
	}
	rules := kubernetesRules(products, object.expand)
	result := &Result{Limit: limitValue(limits, rulesLimit), LimitsApplied: limits}
	for i := range rules {
		result.add(rules[i].direction, rules[i].row())
	}
	result.finish()
	text := object.yaml(rules)
	result.Outputs = object.outputs(rules, text)

	faults.AddAll(kubernetesQuota.settle(result, tallies(result), o.RulesElsewhere))
	if len(text) > maxBytes {
		faults.Add(object.tooLarge("", len(text), maxBytes), fault.Attribute("policy"))
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return result, nil
}

// kubernetesRules writes the products, by direction and key.
func kubernetesRules(products []compile.Product, expand int) []kubernetesRule {
	rules := make([]kubernetesRule, len(products))
	for i := range products {
		p := &products[i]
		rules[i] = kubernetesRule{direction: p.Direction, key: productKey(p), blocks: ipBlocks(p.Prefixes), rules: p.Rules}
		if !p.Any {
			rules[i].ports = kubernetesPorts(p.Ports, expand)
		}
	}
	slices.SortFunc(rules, func(a, b kubernetesRule) int {
		return cmp.Or(cmp.Compare(a.direction, b.direction), cmp.Compare(a.key, b.key))
	})
	return rules
}

// row writes a rule; values stand in the order of the target's columns.
func (r *kubernetesRule) row() Row {
	ports := make([][]any, len(r.ports))
	for i, p := range r.ports {
		ports[i] = p.values()
	}
	peers := make([][]any, len(r.blocks))
	for i, b := range r.blocks {
		peers[i] = []any{b.values()}
	}
	row := Row{Key: r.key, Values: []any{ports, peers, nil}, Rules: r.rules}
	if r.direction == policy.Egress {
		row.Values = []any{ports, nil, peers}
	}
	return row
}
