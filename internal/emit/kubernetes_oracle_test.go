package emit_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	objectvalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	documents "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// This file reads kubernetes_network_policy back from its YAML alone, with the
// types of Kubernetes and by what its documentation says:
// https://kubernetes.io/docs/concepts/services-networking/network-policies/
// https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
//
//   - A rule allows what is in its ports and comes from one in its peers. Ports
//     that are empty or missing are every port; peers that are, everybody.
//   - A port without a number is every port of its protocol, which is TCP when
//     it is missing. endPort makes it a range.
//   - A direction of policyTypes without rules is closed. Rules of a direction
//     that is not in policyTypes do nothing.
//
// The rows, from which authors write blocks of kubernetes_network_policy_v1,
// must say the same as the YAML, in the same order.

var kubernetesReading = reading{
	policies: compiletest.Options{NoPortZero: true, Without: []portset.Protocol{portset.ICMP, portset.ICMPv6, portset.ESP}},
	options:  emit.Options{Arguments: map[string]any{"pod_selector": map[string]string{"app": "backup"}}},
	read:     readKubernetes,
}

func readKubernetes(e emission) ([]opened, error) {
	text, ok := e.outputs["yaml"].(string)
	if !ok {
		if len(e.ingress)+len(e.egress) > 0 {
			return nil, errors.New("rows and no YAML")
		}
		return nil, nil
	}
	object, err := readNetworkPolicy(text)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, text)
	}
	if err := checkKubernetesOutputs(object, e.outputs); err != nil {
		return nil, err
	}
	ingress, egress := object.Spec.Ingress, object.Spec.Egress
	if len(ingress) != len(e.ingress) || len(egress) != len(e.egress) {
		return nil, fmt.Errorf("%d and %d rows for\n%s", len(e.ingress), len(e.egress), text)
	}
	var all []opened
	add := func(d policy.Direction, row emittedRow, ports []networkingv1.NetworkPolicyPort, peers []networkingv1.NetworkPolicyPeer) error {
		rowPorts, rowPeers, err := networkPolicyBlocks(d, row.columns)
		if err != nil || !reflect.DeepEqual(rowPorts, ports) || !reflect.DeepEqual(rowPeers, peers) {
			return fmt.Errorf("%s row %s says %v, %v (%w), which is not in\n%s", d, row.Key, rowPorts, rowPeers, err, text)
		}
		parts, err := networkPolicyParts(ports, peers)
		for i := range parts {
			// The YAML has no names; rows and rules stand in one order.
			parts[i].direction, parts[i].key, parts[i].rules = d, row.Key, row.Rules
		}
		all = append(all, parts...)
		return err
	}
	for i, rule := range ingress {
		if err := add(policy.Ingress, e.ingress[i], rule.Ports, rule.From); err != nil {
			return nil, err
		}
	}
	for i, rule := range egress {
		if err := add(policy.Egress, e.egress[i], rule.Ports, rule.To); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// readNetworkPolicy reads one document, strictly: no unknown and no repeated
// keys, and nothing that the API server would refuse.
func readNetworkPolicy(text string) (*networkingv1.NetworkPolicy, error) {
	reader := documents.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	document, err := reader.Read()
	if err != nil {
		return nil, err
	}
	if _, err := reader.Read(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("a second document: %w", err)
	}
	var object networkingv1.NetworkPolicy
	if err := yaml.UnmarshalStrict(document, &object); err != nil {
		return nil, err
	}
	if object.APIVersion != "networking.k8s.io/v1" || object.Kind != "NetworkPolicy" {
		return nil, fmt.Errorf("%s %s", object.APIVersion, object.Kind)
	}
	faults := validateNetworkPolicy(&object)
	if len(faults) > 0 {
		return nil, faults.ToAggregate()
	}
	return &object, nil
}

// validateNetworkPolicy follows pkg/apis/networking/validation of Kubernetes,
// which is no library.
func validateNetworkPolicy(object *networkingv1.NetworkPolicy) field.ErrorList {
	meta := object.ObjectMeta
	if meta.Namespace == "" {
		meta.Namespace = metav1.NamespaceDefault
	}
	faults := objectvalidation.ValidateObjectMeta(&meta, true, objectvalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	spec := field.NewPath("spec")
	faults = append(faults, metav1validation.ValidateLabelSelector(&object.Spec.PodSelector, metav1validation.LabelSelectorValidationOptions{}, spec.Child("podSelector"))...)
	check := func(at *field.Path, ports []networkingv1.NetworkPolicyPort, peers []networkingv1.NetworkPolicyPeer) {
		for i := range ports {
			faults = append(faults, validatePort(&ports[i], at.Child("ports").Index(i))...)
		}
		for i := range peers {
			faults = append(faults, validatePeer(&peers[i], at.Child("peers").Index(i))...)
		}
	}
	for i, rule := range object.Spec.Ingress {
		check(spec.Child("ingress").Index(i), rule.Ports, rule.From)
	}
	for i, rule := range object.Spec.Egress {
		check(spec.Child("egress").Index(i), rule.Ports, rule.To)
	}
	var types []networkingv1.PolicyType
	if len(object.Spec.Ingress) > 0 {
		types = append(types, networkingv1.PolicyTypeIngress)
	}
	if len(object.Spec.Egress) > 0 {
		types = append(types, networkingv1.PolicyTypeEgress)
	}
	if len(types) == 0 || !slices.Equal(types, object.Spec.PolicyTypes) {
		faults = append(faults, field.Invalid(spec.Child("policyTypes"), object.Spec.PolicyTypes, "a direction is closed, or its rules do nothing"))
	}
	return faults
}

func validatePort(port *networkingv1.NetworkPolicyPort, at *field.Path) (faults field.ErrorList) {
	known := []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}
	if port.Protocol != nil && !slices.Contains(known, *port.Protocol) {
		faults = append(faults, field.NotSupported(at.Child("protocol"), *port.Protocol, known))
	}
	if port.Port == nil {
		if port.EndPort != nil {
			faults = append(faults, field.Forbidden(at.Child("endPort"), "without port"))
		}
		return faults
	}
	if port.Port.Type != intstr.Int {
		return append(faults, field.Invalid(at.Child("port"), port.Port.StrVal, "the name of a port"))
	}
	for _, wrong := range validation.IsValidPortNum(port.Port.IntValue()) {
		faults = append(faults, field.Invalid(at.Child("port"), port.Port, wrong))
	}
	if port.EndPort != nil {
		if *port.EndPort < port.Port.IntVal {
			faults = append(faults, field.Invalid(at.Child("endPort"), *port.EndPort, "below port"))
		}
		for _, wrong := range validation.IsValidPortNum(int(*port.EndPort)) {
			faults = append(faults, field.Invalid(at.Child("endPort"), *port.EndPort, wrong))
		}
	}
	return faults
}

func validatePeer(peer *networkingv1.NetworkPolicyPeer, at *field.Path) (faults field.ErrorList) {
	if peer.IPBlock == nil || peer.PodSelector != nil || peer.NamespaceSelector != nil {
		return field.ErrorList{field.Required(at.Child("ipBlock"), "and nothing else")}
	}
	faults = validation.IsValidCIDR(at.Child("cidr"), peer.IPBlock.CIDR)
	block, err := prefixesOf(peer.IPBlock.CIDR)
	if err != nil {
		return append(faults, field.Invalid(at.Child("cidr"), peer.IPBlock.CIDR, err.Error()))
	}
	for i, text := range peer.IPBlock.Except {
		faults = append(faults, validation.IsValidCIDR(at.Child("except").Index(i), text)...)
		except, err := prefixesOf(text)
		if err != nil || !block.Covers(except) || except.Equal(block) {
			faults = append(faults, field.Invalid(at.Child("except").Index(i), text, fmt.Sprintf("not inside of %s: %v", block, err)))
		}
	}
	return faults
}

var kubernetesNumbers = map[corev1.Protocol]int{corev1.ProtocolTCP: 6, corev1.ProtocolUDP: 17, corev1.ProtocolSCTP: 132}

// networkPolicyParts says what a rule allows.
func networkPolicyParts(ports []networkingv1.NetworkPolicyPort, peers []networkingv1.NetworkPolicyPeer) ([]opened, error) {
	if len(peers) == 0 {
		return nil, errors.New("a rule for everybody")
	}
	var sets []prefixset.Set
	for _, peer := range peers {
		block, err := prefixesOf(peer.IPBlock.CIDR)
		if err != nil {
			return nil, err
		}
		except, err := prefixesOf(peer.IPBlock.Except...)
		if err != nil {
			return nil, err
		}
		sets = append(sets, block.Minus(except))
	}
	prefixes := prefixset.UnionAll(sets)
	if len(ports) == 0 {
		return []opened{{protocol: everyProtocol, prefixes: prefixes}}, nil
	}
	var parts []opened
	for _, port := range ports {
		part := opened{protocol: kubernetesNumbers[corev1.ProtocolTCP], prefixes: prefixes}
		if port.Protocol != nil {
			part.protocol = kubernetesNumbers[*port.Protocol]
		}
		if port.Port != nil {
			first := uint16(port.Port.IntVal)
			last := first
			if port.EndPort != nil {
				last = uint16(*port.EndPort)
			}
			part.ports = []portset.Range{{First: first, Last: last}}
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// networkPolicyBlocks makes of a row what the Kubernetes provider makes of its
// blocks: a text of digits is a number, null and "" are missing, and so is a
// list without elements.
func networkPolicyBlocks(d policy.Direction, columns map[string]any) (ports []networkingv1.NetworkPolicyPort, peers []networkingv1.NetworkPolicyPeer, err error) {
	own, other := "from", "to"
	if d == policy.Egress {
		own, other = other, own
	}
	if columns[other] != nil {
		return nil, nil, fmt.Errorf("%s = %v", other, columns[other])
	}
	for _, row := range columns["ports"].([]map[string]any) {
		protocol := corev1.Protocol(row["protocol"].(string))
		port := networkingv1.NetworkPolicyPort{Protocol: &protocol}
		if text, given := row["port"].(string); given {
			number := intstr.Parse(text)
			port.Port = &number
		}
		if number, given := row["end_port"].(int64); given {
			end := int32(number)
			port.EndPort = &end
		}
		ports = append(ports, port)
	}
	for _, row := range columns[own].([]map[string]any) {
		block := row["ip_block"].(map[string]any)
		peer := networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: block["cidr"].(string)}}
		peer.IPBlock.Except, _ = block["except"].([]string)
		peers = append(peers, peer)
	}
	return ports, peers, nil
}

// checkKubernetesOutputs compares the other outputs with the YAML.
func checkKubernetesOutputs(object *networkingv1.NetworkPolicy, outputs map[string]any) error {
	metadata := outputs["metadata"].(map[string]any)
	namespace, _ := metadata["namespace"].(string)
	labels, _ := metadata["labels"].(map[string]string)
	if metadata["name"] != object.Name || namespace != object.Namespace || !sameLabels(labels, object.Labels) {
		return fmt.Errorf("metadata %v is not that of %v", metadata, object.ObjectMeta)
	}
	if !sameLabels(outputs["match_labels"].(map[string]string), object.Spec.PodSelector.MatchLabels) || len(object.Spec.PodSelector.MatchExpressions) > 0 {
		return fmt.Errorf("labels %v are not those of %v", outputs["match_labels"], object.Spec.PodSelector)
	}
	var types []string
	for _, t := range object.Spec.PolicyTypes {
		types = append(types, string(t))
	}
	if !slices.Equal(types, outputs["policy_types"].([]string)) {
		return fmt.Errorf("policy_types %v are not %v", outputs["policy_types"], types)
	}
	return nil
}

func sameLabels(a, b map[string]string) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// object is the manifest, read by Kubernetes' own types.
func object(t *testing.T, e emission) *networkingv1.NetworkPolicy {
	t.Helper()
	read, err := readNetworkPolicy(e.outputs["yaml"].(string))
	if err != nil {
		t.Fatal(err)
	}
	return read
}
