package worktest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// recorder is a test that remembers why it failed.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, arguments ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, arguments...))
}

var kept []byte

func TestCheckBounded(t *testing.T) {
	for _, tt := range []struct {
		allocates int
		fails     bool
	}{{1 << 10, false}, {slack + 1<<20, false}, {slack + 1<<27, true}} {
		r := &recorder{}
		CheckBounded(r, 1000, 4<<10, func() { kept = make([]byte, tt.allocates) })
		if (len(r.errors) > 0) != tt.fails {
			t.Errorf("%d bytes: %q", tt.allocates, r.errors)
		}
	}
}

func TestCheckDoubling(t *testing.T) {
	for name, tt := range map[string]struct {
		size  func(n int) int
		fails bool
	}{
		"constant":  {func(int) int { return 1 << 20 }, false},
		"linear":    {func(n int) int { return 1000 * n }, false},
		"quadratic": {func(n int) int { return n * n }, true},
	} {
		r := &recorder{}
		CheckDoubling(r, 1000, 3, func(n int) func() { return func() { kept = make([]byte, tt.size(n)) } })
		if (len(r.errors) > 0) != tt.fails {
			t.Errorf("%s: %q", name, r.errors)
		}
	}
}

func TestDraws(t *testing.T) {
	input := []byte("an input of some bytes, which is longer than a seed is")
	draws := Draws(input, 1000)
	if len(draws) != 1000 || !bytes.HasPrefix(draws, input) || bytes.Equal(draws[900:], make([]byte, 100)) {
		t.Errorf("%d draws: %q", len(draws), draws)
	}
	if !bytes.Equal(Draws(input, 1000), draws) {
		t.Error("the second time they differ")
	}
	other := Draws([]byte(strings.ToUpper(string(input))), 1000)
	if bytes.Equal(other[len(input):], draws[len(input):]) {
		t.Error("they do not follow from the input")
	}
	if got := Draws(input, 3); !bytes.Equal(got, input) {
		t.Errorf("a long input is cut to %q", got)
	}
}
