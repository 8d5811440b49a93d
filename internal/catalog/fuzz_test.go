package catalog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// TestParse_WorkGrowsWithTheFile: no alias, no nesting and no list makes a
// small file expensive.
func TestParse_WorkGrowsWithTheFile(t *testing.T) {
	for name, text := range map[string]func(n int) string{
		"flows": func(n int) string {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, "\n  - {id: f%d, from: a, to: b, ports: [%d/tcp], purpose: x, required: true, encrypted: never, source: manual, confidence: high}", i, i)
			}
			return strings.Replace(small, "\nflows:", "\nflows:"+b.String(), 1)
		},
		"nested lists": func(n int) string { return "flows: " + strings.Repeat("[", n) + strings.Repeat("]", n) },
		"nested maps":  func(n int) string { return "flows: " + strings.Repeat("{a: ", n) + strings.Repeat("}", n) },
		"unknown names": func(n int) string {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, "name%d: 1\n", i)
			}
			return b.String()
		},
		"a long text": func(n int) string { return "name: " + strings.Repeat("x", 100*n) },
	} {
		t.Run(name, func(t *testing.T) {
			worktest.CheckDoubling(t, 500, 3, func(n int) func() {
				file := []byte(text(n))
				return func() { parse(file) }
			})
		})
	}
	t.Run("aliases of aliases", func(t *testing.T) {
		var b strings.Builder
		b.WriteString("x0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
		for i := range 12 {
			fmt.Fprintf(&b, "x%d: &x%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i), 10), ", "))
		}
		worktest.CheckBounded(t, b.Len(), 64<<10, func() {
			if p, problems := parse([]byte(b.String())); p != nil || len(problems) == 0 {
				t.Errorf("read as %v", p)
			}
		})
	})
}
