// Package portset holds sets of ports and of (protocol, port) pairs, and reads
// and writes the text that authors use for them. Every value is immutable and
// safe for concurrent use.
package portset

import "strconv"

// maxPort is the highest port number; a port is 16 bits on the wire.
const maxPort = 65535

// Range is a run of ports. Of and everything built on it keep First <= Last.
type Range struct {
	First, Last uint16 // inclusive
}

// Len counts the ports of r: at least 1 and at most 65536.
func (r Range) Len() int { return int(r.Last) - int(r.First) + 1 }

// Contains reports whether port p lies in r.
func (r Range) Contains(p uint16) bool { return r.First <= p && p <= r.Last }

// String writes a single port as "22" and a longer run as "2500-3300".
func (r Range) String() string {
	first := strconv.Itoa(int(r.First))
	if r.First == r.Last {
		return first
	}
	return first + "-" + strconv.Itoa(int(r.Last))
}
