package risk

import (
	"fmt"
	"regexp"
	"strconv"
)

// RejectionTitle and the finding's code are the headline of a rejection.
const RejectionTitle = "Policy rejected: "

// Mark is how the text of a rejection ends. A rejected plan leaves no
// attributes to read, so whoever reads only its diagnostics learns code and
// score from here.
type Mark struct {
	Code     Code
	Severity Severity
	// Score and Limit are 0 to 100.
	Score, Limit int
	// AtLeast is set when the score is a lower bound, because some values of
	// the policy are known only after apply.
	AtLeast bool
}

// String writes the mark as ParseMark reads it.
func (m Mark) String() string {
	bound := ""
	if m.AtLeast {
		bound = "at least "
	}
	return fmt.Sprintf("(%s, severity %s; score %s%d, limit %d)", m.Code, m.Severity, bound, m.Score, m.Limit)
}

// Mark ends the text of the finding as one of the assessment. Nothing that an
// author wrote may follow it.
func (f *Finding) Mark(a *Assessment) string {
	return Mark{Code: f.Code, Severity: f.Severity, Score: a.Score, Limit: a.Limit, AtLeast: a.Partial}.String()
}

// markText has no parenthesis inside, so no text before a mark can hide it.
var markText = regexp.MustCompile(`\(([a-z-]+), severity ([a-z]+); score (at least )?([0-9]{1,3}), limit ([0-9]{1,3})\)`)

// ParseMark reads the last mark in the text of a rejection: names and
// descriptions that authors chose stand before it and may look like one. What
// Terraform appends, such as a full stop, is ignored.
func ParseMark(detail string) (m Mark, ok bool) {
	all := markText.FindAllStringSubmatch(detail, -1)
	if len(all) == 0 {
		return Mark{}, false
	}
	last := all[len(all)-1]
	info, known := ParseCode(last[1])
	m = Mark{Code: info.Code, Severity: Severity(last[2]), AtLeast: last[3] != ""}
	m.Score, _ = strconv.Atoi(last[4]) // three digits at most
	m.Limit, _ = strconv.Atoi(last[5])
	if !known || !m.Severity.known() || m.Score > 100 || m.Limit > 100 {
		return Mark{}, false
	}
	return m, true
}

func (s Severity) known() bool {
	switch s {
	case Critical, High, Medium, Low, Informational:
		return true
	}
	return false
}
