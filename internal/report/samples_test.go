package report

import (
	"fmt"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// sample is a report that every writer is shown.
type sample struct {
	name   string
	report *Report
}

// samples are the reports that every writer is held to with golden files. All
// subjects but the hostile ones come out of the engine.
func samples() []sample {
	return []sample{
		{"empty", finished(&Report{Title: "Review of an empty plan", Notes: []string{"The plan has no policies and no firewall rules."}})},
		{"accepted", finished(&Report{Title: "Review", Subjects: []Subject{acceptedSubject()}})},
		{"rejected", rejectedReport()},
		{"accepted_with_waivers", finished(&Report{Title: "Review", Subjects: []Subject{waivedSubject()}})},
		{"partial", partialReport()},
		{"plan_failed", failedReport()},
		{"cloud_rules", cloudReport()},
		{"hostile", hostileReport()},
		{"hostile_picture", hostilePicture()},
		{"sixty", sixtyReport()},
	}
}

func TestSamples_VerdictsAndScores(t *testing.T) {
	want := map[string]struct {
		verdict  risk.Verdict
		subjects int
	}{
		"empty":                 {risk.Accept, 0},
		"accepted":              {risk.Accept, 1},
		"rejected":              {risk.Rejected, 2},
		"accepted_with_waivers": {risk.AcceptWithWaivers, 1},
		"partial":               {risk.Rejected, 2},
		"plan_failed":           {risk.Rejected, 1},
		"cloud_rules":           {risk.Rejected, 2},
		"hostile":               {risk.Rejected, 2},
		"hostile_picture":       {risk.Accept, 1},
		"sixty":                 {risk.Rejected, 60},
	}
	for _, s := range samples() {
		w, known := want[s.name]
		if !known || s.report.Verdict != w.verdict || len(s.report.Subjects) != w.subjects {
			t.Errorf("%s: verdict %s of %d subjects, want %+v", s.name, s.report.Verdict, len(s.report.Subjects), w)
		}
		delete(want, s.name)
	}
	if len(want) > 0 {
		t.Errorf("samples are missing: %v", want)
	}
}

var sampleDay = sampleDate("2026-11-23")

func sampleDate(text string) policy.Date {
	d, err := policy.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func finished(r *Report) *Report {
	r.Finish()
	return r
}

// judge takes a policy through the engine, as a resource of the plan.
func judge(p *policy.Policy, action, file string, line int) Subject {
	settings := risk.DefaultSettings()
	settings.Today = sampleDay
	a, faults := risk.Assess(p, settings)
	if len(faults) > 0 {
		panic(faults)
	}
	s := Judged(p, a, sampleDay)
	s.Address, s.Action = fmt.Sprintf("backupfw_policy.%s", p.Name), action
	if file != "" {
		s.Location = &Location{File: file, Line: line, EndLine: line}
	}
	return s
}

func samplePorts(texts ...string) portset.Ports {
	p, faults := portset.ParseList(texts)
	if len(faults) > 0 {
		panic(faults)
	}
	return p
}

func sampleRule(name string, d policy.Direction, ports policy.PortRange, zone policy.Zone, cidrs ...string) policy.Rule {
	set, faults := prefixset.ParseList(cidrs)
	if len(faults) > 0 {
		panic(faults)
	}
	return policy.Rule{Name: name, Direction: d, PortRanges: []policy.PortRange{ports},
		Peers: []policy.PeerGroup{{Name: name + "-peers", Zone: zone, Prefixes: set}}}
}

func sampleRange(name string, texts ...string) policy.PortRange {
	return policy.PortRange{Name: name, Listeners: []policy.Listener{{Name: name, Kind: policy.Undeclared, Ports: samplePorts(texts...)}}}
}

func sampleFlow(productID, flowID string) policy.PortRange {
	product, known := catalog.Get(productID)
	if !known {
		panic("no product " + productID)
	}
	f, known := product.Flow(flowID)
	if !known {
		panic("no flow " + flowID)
	}
	return policy.PortRange{Name: flowID, Listeners: []policy.Listener{{
		Name: flowID, Kind: policy.ProductFlow, Product: productID, Flow: flowID,
		Ports: f.Ports, Negotiated: f.Negotiated, Encrypted: f.Encrypted}}}
}

func acceptedSubject() Subject {
	p := &policy.Policy{Name: "storage", Rules: []policy.Rule{
		sampleRule("clients", policy.Ingress, sampleRange("vault", "29168-29187/tcp"), policy.Internal, "10.20.0.0/28", "fd00:40::/64"),
		sampleRule("copies", policy.Egress, sampleRange("second", "29300/tcp"), policy.Internal, "10.30.0.5/32"),
	}}
	p.Rules[0].Peers[0].References = []policy.Reference{{Name: "proxies", Kind: policy.AWSSecurityGroup, MaxHosts: 8}}
	return judge(p, "create", "backup/main.tf", 12)
}

// rejectedReport has a policy that was narrow and is widened, and one that
// only raises warnings.
func rejectedReport() *Report {
	open := judge(&policy.Policy{Name: "repository", Rules: []policy.Rule{
		sampleRule("desktops", policy.Ingress, sampleRange("rdp", "3389/tcp"), policy.DMZ, "198.51.100.0/28"),
		sampleRule("everybody", policy.Ingress, sampleRange("vault", "29168-29207/tcp"), policy.Internet, "0.0.0.0/0", "::/0"),
		sampleRule("legacy", policy.Ingress, sampleRange("rsync", "873/tcp"), policy.Internal, "10.1.2.3/32"),
	}}, "update", "backup/main.tf", 40)
	// A diagnostic of the plan has led to the line of one of the rules.
	for i := range open.Findings {
		if len(open.Findings[i].Rules) == 1 && open.Findings[i].Rules[0] == "everybody" {
			open.Findings[i].Location = &Location{File: "backup/main.tf", Line: 47, EndLine: 51, Column: 3, EndColumn: 4}
		}
	}
	before := judge(&policy.Policy{Name: "repository", Rules: []policy.Rule{
		sampleRule("everybody", policy.Ingress, sampleRange("vault", "29168-29207/tcp"), policy.DMZ, "198.51.100.0/28"),
		sampleRule("ndmp", policy.Ingress, sampleFlow("netbackup", "media-to-filer-ndmp"), policy.DMZ, "198.51.100.32/28"),
	}}, "", "", 0)
	open.Change = &Change{
		Score: before.Score, Verdict: before.Verdict, Gained: open.Findings, Lost: before.Findings,
		Opened:  []Opening{{Rule: "everybody", Direction: "ingress", Ports: []string{"29168-29207/tcp"}, Peers: []string{"0.0.0.0/0", "::/0"}}},
		Closed:  []Opening{{Rule: "ndmp", Direction: "ingress", Ports: []string{"10000/tcp"}, Peers: []string{"198.51.100.32/28"}}},
		Targets: []TargetChange{{Target: "aws_security_group_rules", Gained: []string{"ingress everybody-1"}, Lost: []string{"ingress ndmp-1"}, Kept: 1}},
	}
	warned := judge(&policy.Policy{Name: "filer", Rules: []policy.Rule{
		sampleRule("media", policy.Ingress, sampleFlow("netbackup", "media-to-filer-ndmp"), policy.DMZ, "198.51.100.16/28"),
	}}, "create", "", 0)
	return finished(&Report{Title: "Review", Subjects: []Subject{open, warned}, Notes: []string{"Rules that already exist outside this plan were not looked at."}})
}

func waivedSubject() Subject {
	peers, _ := prefixset.ParseList([]string{"198.51.100.0/28"})
	wide, _ := prefixset.ParseList([]string{"198.51.100.0/24"})
	most := 60
	return judge(&policy.Policy{Name: "mirror", Rules: []policy.Rule{
		sampleRule("archive", policy.Ingress, sampleRange("archive", "50000-53449/tcp"), policy.Internet, "198.51.100.0/24"),
		sampleRule("legacy", policy.Ingress, sampleRange("rsync", "873/tcp"), policy.DMZ, "198.51.100.0/28"),
	}, Waivers: []policy.Waiver{
		{Finding: string(risk.WellKnownPort), Rules: []string{"legacy"}, Ports: samplePorts("873/tcp"), Peers: peers,
			Reason: "site B leaves rsync in March", Owner: "backup-team@example.org", Expires: sampleDay.AddDays(100)},
		{Finding: string(risk.SensitiveService), Ports: samplePorts("873/tcp"), Peers: peers,
			Reason: "site B leaves rsync in March", Owner: "backup-team@example.org", Expires: sampleDay.AddDays(20)},
		{Finding: string(risk.BroadRange), Ports: samplePorts("873/tcp", "50000-53449/tcp"), Peers: wide,
			Reason: "the archive moves to one port in May", Owner: "archive@example.org", Expires: sampleDay.AddDays(180)},
		{Finding: string(risk.ScoreLimit), MaxScore: &most,
			Reason: "until the archive has moved", Owner: "archive@example.org", Expires: sampleDay.AddDays(180)},
	}}, "update", "mirror.tf", 3)
}

// partialReport has a policy of which too little is known, and one of which
// enough is known to reject it.
func partialReport() *Report {
	unknown := &policy.Policy{Name: "clients", Rules: []policy.Rule{
		sampleRule("known", policy.Ingress, sampleRange("vault", "29168-29187/tcp"), policy.Internal, "10.20.0.0/28"),
		{Name: "later", Direction: policy.Ingress, PortRanges: []policy.PortRange{sampleRange("agent", "29200/tcp")}, Partial: true},
	}, Partial: true}
	rejected := &policy.Policy{Name: "server", Rules: []policy.Rule{
		sampleRule("everybody", policy.Ingress, sampleRange("rdp", "3389/tcp"), policy.Internet, "0.0.0.0/0"),
		{Name: "later", Direction: policy.Ingress, PortRanges: []policy.PortRange{sampleRange("agent", "29200/tcp")}, Partial: true},
	}, Partial: true}
	return finished(&Report{Title: "Review", Subjects: []Subject{
		judge(unknown, "create", "main.tf", 8), judge(rejected, "create", "main.tf", 30),
	}})
}

func failedReport() *Report {
	return finished(&Report{Title: "Review", Subjects: []Subject{acceptedSubject()}, Failures: []Failure{
		{Summary: "Reference to undeclared input variable", Detail: "An input variable with the name \"peers\" has not been declared.\n\nDid you mean \"peer\"?",
			Location: &Location{File: "backup/main.tf", Line: 14, EndLine: 14, Column: 13, EndColumn: 22}},
		{Summary: "Invalid provider configuration", Address: "aws_security_group.backup"},
	}})
}

func cloudReport() *Report {
	group := judge(&policy.Policy{Name: "hand", Rules: []policy.Rule{
		sampleRule("ssh", policy.Ingress, sampleRange("ssh", "22/tcp"), policy.ByAddress, "0.0.0.0/0"),
		sampleRule("vault", policy.Ingress, sampleRange("vault", "29168-29187/tcp"), policy.ByAddress, "10.20.0.0/24"),
	}}, "create", "network/groups.tf", 22)
	group.Kind, group.Address, group.Name = CloudRulesKind, "", "aws_security_group.backup"
	group.Rules[0].Address, group.Rules[1].Address = "aws_vpc_security_group_ingress_rule.ssh", "aws_vpc_security_group_ingress_rule.vault"
	group.Notes = []string{"The zone of the peers is not declared, so it follows from their addresses."}
	return finished(&Report{Title: "Review", Subjects: []Subject{group, acceptedSubject()}})
}

// hostileTexts are what a pull request could put into names and reasons to
// be read as something else by one of the forms.
var hostileTexts = []string{
	"a\n::error title=forged::all is well",
	"b\r\n::set-output name=x::y",
	"##[error]c",
	"##vso[task.setvariable variable=d]e",
	"100%0A::warning::f",
	"g]]></failure></testcase><testcase name=\"forged\"/>",
	"h\x00\x01\x1b[31m\ufffe\u202e\u2028\xff",
	"| i | `j` | <b>k</b> </details><!-- l",
	"[m](https://example.org/) ![n](https://example.org/o.png) {0} {{p}} @octocat #1",
	"q,line=1:2,title=r",
	"",
	"   ",
}

func hostileReport() *Report {
	at := 0
	next := func() string {
		at++
		return hostileTexts[(at-1)%len(hostileTexts)]
	}
	list := func() []string { return []string{next(), next()} }
	place := func() *Location { return &Location{File: next(), Line: 3, EndLine: 2, Column: 9, EndColumn: 1} }
	days := -3
	hostile := func(kind Kind) Subject {
		s := Subject{Kind: kind, Address: next(), Name: next(), Action: next(), Score: 101, Limit: 40, Points: 400, Rating: next(), Verdict: risk.Rejected,
			Location: place(), Notes: list()}
		for _, effect := range []risk.Effect{risk.Reject, risk.Accepted, risk.Warn, risk.Info} {
			for range hostileTexts {
				s.Findings = append(s.Findings, Finding{Code: risk.AnyPeer, Severity: risk.Critical, Effect: effect, Rules: list(),
					Ports: list(), Peers: list(), Message: next(), Remedy: next(), WaivedBy: next(), Location: place()})
			}
		}
		s.Findings = append(s.Findings, Finding{Code: "no-such-code", Severity: "no-such-severity", Effect: "no-such-effect", Message: next()})
		for range hostileTexts {
			s.Contributions = append(s.Contributions, Contribution{Service: next(), Class: next(), Direction: next(), Rules: list(), Ports: list(), Hosts: 1e9, Points: 40})
			s.Advice = append(s.Advice, Advice{Action: next(), Rule: next(), Argument: next(), Value: next(), ScoreAfter: 3, Message: next()})
			s.Waivers = append(s.Waivers, Waiver{Finding: next(), Rules: list(), Ports: list(), Peers: list(), Reason: next(), Owner: next(), Expires: next(), DaysLeft: &days})
			s.Rules = append(s.Rules, Rule{Name: next(), Description: next(), Direction: next(), Address: next(),
				PortRanges: []PortRange{{Name: next(), Ports: list(), Products: list()}}, Peers: []PeerGroup{{Name: next(), Zone: next(), Peers: list()}}})
		}
		s.Change = &Change{Score: -1, Verdict: risk.Verdict(next()), Gained: s.Findings[:2], Lost: s.Findings[2:4],
			Opened:  []Opening{{Rule: next(), Direction: next(), Ports: list(), Peers: list()}},
			Closed:  []Opening{{Rule: next(), Direction: next(), Ports: list(), Peers: list()}},
			Targets: []TargetChange{{Target: next(), Gained: list(), Lost: list(), Fault: next()}}}
		return s
	}
	r := &Report{Title: next(), Subjects: []Subject{hostile(PolicyKind), hostile(CloudRulesKind)}, Notes: list()}
	for range hostileTexts {
		r.Failures = append(r.Failures, Failure{Summary: next(), Detail: next(), Address: next(), Location: place()})
	}
	return finished(r)
}

// hostilePicture has every hostile text in a picture, and some that mean
// something to Mermaid alone.
func hostilePicture() *Report {
	s := Subject{Kind: PolicyKind, Name: "end", Score: 1, Limit: 40, Rating: "low", Verdict: risk.Accept}
	names := append([]string{"1. one", "- two", "> three", "# four", "end", "graph TD", "%%{init: {\"theme\": \"dark\"}}%%", "subgraph x",
		`a"]; click peers0 "https://example.org/"; b["c`, `a"] --> b["c`, "```", "`md`", "#quot;", "<br>", "&lt;b&gt;", "$$x^2$$", "fa:fa-ban"}, hostileTexts...)
	for i, name := range names {
		s.Rules = append(s.Rules, Rule{Name: name, Direction: []string{"ingress", "egress"}[i%2],
			PortRanges: []PortRange{{Name: name, Ports: []string{"443/tcp"}}}, Peers: []PeerGroup{{Name: name, Zone: "dmz", Peers: []string{name}}}})
	}
	return finished(&Report{Title: "Review", Subjects: []Subject{s}})
}

// sixtyReport is more than a comment or a list of annotations can show.
func sixtyReport() *Report {
	r := &Report{Title: "Review of a whole estate"}
	for i := range 60 {
		ports, zone, cidr := sampleRange("vault", fmt.Sprintf("%d-%d/tcp", 29168+i, 29168+2*i)), policy.Internal, fmt.Sprintf("10.20.%d.0/28", i)
		switch i % 3 {
		case 1:
			ports = sampleFlow("netbackup", "media-to-filer-ndmp")
			zone = policy.DMZ
		case 2:
			zone, cidr = policy.Internet, fmt.Sprintf("%d.0.0.0/%d", 20+i, 8+i%12)
		}
		p := &policy.Policy{Name: fmt.Sprintf("site-%02d", i), Rules: []policy.Rule{sampleRule("clients", policy.Ingress, ports, zone, cidr)}}
		r.Subjects = append(r.Subjects, judge(p, "create", fmt.Sprintf("sites/%02d.tf", i), 1+i))
	}
	return finished(r)
}
