package emit_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

const kubernetesManifest = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  labels:
    team: "123"
  name: primary.example
  namespace: backup
spec:
  ingress:
  - from:
    - ipBlock:
        cidr: 198.51.100.16/28
        except:
        - 198.51.100.17/32
    - ipBlock:
        cidr: 2001:db8:40::/64
    ports:
    - port: 1556
      protocol: TCP
    - endPort: 2539
      port: 2500
      protocol: TCP
    - protocol: UDP
  podSelector:
    matchLabels:
      app: backup
      app.kubernetes.io/version: "1.0"
      critical: "true"
  policyTypes:
  - Ingress
`

func TestKubernetes_Manifest(t *testing.T) {
	p := namedPolicy("ingress a 1556/tcp 2500-2539/tcp 0-65535/udp from 198.51.100.16/28 2001:db8:40::/64 except 198.51.100.17")
	result, faults := emitKubernetes(t, p, emit.Options{Arguments: map[string]any{
		"name": "primary.example", "namespace": "backup", "labels": map[string]string{"team": "123"},
		"pod_selector": map[string]string{"critical": "true", "app": "backup", "app.kubernetes.io/version": "1.0"},
	}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if got := result.Outputs[0].(string); got != kubernetesManifest {
		t.Errorf("got\n%s\nwant\n%s", got, kubernetesManifest)
	}
}

// An empty NetworkPolicy is not nothing: it closes the pods that it selects.
func TestKubernetes_NoRules_NoManifest(t *testing.T) {
	for _, arguments := range []map[string]any{nil, {"pod_selector": map[string]string{}}} {
		result, faults := emitKubernetes(t, &policy.Policy{Name: "nothing"}, emit.Options{Arguments: arguments})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if result.Outputs[0] != nil || len(result.Outputs[3].([]string)) > 0 {
			t.Errorf("outputs %v", result.Outputs)
		}
	}
}

func TestKubernetes_EveryPod(t *testing.T) {
	result, faults := emitKubernetes(t, namedPolicy("ingress a 22/tcp from 10.0.0.0/24"), emit.Options{Arguments: map[string]any{"pod_selector": map[string]string{}}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if text := result.Outputs[0].(string); !strings.Contains(text, "\n  podSelector: {}\n") {
		t.Errorf("every pod is not selected in\n%s", text)
	}
}

func TestKubernetes_DefaultName(t *testing.T) {
	for name, want := range map[string]string{
		"primary-server":        "primary-server",
		"primary_server":        "primary-server-b39e0ee1",
		"primary-":              "primary-ebebeb76",
		"0":                     "0",
		strings.Repeat("a", 63): strings.Repeat("a", 63),
	} {
		p := namedPolicy("ingress a 22/tcp from 10.0.0.0/24")
		p.Name = name
		result, faults := emitKubernetes(t, p, emit.Options{Arguments: podsOf(nil)})
		if len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
			continue
		}
		object, err := readNetworkPolicy(result.Outputs[0].(string))
		if err != nil || object.Name != want || object.Namespace != "" {
			t.Errorf("%s becomes %v (%v), want %s", name, object, err, want)
		}
	}
}

// hostile are texts that try to leave the place where they are written.
var hostileTexts = []string{
	"", " ", "x\n", "x\ny: z", "x\r\ny", "---\n", "x\n---\nkind: Secret", "x\n...\n", "}", "{}", "[a]", "#", "x #y", "'", `"`, "`", "$(id)", "${x}", "%{x}",
	"*", "&a", "*a", "!!binary x", "|", ">", "? x", "a: b", "- a", "\x1b[31mred", "\x00", "\u2028", "\u0085", "\ufeff", "\u202e", "\t", "Ä",
	"true", "True", "yes", "no", "on", "y", "null", "Null", "~", "1", "01", "1e3", "0x10", "0o7", "1_000", "1.5", ".5", "1:30", "2026-11-25", "inf", ".inf", "NaN", "=", "<<",
	"a/b", "a/b/c", "/a", "a/", "-a", "a-", "_a", "a_", ".a", "a.", "a..b", "A", "a-.b", "example.org/app", strings.Repeat("a", 63), strings.Repeat("a", 64),
	strings.Repeat("a", 253), strings.Repeat("a", 254), strings.Repeat("a", 253) + "/a", strings.Repeat("a", 254) + "/a", strings.Repeat("x\"}\n", 2500),
}

// TestKubernetes_HostileText: every argument that is a text is refused, or
// Kubernetes reads it back as it was; there is never a key or a document more.
// The reader refuses what the API server would refuse.
func TestKubernetes_HostileText(t *testing.T) {
	target, _ := emit.TargetNamed("kubernetes_network_policy")
	p := namedPolicy("ingress a 22/tcp from 10.0.0.0/24")
	taken := map[string]int{}
	try := func(argument string, value any, read func(e emission) bool) {
		o := emit.Options{Arguments: podsOf(map[string]any{argument: value})}
		result, faults := emitKubernetes(t, p, o)
		if len(faults) > 0 {
			if len(faults) != 1 || !strings.HasPrefix(faults.Error(), argument) {
				t.Errorf("%s = %q: %v", argument, value, faults)
			}
			if strings.ContainsAny(faults[0].Detail(), "\n\r\x1b\x00\u2028\u0085\u202e") || len(faults[0].Detail()) > 1000 {
				t.Errorf("the fault of %s = %q speaks as the text wants: %q", argument, value, faults[0].Detail())
			}
			return
		}
		taken[argument]++
		e := emissionOf(target, result)
		if _, err := readKubernetes(e); err != nil {
			t.Errorf("%s = %q: %v", argument, value, err)
			return
		}
		if !read(e) {
			t.Errorf("%s = %q is read back as something else:\n%s", argument, value, e.outputs["yaml"])
		}
		if lines := strings.Count(e.outputs["yaml"].(string), "\n"); lines > 20 {
			t.Errorf("%s = %q makes %d lines", argument, value, lines)
		}
	}
	for _, text := range hostileTexts {
		try("name", text, func(e emission) bool { return object(t, e).Name == text })
		try("namespace", text, func(e emission) bool { return object(t, e).Namespace == text })
		try("labels", map[string]string{text: "x"}, func(e emission) bool {
			return fmt.Sprint(object(t, e).Labels) == fmt.Sprint(map[string]string{text: "x"})
		})
		try("labels", map[string]string{"x": text}, func(e emission) bool { return object(t, e).Labels["x"] == text })
		try("pod_selector", map[string]string{text: "x"}, func(e emission) bool {
			labels := object(t, e).Spec.PodSelector.MatchLabels
			return len(labels) == 1 && labels[text] == "x"
		})
		try("pod_selector", map[string]string{"x": text}, func(e emission) bool {
			labels := object(t, e).Spec.PodSelector.MatchLabels
			value, there := labels["x"]
			return len(labels) == 1 && there && value == text
		})
	}
	// What YAML would take for a number or a truth is still a fine name.
	if want := map[string]int{"name": 17, "namespace": 14, "labels": 48, "pod_selector": 48}; fmt.Sprint(taken) != fmt.Sprint(want) {
		t.Errorf("taken are %v, want %v", taken, want)
	}
}

// TestKubernetes_HostilePolicyName: the provider refuses such names before.
func TestKubernetes_HostilePolicyName(t *testing.T) {
	p := namedPolicy("ingress a 22/tcp from 10.0.0.0/24")
	for _, text := range hostileTexts {
		p.Name = text
		result, faults := emitKubernetes(t, p, emit.Options{Arguments: podsOf(nil)})
		if text == "" {
			if len(faults) != 1 || !strings.HasPrefix(faults.Error(), "name: Invalid object name") {
				t.Errorf("no name: %v", faults)
			}
			continue
		}
		if len(faults) > 0 {
			t.Errorf("policy %q: %v", text, faults)
			continue
		}
		if _, err := readNetworkPolicy(result.Outputs[0].(string)); err != nil {
			t.Errorf("policy %q: %v", text, err)
		}
	}
}

func TestKubernetes_AnyText(t *testing.T) {
	target, _ := emit.TargetNamed("kubernetes_network_policy")
	p := namedPolicy("egress a 22/tcp to 10.0.0.0/24")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z0-9./_~-]{0,70}`))
		arguments := map[string]any{
			"name":         text.Draw(t, "name"),
			"labels":       rapid.MapOfN(text, text, 0, 2).Draw(t, "labels"),
			"pod_selector": rapid.MapOfN(text, text, 0, 2).Draw(t, "pod_selector"),
		}
		if rapid.Bool().Draw(t, "with namespace") {
			arguments["namespace"] = text.Draw(t, "namespace")
		}
		result, faults := emitKubernetes(t, p, emit.Options{Arguments: arguments})
		if len(faults) > 0 {
			return
		}
		e := emissionOf(target, result)
		if _, err := readKubernetes(e); err != nil {
			t.Fatal(err)
		}
		metadata := e.outputs["metadata"].(map[string]any)
		if metadata["name"] != arguments["name"] || arguments["namespace"] != metadata["namespace"] ||
			fmt.Sprint(e.outputs["match_labels"]) != fmt.Sprint(arguments["pod_selector"]) || fmt.Sprint(metadata["labels"]) != fmt.Sprint(arguments["labels"]) {
			t.Fatalf("%v became %v", arguments, e.outputs)
		}
	})
}
