package emit_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// edit is a small change of a policy.
type edit struct {
	name   string
	policy *policy.Policy
	rule   int           // the rule that changes
	peers  prefixset.Set // whose openings change
}

// withRule returns the policy with another rule in place of the one at i.
func withRule(p *policy.Policy, i int, change func(*policy.Rule)) *policy.Policy {
	q := *p
	q.Rules = slices.Clone(p.Rules)
	r := p.Rules[i]
	r.PortRanges, r.Peers = slices.Clone(r.PortRanges), slices.Clone(r.Peers)
	change(&r)
	q.Rules[i] = r
	return &q
}

// editsOf lists what authors do: a host more, a peer less, one port more.
func editsOf(p *policy.Policy, hosts ...netip.Prefix) []edit {
	var edits []edit
	for i := range p.Rules {
		r := &p.Rules[i]
		for _, host := range hosts {
			if r.Prefixes().Covers(prefixset.Of(host)) {
				continue
			}
			edits = append(edits, edit{"add " + host.String(), withRule(p, i, func(r *policy.Rule) {
				r.Peers = append(r.Peers, policy.PeerGroup{Name: "newcomer", Prefixes: prefixset.Of(host)})
			}), i, prefixset.Of(host)})
		}
		if prefixes := r.Prefixes().Prefixes(); len(prefixes) > 1 {
			gone := prefixset.Of(prefixes[len(prefixes)/2])
			edits = append(edits, edit{"remove " + gone.String(), withRule(p, i, func(r *policy.Rule) {
				for j := range r.Peers {
					r.Peers[j].Prefixes = r.Peers[j].Prefixes.Minus(gone)
				}
			}), i, gone})
		}
		if wider, grew := onePortMore(r.Ports()); grew {
			edits = append(edits, edit{"widen", withRule(p, i, func(r *policy.Rule) {
				r.PortRanges = append(r.PortRanges, policy.PortRange{Name: "wider", Listeners: []policy.Listener{{Name: "wider", Kind: policy.Undeclared, Ports: wider}}})
			}), i, r.Prefixes()})
		}
	}
	return edits
}

// onePortMore adds the port after the first range of ports.
func onePortMore(ports portset.Ports) (portset.Ports, bool) {
	for _, e := range ports.Entries() {
		if e.Protocol == portset.TCP && e.Range.Last < 65535 {
			return portset.PortsOf(portset.TCP, portset.Of(portset.Range{First: e.Range.Last + 1, Last: e.Range.Last + 1})), true
		}
	}
	return portset.Ports{}, false
}

// changedRows compares two results: rows by direction and key that are only in
// one of them, and rows that have the key in common and nothing else.
func changedRows(before, after *emit.Result) (replaced, inPlace []emit.Row) {
	for _, rows := range [][2][]emit.Row{{before.Ingress, after.Ingress}, {before.Egress, after.Egress}} {
		old := map[string]emit.Row{}
		for _, row := range rows[0] {
			old[row.Key] = row
		}
		for _, row := range rows[1] {
			was, known := old[row.Key]
			switch {
			case !known:
				replaced = append(replaced, row)
			case !reflect.DeepEqual(was, row):
				inPlace = append(inPlace, row)
			}
			delete(old, row.Key)
		}
		for _, row := range rows[0] {
			if _, left := old[row.Key]; left {
				replaced = append(replaced, row)
			}
		}
	}
	return replaced, inPlace
}

// TestChurn_FlatRows_ChangeOnlyWhereTheEditReaches: a row that comes, goes or
// changes lies in a prefix that is open as a whole and has some of the edited
// peers in it. Nothing else of the cloud object is touched.
func TestChurn_FlatRows_ChangeOnlyWhereTheEditReaches(t *testing.T) {
	near := func(o *compiletest.Options) { o.NoWide = true }
	forEachTarget(t, near, func(t *rapid.T, target emit.Target, r reading, p *policy.Policy) {
		if target.Lists || len(target.Columns) == 0 || target.Opens != nil {
			return // rows of lists, or rows that no rule alone accounts for
		}
		edits := editsOf(p, netip.MustParsePrefix("10.0.0.77/32"), netip.MustParsePrefix("2001:db8::4d/128"))
		if len(edits) == 0 {
			t.Skip("nothing to edit")
		}
		e := rapid.SampledFrom(edits).Draw(t, "edit")
		before, after := rowsOf(t, target, r.options, p), rowsOf(t, target, r.options, e.policy)
		var reach prefixset.Set
		for _, prefix := range peersOf(p).Union(peersOf(e.policy)).Prefixes() {
			if prefixset.Of(prefix).Overlaps(e.peers) {
				reach = reach.Union(prefixset.Of(prefix))
			}
		}
		replaced, inPlace := changedRows(before, after)
		for _, row := range append(replaced, inPlace...) {
			if len(row.References) > 0 {
				// The row of another rule may join the wider one.
				if e.name != "widen" || !hasReference(&p.Rules[e.rule], row.References[0]) {
					t.Fatalf("%s of rule %s touches %s", e.name, p.Rules[e.rule].Name, row.Key)
				}
				continue
			}
			if prefix := keyPrefix(t, row.Key); !reach.Covers(prefixset.Of(prefix)) {
				t.Fatalf("%s of rule %s touches %s, which lies outside of %s", e.name, p.Rules[e.rule].Name, row.Key, reach)
			}
		}
	})
}

func hasReference(r *policy.Rule, name string) bool {
	return slices.ContainsFunc(r.References(), func(ref policy.Reference) bool { return ref.Name == name })
}

func peersOf(p *policy.Policy) prefixset.Set {
	var all []prefixset.Set
	for i := range p.Rules {
		all = append(all, p.Rules[i].Prefixes())
	}
	return prefixset.UnionAll(all)
}

func keyPrefix(t *rapid.T, key string) netip.Prefix {
	prefix, err := netip.ParsePrefix(key[strings.LastIndex(key, "-")+1:])
	if err != nil {
		t.Fatalf("key %s: %v", key, err)
	}
	return prefix
}

// mostReplaced are the most rows, old and new ones together, that one edit of a
// realistic policy replaces. Where a row holds one peer, widening a range
// replaces a row per peer, and the policy with the longest list has eight.
var mostReplaced = map[string]int{
	"aws_security_group_rules":         16,
	"aws_network_acl_rules":            16,
	"azure_network_security_rules":     5,
	"google_firewall_rules":            5,
	"oci_network_security_group_rules": 16,
	"openstack_security_group_rules":   16,
	"kubernetes_network_policy":        5,
	"nftables_ruleset":                 1,
}

// TestChurn_Sites counts what each edit of the realistic policies replaces.
// Most replace the rows of the edited rule and no other; run it with -v for
// the distribution.
func TestChurn_Sites(t *testing.T) {
	hosts := []netip.Prefix{netip.MustParsePrefix("192.0.2.77/32"), netip.MustParsePrefix("10.50.7.16/32")}
	for _, target := range emit.Targets() {
		r := readings[target.Name]
		var replacedCounts, changedCounts []int
		for _, site := range compiletest.Sites() {
			before, faults := emitted(target, site.Policy, r.options)
			if len(faults) > 0 {
				continue // not expressible: protocols of the site
			}
			for _, e := range editsOf(site.Policy, hosts...) {
				after, faults := emitted(target, e.policy, r.options)
				if len(faults) > 0 {
					t.Fatalf("%s, %s: %v", site.Name, e.name, faults)
				}
				replaced, inPlace := changedRows(before, after)
				replacedCounts = append(replacedCounts, len(replaced))
				changedCounts = append(changedCounts, len(replaced)+len(inPlace))
				if len(replaced)+len(inPlace) == 0 && !redundantEdit(target, r.options, site.Policy, e.policy) {
					t.Errorf("%s: %s, %s of rule %s changes nothing", target.Name, site.Name, e.name, site.Policy.Rules[e.rule].Name)
				}
			}
		}
		slices.Sort(replacedCounts)
		slices.Sort(changedCounts)
		if len(replacedCounts) == 0 {
			t.Errorf("%s: no edit", target.Name)
			continue
		}
		if most := replacedCounts[len(replacedCounts)-1]; most > mostReplaced[target.Name] {
			t.Errorf("%s: an edit replaces %d rows, %d at most until now", target.Name, most, mostReplaced[target.Name])
		}
		t.Logf("%s: %d edits; rows replaced: %s; rows replaced or changed in place: %s", target.Name, len(replacedCounts), quantiles(replacedCounts), quantiles(changedCounts))
	}
}

// redundantEdit reports whether the target opens the same before and after.
func redundantEdit(target emit.Target, o emit.Options, before, after *policy.Policy) bool {
	p, _ := openedBy(target, before, o)
	q, _ := openedBy(target, after, o)
	for _, packet := range compiletest.Packets(q, compiletest.Extra{}) {
		if (len(compiletest.AllowedBy(p, packet)) > 0) != (len(compiletest.AllowedBy(q, packet)) > 0) {
			return false
		}
	}
	return true
}

func quantiles(sorted []int) string {
	at := func(share float64) int { return sorted[int(share*float64(len(sorted)-1))] }
	return fmt.Sprintf("median %d, 90 %% %d, most %d", at(0.5), at(0.9), sorted[len(sorted)-1])
}
