package emit

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// The part of networking.k8s.io/v1 NetworkPolicy that is written here. The
// types of k8s.io/api would be 10 MB of every installation; the tests read the
// manifest with them.
type (
	networkPolicy struct {
		APIVersion string             `json:"apiVersion"`
		Kind       string             `json:"kind"`
		Metadata   kubernetesMetadata `json:"metadata"`
		Spec       networkPolicySpec  `json:"spec"`
	}
	kubernetesMetadata struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace,omitempty"`
		Labels    map[string]string `json:"labels,omitempty"`
	}
	networkPolicySpec struct {
		// PodSelector is written when it is empty, too: it is every pod then.
		PodSelector struct {
			MatchLabels map[string]string `json:"matchLabels,omitempty"`
		} `json:"podSelector"`
		// PolicyTypes has exactly the directions with rules: without the list
		// the server takes Ingress in, and a direction without rules is closed.
		PolicyTypes []string            `json:"policyTypes"`
		Ingress     []networkPolicyRule `json:"ingress,omitempty"`
		Egress      []networkPolicyRule `json:"egress,omitempty"`
	}
	networkPolicyRule struct {
		Ports []kubernetesPort    `json:"ports,omitempty"`
		From  []networkPolicyPeer `json:"from,omitempty"`
		To    []networkPolicyPeer `json:"to,omitempty"`
	}
	networkPolicyPeer struct {
		IPBlock networkPolicyBlock `json:"ipBlock"`
	}
	networkPolicyBlock struct {
		CIDR   string   `json:"cidr"`
		Except []string `json:"except,omitempty"`
	}
)

// kubernetesObject is the NetworkPolicy without its rules.
type kubernetesObject struct {
	metadata kubernetesMetadata
	pods     map[string]string
	expand   int
}

// kubernetesObjectOf reads the arguments. needed is set when there are rules.
func kubernetesObjectOf(p *policy.Policy, o Options, needed bool) (*kubernetesObject, fault.List) {
	var faults fault.List
	object := &kubernetesObject{}
	name, given := o.Arguments["name"].(string)
	if !given {
		name = defaultObjectName(p.Name)
	}
	if len(name) > 253 || !dnsSubdomain.MatchString(name) {
		faults.Add(invalidObjectName(name), fault.Attribute("name"))
	}
	namespace, given := o.Arguments["namespace"].(string)
	if given && (len(namespace) > 63 || !dnsLabel.MatchString(namespace)) {
		faults.Add(invalidNamespace(namespace), fault.Attribute("namespace"))
	}
	labels, _ := o.Arguments["labels"].(map[string]string)
	faults.AddAll(checkLabels(labels), fault.Attribute("labels"))
	object.metadata = kubernetesMetadata{Name: name, Namespace: namespace, Labels: labels}

	object.pods, given = o.Arguments["pod_selector"].(map[string]string)
	if !given && needed {
		faults.Add(noPodSelector(), fault.Attribute("pod_selector"))
	}
	faults.AddAll(checkLabels(object.pods), fault.Attribute("pod_selector"))

	expand, _ := o.Arguments["expand_ranges"].(int64)
	if expand < 0 || expand > 65535 {
		faults.Add(invalidExpansion(expand), fault.Attribute("expand_ranges"))
		expand = 0
	}
	object.expand = int(expand)
	return object, faults
}

// defaultObjectName makes a DNS label of the policy's name, which may have "_"
// and end in "-".
func defaultObjectName(policyName string) string {
	inLabel := func(r rune) bool { return r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	name := safeName(policyName, 63, inLabel)
	if strings.Trim(name, "-") == name {
		return name
	}
	// No policy name has a dot, so this one has a hash of its own.
	return strings.Trim(safeName(policyName+".", 63, inLabel), "-")
}

// What Kubernetes takes, from https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
// and https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/.
var (
	dnsLabel     = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	dnsSubdomain = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	labelName    = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
)

func checkLabels(labels map[string]string) fault.List {
	var faults fault.List
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		prefix, name, prefixed := strings.Cut(key, "/")
		if !prefixed {
			prefix, name = "", key
		}
		if !labelName.MatchString(name) || prefixed && (len(prefix) > 253 || !dnsSubdomain.MatchString(prefix)) {
			faults.Add(invalidLabelKey(key), fault.Key(key))
		}
		if value := labels[key]; value != "" && !labelName.MatchString(value) {
			faults.Add(invalidLabelValue(key, value), fault.Key(key))
		}
	}
	return faults
}

// yaml writes the manifest; "" without rules.
func (o *kubernetesObject) yaml(rules []kubernetesRule) string {
	if len(rules) == 0 {
		return ""
	}
	object := networkPolicy{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Metadata: o.metadata}
	object.Spec.PodSelector.MatchLabels = o.pods
	object.Spec.PolicyTypes = policyTypes(rules)
	for i := range rules {
		r := &rules[i]
		peers := make([]networkPolicyPeer, len(r.blocks))
		for j, b := range r.blocks {
			peers[j].IPBlock = networkPolicyBlock{CIDR: b.cidr.String(), Except: prefixTexts(b.except)}
		}
		if r.direction == policy.Ingress {
			object.Spec.Ingress = append(object.Spec.Ingress, networkPolicyRule{Ports: r.ports, From: peers})
		} else {
			object.Spec.Egress = append(object.Spec.Egress, networkPolicyRule{Ports: r.ports, To: peers})
		}
	}
	text, err := yaml.Marshal(object)
	if err != nil {
		panic("emit: a NetworkPolicy that is not YAML: " + err.Error())
	}
	return string(text)
}

func policyTypes(rules []kubernetesRule) []string {
	types := []string{}
	for _, t := range []struct {
		direction policy.Direction
		name      string
	}{{policy.Ingress, "Ingress"}, {policy.Egress, "Egress"}} {
		if slices.ContainsFunc(rules, func(r kubernetesRule) bool { return r.direction == t.direction }) {
			types = append(types, t.name)
		}
	}
	return types
}

// outputs are the values of the target's Outputs, in their order.
func (o *kubernetesObject) outputs(rules []kubernetesRule, text string) []any {
	var manifest, namespace, labels, pods any
	if text != "" {
		manifest = text
	}
	if o.metadata.Namespace != "" {
		namespace = o.metadata.Namespace
	}
	if o.metadata.Labels != nil {
		labels = o.metadata.Labels
	}
	if o.pods != nil {
		pods = o.pods
	}
	return []any{manifest, []any{o.metadata.Name, namespace, labels}, pods, policyTypes(rules)}
}

var kubernetesQuota = &quota{
	container: "Kubernetes NetworkPolicy",
	why:       "Each rule becomes entries in the tables of the network plugin, which are finite.",
	ways: func(needed, limit int) []string {
		return []string{
			fmt.Sprintf("split the policy over at least %d NetworkPolicies, since those that select the same pods add up", containers(needed, limit)),
			"list the same peers for the same ports, since they share a rule then",
			fmt.Sprintf("if your network plugin takes more, write it as limits = { rules = … }, at least %d", needed),
		}
	},
}

func (o *kubernetesObject) tooLarge(atLeast string, size, limit int) *fault.Fault {
	expansion := ""
	if o.expand > 0 {
		expansion = "leave expand_ranges out if your network plugin knows endPort; "
	}
	return fault.New("Manifest too large",
		fmt.Sprintf("The NetworkPolicy takes %s%d bytes; the limit is %d.", atLeast, size, limit),
		"Kubernetes keeps it in etcd, which refuses larger requests.",
		fmt.Sprintf("Do one of these: split the policy over several NetworkPolicies, since those that select the same pods add up; "+
			"list fewer or wider prefixes; %sif your etcd takes more, write it as limits = { manifest_bytes = … }, at least %d.", expansion, size))
}

func noPodSelector() *fault.Fault {
	return fault.New("Pods not selected",
		"pod_selector is missing, so nothing says which pods the policy is for.",
		"The pods that it selects may do only what the policy allows, and an empty selector takes every pod of the namespace.",
		`Write the labels of the pods, such as pod_selector = { app = "backup" }, or pod_selector = {} for every pod.`)
}

func invalidObjectName(name string) *fault.Fault {
	return fault.New("Invalid object name",
		fmt.Sprintf("name = %s is not the name of a NetworkPolicy.", policy.Quote(name)),
		"Kubernetes refuses it.",
		"Use 1 to 253 of a-z, 0-9, - and ., with a letter or digit at both ends and beside each dot, or leave it out for the policy's name.")
}

func invalidNamespace(namespace string) *fault.Fault {
	return fault.New("Invalid namespace",
		fmt.Sprintf("namespace = %s is not the name of a namespace.", policy.Quote(namespace)),
		"Kubernetes refuses it.",
		"Use 1 to 63 of a-z, 0-9 and -, with a letter or digit at both ends, or leave it out.")
}

func invalidLabelKey(key string) *fault.Fault {
	return fault.New("Invalid label key",
		fmt.Sprintf("%s is not the key of a label.", policy.Quote(key)),
		"Kubernetes refuses it.",
		`Use 1 to 63 of a-z, A-Z, 0-9, -, _ and ., with a letter or digit at both ends; a DNS name and a slash may stand before it, as in "app.kubernetes.io/name".`)
}

func invalidLabelValue(key, value string) *fault.Fault {
	return fault.New("Invalid label value",
		fmt.Sprintf("%s is not the value of a label, here of %s.", policy.Quote(value), policy.Quote(key)),
		"Kubernetes refuses it.",
		"Use at most 63 of a-z, A-Z, 0-9, -, _ and ., with a letter or digit at both ends.")
}

func invalidExpansion(n int64) *fault.Fault {
	return fault.New("Invalid range length",
		fmt.Sprintf("expand_ranges = %d is not a number of ports.", n),
		"Ranges of up to that many ports are written port by port.",
		"Write a number from 1 to 65535, or leave it out to write ranges as ranges.")
}
