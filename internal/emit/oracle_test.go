package emit_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// reading is how what a target emits is read back, written apart from the
// target, from its documentation and from nothing in emit. The readers stand
// in <target>_oracle_test.go.
type reading struct {
	// policies are those that the target can express.
	policies compiletest.Options
	// options leave room for them.
	options emit.Options
	// refused is the title of a fault that generated policies may raise.
	refused string
	// drawn is the column of a number that follows from the row's key, unless
	// two keys want the same one; empty for targets without such numbers.
	drawn string
	// read says what each row allows, in the target's own semantics; a row may
	// have several parts.
	read func(emission) ([]opened, error)
}

var readings = map[string]reading{
	"aws_security_group_rules": {
		policies: compiletest.Options{WholeSCTP: true, References: awsReferences},
		options:  emit.Options{Limits: map[string]int{"rules": 1000}},
		read:     eachRow(readAWSSecurityGroupRow),
	},
	"aws_network_acl_rules":            awsACLReading,
	"azure_network_security_rules":     azureReading,
	"google_firewall_rules":            googleReading,
	"kubernetes_network_policy":        kubernetesReading,
	"oci_network_security_group_rules": ociReading,
	"openstack_security_group_rules":   openstackReading,
	"nftables_ruleset":                 nftablesReading,
}

// emission is what a reader is given.
type emission struct {
	ingress, egress []emittedRow
	// outputs are the target's Outputs by name.
	outputs map[string]any
}

// emittedRow is a row with its values by column name. The values of an object
// are a map[string]any, those of a list of objects a []map[string]any.
type emittedRow struct {
	emit.Row
	columns map[string]any
}

const everyProtocol = -1

// opened is a part of what one row allows: all of its ports to all of its
// peers.
type opened struct {
	key        string // of the row
	rules      []string
	direction  policy.Direction
	protocol   int             // the number in the IP header, or everyProtocol
	ports      []portset.Range // of the destination; nil is every one
	prefixes   prefixset.Set
	references []string
}

func (o *opened) allows(p compiletest.Packet) bool {
	if o.direction != p.Direction || o.protocol != everyProtocol && o.protocol != int(p.Protocol) {
		return false
	}
	if o.ports != nil && !slices.ContainsFunc(o.ports, func(r portset.Range) bool { return r.Contains(p.Port) }) {
		return false
	}
	if p.Peer.IsValid() {
		return o.prefixes.Contains(p.Peer)
	}
	return slices.Contains(o.references, p.Reference)
}

// eachRow makes a reader of one that reads a row into one part.
func eachRow(read func(d policy.Direction, row emittedRow) (opened, error)) func(emission) ([]opened, error) {
	return eachRowParts(func(d policy.Direction, row emittedRow) ([]opened, error) {
		o, err := read(d, row)
		return []opened{o}, err
	})
}

// eachRowParts makes a reader of one that reads a row into parts; it fills in
// where they come from.
func eachRowParts(read func(d policy.Direction, row emittedRow) ([]opened, error)) func(emission) ([]opened, error) {
	return func(e emission) ([]opened, error) {
		var all []opened
		for _, d := range policy.Directions() {
			rows := e.ingress
			if d == policy.Egress {
				rows = e.egress
			}
			for _, row := range rows {
				parts, err := read(d, row)
				if err != nil {
					return nil, fmt.Errorf("%s %s: %w: %v", d, row.Key, err, row.columns)
				}
				for i := range parts {
					parts[i].key, parts[i].rules, parts[i].direction = row.Key, row.Rules, d
				}
				all = append(all, parts...)
			}
		}
		return all, nil
	}
}

func emissionOf(target emit.Target, result *emit.Result) emission {
	rows := func(rows []emit.Row) []emittedRow {
		all := make([]emittedRow, len(rows))
		for i, row := range rows {
			all[i] = emittedRow{row, byName(target.Columns, row.Values)}
		}
		return all
	}
	return emission{ingress: rows(result.Ingress), egress: rows(result.Egress), outputs: byName(target.Outputs, result.Outputs)}
}

func byName(columns []emit.Column, values []any) map[string]any {
	named := map[string]any{}
	for i, c := range columns {
		switch value := values[i].(type) {
		case []any:
			named[c.Name] = byName(c.Columns, value)
		case [][]any:
			elements := make([]map[string]any, len(value))
			for j := range value {
				elements[j] = byName(c.Columns, value[j])
			}
			named[c.Name] = elements
		default:
			named[c.Name] = value
		}
	}
	return named
}

// emitted is what a target makes of a policy, as the data source calls it.
func emitted(target emit.Target, p *policy.Policy, o emit.Options) (*emit.Result, fault.List) {
	q, faults := openedBy(target, p, o)
	if len(faults) > 0 {
		return nil, faults
	}
	return target.Emit(q, o)
}

// openedBy is the policy that the target really opens.
func openedBy(target emit.Target, p *policy.Policy, o emit.Options) (*policy.Policy, fault.List) {
	if target.Opens == nil {
		return p, nil
	}
	return target.Opens(p, o)
}

// forEachTarget runs a property on policies that the target can express.
func forEachTarget(t *testing.T, narrow func(*compiletest.Options), property func(t *rapid.T, target emit.Target, r reading, p *policy.Policy)) {
	for _, target := range emit.Targets() {
		t.Run(target.Name, func(t *testing.T) {
			r, known := readings[target.Name]
			if !known {
				t.Fatalf("nothing reads %s back: add a reading", target.Name)
			}
			options := r.policies
			narrow(&options)
			rapid.Check(t, func(t *rapid.T) {
				property(t, target, r, compiletest.Policies(options).Draw(t, "policy"))
			})
		})
	}
}

func asTheyAre(*compiletest.Options) {}

// rowsOf emits in a mode; it skips policies that grew over the limit.
func rowsOf(t *rapid.T, target emit.Target, o emit.Options, p *policy.Policy) *emit.Result {
	result, faults := emitted(target, p, o)
	if len(faults) > 0 && (faults[0].Title == "Too many rules" || faults[0].Title == readings[target.Name].refused) {
		t.Skip("over the limit, or a case of its own")
	}
	if len(faults) > 0 {
		t.Fatalf("%v", faults)
	}
	return result
}

func modes(r reading) []emit.Options {
	var all []emit.Options
	for _, word := range emit.Optimizations() {
		o := r.options
		o.Optimize, _ = emit.ParseOptimize(word)
		all = append(all, o)
	}
	return all
}

// TestTargets_AllowExactlyThePolicy compares packet by packet, both ways, in
// both modes.
func TestTargets_AllowExactlyThePolicy(t *testing.T) {
	forEachTarget(t, asTheyAre, func(t *rapid.T, target emit.Target, r reading, p *policy.Policy) {
		for _, o := range modes(r) {
			parts, err := r.read(emissionOf(target, rowsOf(t, target, o, p)))
			if err != nil {
				t.Fatal(err)
			}
			q, _ := openedBy(target, p, o)
			checkPackets(t, q, parts)
		}
	})
}

// checkPackets asks besides that each policy rule stands in the rules of a row
// that allows its packets, and that each row names only rules that allow some
// of it, and one at least.
func checkPackets(t *rapid.T, p *policy.Policy, parts []opened) {
	var extra compiletest.Extra
	named := map[string]map[string]bool{} // by row: which of its rules allow some of it
	for i := range parts {
		extra.Ports = append(extra.Ports, parts[i].ports...)
		extra.Prefixes = append(extra.Prefixes, parts[i].prefixes.Prefixes()...)
		named[rowName(&parts[i])] = map[string]bool{}
	}
	for _, packet := range compiletest.Packets(p, extra) {
		want := compiletest.AllowedBy(p, packet)
		var by, rules []string
		for i := range parts {
			if !parts[i].allows(packet) {
				continue
			}
			by = append(by, parts[i].key)
			rules = append(rules, parts[i].rules...)
			for _, rule := range want {
				named[rowName(&parts[i])][rule] = true
			}
		}
		if (len(want) > 0) != (len(by) > 0) {
			t.Fatalf("%v: policy rules %v allow it, rows %v do", packet, want, by)
		}
		for _, rule := range want {
			if !slices.Contains(rules, rule) {
				t.Fatalf("%v: rule %s allows it, and the rows %v that allow it name %v", packet, rule, by, rules)
			}
		}
	}
	for i := range parts {
		if len(parts[i].rules) == 0 || !slices.IsSorted(parts[i].rules) {
			t.Fatalf("row %s names the rules %v", parts[i].key, parts[i].rules)
		}
		for _, rule := range parts[i].rules {
			if !named[rowName(&parts[i])][rule] {
				t.Fatalf("row %s names rule %s, which allows nothing of it", parts[i].key, rule)
			}
		}
	}
}

func rowName(o *opened) string { return o.direction.String() + " " + o.key }

// prefixesOf reads prefixes as a target would: canonical text only.
func prefixesOf(texts ...string) (prefixset.Set, error) {
	var prefixes []netip.Prefix
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return prefixset.Set{}, err
		}
		if prefix.Masked() != prefix || prefix.Addr().Is4In6() {
			return prefixset.Set{}, fmt.Errorf("prefix %s", text)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixset.Of(prefixes...), nil
}
