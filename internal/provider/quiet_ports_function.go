package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/quiet"
)

// newQuietPortsFunction is quiet_ports: a range for a listener that can be put
// anywhere.
func newQuietPortsFunction() function.Function {
	return &pureFunction{
		name:    "quiet_ports",
		summary: "Proposes ports that nothing else is known to use",
		doc: "A range of `count` consecutive ports as a text for `ports`, such as `\"29168-29207/tcp\"`. It is clear of 0-1023, of every service that IANA has registered, " +
			"of the services that are attacked most, of the ranges out of which Linux (32768-60999), Windows and the BSDs (49152-65535) and Kubernetes node ports (30000-32767) are taken, " +
			"of the ports that the products of the catalogue document, and of `avoid`.\n\n" +
			"The same arguments give the same range, as long as the provider stays the same: write the result down where a newer catalogue must not move a listener.",
		parameters: []shape{
			number("count", "Number of ports, at least 1."),
			text("protocol", "`tcp`, `udp` or `sctp`."),
			texts("avoid", "Ports that are taken already, in the form `PORT/PROTO` or `FROM-TO/PROTO`; `[]` for none. Those of another protocol do not count."),
		},
		result: text("", "The range as a text for `ports`. When none is wide enough, the error names the widest one that there is."),
		compute: func(arguments []node) any {
			avoid := readPorts(arguments[avoidArgument])
			name, _ := arguments[protocolArgument].text()
			protocol, f := quietProtocol(name)
			if f != nil {
				arguments[protocolArgument].fault(f)
			}
			count, whole := arguments[countArgument].integer()
			if whole && (count < 1 || count > catalog.MaxPorts) {
				arguments[countArgument].fault(fault.New("Count out of range", fmt.Sprintf("count = %d is not a number of ports.", count),
					"A protocol has 65536 ports.", "Write a whole number from 1."))
			}
			if hasFaults(arguments) {
				return nil
			}
			proposal, at, f := quietPorts(int(count), protocol, avoid)
			if f != nil {
				arguments[at].fault(f)
			}
			return proposal
		},
	}
}

const (
	countArgument    = 0
	protocolArgument = 1
	avoidArgument    = 2
)

func quietProtocol(name string) (portset.Protocol, *fault.Fault) {
	for _, protocol := range portset.Protocols() {
		if protocol.HasPorts() && protocol.String() == name {
			return protocol, nil
		}
	}
	return 0, fault.New("Not a protocol with ports", fmt.Sprintf("protocol = %s has no ports.", policy.Quote(name)),
		"Only ports can be quiet.", "Use tcp, udp or sctp.")
}

// quietPorts returns the range, or a fault with the argument that it is about.
func quietPorts(count int, protocol portset.Protocol, avoid portset.Ports) (text string, argument int, problem *fault.Fault) {
	if found, ok := quiet.Range(count, protocol, avoid); ok {
		return portset.Entry{Protocol: protocol, Range: found}.String(), 0, nil
	}
	widest, ok := quiet.Widest(protocol, avoid)
	if !ok {
		return "", avoidArgument, fault.New("No quiet ports", fmt.Sprintf("No %s port is quiet beside those in avoid.", protocol),
			"Every other port belongs to something else.", "Avoid less.")
	}
	entry := portset.Entry{Protocol: protocol, Range: widest}
	return "", countArgument, fault.New("No quiet range that wide",
		fmt.Sprintf("No %d consecutive %s ports are quiet; the widest run is %s, %d wide.", count, protocol, entry, portset.Of(widest).Len()),
		"Between any others something else is known to listen.",
		"Ask for fewer ports, avoid less, or take several narrower ranges: pass the first one in avoid.")
}
