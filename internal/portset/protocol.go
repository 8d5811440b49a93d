package portset

// Protocol is an IP protocol as far as a firewall rule tells them apart.
type Protocol uint8

// The protocols, in the order of all canonical output.
const (
	TCP Protocol = iota
	UDP
	SCTP
	ICMP
	ICMPv6
	ESP
	// Other is every IP protocol not named above. Authors cannot write it;
	// only "any" reaches it.
	Other

	numProtocols
)

// protocolNames are the lower-case names of the grammar; "other" is shown but
// not read.
var protocolNames = [numProtocols]string{"tcp", "udp", "sctp", "icmp", "icmpv6", "esp", "other"}

// Protocols returns every protocol, Other included, in canonical order.
func Protocols() []Protocol {
	all := make([]Protocol, numProtocols)
	for i := range all {
		all[i] = Protocol(i)
	}
	return all
}

// HasPorts reports whether packets of p carry port numbers.
func (p Protocol) HasPorts() bool { return p <= SCTP }

// String returns the name, such as "tcp"; it panics for a number that is no
// protocol.
func (p Protocol) String() string { return protocolNames[p] }

// protocolNamed finds the protocol that authors may write by its exact name.
func protocolNamed(name string) (Protocol, bool) {
	for p := range Other {
		if protocolNames[p] == name {
			return p, true
		}
	}
	return 0, false
}
