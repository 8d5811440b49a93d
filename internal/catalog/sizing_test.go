package catalog

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSizing_VendorExamples runs every worked example of every product. Loading
// refuses wrong ones too; this is the list of what the vendors promise.
func TestSizing_VendorExamples(t *testing.T) {
	for _, id := range IDs() {
		p, err := load(files, id)
		if err != nil {
			continue // TestProducts_EveryFile_IsSound says so
		}
		for i := range p.Sizing {
			rule := &p.Sizing[i]
			for _, e := range rule.Examples {
				t.Run(fmt.Sprintf("%s/%s/%d", id, rule.ID, e.Units), func(t *testing.T) {
					if got := max(rule.BasePorts+rule.PortsPerUnit*e.Units, rule.MinPorts); got != e.Ports {
						t.Errorf("%s: the rule gives %d ports, %s says %d", e.Says, got, rule.Source, e.Ports)
					}
				})
			}
		}
	}
}

func TestSizingRule_Needed(t *testing.T) {
	for _, c := range []struct {
		rule  SizingRule
		units int
		want  int
	}{
		{SizingRule{PortsPerUnit: 1}, 10, 10},
		{SizingRule{BasePorts: 2, PortsPerUnit: 3}, 10, 32},
		{SizingRule{BasePorts: 2, PortsPerUnit: 3, MinPorts: 100}, 10, 100},
		{SizingRule{BasePorts: 5}, 1000, 5},
		{SizingRule{BasePorts: 5, PortsPerUnit: 2}, -3, 5},
		{SizingRule{PortsPerUnit: 1}, 65536, 65536},
		{SizingRule{PortsPerUnit: 1}, 65537, 65536},
		{SizingRule{BasePorts: 1, PortsPerUnit: 4}, math.MaxInt, 65536},
		{SizingRule{BasePorts: 1, PortsPerUnit: 4}, math.MinInt, 1},
		{SizingRule{MinPorts: math.MaxInt}, 1, 65536},
		{SizingRule{}, 5, 0},
	} {
		if got := c.rule.Needed(c.units); got != c.want {
			t.Errorf("%+v.Needed(%d) = %d, want %d", c.rule, c.units, got, c.want)
		}
	}
}

// sized is a product whose flows grow by different rules.
var sized = &Product{Sizing: []SizingRule{
	{ID: "devices", Unit: Device, BasePorts: 5, PortsPerUnit: 1, MinPorts: 1, AppliesTo: []string{"node", "huge"}},
	{ID: "daemons", Unit: Daemon, PortsPerUnit: 2, MinPorts: 20, AppliesTo: []string{"node"}},
	{ID: "floor", Unit: NoUnit, BasePorts: 100, MinPorts: 1, AppliesTo: []string{"flat"}},
	{ID: "spares", Unit: Device, PortsPerUnit: 65536, MinPorts: 1, AppliesTo: []string{"huge"}},
}}

func TestProduct_Needed(t *testing.T) {
	for _, c := range []struct {
		flow    string
		counts  map[Unit]int
		want    int
		rules   []string
		missing []Unit
	}{
		{"node", map[Unit]int{Device: 10, Daemon: 8}, 31, []string{"devices", "daemons"}, nil},
		{"node", map[Unit]int{Device: 1, Daemon: 1}, 20, []string{"devices", "daemons"}, nil}, // 5 + 1 + 2, at least 20
		{"node", map[Unit]int{Device: 30}, 35, []string{"devices", "daemons"}, []Unit{Daemon}},
		{"node", nil, 20, []string{"devices", "daemons"}, []Unit{Device, Daemon}},
		{"node", map[Unit]int{Device: 10, Daemon: math.MaxInt}, 65536, []string{"devices", "daemons"}, nil},
		{"flat", nil, 100, []string{"floor"}, nil},
		{"flat", map[Unit]int{NoUnit: 7, Job: 7}, 100, []string{"floor"}, nil},
		{"huge", map[Unit]int{Device: 1}, 65536, []string{"devices", "spares"}, nil},
		{"huge", nil, 5, []string{"devices", "spares"}, []Unit{Device}},
		{"fixed", map[Unit]int{Device: 3}, 0, nil, nil},
	} {
		ports, rules, missing := sized.Needed(c.flow, c.counts)
		var ids []string
		for _, r := range rules {
			ids = append(ids, r.ID)
		}
		if ports != c.want || !slices.Equal(ids, c.rules) || !slices.Equal(missing, c.missing) {
			t.Errorf("%s with %v: %d ports by %v, missing %v; want %d by %v, missing %v", c.flow, c.counts, ports, ids, missing, c.want, c.rules, c.missing)
		}
	}
}

// TestProduct_Needed_IsMonotone: more load never needs fewer ports, and the
// answer stays between the largest minimum and what a protocol has.
func TestProduct_Needed_IsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.OneOf(rapid.IntRange(0, 10), rapid.IntRange(0, MaxPorts))
		p := &Product{}
		least := 0
		few, many := map[Unit]int{}, map[Unit]int{}
		for i, n := 0, rapid.IntRange(1, 3).Draw(t, "rules"); i < n; i++ {
			rule := SizingRule{ID: fmt.Sprint(i), Unit: rapid.SampledFrom(Units()).Draw(t, "unit"), AppliesTo: []string{"range"},
				BasePorts: count.Draw(t, "base"), PortsPerUnit: count.Draw(t, "per unit"), MinPorts: count.Draw(t, "min")}
			least = max(least, rule.MinPorts)
			p.Sizing = append(p.Sizing, rule)
			a, b := rapid.Int().Draw(t, "a"), rapid.Int().Draw(t, "b")
			few[rule.Unit], many[rule.Unit] = min(a, b), max(a, b)
		}
		a, rules, missing := p.Needed("range", few)
		b, _, _ := p.Needed("range", many)
		if a > b || a < least || b > MaxPorts || len(rules) != len(p.Sizing) || len(missing) > 0 {
			t.Fatalf("%+v: %v needs %d ports, %v needs %d; missing %v", p.Sizing, few, a, many, b, missing)
		}
	})
}

func TestUnits_IsJobs(t *testing.T) {
	var jobs []Unit
	for _, u := range Units() {
		if u.IsJobs() {
			jobs = append(jobs, u)
		}
	}
	if !slices.Equal(jobs, []Unit{Job, Task, Stream, Session}) {
		t.Errorf("units of work: %v", jobs)
	}
}
