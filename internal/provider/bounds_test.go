package provider_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// wideOpen reaches every service there is.
func wideOpen() obj {
	return policyOf(obj{"all": ruleOf(obj{"name": "all", "listeners": seq{obj{"name": "all", "kind": "undeclared", "ports": seq{"any"}}}}, clients())})
}

// sizeOf is the length of attributes as a state file has them, without white
// space.
func sizeOf(t *testing.T, state obj, names ...string) int {
	t.Helper()
	size := 0
	for _, name := range names {
		text, err := json.Marshal(asJSON(state[name]))
		must(t, err)
		size += len(text)
	}
	return size
}

// A state is written again with every change of any resource, so what is
// computed may not outgrow what was written.
func TestPolicyResource_StateIsBounded(t *testing.T) {
	const rules = 1000
	s := serve(t, obj{"enforcement": "warn", "max_score": 100})
	badly := obj{}
	for i := range rules {
		portRange := obj{"name": fmt.Sprintf("app-%d", i), "listeners": seq{obj{"name": fmt.Sprintf("app-%d", i), "kind": "undeclared", "ports": seq{fmt.Sprintf("%d/tcp", 3300+i), "22/tcp"}}}}
		peers := obj{"name": fmt.Sprintf("client-%d", i), "prefixes": seq{fmt.Sprintf("%d.%d.%d.0/28", 20+i%200, i>>8, i&255)}, "zone": "internet"}
		badly[fmt.Sprintf("rule-%d", i)] = ruleOf(portRange, peers)
	}
	own := obj{}
	for i := range rules {
		portRange := obj{"name": fmt.Sprintf("vault-%d", i), "listeners": seq{obj{"name": fmt.Sprintf("vault-%d", i), "kind": "negotiated", "ports": seq{fmt.Sprintf("%d/tcp", 29168+i)}}}}
		own[fmt.Sprintf("rule-%d", i)] = ruleOf(portRange, obj{"name": "clients", "prefixes": seq{fmt.Sprintf("10.%d.%d.0/28", i>>8, i&255)}, "zone": "internal"})
	}
	openRules, shared, all := obj{}, obj{}, seq{}
	for i := range rules {
		all = append(all, fmt.Sprintf("10.%d.%d.0/28", i>>8, i&255))
	}
	for i := range rules {
		openRules[fmt.Sprintf("rule-%d", i)] = ruleOf(obj{"name": "all", "listeners": seq{obj{"name": "all", "kind": "undeclared", "ports": seq{"any"}}}},
			obj{"name": "clients", "prefixes": seq{all[i]}, "zone": "internal"})
		shared[fmt.Sprintf("rule-%d", i)] = ruleOf(obj{"name": "vault", "listeners": seq{obj{"name": "vault", "kind": "negotiated", "ports": seq{fmt.Sprintf("%d/tcp", 20000+2*i)}}}},
			obj{"name": "clients", "prefixes": append(seq{}, all[i%50:i%50+100]...), "zone": "internal"})
	}
	computed := []string{"findings", "contributions", "advice", "allows", "left_out"}
	for _, c := range []struct {
		name   string
		config obj
	}{
		{"well-known ports to the internet", policyOf(badly)}, {"a listener of its own for each rule", policyOf(own)},
		{"the same port range in all rules", manyRules(rules)}, {"any", wideOpen()}, {"any, in many rules", policyOf(openRules)},
		{"rules that share many peers", policyOf(shared)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := s.plan(t, "policy", tftypes.Value{}, c.config)
			if errors := p.errors(); len(errors) > 0 {
				t.Fatal(errors)
			}
			state := plain(t, p.state).(obj)
			written, more := sizeOf(t, state, "rules"), sizeOf(t, state, computed...)
			t.Logf("%d bytes are written, %d computed", written, more)
			if more > written+400<<10 {
				t.Errorf("the state has %d bytes of rules and %d computed, want at most 400 KiB more than is written", written, more)
			}
		})
	}
}

func TestAssessment_SaysWhatItLeavesOut(t *testing.T) {
	s := serve(t, obj{"enforcement": "warn", "max_score": 100})
	complete := plain(t, s.plan(t, "policy", tftypes.Value{}, accepted()).state).(obj)
	if complete["left_out"] != nil {
		t.Errorf("left_out of a small policy is %v, want null", complete["left_out"])
	}
	state := plain(t, s.plan(t, "policy", tftypes.Value{}, wideOpen()).state).(obj)
	lines := state["contributions"].(seq)
	last := lines[len(lines)-1].(obj)
	var others int
	if _, err := fmt.Sscanf(last["service"].(string), "%d more services", &others); err != nil || len(lines) != 101 || others < 100 {
		t.Errorf("the last of %d contributions is %v, want the rest of the services in line 101", len(lines), last)
	}
	var sum float64
	for _, line := range lines {
		sum += asJSON(line.(obj)["points"]).(float64)
	}
	if points := asJSON(state["points"]).(float64); math.Abs(sum-points) > 0.01 {
		t.Errorf("the contributions add up to %f, want %f", sum, points)
	}
	if notes := fmt.Sprint(state["left_out"]); !strings.Contains(notes, fmt.Sprintf("contributions: %d more services in the last line", others)) {
		t.Errorf("left_out is %s, want the services", notes)
	}

	rules := obj{}
	for i := range 1100 {
		rules[fmt.Sprintf("rule-%d", i)] = ruleOf(obj{"name": "vault", "listeners": seq{obj{"name": "vault", "kind": "negotiated", "ports": seq{fmt.Sprintf("%d/tcp", 20000+2*i)}}}}, clients())
	}
	state = plain(t, s.plan(t, "policy", tftypes.Value{}, policyOf(rules)).state).(obj)
	if got, want := fmt.Sprint(state["left_out"]), "[allows: 100 of 1100 entries are not listed; rule_count counts them, and the rule data sources compile them all.]"; got != want || len(state["allows"].(seq)) != 1000 {
		t.Errorf("%d entries of allows, left_out %s, want 1000 and %s", len(state["allows"].(seq)), got, want)
	}
}
