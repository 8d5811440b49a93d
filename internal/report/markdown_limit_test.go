package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// leftOutNote is the note about what was left out, with the list.
var leftOutNote = regexp.MustCompile(`\n> \*\*Left out\*\* to stay below ([0-9,]+) characters: (.*)\. The JSON report has everything\.\n$`)

// assertFits holds a comment to its limit: it is as long as allowed, made of
// whole blocks in their order, all of which are given, and counts exactly those
// that are missing.
func assertFits(t interface {
	Fatalf(string, ...any)
}, r *Report, all []block, limit int) {
	got := Markdown(r, limit)
	if len(got) > limit {
		t.Fatalf("%d bytes, and %d were allowed:\n%s", len(got), limit, got)
	}
	body, missing := got, map[string]int{}
	note := leftOutNote.FindStringSubmatch(got)
	if note != nil {
		if note[1] != number(limit) {
			t.Fatalf("the limit is said to be %s and is %d", note[1], limit)
		}
		body = strings.TrimSuffix(got, note[0])
	}
	for i := range all {
		if rest, kept := strings.CutPrefix(body, all[i].text); kept {
			body = rest
			continue
		}
		if all[i].rank == always {
			t.Fatalf("the %s is missing:\n%s", all[i].kind, got)
		}
		missing[all[i].kind]++
	}
	if body != "" {
		t.Fatalf("what is left is no whole block:\n%s", body)
	}
	total, counted := 0, 0
	for _, n := range missing {
		total += n
	}
	if (note != nil) != (total > 0) {
		t.Fatalf("%d blocks are missing, the note is %q", total, note)
	}
	if note == nil {
		return
	}
	parts := strings.Split(note[2], ", ")
	for _, part := range parts {
		for kind, n := range missing {
			if part == count(n, kind) {
				counted += n
			}
		}
	}
	if counted != total || len(parts) != len(missing) {
		t.Fatalf("missing are %v, and the note says %s", missing, note[2])
	}
}

func TestMarkdown_HostileTexts_StayWithinTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawReport(t)
		all := compose(r, 1<<40)
		assertFits(t, r, all.blocks, rapid.IntRange(MinLimit, max(MinLimit, len(all.join())+1000)).Draw(t, "limit"))
	})
}

func TestMarkdown_ManySubjects_StayWithinTheLimit(t *testing.T) {
	for _, n := range []int{1, 2, 30, 300} {
		r := &Report{Title: strings.Repeat("\U0010fffd", 200)}
		from := sixtyReport().Subjects
		for i := range n {
			s := from[i%len(from)]
			s.Name = fmt.Sprintf("site-%d", i)
			r.Subjects = append(r.Subjects, s)
			r.Failures = append(r.Failures, Failure{Summary: s.Name, Detail: strings.Repeat("|", 700)})
			r.Notes = append(r.Notes, "A note on "+s.Name)
		}
		r.Finish()
		all := compose(r, 1<<40).blocks
		for _, limit := range []int{MinLimit, MinLimit + 1, 2600, 3000, 10000, CommentLimit, 1 << 20} {
			assertFits(t, r, all, limit)
		}
	}
}

// A smaller limit than the least is the least.
func TestMarkdown_LimitBelowTheLeast(t *testing.T) {
	if got, want := Markdown(sixtyReport(), 1), Markdown(sixtyReport(), MinLimit); got != want {
		t.Errorf("differs from the least:\n%s", got)
	}
}

// What a reviewer would miss most stays longest.
func TestMarkdown_LeavesOutTheLeastImportantFirst(t *testing.T) {
	r := rejectedReport()
	order := []string{"```mermaid", "What the score is made of", "What would help", "Warnings", "### ✅", "Rejected because", "### 🛑"}
	whole := Markdown(r, CommentLimit)
	for limit := MinLimit; limit < len(whole); limit += 50 {
		got, gone := Markdown(r, limit), false
		for i := len(order) - 1; i >= 0; i-- {
			// Once a kind is not whole, no kind that matters less is there.
			present := strings.Count(got, order[i])
			if gone && present > 0 {
				t.Fatalf("with %d bytes %q is kept, and something before it is not:\n%s", limit, order[i], got)
			}
			gone = gone || present < strings.Count(whole, order[i])
		}
	}
}
