package compile

import (
	"cmp"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// piece is one range of ports of one source.
type piece struct {
	source int
	ports  portset.Range
	// in is nil for a piece that opens everything.
	in *run
	// since is the first atom that is not noted down yet.
	since int
}

// run is the union of pieces that overlap or touch.
type run struct {
	box    box
	pieces map[*piece]bool
	// whole counts the pieces that are as long as the run.
	whole int
	// stale is set when the box may be larger than what the pieces make up.
	stale bool
}

func newRun(protocol portset.Protocol, ports portset.Range) *run {
	return &run{box: box{protocol: protocol, ports: ports}, pieces: map[*piece]bool{}}
}

// runsOf joins pieces of one protocol; it sorts them. The runs are sorted.
func runsOf(protocol portset.Protocol, pieces []*piece) []*run {
	slices.SortFunc(pieces, func(a, b *piece) int { return cmp.Compare(a.ports.First, b.ports.First) })
	var runs []*run
	for i := 0; i < len(pieces); {
		ports := pieces[i].ports
		n := i + 1
		// In int, because the port after 65535 does not fit.
		for n < len(pieces) && int(pieces[n].ports.First) <= int(ports.Last)+1 {
			ports.Last = max(ports.Last, pieces[n].ports.Last)
			n++
		}
		r := newRun(protocol, ports)
		for _, p := range pieces[i:n] {
			r.add(p)
		}
		runs = append(runs, r)
		i = n
	}
	return runs
}

func (r *run) add(p *piece) {
	r.pieces[p] = true
	p.in = r
	if p.ports == r.box.ports {
		r.whole++
	}
}

// remove takes a piece out. It reports whether the run has become stale, which
// it has not while a piece that is left is as long as the run.
func (r *run) remove(p *piece) bool {
	delete(r.pieces, p)
	if p.ports == r.box.ports {
		r.whole--
	}
	if r.whole > 0 || r.stale {
		return false
	}
	r.stale = true
	return true
}

// sources lists the sources of the pieces, ascending, each once.
func (r *run) sources() []int {
	all := make([]int, 0, len(r.pieces))
	for p := range r.pieces {
		all = append(all, p.source)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
