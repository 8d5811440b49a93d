package suggest

import (
	"slices"
	"sync"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

// infrastructure are the entries of the catalogue that stand for a protocol and
// not for a backup product. They explain ports only after all products had
// their turn.
var infrastructure = []string{"iscsi_vtl", "ndmp", "nfs_target", "rsync_daemon", "s3_target", "smb_target"}

// habitual are ports that programs of all kinds use by habit, so that they tell
// nothing of who listens.
var habitual = []uint16{3000, 4000, 4443, 5000, 5001, 7000, 7001, 8000, 8001, 8008, 8080, 8081, 8088, 8090, 8443, 8444, 8888,
	9000, 9001, 9090, 9443, 10443}

// protocolPorts are the fixed ports of all of them.
var protocolPorts = sync.OnceValue(func() portset.Ports {
	var ports portset.Ports
	for _, id := range infrastructure {
		if product, known := catalog.Get(id); known {
			ports = ports.Union(fixedPorts(product))
		}
	}
	return ports
})

// maxSharers is the number of products up to which a port tells who listens.
const maxSharers = 4

// The widths of flows, in ports. Up to maxFixed a flow that negotiates nothing
// needs all of its ports. Up to maxTelling an open range can tell the product;
// from there on a flow may be anywhere.
const (
	maxFixed   = 16
	maxTelling = 2048
)

// isRange reports whether a part of the flow's ports is enough.
func isRange(flow *catalog.Flow) bool {
	return flow.Negotiated || flow.OpenEnded || flow.Ports.Len() > maxFixed
}

// isAnywhere reports whether the flow says next to nothing of its ports.
func isAnywhere(flow *catalog.Flow) bool { return flow.OpenEnded || flow.Ports.Len() > maxTelling }

type protocolPort struct {
	protocol portset.Protocol
	port     uint16
}

// sharers counts the products that document a fixed port.
var sharers = sync.OnceValue(func() map[protocolPort]int {
	count := map[protocolPort]int{}
	for _, id := range catalog.IDs() {
		if slices.Contains(infrastructure, id) {
			continue
		}
		product, _ := catalog.Get(id)
		eachPort(fixedPorts(product), func(p protocolPort) { count[p]++ })
	}
	return count
})

func fixedPorts(product *catalog.Product) portset.Ports {
	var fixed portset.Ports
	for i := range product.Flows {
		if !isRange(&product.Flows[i]) {
			fixed = fixed.Union(product.Flows[i].Ports)
		}
	}
	return fixed
}

func eachPort(ports portset.Ports, do func(protocolPort)) {
	for _, e := range ports.Entries() {
		for port := int(e.Range.First); port <= int(e.Range.Last); port++ {
			do(protocolPort{e.Protocol, uint16(port)})
		}
	}
}

// sharersOf is 0 for a port that tells nothing: one of a well-known service,
// one that programs use by habit, or one that many products document. Else it
// is the number of products that document it, at most maxSharers.
func sharersOf(p protocolPort) int {
	if !p.protocol.HasPorts() || slices.Contains(habitual, p.port) || services.SpecialSet(p.protocol).Contains(p.port) {
		return 0
	}
	if n := sharers()[p]; n <= maxSharers {
		return n
	}
	return 0
}

// telling are the ports that tell who listens, and unique those of them that
// one product alone documents.
func telling(ports portset.Ports) (all, unique portset.Ports) {
	eachPort(ports, func(p protocolPort) {
		one := portset.PortsOf(p.protocol, portset.Of(portset.Range{First: p.port, Last: p.port}))
		switch n := sharersOf(p); {
		case n == 1:
			unique = unique.Union(one)
			fallthrough
		case n > 1:
			all = all.Union(one)
		}
	})
	return all, unique
}

// productFacts are what is asked of a product again and again.
type productFacts struct {
	product *catalog.Product
	links   []link
	// narrow are the documented ports of all flows that say where they are;
	// bounded has the vendor's examples for the others too, unless they are
	// nearly everywhere.
	narrow, bounded portset.Ports
}

// link is a pair of roles with its flows.
type link struct {
	catalog.Pair
	flows []*catalog.Flow
}

// facts are those of all products by id. They read the whole catalogue, at the
// first suggestion and never before.
var facts = sync.OnceValue(func() map[string]*productFacts {
	all := map[string]*productFacts{}
	for _, id := range catalog.IDs() {
		product, _ := catalog.Get(id)
		f := &productFacts{product: product}
		for _, pair := range product.Pairs() {
			f.links = append(f.links, link{pair, product.Between(pair.From, pair.To)})
		}
		for i := range product.Flows {
			flow := &product.Flows[i]
			if !isAnywhere(flow) {
				f.narrow = f.narrow.Union(flow.Ports)
			}
			if flow.Ports.Len() <= maxTelling {
				f.bounded = f.bounded.Union(flow.Ports)
			}
		}
		all[id] = f
	}
	return all
})

// documented are the bounded ports of all products.
var documented = sync.OnceValue(func() portset.Ports {
	var all []portset.Ports
	for _, f := range facts() {
		all = append(all, f.bounded)
	}
	return portset.Merge(all)
})
