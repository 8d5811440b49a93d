package resolve_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

// spec is a port range as tests write it.
type spec = resolve.PortRangeSpec

func ref[T any](v T) *T { return &v }

// lines writes faults one per line, with their places.
func lines(faults fault.List) []string {
	list := []string{}
	for _, f := range faults {
		list = append(list, f.Error())
	}
	return list
}

func equalLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestPortRangeSpec_Faults(t *testing.T) {
	for _, c := range []struct {
		name string
		spec spec
		want []string
	}{
		{"nothing given", spec{Name: "a"}, []string{
			`Nothing to open: Neither product nor ports is given. A port range must say which ports it opens. Write product = "veeam" with from_role and to_role, or ports = ["40000-40039/tcp"].`}},
		{"name and empty ports, both at once", spec{Name: "A b", Ports: []string{}}, []string{
			`name: Invalid name: The port range's name "A b" is not a valid name. Names become keys and descriptions of cloud rules, where other characters are refused. Use 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit, such as "a-b".`,
			`ports: No ports: ports = [] opens nothing. Some clouds read an empty list of ports as all ports. List at least one port, for example "40000-40039/tcp", or leave ports out and select flows of a product.`}},
		{"unreadable ports, each at its place", spec{Name: "a", Ports: []string{"40000", "40000/tcp", "70000/tcp"}}, []string{
			`ports[0]: Missing protocol: "40000" has no protocol. The same number is another service on another protocol. Write "40000/tcp", or "40000/udp" where the service uses UDP.`,
			`ports[2]: Port out of range: "70000/tcp" has the port 70000, and ports end at 65535. Programs that cut the number to 16 bits open another port. Write ports from 0 to 65535, such as "2500-3300/tcp".`}},
		{"selection without a product", spec{Name: "a", Ports: []string{"40000/tcp"}, FromRole: "client", ToRole: "b", Flows: []string{"x"}}, []string{
			`from_role: Argument without product: from_role is given, and product is not. Roles, flows and units of load are those of a product in the catalogue. Add product, an id of docs/guides/products, or remove from_role.`,
			`to_role: Argument without product: to_role is given, and product is not. Roles, flows and units of load are those of a product in the catalogue. Add product, an id of docs/guides/products, or remove to_role.`,
			`flows: Argument without product: flows is given, and product is not. Roles, flows and units of load are those of a product in the catalogue. Add product, an id of docs/guides/products, or remove flows.`,
			`flows: Roles and flows: Both from_role and flows are given. Roles select every required flow between them, flows select by name; the two can contradict each other. Keep one of them.`}},
		{"one role", spec{Name: "a", Product: "veeam", FromRole: "proxy"}, []string{
			`from_role: Half a role pair: from_role is given, and to_role is not. Who dials and who listens select the flows together. Add to_role.`}},
		{"the other role", spec{Name: "a", Product: "veeam", ToRole: "proxy"}, []string{
			`to_role: Half a role pair: to_role is given, and from_role is not. Who dials and who listens select the flows together. Add from_role.`}},
		{"no flows", spec{Name: "a", Product: "veeam", Flows: []string{}}, []string{
			`flows: No flows: flows = [] selects nothing. A port range must say which ports it opens. Name at least one flow, or use from_role and to_role.`}},
		{"product misspelt", spec{Name: "a", Product: "veem", Ports: []string{"1/tcp"}}, []string{
			`product: Unknown product: product = "veem" is not in the catalogue. Only a product of the catalogue has documented ports to compare with. Did you mean "veeam"? All products stand in docs/guides/products; or leave product out and write ports with negotiated = true.`}},
		{"product alone", spec{Name: "a", Product: "bareos"}, []string{
			`product: Product without a link: product = "bareos" alone stands for 9 flows between 7 roles. No host needs all of them, and each one opens more. Say who dials and who listens with from_role and to_role (for example director → client, client → storage, storage → client), name flows, or list ports.`}},
		{"flow misspelt", spec{Name: "a", Product: "bareos", Flows: []string{"fd-to-sd", "sd-to-dir"}}, []string{
			`flows[1]: Unknown flow: "sd-to-dir" is not a flow of product "bareos". A flow says which program listens, and its documentation is what the ports are compared with. Use one of dir-to-fd, fd-to-sd, sd-to-fd-passive, fd-to-dir, dir-to-sd, console-to-dir, sd-to-sd, dir-to-db, ndmp.`}},
		{"flow twice", spec{Name: "a", Product: "bareos", Flows: []string{"fd-to-sd", "fd-to-sd"}}, []string{
			`flows[1]: Flow named twice: flows names "fd-to-sd" twice. It may stand in the place of another flow that was meant. Remove it, or write the other flow.`}},
		{"roles misspelt", spec{Name: "a", Product: "bareos", FromRole: "clent", ToRole: "storag"}, []string{
			`from_role: Unknown role: from_role = "clent" is not a role of product "bareos". Roles select the documented flows. Use one of director, storage, client, console, peer_storage, catalog_db, nas.`,
			`to_role: Unknown role: to_role = "storag" is not a role of product "bareos". Roles select the documented flows. Use one of director, storage, client, console, peer_storage, catalog_db, nas.`}},
		{"roles that do not talk", spec{Name: "a", Product: "bareos", FromRole: "storage", ToRole: "director"}, []string{
			`from_role: Roles without a flow: In product "bareos" no documented flow goes from "storage" to "director". There is nothing to open between them; the other one may be the one that dials. Pairs that have flows: director → client, client → storage, storage → client, client → director, director → storage, console → director, storage → peer_storage, director → catalog_db, director → nas.`}},
		{"roles with optional flows only", spec{Name: "a", Product: "bareos", FromRole: "storage", ToRole: "client"}, []string{
			`from_role: Only optional flows: In product "bareos" every flow from "storage" to "client" is optional. Roles select what is required; what a site may not need stays closed until somebody names it. Name those in use in flows, in place of the roles; there are "sd-to-fd-passive".`}},
		{"a flow that the ports leave out", spec{Name: "a", Product: "bareos", Flows: []string{"fd-to-sd", "dir-to-fd"}, Ports: []string{"9103/tcp"}}, []string{
			`flows[1]: Flow without ports: flows names "dir-to-fd" (9102/tcp), and none of its ports is in ports. The flow would look open and fail. Add "9102/tcp" to ports, or remove the flow.`}},
		{"negotiated beside a product", spec{Name: "a", Product: "veeam", Flows: []string{"data-mover"}, Negotiated: ref(false)}, []string{
			`negotiated: Negotiated is the catalogue's: negotiated = false is given beside product = "veeam". Whether a flow negotiates its port is in the product's documentation. Remove negotiated, or remove product to describe a listener of your own.`}},
		{"negotiated without ports", spec{Name: "a", Ports: []string{"40000/tcp", "esp"}, Negotiated: ref(true)}, []string{
			`ports: Nothing to negotiate: negotiated = true with "esp", which is not a range of ports. A negotiated listener picks one port of the range per connection. Put protocols without ports into a port range of their own.`}},
		{"negotiated any", spec{Name: "a", Ports: []string{"any"}, Negotiated: ref(true)}, []string{
			`ports: Nothing to negotiate: negotiated = true with "any", which is not a range of ports. A negotiated listener picks one port of the range per connection. Put protocols without ports into a port range of their own.`}},
		{"any beside a product", spec{Name: "a", Product: "bareos", Ports: []string{"9102/tcp", "any"}}, []string{
			`ports: Any beside a product: ports has "any" beside product = "bareos". No product listens on every protocol. Write the ports of the product, or put "any" into a port range of its own, without product.`}},
		{"concurrency of nothing", spec{Name: "a", Ports: []string{"40000/tcp"}, Negotiated: ref(true), Concurrency: ref(0)}, []string{
			`concurrency: Concurrency out of range: concurrency = 0 is not a number of concurrent jobs. The width of the range is compared with what the jobs need. Write a whole number from 1.`}},
		{"concurrency without sizing", spec{Name: "a", Ports: []string{"40000/tcp"}, Negotiated: ref(false), Concurrency: ref(4)}, []string{
			`concurrency: Concurrency without sizing: concurrency = 4 is given, and nothing says how many ports a job takes. Only a product of the catalogue or a negotiated range scales with its jobs. Add product or negotiated = true, or remove concurrency.`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			resolved, faults := c.spec.Resolve()
			equalLines(t, "faults", lines(faults), c.want)
			if resolved != nil {
				t.Errorf("resolved all the same: %+v", resolved)
			}
		})
	}
}

// listeners writes them as "name kind product/flow ports".
func listeners(r *resolve.PortRange) []string {
	list := []string{}
	for _, l := range r.Listeners {
		text := fmt.Sprintf("%s %s %s/%s %s", l.Name, l.Kind, l.Product, l.Flow, l.Ports)
		if l.Negotiated {
			text += " negotiated"
		}
		list = append(list, text)
	}
	return list
}

func TestPortRangeSpec_Listeners(t *testing.T) {
	for _, c := range []struct {
		name  string
		spec  spec
		want  []string
		quiet string
	}{
		// Roles select the required flows between them.
		{"netbackup client to primary", spec{Product: "netbackup", FromRole: "client", ToRole: "primary_server"},
			[]string{"client-to-primary-pbx product_flow netbackup/client-to-primary-pbx 1556/tcp"}, ""},
		{"veeam proxy to repository, without the optional ranges", spec{Product: "veeam", FromRole: "proxy", ToRole: "repository"},
			[]string{"data-mover product_flow veeam/data-mover 6162/tcp"}, ""},
		{"two required flows", spec{Product: "veeam", FromRole: "backup_server", ToRole: "hyperv_host"}, []string{
			"server-to-hyperv-rpc product_flow veeam/server-to-hyperv-rpc 49152-65535/tcp negotiated",
			"server-to-hyperv-integration product_flow veeam/server-to-hyperv-integration 6163/tcp"}, ""},
		// Flows are taken by name, in the author's order.
		{"flows by name", spec{Product: "bareos", Flows: []string{"fd-to-sd", "dir-to-fd"}}, []string{
			"fd-to-sd product_flow bareos/fd-to-sd 9103/tcp",
			"dir-to-fd product_flow bareos/dir-to-fd 9102/tcp"}, ""},
		// Ports narrow what the flows document.
		{"narrowed", spec{Product: "veeam", Flows: []string{"data-mover-range"}, Ports: []string{"2500-2539/tcp"}},
			[]string{"data-mover-range product_flow veeam/data-mover-range 2500-2539/tcp negotiated"}, "29168-29207/tcp"},
		{"moved: the only flow it can be", spec{Product: "bareos", Flows: []string{"fd-to-sd"}, Ports: []string{"19103/tcp"}},
			[]string{"fd-to-sd product_flow bareos/fd-to-sd 19103/tcp"}, ""},
		{"moved: the only one that negotiates", spec{Product: "veeam", Flows: []string{"data-mover", "data-mover-range"}, Ports: []string{"6162/tcp", "2500-2501/tcp", "7000/tcp"}}, []string{
			"data-mover product_flow veeam/data-mover 6162/tcp",
			"data-mover-range product_flow veeam/data-mover-range 2500-2501/tcp, 7000/tcp negotiated"}, "29168-29171/tcp"},
		{"undecided: nobody's", spec{Product: "bareos", Flows: []string{"fd-to-sd", "dir-to-fd"}, Ports: []string{"9102-9103/tcp", "9999/tcp"}}, []string{
			"fd-to-sd product_flow bareos/fd-to-sd 9103/tcp",
			"dir-to-fd product_flow bareos/dir-to-fd 9102/tcp",
			"own undeclared bareos/ 9999/tcp"}, "29168-29170/tcp"},
		{"another protocol: nobody's", spec{Product: "bareos", FromRole: "client", ToRole: "storage", Ports: []string{"19103/udp"}},
			[]string{"own undeclared bareos/ 19103/udp"}, ""},
		// A product with ports alone: each port goes to the flow that documents
		// it most narrowly, a required one first; the rest is nobody's.
		{"product and ports", spec{Product: "bareos", Ports: []string{"9101-9103/tcp", "26000/tcp"}}, []string{
			"dir-to-fd product_flow bareos/dir-to-fd 9102/tcp",
			"fd-to-sd product_flow bareos/fd-to-sd 9103/tcp",
			"fd-to-dir product_flow bareos/fd-to-dir 9101/tcp",
			"own undeclared bareos/ 26000/tcp"}, "29168-29171/tcp"},
		{"the narrower of two flows", spec{Product: "veeam", Ports: []string{"2049-2050/tcp"}}, []string{
			"gateway-to-nfs product_flow veeam/gateway-to-nfs 2049/tcp",
			"esxi-to-vpower-nfs product_flow veeam/esxi-to-vpower-nfs 2050/tcp negotiated"}, "29168-29169/tcp"},
		// Without a product there is one listener of the author's own.
		{"negotiated", spec{Ports: []string{"29168-29207/tcp"}, Negotiated: ref(true)}, []string{"own negotiated / 29168-29207/tcp negotiated"}, ""},
		{"undeclared", spec{Ports: []string{"873/tcp"}}, []string{"own undeclared / 873/tcp"}, "29168/tcp"},
		{"not negotiated", spec{Ports: []string{"873/tcp"}, Negotiated: ref(false)}, []string{"own undeclared / 873/tcp"}, "29168/tcp"},
		{"two protocols cannot move", spec{Ports: []string{"873/tcp", "873/udp"}}, []string{"own undeclared / 873/tcp, 873/udp"}, ""},
		{"no protocol at all cannot move", spec{Ports: []string{"any"}}, []string{"own undeclared / any"}, ""},
		{"in an ephemeral range", spec{Ports: []string{"40000-40039/tcp"}, Negotiated: ref(true)}, []string{"own negotiated / 40000-40039/tcp negotiated"}, "29168-29207/tcp"},
		{"too wide to move", spec{Ports: []string{"1024-65535/tcp"}}, []string{"own undeclared / 1024-65535/tcp"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spec.Name = "own"
			resolved, faults := c.spec.Resolve()
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			equalLines(t, "listeners", listeners(resolved), c.want)
			if resolved.Quiet != c.quiet {
				t.Errorf("quiet alternative %q, want %q", resolved.Quiet, c.quiet)
			}
		})
	}
}

func TestPortRangeSpec_Sizing(t *testing.T) {
	const veeam = "one port per task that runs at once on that server, and every VM disk is a task of its own (https://helpcenter.veeam.com/docs/vbr/userguide/windows_server_credentials.html)"
	const own = "one port per connection of a negotiated listener, so one per concurrent job"
	movers := func(concurrency int, ports ...string) spec {
		return spec{Name: "movers", Product: "veeam", Flows: []string{"data-mover-range"}, Ports: ports, Concurrency: &concurrency}
	}
	vault := func(concurrency int, ports ...string) spec {
		return spec{Name: "vault", Negotiated: ref(true), Ports: ports, Concurrency: &concurrency}
	}
	for _, c := range []struct {
		spec     spec
		sizing   *policy.Sizing
		warnings []string
	}{
		{movers(40, "2500-2539/tcp"), &policy.Sizing{Needed: 40, Configured: 40, Rule: veeam}, nil},
		{movers(20, "2500-2539/tcp"), &policy.Sizing{Needed: 20, Configured: 40, Rule: veeam}, nil},
		{movers(40), &policy.Sizing{Needed: 40, Configured: 801, Rule: veeam}, []string{
			"concurrency: Range too wide: The range is 801 ports wide, and 40 are needed (" + veeam + "). Every port more is one more place where something else can listen. Narrow it to 40 ports here and in the product."}},
		{movers(40, "2500-2538/tcp"), &policy.Sizing{Needed: 40, Configured: 39, Rule: veeam}, []string{
			"concurrency: Range too narrow: The range is 39 ports wide, and 40 are needed (" + veeam + "). Backups will fail at random when the ports run out. Widen it to 40 ports here and in the product."}},
		{vault(40, "29168-29247/tcp"), &policy.Sizing{Needed: 40, Configured: 80, Rule: own}, nil},
		{vault(40, "29168-29248/tcp"), &policy.Sizing{Needed: 40, Configured: 81, Rule: own}, []string{
			"concurrency: Range too wide: The range is 81 ports wide, and 40 are needed (" + own + "). Every port more is one more place where something else can listen. Narrow it to 40 ports here and in the product."}},
		{vault(40, "29168/tcp"), &policy.Sizing{Needed: 40, Configured: 1, Rule: own}, []string{
			"concurrency: Range too narrow: The range is 1 port wide, and 40 are needed (" + own + "). Backups will fail at random when the ports run out. Widen it to 40 ports here and in the product."}},
		{vault(1, "29168-29170/tcp"), &policy.Sizing{Needed: 1, Configured: 3, Rule: own}, []string{
			"concurrency: Range too wide: The range is 3 ports wide, and 1 are needed (" + own + "). Every port more is one more place where something else can listen. Narrow it to 1 port here and in the product."}},
		// Flows that do not scale have no sizing, and those beside a range do
		// not count.
		{spec{Name: "pbx", Product: "netbackup", FromRole: "client", ToRole: "primary_server", Concurrency: ref(40)}, nil, nil},
		{spec{Name: "both", Product: "veeam", Flows: []string{"data-mover", "data-mover-range"}, Ports: []string{"6162/tcp", "2500-2539/tcp"}, Concurrency: ref(40)},
			&policy.Sizing{Needed: 40, Configured: 40, Rule: veeam}, nil},
		{spec{Name: "vault", Ports: []string{"29168/tcp"}}, nil, nil},
	} {
		resolved, faults := c.spec.Resolve()
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if got := resolved.Sizing; (got == nil) != (c.sizing == nil) || got != nil && *got != *c.sizing {
			t.Errorf("%+v: sizing %+v, want %+v", c.spec, got, c.sizing)
		}
		equalLines(t, c.spec.Name, lines(resolve.SizingWarnings(resolved)), append([]string{}, c.warnings...))
	}
}

func TestPortRangeSpec_Registered_StopsAtFifty(t *testing.T) {
	resolved, faults := spec{Name: "wide", Ports: []string{"873/tcp", "2500-3300/tcp"}}.Resolve()
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if resolved.RegisteredCount != 795 || len(resolved.Registered) != resolve.MaxRegistered {
		t.Errorf("%d registered services, %d listed", resolved.RegisteredCount, len(resolved.Registered))
	}
	if first := resolved.Registered[0]; first.Port != 873 || first.Name != "rsync" || first.Protocol.String() != "tcp" {
		t.Errorf("the first is %+v", first)
	}
}
