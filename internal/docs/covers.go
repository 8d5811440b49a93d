package docs

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
)

// listShapes are the shapes of rules of lists, by the cloud that has them.
var listShapes = []struct {
	name  string
	shape compile.ProductShape
}{
	{"Azure", compile.ProductShape{OneProtocol: true, OneFamily: true}},
	{"Google", compile.ProductShape{OneFamily: true}},
	{"Kubernetes", compile.ProductShape{}},
}

// ruleCountTable compares the number of rules of realistic policies: ours,
// those of a careful person, and the least that is possible.
func ruleCountTable() string {
	head := []string{"policy", "its rules", "flat: by hand", "flat: ours", "flat: least"}
	for _, s := range listShapes {
		head = append(head, s.name+": by hand", "ours", "least")
	}
	var rows [][]string
	for _, site := range compiletest.Sites() {
		// Boxes is exact, so its count is the least there is.
		boxes := len(compile.Boxes(site.Policy, cover.Stable))
		row := []string{site.Name, fmt.Sprint(len(site.Policy.Rules)), fmt.Sprint(compiletest.FlatBaseline(site.Policy)), fmt.Sprint(boxes), fmt.Sprint(boxes)}
		for _, s := range listShapes {
			products, bound := compile.Products(site.Policy, s.shape, cover.Stable)
			least := fmt.Sprint(bound)
			if bound < len(products) {
				least = "≥ " + least
			}
			row = append(row, fmt.Sprint(compiletest.ListBaseline(site.Policy, s.shape.OneProtocol, s.shape.OneFamily)), fmt.Sprint(len(products)), least)
		}
		rows = append(rows, row)
	}
	return table(head, rows)
}

// siteStories says what the policies of ruleCountTable are.
func siteStories() string {
	var lines []string
	for _, site := range compiletest.Sites() {
		lines = append(lines, "- **"+site.Name+"**: "+site.Story)
	}
	return strings.Join(lines, "\n")
}

// targetTable lists what rules can be written for.
func targetTable() string {
	var rows [][]string
	for _, target := range emit.Targets() {
		rows = append(rows, []string{
			"[`backupfw_" + target.Name + "`](../data-sources/" + target.Name + ".md)",
			"[`" + target.Name + "`](../functions/" + target.Name + ".md)",
			cmp.Or(codes(target.Resources), "a file"),
			limitText(&target),
		})
	}
	return table([]string{"data source", "function", "for", "rules that fit"}, rows)
}

func limitText(target *emit.Target) string {
	for _, l := range target.Limits {
		if l.Name == "rules" {
			return fmt.Sprintf("%d %s", l.Value, l.Unit)
		}
	}
	return ""
}
