package scale

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/plot"
)

// Table is a table as text. No cell has a bar or a line break.
type Table struct {
	Head []string
	Rows [][]string
}

// Markdown writes the table, with numbers to the right.
func (t Table) Markdown() string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.Head)
	for i := range t.Head {
		align := "---:"
		if t.text(i) {
			align = "---"
		}
		b.WriteString("|" + align)
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		line(row)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// text says whether a column has no numbers.
func (t Table) text(column int) bool {
	for _, row := range t.Rows {
		if row[column] != "" && strings.ContainsAny(row[column][:1], "0123456789") {
			return false
		}
	}
	return true
}

// notMeasured stands in cells of steps that were left out.
const notMeasured = "not measured"

// names are what tables and plots call the kinds.
var names = map[string]string{
	kindBuiltIn:  "terraform_data",
	kindMinimal:  "minimal provider",
	kindBackupfw: "backupfw",
}

func kindNames(kinds []string) []string {
	list := make([]string, len(kinds))
	for i, kind := range kinds {
		list[i] = names[kind]
	}
	return list
}

// Conditions says on what the record was made, as a sentence.
func (r *Record) Conditions() string {
	m := r.Machine
	on := fmt.Sprintf("%d cores (%s, %s/%s)", m.Cores, m.CPU, m.OS, m.Arch)
	if m.CPU == "" {
		on = fmt.Sprintf("%d cores (%s/%s)", m.Cores, m.OS, m.Arch)
	}
	if m.MemoryBytes > 0 {
		on += ", " + gigabytes(m.MemoryBytes) + " of memory"
	}
	text := fmt.Sprintf("Recorded on %s with %s and %s at commit %s", m.Day, m.CLI, m.Go, shortCommit(m.Commit))
	if m.Changed {
		text += " with changes"
	}
	text += ", on " + on
	if m.Load > 0 {
		text += fmt.Sprintf("; the load was %s when it began", strconv.FormatFloat(m.Load, 'f', 1, 64))
	}
	return text + "."
}

func shortCommit(commit string) string { return commit[:min(len(commit), 12)] }

// CPUTable has the processor time per resource instance of every step.
func (r *Record) CPUTable() Table {
	return r.comparison(func(s *Step) string {
		return plot.Seconds(s.median(cpu) / float64(s.Instances))
	}, cpu)
}

// WallTable has the time of every step from start to end.
func (r *Record) WallTable() Table {
	return r.comparison(func(s *Step) string { return plot.Seconds(s.median(wall)) }, wall)
}

// comparison is a table with a row for each step and size: what the kinds cost,
// and ratios. All kinds have the same number of instances, so a ratio of the
// whole is one per instance.
func (r *Record) comparison(write func(*Step) string, f figure) Table {
	t := Table{Head: append([]string{"step", "resource instances"}, kindNames(kinds)...)}
	t.Head = append(t.Head, "backupfw ÷ minimal provider", "backupfw ÷ terraform_data")
	r.eachStep(func(size int, step string) {
		ours := r.find(size, step, kindBackupfw)
		if ours == nil {
			t.Rows = append(t.Rows, []string{step, plot.Number(float64(3 * size)), notMeasured, "", "", "", ""})
			return
		}
		row := []string{step, plot.Number(float64(ours.Instances))}
		for _, kind := range kinds {
			row = append(row, write(r.find(size, step, kind)))
		}
		t.Rows = append(t.Rows, append(row, times(r.ratio(size, step, kindMinimal, f)), times(r.ratio(size, step, kindBuiltIn, f))))
	})
	return t
}

// ratio is what the provider costs in multiples of a yardstick.
func (r *Record) ratio(size int, step, yardstick string, f figure) float64 {
	return r.find(size, step, kindBackupfw).median(f) / r.find(size, step, yardstick).median(f)
}

// GrowthTable says how the processor time of one instance changes from the
// smallest fleet of at least a hundred triples, where the start of processes no
// longer counts, to the largest that was measured.
func (r *Record) GrowthTable() Table {
	t := Table{Head: append([]string{"step", "from triples", "to"}, kindNames(kinds)...)}
	for _, step := range steps {
		var sizes []int
		for _, size := range r.Sizes() {
			if size >= 100 && r.find(size, step, kindBackupfw) != nil {
				sizes = append(sizes, size)
			}
		}
		if len(sizes) < 2 {
			continue
		}
		from, to := sizes[0], sizes[len(sizes)-1]
		row := []string{step, plot.Number(float64(from)), plot.Number(float64(to))}
		for _, kind := range kinds {
			a, b := r.find(from, step, kind), r.find(to, step, kind)
			row = append(row, times(b.median(cpu)/float64(b.Instances)/(a.median(cpu)/float64(a.Instances))))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (r *Record) eachStep(do func(size int, step string)) {
	for _, step := range steps {
		for _, size := range r.Sizes() {
			do(size, step)
		}
	}
}

// MemoryTable has the peaks of every step that was measured.
func (r *Record) MemoryTable() Table {
	t := Table{Head: []string{"step", "resource instances"}}
	columns := []struct {
		name, kind string
		of         figure
	}{
		{"command line, with terraform_data", kindBuiltIn, cliPeak},
		{"… minimal provider", kindMinimal, cliPeak},
		{"… backupfw", kindBackupfw, cliPeak},
		{"the minimal provider itself", kindMinimal, providerPeak},
		{"backupfw itself", kindBackupfw, providerPeak},
	}
	if !r.MemoryPerProcess {
		// The system tells the largest process alone.
		columns = columns[:3]
		columns[0].name = "largest process, with terraform_data"
		for i := range columns {
			columns[i].of = largestPeak
		}
	}
	for _, c := range columns {
		t.Head = append(t.Head, c.name)
	}
	r.eachStep(func(size int, step string) {
		if r.find(size, step, kindBackupfw) == nil {
			return // CPUTable says so
		}
		row := []string{step, plot.Number(float64(r.find(size, step, kindBackupfw).Instances))}
		for _, c := range columns {
			row = append(row, megabytes(r.find(size, step, c.kind).median(c.of)))
		}
		t.Rows = append(t.Rows, row)
	})
	return t
}

// FileTable has the sizes of plans and states, and what that is per triple.
func (r *Record) FileTable() Table {
	t := Table{Head: append([]string{"file", "resource instances"}, kindNames(kinds)...)}
	t.Head = append(t.Head, "backupfw, per triple")
	for _, file := range []struct{ name, step string }{{"plan", stepPlan}, {"state", stepApply}, {"state (remote)", stepRemoteApply}} {
		for _, triples := range r.Sizes() {
			ours := r.find(triples, file.step, kindBackupfw)
			// A state is the same wherever it is kept.
			if ours == nil || file.step == stepRemoteApply && r.find(triples, stepApply, kindBackupfw) != nil {
				continue
			}
			row := []string{file.name, plot.Number(float64(ours.Instances))}
			for _, kind := range kinds {
				row = append(row, size(float64(r.find(triples, file.step, kind).FileBytes)))
			}
			t.Rows = append(t.Rows, append(row, size(float64(ours.FileBytes)/float64(triples))))
		}
	}
	return t
}

// StartTable has what it takes to start a provider and to keep it waiting.
func (r *Record) StartTable() Table {
	t := Table{Head: []string{"", names[kindMinimal], names[kindBackupfw], "ratio"}}
	minimal, ours := r.start(kindMinimal), r.start(kindBackupfw)
	row := func(name string, write func(float64) string, f func(Start) float64) {
		a, b := f(minimal), f(ours)
		t.Rows = append(t.Rows, []string{name, write(a), write(b), times(b / a)})
	}
	row("from exec to the handshake", plot.Seconds, func(s Start) float64 {
		return s.median(func(r StartRun) float64 { return r.HandshakeSeconds })
	})
	if r.MemoryPerProcess {
		row("memory at rest", megabytes, func(s Start) float64 {
			return s.median(func(r StartRun) float64 { return float64(r.ResidentBytes) })
		})
	}
	row("binary", megabytes, func(s Start) float64 { return float64(s.BinaryBytes) })
	return t
}

func (s Start) median(f func(StartRun) float64) float64 {
	values := make([]float64, len(s.Runs))
	for i, run := range s.Runs {
		values[i] = f(run)
	}
	return median(values)
}

// Omissions are the steps that were left out, a sentence each.
func (r *Record) Omissions() []string {
	var list []string
	for _, n := range r.NotMeasured {
		list = append(list, fmt.Sprintf("%s of %s triples is not measured: %s.", n.Step, plot.Number(float64(n.Triples)), n.Why))
	}
	return list
}

// Table has the time of each benchmark by size, and by how much it grows over
// the last tenfold.
func (e *Engine) Table() Table {
	sizes := map[float64]bool{}
	var rising []float64
	for _, line := range e.Lines {
		for _, p := range line.Points {
			if !sizes[p.X] {
				sizes[p.X] = true
				rising = append(rising, p.X)
			}
		}
	}
	slices.Sort(rising)
	t := Table{Head: []string{"benchmark"}}
	for _, size := range rising {
		t.Head = append(t.Head, plot.Number(size))
	}
	t.Head = append(t.Head, "most growth per tenfold")
	for _, line := range e.Lines {
		row := []string{"`" + line.Name + "`"}
		for _, size := range rising {
			cell := ""
			for _, p := range line.Points {
				if p.X == size {
					cell = plot.Seconds(p.Y)
				}
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, append(row, growth(line.Points)))
	}
	return t
}

// growth is the largest factor by which the time grows when the size grows
// tenfold, from a size of 100 on: below, what is paid once hides it.
func growth(points []plot.Point) string {
	most := 0.0
	for _, a := range points {
		for _, b := range points {
			if a.X >= 100 && b.X == 10*a.X {
				most = max(most, b.Y/a.Y)
			}
		}
	}
	if most == 0 {
		return ""
	}
	return times(most)
}

// times writes a ratio.
func times(ratio float64) string {
	digits := 2
	if ratio >= 10 {
		digits = 1
	}
	return strconv.FormatFloat(ratio, 'f', digits, 64) + " ×"
}

// size writes the size of a file in the unit that fits.
func size(bytes float64) string {
	switch {
	case bytes >= 1<<20:
		return strconv.FormatFloat(bytes/(1<<20), 'f', 1, 64) + " MiB"
	case bytes >= 1<<10:
		return strconv.FormatFloat(bytes/(1<<10), 'f', 1, 64) + " KiB"
	default:
		return strconv.FormatFloat(bytes, 'f', 0, 64) + " B"
	}
}

func megabytes(bytes float64) string { return plot.Number(math.Round(bytes/(1<<20))) + " MiB" }

func gigabytes(bytes int64) string {
	return strconv.FormatFloat(float64(bytes)/(1<<30), 'f', 0, 64) + " GiB"
}
