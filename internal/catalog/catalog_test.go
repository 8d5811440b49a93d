package catalog

import (
	"slices"
	"strings"
	"testing"

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
	for i := range p.Sizing {
		rule := &p.Sizing[i]
		checkSource(t, rule.ID, rule.Confidence, rule.Source)
		if strings.HasSuffix(rule.Formula, ".") {
			t.Errorf("%s: the formula ends in a full stop, and messages go on behind it", rule.ID)
		}
	}
	for _, v := range p.History {
		checkSource(t, v.CVE, v.Confidence, v.Source)
	}
	seen := map[string]string{}
	for _, f := range p.Flows {
		checkSource(t, f.ID, f.Confidence, f.Source)
		checkRules(t, p.Scaling(f.ID), f)
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

// checkSource holds authors to what low confidence means: it shows wherever
// the source does.
func checkSource(t *testing.T, id string, c Confidence, source string) {
	t.Helper()
	if c == Low && !strings.Contains(source, "unverified") {
		t.Errorf("%s: confidence is low, and the source does not say unverified: %s", id, source)
	}
}

// checkRules finds rules of a flow that contradict each other or the flow.
func checkRules(t *testing.T, rules []*SizingRule, f Flow) {
	t.Helper()
	seen := map[Unit]string{}
	for _, rule := range rules {
		if other := seen[rule.Unit]; other != "" {
			t.Errorf("%s: %s and %s both count %s, and would add up", f.ID, other, rule.ID, rule.Unit)
		}
		seen[rule.Unit] = rule.ID
		if rule.Needed(1) > f.Ports.Len() {
			t.Errorf("%s: %s needs more ports for one %s than %s has", f.ID, rule.ID, rule.Unit, f.Ports)
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
	if len(p.Sizing) != 1 || p.Sizing[0].Unit != Task || len(p.Sizing[0].Examples) != 1 || p.Sizing[0].Examples[0].Units != 10 {
		t.Errorf("sizing %+v, want one rule by task with the vendor's 2500-2509 for 10 tasks", p.Sizing)
	}
	for tasks, want := range map[int]int{0: 1, 10: 10, 40: 40} {
		if got, _, _ := p.Needed("data-mover-range", map[Unit]int{Task: tasks}); got != want {
			t.Errorf("%d tasks need %d ports, want %d", tasks, got, want)
		}
	}
	for _, rule := range p.Sizing {
		for _, id := range rule.AppliesTo {
			if f := flow(t, p, id); !f.Ports.Equal(dataChannels) {
				t.Errorf("sizing applies to %s on %s", id, f.Ports)
			}
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
	if len(p.Flows) != 21 || len(p.Roles) != 7 || len(p.History) != 1 {
		t.Errorf("%d flows, %d roles, %d vulnerabilities; want 21, 7 and 1", len(p.Flows), len(p.Roles), len(p.History))
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
	if len(p.Sizing) != 0 {
		t.Errorf("sizing %+v, want none", p.Sizing)
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
	if len(p.Sizing) != 0 {
		t.Errorf("sizing %+v, want none", p.Sizing)
	}
}

// TestProducts_Documented_LeavesExamplesOut: what an open-ended flow shows
// would document Remote Desktop and Redis.
func TestProducts_Documented_LeavesExamplesOut(t *testing.T) {
	for _, id := range IDs() {
		p, _ := Get(id)
		for i := range p.Flows {
			if f := &p.Flows[i]; !f.OpenEnded && f.Ports.Len() > 1<<14 {
				t.Errorf("%s: flow %q documents %d ports; nobody needs as many, so mark it open_ended", id, f.ID, f.Ports.Len())
			}
		}
	}
	p, _ := Get("backup_exec")
	if f, known := p.Flow("agent-data"); !known || !f.OpenEnded || p.Documented().Covers(f.Ports) || p.Documented().IsEmpty() {
		t.Errorf("backup_exec documents %s", p.Documented())
	}
}
