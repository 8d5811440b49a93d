package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 12345: "12,345", 123456: "123,456", 1234567: "1,234,567", -1: "-1", -1000: "-1,000"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for _, test := range []struct {
		n           int
		thing, want string
	}{
		{0, "finding", "0 findings"}, {1, "finding", "1 finding"}, {2, "finding", "2 findings"}, {2000, "day", "2,000 days"}, {-1, "day", "-1 days"},
		{1, "policy", "1 policy"}, {2, "policy", "2 policies"}, {3, "list of advice", "3 lists of advice"}, {3, "row of the table", "3 rows of the table"},
	} {
		if got := count(test.n, test.thing); got != test.want {
			t.Errorf("count(%d, %s) = %s, want %s", test.n, test.thing, got, test.want)
		}
	}
}

// Whatever is counted has a plural: nothing is called "lists of findingss".
func TestCount_EveryKindOfBlock_HasAPlural(t *testing.T) {
	for _, s := range samples() {
		for _, b := range compose(s.report, 1<<40).blocks {
			got := count(2, b.kind)
			if b.rank != always && strings.Contains(b.kind, " of ") && strings.HasSuffix(got, b.kind+"s") {
				t.Errorf("the plural of %q is %q", b.kind, got)
			}
		}
	}
}

func TestBar(t *testing.T) {
	for score, filled := range map[int]int{0: 0, 1: 1, 10: 1, 11: 2, 50: 5, 99: 10, 100: 10, 101: 10, 1000: 10} {
		if got, want := bar(score), strings.Repeat("█", filled)+strings.Repeat("░", 10-filled); got != want {
			t.Errorf("bar(%d) = %s, want %s", score, got, want)
		}
	}
	if got := bar(-1); got != "" {
		t.Errorf("bar(-1) = %s", got)
	}
}

func TestScore(t *testing.T) {
	for _, test := range []struct {
		s    Subject
		want string
	}{
		{Subject{Score: -1, Limit: 40}, "–"},
		{Subject{Score: 12, Limit: -1}, "12"},
		{Subject{Score: 12, Limit: 40}, "12 (limit 40)"},
		{Subject{Score: 0, Limit: 0}, "0 (limit 0)"},
		{Subject{Score: 12, Limit: -1, Partial: true}, "≥ 12"},
		{Subject{Score: 12, Limit: 40, Partial: true, Change: &Change{Score: 9}}, "9 → ≥ 12 (limit 40)"},
		{Subject{Score: 12, Limit: 40, Change: &Change{Score: 0}}, "0 → 12 (limit 40)"},
		{Subject{Score: 12, Limit: 40, Change: &Change{Score: 12}}, "12 (limit 40)"},
		{Subject{Score: 12, Limit: 40, Change: &Change{Score: -1}}, "12 (limit 40)"},
		{Subject{Score: -1, Limit: -1, Change: &Change{Score: 5}}, "–"},
	} {
		if got := score(&test.s); got != test.want {
			t.Errorf("%+v: %s, want %s", test.s, got, test.want)
		}
	}
}

func TestRating(t *testing.T) {
	for _, test := range []struct {
		s    Subject
		want string
	}{
		{Subject{Score: 12, Rating: "low"}, "low"},
		{Subject{Score: 12, Rating: "low", Partial: true}, "at least low"},
		{Subject{Score: 0, Rating: "low", Partial: true}, ""},
		{Subject{Score: 0, Rating: "low"}, "low"},
	} {
		if got := rating(&test.s); got != test.want {
			t.Errorf("%+v: %s, want %s", test.s, got, test.want)
		}
	}
}

func TestMarkdown_LongLists_CountTheRest(t *testing.T) {
	for _, n := range []int{10, 11, 100, 101, 110, 111, 250} {
		s := Subject{Kind: PolicyKind, Name: "n", Verdict: risk.Rejected}
		for i := range n {
			s.Findings = append(s.Findings, Finding{Code: risk.AnyPeer, Effect: risk.Reject, Message: fmt.Sprint("finding", i, ".")})
			s.Waivers = append(s.Waivers, Waiver{Finding: fmt.Sprint("waiver", i)})
			s.Contributions = append(s.Contributions, Contribution{Service: fmt.Sprint("service", i), Points: 1})
			s.Advice = append(s.Advice, Advice{Message: fmt.Sprint("advice", i, ".")})
			s.Notes = append(s.Notes, fmt.Sprint("note", i, "."))
		}
		r := finished(&Report{Subjects: []Subject{s}})
		got := Markdown(r, whole)
		assertPage(t, r, got)
		for _, list := range []struct {
			word string
			most int
			rest string
		}{
			{"finding", 110, "and %d more."}, {"waiver", 100, "| | and %d more |"}, {"service", 100, "| and %d more |"}, {"advice", 100, "and %d more."}, {"note", 10, "> and %d more\n"},
		} {
			shown := len(regexp.MustCompile(`\b`+list.word+`[0-9]+\b`).FindAllString(got, -1))
			if shown != min(n, list.most) {
				t.Errorf("of %d, %d of the list of %s are shown", n, shown, list.word)
			}
			if rest := fmt.Sprintf(list.rest, n-list.most); (n > list.most) != strings.Contains(got, rest) {
				t.Errorf("of %d of the list of %s: %q", n, list.word, rest)
			}
		}
		if n > 100 && !strings.Contains(got, fmt.Sprintf("| and %d more | | | | | | %d.0 |", n-100, n-100)) {
			t.Errorf("the points of the rest of %d are not added up", n)
		}
	}
}

// What is removed, or left alone with nothing wrong, has a row and no section.
func TestDetailed(t *testing.T) {
	for _, test := range []struct {
		action  string
		verdict risk.Verdict
		want    bool
	}{
		{"create", risk.Accept, true}, {"update", risk.Accept, true}, {"", risk.Accept, true}, {"no-op", risk.Accept, false},
		{"no-op", risk.AcceptWithWaivers, true}, {"no-op", risk.Rejected, true}, {"no-op", risk.Unknown, true}, {"delete", risk.Accept, false},
	} {
		r := finished(&Report{Subjects: []Subject{{Kind: PolicyKind, Name: "n", Action: test.action, Verdict: test.verdict}}})
		if got := strings.Contains(Markdown(r, CommentLimit), "\n### "); got != test.want {
			t.Errorf("%s, %s: there is a section: %t", test.action, test.verdict, got)
		}
	}
}

func TestDaysLeft(t *testing.T) {
	for days, want := range map[int]string{-2000: "ended 2,000 days ago", -2: "ended 2 days ago", -1: "ended 1 day ago", 0: "ends today", 1: "1 day left", 1000: "1,000 days left"} {
		if got := daysLeft(days); got != want {
			t.Errorf("daysLeft(%d) = %s, want %s", days, got, want)
		}
	}
}

// A waiver counts as ended from the day after its last one, and is marked in
// the last thirty days.
func TestWaivers_SignOfTheDay(t *testing.T) {
	for days, want := range map[int]string{-1: "🛑", 0: "⚠️", 30: "⚠️", 31: "🟡"} {
		s := &Subject{Waivers: []Waiver{{Finding: "any-peer", DaysLeft: &days}}}
		if got := waiverTable(s); !strings.Contains(got, "| "+want+" | any-peer |") {
			t.Errorf("%d days: %s", days, got)
		}
	}
}

func TestHosts(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 16: "16", 65536: "65,536", 999999999: "999,999,999", 1e9: "1e+09", 4294967296: "4.29e+09"} {
		if got := hosts(n); got != want {
			t.Errorf("hosts(%v) = %s, want %s", n, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, test := range []struct{ s, want string }{{"", ""}, {"abc", "abc"}, {"ééé", "ééé"}, {"éééé", "ééé… (shortened)"}, {"abcd", "abc… (shortened)"}} {
		if got := shorten(test.s, 3); got != test.want {
			t.Errorf("shorten(%q) = %q, want %q", test.s, got, test.want)
		}
	}
}

func TestWorse_Order(t *testing.T) {
	order := []risk.Verdict{risk.Accept, risk.AcceptWithWaivers, risk.Unknown, risk.Rejected, "no-such-verdict"}
	for i, a := range order {
		for j, b := range order {
			if got := Worse(a, b); got != order[max(i, j)] {
				t.Errorf("Worse(%s, %s) = %s", a, b, got)
			}
		}
	}
	if got := Worse(risk.Rejected, ""); got != "" {
		t.Errorf("an empty verdict is better than a rejection: %s", got)
	}
}

func TestFinish_SortsAndSumsUp(t *testing.T) {
	subject := func(kind Kind, address, name string, score int, v risk.Verdict) Subject {
		return Subject{Kind: kind, Address: address, Name: name, Score: score, Verdict: v}
	}
	r := &Report{Subjects: []Subject{
		subject(CloudRulesKind, "", "a", 5, risk.Accept),
		subject(PolicyKind, "b", "x", -1, risk.Unknown),
		subject(PolicyKind, "a", "z", 7, risk.Accept),
		subject(PolicyKind, "a", "y", 3, risk.AcceptWithWaivers),
		subject(CloudRulesKind, "", "A", 2, risk.Accept),
	}}
	r.Finish()
	var order []string
	for i := range r.Subjects {
		order = append(order, r.Subjects[i].Address+r.Subjects[i].Name)
	}
	if got := strings.Join(order, " "); got != "ay az bx A a" || r.Verdict != risk.Unknown || r.Score != 7 || r.Format != Format {
		t.Errorf("%s, %s, %d", got, r.Verdict, r.Score)
	}
	if r = finished(&Report{}); r.Verdict != risk.Accept || r.Score != -1 {
		t.Errorf("an empty report is %s, %d", r.Verdict, r.Score)
	}
	if r = finished(&Report{Failures: []Failure{{}}}); r.Verdict != risk.Rejected {
		t.Errorf("a failed plan is %s", r.Verdict)
	}
}

// What GitHub would make something of after Markdown, where no parser shows it.
func TestText_WhatForgesRewrite_StandsAsCode(t *testing.T) {
	for s, want := range map[string]string{
		"@octocat":            "<code>&#64;octocat</code>",
		"see @org/team.":      "see <code>&#64;org/team</code>.",
		"a@example.org":       "a&#64;example.org",
		"#12":                 "<code>#12</code>",
		"no #x":               "no #x",
		"GH-7":                "<code>GH-7</code>",
		":smile:":             "<code>:smile:</code>",
		"2001:db8::/32":       "<code>2001:db8::/32</code>",
		"https://example.org": "<code>https&#58;//</code>example.org",
		"www.example.org":     "<code>www&#46;</code>example.org",
		"$x$":                 "&#36;x&#36;",
		"a\nb\tc":             "a b c",
		"\u202ea":             "(U+202E)a",
	} {
		if got := text(s); got != want {
			t.Errorf("text(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestQuote_BeginsNoBlock(t *testing.T) {
	for s, want := range map[string]string{
		"A note.": "> A note.\n", "# a": "> &#35; a\n", "- a": "> &#45; a\n", "1. a": "> &#49;. a\n", "    a": "> a\n", "\n\n# a": "> &#35; a\n",
		"@a": "> <code>&#64;a</code>\n", "#1": "> <code>#1</code>\n", "": "> \n", "é": "> é\n",
	} {
		if got := quote(s); got != want {
			t.Errorf("quote(%q) = %q, want %q", s, got, want)
		}
	}
}

var (
	diagramNode = regexp.MustCompile(`^  (?:peers|ports|host)\d+(?:\["(.*)"\]|\[/"(.*)"/\]|\(\["(.*)"\]\))(?::::(?:exposed|host))?$`)
	diagramEdge = regexp.MustCompile(`^  (?:peers|ports|host)\d+ -->(?:\|"(.*)"\|)? (?:peers|ports|host)\d+$`)
)

func TestMermaid_HostileTexts_StayLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawReport(t)
		for i := range r.Subjects {
			s := &r.Subjects[i]
			diagram, leftOut := Mermaid(s)
			if (diagram != "") != hasPicture(s) || leftOut != 0 {
				t.Fatalf("%d are left out of\n%s", leftOut, diagram)
			}
			if diagram == "" {
				continue
			}
			lines := strings.Split(strings.TrimSuffix(diagram, "\n"), "\n")
			last := len(lines) - 2
			if lines[0] != "flowchart LR" || !strings.HasPrefix(lines[last], "  classDef exposed ") || !strings.HasPrefix(lines[last+1], "  classDef host ") {
				t.Fatalf("the diagram is\n%s", diagram)
			}
			for _, line := range lines[1:last] {
				found := diagramNode.FindStringSubmatch(line)
				if found == nil {
					found = diagramEdge.FindStringSubmatch(line)
				}
				if found == nil {
					t.Fatalf("%q is no node and no arrow:\n%s", line, diagram)
				}
				label := strings.ReplaceAll(strings.Join(found[1:], ""), "<br>", "")
				if strings.ContainsAny(label, "\"<>`\n\r\x00{}[]|&") {
					t.Fatalf("the label %q of %q", label, line)
				}
			}
		}
	})
}

// An arrow that is not drawn is counted, and no picture has more than may be.
func TestMermaid_ManyRules_ArrowsAreLimited(t *testing.T) {
	for _, test := range []struct{ rules, ranges, peers int }{{1, 1, 1}, {29, 1, 1}, {30, 1, 1}, {31, 1, 1}, {61, 1, 1}, {1, 1, 59}, {1, 1, 60}, {1, 1, 61}, {1, 59, 1}, {1, 8, 8}, {3, 5, 7}, {100, 10, 10}} {
		s := &Subject{Name: "host"}
		for i := range test.rules {
			r := Rule{Name: fmt.Sprint("rule", i), Direction: "ingress"}
			for j := range test.ranges {
				r.PortRanges = append(r.PortRanges, PortRange{Name: fmt.Sprint("p", i, j), Ports: []string{fmt.Sprint(j + 1)}})
			}
			for j := range test.peers {
				r.Peers = append(r.Peers, PeerGroup{Name: fmt.Sprint("g", i, j), Peers: []string{fmt.Sprintf("10.0.0.%d", j)}})
			}
			s.Rules = append(s.Rules, r)
		}
		diagram, leftOut := Mermaid(s)
		named := strings.Count(diagram, `-->|"`)
		if arrows := strings.Count(diagram, "-->"); arrows > drawnEdges {
			t.Errorf("%+v: %d arrows are drawn", test, arrows)
		}
		// Every pair of ports and peers has one arrow with the name of the rule.
		if pairs := test.rules * test.ranges * test.peers; named+leftOut != pairs {
			t.Errorf("%+v: of %d pairs %d are drawn and %d left out", test, pairs, named, leftOut)
		}
		if leftOut > 0 && named < drawnEdges/2 {
			t.Errorf("%+v: only %d pairs are drawn", test, named)
		}
	}
}

func TestWithout_ComparesWhatTheFindingIsAbout(t *testing.T) {
	base := Finding{Code: risk.AnyPeer, Effect: risk.Reject, Rules: []string{"a"}, Ports: []string{"1/tcp"}, Peers: []string{"::/0"}, Message: "m"}
	other := func(change func(f *Finding)) Finding { f := base; change(&f); return f }
	if got := Without([]Finding{base, other(func(f *Finding) { f.Message = "n" })}, []Finding{base}); len(got) != 0 {
		t.Errorf("texts count: %+v", got)
	}
	for name, f := range map[string]Finding{
		"code": other(func(f *Finding) { f.Code = risk.BroadRange }), "effect": other(func(f *Finding) { f.Effect = risk.Accepted }),
		"rules": other(func(f *Finding) { f.Rules = []string{"b"} }), "ports": other(func(f *Finding) { f.Ports = []string{"2/tcp"} }),
		"peers": other(func(f *Finding) { f.Peers = nil }), "more rules": other(func(f *Finding) { f.Rules = []string{"a", "b"} }),
	} {
		if got := Without([]Finding{f}, []Finding{base}); len(got) != 1 {
			t.Errorf("%s: a finding is taken for another", name)
		}
	}
	if got := Without([]Finding{other(func(f *Finding) { f.Effect = risk.Info })}, nil); len(got) != 0 {
		t.Errorf("what informs counts: %+v", got)
	}
}

func TestCompared(t *testing.T) {
	for _, test := range []struct {
		now, was        int
		verdict, before risk.Verdict
		partial         bool
		want            string
	}{
		{12, 9, risk.Accept, risk.Accept, false, "score 9 → 12."},
		{12, 12, risk.Accept, risk.Accept, false, "score 12 as before."},
		{12, 9, risk.Unknown, risk.Accept, true, "score 9 → at least 12, accepted → not known yet."},
		{-1, 9, risk.Rejected, "", false, "the score was 9."},
		{12, -1, risk.Accept, "", false, "the score before is not known."},
		{12, 9, risk.Rejected, risk.AcceptWithWaivers, false, "score 9 → 12, accepted with waivers → rejected."},
	} {
		got := compared(&Subject{Score: test.now, Verdict: test.verdict, Partial: test.partial}, &Change{Score: test.was, Verdict: test.before})
		if want := "**Compared with the state before the plan**: " + test.want + "\n\n"; got != want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}
