package docs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
)

// Where the page of a product is written. What stands here under these names
// and belongs to no product is removed.
const (
	pageFolder = "templates/guides/"
	pagePrefix = "product-"
	pageSuffix = ".md"
)

func pageName(p *catalog.Product) string { return pagePrefix + p.ID + pageSuffix }

// productPages returns the page of every product by its path.
func productPages() map[string]string {
	pages := map[string]string{}
	for _, p := range products() {
		pages[pageFolder+pageName(p)] = productPage(p)
	}
	return pages
}

// updatePages writes the pages below root and removes those that are gone.
func updatePages(root string, pages map[string]string) (changed []string, err error) {
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		file := filepath.Join(root, filepath.FromSlash(name))
		old, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return changed, err
		}
		if err == nil && bytes.Equal(old, []byte(pages[name])) {
			continue
		}
		if err := os.WriteFile(file, []byte(pages[name]), 0o644); err != nil {
			return changed, err
		}
		changed = append(changed, name)
	}
	written, err := writtenPages(root)
	if err != nil {
		return changed, err
	}
	for _, name := range written {
		if _, wanted := pages[name]; wanted {
			continue
		}
		if err := os.Remove(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			return changed, err
		}
		changed = append(changed, name)
	}
	return changed, nil
}

// writtenPages lists the pages of products that lie below root.
func writtenPages(root string) ([]string, error) {
	return fs.Glob(os.DirFS(root), pageFolder+pagePrefix+"*"+pageSuffix)
}

// productPage writes all that the catalogue knows of a product.
func productPage(p *catalog.Product) string {
	return strings.Join(slices.DeleteFunc([]string{
		frontMatter(p),
		"<!-- Written by make generate from internal/catalog/products/" + p.ID + ".yaml: correct that file, not this page. -->",
		"# " + prose(p.Name),
		fmt.Sprintf("Vendor: %s. Read: %s.", sentence(p.Vendor), sentence(p.DocVersion)),
		fmt.Sprintf("Write `product = \"%s\"` to select from %s between %s. Confidence of the flows: %s. [How to read this page](products.md#how-to-read-a-page).",
			p.ID, counted(len(p.Flows), "flow"), counted(len(p.Roles), "role"), confidences(p)),
		warning(p),
		"## Who dials whom",
		prose(p.DialDirection),
		picture(p),
		roleTable(p),
		"## Flows",
		flowTable(p),
		flowNotes(p),
		"## Sizing",
		sizing(p),
		"## Opening less",
		prose(p.Narrowing),
		singlePorts(p),
		reversals(p),
		"## Known vulnerabilities",
		vulnerabilities(p),
		"## Example",
		exampleText(p),
		"## Sources",
		sourceList(p),
	}, func(part string) bool { return part == "" }), "\n\n") + "\n"
}

func frontMatter(p *catalog.Product) string {
	return fmt.Sprintf("---\npage_title: %q\nsubcategory: \"Products\"\ndescription: |-\n  %s\n---", p.Name,
		"Ports of "+p.Name+": who dials whom, how wide a range has to be, and how to open less.")
}

// warning stands on top of a page that has anything of low confidence.
func warning(p *catalog.Product) string {
	low := 0
	for i := range p.Flows {
		if p.Flows[i].Confidence == catalog.Low {
			low++
		}
	}
	if low == 0 {
		return ""
	}
	return fmt.Sprintf("**Low confidence** in %d of %s: not verified at any source. Check what is marked **low** at your installation before you open it.",
		low, counted(len(p.Flows), "flow"))
}

func roleTable(p *catalog.Product) string {
	var rows [][]string
	for _, r := range p.Roles {
		rows = append(rows, []string{code(r.ID), prose(r.Description)})
	}
	return table([]string{"role", "what it is"}, rows)
}

func flowTable(p *catalog.Product) string {
	var rows [][]string
	for i := range p.Flows {
		f := &p.Flows[i]
		required := "no"
		if f.Required {
			required = "yes"
		}
		rows = append(rows, []string{code(f.ID), prose(f.Purpose), code(f.From) + " → " + code(f.To), listens(f), required,
			encryption(f), prose(f.Configurable), prose(f.Versions), confidence(f.Confidence), sourceNumber(p, f.Source)})
	}
	return filledTable([]string{"flow", "carries", "dials → listens", "ports", "required", "encrypted", "set in", "versions", "confidence", "source"}, rows)
}

// listens writes the ports of a flow and how the listener chooses among them.
func listens(f *catalog.Flow) string {
	text := f.Ports.String()
	switch {
	case f.SystemPicks():
		text += " (negotiated; the operating system picks, and the range is an example)"
	case f.OpenEnded:
		text += " (negotiated; no upper bound documented, and the range is an example)"
	case f.Negotiated:
		text += " (negotiated)"
	}
	return text
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

func flowNotes(p *catalog.Product) string {
	var notes []string
	for i := range p.Flows {
		if f := &p.Flows[i]; f.Note != "" {
			notes = append(notes, "- "+code(f.ID)+": "+sentence(f.Note)+".")
		}
	}
	if len(notes) == 0 {
		return ""
	}
	return "Notes:\n\n" + strings.Join(notes, "\n")
}

func sizing(p *catalog.Product) string {
	if len(p.Sizing) == 0 {
		return "No range of this product has a documented rule for its width."
	}
	var rules, examples [][]string
	shared := false
	for i := range p.Sizing {
		r := &p.Sizing[i]
		rules = append(rules, []string{code(r.ID), codes(r.AppliesTo), unitName(r.Unit), prose(r.Formula), arithmetic(r),
			confidence(r.Confidence), sourceNumber(p, r.Source)})
		for _, e := range r.Examples {
			examples = append(examples, []string{code(r.ID), load(r.Unit, e.Units), fmt.Sprint(e.Ports), prose(e.Says)})
		}
		for _, flow := range r.AppliesTo {
			shared = shared || len(p.Scaling(flow)) > 1
		}
	}
	parts := []string{table([]string{"rule", "flows", "grows with", "in words", "ports", "confidence", "source"}, rules)}
	if shared {
		parts = append(parts, "Rules of the same flow add up.")
	}
	if len(examples) > 0 {
		parts = append(parts, "Worked examples:", table([]string{"rule", "load", "ports", "the case"}, examples))
	}
	return strings.Join(parts, "\n\n")
}

func unitName(u catalog.Unit) string {
	if u == catalog.NoUnit {
		return "nothing"
	}
	return code(string(u))
}

// arithmetic writes a rule as what it computes.
func arithmetic(r *catalog.SizingRule) string {
	text := fmt.Sprint(r.BasePorts)
	switch {
	case r.PortsPerUnit == 0:
	case r.BasePorts == 0:
		text = fmt.Sprintf("%d × %s", r.PortsPerUnit, r.Unit)
	default:
		text += fmt.Sprintf(" + %d × %s", r.PortsPerUnit, r.Unit)
	}
	if r.MinPorts > max(r.BasePorts, 1) {
		text += fmt.Sprintf(", at least %d", r.MinPorts)
	}
	return text
}

func load(u catalog.Unit, count int) string {
	if u == catalog.NoUnit {
		return "any"
	}
	return code(fmt.Sprintf("%s = %d", u, count))
}

func singlePorts(p *catalog.Product) string {
	var lines []string
	for i := range p.Flows {
		f := &p.Flows[i]
		if single, has := p.Flow(f.SinglePort); has {
			lines = append(lines, fmt.Sprintf("- %s (%s) instead of %s (%s)%s", code(single.ID), single.Ports, code(f.ID), f.Ports, lowMark(single, f)))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return "One port in place of others, between the same roles:\n\n" + strings.Join(lines, "\n")
}

func reversals(p *catalog.Product) string {
	var lines []string
	for i := range p.Flows {
		f := &p.Flows[i]
		if other, has := p.Flow(f.Reversed); has && !slices.ContainsFunc(p.Flows[:i], func(e catalog.Flow) bool { return e.ID == other.ID }) {
			lines = append(lines, fmt.Sprintf("- %s (%s → %s, %s) or %s (%s → %s, %s)%s", code(f.ID), code(f.From), code(f.To), f.Ports,
				code(other.ID), code(other.From), code(other.To), other.Ports, lowMark(f, other)))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return "The same work can be dialled from either end. Open one of them:\n\n" + strings.Join(lines, "\n")
}

// lowMark follows a statement about flows of which one is hardly supported.
func lowMark(flows ...*catalog.Flow) string {
	if slices.ContainsFunc(flows, func(f *catalog.Flow) bool { return f.Confidence == catalog.Low }) {
		return " (**low** confidence)"
	}
	return ""
}

func vulnerabilities(p *catalog.Product) string {
	if len(p.History) == 0 {
		return "The catalogue has none for this product."
	}
	var rows [][]string
	for i := range p.History {
		v := &p.History[i]
		exploited := "not listed"
		if v.InKEV {
			exploited = v.KEVDateAdded
		}
		where := v.Ports.String()
		if v.Ports.IsEmpty() {
			where = "not published"
		}
		listeners := codes(vulnerableFlows(p, v))
		if listeners == "" {
			listeners = "no flow listed here"
		}
		rows = append(rows, []string{v.CVE, fmt.Sprint(v.Year), exploited, where, listeners, prose(v.Summary),
			confidence(v.Confidence), sourceNumber(p, v.Source)})
	}
	return table([]string{"CVE", "year", "known as exploited since (CISA)", "ports", "listener of", "summary", "confidence", "source"}, rows)
}

// vulnerableFlows are the flows that a weakness is linked to.
func vulnerableFlows(p *catalog.Product, v *catalog.Vulnerability) []string {
	var flows []string
	for i := range p.Flows {
		if f := &p.Flows[i]; slices.Contains(f.ExploitedBy, v.CVE) || slices.Contains(v.Flows, f.ID) {
			flows = append(flows, f.ID)
		}
	}
	return flows
}

func sourceNumber(p *catalog.Product, source string) string {
	return fmt.Sprintf("[%d](#sources)", slices.Index(p.Sources, source)+1)
}

// sourceList numbers the sources; addresses become links.
func sourceList(p *catalog.Product) string {
	lines := make([]string, len(p.Sources))
	for i, s := range p.Sources {
		address, rest, more := strings.Cut(s, " ")
		switch {
		case !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://"):
			s = prose(s)
		case more:
			s = "<" + address + "> " + prose(rest)
		default:
			s = "<" + address + ">"
		}
		lines[i] = fmt.Sprintf("%d. %s", i+1, s)
	}
	return strings.Join(lines, "\n")
}

// filledTable writes a Markdown table without the columns that are empty.
func filledTable(head []string, rows [][]string) string {
	keep := func(cells []string) []string {
		var kept []string
		for i, cell := range cells {
			if slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
				kept = append(kept, cell)
			}
		}
		return kept
	}
	kept := make([][]string, len(rows))
	for i, row := range rows {
		kept[i] = keep(row)
	}
	return table(keep(head), kept)
}

// markup are the characters of running text that Markdown would take for its
// own. Bars are left to table; underscores within words mean nothing.
var markup = strings.NewReplacer(`\`, `\\`, "`", "\\`", `*`, `\*`, `[`, `\[`, `]`, `\]`, `<`, `\<`, `~`, `\~`, "\n", " ")

// prose writes text of the catalogue as text.
func prose(text string) string { return markup.Replace(text) }

// sentence is prose that a full stop follows.
func sentence(text string) string { return strings.TrimSuffix(prose(text), ".") }

func codes(names []string) string {
	marked := make([]string, len(names))
	for i, name := range names {
		marked[i] = code(name)
	}
	return strings.Join(marked, ", ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
