package catalog

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

func product(t testing.TB, id string) *Product {
	t.Helper()
	p, ok := Get(id)
	if !ok {
		t.Fatalf("no product %q", id)
	}
	return p
}

func flow(t testing.TB, p *Product, id string) *Flow {
	t.Helper()
	f, ok := p.Flow(id)
	if !ok {
		t.Fatalf("%s has no flow %q", p.ID, id)
	}
	return f
}

// TestProducts_EveryFile_IsSound loads every embedded file; loading checks all
// names, links and shapes.
func TestProducts_EveryFile_IsSound(t *testing.T) {
	for _, id := range IDs() {
		p, err := load(files, id)
		if err != nil {
			t.Error(err)
			continue
		}
		t.Run(id, func(t *testing.T) { checkProduct(t, p) })
	}
}

// checkProduct holds what loading cannot know to be wrong, but no reviewed
// product should have.
func checkProduct(t *testing.T, p *Product) {
	for _, role := range p.Roles {
		if !slices.ContainsFunc(p.Flows, func(f Flow) bool { return f.From == role.ID || f.To == role.ID }) {
			t.Errorf("role %s has no flow", role.ID)
		}
	}
	if !slices.ContainsFunc(p.Flows, func(f Flow) bool { return f.Required }) {
		t.Error("no flow is required, so naming two roles selects nothing")
	}
	seen := map[string]string{}
	for _, f := range p.Flows {
		key := strings.Join([]string{f.From, f.To, f.Ports.String(), f.Versions}, " ")
		if other := seen[key]; other != "" {
			t.Errorf("%s and %s are the same listener", f.ID, other)
		}
		seen[key] = f.ID
		if f.SinglePort != "" {
			if single := flow(t, p, f.SinglePort); single.Negotiated || single.Confidence == Low {
				t.Errorf("%s: %s is no good replacement", f.ID, single.ID)
			}
		}
	}
	for _, v := range p.History {
		for _, id := range v.Flows {
			if f := flow(t, p, id); v.InKEV != slices.Contains(f.ExploitedBy, v.CVE) {
				t.Errorf("%s names %s, which is exploited by %v", v.CVE, id, f.ExploitedBy)
			}
		}
	}
}

func TestIDs_AreSortedAndKnown(t *testing.T) {
	ids := IDs()
	for _, id := range []string{"bareos", "netbackup", "veeam"} {
		if !slices.Contains(ids, id) {
			t.Errorf("%s is missing in %v", id, ids)
		}
	}
	if !slices.IsSorted(ids) {
		t.Errorf("%v is not sorted", ids)
	}
	ids[0] = "changed"
	if IDs()[0] == "changed" {
		t.Error("a caller can change the list of ids")
	}
	for _, id := range []string{"", "none", "Veeam", "veeam.yaml", "../catalog"} {
		if p, ok := Get(id); p != nil || ok {
			t.Errorf("Get(%q) = %v, %t", id, p, ok)
		}
	}
}

func TestVeeam_Facts(t *testing.T) {
	p := product(t, "veeam")
	if len(p.Flows) != 56 || len(p.Roles) != 15 || len(p.History) != 5 {
		t.Errorf("%d flows, %d roles, %d vulnerabilities; want 56, 15 and 5", len(p.Flows), len(p.Roles), len(p.History))
	}
	dataChannels, _ := portset.Parse("2500-3300/tcp")
	for _, c := range []struct{ id, ports, single string }{
		{"data-mover", "6162/tcp", ""},
		{"data-mover-range", "2500-3300/tcp", "data-mover"},
		{"data-mover-range-v12", "2500-3300/tcp", ""},
		{"agent-to-repository-range", "2500-3300/tcp", "agent-to-repository"},
		{"repository-copy-range", "2500-3300/tcp", "repository-copy"},
		{"repository-to-server-range", "2500-3300/tcp", "repository-to-server"},
		{"guest-to-log-server-range", "2500-3300/tcp", "guest-to-log-server"},
		{"wan-to-repository", "2500-3300/tcp", ""}, // v13 still documents only the range
		{"server-to-repository-netbios", "137/tcp, 139/tcp", ""},
		{"gateway-to-nfs-portmap", "111/tcp, 111/udp", ""},
	} {
		f := flow(t, p, c.id)
		if f.Ports.String() != c.ports || f.SinglePort != c.single || f.Negotiated != f.Ports.Equal(dataChannels) {
			t.Errorf("%s: %s, single port %q, negotiated %t; want %s, %q", c.id, f.Ports, f.SinglePort, f.Negotiated, c.ports, c.single)
		}
	}
	required := []string{}
	for _, f := range p.Between("proxy", "repository") {
		if f.Required {
			required = append(required, f.ID)
		}
	}
	if !slices.Equal(required, []string{"data-mover"}) {
		t.Errorf("required from proxy to repository: %v, want only data-mover", required)
	}
	if f := flow(t, p, "data-mover-range-v12"); f.Versions != "10-12" {
		t.Errorf("data-mover-range-v12 is for %q", f.Versions)
	}
	if got := p.Sizing.Needed(10); got != 10 {
		t.Errorf("10 tasks need %d ports, want 10 as in the vendor's 2500-2509", got)
	}
	if got := p.Sizing.Needed(0); got != 1 {
		t.Errorf("no task needs %d ports, want 1", got)
	}
	for _, f := range p.Flows {
		if scales := slices.Contains(p.Sizing.AppliesTo, f.ID); scales && !f.Ports.Equal(dataChannels) {
			t.Errorf("sizing applies to %s on %s", f.ID, f.Ports)
		}
	}
	exploited := map[string]string{
		"server-secure-v12":     "CVE-2023-27532 CVE-2024-40711",
		"console-to-server-v12": "CVE-2024-40711",
		"server-to-mount":       "CVE-2024-40711",
	}
	for _, f := range p.Flows {
		if got := strings.Join(f.ExploitedBy, " "); got != exploited[f.ID] {
			t.Errorf("%s is exploited by %q, want %q", f.ID, got, exploited[f.ID])
		}
	}
}

func TestNetBackup_Facts(t *testing.T) {
	p := product(t, "netbackup")
	if len(p.Flows) != 20 || len(p.Roles) != 7 || len(p.History) != 1 {
		t.Errorf("%d flows, %d roles, %d vulnerabilities; want 20, 7 and 1", len(p.Flows), len(p.Roles), len(p.History))
	}
	for _, f := range p.Flows {
		if f.Required && f.Ports.String() != "1556/tcp" {
			t.Errorf("required flow %s uses %s, want only PBX", f.ID, f.Ports)
		}
		if f.Negotiated || len(f.ExploitedBy) > 0 {
			t.Errorf("%s: negotiated %t, exploited by %v; want neither", f.ID, f.Negotiated, f.ExploitedBy)
		}
	}
	for id, single := range map[string]string{
		"vnetd-legacy": "media-to-client-pbx", "bpcd-legacy": "media-to-client-pbx", "bprd-legacy": "client-to-primary-pbx",
	} {
		if f := flow(t, p, id); f.SinglePort != single || f.Required {
			t.Errorf("%s: single port %q, required %t; want %q, false", id, f.SinglePort, f.Required, single)
		}
	}
	if p.Sizing.Needed(500) != 1 || len(p.Sizing.AppliesTo) != 0 {
		t.Errorf("500 jobs need %d ports, sizing applies to %v; want 1 and nothing", p.Sizing.Needed(500), p.Sizing.AppliesTo)
	}
}

func TestBareos_Facts(t *testing.T) {
	p := product(t, "bareos")
	if len(p.Flows) != 9 || len(p.Roles) != 7 || len(p.History) != 0 {
		t.Errorf("%d flows, %d roles, %d vulnerabilities; want 9, 7 and 0", len(p.Flows), len(p.Roles), len(p.History))
	}
	for id, reversed := range map[string]string{
		"fd-to-sd": "sd-to-fd-passive", "sd-to-fd-passive": "fd-to-sd",
		"dir-to-fd": "fd-to-dir", "fd-to-dir": "dir-to-fd", "dir-to-sd": "",
	} {
		if f := flow(t, p, id); f.Reversed != reversed {
			t.Errorf("%s is reversed by %q, want %q", id, f.Reversed, reversed)
		}
	}
	// A passive client in a DMZ dials nobody: only its own 9102 is open.
	if got := flow(t, p, "sd-to-fd-passive"); got.To != "client" || got.Ports.String() != "9102/tcp" || got.Required {
		t.Errorf("passive client: %+v", got)
	}
	if p.Sizing.Needed(500) != 1 {
		t.Errorf("500 jobs need %d ports, want 1", p.Sizing.Needed(500))
	}
}

func TestSizing_Needed(t *testing.T) {
	for _, c := range []struct {
		sizing Sizing
		jobs   int
		want   int
	}{
		{Sizing{PortsPerConcurrentJob: 1}, 10, 10},
		{Sizing{BasePorts: 2, PortsPerConcurrentJob: 3}, 10, 32},
		{Sizing{BasePorts: 2, PortsPerConcurrentJob: 3, MinPorts: 100}, 10, 100},
		{Sizing{BasePorts: 5}, 1000, 5},
		{Sizing{BasePorts: 5, PortsPerConcurrentJob: 2}, -3, 5},
		{Sizing{PortsPerConcurrentJob: 1}, 65536, 65536},
		{Sizing{PortsPerConcurrentJob: 1}, 65537, 65536},
		{Sizing{BasePorts: 1, PortsPerConcurrentJob: 4}, math.MaxInt, 65536},
		{Sizing{BasePorts: 1, PortsPerConcurrentJob: 4}, math.MinInt, 1},
		{Sizing{}, 5, 0},
	} {
		if got := c.sizing.Needed(c.jobs); got != c.want {
			t.Errorf("%+v.Needed(%d) = %d, want %d", c.sizing, c.jobs, got, c.want)
		}
	}
}

// TestSizing_Needed_IsMonotone: more jobs never need fewer ports, and the
// answer stays within what a file may say.
func TestSizing_Needed_IsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.OneOf(rapid.IntRange(0, 10), rapid.IntRange(0, maxPorts))
		s := Sizing{
			BasePorts:             count.Draw(t, "base"),
			PortsPerConcurrentJob: count.Draw(t, "per job"),
			MinPorts:              count.Draw(t, "min"),
		}
		few, many := rapid.Int().Draw(t, "few"), rapid.Int().Draw(t, "many")
		if few > many {
			few, many = many, few
		}
		a, b := s.Needed(few), s.Needed(many)
		if a > b || a < min(s.MinPorts, maxPorts) || b > maxPorts {
			t.Fatalf("%+v: %d jobs need %d ports, %d jobs need %d", s, few, a, many, b)
		}
	})
}
