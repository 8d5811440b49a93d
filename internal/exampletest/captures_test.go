package exampletest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// captures is where the texts are of which internal/docs draws the pictures of
// the README.
var captures = filepath.Join("..", "docs", "terminal")

// leftOut stands for lines that a capture does not show, in grey because it is
// ours.
const leftOut = "\x1b[90m…\x1b[0m"

// What the README shows as pictures is what the command line prints, with its
// colours.
func TestCaptures(t *testing.T) {
	for _, tc := range []struct {
		name, file string
		exit       int
		cut        func(t *testing.T, printed string) string
	}{
		{"rejected", "scenarios/dmz-backup/rejected/main.tf", 1, rejection},
		{"accepted", "scenarios/dmz-backup/main.tf", 0, acceptance},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, tc.file)
			got := tc.cut(t, string(w.mustRun(tc.exit, "plan")))
			file := filepath.Join(captures, tc.name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; if the new text is right, run with -update and then make generate:\n%q\nwant\n%q", file, got, want)
			}
		})
	}
}

// rejection is all that rejects the plan. What comes before is the part of the
// plan that could be made, and names the program.
func rejection(t *testing.T, printed string) string {
	t.Helper()
	_, boxes, found := strings.Cut(printed, "\x1b[31m╷")
	if !found {
		t.Fatalf("no error in\n%s", printed)
	}
	return leftOut + "\n\x1b[31m╷" + boxes
}

var (
	codes     = regexp.MustCompile("\x1b\\[[0-9;]*m")
	attribute = regexp.MustCompile(`^      \+ ([a-z_]+) +=`)
)

// shown are the attributes of an accepted policy that say how it was judged.
var shown = []string{"contributions", "findings", "points", "rating", "score", "score_limit", "verdict"}

// acceptance is the judgement of the accepted policy and what the plan does.
// The rest is left out, a sign for each gap.
func acceptance(t *testing.T, printed string) string {
	t.Helper()
	var kept, seen []string
	within, keep, gap := false, false, false
	for line := range strings.Lines(printed) {
		text := strings.TrimSuffix(codes.ReplaceAllString(line, ""), "\n")
		switch found := attribute.FindStringSubmatch(text); {
		case strings.HasPrefix(text, "  # backupfw_policy."):
			within, keep = true, true
		case within && found != nil:
			keep = slices.Contains(shown, found[1])
			if keep {
				seen = append(seen, found[1])
			}
		case within && text == "    }":
			within, keep = false, true
		case strings.HasPrefix(text, "Plan: "):
			keep = true
		case !within:
			keep = false
		}
		if !keep {
			if !gap {
				kept = append(kept, text[:len(text)-len(strings.TrimLeft(text, " "))]+leftOut+"\n")
			}
			gap = true
			continue
		}
		kept, gap = append(kept, line), false
	}
	if !slices.Equal(seen, shown) {
		t.Fatalf("the policy shows %v, want %v in\n%s", seen, shown, printed)
	}
	return strings.Join(kept, "")
}
