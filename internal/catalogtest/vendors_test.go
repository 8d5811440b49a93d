package catalogtest

import (
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// TestVendors_WorkedExamples declares what the vendors work out, and has the
// width come out as they say. Source is part of the rule that is shown.
func TestVendors_WorkedExamples(t *testing.T) {
	const (
		networker = "churchill.ddns.me.uk/post/networker-in-a-firewalled-environment"
		arcserve  = "documentation.arcserve.com/Arcserve-UDP/Available/10.0"
		protector = "azmanual.top/manuals/100769/hp-b6960-90078.html?page="
		quest     = "support.quest.com/kb/4046638"
		nakivo    = "helpcenter.nakivo.com/display/BP/Choosing+Transporter+Options"
		zerto     = "zertodownload_docs/5.0U2"
		veeam     = "helpcenter.veeam.com/docs/vbr/userguide/windows_server_credentials.html"
	)
	jobs := func(n int) *int { return &n }
	load := func(unit string, n int) map[string]int { return map[string]int{unit: n} }
	for _, c := range []struct {
		name               string
		spec               resolve.PortRangeSpec
		needed, configured int
		source             string
	}{
		{"networker: nsrexecd takes 4 ports on a client, its two fixed ones among them",
			resolve.PortRangeSpec{Product: "networker", FromRole: "server", ToRole: "client", Ports: []string{"7937-7940/tcp"}}, 4, 4, networker},
		{"networker: the fixed ones elsewhere do not count",
			resolve.PortRangeSpec{Product: "networker", Flows: []string{"client-service-ports"}, Ports: []string{"7939-7942/tcp"}}, 4, 4, networker},
		{"networker: storage node with 4 tape devices",
			resolve.PortRangeSpec{Product: "networker", FromRole: "client", ToRole: "storage_node", Ports: []string{"7937-7945/tcp"}, Load: load("device", 4)}, 9, 9, networker},
		{"networker: concurrency counts the devices",
			resolve.PortRangeSpec{Product: "networker", FromRole: "client", ToRole: "storage_node", Concurrency: jobs(6)}, 11, 2000, networker},
		{"networker: server with one device",
			resolve.PortRangeSpec{Product: "networker", FromRole: "client", ToRole: "server", Load: load("device", 1)}, 13, 2000, networker},
		{"arcserve_udp: a deduplication data store takes four ports",
			resolve.PortRangeSpec{Product: "arcserve_udp", FromRole: "agent", ToRole: "rps", Ports: []string{"8014/tcp", "5000-5003/tcp"}, Load: load("data_store", 1)}, 4, 4, arcserve},
		{"arcserve_udp: four of them take sixteen, once",
			resolve.PortRangeSpec{Product: "arcserve_udp", FromRole: "agent", ToRole: "rps", Load: load("data_store", 4)}, 16, 61, arcserve},
		{"data_protector: four drives should get ten ports",
			resolve.PortRangeSpec{Product: "data_protector", FromRole: "client", ToRole: "media_agent", Ports: []string{"18000-18009/tcp"}, Load: load("media_agent", 4)}, 10, 10, protector + "569"},
		{"data_protector: five ports for CRS and one for each session",
			resolve.PortRangeSpec{Product: "data_protector", FromRole: "app_agent", ToRole: "cell_manager", Ports: []string{"5555/tcp", "20000-20004/tcp", "20100-20199/tcp"}, Load: load("session", 100)}, 105, 105, protector + "575"},
		{"data_protector: what CRS has does not help the sessions",
			resolve.PortRangeSpec{Product: "data_protector", FromRole: "app_agent", ToRole: "cell_manager", Ports: []string{"5555/tcp", "20000-20005/tcp", "20100-20197/tcp"}, Load: load("session", 100)}, 100, 99, protector + "575"},
		{"netvault: five clients, 20031 to 20051 over TCP and UDP alike",
			resolve.PortRangeSpec{Product: "netvault", FromRole: "client", ToRole: "server", Ports: []string{"20031-20051/tcp", "20031-20051/udp"}, Load: load("client", 5)}, 21, 21, quest},
		{"netvault: ports to spare over TCP do not help UDP",
			resolve.PortRangeSpec{Product: "netvault", FromRole: "server", ToRole: "client", Ports: []string{"20031-20060/tcp", "20031-20042/udp"}, Load: load("client", 5)}, 21, 12, quest},
		{"nakivo: at least 100 ports for a transporter",
			resolve.PortRangeSpec{Product: "nakivo", Flows: []string{"transporter-data"}, Ports: []string{"9448-9547/tcp"}}, 100, 100, nakivo},
		{"zerto: customer A's 3 appliances take 6 ports",
			resolve.PortRangeSpec{Product: "zerto", Flows: []string{"zcc-vra"}, Ports: []string{"9082-9087/tcp"}, Load: load("vra", 3)}, 6, 6, zerto},
		{"zerto: the provider's 4 take 8",
			resolve.PortRangeSpec{Product: "zerto", Flows: []string{"zcc-vra"}, Ports: []string{"9082-9089/tcp"}, Concurrency: jobs(4)}, 8, 8, zerto},
		{"veeam: 10 tasks take 2500-2509",
			resolve.PortRangeSpec{Product: "veeam", Flows: []string{"data-mover-range"}, Ports: []string{"2500-2509/tcp"}, Load: load("task", 10)}, 10, 10, veeam},
		{"veeam: 40 tasks in the default range",
			resolve.PortRangeSpec{Product: "veeam", Flows: []string{"data-mover-range"}, Concurrency: jobs(40)}, 40, 801, veeam},
	} {
		c.spec.Name = "link"
		resolved, faults := c.spec.Resolve()
		if len(faults) > 0 {
			t.Errorf("%s: %v", c.name, faults)
			continue
		}
		if s := resolved.Sizing; s == nil || s.Needed != c.needed || s.Configured != c.configured || !strings.Contains(s.Rule, c.source) {
			t.Errorf("%s: %+v, want %d needed and %d configured, by %s", c.name, s, c.needed, c.configured, c.source)
		}
	}
}

// TestVendors_NarrowRange: the range to write is the vendor's own, and its
// score is lower.
func TestVendors_NarrowRange(t *testing.T) {
	forty := 40
	for _, c := range []struct {
		spec  resolve.PortRangeSpec
		value string
		want  int
	}{
		{resolve.PortRangeSpec{Product: "veeam", Flows: []string{"data-mover-range"}, Concurrency: &forty}, `["2500-2539/tcp"]`, 40},
		{resolve.PortRangeSpec{Product: "networker", FromRole: "server", ToRole: "client"}, `["7937-7940/tcp"]`, 4},
		{resolve.PortRangeSpec{Product: "netvault", FromRole: "client", ToRole: "server", Ports: []string{"20031-20070/tcp", "20031-20070/udp"}, Load: map[string]int{"client": 3}},
			`["20031-20043/tcp", "20031-20043/udp"]`, 13},
	} {
		c.spec.Name = "link"
		e := ends(c.spec, policy.DMZ, policy.Internal)[policy.Ingress]
		p, before := e.judge(t)
		found := false
		var values []string
		for _, advice := range risk.Advise(p, before) {
			values = append(values, advice.Action+" "+advice.Value)
			if advice.Action != "narrow-range" || advice.Value != c.value {
				continue
			}
			found = true
			followed := e.follow(t, advice)
			_, after := followed.judge(t)
			resolved, faults := followed.ranges[0].Resolve()
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if advice.ScoreAfter >= before.Score || after.Score != advice.ScoreAfter {
				t.Errorf("%s: score %d, %d promised, %d when followed", c.spec.Product, before.Score, advice.ScoreAfter, after.Score)
			}
			if s := resolved.Sizing; s == nil || s.Needed != c.want || s.Configured != c.want {
				t.Errorf("%s: %+v when followed, want %d", c.spec.Product, s, c.want)
			}
		}
		if !found {
			t.Errorf("%s: %q, want narrow-range %s", c.spec.Product, values, c.value)
		}
	}
}

// TestVendors_TooNarrow_IsNotNarrowedFurther: no advice takes ports from a range
// that lacks some.
func TestVendors_TooNarrow_IsNotNarrowedFurther(t *testing.T) {
	spec := resolve.PortRangeSpec{Name: "link", Product: "data_protector", FromRole: "app_agent", ToRole: "cell_manager",
		Ports: []string{"5555/tcp", "20000-20003/tcp", "20100-20199/tcp"}, Load: map[string]int{"session": 100}}
	p, a := ends(spec, policy.DMZ, policy.Internal)[policy.Ingress].judge(t)
	if s := p.Rules[0].PortRanges[0].Sizing; s == nil || s.Needed != 5 || s.Configured != 4 {
		t.Fatalf("%+v, want the five ports of CRS, of which one is missing", s)
	}
	for _, advice := range risk.Advise(p, a) {
		if advice.Action == "narrow-range" {
			t.Errorf("%s %s", advice.Action, advice.Value)
		}
	}
}
