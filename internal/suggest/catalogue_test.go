package suggest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// minimal is what a product documents as the least between two roles.
type minimal struct {
	product *catalog.Product
	name    string
	flows   []string
	ports   portset.Ports
}

// minimalSets are, as in internal/catalogtest, the required flows of each link,
// or where none is required each optional one by itself.
func minimalSets(t testing.TB) []minimal {
	t.Helper()
	var sets []minimal
	for _, id := range catalog.IDs() {
		product, _ := catalog.Get(id)
		for _, pair := range product.Pairs() {
			var required []string
			for _, flow := range product.Between(pair.From, pair.To) {
				if flow.Required {
					required = append(required, flow.ID)
				}
			}
			if len(required) > 0 {
				sets = append(sets, minimalSet(t, product, pair.From+" → "+pair.To, required))
				continue
			}
			for _, flow := range product.Between(pair.From, pair.To) {
				sets = append(sets, minimalSet(t, product, flow.ID, []string{flow.ID}))
			}
		}
	}
	return sets
}

var proposal = regexp.MustCompile(`for example ports = \[([^\]]*)\]`)

func minimalSet(t testing.TB, product *catalog.Product, name string, flows []string) minimal {
	t.Helper()
	spec := resolve.PortRangeSpec{Name: "link", Product: product.ID, Flows: flows}
	resolved, faults := spec.Resolve()
	if len(faults) > 0 {
		found := proposal.FindStringSubmatch(faults.Error())
		if found == nil {
			t.Fatalf("%s %s: %v", product.ID, name, faults)
		}
		spec.Ports = strings.Split(strings.ReplaceAll(found[1], `"`, ""), ", ")
		if resolved, faults = spec.Resolve(); len(faults) > 0 {
			t.Fatalf("%s %s: %v", product.ID, name, faults)
		}
	}
	return minimal{product, product.ID + " " + name, flows, resolved.Effective}
}

// documents reports whether a link of the product documents exactly the ports.
func documents(product string, ports portset.Ports, sets []minimal) bool {
	return slices.ContainsFunc(sets, func(s minimal) bool { return s.product.ID == product && s.ports.Equal(ports) })
}

// The figures of the catalogue below which a change makes the suggestions worse:
// of all minimal sets, of all products.
const (
	leastSets     = 150
	leastProducts = 36
)

// mayStaySilent are sets with a port of their product alone that are not
// explained: a whole range happens to hold them.
var mayStaySilent = map[string]bool{
	"axcient_x360recover portal-remote": true,
	"commvault dynamic-data":            true,
	"zerto vra → zcc":                   true,
}

// TestFor_Catalogue opens every minimal set as a cloud would export it. What is
// explained has to be explained as a whole, by that product or by one that
// documents the same; a product with a port of its own must be found.
func TestFor_Catalogue(t *testing.T) {
	sets := minimalSets(t)
	explained, confused, protocol, silent := 0, 0, 0, 0
	products := map[string]bool{}
	for _, set := range sets {
		s := For(&policy.Policy{Name: "existing", Rules: []policy.Rule{undeclared("link", policy.Ingress, set.ports, "10.0.0.0/28")}})
		if len(s.Explained) == 0 {
			silent++
			if !s.Unexplained[0].Ports.Equal(set.ports) {
				t.Errorf("%s: left is %v", set.name, s.Unexplained)
			}
			if _, unique := telling(set.ports); !unique.IsEmpty() && !mayStaySilent[set.name] {
				t.Errorf("%s (%s) has ports of its own, %s, and is not explained", set.name, set.ports, unique)
			}
			continue
		}
		by := s.Explained[0].Product
		switch {
		case len(s.Explained) > 1 || !s.Explained[0].Ports.Equal(set.ports) || len(s.Unexplained) > 0:
			t.Errorf("%s (%s) is taken apart: %+v, left %v", set.name, set.ports, s.Explained, s.Unexplained)
		case by == set.product.ID:
			explained++
			products[by] = true
		case slices.Contains(infrastructure, by):
			protocol++
			t.Logf("%s (%s) is taken for the protocol %s", set.name, set.ports, by)
		case documents(by, set.ports, sets):
			confused++
			t.Logf("%s (%s) is taken for %s", set.name, set.ports, by)
		default:
			t.Errorf("%s (%s) is taken for %s", set.name, set.ports, by)
		}
	}
	t.Logf("%d sets of %d products: %d explained of %d products, %d by a product with the same ports, %d by a protocol, %d unexplained",
		len(sets), len(catalog.IDs()), explained, len(products), confused, protocol, silent)
	if explained < leastSets || len(products) < leastProducts {
		t.Errorf("%d sets of %d products are explained, want %d of %d", explained, len(products), leastSets, leastProducts)
	}
}

// TestFor_Score judges what is suggested for the openings of each link. Ports of
// which nobody knows what listens count as one group, however many listeners
// they are; named, they count one by one. So the score falls or stays, unless
// three listeners or more, or an attacked one, come to light.
func TestFor_Score(t *testing.T) {
	falls, stays, rises := 0, 0, map[string]bool{}
	for _, set := range minimalSets(t) {
		for _, d := range policy.Directions() {
			for _, zone := range []policy.Zone{policy.ByAddress, policy.DMZ} {
				r := undeclared("link", d, set.ports, "198.51.100.16/28")
				r.Peers[0].Zone = zone
				p := &policy.Policy{Name: "existing", Rules: []policy.Rule{r}}
				switch before, after := scores(t, p); {
				case after < before:
					falls++
				case after == before:
					stays++
				default:
					rises[set.name] = true
					if !comesToLight(For(p)) {
						t.Errorf("%s, %s, %s: the score rises from %d to %d", set.name, d, zone, before, after)
					}
				}
			}
		}
	}
	t.Logf("%d scores fall, %d stay; they rise for %v", falls, stays, slices.Sorted(maps.Keys(rises)))
	if falls < 300 || len(rises) > 5 {
		t.Errorf("%d scores fall, and they rise for %d links", falls, len(rises))
	}
}

func comesToLight(s *Suggestion) bool {
	listeners := 0
	for _, e := range s.Explained {
		product, _ := catalog.Get(e.Product)
		for _, id := range e.Flows {
			flow, _ := product.Flow(id)
			listeners++
			if len(flow.ExploitedBy) > 0 {
				return true
			}
		}
	}
	return listeners >= 3
}

func scores(t testing.TB, p *policy.Policy) (before, after int) {
	t.Helper()
	s := For(p)
	suggested, err := readHCL(s.HCL)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.HCL)
	}
	judge := func(p *policy.Policy) int {
		a, faults := risk.Assess(p, risk.DefaultSettings())
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return a.Score
	}
	return judge(p), judge(suggested)
}

// TestFor_TwoProducts opens a set of each of two products to the same peers:
// both are found, and never a third.
func TestFor_TwoProducts(t *testing.T) {
	explain := func(sets ...minimal) []string {
		p := &policy.Policy{Name: "existing"}
		for i, set := range sets {
			p.Rules = append(p.Rules, undeclared(string(rune('a'+i)), policy.Ingress, set.ports, "10.0.0.0/28"))
		}
		var products []string
		for _, e := range For(p).Explained {
			products = append(products, e.Product)
		}
		return products
	}
	alone := slices.DeleteFunc(minimalSets(t), func(s minimal) bool { return !slices.Equal(explain(s), []string{s.product.ID}) })
	both, pairs := 0, 0
	for i, a := range alone {
		b := alone[(i+37)%len(alone)]
		if a.product == b.product {
			continue
		}
		pairs++
		found := explain(a, b)
		if slices.Contains(found, a.product.ID) && slices.Contains(found, b.product.ID) {
			both++
		}
		for _, id := range found {
			if id != a.product.ID && id != b.product.ID {
				t.Errorf("%s (%s) and %s (%s) are taken for %v", a.name, a.ports, b.name, b.ports, found)
			}
		}
	}
	t.Logf("of %d pairs, both are found for %d", pairs, both)
	if pairs < 100 || 20*both < 19*pairs {
		t.Errorf("of %d pairs, both are found for %d", pairs, both)
	}
}
