// Package catalog knows which ports backup products document: who dials whom,
// on what, how wide a negotiated range has to be, and what has been attacked.
//
// A product is one YAML file in products/; to add a product, add a file. The
// layout is described in products/README.md, and the tests read every file. A
// product is parsed when its id is first asked for, never at start.
package catalog

import (
	"embed"
	"fmt"
	"slices"
	"sync"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// Product is one backup product. It is shared by all callers: read it, do not
// change it.
type Product struct {
	ID, Name, Vendor string
	// DocVersion says which release, or which state of the vendor's pages, was
	// read.
	DocVersion string
	// DialDirection says in a few sentences who dials whom.
	DialDirection string
	// Narrowing says how to make the openings smaller.
	Narrowing string
	// Sources are the pages that were read; everything below quotes one of them.
	Sources []string
	Roles   []Role // in the order of the file
	Flows   []Flow // in the order of the file
	Sizing  []SizingRule
	History []Vulnerability

	flows map[string]int // position in Flows by id
}

// Role is a part that a host plays in the product.
type Role struct {
	ID, Description string
}

// Flow is one listener: From dials, To listens on Ports.
type Flow struct {
	ID, From, To string
	Ports        portset.Ports
	Purpose      string
	// Required flows are the ones that a current installation of both roles
	// cannot do without; naming two roles selects them.
	Required bool
	// Negotiated means that the listener is one port of Ports, picked at run
	// time, so that all of them have to be open.
	Negotiated bool
	// OpenEnded means that the vendor names no upper bound ("9082 and up"): Ports
	// is an example, and only the author knows what was set in the product.
	OpenEnded bool
	// Encrypted is nil when it depends on settings or is not documented.
	Encrypted *bool
	// Configurable says where the ports are set, "" when nowhere.
	Configurable string
	// Versions are the releases that use the flow, "" for the current ones.
	Versions   string
	Source     string
	Confidence Confidence
	Note       string
	// SinglePort is the id of the flow between the same roles that replaces
	// this one over one fixed port, or "".
	SinglePort string
	// Reversed is the id of the flow that does the same with the other end
	// dialling, or "".
	Reversed string
	// ExploitedBy are the CVEs in CISA's catalogue of known exploited
	// vulnerabilities whose vulnerable service is this flow's listener, in the
	// order of History.
	ExploitedBy []string
}

// SystemPicks reports whether the vendor leaves the port to the operating
// system, rather than naming the first one of an open-ended range.
func (f *Flow) SystemPicks() bool { return f.OpenEnded && f.Ports.Len() >= 10000 }

// Confidence is how well a statement is supported.
type Confidence string

// The degrees of confidence.
const (
	High   Confidence = "high"   // read on the vendor's page or in the project's repository
	Medium Confidence = "medium" // third party, old release, or partly memory
	Low    Confidence = "low"    // memory only
)

// Vulnerability is a published weakness of the product that matters to who may
// reach its ports.
type Vulnerability struct {
	CVE  string
	Year int
	// Ports are the ones of the vulnerable service, empty when not published.
	Ports portset.Ports
	// InKEV tells whether CISA lists it as exploited, and KEVDateAdded since
	// when ("2023-08-22").
	InKEV        bool
	KEVDateAdded string
	Summary      string
	Source       string
	Confidence   Confidence
	// Flows are ids of flows whose listener is the vulnerable service, as far as
	// the ports do not say it already.
	Flows []string
}

// Pair is two roles with at least one flow: From dials To.
type Pair struct {
	From, To string
}

// Flow returns the flow with the id.
func (p *Product) Flow(id string) (*Flow, bool) {
	i, ok := p.flows[id]
	if !ok {
		return nil, false
	}
	return &p.Flows[i], true
}

// Between returns the flows that one role dials to another, in the order of the
// file.
func (p *Product) Between(from, to string) []*Flow {
	var found []*Flow
	for i := range p.Flows {
		if flow := &p.Flows[i]; flow.From == from && flow.To == to {
			found = append(found, flow)
		}
	}
	return found
}

// Pairs returns every pair of roles that has flows, once, in the order of the
// file.
func (p *Product) Pairs() []Pair {
	var pairs []Pair
	for _, flow := range p.Flows {
		if pair := (Pair{flow.From, flow.To}); !slices.Contains(pairs, pair) {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// Documented returns the ports of all flows together, apart from the open-ended
// ones: an example documents nothing.
func (p *Product) Documented() portset.Ports {
	var all []portset.Ports
	for i := range p.Flows {
		if !p.Flows[i].OpenEnded {
			all = append(all, p.Flows[i].Ports)
		}
	}
	return portset.Merge(all)
}

//go:embed products/*.yaml
var files embed.FS

var embedded = sync.OnceValue(func() *library {
	l, err := newLibrary(files)
	if err != nil {
		panic(fmt.Sprintf("catalog: %v", err)) // an embedded directory can be listed
	}
	return l
})

// IDs returns the id of every product, sorted. It parses none of them.
func IDs() []string { return slices.Clone(embedded().ids) }

// Get returns the product with the id, parsed at the first call. It panics when
// the product's file is faulty, which the tests of this package rule out.
func Get(id string) (*Product, bool) {
	p, err := embedded().get(id)
	if err != nil {
		panic(fmt.Sprintf("catalog: %v", err))
	}
	return p, p != nil
}
