package emit_test

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// reading is how a target's rows are read back, written apart from the target.
type reading struct {
	// policies are those that the target can express.
	policies compiletest.Options
	// options leave room for them.
	options emit.Options
	// row reads one row; columns are its values by column name.
	row func(d policy.Direction, columns map[string]any, row emit.Row) (opened, error)
}

var readings = map[string]reading{
	"aws_security_group_rules": {
		policies: compiletest.Options{WholeSCTP: true, References: awsReferences},
		options:  emit.Options{Limits: map[string]int{"rules": 1000}},
		row:      readAWSSecurityGroupRow,
	},
}

const everyProtocol = -1

// opened is what one row allows.
type opened struct {
	direction policy.Direction
	protocol  int // the number in the IP header, or everyProtocol
	ports     portset.Range
	prefix    netip.Prefix
	reference string // instead of prefix
}

func (o *opened) allows(p compiletest.Packet) bool {
	if o.direction != p.Direction || o.protocol != everyProtocol && (o.protocol != int(p.Protocol) || !o.ports.Contains(p.Port)) {
		return false
	}
	if p.Peer.IsValid() {
		return o.reference == "" && o.prefix.Contains(p.Peer)
	}
	return o.reference == p.Reference
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

// manyRules is where generated policies can come near the limit in readings;
// most have fewer than ten.
const manyRules = 700

// rowsOf emits; it skips policies that grew over the limit.
func rowsOf(t *rapid.T, target emit.Target, r reading, p *policy.Policy) *emit.Result {
	result, faults := target.Emit(p.Name, compile.Compile(p), r.options)
	if len(faults) > 0 && faults[0].Title == "Too many rules" && compile.Count(compile.Compile(p)) > manyRules {
		t.Skip("over the limit")
	}
	if len(faults) > 0 {
		t.Fatalf("%v", faults)
	}
	return result
}

type directedRow struct {
	emit.Row
	opened
}

func read(t *rapid.T, target emit.Target, r reading, result *emit.Result) []directedRow {
	var all []directedRow
	for d, rows := range map[policy.Direction][]emit.Row{policy.Ingress: result.Ingress, policy.Egress: result.Egress} {
		for _, row := range rows {
			columns := map[string]any{}
			for i, c := range target.Columns {
				columns[c.Name] = row.Values[i]
			}
			o, err := r.row(d, columns, row)
			if err != nil {
				t.Fatalf("%s: %v: %v", row.Key, err, row)
			}
			all = append(all, directedRow{row, o})
		}
	}
	return all
}

// TestTargets_AllowExactlyThePolicy compares packet by packet, both ways, and
// asks that each row names the policy rules that allow some of it, and no
// others, and that no two rows allow the same packet.
func TestTargets_AllowExactlyThePolicy(t *testing.T) {
	forEachTarget(t, asTheyAre, func(t *rapid.T, target emit.Target, r reading, p *policy.Policy) {
		rows := read(t, target, r, rowsOf(t, target, r, p))
		var extra compiletest.Extra
		for i := range rows {
			extra.Ports = append(extra.Ports, rows[i].ports)
			if rows[i].prefix.IsValid() {
				extra.Prefixes = append(extra.Prefixes, rows[i].prefix)
			}
		}
		serving := make([][]string, len(rows))
		for _, packet := range compiletest.Packets(p, extra) {
			want := compiletest.AllowedBy(p, packet)
			var by []string
			for i := range rows {
				if rows[i].allows(packet) {
					by = append(by, rows[i].Key)
					serving[i] = append(serving[i], want...)
				}
			}
			if len(want) == 0 && len(by) > 0 || len(want) > 0 && len(by) != 1 {
				t.Fatalf("%v: policy rules %v allow it, rows %v do", packet, want, by)
			}
		}
		for i := range rows {
			slices.Sort(serving[i])
			if want := slices.Compact(serving[i]); !slices.Equal(rows[i].Rules, want) {
				t.Fatalf("row %s serves %v, names %v", rows[i].Key, want, rows[i].Rules)
			}
		}
	})
}

// TestTargets_SpellingDoesNotMatter: equal packets give equal rows.
func TestTargets_SpellingDoesNotMatter(t *testing.T) {
	forEachTarget(t, asTheyAre, func(t *rapid.T, target emit.Target, r reading, p *policy.Policy) {
		want := rowsOf(t, target, r, p)
		if got := rowsOf(t, target, r, compiletest.Respell(t, p)); !reflect.DeepEqual(got, want) {
			t.Fatalf("the respelt policy gives\n%v\nwant\n%v", got, want)
		}
		got := rowsOf(t, target, r, compiletest.SplitRules(t, p))
		if !slices.Equal(keys(got.Ingress), keys(want.Ingress)) || !slices.Equal(keys(got.Egress), keys(want.Egress)) {
			t.Fatalf("the policy with split rules gives\n%v\nwant\n%v", got, want)
		}
	})
}

func keys(rows []emit.Row) []string {
	names := make([]string, len(rows))
	for i := range rows {
		names[i] = rows[i].Key
	}
	return names
}

// TestTargets_RowsAreInForm: sorted by key and no key twice, one value per
// column and of its kind, and counts that agree.
func TestTargets_RowsAreInForm(t *testing.T) {
	forEachTarget(t, asTheyAre, func(t *rapid.T, target emit.Target, r reading, p *policy.Policy) {
		result := rowsOf(t, target, r, p)
		if result.Ingress == nil || result.Egress == nil || result.RuleCount != len(result.Ingress)+len(result.Egress) {
			t.Fatalf("%d rules, rows %v and %v", result.RuleCount, result.Ingress, result.Egress)
		}
		for _, rows := range [][]emit.Row{result.Ingress, result.Egress} {
			for i, row := range rows {
				if i > 0 && rows[i-1].Key >= row.Key {
					t.Fatalf("key %q comes after %q", row.Key, rows[i-1].Key)
				}
				if (row.Reference == "") != (row.ReferenceKind == "") || len(row.Values) != len(target.Columns) {
					t.Fatalf("row %v", row)
				}
				for j, c := range target.Columns {
					if !hasKind(row.Values[j], c.Kind) {
						t.Fatalf("%s: %s = %T", row.Key, c.Name, row.Values[j])
					}
				}
			}
		}
	})
}

func hasKind(value any, kind emit.Kind) bool {
	switch value.(type) {
	case nil:
		return true
	case string:
		return kind == emit.String
	case int64:
		return kind == emit.Number
	case []string:
		return kind == emit.StringList
	}
	return false
}

// TestTargets_NewPeerTouchesOnlyItsOwnRows adds a peer that neither overlaps
// nor touches the others: every row stays as it is, to the last byte, and
// every new key names the new peer.
func TestTargets_NewPeerTouchesOnlyItsOwnRows(t *testing.T) {
	near := func(o *compiletest.Options) { o.NoWide = true }
	forEachTarget(t, near, func(t *rapid.T, target emit.Target, r reading, p *policy.Policy) {
		if len(p.Rules) == 0 {
			t.Skip("no rule to add to")
		}
		before := rowsOf(t, target, r, p)
		newcomer := rapid.SampledFrom([]string{"192.0.2.16/28", "2001:db8:ffff::/64"}).Draw(t, "newcomer")
		rule := &p.Rules[rapid.IntRange(0, len(p.Rules)-1).Draw(t, "rule")]
		rule.Peers = append(slices.Clone(rule.Peers), policy.PeerGroup{Name: "newcomer",
			Prefixes: prefixset.Of(netip.MustParsePrefix(newcomer))})
		after := rowsOf(t, target, r, p)
		for _, rows := range [][2][]emit.Row{{before.Ingress, after.Ingress}, {before.Egress, after.Egress}} {
			old := slices.DeleteFunc(slices.Clone(rows[1]), func(row emit.Row) bool { return strings.HasSuffix(row.Key, "-"+newcomer) })
			if !reflect.DeepEqual(old, rows[0]) {
				t.Fatalf("rows were\n%v\nand became\n%v", rows[0], rows[1])
			}
		}
	})
}
