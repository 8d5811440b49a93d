package docs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
)

// picture draws who dials whom for Mermaid: an arrow for each pair of roles,
// with the ports of all flows between them. Roles are numbered, because some
// of their names could be words of Mermaid's own.
func picture(p *catalog.Product) string {
	number := map[string]int{}
	lines := []string{"```mermaid", "flowchart LR"}
	for i, r := range p.Roles {
		number[r.ID] = i + 1
		lines = append(lines, fmt.Sprintf(`  r%d["%s"]`, i+1, r.ID))
	}
	for _, pair := range p.Pairs() {
		arrow := "-.->"
		if slices.ContainsFunc(p.Between(pair.From, pair.To), func(f *catalog.Flow) bool { return f.Required }) {
			arrow = "-->"
		}
		lines = append(lines, fmt.Sprintf(`  r%d %s|"%s"| r%d`, number[pair.From], arrow, strings.Join(labels(p, pair), "<br/>"), number[pair.To]))
	}
	return strings.Join(append(lines, "```"), "\n")
}

// labels are the ports of a pair, each text once. What rests on flows of low
// confidence alone says so.
func labels(p *catalog.Product, pair catalog.Pair) []string {
	var ports []string
	supported := map[string]bool{}
	for _, f := range p.Between(pair.From, pair.To) {
		text := f.Ports.String()
		if !slices.Contains(ports, text) {
			ports = append(ports, text)
		}
		supported[text] = supported[text] || f.Confidence != catalog.Low
	}
	for i, text := range ports {
		if !supported[text] {
			ports[i] += " (low confidence)"
		}
	}
	return ports
}
