package provider_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"
)

// moving serves a provider whose clock the test moves.
func moving(t testing.TB, day time.Time, settings obj) (s *server, to func(time.Time)) {
	t.Helper()
	s = start(t, func() time.Time { return day })
	if problems := s.configure(t, settings); len(problems) > 0 {
		t.Fatalf("configure: %s", strings.Join(problems, "\n"))
	}
	return s, func(d time.Time) { day = d }
}

// until is waived() with another last day.
func until(last string) obj { return with(waived(), last, "waiver", 0, "expires") }

// renewed has a waiver that ends and one that stands in for it, listed in both
// orders.
func renewed(last string, longFirst bool) obj {
	short, long := with(waiver(), last, "expires"), waiver()
	if longFirst {
		return with(waived(), seq{long, short}, "waiver")
	}
	return with(waived(), seq{short, long}, "waiver")
}

// outdated is the last error of a plan that was accepted on an earlier day.
const outdated = "Plan out of date. The plan was made on an earlier day and accepted this; today it is rejected. Nothing was written, since nobody has approved it as it is now. Plan again."

// lastDay is the last day of the waivers of the tests below: the start of it.
var lastDay = time.Date(2026, time.June, 30, 0, 0, 0, 0, time.UTC)

// A saved plan is applied later: Terraform plans again and compares, and then
// applies. Both hold on every day on which the verdict does.
func TestPolicyResource_Apply_OnALaterDay_WritesWhatWasPlanned(t *testing.T) {
	t.Parallel()
	const second = time.Second
	for _, c := range []struct {
		name        string
		config      obj
		plan, apply time.Time
	}{
		{"the end is announced in between", until("2026-06-30"), lastDay.AddDate(0, 0, -30).Add(-second), lastDay.AddDate(0, 0, -30)},
		{"planned on the day before, applied on the last", until("2026-06-30"), lastDay.Add(-second), lastDay},
		{"the last second of the last day", until("2026-06-30"), lastDay, lastDay.AddDate(0, 0, 1).Add(-second)},
		{"another waiver stands in", renewed("2026-06-30", false), lastDay, lastDay.AddDate(0, 0, 1)},
		{"another waiver stands in, listed first", renewed("2026-06-30", true), lastDay, lastDay.AddDate(0, 0, 1)},
		{"the clock goes back", until("2026-06-30"), lastDay, lastDay.AddDate(0, 0, -40)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, to := moving(t, c.plan, nil)
			before := s.create(t, "policy", accepted())
			for _, prior := range []tftypes.Value{{}, before} {
				to(c.plan)
				p := s.plan(t, "policy", prior, c.config)
				if errors := p.errors(); len(errors) > 0 || !p.state.IsFullyKnown() {
					t.Fatalf("plan: %q, %s", errors, p.state)
				}
				to(c.apply)
				state, problems := s.apply(t, "policy", prior, p, c.config)
				if len(problems) > 0 || !state.Equal(p.state) {
					t.Errorf("apply: %q, state %s, planned %s", problems, state, p.state)
				}
				if next := s.plan(t, "policy", state, c.config); !next.state.Equal(state) {
					t.Errorf("the next plan is not empty: %s, state %s", next.state, state)
				}
			}
		})
	}
}

// The waiver has ended since: apply refuses, whether Terraform notices when it
// plans again or midnight is after that.
func TestPolicyResource_Apply_WaiverEndedSinceThePlan_IsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for _, config := range []obj{until("2026-06-30"), with(renewed("2026-06-29", false), "2026-06-30", "waiver", 1, "expires")} {
		s, to := moving(t, lastDay, nil)
		before := s.create(t, "policy", accepted())
		none := tftypes.NewValue(before.Type(), nil)
		for _, prior := range []tftypes.Value{none, before} {
			to(lastDay.AddDate(0, 0, 1).Add(-time.Second))
			p := s.plan(t, "policy", prior, config)
			if errors := p.errors(); len(errors) > 0 {
				t.Fatalf("plan: %q", errors)
			}
			to(lastDay.AddDate(0, 0, 1))
			state, problems := s.apply(t, "policy", prior, p, config)
			assertExpired(t, problems)
			if !state.IsNull() {
				t.Errorf("apply without a plan returned %s", state)
			}
			state, problems = s.write(t, "policy", prior, p.state, value(t, before.Type(), config))
			if i := slices.Index(problems, "ERROR "+outdated); i < 0 {
				t.Errorf("without %q: %q", outdated, problems)
			} else {
				assertExpired(t, slices.Delete(problems, i, i+1))
			}
			if !state.Equal(prior) {
				t.Errorf("written: %s, before: %s", state, prior)
			}
		}
	}
}

// assertExpired holds the problems to be the rejections of an ended waiver and
// of what it accepted.
func assertExpired(t testing.TB, problems []string) {
	t.Helper()
	errors := severity(problems, "ERROR ")
	i := slices.IndexFunc(errors, func(text string) bool {
		return strings.Contains(text, `Policy rejected: waiver-expired. The waiver for "sensitive-service" ended on 2026-06-30`) &&
			strings.Contains(text, "then plan again.")
	})
	if i < 0 {
		t.Fatalf("no error says that the waiver has ended: %q", errors)
	}
	rest := slices.DeleteFunc(errors, func(text string) bool { return strings.Contains(text, "waiver-expired") })
	assertRDPRejected(t, rest, "7")
}

// In warn mode nothing is refused. What was planned is written, with a word.
func TestPolicyResource_Apply_WaiverEndedSinceThePlan_WarnModeSaysSo(t *testing.T) {
	t.Parallel()
	s, to := moving(t, lastDay, obj{"enforcement": "warn"})
	config := until("2026-06-30")
	p := s.plan(t, "policy", tftypes.Value{}, config)
	to(lastDay.AddDate(0, 0, 1))
	none := tftypes.NewValue(p.state.Type(), nil)
	state, problems := s.write(t, "policy", none, p.state, value(t, p.state.Type(), config))
	equalTexts(t, "apply", problems, []string{"WARN Plan out of date. The plan was made on an earlier day, and today the result is another one. " +
		"The state has what was planned and approved; the next plan shows the difference."})
	if !state.Equal(p.state) {
		t.Errorf("written: %s, planned: %s", state, p.state)
	}
	if next := s.plan(t, "policy", state, config); get(t, next.state, "verdict") != "reject" {
		t.Errorf("the next plan has the verdict %v", get(t, next.state, "verdict"))
	}
}

// Two machines in different zones agree at every instant, however their clocks
// show it: the day is the one in UTC.
func TestPolicyResource_Plan_EveryTimeZone_CountsDaysInUTC(t *testing.T) {
	t.Parallel()
	s, to := moving(t, today, nil)
	for _, last := range []string{"2026-06-30", "2026-12-31", "2028-02-28", "2028-02-29"} {
		end, err := time.Parse(time.DateOnly, last)
		must(t, err)
		end = end.AddDate(0, 0, 1) // midnight after the last day
		config := until(last)
		rapid.Check(t, func(rt *rapid.T) {
			zone := time.FixedZone("", rapid.SampledFrom([]int{-12 * 3600, -5 * 3600, 0, 5*3600 + 1800, 12*3600 + 2700, 14 * 3600}).Draw(rt, "zone"))
			off := time.Duration(rapid.Int64Range(-int64(40*time.Hour), int64(40*time.Hour)).Draw(rt, "from midnight"))
			to(end.Add(off).In(zone))
			errors := s.plan(t, "policy", tftypes.Value{}, config).errors()
			if rejected := len(errors) > 0; rejected != (off >= 0) {
				rt.Fatalf("until %s, %s from midnight UTC: %q", last, off, errors)
			}
		})
		for _, zone := range []int{-12, 0, 14} { // the two instants that matter
			for _, off := range []time.Duration{-time.Nanosecond, 0} {
				to(end.Add(off).In(time.FixedZone("", zone*3600)))
				if rejected := len(s.plan(t, "policy", tftypes.Value{}, config).errors()) > 0; rejected != (off == 0) {
					t.Errorf("until %s, %s from midnight UTC in zone %d: rejected %t", last, off, zone, rejected)
				}
			}
		}
	}
}
