package compiletest

import (
	"net/netip"

	"go4.org/netipx"
	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// Respell returns a policy that says the same in other words: each rule keeps
// its name and what it allows, but its ports and peers are cut into pieces,
// repeated, spread over more groups and shuffled, and so are the rules.
func Respell(t *rapid.T, p *policy.Policy) *policy.Policy {
	q := *p
	q.Rules = make([]policy.Rule, len(p.Rules))
	for i := range p.Rules {
		r := p.Rules[i]
		r.PortRanges, r.Peers = nil, nil
		for _, piece := range rapid.Permutation(portPieces(t, p.Rules[i].Ports())).Draw(t, "port pieces") {
			r.PortRanges = append(r.PortRanges, portRange(piece))
		}
		r.Peers = rapid.Permutation(peerPieces(t, &p.Rules[i])).Draw(t, "peer pieces")
		q.Rules[i] = r
	}
	q.Rules = rapid.Permutation(q.Rules).Draw(t, "rules")
	return &q
}

// SplitRules returns a policy that allows the same with more rules: each rule
// becomes one rule per piece of its ports and per piece of its peers.
func SplitRules(t *rapid.T, p *policy.Policy) *policy.Policy {
	q := *p
	q.Rules = nil
	for i := range p.Rules {
		for _, ports := range portPieces(t, p.Rules[i].Ports()) {
			for _, peers := range peerPieces(t, &p.Rules[i]) {
				r := p.Rules[i]
				r.Name += "-" + string(rune('a'+len(q.Rules)%26)) + string(rune('a'+len(q.Rules)/26%26))
				r.PortRanges = []policy.PortRange{portRange(ports)}
				r.Peers = []policy.PeerGroup{peers}
				q.Rules = append(q.Rules, r)
			}
		}
	}
	return &q
}

// portPieces cuts ports into sets whose union they are; some overlap, some
// only touch.
func portPieces(t *rapid.T, ports portset.Ports) []portset.Ports {
	if ports.Equal(portset.Any()) {
		return []portset.Ports{ports, ports}
	}
	var pieces []portset.Ports
	for _, e := range ports.Entries() {
		if !e.Protocol.HasPorts() {
			pieces = append(pieces, portset.WholeProtocol(e.Protocol))
			continue
		}
		of := func(first, last uint16) portset.Ports {
			return portset.PortsOf(e.Protocol, portset.Of(portset.Range{First: first, Last: last}))
		}
		cut := rapid.Uint16Range(e.Range.First, e.Range.Last).Draw(t, "cut")
		switch overlap := rapid.Uint16Range(cut, e.Range.Last).Draw(t, "overlap"); {
		case rapid.Bool().Draw(t, "overlaps"):
			pieces = append(pieces, of(e.Range.First, overlap), of(cut, e.Range.Last))
		case cut > e.Range.First:
			pieces = append(pieces, of(cut, e.Range.Last), of(e.Range.First, cut-1))
		default:
			pieces = append(pieces, of(e.Range.First, e.Range.Last))
		}
	}
	return pieces
}

// peerPieces cuts the peers of a rule into groups whose union they are.
func peerPieces(t *rapid.T, r *policy.Rule) []policy.PeerGroup {
	var pieces []policy.PeerGroup
	add := func(from, to netip.Addr) {
		pieces = append(pieces, policy.PeerGroup{Name: "piece",
			Prefixes: prefixset.OfRanges(netipx.IPRangeFrom(from, to))})
	}
	for _, addresses := range r.Prefixes().Ranges() {
		prefixes := addresses.Prefixes()
		cut := rapid.SampledFrom(prefixes).Draw(t, "cut")
		if rapid.Bool().Draw(t, "overlaps") {
			add(addresses.From(), netipx.RangeOfPrefix(cut).To())
			add(cut.Addr(), addresses.To())
			continue
		}
		add(cut.Addr(), addresses.To())
		if addresses.From() != cut.Addr() {
			add(addresses.From(), cut.Addr().Prev())
		}
	}
	references := r.References()
	for i := range references {
		pieces = append(pieces, policy.PeerGroup{Name: "piece", References: references[i : i+1]})
	}
	return pieces
}
