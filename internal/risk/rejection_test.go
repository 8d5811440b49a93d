package risk

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawMark(t *rapid.T) Mark {
	codes := Codes()
	return Mark{
		Code:     codes[rapid.IntRange(0, len(codes)-1).Draw(t, "code")].Code,
		Severity: rapid.SampledFrom([]Severity{Critical, High, Medium, Low, Informational}).Draw(t, "severity"),
		Score:    rapid.IntRange(0, 100).Draw(t, "score"),
		Limit:    rapid.IntRange(0, 100).Draw(t, "limit"),
		AtLeast:  rapid.Bool().Draw(t, "at least"),
	}
}

// hostile draws text that looks like marks, whole or in part.
func hostile(t *rapid.T) string {
	var b strings.Builder
	for range rapid.IntRange(0, 6).Draw(t, "pieces") {
		text := drawMark(t).String()
		switch rapid.IntRange(0, 3).Draw(t, "piece") {
		case 0:
			b.WriteString(text)
		case 1:
			b.WriteString(text[:rapid.IntRange(0, len(text)).Draw(t, "cut")])
		case 2:
			b.WriteString(text[rapid.IntRange(0, len(text)).Draw(t, "start"):])
		default:
			b.WriteString(rapid.StringOf(rapid.SampledFrom([]rune("()\n; ,.0123at least limit score ü\u202e"))).Draw(t, "text"))
		}
	}
	return b.String()
}

func TestParseMark_ReadsWhatWasWritten_WhateverStandsBeforeIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawMark(t)
		text := hostile(t) + want.String() + rapid.SampledFrom([]string{"", ".", "\n", " (At rules[\"dmz\"].peers.)", "\n- Score 3: (see above)"}).Draw(t, "after")
		if got, ok := ParseMark(text); !ok || got != want {
			t.Fatalf("%q reads as %v, %t; want %v", text, got, ok, want)
		}
	})
}

func TestFinding_Mark(t *testing.T) {
	f := &Finding{Code: WellKnownPort, Severity: High}
	for _, c := range []struct {
		a    Assessment
		want string
	}{
		{Assessment{Score: 34, Limit: 40}, "(well-known-port, severity high; score 34, limit 40)"},
		{Assessment{Score: 0, Limit: 0, Partial: true}, "(well-known-port, severity high; score at least 0, limit 0)"},
	} {
		if got := f.Mark(&c.a); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestParseMark_AnythingElse_IsNone(t *testing.T) {
	for _, text := range []string{
		"", "(well-known-port, severity high)", "well-known-port, severity high; score 34, limit 40",
		"(well-known-door, severity high; score 34, limit 40)", "(well-known-port, severity fatal; score 34, limit 40)",
		"(well-known-port, severity high; score 101, limit 40)", "(well-known-port, severity high; score 34, limit 101)",
		"(well-known-port, severity high; score 0034, limit 40)", "(well-known-port, severity high; score -1, limit 40)",
		"(well-known-port, severity high; score at most 34, limit 40)", "(WELL-KNOWN-PORT, severity high; score 34, limit 40)",
		// An old mark does not stand in for a last one that cannot be read.
		"(any-peer, severity high; score 1, limit 2) (well-known-door, severity high; score 34, limit 40)",
	} {
		if m, ok := ParseMark(text); ok || m != (Mark{}) {
			t.Errorf("%q reads as %v", text, m)
		}
	}
}
