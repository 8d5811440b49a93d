package scale

import (
	"fmt"
	"strings"
)

// Report writes all tables as Markdown; the engine's unless that is nil.
func Report(r *Record, e *Engine) string {
	var b strings.Builder
	b.WriteString(r.Conditions() + "\n")
	section := func(title, text string) { fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, text) }
	section("Processor time per resource instance", r.CPUTable().Markdown())
	for _, omission := range r.Omissions() {
		b.WriteString("\n" + omission + "\n")
	}
	section("Growth of the processor time per resource instance", r.GrowthTable().Markdown())
	section("Time from start to end", r.WallTable().Markdown())
	section("Most memory of a process", r.MemoryTable().Markdown())
	section("Start-up", r.StartTable().Markdown())
	section("Files", r.FileTable().Markdown())
	if e != nil {
		section("Engine", e.Table().Markdown())
	}
	return b.String()
}
