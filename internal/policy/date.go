package policy

import (
	"fmt"
	"time"
)

// Date is a calendar day in UTC, without a time of day. The zero value is no
// date at all.
type Date struct {
	days  int // since 1970-01-01, negative before
	known bool
}

const dateLayout = "2006-01-02"

// DateOf returns the day on which t falls in UTC.
func DateOf(t time.Time) Date {
	const day = 24 * 60 * 60
	seconds := t.UTC().Unix()
	days := seconds / day
	if seconds%day < 0 {
		days--
	}
	return Date{days: int(days), known: true}
}

// ParseDate reads a day written as 2027-03-31.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(dateLayout, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date in the form YYYY-MM-DD", text)
	}
	return DateOf(t), nil
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return !d.known }

// DaysUntil returns how many days lie between d and later; negative when
// later is the earlier one.
func (d Date) DaysUntil(later Date) int { return later.days - d.days }

// AddDays returns the day n days after d; no date stays no date.
func (d Date) AddDays(n int) Date {
	if !d.known {
		return d
	}
	return Date{days: d.days + n, known: true}
}

// String writes the day as 2027-03-31, or "no date".
func (d Date) String() string {
	if d.IsZero() {
		return "no date"
	}
	return time.Unix(int64(d.days)*24*60*60, 0).UTC().Format(dateLayout)
}
