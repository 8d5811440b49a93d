package risk

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// endingAnyDay gives every waiver another end, and some of them an earlier twin,
// as somebody leaves behind who renews a waiver.
func endingAnyDay(t *rapid.T, p *policy.Policy) *policy.Policy {
	c := copied(p)
	c.Waivers = nil
	for _, w := range p.Waivers {
		if rapid.Bool().Draw(t, "renewed") {
			w.Expires = today.AddDays(rapid.IntRange(-3, 20).Draw(t, "days left"))
			c.Waivers = append(c.Waivers, w)
		}
		if w.Expires = today.AddDays(rapid.IntRange(30, 60).Draw(t, "days left, longer")); !chance(t, "not long enough", 10) {
			c.Waivers = append(c.Waivers, w)
		}
	}
	if len(c.Waivers) > 1 {
		c.Waivers = rapid.Permutation(c.Waivers).Draw(t, "order")
	}
	return c
}

// TestWaivers_TheDayChangesVerdictsAlone: what is planned on one day and
// accepted on a later one is the same on both. The later day never accepts more.
func TestWaivers_TheDayChangesVerdictsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := endingAnyDay(t, withWaivers(t, drawPolicy(t, 3)))
		before, after := testSettings(), testSettings()
		after.Today = today.AddDays(rapid.IntRange(1, 35).Draw(t, "days between"))
		planned, applied := assessedWith(t, p, before), assessedWith(t, p, after)
		if planned.Verdict == Rejected && applied.Verdict != Rejected {
			t.Fatalf("rejected at first, and %s when waivers had ended", applied.Verdict)
		}
		if planned.Verdict != Rejected && applied.Verdict != Rejected && planned.Verdict != applied.Verdict {
			t.Fatalf("the verdict changes from %s to %s", planned.Verdict, applied.Verdict)
		}
		if applied.Verdict == Rejected {
			return
		}
		planned.Findings, applied.Findings = planned.Lasting(), applied.Lasting()
		if one, other := encoded(planned), encoded(applied); one != other {
			t.Fatalf("%d days later:\n%s", before.Today.DaysUntil(after.Today), difference(one, other))
		}
	})
}

// TestWaivers_Renewed_AnnounceNothing: a waiver that a longer one stands in for
// need not be renewed, wherever it is listed, and the finding names the longer.
func TestWaivers_Renewed_AnnounceNothing(t *testing.T) {
	short, long := accept(WellKnownPort, rsyncOpen, rsyncFor, until(3)), accept(WellKnownPort, rsyncOpen, rsyncFor)
	for _, c := range []struct {
		waivers []policy.Waiver
		by      string
	}{
		{[]policy.Waiver{short, long}, "waiver[1] (backup-team@example.org, until 2027-03-03)"},
		{[]policy.Waiver{long, short}, "waiver[0] (backup-team@example.org, until 2027-03-03)"},
		{[]policy.Waiver{short, short}, "waiver[0] (backup-team@example.org, until 2026-11-26)"},
	} {
		p := policyOf(in(rsync, dmzPeers)...)
		p.Waivers = c.waivers
		a := assessedWith(t, p, testSettings())
		if got := a.finding(WellKnownPort).WaivedBy; got != c.by {
			t.Errorf("waived by %q, want %q", got, c.by)
		}
		if expiring := a.finding(WaiverExpiring) != nil; expiring != (c.waivers[1].Expires == short.Expires && c.waivers[0].Expires == short.Expires) {
			t.Errorf("%s: announces an end: %t", c.by, expiring)
		}
	}
}

// TestWaivers_LastDay_IsInclusive walks over the days on which a calendar may
// be wrong: leap days, ends of months and of years.
func TestWaivers_LastDay_IsInclusive(t *testing.T) {
	for _, last := range []string{"2026-12-31", "2027-02-28", "2028-02-28", "2028-02-29", "2028-12-31", "2027-03-31", "2096-02-29", "2100-02-28"} {
		expires := mustDate(last)
		p := policyOf(in(rsync, dmzPeers)...)
		p.Waivers = []policy.Waiver{accept(WellKnownPort, rsyncOpen, rsyncFor, func(w *policy.Waiver) { w.Expires = expires })}
		for left, verdict := range map[int]Verdict{31: AcceptWithWaivers, 30: AcceptWithWaivers, 1: AcceptWithWaivers, 0: AcceptWithWaivers, -1: Rejected, -366: Rejected} {
			s := testSettings()
			s.Today = expires.AddDays(-left)
			a := assessedWith(t, p, s)
			if a.Verdict != verdict {
				t.Errorf("until %s, on %s: %s, want %s", last, s.Today, a.Verdict, verdict)
			}
			if announced := a.finding(WaiverExpiring) != nil; announced != (left >= 0 && left <= 30) {
				t.Errorf("until %s, on %s: announced %t", last, s.Today, announced)
			}
		}
	}
}

// TestWaivers_LongestWaiver_CountsDays: as many days as the settings allow, and
// not one more, also across a leap day.
func TestWaivers_LongestWaiver_CountsDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := testSettings()
		s.Today = sample(t, "today", []policy.Date{mustDate("2027-02-28"), mustDate("2028-02-28"), mustDate("2028-02-29"), mustDate("2027-12-31"), today})
		s.MaxWaiverDays = rapid.IntRange(1, 3660).Draw(t, "max_waiver_days")
		w := accept(WellKnownPort, rsyncOpen, rsyncFor)
		w.Expires = s.Today.AddDays(s.MaxWaiverDays)
		if f := validateExpiry(&w, s); f != nil {
			t.Fatalf("%s, %d days ahead: %s", w.Expires, s.MaxWaiverDays, f)
		}
		last := w.Expires.String()
		w.Expires = w.Expires.AddDays(1)
		f := validateExpiry(&w, s)
		if f == nil || f.Title != "Waiver lasts too long" || f.Instead != `Write "`+last+`" or an earlier day.` {
			t.Fatalf("%s, %d days ahead: %v", w.Expires, s.MaxWaiverDays+1, f)
		}
	})
}
