package policy

import (
	"strings"
	"unicode"

	"github.com/backupfw/terraform-provider-backupfw/internal/rawtext"
)

// Zone says how far outside a peer stands. The order is from the least to the
// most exposed, so that the larger of two zones is the more exposed one.
type Zone uint8

const (
	// ByAddress counts each address by its own nature: public or private.
	ByAddress Zone = iota
	// Management is a network that only administrators reach.
	Management
	// Internal is the organisation's own network.
	Internal
	// DMZ is a network that the outside reaches.
	DMZ
	// Partner is somebody else's network, joined by contract.
	Partner
	// Internet is everybody.
	Internet
)

var zoneNames = [...]string{"by_address", "management", "internal", "dmz", "partner", "internet"}

// Zones lists every zone an author may write, least exposed first.
func Zones() []Zone {
	return []Zone{ByAddress, Management, Internal, DMZ, Partner, Internet}
}

// String is the word that authors write.
func (z Zone) String() string { return zoneNames[z] }

// ZoneNames lists the words that authors may write.
func ZoneNames() []string { return append([]string{}, zoneNames[:]...) }

// ParseZone reads the word that authors write.
func ParseZone(text string) (Zone, bool) {
	for _, z := range Zones() {
		if text == z.String() {
			return z, true
		}
	}
	return ByAddress, false
}

// claimsInside is true for the zones in which a public address would count for
// hundreds of times less than it is.
func (z Zone) claimsInside() bool { return z == Internal || z == Management }

// ClaimsInside reports whether the group declares its addresses to be inside
// without a word of why. For public addresses that is a finding.
func (g *PeerGroup) ClaimsInside() bool {
	return g.Zone.claimsInside() && SaysNothing(g.ZoneReason)
}

// SaysNothing reports whether a text that should give a reason has no letter
// and no digit that shows: a zero-width space is not white space.
func SaysNothing(text string) bool {
	clean, _ := rawtext.Clean(text)
	return !strings.ContainsFunc(clean, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}
