package portset

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ports reads a list of texts as policies would write it, or fails the test.
func ports(t testing.TB, list string) Ports {
	t.Helper()
	if list == "" {
		return Ports{}
	}
	read, faults := ParseList(strings.Split(list, ","))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return read
}

// drawRange draws a range near one of the places where arithmetic can go
// wrong, in a small neighbourhood so that ranges meet, or anywhere.
func drawRange(t *rapid.T) Range {
	base := rapid.SampledFrom([]int{0, 100, 32760, 65515}).Draw(t, "base")
	first := base + rapid.IntRange(0, 20).Draw(t, "offset")
	length := rapid.OneOf(rapid.IntRange(0, 6), rapid.IntRange(0, 65535)).Draw(t, "length")
	return Range{First: uint16(first), Last: uint16(min(first+length, maxPort))}
}

func drawSet(t *rapid.T, label string) Set {
	return Of(rapid.SliceOfN(rapid.Custom(drawRange), 0, 8).Draw(t, label)...)
}

func drawPorts(t *rapid.T, label string) Ports {
	var p Ports
	for _, proto := range Protocols() {
		switch {
		case proto.HasPorts():
			p = p.Union(PortsOf(proto, drawSet(t, label+" "+proto.String())))
		case rapid.Bool().Draw(t, label+" "+proto.String()):
			p = p.Union(WholeProtocol(proto))
		}
	}
	return p
}

// oracle is a set of ports written out.
type oracle [maxPort + 1]bool

func oracleOf(ranges []Range) *oracle {
	var o oracle
	for _, r := range ranges {
		for p := int(r.First); p <= int(r.Last); p++ {
			o[p] = true
		}
	}
	return &o
}

// combine applies an operation port by port.
func combine(a, b *oracle, operation func(a, b bool) bool) *oracle {
	var o oracle
	for p := range o {
		o[p] = operation(a[p], b[p])
	}
	return &o
}

// ranges reads the canonical ranges off the oracle.
func (o *oracle) ranges() []Range {
	var out []Range
	for p := range o {
		switch {
		case !o[p]:
		case p > 0 && o[p-1]:
			out[len(out)-1].Last = uint16(p)
		default:
			out = append(out, Range{First: uint16(p), Last: uint16(p)})
		}
	}
	return out
}

func (o *oracle) len() int {
	n := 0
	for _, in := range o {
		if in {
			n++
		}
	}
	return n
}

// checkSet compares every way of looking at a set with the oracle.
func checkSet(t *rapid.T, what string, got Set, want *oracle) {
	t.Helper()
	if !slices.Equal(got.Ranges(), want.ranges()) {
		t.Fatalf("%s: got %v, want %v", what, got.Ranges(), want.ranges())
	}
	if got.Len() != want.len() || got.IsEmpty() != (want.len() == 0) {
		t.Fatalf("%s: Len %d, IsEmpty %v, want %d ports", what, got.Len(), got.IsEmpty(), want.len())
	}
	for p := range want {
		if got.Contains(uint16(p)) != want[p] {
			t.Fatalf("%s: Contains(%d) = %v", what, p, !want[p])
		}
	}
}

func TestSet_AgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.SliceOfN(rapid.Custom(drawRange), 0, 8)
		aRanges, bRanges := draw.Draw(t, "a"), draw.Draw(t, "b")
		a, b := Of(aRanges...), Of(bRanges...)
		oa, ob := oracleOf(aRanges), oracleOf(bRanges)

		checkSet(t, "Of", a, oa)
		union := combine(oa, ob, func(a, b bool) bool { return a || b })
		both := combine(oa, ob, func(a, b bool) bool { return a && b })
		onlyA := combine(oa, ob, func(a, b bool) bool { return a && !b })
		onlyB := combine(oa, ob, func(a, b bool) bool { return b && !a })
		checkSet(t, "Union", a.Union(b), union)
		checkSet(t, "UnionAll", UnionAll([]Set{a, {}, b, a}), union)
		checkSet(t, "Intersect", a.Intersect(b), both)
		checkSet(t, "Minus", a.Minus(b), onlyA)
		if got, want := a.Covers(b), onlyB.len() == 0; got != want {
			t.Fatalf("%v.Covers(%v) = %v, want %v", a, b, got, want)
		}
		if got, want := a.Overlaps(b), both.len() > 0; got != want {
			t.Fatalf("%v.Overlaps(%v) = %v, want %v", a, b, got, want)
		}
		if got, want := a.Equal(b), *oa == *ob; got != want {
			t.Fatalf("%v.Equal(%v) = %v, want %v", a, b, got, want)
		}

		n := rapid.IntRange(-1, 40).Draw(t, "n")
		lowest := *oa
		for p, left := 0, n; p <= maxPort; p++ {
			if lowest[p] {
				lowest[p] = left > 0
				left--
			}
		}
		checkSet(t, "FirstN", a.FirstN(n), &lowest)

		// Operands are as they were.
		checkSet(t, "a afterwards", a, oa)
		checkSet(t, "b afterwards", b, ob)
	})
}

func TestPorts_AgreeWithTheirSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawPorts(t, "a"), drawPorts(t, "b")
		before := a.String() + "|" + b.String()
		length, covers, overlaps, equal, empty := 0, true, false, true, true
		for _, proto := range Protocols() {
			sa, sb := a.Of(proto), b.Of(proto)
			for _, op := range []struct {
				name      string
				got, want Set
			}{
				{"Union", a.Union(b).Of(proto), sa.Union(sb)},
				{"Merge", Merge([]Ports{a, {}, b, a}).Of(proto), sa.Union(sb)},
				{"Intersect", a.Intersect(b).Of(proto), sa.Intersect(sb)},
				{"Minus", a.Minus(b).Of(proto), sa.Minus(sb)},
			} {
				if !op.got.Equal(op.want) {
					t.Fatalf("%s of %s: got %v, want %v", op.name, proto, op.got, op.want)
				}
			}
			length += sa.Len()
			covers = covers && sa.Covers(sb)
			overlaps = overlaps || sa.Overlaps(sb)
			equal = equal && sa.Equal(sb)
			empty = empty && sa.IsEmpty()
		}
		if a.Len() != length || a.Covers(b) != covers || a.Overlaps(b) != overlaps || a.Equal(b) != equal || a.IsEmpty() != empty {
			t.Fatalf("%v and %v: Len %d, Covers %v, Overlaps %v, Equal %v, IsEmpty %v; want %d %v %v %v %v", a, b,
				a.Len(), a.Covers(b), a.Overlaps(b), a.Equal(b), a.IsEmpty(), length, covers, overlaps, equal, empty)
		}
		if after := a.String() + "|" + b.String(); after != before {
			t.Fatalf("operands changed: %s, before %s", after, before)
		}
	})
}

// Laws that hold for sets whatever they contain.
func TestPorts_Laws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawPorts(t, "a"), drawPorts(t, "b"), drawPorts(t, "c")
		for _, law := range []struct {
			name  string
			holds bool
		}{
			{"a ∪ b = b ∪ a", a.Union(b).Equal(b.Union(a))},
			{"(a ∪ b) ∪ c = a ∪ (b ∪ c)", a.Union(b).Union(c).Equal(a.Union(b.Union(c)))},
			{"a ∩ (b ∪ c) = (a ∩ b) ∪ (a ∩ c)", a.Intersect(b.Union(c)).Equal(a.Intersect(b).Union(a.Intersect(c)))},
			{"a − (b ∪ c) = (a − b) − c", a.Minus(b.Union(c)).Equal(a.Minus(b).Minus(c))},
			{"(a − b) ∪ (a ∩ b) = a", a.Minus(b).Union(a.Intersect(b)).Equal(a)},
			{"a − b meets no b", !a.Minus(b).Overlaps(b)},
			{"a ∪ b covers both", a.Union(b).Covers(a) && a.Union(b).Covers(b)},
			{"a covers b exactly if b − a is empty", a.Covers(b) == b.Minus(a).IsEmpty()},
			{"covering each other is equality", (a.Covers(b) && b.Covers(a)) == a.Equal(b)},
			{"|a ∪ b| + |a ∩ b| = |a| + |b|", a.Union(b).Len()+a.Intersect(b).Len() == a.Len()+b.Len()},
			{"any covers a", Any().Covers(a) && Any().Minus(Any().Minus(a)).Equal(a)},
		} {
			if !law.holds {
				t.Fatalf("%s does not hold for a = %v, b = %v, c = %v", law.name, a, b, c)
			}
		}
	})
}

func TestParse_ReadsWhatStringsWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPorts(t, "ports").Minus(WholeProtocol(Other))
		texts := p.Strings()
		read, faults := ParseList(rapid.Permutation(texts).Draw(t, "order"))
		if len(faults) > 0 || !read.Equal(p) {
			t.Fatalf("%q was read as %v with faults %v", texts, read, faults)
		}
		for i, e := range p.Entries() {
			one, err := Parse(e.String())
			if err != nil || !slices.Equal(one.Entries(), []Entry{e}) || texts[i] != e.String() {
				t.Fatalf("entry %v was read as %v, %v", e, one, err)
			}
		}
	})
}
