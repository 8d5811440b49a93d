package policy

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDate_Texts(t *testing.T) {
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{"2027-03-31", true}, {"2028-02-29", true}, {"2000-02-29", true}, {"1970-01-01", true}, {"1969-12-31", true}, {"1900-01-01", true},
		{"2027-02-29", false}, {"2100-02-29", false}, {"2027-04-31", false}, {"2027-13-01", false}, {"2027-00-10", false},
		{"2027-3-31", false}, {"31.03.2027", false}, {"2027-03-31T00:00:00Z", false}, {" 2027-03-31", false}, {"", false}, {"tomorrow", false},
	} {
		d, err := ParseDate(c.text)
		switch {
		case c.ok && (err != nil || d.String() != c.text || d.IsZero()):
			t.Errorf("%q reads as %s, %v", c.text, d, err)
		case !c.ok && (err == nil || !d.IsZero()):
			t.Errorf("%q reads as %s", c.text, d)
		case !c.ok && err.Error() != quoted(c.text)+" is not a date in the form YYYY-MM-DD":
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

func quoted(text string) string { return `"` + text + `"` }

func TestDate_Days(t *testing.T) {
	for _, c := range []struct {
		from, to string
		days     int
	}{
		{"2028-02-28", "2028-03-01", 2}, {"2027-02-28", "2027-03-01", 1}, {"2000-02-28", "2000-03-01", 2}, {"1900-02-28", "1900-03-01", 1},
		{"1969-12-31", "1970-01-01", 1}, {"1970-01-02", "1969-12-30", -3}, {"2026-11-23", "2027-11-23", 365}, {"2027-11-23", "2028-11-23", 366},
	} {
		from, _ := ParseDate(c.from)
		to, _ := ParseDate(c.to)
		if got := from.DaysUntil(to); got != c.days {
			t.Errorf("from %s to %s it is %d days, want %d", c.from, c.to, got, c.days)
		}
		if got := from.AddDays(c.days); got != to {
			t.Errorf("%s and %d days is %s, want %s", c.from, c.days, got, c.to)
		}
	}
	if none := (Date{}); none.String() != "no date" || !none.IsZero() || none.AddDays(3) != none {
		t.Errorf("no date is %s, and three days later %s", none, none.AddDays(3))
	}
}

func TestDateOf_CountsInUTC(t *testing.T) {
	east, west := time.FixedZone("east", 14*3600), time.FixedZone("west", -11*3600)
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2027, 4, 1, 0, 30, 0, 0, east), "2027-03-31"},
		{time.Date(2027, 3, 31, 23, 30, 0, 0, west), "2027-04-01"},
		{time.Date(2027, 3, 31, 23, 59, 59, 999999999, time.UTC), "2027-03-31"},
		{time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), "1970-01-01"},
		{time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), "1969-12-31"},
		{time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), "1969-12-31"},
		{time.Date(1969, 12, 30, 23, 59, 59, 1, time.UTC), "1969-12-30"},
	} {
		if got := DateOf(c.at); got.String() != c.want || got.IsZero() {
			t.Errorf("%s falls on %s, want %s", c.at, got, c.want)
		}
	}
}

func TestDate_AgreesWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-60e9, 250e9).Draw(t, "seconds"), 0)
		n := rapid.IntRange(-100000, 100000).Draw(t, "days")
		d := DateOf(at)
		if want := at.UTC().Format("2006-01-02"); d.String() != want {
			t.Fatalf("%s falls on %s", at.UTC(), d)
		}
		if want := at.UTC().AddDate(0, 0, n); d.AddDays(n) != DateOf(want) || d.DaysUntil(DateOf(want)) != n {
			t.Fatalf("%s and %d days is %s, want %s", d, n, d.AddDays(n), want)
		}
	})
}
