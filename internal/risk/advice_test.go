package risk

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

// written is a policy as an author writes it: port ranges and peer groups of
// their own, and rules that name them.
type written struct {
	ranges []resolve.PortRangeSpec
	groups []resolve.PeerGroupSpec
	rules  []writtenRule
}

type writtenRule struct {
	direction      policy.Direction
	ranges, groups []int
}

// read resolves what is written; ok is false when it is refused.
func (w *written) read() (p *policy.Policy, ok bool) {
	p = &policy.Policy{Name: "primary"}
	for i, r := range w.rules {
		rule := policy.Rule{Name: fmt.Sprintf("rule-%c", 'a'+i), Direction: r.direction}
		for _, at := range r.ranges {
			resolved, faults := w.ranges[at].Resolve()
			if len(faults) > 0 {
				return nil, false
			}
			rule.PortRanges = append(rule.PortRanges, resolved.PortRange)
		}
		for _, at := range r.groups {
			group, _, faults := w.groups[at].Resolve()
			if len(faults) > 0 {
				return nil, false
			}
			rule.Peers = append(rule.Peers, *group)
		}
		p.Rules = append(p.Rules, rule)
	}
	return p, len(policy.Validate(p)) == 0
}

func drawWritten(t *rapid.T) *written {
	w := &written{}
	yes := true
	for i := range rapid.IntRange(1, 3).Draw(t, "ranges") {
		spec := resolve.PortRangeSpec{Name: fmt.Sprintf("range-%d", i)}
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			id := sample(t, "flow", flowPool)
			spec.Product, spec.Flows = id[0], []string{id[1]}
			for range rapid.IntRange(0, 2).Draw(t, "more flows") {
				if other := sample(t, "flow", flowPool); other[0] == id[0] && !slices.Contains(spec.Flows, other[1]) {
					spec.Flows = append(spec.Flows, other[1])
				}
			}
			if chance(t, "ports", 3) {
				product, _ := catalog.Get(id[0])
				f, _ := product.Flow(id[1])
				spec.Ports = append(drawPorts(t).Strings(), f.Ports.Strings()...)
			}
		case 1:
			spec.Ports, spec.Negotiated = drawPorts(t).Strings(), &yes
		default:
			spec.Ports = drawPorts(t).Strings()
		}
		if jobs := rapid.IntRange(0, 60).Draw(t, "jobs"); jobs > 0 && (spec.Product != "" || spec.Negotiated != nil) {
			spec.Concurrency = &jobs
		}
		w.ranges = append(w.ranges, spec)
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "groups") {
		spec := resolve.PeerGroupSpec{Name: fmt.Sprintf("group-%d", i), Zone: sample(t, "zone", policy.ZoneNames())}
		for range rapid.IntRange(1, 4).Draw(t, "cidrs") {
			spec.CIDRs = append(spec.CIDRs, sample(t, "cidr", prefixPool))
		}
		w.groups = append(w.groups, spec)
	}
	for range rapid.IntRange(1, 3).Draw(t, "rules") {
		w.rules = append(w.rules, writtenRule{sample(t, "direction", policy.Directions()),
			[]int{rapid.IntRange(0, len(w.ranges)-1).Draw(t, "range")}, []int{rapid.IntRange(0, len(w.groups)-1).Draw(t, "group")}})
	}
	return w
}

var inQuotes = regexp.MustCompile(`"([^"]*)"`)

// elements reads a list as Terraform would.
func elements(t *rapid.T, value string) []string {
	inner, opened := strings.CutPrefix(value, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !opened || !closed {
		t.Fatalf("%s is not a list", value)
	}
	var list []string
	for _, match := range inQuotes.FindAllStringSubmatch(inner, -1) {
		list = append(list, match[1])
	}
	return list
}

// follow writes what the advice says, as a person would who reads the
// argument, the value and the names in the message.
func (w *written) follow(t *rapid.T, a Advice) *written {
	c := &written{slices.Clone(w.ranges), slices.Clone(w.groups), slices.Clone(w.rules)}
	names := inQuotes.FindAllStringSubmatch(a.Message, -1)
	at := func(n int) int { // the n-th quoted name from the end ends in its index
		name := names[len(names)-1-n][1]
		return int(name[len(name)-1] - '0')
	}
	switch a.Action {
	case "cut-peers":
		for i := range c.groups {
			if strings.Contains(a.Message, fmt.Sprintf("peer group %q", c.groups[i].Name)) {
				c.groups[i].CIDRs = elements(t, a.Value)
			}
		}
	case "narrow-range", "move-range":
		for i := range c.ranges {
			if strings.Contains(a.Message, fmt.Sprintf("port range %q", c.ranges[i].Name)) {
				c.ranges[i].Ports = elements(t, a.Value)
				if _, named, found := strings.Cut(a.Message, "flows = "); found {
					named, _, _ = strings.Cut(named, "]")
					c.ranges[i].Flows = elements(t, named+"]")
				}
			}
		}
	case "declare-listener":
		yes := a.Value == "true"
		c.ranges[at(0)].Negotiated = &yes
	case "single-port":
		for i := range c.ranges {
			if strings.Contains(a.Message, fmt.Sprintf("port range %q", c.ranges[i].Name)) {
				c.ranges[i].Ports, c.ranges[i].Concurrency = nil, nil
				c.ranges[i].Flows = elements(t, a.Value)
			}
		}
	case "reverse-direction":
		rule := &c.rules[int(a.Rule[len(a.Rule)-1]-'a')]
		was, is := names[0][1], names[2][1]
		inward := c.ranges[rule.ranges[0]]
		inward.Flows = slices.DeleteFunc(slices.Clone(inward.Flows), func(id string) bool { return id == was })
		outward := writtenRule{policy.Egress, []int{len(c.ranges)}, rule.groups}
		c.ranges = append(c.ranges, resolve.PortRangeSpec{Name: inward.Name, Product: inward.Product, Flows: []string{is}})
		if len(inward.Flows) == 0 {
			*rule = outward
			break
		}
		c.ranges = append(c.ranges, inward)
		rule.ranges = []int{len(c.ranges) - 1}
		c.rules = append(c.rules, outward)
	default:
		t.Fatalf("nobody knows how to follow %q", a.Action)
	}
	return c
}

// TestAdvise_Followed_GivesThePromisedScore writes each piece of advice into
// the configuration and has it read and judged anew.
func TestAdvise_Followed_GivesThePromisedScore(t *testing.T) {
	followed := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWritten(t)
		p, ok := w.read()
		if !ok {
			t.Skip("refused")
		}
		before := assessedWith(t, p, testSettings())
		last := 0
		for _, a := range Advise(p, before) {
			if a.ScoreAfter < last || a.ScoreAfter >= before.Score && before.Points <= 100 {
				t.Fatalf("score %d after %d, and %d before: not the best first", a.ScoreAfter, last, before.Score)
			}
			last = a.ScoreAfter
			if !strings.Contains(a.Message, a.Value) && a.Action != "declare-listener" {
				t.Fatalf("the message does not print %s: %s", a.Value, a.Message)
			}
			if a.Action == "reverse-direction" && !reversible(w, p, a) {
				continue // flows alone cannot say that the ports leave the rule
			}
			changed, ok := w.follow(t, a).read()
			if !ok {
				t.Fatalf("refused when followed: %s\n%+v", a.Message, w.follow(t, a).ranges)
			}
			after := assessedWith(t, changed, testSettings())
			if after.Score != a.ScoreAfter {
				t.Fatalf("%s (%s = %s) promises %d and gives %d:\n%s\n%+v", a.Action, a.Argument, a.Value, a.ScoreAfter, after.Score, a.Message, w)
			}
			followed[a.Action]++
		}
	})
	for _, action := range []string{"cut-peers", "narrow-range", "move-range", "declare-listener", "single-port"} {
		if followed[action] == 0 {
			t.Errorf("%s was never given", action)
		}
	}
}

// reversible reports whether taking the flow's name out of flows takes out its
// ports: nobody wrote ports, and no other flow wants the same ones.
func reversible(w *written, p *policy.Policy, a Advice) bool {
	at := int(a.Rule[len(a.Rule)-1] - 'a')
	spec := w.ranges[w.rules[at].ranges[0]]
	return spec.Ports == nil && len(spec.Flows) == len(p.Rules[at].PortRanges[0].Listeners)
}

func TestAdvise_Reverse(t *testing.T) {
	p := policyOf(in(flow("bareos", "dir-to-fd"), internet(dmz28))...)
	before := assessedWith(t, p, testSettings())
	var got *Advice
	for _, a := range Advise(p, before) {
		if a.Action == "reverse-direction" {
			got = &a
		}
	}
	if got == nil {
		t.Fatal("no advice to let the inside dial")
	}
	after := assessed(t, out(flow("bareos", "fd-to-dir"), internet(dmz28))...)
	const want = `Bareos can dial the other way round (Connection From Client To Director = yes): take flow "dir-to-fd" with 9102/tcp out of this rule and write a rule with direction = "egress" and flow "fd-to-dir" for the same peers.`
	if got.ScoreAfter != after.Score || got.Message != want || got.Argument != "direction" || got.Value != `"egress"` {
		t.Errorf("%+v, want score %d and %s", *got, after.Score, want)
	}
}

// TestAdvise_Texts: what people read, one piece of each kind.
func TestAdvise_Texts(t *testing.T) {
	for _, c := range []struct {
		action string
		rules  []policy.Rule
		want   string
	}{
		{"narrow-range", in(sized(flow("veeam", "data-mover-range"), 20, 801), dmz(dmz28)),
			`Narrow the range in the product and write flows = ["data-mover-range"] and ports = ["2500-2519/tcp"] in port range "data-mover-range" (one port for each job).`},
		{"move-range", in(negotiated("vault", "9100-9139/tcp"), dmz(dmz28)),
			`Move the range in the product and write ports = ["29168-29207/tcp"] in port range "vault": nothing is registered there, and no system hands these ports out.`},
		{"declare-listener", in(undeclared("vault", "40000-40039/tcp"), dmz(dmz28)),
			`If one listener picks a port of 40000-40039/tcp per connection, write negotiated = true in port range "vault": nothing else may then listen there.`},
		{"single-port", in(flow("veeam", "data-mover-range"), dmz(dmz28)),
			`Veeam Backup & Replication can carry this over 6162/tcp alone: write flows = ["data-mover"] in port range "data-mover-range", without ports and roles. Managed server wizard > Advanced/Network Settings > Data transfer options.`},
		{"move-range", in(policy.PortRange{Name: "netvault", Listeners: append(flow("netvault", "range-in").Listeners, flow("netvault", "range-in-udp").Listeners...)}, dmz(dmz28)),
			`Move the range in the product and write flows = ["range-in", "range-in-udp"] and ports = ["29168-29188/tcp", "29168-29188/udp"] in port range "netvault": nothing is registered there, and no system hands these ports out.`},
		{"cut-peers", in(vault, internet("20.0.0.0/8", "20.1.2.3", "198.51.100.1")),
			`Keep only the hosts that are listed one by one: write cidrs = ["198.51.100.1/32"] in peer group "peers".`},
		{"cut-peers", in(vault, anywhere("0.0.0.0/0")),
			`List the networks in which the backup hosts are. With one network of an ordinary size for each, such as cidrs = ["198.51.100.0/24"] in peer group "peers", this is the score.`},
		{"cut-peers", in(vault, anywhere("64:ff9b::/96")),
			`List the networks in which the backup hosts are. With one network of an ordinary size for each, such as cidrs = ["64:ff9b::/120"] in peer group "peers", this is the score.`},
	} {
		p := policyOf(c.rules...)
		found := false
		var texts []string
		for _, a := range Advise(p, assessedWith(t, p, testSettings())) {
			found = found || a.Action == c.action && a.Message == c.want
			texts = append(texts, a.Message)
		}
		if !found {
			t.Errorf("want %s\ngot  %s", c.want, strings.Join(texts, "\n     "))
		}
	}
}

func TestAdvise_Partial_None(t *testing.T) {
	p := policyOf(in(undeclared("x", "0-65535/tcp"), anywhere("0.0.0.0/0"))...)
	if len(Advise(p, assessedWith(t, p, testSettings()))) == 0 {
		t.Fatal("no advice for a bad policy")
	}
	p.Rules[0].Peers[0].Partial = true
	if advice := Advise(p, assessedWith(t, p, testSettings())); advice != nil {
		t.Errorf("advice for a partial policy: %v", advice)
	}
	if advice := Advise(p, nil); advice != nil {
		t.Errorf("advice without an assessment: %v", advice)
	}
}

// TestAdvise_SameName_LeavesTheOther: two hand-written ranges, and two groups,
// may share a name and differ.
func TestAdvise_SameName_LeavesTheOther(t *testing.T) {
	wide, other := negotiated("vault", "9100-9900/tcp"), undeclared("vault", "8000/tcp")
	p := policyOf(ingress("a", wide, internet("20.0.0.0/16")), ingress("b", other, internet("198.51.100.0/30")))
	p.Rules[0].PortRanges = append(p.Rules[0].PortRanges, other)
	for _, a := range Advise(p, assessedWith(t, p, testSettings())) {
		changed := policyOf(ingress("a", wide, internet("20.0.0.0/16")), p.Rules[1])
		switch a.Action {
		case "cut-peers":
			changed.Rules[0].Peers = []policy.PeerGroup{internet("20.0.0.0/24")}
		case "narrow-range":
			changed.Rules[0].PortRanges = []policy.PortRange{negotiated("vault", "9100-9139/tcp")}
		case "move-range":
			changed.Rules[0].PortRanges = []policy.PortRange{negotiated("vault", quiet40)}
		default:
			t.Fatalf("unexpected %s", a.Action)
		}
		changed.Rules[0].PortRanges = append(changed.Rules[0].PortRanges, other)
		if after := assessedWith(t, changed, testSettings()); after.Score != a.ScoreAfter {
			t.Errorf("%s promises %d and gives %d: %s", a.Action, a.ScoreAfter, after.Score, a.Message)
		}
	}
}

func TestAdvise_LargePolicy_StaysShort(t *testing.T) {
	var rules []policy.Rule
	for i := range 1000 {
		r := ingress(fmt.Sprintf("r%04d", i), negotiated("vault", fmt.Sprintf("%d-%d/tcp", 9100+i, 9900+i)), internet(fmt.Sprintf("20.%d.%d.0/23", i/128, i%128*2)))
		for j := range 60 {
			r.PortRanges = append(r.PortRanges, negotiated(fmt.Sprintf("vault-%d", j), fmt.Sprintf("%d-%d/tcp", 20000+j, 20100+j)))
		}
		rules = append(rules, r)
	}
	p := policyOf(rules[:3]...)
	if list := candidates(p, assessedWith(t, p, testSettings())); len(list) != mostCandidates {
		t.Errorf("%d candidates for three rules of sixty ranges each, want %d", len(list), mostCandidates)
	}
	for i := range rules {
		rules[i].PortRanges = rules[i].PortRanges[:1]
	}
	p = policyOf(rules...)
	a := assessedWith(t, p, testSettings())
	if list := candidates(p, a); len(list) == 0 || len(list) > candidateBudget/len(rules) {
		t.Errorf("%d candidates for a thousand rules", len(list))
	}
}
