package docs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
)

// productSections writes what the catalogue knows: the words that port ranges
// are selected by.
func productSections() string {
	var sections []string
	for _, id := range catalog.IDs() {
		p, _ := catalog.Get(id)
		sections = append(sections, strings.Join(slices.DeleteFunc([]string{
			fmt.Sprintf("## %s (`%s`)", p.Name, p.ID),
			fmt.Sprintf("%s. Read: %s.", strings.TrimSuffix(p.Vendor, "."), p.DocVersion),
			"Who dials: " + p.DialDirection,
			"How to open less: " + p.Narrowing,
			sizingText(p),
			roleTable(p),
			flowTable(p),
			"Sources: " + strings.Join(bracketed(p.Sources), ", ") + ".",
		}, func(part string) bool { return part == "" }), "\n\n"))
	}
	return strings.Join(sections, "\n\n")
}

// sizingText writes how wide the ranges have to be, "" when none grows.
func sizingText(p *catalog.Product) string {
	var rules []string
	for i := range p.Sizing {
		r := &p.Sizing[i]
		text := strings.TrimSuffix(r.Formula, ".")
		if r.Confidence == catalog.Low {
			text += " (low confidence)"
		}
		rules = append(rules, text)
	}
	if len(rules) == 0 {
		return ""
	}
	return "Width of a range: " + strings.Join(rules, "; ") + "."
}

func roleTable(p *catalog.Product) string {
	var rows [][]string
	for _, r := range p.Roles {
		rows = append(rows, []string{code(r.ID), r.Description})
	}
	return table([]string{"role", "what it is"}, rows)
}

func flowTable(p *catalog.Product) string {
	var rows [][]string
	for i := range p.Flows {
		f := &p.Flows[i]
		listens := strings.Join(f.Ports.Strings(), ", ")
		if f.Negotiated {
			listens += " (negotiated)"
		}
		need := "optional"
		if f.Required {
			need = "required"
		}
		purpose := f.Purpose
		if f.Versions != "" {
			purpose += " (" + f.Versions + ")"
		}
		rows = append(rows, []string{code(f.ID), code(f.From), code(f.To), listens, need, encryption(f), purpose})
	}
	return table([]string{"flow", "dials", "listens", "ports", "selected by roles", "encrypted", "purpose"}, rows)
}

func encryption(f *catalog.Flow) string {
	switch {
	case f.Encrypted == nil:
		return "depends"
	case *f.Encrypted:
		return "yes"
	default:
		return "no"
	}
}

// bracketed marks addresses as links.
func bracketed(sources []string) []string {
	marked := make([]string, len(sources))
	for i, s := range sources {
		address, rest, _ := strings.Cut(s, " ")
		if strings.HasPrefix(address, "https://") {
			s = "<" + address + ">"
			if rest != "" {
				s += " " + rest
			}
		}
		marked[i] = s
	}
	return marked
}

func targets() []emit.Target { return emit.Targets() }

// limitTable writes the limits of a target with their sources.
func limitTable(target emit.Target) string {
	var rows [][]string
	for _, l := range target.Limits {
		raised := "no"
		if l.Raisable {
			raised = "yes"
			if l.Max > 0 {
				raised += fmt.Sprintf(", to %d", l.Max)
			}
		}
		rows = append(rows, []string{code(l.Name), fmt.Sprintf("%d %s", l.Value, l.Unit), raised, l.Description,
			fmt.Sprintf("[read %s](%s)", l.Date, l.Source)})
	}
	return table([]string{"limit", "value", "can be raised", "meaning", "source"}, rows)
}
