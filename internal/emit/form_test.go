package emit_test

import (
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// TestTargets_SpellingDoesNotMatter: what a rule says decides, not how; and in
// the mode "minimal" not even over how many rules it is spread.
func TestTargets_SpellingDoesNotMatter(t *testing.T) {
	forEachTarget(t, asTheyAre, func(t *rapid.T, target emit.Target, r reading, p *policy.Policy) {
		for _, o := range modes(r) {
			want := rowsOf(t, target, o, p)
			if got := rowsOf(t, target, o, compiletest.Respell(t, p)); !reflect.DeepEqual(got, want) {
				t.Fatalf("the respelt policy gives\n%v\nwant\n%v", got, want)
			}
			if o.Optimize != cover.Minimal {
				continue
			}
			got := rowsOf(t, target, o, compiletest.SplitRules(t, p))
			if !slices.Equal(keys(got.Ingress), keys(want.Ingress)) || !slices.Equal(keys(got.Egress), keys(want.Egress)) {
				t.Fatalf("the policy with split rules gives\n%v\nwant\n%v", got, want)
			}
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
		for _, o := range modes(r) {
			result := rowsOf(t, target, o, p)
			if result.Ingress == nil || result.Egress == nil || result.RuleCount != len(result.Ingress)+len(result.Egress) {
				t.Fatalf("%d rules, rows %v and %v", result.RuleCount, result.Ingress, result.Egress)
			}
			checkValues(t, "the result", target.Outputs, result.Outputs)
			for _, rows := range [][]emit.Row{result.Ingress, result.Egress} {
				for i, row := range rows {
					if i > 0 && rows[i-1].Key >= row.Key {
						t.Fatalf("key %q comes after %q", row.Key, rows[i-1].Key)
					}
					if (len(row.References) == 0) != (row.ReferenceKind == "") || !target.Lists && len(row.References) > 1 {
						t.Fatalf("row %v", row)
					}
					checkValues(t, row.Key, target.Columns, row.Values)
				}
			}
		}
	})
}

func checkValues(t *rapid.T, where string, columns []emit.Column, values []any) {
	if len(values) != len(columns) {
		t.Fatalf("%s: %d values for %d columns", where, len(values), len(columns))
	}
	for i, c := range columns {
		if !hasKind(values[i], c.Kind) {
			t.Fatalf("%s: %s = %T", where, c.Name, values[i])
		}
		switch value := values[i].(type) {
		case []any:
			checkValues(t, where+"."+c.Name, c.Columns, value)
		case [][]any:
			for _, element := range value {
				checkValues(t, where+"."+c.Name, c.Columns, element)
			}
		}
	}
}

func hasKind(value any, kind emit.Kind) bool {
	switch value.(type) {
	case nil:
		return true
	case string:
		return kind == emit.String
	case int64:
		return kind == emit.Number
	case bool:
		return kind == emit.Bool
	case []string:
		return kind == emit.StringList
	case map[string]string:
		return kind == emit.StringMap
	case []any:
		return kind == emit.Object
	case [][]any:
		return kind == emit.ObjectList
	}
	return false
}

// TestTargets_NewPeerTouchesOnlyItsOwnRows adds a peer that neither overlaps
// nor touches the others. With one peer a row, every row stays as it is, to
// the last byte; rows of lists may take the peer in, but then keep their keys.
// Only a number that the newcomer wants too may move, which is rare.
func TestTargets_NewPeerTouchesOnlyItsOwnRows(t *testing.T) {
	near := func(o *compiletest.Options) { o.NoWide = true }
	forEachTarget(t, near, func(t *rapid.T, target emit.Target, r reading, p *policy.Policy) {
		if len(p.Rules) == 0 {
			t.Skip("no rule to add to")
		}
		if target.Lists || len(target.Columns) == 0 {
			return // rows of lists: see TestChurn
		}
		before := rowsOf(t, target, r.options, p)
		newcomer := rapid.SampledFrom([]string{"192.0.2.16/28", "2001:db8:ffff::/64"}).Draw(t, "newcomer")
		rule := &p.Rules[rapid.IntRange(0, len(p.Rules)-1).Draw(t, "rule")]
		rule.Peers = append(slices.Clone(rule.Peers), policy.PeerGroup{Name: "newcomer",
			Prefixes: prefixset.Of(netip.MustParsePrefix(newcomer))})
		after := rowsOf(t, target, r.options, p)
		parts, err := r.read(emissionOf(target, after))
		if err != nil {
			t.Fatal(err)
		}
		fresh := map[string]bool{}
		for i := range parts {
			if parts[i].prefixes.Contains(netip.MustParsePrefix(newcomer).Addr()) {
				fresh[rowName(&parts[i])] = true
			}
		}
		for direction, rows := range map[string][2][]emit.Row{"ingress ": {before.Ingress, after.Ingress}, "egress ": {before.Egress, after.Egress}} {
			old := slices.DeleteFunc(slices.Clone(rows[1]), func(row emit.Row) bool { return fresh[direction+row.Key] })
			if !reflect.DeepEqual(withoutColumn(target, old, r.drawn), withoutColumn(target, rows[0], r.drawn)) {
				t.Fatalf("rows were\n%v\nand became\n%v", rows[0], rows[1])
			}
		}
	})
}

// withoutColumn returns the rows without the values of a column.
func withoutColumn(target emit.Target, rows []emit.Row, name string) []emit.Row {
	at := slices.IndexFunc(target.Columns, func(c emit.Column) bool { return c.Name == name })
	if at < 0 {
		return rows
	}
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Values = slices.Delete(slices.Clone(rows[i].Values), at, at+1)
	}
	return rows
}
