package iana

import "github.com/backupfw/terraform-provider-backupfw/internal/portset"

// Registration is one port with the name that IANA has assigned to it.
type Registration struct {
	Port     uint16
	Protocol portset.Protocol
	Name     string
}

// Registrations lists the ports of a set that have a name, by protocol and
// port, at most the given number of them; total counts all.
func Registrations(ports portset.Ports, most int) (list []Registration, total int) {
	for _, protocol := range portset.Protocols() {
		registered := ports.Of(protocol).Intersect(Registered(protocol))
		total += registered.Len()
		for _, r := range registered.FirstN(most - len(list)).Ranges() {
			for port := int(r.First); port <= int(r.Last); port++ {
				name, _ := Name(protocol, uint16(port))
				list = append(list, Registration{Port: uint16(port), Protocol: protocol, Name: name})
			}
		}
	}
	return list, total
}
