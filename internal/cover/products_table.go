package cover

import (
	"maps"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
	"github.com/backupfw/terraform-provider-backupfw/internal/region"
)

// productMaxCells limits the table of ports and peers: how many of its cells
// are open, and how many sources speak of the same port or the same peer,
// summed over all of them. Policies of 10,000 rules need some ten thousand;
// only thousands of rules that each overlap thousands of others need more.
const productMaxCells = 4 << 20

// productKind says where a row or a column has no meaning: a row of ICMP meets
// every column but those of IPv6, a row of ICMPv6 every column but those of
// IPv4.
type productKind uint8

const (
	productPlain productKind = iota
	product4                 // ICMP, or IPv4 addresses
	product6                 // ICMPv6, or IPv6 addresses
)

func (k productKind) meets(o productKind) bool {
	return k == productPlain || o == productPlain || k == o
}

// productTable is the set as a table: a row for ports that the same joined
// sources speak of, a column for peers that the same joined sources speak of.
// Free peers have no column.
type productTable struct {
	rects []Product
	rows  []productRow
	cols  []productCol
	// rowsOf and colsOf are the rows and columns of each of rects, ascending.
	rowsOf, colsOf [][]int32
	cellAt         []int // the first cell of each column; see cells
}

type productRow struct {
	ports portset.Ports
	kind  productKind
	first netip.Addr // the lowest port, encoded
	rects []int
}

type productCol struct {
	prefixes  prefixset.Set
	reference string // if not "", there are no prefixes
	kind      productKind
	// rows are those that the column is open to, ascending, never empty.
	rows []int32
}

// newProductTable reports false when the table would pass productMaxCells.
func newProductTable(rects []Product, free Free) (*productTable, bool) {
	t := &productTable{rects: rects, rowsOf: make([][]int32, len(rects)), colsOf: make([][]int32, len(rects))}
	if !t.addRows() {
		return nil, false
	}
	cells := productMaxCells
	return t, t.addAddresses(free.Prefixes, &cells) && t.addReferences(free.References, &cells)
}

func (t *productTable) addRows() bool {
	encoded := make([]prefixset.Set, len(t.rects))
	for i := range t.rects {
		encoded[i] = productEncode(t.rects[i].Ports)
	}
	if productOverlaps(encoded) > productMaxCells {
		return false
	}
	atoms := region.Atoms(encoded)
	for i := range atoms {
		// ICMP and ICMPv6 do not mean something to all peers, so they have rows
		// of their own.
		var parts [3][]netipx.IPRange
		for _, r := range atoms[i].Ranges {
			kind := productPlain
			switch protocol, _ := productDecode(r); protocol {
			case portset.ICMP:
				kind = product4
			case portset.ICMPv6:
				kind = product6
			}
			parts[kind] = append(parts[kind], r)
		}
		for kind, ranges := range parts {
			if len(ranges) > 0 {
				t.rows = append(t.rows, productRow{
					ports: productDecodeAll(ranges), kind: productKind(kind), first: ranges[0].From(), rects: atoms[i].Members})
			}
		}
	}
	slices.SortFunc(t.rows, func(a, b productRow) int { return a.first.Compare(b.first) })
	for i := range t.rows {
		for _, m := range t.rows[i].rects {
			t.rowsOf[m] = append(t.rowsOf[m], int32(i))
		}
	}
	return true
}

func (t *productTable) addAddresses(free prefixset.Set, cells *int) bool {
	sets := make([]prefixset.Set, len(t.rects), len(t.rects)+1)
	for i := range t.rects {
		sets[i] = t.rects[i].Prefixes
	}
	sets = append(sets, free)
	if productOverlaps(sets) > productMaxCells {
		return false
	}
	atoms := region.Atoms(sets)
	for i := range atoms {
		a := &atoms[i]
		if a.Members[len(a.Members)-1] == len(t.rects) {
			continue // free
		}
		kind := product4
		if a.Is6 {
			kind = product6
		}
		if !t.addColumn(productCol{prefixes: a.Set(), kind: kind}, a.Members, cells) {
			return false
		}
	}
	return true
}

func (t *productTable) addReferences(free []string, cells *int) bool {
	members := map[string][]int{}
	for i := range t.rects {
		for _, name := range t.rects[i].References {
			members[name] = append(members[name], i)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if _, found := slices.BinarySearch(free, name); found {
			continue
		}
		if !t.addColumn(productCol{reference: name}, members[name], cells) {
			return false
		}
	}
	return true
}

// addColumn adds a column unless nothing in it has a meaning. It reports false
// when there are too many cells.
func (t *productTable) addColumn(c productCol, members []int, cells *int) bool {
	for _, m := range members {
		if *cells -= len(t.rowsOf[m]); *cells < 0 {
			return false
		}
		for _, r := range t.rowsOf[m] {
			if t.rows[r].kind.meets(c.kind) {
				c.rows = append(c.rows, r)
			}
		}
	}
	if len(c.rows) == 0 {
		return true
	}
	slices.Sort(c.rows)
	c.rows = slices.Compact(c.rows)
	for _, m := range members {
		t.colsOf[m] = append(t.colsOf[m], int32(len(t.cols)))
	}
	t.cols = append(t.cols, c)
	return true
}

// productEncode writes ports as IPv4 addresses, so that what cuts addresses
// into atoms can cut ports too. Between two protocols there is a gap: ranges
// of ports must not touch across it.
func productEncode(ports portset.Ports) prefixset.Set {
	entries := ports.Entries()
	ranges := make([]netipx.IPRange, len(entries))
	for i, e := range entries {
		addr := func(port uint16) netip.Addr {
			return netip.AddrFrom4([4]byte{0, byte(e.Protocol) << 1, byte(port >> 8), byte(port)})
		}
		ranges[i] = netipx.IPRangeFrom(addr(e.Range.First), addr(e.Range.Last))
	}
	return prefixset.OfRanges(ranges...)
}

func productDecode(r netipx.IPRange) (portset.Protocol, portset.Range) {
	from, to := r.From().As4(), r.To().As4()
	return portset.Protocol(from[1] >> 1),
		portset.Range{First: uint16(from[2])<<8 | uint16(from[3]), Last: uint16(to[2])<<8 | uint16(to[3])}
}

func productDecodeAll(ranges []netipx.IPRange) portset.Ports {
	var of [portset.Other + 1][]portset.Range
	for _, r := range ranges {
		protocol, ports := productDecode(r)
		of[protocol] = append(of[protocol], ports)
	}
	var all portset.Ports
	for _, protocol := range portset.Protocols() {
		if len(of[protocol]) > 0 {
			all = all.Union(portset.PortsOf(protocol, portset.Of(of[protocol]...)))
		}
	}
	return all
}

// productOverlaps is what region.Atoms will have to write down, at most: for
// every place where a set begins or ends, how many sets hold what follows.
func productOverlaps(sets []prefixset.Set) int {
	var from, to []netip.Addr
	for _, s := range sets {
		for _, r := range s.Ranges() {
			from, to = append(from, r.From()), append(to, r.To())
		}
	}
	slices.SortFunc(from, netip.Addr.Compare)
	slices.SortFunc(to, netip.Addr.Compare)
	sum := 0
	begun, ended := 0, 0
	for begun < len(from) || ended < len(to) {
		// What ends at an address ends after it, so beginnings come first.
		if begun < len(from) && from[begun].Compare(to[ended]) <= 0 {
			for at := from[begun]; begun < len(from) && from[begun] == at; {
				begun++
			}
		} else {
			for at := to[ended]; ended < len(to) && to[ended] == at; {
				ended++
			}
		}
		sum += begun - ended
	}
	return sum
}
