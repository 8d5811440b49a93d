package policy

import (
	"testing"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// FuzzParseDate: what is read is the day that the text names, and is written
// as that text.
func FuzzParseDate(f *testing.F) {
	for _, text := range []string{"2027-03-31", "2028-02-29", "2027-02-29", "0000-01-01", "9999-12-31", "2027-3-31", "", "2027-03-31T00:00:00Z", "-2027-03-31", "+027-03-31", "２０２７-03-31"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d Date
		var err error
		worktest.CheckBounded(t, len(text), 64, func() { d, err = ParseDate(text) })
		if err != nil {
			if !d.IsZero() {
				t.Errorf("%q is refused and read as %s", text, d)
			}
			return
		}
		if d.IsZero() || d.String() != text {
			t.Errorf("%q is read as %s", text, d)
		}
		day, err := time.Parse(time.RFC3339, text+"T23:59:59Z")
		if err != nil || DateOf(day) != d {
			t.Errorf("%q is %v, %v", text, day, err)
		}
		if d.AddDays(400).DaysUntil(d) != -400 {
			t.Errorf("400 days after %s is %s", d, d.AddDays(400))
		}
	})
}
