package cover_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/cover"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// boxShape makes n sources, or what takes as much to write.
type boxShape struct {
	name    string
	sources func(n int) []cover.Source
}

// boxHost is a host of 10.0.0.0/8; the order of the numbers is not that of the
// addresses.
func boxHost(i int) netip.Prefix { return boxHostOf(i*7919%(1<<23)*2, 32) }

func boxHostOf(i, length int) netip.Prefix {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], 10<<24+uint32(i))
	return netip.PrefixFrom(netip.AddrFrom4(b), length).Masked()
}

func boxHost6(i int) netip.Prefix {
	b := netip.MustParseAddr("2001:db8::").As16()
	binary.BigEndian.PutUint32(b[8:], uint32(i*7919))
	return netip.PrefixFrom(netip.AddrFrom16(b), 64+i%65).Masked()
}

func boxTCP(first, last int) portset.Ports {
	return portset.PortsOf(portset.TCP, portset.Of(portset.Range{First: uint16(first), Last: uint16(last)}))
}

// boxPort is a port that no other number below 32768 has, or its neighbours.
func boxPort(i int) portset.Ports { return boxTCP(i*2%65536, i*2%65536) }

func boxSourceFor(ports portset.Ports, prefixes ...netip.Prefix) cover.Source {
	return cover.Source{Ports: ports, Prefixes: prefixset.Of(prefixes...)}
}

// boxEach makes one source for each number up to n.
func boxEach(source func(i int) cover.Source) func(n int) []cover.Source {
	return func(n int) []cover.Source {
		sources := make([]cover.Source, n)
		for i := range sources {
			sources[i] = source(i)
		}
		return sources
	}
}

// boxWide is the network that everything of IPv4 lies in.
var boxWide = boxHostOf(0, 8)

// boxTiles are the largest network whose hosts n sources can list, and its
// hosts.
func boxTiles(n int) (network netip.Prefix, hosts int) {
	length := 32
	for 2<<(32-length) <= n {
		length--
	}
	return boxHostOf(0, length), 1 << (32 - length)
}

func boxShapes() []boxShape {
	return []boxShape{
		{"peer-and-port-each", boxEach(func(i int) cover.Source { return boxSourceFor(boxPort(i), boxHost(i)) })},
		{"peer-each", boxEach(func(i int) cover.Source { return boxSourceFor(boxTCP(22, 22), boxHost(i)) })},
		{"one-source", func(n int) []cover.Source {
			prefixes := make([]netip.Prefix, n)
			for i := range prefixes {
				prefixes[i] = boxHost(i)
			}
			return []cover.Source{boxSourceFor(boxTCP(22, 22), prefixes...)}
		}},
		{"port-each", boxEach(func(i int) cover.Source { return boxSourceFor(boxPort(i), boxWide) })},
		{"ports-that-touch", boxEach(func(i int) cover.Source { return boxSourceFor(boxTCP(i%65536, i%65536), boxWide) })},
		{"hosts-that-widen", boxEach(func(i int) cover.Source {
			if i%2 == 0 {
				return boxSourceFor(boxTCP(i*4%65536, i*4%65536), boxWide)
			}
			return boxSourceFor(boxTCP(i*4%65530, i*4%65530+5), boxHost(i))
		})},
		{"hosts-with-all-ports", boxEach(func(i int) cover.Source {
			if i%2 == 0 {
				return boxSourceFor(boxPort(i), boxWide)
			}
			return boxSourceFor(boxTCP(0, 65535), boxHost(i))
		})},
		{"networks-with-all-ports", boxEach(func(i int) cover.Source {
			switch i % 3 {
			case 0:
				return boxSourceFor(boxPort(i), boxWide)
			case 1:
				return boxSourceFor(boxTCP(0, 65535), boxHostOf(i/3*16, 28))
			}
			return boxSourceFor(boxPort(i), boxHostOf(i/3*16+3, 32))
		})},
		{"nested", boxEach(func(i int) cover.Source {
			return boxSourceFor(boxPort(i), boxHostOf(i/24*79*256, 32-i%24))
		})},
		{"tiles", func(n int) []cover.Source {
			_, hosts := boxTiles(n)
			return boxEach(func(i int) cover.Source {
				return boxSourceFor(boxTCP(20+i%2*5, 25+i%2*5), boxHostOf(i%hosts, 32))
			})(n)
		}},
		{"tiles-that-miss-a-port", boxTilesThatMiss},
		{"everything-in-between", boxEach(func(i int) cover.Source {
			switch i % 3 {
			case 0:
				return boxSourceFor(boxPort(i), boxWide)
			case 1:
				return boxSourceFor(portset.Any(), boxHost(i))
			}
			return boxSourceFor(boxPort(i), boxHost(i))
		})},
		{"both-families", boxEach(func(i int) cover.Source {
			return boxSourceFor(boxPort(i).Union(portset.WholeProtocol(portset.ESP)), boxHost(i), boxHost6(i))
		})},
		{"reference-each", boxEach(func(i int) cover.Source {
			return cover.Source{Ports: boxPort(i), References: []string{fmt.Sprint("group-", i)}}
		})},
	}
}

// boxTilesThatMiss opens a list of ports to a network, and to each of its hosts
// all ports but one, so that no port of the list is needed anywhere, but each
// is a run of the whole network.
func boxTilesThatMiss(n int) []cover.Source {
	network, hosts := boxTiles(n)
	var list []portset.Range
	for i := range min(n/2, 32767) {
		list = append(list, portset.Range{First: uint16(2 * i), Last: uint16(2 * i)})
	}
	sources := boxEach(func(i int) cover.Source {
		odd := 2*(i*7919)%65536 + 1 // neighbours miss ports far apart
		return boxSourceFor(boxTCP(0, 65535).Minus(boxTCP(odd, odd)), boxHostOf(i, 32))
	})(hosts)
	return append(sources, boxSourceFor(portset.PortsOf(portset.TCP, portset.Of(list...)), network))
}

func BenchmarkBoxes(b *testing.B) {
	for _, shape := range boxShapes() {
		for _, n := range []int{100, 1_000, 10_000, 100_000} {
			sources := shape.sources(n)
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				boxes := 0
				for b.Loop() {
					boxes = len(cover.Boxes(sources, cover.Stable))
				}
				b.ReportMetric(float64(boxes), "boxes")
			})
		}
	}
}
