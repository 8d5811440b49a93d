package compile

import (
	"cmp"
	"slices"
	"sort"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/region"
)

// sweep walks over the atoms of the addresses of one family and keeps the runs
// of ports that are open at the atom where it stands. A run's peers are noted down
// only when the run ends or changes, so the work grows with what the policy
// says and with what comes out, and not with how many rules speak of the same
// address:
//
//	port
//	 |   +-----------------+          one rule for a network, one for a host
//	 |   |  a  +--+        |          in it: b starts and ends inside the run
//	 |   |     |b |        |          of a, the run does not change, and all
//	 |   +-----+--+--------+          there is to do is to note down b
//	 +-------------------------> atom
type sweep struct {
	sources []source
	groups  map[box]*group
	family  audience
	line    *line
	// runs are the open runs of each protocol that has a name, sorted,
	// disjoint and not adjacent.
	runs [portset.Other][]*run
	// active holds the pieces of each source that is open here.
	active map[int][]*piece
	// everything counts the open sources that open every protocol. While
	// there is one, all pieces serve the box of everything.
	everything int
}

// line is the address space of one family, cut into atoms: rules that speak of
// the same thousands of peers are swept over once, and not at each of them.
type line struct {
	number audience
	atoms  [][]netipx.IPRange
}

// edge is one end of a span of atoms of a source.
type edge struct {
	atom   int // the first one of the span, or the last one
	source int
	opens  bool
}

// sweepFamily notes down in groups what the sources open to the addresses of
// sets, which belong to the sources by index and have one family only.
func sweepFamily(sources []source, sets []prefixset.Set, family audience, groups map[box]*group) {
	if !slices.ContainsFunc(sets, func(s prefixset.Set) bool { return !s.IsEmpty() }) {
		return
	}
	distinct, number := prefixset.Distinct(sets)
	atoms, spans := region.Line(distinct)
	var edges []edge
	for i := range sets {
		for _, span := range spans[number[i]] {
			edges = append(edges, edge{atom: span.First, source: i, opens: true}, edge{atom: span.End - 1, source: i})
		}
	}
	// An opening edge acts before its atom and a closing one after it.
	slices.SortFunc(edges, func(a, b edge) int {
		if a.atom == b.atom && a.opens != b.opens {
			if a.opens {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.atom, b.atom), cmp.Compare(a.source, b.source))
	})
	s := &sweep{sources: sources, groups: groups, family: family, line: &line{family, atoms}, active: map[int][]*piece{}}
	// Edges at one atom act together: rules for the same peer often touch,
	// and one by one each would rebuild the run of all before it.
	for len(edges) > 0 {
		first := edges[0]
		n := 1
		for n < len(edges) && edges[n].atom == first.atom && edges[n].opens == first.opens {
			n++
		}
		if first.opens {
			s.open(edges[:n], first.atom)
		} else {
			s.close(edges[:n], first.atom)
		}
		edges = edges[n:]
	}
}

// open adds the sources of the edges from the atom at on.
func (s *sweep) open(edges []edge, at int) {
	var fresh [portset.Other][]*piece
	for _, e := range edges {
		src := &s.sources[e.source]
		if opensOther(src) {
			if s.everything == 0 {
				s.noteAll(at-1, at)
			}
			s.everything++
			s.active[e.source] = []*piece{{source: e.source, since: at}}
			continue
		}
		var pieces []*piece
		for _, entry := range src.ports.Entries() {
			if s.family.has(entry.Protocol) {
				p := &piece{source: e.source, ports: entry.Range, since: at}
				pieces = append(pieces, p)
				fresh[entry.Protocol] = append(fresh[entry.Protocol], p)
			}
		}
		s.active[e.source] = pieces
	}
	for protocol, pieces := range fresh {
		for _, r := range runsOf(portset.Protocol(protocol), pieces) {
			s.join(r, at)
		}
	}
}

// close takes the sources of the edges away after the atom last.
func (s *sweep) close(edges []edge, last int) {
	var shorter []*run // that may no longer be what they were
	for _, e := range edges {
		for _, p := range s.active[e.source] {
			s.note(p, last, last+1)
			if p.in != nil && p.in.remove(p) {
				shorter = append(shorter, p.in)
			}
		}
		delete(s.active, e.source)
		if opensOther(&s.sources[e.source]) {
			if s.everything == 1 {
				s.noteAll(last, last+1)
			}
			s.everything--
		}
	}
	for _, r := range shorter {
		s.rebuild(r, last)
	}
}

// note writes down that p has served its box up to and with the atom last,
// and starts anew at next.
func (s *sweep) note(p *piece, last, next int) {
	if p.since <= last {
		b := box{any: true}
		if s.everything == 0 {
			b = p.in.box
		}
		groupOf(s.groups, b).addSpan(servedSpan{line: s.line, first: p.since, end: last + 1, source: p.source})
	}
	p.since = next
}

func (s *sweep) noteAll(last, next int) {
	for _, pieces := range s.active {
		for _, p := range pieces {
			s.note(p, last, next)
		}
	}
}

// join adds a new run of pieces: it puts them into the open run that they lie
// in, or makes one run of them and all runs that they overlap or touch. Ports
// are compared as int, because the port after 65535 does not fit.
func (s *sweep) join(fresh *run, at int) {
	protocol := fresh.box.protocol
	runs := s.runs[protocol]
	ports := fresh.box.ports
	from := sort.Search(len(runs), func(i int) bool { return int(runs[i].box.ports.Last)+1 >= int(ports.First) })
	to := from
	for to < len(runs) && int(runs[to].box.ports.First) <= int(ports.Last)+1 {
		to++
	}
	met := runs[from:to]
	for _, r := range met {
		ports.First = min(ports.First, r.box.ports.First)
		ports.Last = max(ports.Last, r.box.ports.Last)
	}
	if len(met) == 1 && met[0].box.ports == ports {
		for p := range fresh.pieces {
			met[0].add(p)
		}
		return
	}
	joined := newRun(protocol, ports)
	for p := range fresh.pieces {
		joined.add(p)
	}
	for _, r := range met {
		for p := range r.pieces {
			s.note(p, at-1, at)
			joined.add(p)
		}
	}
	s.runs[protocol] = slices.Replace(runs, from, to, joined)
}

// rebuild finds what is left of a run that has lost pieces: it may be as it
// was, shorter, in parts, or gone after the atom last.
func (s *sweep) rebuild(old *run, last int) {
	old.stale = false
	rest := make([]*piece, 0, len(old.pieces))
	for p := range old.pieces {
		rest = append(rest, p)
	}
	parts := runsOf(old.box.protocol, rest)
	if len(parts) == 1 && parts[0].box == old.box {
		for _, p := range rest {
			p.in = old
		}
		return
	}
	for _, p := range rest {
		// The box that it has served is the old one.
		now := p.in
		p.in = old
		s.note(p, last, last+1)
		p.in = now
	}
	runs := s.runs[old.box.protocol]
	i := slices.Index(runs, old)
	s.runs[old.box.protocol] = slices.Replace(runs, i, i+1, parts...)
}
