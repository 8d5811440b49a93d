package review

import (
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// waivedPolicy is the recorded policy of score 4 with a waiver for a score.
func waivedPolicy(t *testing.T, maxScore any, expires any, unknown bool) planned {
	t.Helper()
	value := recordedPolicy(t, "waived.json")
	waiver := object{"finding": "score-limit", "max_score": maxScore, "expires": expires, "owner": "a@example.org", "reason": "until the move is done",
		"peers": nil, "ports": nil, "rules": nil}
	p := planned{resourceType: "backupfw_policy", name: "primary", after: value}
	value["waiver"] = append(value["waiver"].([]any), waiver)
	if unknown {
		delete(waiver, "expires")
		p.unknown = object{"waiver": []any{object{}, object{"expires": true}}}
	}
	return p
}

func TestMaxScore(t *testing.T) {
	plain := planned{resourceType: "backupfw_policy", name: "primary", after: recordedPolicy(t, "waived.json")}
	for name, test := range map[string]struct {
		policy   planned
		maxScore string
		status   int
		limit    int
	}{
		"above":                                  {plain, "5", Accepted, 5},
		"equal":                                  {plain, "4", Accepted, 4},
		"below":                                  {plain, "3", Refused, 3},
		"zero":                                   {plain, "0", Refused, 0},
		"wider than the provider's":              {plain, "90", Accepted, 30},
		"a waiver that accepts the score":        {waivedPolicy(t, 4, "2027-03-31", false), "3", Accepted, 3},
		"a waiver for more":                      {waivedPolicy(t, 50, "2027-03-31", false), "3", Accepted, 3},
		"a waiver for less":                      {waivedPolicy(t, 3, "2027-03-31", false), "3", Refused, 3},
		"a waiver for no score":                  {waivedPolicy(t, nil, "2027-03-31", false), "3", Refused, 3},
		"a waiver on its last day":               {waivedPolicy(t, 4, "2026-11-23", false), "3", Accepted, 3},
		"an expired waiver":                      {waivedPolicy(t, 4, "2026-11-22", false), "3", Refused, 3},
		"a waiver of which the end is not known": {waivedPolicy(t, 4, nil, true), "3", Refused, 3},
	} {
		t.Run(name, func(t *testing.T) {
			r, o := reviewed(t, planOf(t, nil, test.policy), "-max-score", test.maxScore)
			s := subjectNamed(r, "primary-server")
			if o.status != test.status || s == nil || s.Limit != test.limit {
				t.Fatalf("status %d, limit %+v\n%s%s", o.status, s, o.stdout, o.stderr)
			}
			rejected := slices.ContainsFunc(s.Findings, func(f report.Finding) bool {
				return f.Code == risk.ScoreLimit && f.Effect == risk.Reject && strings.Contains(f.Message, "The score is 4 (low), and this review accepts at most "+test.maxScore)
			})
			if s.Partial {
				if !strings.Contains(o.stdout, "The score is at least 4 (low)") || s.Verdict != risk.Rejected {
					t.Errorf("the verdict is %s\n%s%s", s.Verdict, o.stdout, o.stderr)
				}
				return
			}
			if want := o.status == Refused; (s.Verdict == risk.Rejected) != want || rejected != want {
				t.Errorf("the verdict is %s\n%s%s", s.Verdict, o.stdout, o.stderr)
			}
		})
	}
}

// What is known of a policy may be too much already.
func TestMaxScore_PartialPolicy_IsABound(t *testing.T) {
	change := recordedChange(t, "unknown.json")
	ranges := change["after"].(object)["rules"].(object)["dmz_clients"].(object)
	peers := object{"except": nil, "name": "known", "prefixes": []any{"198.51.100.0/28"}, "references": nil, "zone": "dmz", "zone_reason": nil}
	ranges["peers"] = append(ranges["peers"].([]any), peers)
	mask := change["after_unknown"].(object)
	mask["rules"] = object{"dmz_clients": object{"peers": []any{object{"prefixes": true}, object{}}}}
	p := planned{resourceType: "backupfw_policy", name: "primary", after: change["after"], unknown: mask}
	r, o := reviewed(t, planOf(t, nil, p))
	bound := r.Score
	if bound <= 0 || r.Verdict != risk.Unknown || o.status != Refused {
		t.Fatalf("score %d, %s", bound, r.Verdict)
	}
	r, o = reviewed(t, planOf(t, nil, p), "-max-score", "0", "-accept-unknown")
	if r.Verdict != risk.Rejected || o.status != Refused || !strings.Contains(o.stdout, "The score is at least ") {
		t.Errorf("%s, status %d\n%s", r.Verdict, o.status, o.stdout)
	}
	if _, o = reviewed(t, planOf(t, nil, p), "-max-score", "100", "-accept-unknown"); o.status != Accepted {
		t.Errorf("status %d: %s", o.status, o.stderr)
	}
}

// Waivers hold for a policy of which not everything is known: the days are those
// of the plan.
func TestPartialPolicy_WithWaivers(t *testing.T) {
	plan := func(expires string) []byte {
		p := waivedPolicy(t, 50, "2027-03-31", false)
		value := p.after.(object)
		value["waiver"].([]any)[0].(object)["expires"] = expires
		rules := value["rules"].(object)
		rules["later"] = object{"description": nil, "direction": "ingress", "port_ranges": rules["dmz_clients"].(object)["port_ranges"],
			"peers": []any{object{"except": nil, "name": "later", "references": nil, "zone": "dmz", "zone_reason": nil}}}
		p.unknown = object{"rules": object{"later": object{"peers": []any{object{"prefixes": true}}}}}
		for _, computed := range []string{"advice", "allows", "contributions", "findings", "points", "rating", "rule_count", "score", "score_limit", "verdict"} {
			delete(value, computed)
			p.unknown.(object)[computed] = true
		}
		return planOf(t, nil, p)
	}
	r, o := reviewed(t, plan("2027-03-31"))
	s := subjectNamed(r, "primary-server")
	if o.status != Refused || s == nil || s.Verdict != risk.Unknown || len(s.Findings) != 1 || s.Findings[0].Effect != risk.Accepted || *s.Waivers[0].DaysLeft != 128 {
		t.Errorf("status %d\n%s%s", o.status, o.stdout, o.stderr)
	}
	r, o = reviewed(t, plan("2026-11-22"))
	if s = subjectNamed(r, "primary-server"); o.status != Refused || s == nil || s.Verdict != risk.Rejected || *s.Waivers[0].DaysLeft != -1 {
		t.Errorf("status %d\n%s%s", o.status, o.stdout, o.stderr)
	}
}

// A rejection that is there already is not added a second time.
func TestMaxScore_RejectedByTheProvider_OneFinding(t *testing.T) {
	value := recordedPolicy(t, "good.json")
	value["score"], value["verdict"] = 50, "reject"
	value["findings"] = []any{object{"code": "score-limit", "severity": "high", "effect": "reject", "rule": nil, "rules": []any{}, "ports": []any{}, "prefixes": []any{},
		"message": "M", "remedy": "R", "waived_by": nil}}
	r, o := reviewed(t, planOf(t, nil, planned{resourceType: "backupfw_policy", name: "primary", after: value}), "-max-score", "20")
	if len(r.Subjects[0].Findings) != 1 || o.status != Refused {
		t.Errorf("status %d: %+v", o.status, r.Subjects[0].Findings)
	}
}

const errorStream = `{"type":"version"}
{"type":"change_summary","changes":{"operation":"plan"}}
{"type":"diagnostic","diagnostic":{"severity":"error","summary":"No such thing","detail":"D","address":"t.a","range":{"filename":"main.tf","start":{"line":3,"column":1},"end":{"line":3,"column":9}}}}
`

func TestErroredPlan(t *testing.T) {
	good := planned{resourceType: "backupfw_policy", name: "primary", after: recordedPolicy(t, "good.json")}
	errored := planOf(t, object{"errored": true, "complete": false}, good)
	dir := t.TempDir()
	stream := scratchFile(t, dir, "plan.jsonl", errorStream)
	cut := scratchFile(t, dir, "cut.jsonl", errorStream[:strings.LastIndex(strings.TrimSpace(errorStream), "\n")+1])

	r, o := reviewed(t, errored)
	if o.status != Refused || r.Verdict != risk.Rejected || len(r.Failures) != 1 || r.Failures[0].Summary != "The plan is not whole" || len(r.Notes) != 0 {
		t.Errorf("status %d\n%s%s", o.status, o.stdout, o.stderr)
	}
	r, o = reviewed(t, errored, "-diagnostics", stream, "-config", "infra")
	if o.status != Refused || len(r.Failures) != 1 || r.Failures[0].Summary != "No such thing" || *r.Failures[0].Location != (report.Location{File: "infra/main.tf", Line: 3, EndLine: 3, Column: 1, EndColumn: 9}) || len(r.Notes) != 1 {
		t.Errorf("status %d\n%s%s", o.status, o.stdout, o.stderr)
	}
	// A stream that was cut before its errors says nothing of them, but the plan
	// does.
	if r, o = reviewed(t, errored, "-diagnostics", cut); o.status != Refused || len(r.Failures) != 1 || r.Failures[0].Summary != "The plan is not whole" {
		t.Errorf("status %d\n%s%s", o.status, o.stdout, o.stderr)
	}
	if o := run([]byte(errorStream), "-diagnostics"); o.status != Refused {
		t.Errorf("status %d\n%s", o.status, o.stderr)
	}
	if o := run([]byte(strings.Split(errorStream, "{\"type\":\"diagnostic\"")[0]), "-diagnostics"); o.status != Unreadable || o.stdout != "" {
		t.Errorf("status %d\n%s", o.status, o.stdout)
	}
	// An error beside a plan that seems whole is still an error.
	if r, o = reviewed(t, planOf(t, nil, good), "-diagnostics", stream); o.status != Refused || r.Verdict != risk.Rejected {
		t.Errorf("status %d\n%s%s", o.status, o.stdout, o.stderr)
	}
}

func TestIncompletePlan(t *testing.T) {
	good := planned{resourceType: "backupfw_policy", name: "primary", after: recordedPolicy(t, "good.json")}
	r, o := reviewed(t, planOf(t, object{"complete": false}, good))
	if o.status != Accepted || len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], "The plan is not complete: ") {
		t.Errorf("status %d, %q", o.status, r.Notes)
	}
	if r, _ = reviewed(t, planOf(t, object{"complete": true}, good)); len(r.Notes) != 0 {
		t.Errorf("the notes are %q", r.Notes)
	}
	deferred := func(addresses ...string) object {
		var all []any
		for _, a := range addresses {
			all = append(all, object{"reason": "x", "resource_change": object{"address": a}})
		}
		return object{"deferred_changes": all}
	}
	for _, address := range []string{"backupfw_policy.later", `module.a["x.y"].backupfw_policy.later["k"]`, "aws_security_group_rule.later[0]", "module.a.google_compute_firewall.f"} {
		r, o := reviewed(t, planOf(t, deferred(address), good))
		s := subjectNamed(r, address)
		if s == nil || s.Verdict != risk.Unknown || !s.Partial || s.Score != -1 || o.status != Refused || len(r.Subjects) != 2 {
			t.Errorf("%s: status %d\n%s", address, o.status, o.stdout)
		}
		if o := run(planOf(t, deferred(address), good), "-accept-unknown"); o.status != Accepted {
			t.Errorf("%s: status %d\n%s", address, o.status, o.stderr)
		}
	}
	for _, address := range []string{"aws_instance.i", `aws_instance.i["backupfw_policy.x"]`, "backupfw_port_range.r", ""} {
		if r, o := reviewed(t, planOf(t, deferred(address), good)); len(r.Subjects) != 1 || o.status != Accepted {
			t.Errorf("%s: status %d\n%s", address, o.status, o.stdout)
		}
	}
}

func TestPlannedPolicy_WithoutAnyValue_IsUnreadable(t *testing.T) {
	for name, p := range map[string]planned{
		"nothing":        {action: "delete"},
		"no value after": {action: "update"},
		"all unknown":    {unknown: true},
	} {
		p.resourceType, p.name = "backupfw_policy", "p"
		if o := run(planOf(t, nil, p)); o.status != Unreadable || o.stdout != "" || !strings.Contains(o.stderr, "backupfw_policy.p") {
			t.Errorf("%s: status %d\n%s%s", name, o.status, o.stdout, o.stderr)
		}
	}
}

// What another version of the provider says may mean anything, so it is not
// taken for acceptance.
func TestPlannedPolicy_OfAnotherVersion_IsUnreadable(t *testing.T) {
	for want, change := range map[string]func(value object){
		`verdict: "accept_for_now" is not known`:    func(v object) { v["verdict"] = "accept_for_now" },
		`verdict: "" is not known`:                  func(v object) { v["verdict"] = "" },
		"verdict: ":                                 func(v object) { v["verdict"] = nil },
		`findings: the effect "block" is not known`: func(v object) { v["findings"].([]any)[0].(object)["effect"] = "block" },
		"unsupported attribute":                     func(v object) { v["colour"] = "red" },
	} {
		value := recordedPolicy(t, "waived.json")
		change(value)
		o := run(planOf(t, nil, planned{resourceType: "backupfw_policy", name: "p", after: value}))
		if o.status != Unreadable || o.stdout != "" || !strings.Contains(o.stderr, want) || !strings.Contains(o.stderr, "version of the provider") {
			t.Errorf("%s: status %d\n%s%s", want, o.status, o.stdout, o.stderr)
		}
	}
}

// The days of waivers are counted from the plan, or from today when it does not
// say when it was made.
func TestWaivers_DaysLeft(t *testing.T) {
	p := waivedPolicy(t, 4, "2026-12-01", false)
	for timestamp, want := range map[string]int{"2026-11-01T23:59:59Z": 30, "2026-12-03T00:00:00Z": -2, "": 8, "yesterday": 8} {
		r, o := reviewed(t, planOf(t, object{"timestamp": timestamp}, p))
		w := r.Subjects[0].Waivers
		if len(w) != 2 || w[1].DaysLeft == nil || *w[1].DaysLeft != want {
			t.Errorf("%q: %s", timestamp, o.stdout)
		}
	}
}

// Findings that a waiver may accept, of which not everything is known, are not
// known either.
func TestAcceptUnknown_FindingsOfAnUnknownWaiver(t *testing.T) {
	plan := planOf(t, nil, waivedPolicy(t, 4, nil, true))
	if o := run(plan); o.status != Refused || !strings.Contains(o.stderr, "cannot be judged yet") {
		t.Errorf("status %d: %s", o.status, o.stderr)
	}
	if o := run(plan, "-accept-unknown"); o.status != Accepted || o.stderr != "" {
		t.Errorf("status %d: %s", o.status, o.stderr)
	}
}
