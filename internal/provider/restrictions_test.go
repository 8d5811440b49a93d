package provider_test

import (
	"strings"
	"testing"
)

// The places of the parts of accepted().
var (
	thePeers     = []any{"rules", "backup", "peers", 0}
	thePortRange = []any{"rules", "backup", "port_ranges", 0}
	theListener  = append(thePortRange[:4:4], "listeners", 0)
)

func in(place []any, names ...any) []any { return append(place[:len(place):len(place)], names...) }

// badPolicy is a policy that cannot be judged, and everything that is said.
type badPolicy struct {
	name   string
	config obj
	want   []string // "path: title: detail", in the order of the policy
}

func badPolicies() []badPolicy {
	const (
		peers     = `rules["backup"].peers[0]`
		portRange = `rules["backup"].port_ranges[0]`
		listener  = portRange + `.listeners[0]`
	)
	a := accepted()
	scoreless := with(accepted(), seq{waiver()}, "waiver")
	cases := []badPolicy{
		{"direction missing", without(a, "rules", "backup", "direction"), []string{
			`rules["backup"].direction: Missing direction: direction is missing. Without it nobody can say who dials. Write "ingress" or "egress".`}},
		{"direction misspelt", with(a, "inbound", "rules", "backup", "direction"), []string{
			`rules["backup"].direction: Unknown direction: direction = "inbound" is not a direction. It says who dials. Write "ingress" when the peers dial this host, "egress" when this host dials the peers.`}},
		{"peers missing", without(a, "rules", "backup", "peers"), []string{
			`rules["backup"].peers: Rule without peers: Rule "backup" has no peers. Some clouds read a rule without peers as everybody. List at least one peer group in peers, or remove the rule.`}},
		{"peers empty", with(a, seq{}, "rules", "backup", "peers"), []string{
			`rules["backup"].peers: Rule without peers: Rule "backup" has no peers. Some clouds read a rule without peers as everybody. List at least one peer group in peers, or remove the rule.`}},
		{"port ranges missing", without(a, "rules", "backup", "port_ranges"), []string{
			`rules["backup"].port_ranges: Rule without ports: Rule "backup" has no port ranges. Some clouds read a rule without ports as all ports. List at least one port range in port_ranges, or remove the rule.`}},
		{"zone missing", without(a, in(thePeers, "zone")...), []string{
			peers + `.zone: Missing zone: zone is missing. The zone decides how much an address counts; a missing one must not make the rule look harmless. Write one of "by_address", "management", "internal", "dmz", "partner", "internet".`}},
		{"zone empty", with(a, "", in(thePeers, "zone")...), []string{
			peers + `.zone: Missing zone: zone is missing. The zone decides how much an address counts. Write "by_address", say.`}},
		{"zone misspelt", with(a, "DMZ", in(thePeers, "zone")...), []string{
			peers + `.zone: Unknown zone: zone = "DMZ" is not a zone. The zone decides how much an address counts. Use one of by_address, management, internal, dmz, partner, internet.`}},
		{"prefixes missing", without(a, in(thePeers, "prefixes")...), []string{
			peers + `.prefixes: Missing prefixes: prefixes is missing. A hand-written peer group uses the resolved form, in which nothing that narrows may be missing. Pass a whole backupfw_peer_group, or write { name = "clients", prefixes = ["198.51.100.16/28"], zone = "dmz" }.`}},
		{"prefixes empty", with(a, seq{}, in(thePeers, "prefixes")...), []string{
			peers + `.prefixes: Peer group without peers: Peer group "clients" holds no address and no reference. Some clouds read an empty list of peers as everybody. List at least one address, for example "198.51.100.16/28".`}},
		{"everything excepted", with(a, seq{"198.51.100.0/24"}, in(thePeers, "except")...), []string{
			peers + `.prefixes: Peer group without peers: Peer group "clients" holds no address and no reference. Some clouds read an empty list of peers as everybody. List at least one address, for example "198.51.100.16/28".`}},
		{"prefix with host bits", with(a, "198.51.100.17/28", in(thePeers, "prefixes", 0)...), []string{
			peers + `.prefixes[0]: Host bits set: "198.51.100.17/28" has address bits set behind the prefix length. It could mean the one host or its whole network. Write "198.51.100.16/28" for the network or "198.51.100.17/32" for the host.`}},
		{"prefix null", with(a, nil, in(thePeers, "prefixes", 0)...), []string{
			peers + `.prefixes[0]: Null value: The element is null. It is not clear whether it should stand for nothing or for everything. Remove the element, for example with compact().`}},
		{"peer name missing", without(a, in(thePeers, "name")...), []string{
			peers + `.name: Missing name: name is missing. The name says which peers a finding is about. Write name = "dmz-clients", say.`}},
		{"peer group null", with(a, nil, thePeers...), []string{
			peers + `: Null value: The element is null. Some clouds read missing peers as everybody. Remove the element, for example with [for p in peers : p if p != null].`}},
		{"port range null", with(a, nil, thePortRange...), []string{
			portRange + `: Null value: The element is null. A port range that is null opens nothing. Remove the element, for example with [for r in ranges : r if r != null].`}},
		{"rule null", with(a, nil, "rules", "backup"), []string{
			`rules["backup"]: Null value: The element is null. A rule that is null neither opens nor closes anything. Remove the key, or write the rule.`}},
		{"rule key", policyOf(obj{"Back up": ruleOf(vault(), clients())}), []string{
			`rules["Back up"]: Invalid name: The rule's key "Back up" is not a valid name. Names become keys and descriptions of cloud rules, where other characters are refused. Use 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit, such as "back-up".`}},
		{"port range name missing", without(a, in(thePortRange, "name")...), []string{
			portRange + `.name: Missing name: name is missing. The name says which port range a finding is about. Write name = "vault", say.`}},
		{"listeners missing", without(a, in(thePortRange, "listeners")...), []string{
			portRange + `.listeners: Missing listeners: listeners is missing. A hand-written port range must say what listens, or it would open nothing. Pass a whole backupfw_port_range, or write listeners = [{ name = "vault", kind = "negotiated", ports = ["40000-40039/tcp"] }].`}},
		{"listeners empty", with(a, seq{}, in(thePortRange, "listeners")...), []string{
			portRange + `.listeners: Port range without listeners: Port range "vault" has no listeners, so it opens nothing. Some clouds read an empty list of ports as all ports. Pass a whole backupfw_port_range, or write listeners = [{ name = "vault", kind = "negotiated", ports = ["40000-40039/tcp"] }].`}},
		{"listener null", with(a, nil, theListener...), []string{
			listener + `: Null value: The element is null. A listener that is null opens nothing. Remove the element.`}},
		{"listener name missing", without(a, in(theListener, "name")...), []string{
			listener + `.name: Missing name: name is missing. All ports of one name are scored as one listener. Write name = "vault", say.`}},
		{"kind missing", without(a, in(theListener, "kind")...), []string{
			listener + `.kind: Missing kind: kind is missing. It decides how the ports are scored. Write "product_flow", "negotiated" or "undeclared".`}},
		{"kind misspelt", with(a, "flow", in(theListener, "kind")...), []string{
			listener + `.kind: Unknown listener kind: kind = "flow" is not a kind of listener. It decides how the ports are scored. Write "product_flow", "negotiated" or "undeclared".`}},
		{"ports missing", without(a, in(theListener, "ports")...), []string{
			listener + `.ports: Missing ports: ports is missing. Some clouds read missing ports as all ports. Write ports = ["40000-40039/tcp"], say.`}},
		{"ports empty", with(a, seq{}, in(theListener, "ports")...), []string{
			listener + `.ports: Listener without ports: Listener "vault" has no ports. Some clouds read an empty list of ports as all ports. List the ports, for example ports = ["40000-40039/tcp"].`}},
		{"port without protocol", with(a, "29168", in(theListener, "ports", 0)...), []string{
			listener + `.ports[0]: Missing protocol: "29168" has no protocol. The same number is another service on another protocol. Write "29168/tcp", or "29168/udp" where the service uses UDP.`}},
		{"flow without product", with(a, "product_flow", in(theListener, "kind")...), []string{
			listener + `.product: Missing product: product is missing. A listener of kind "product_flow" is judged by the documentation of its flow. Write product = "netbackup", say, or another kind.`,
			listener + `.flow: Missing flow: flow is missing. A listener of kind "product_flow" is judged by the documentation of its flow. Write flow = "client-to-primary-pbx", say, or another kind.`}},
		{"kind against negotiated", with(a, false, in(theListener, "negotiated")...), []string{
			listener + `.negotiated: Kind contradicts negotiated: Listener "vault" has kind = "negotiated" and negotiated = false. Only one of the two can be true, and they are scored differently. Write negotiated = true, or kind = "undeclared".`}},
		{"sizing incomplete", with(a, obj{"needed": 40}, in(thePortRange, "sizing")...), []string{
			portRange + `.sizing.configured: Missing configured: configured is missing. The width of the range is compared with what the load needs. Write needed and configured, both in ports, or leave sizing out.`}},
		{"sizing of nothing", with(a, obj{"needed": 0, "configured": 200000}, in(thePortRange, "sizing")...), []string{
			portRange + `.sizing.needed: Sizing out of range: needed = 0 is not a number of ports. The width of the range is compared with what the load needs. Write a whole number from 1 to 196608, or leave sizing out.`,
			portRange + `.sizing.configured: Sizing out of range: configured = 200000 is not a number of ports. The width of the range is compared with what the load needs. Write a whole number from 1 to 196608, or leave sizing out.`}},
		{"reference without hosts", with(a, obj{"app": obj{"kind": "aws_security_group"}}, in(thePeers, "references")...), []string{
			peers + `.references["app"].max_hosts: Missing max_hosts: max_hosts is missing. The reference is scored as that many hosts. Write how many hosts the object stands for at most.`}},
		{"reference without kind", with(a, obj{"app": obj{"max_hosts": 4}}, in(thePeers, "references")...), []string{
			peers + `.references["app"].kind: Missing kind: kind is missing. It decides which cloud can express the rule. Write "aws_security_group", say.`}},
		{"reference null", with(a, obj{"app": nil}, in(thePeers, "references")...), []string{
			peers + `.references["app"]: Null value: The element is null. A reference that is null stands for nobody. Remove the key.`}},
		{"score limit", with(a, -1, "max_score"), []string{
			`max_score: Score limit out of range: max_score = -1 is not a score. Scores go from 0 to 100. Write a whole number from 0 to 100.`}},
		{"waiver date", with(scoreless, "31.12.2026", "waiver", 0, "expires"), []string{
			`waiver[0].expires: Invalid date: expires = "31.12.2026" is not a date. Nobody could say until when the waiver holds. Write the last day as "2027-03-31".`}},
		{"many at once", with(with(with(a, "in", "rules", "backup", "direction"), "inside", in(thePeers, "zone")...), "40000", in(theListener, "ports", 0)...), []string{
			`rules["backup"].direction: Unknown direction: direction = "in" is not a direction. It says who dials. Write "ingress" when the peers dial this host, "egress" when this host dials the peers.`,
			listener + `.ports[0]: Missing protocol: "40000" has no protocol. The same number is another service on another protocol. Write "40000/tcp", or "40000/udp" where the service uses UDP.`,
			peers + `.zone: Unknown zone: zone = "inside" is not a zone. The zone decides how much an address counts. Use one of by_address, management, internal, dmz, partner, internet.`}},
	}
	for _, name := range []string{"finding", "reason", "owner", "expires"} {
		instead := map[string]string{
			"finding": `Write the code of the finding, for example "well-known-port".`,
			"reason":  "Say why the risk is accepted.",
			"owner":   "Name who answers for it.",
			"expires": `Write the last day, for example "2027-03-31".`,
		}[name]
		cases = append(cases, badPolicy{"waiver without " + name, without(scoreless, "waiver", 0, name), []string{
			`waiver[0].` + name + `: Missing ` + name + `: ` + name + ` is missing. A waiver says what is accepted, why, by whom and until when. ` + instead}})
	}
	return cases
}

// shown turns "path: title: detail" into what a resource reports: the path as
// far as Terraform can show it, and the rest in words.
func shown(prefix, fault string) string {
	path, text, _ := strings.Cut(fault, ": ")
	title, detail, _ := strings.Cut(text, ": ")
	full := prefix + path
	place := full
	if prefix != "" {
		place = strings.TrimSuffix(prefix, ".")
	} else if strings.HasPrefix(path, "rules[") {
		place = path[:strings.Index(path, "]")+1]
	}
	if place != full {
		detail += " (At " + full + ".)"
	}
	return "ERROR " + place + ": " + title + ". " + detail
}

// TestPolicy_MissingOrMisspelt_IsAnErrorEverywhere runs each bad policy through
// everything that takes a policy: nothing may read it as a wider one.
func TestPolicy_MissingOrMisspelt_IsAnErrorEverywhere(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range badPolicies() {
		t.Run(c.name, func(t *testing.T) {
			var resource, source []string
			for _, fault := range c.want {
				resource, source = append(resource, shown("", fault)), append(source, shown("policy.", fault))
			}
			equalTexts(t, "validate", s.validate(t, "policy", c.config), resource)
			for _, name := range []string{"assessment", "aws_security_group_rules"} {
				state, problems := s.read(t, name, obj{"policy": c.config})
				equalTexts(t, "data source "+name, problems, source)
				if !state.IsNull() && get(t, state, computedName(name)) != nil {
					t.Errorf("data source %s computes something: %s", name, state)
				}
			}
			want := "argument 0: " + strings.Join(c.want, "\n")
			settings := loose(t, obj{"today": "2026-06-01", "max_score": 100})
			for _, name := range []string{"assess", "aws_security_group_rules"} {
				if _, got := s.call(t, name, loose(t, c.config), settings); got != want {
					t.Errorf("function %s: got\n%s\nwant\n%s", name, got, want)
				}
			}
		})
	}
}

func computedName(dataSource string) string {
	if dataSource == "assessment" {
		return "score"
	}
	return "ingress"
}

// equalTexts compares two sets of diagnostics.
func equalTexts(t testing.TB, what string, got, want []string) {
	t.Helper()
	left := map[string]int{}
	for _, text := range want {
		left[text]++
	}
	for _, text := range got {
		left[text]--
	}
	for _, text := range want {
		if left[text] > 0 {
			t.Errorf("%s: missing\n  %s", what, text)
		}
	}
	for _, text := range got {
		if left[text] < 0 {
			t.Errorf("%s: unexpected\n  %s", what, text)
		}
	}
}

// TestFunctions_UnknownAttribute_IsRefusedAtEveryLevel: Terraform hands all
// attributes of an argument to a function, so there a misspelt one can be seen.
func TestFunctions_UnknownAttribute_IsRefusedAtEveryLevel(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	base := with(richPolicy(), "2026-06-30", "waiver", 0, "expires")
	desk := []any{"rules", "desk"}
	for _, c := range []struct {
		place []any
		path  string
	}{
		{nil, ""},
		{desk, `rules["desk"].`},
		{in(desk, "port_ranges", 0), `rules["desk"].port_ranges[0].`},
		{in(desk, "port_ranges", 0, "sizing"), `rules["desk"].port_ranges[0].sizing.`},
		{in(desk, "port_ranges", 0, "listeners", 0), `rules["desk"].port_ranges[0].listeners[0].`},
		{in(desk, "peers", 0), `rules["desk"].peers[0].`},
		{in(desk, "peers", 0, "references", "app"), `rules["desk"].peers[0].references["app"].`},
		{[]any{"waiver", 0}, `waiver[0].`},
	} {
		misspelt := with(base, "x", in(c.place, "expect")...)
		for _, name := range []string{"assess", "aws_security_group_rules"} {
			_, got := s.call(t, name, loose(t, misspelt), loose(t, obj{"today": "2026-06-01"}))
			want := "argument 0: " + c.path + `expect: Unknown attribute: "expect" is not an attribute of this object. A misspelt restriction would be lost. Use one of `
			if !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
				t.Errorf("%s: got\n%s\nwant one line that starts with\n%s", name, got, want)
			}
		}
	}
	if _, got := s.call(t, "assess", loose(t, base), loose(t, obj{"today": "2026-06-01"})); got != "" {
		t.Errorf("without the misspelt attribute: %s", got)
	}
}
