package catalogtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// minimalSets are what a product documents as the least between two roles: the
// required flows, or where none is required each optional one by itself.
func minimalSets(product *catalog.Product) []resolve.PortRangeSpec {
	var sets []resolve.PortRangeSpec
	for _, pair := range product.Pairs() {
		var required, optional []string
		for _, flow := range product.Between(pair.From, pair.To) {
			if flow.Required {
				required = append(required, flow.ID)
			} else {
				optional = append(optional, flow.ID)
			}
		}
		spec := resolve.PortRangeSpec{Name: "link", Product: product.ID}
		if len(required) > 0 {
			spec.FromRole, spec.ToRole = pair.From, pair.To
			sets = append(sets, spec)
			continue
		}
		for _, id := range optional {
			spec.Flows = []string{id}
			sets = append(sets, spec)
		}
	}
	return sets
}

func setName(spec resolve.PortRangeSpec) string {
	if spec.Flows != nil {
		return spec.Product + " " + strings.Join(spec.Flows, ", ")
	}
	return spec.Product + " " + spec.FromRole + " → " + spec.ToRole
}

// rejected are the minimal sets that are rejected as documented, at one end at
// least, with the reason. An entry that is not needed fails the test.
var rejected = map[string]string{
	"amanda reply-reserved-udp":       "512-1023/udp are the ports of many system services, and filters that keep state need none of them",
	"netvault client → server":        "the vendor's example for five clients has 20048 in it, where Linux serves NFS mounts",
	"netvault server → client":        "the vendor's example for five clients has 20048 in it, where Linux serves NFS mounts",
	"networker server → client":       "2000 ports by default, with 17 ports of sensitive services and hundreds of registered ones among them",
	"networker client → server":       "as above",
	"networker client → storage_node": "as above",
	"networker server → storage_node": "as above",
	"networker storage_node → server": "as above",
}

// stuck are the ends of such sets for which no advice leads to acceptance, with
// the reason. An entry that is not needed fails the test.
var stuck = map[string]string{}

// steps is how many pieces of advice somebody follows before giving up.
const steps = 3

// TestMinimalSets_AreAcceptedOrAdviceHelps puts a /28 in the DMZ at one end of
// every link and a /28 inside at the other, judges both ends, and follows the
// advice where an end is rejected: it is written into the declaration, which
// is then read and judged anew.
func TestMinimalSets_AreAcceptedOrAdviceHelps(t *testing.T) {
	judged := 0
	found := map[string]bool{}
	stay := map[string]bool{}
	for _, id := range catalog.IDs() {
		product, _ := catalog.Get(id)
		for _, set := range minimalSets(product) {
			spec := withOwnPorts(t, set)
			for _, zones := range [][2]policy.Zone{{policy.DMZ, policy.Internal}, {policy.Internal, policy.DMZ}} {
				for direction, e := range ends(spec, zones[0], zones[1]) {
					judged++
					p, a := e.judge(t)
					if a.Verdict != risk.Rejected {
						continue
					}
					found[setName(set)] = true
					name := fmt.Sprintf("%s, %s from %s", setName(set), direction, zones[0])
					path, ok := e.way(t, p, a, steps)
					t.Logf("%s: score %d, %s; accepted after: %s", name, a.Score, rejections(a), strings.Join(path, ", then "))
					if !ok {
						stay[name] = true
					}
				}
			}
		}
	}
	compareWithTable(t, "rejected", found, rejected)
	compareWithTable(t, "rejected, and no advice leads to acceptance", stay, stuck)
	if judged < 500 {
		t.Errorf("only %d ends judged", judged)
	}
}

func compareWithTable(t *testing.T, what string, found map[string]bool, table map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if table[name] == "" {
			t.Errorf("%s is %s, and the table does not say why", name, what)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if !found[name] {
			t.Errorf("%s is in the table of what is %s, and is not", name, what)
		}
	}
}

func rejections(a *risk.Assessment) string {
	var codes []string
	for _, f := range a.Findings {
		if f.Effect == risk.Reject {
			codes = append(codes, fmt.Sprintf("%s (%s)", f.Code, f.Ports))
		}
	}
	return strings.Join(codes, ", ")
}

// way follows the advice, the best first, until the end is accepted.
func (e end) way(t *testing.T, p *policy.Policy, a *risk.Assessment, left int) (path []string, ok bool) {
	if a.Verdict != risk.Rejected {
		return nil, true
	}
	if left == 0 {
		return nil, false
	}
	for _, advice := range risk.Advise(p, a) {
		next := e.follow(t, advice)
		p, after := next.judge(t)
		if after.Score != advice.ScoreAfter {
			t.Errorf("%+v: %s promises %d and gives %d: %s", e.ranges, advice.Action, advice.ScoreAfter, after.Score, advice.Message)
		}
		if rest, ok := next.way(t, p, after, left-1); ok {
			return append([]string{advice.Action + " " + advice.Value}, rest...), true
		}
	}
	return nil, false
}

// follow writes what the advice says, as a person would who reads the message.
func (e end) follow(t *testing.T, a risk.Advice) end {
	t.Helper()
	next := end{ranges: slices.Clone(e.ranges), peers: e.peers}
	at := slices.IndexFunc(next.ranges, func(r writtenRange) bool { return r.direction.String() == a.Rule })
	if at < 0 {
		t.Fatalf("no rule %s", a.Rule)
	}
	r := &next.ranges[at]
	switch a.Action {
	case "cut-peers":
		next.peers.CIDRs = list(a.Value)
	case "narrow-range", "move-range":
		r.Ports = list(a.Value)
		if flows := after(a.Message, "flows = ["); flows != "" {
			r.Flows, r.FromRole, r.ToRole = list(flows), "", ""
		}
	case "single-port":
		r.Ports, r.FromRole, r.ToRole = nil, "", ""
		r.Flows = list(a.Value)
	case "reverse-direction":
		names := list(a.Message)
		was, is := names[0], names[2]
		resolved, faults := r.Resolve()
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		inward := *r
		inward.Flows, inward.FromRole, inward.ToRole = nil, "", ""
		for _, l := range resolved.Listeners {
			if l.Flow != was {
				inward.Flows = append(inward.Flows, l.Flow)
			}
		}
		outward := writtenRange{resolve.PortRangeSpec{Name: r.Name, Product: r.Product, Flows: []string{is}}, policy.Egress}
		outward.PortRangeSpec = withOwnPorts(t, outward.PortRangeSpec)
		*r = outward
		if len(inward.Flows) > 0 {
			next.ranges = append(next.ranges, inward)
		}
	default:
		t.Fatalf("nobody knows how to follow %q", a.Action)
	}
	return next
}

// after is the part of a list in Terraform that follows an opening bracket.
func after(text, opening string) string {
	_, rest, _ := strings.Cut(text, opening)
	inside, _, _ := strings.Cut(rest, "]")
	return inside
}
