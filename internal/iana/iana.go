// Package iana answers which service name IANA has assigned to a port.
//
// The registry is registry.tsv beside this file; go generate turns it into the
// compact registry.bin that is embedded. Nothing is read before the first
// question, so a provider that never asks pays nothing at its start.
package iana

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/backupfw/terraform-provider-backupfw/internal/iana/format"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

//go:generate go run ./gen

//go:embed registry.bin
var compact string

var loaded atomic.Bool

// Loaded reports whether this process has unpacked the registry. Tests hold
// start-up to not doing so.
func Loaded() bool { return loaded.Load() }

var table = sync.OnceValue(func() format.Table {
	loaded.Store(true)
	t, err := format.Decode(compact)
	if err != nil {
		panic(fmt.Sprintf("iana: registry.bin: %v", err)) // a test compares the file with its source
	}
	return t
})

// Version says which state of the registry the names come from: the package
// that carries it, and its date.
func Version() string { return table().Version }

// Name returns the service name that IANA has assigned to a port of a
// protocol; of several names the one that the registry lists first. It knows
// TCP, UDP and SCTP.
func Name(p portset.Protocol, port uint16) (string, bool) {
	bit := protocolBit(p)
	if bit == 0 {
		return "", false
	}
	entries := table().Entries
	i, _ := slices.BinarySearchFunc(entries, port, func(e format.Entry, port uint16) int {
		return int(e.Port) - int(port)
	})
	for ; i < len(entries) && entries[i].Port == port; i++ {
		if entries[i].Protocols&bit != 0 {
			return entries[i].Name, true
		}
	}
	return "", false
}

// Registered returns the ports of a protocol that have a name. It is empty for
// a protocol without ports.
func Registered(p portset.Protocol) portset.Set {
	switch p {
	case portset.TCP:
		return registeredTCP()
	case portset.UDP:
		return registeredUDP()
	case portset.SCTP:
		return registeredSCTP()
	default:
		return portset.Set{}
	}
}

var (
	registeredTCP  = sync.OnceValue(func() portset.Set { return collect(format.TCP) })
	registeredUDP  = sync.OnceValue(func() portset.Set { return collect(format.UDP) })
	registeredSCTP = sync.OnceValue(func() portset.Set { return collect(format.SCTP) })
)

func collect(bit format.Protocols) portset.Set {
	var ranges []portset.Range
	for _, entry := range table().Entries {
		if entry.Protocols&bit != 0 {
			ranges = append(ranges, portset.Range{First: entry.Port, Last: entry.Port})
		}
	}
	return portset.Of(ranges...)
}

// protocolBit returns the protocol as the compact file knows it, 0 when it does
// not.
func protocolBit(p portset.Protocol) format.Protocols {
	switch p {
	case portset.TCP:
		return format.TCP
	case portset.UDP:
		return format.UDP
	case portset.SCTP:
		return format.SCTP
	default:
		return 0
	}
}
