// Package format turns the text of the IANA port registry (registry.tsv) into
// the compact file that the provider embeds, and reads that file.
//
// The text has one row per assignment: protocol, first port, last port, service
// name, separated by tabs. Lines that start with "#" are comments; exactly one
// of them is "# Version: …".
//
// The compact file exists because the text is four times its size and takes
// far longer to read, and most names are assigned to TCP and UDP alike:
//
//	version   uvarint length, then that many bytes
//	count     uvarint, the number of entries
//	entries   ascending by port, each
//	          uvarint  port minus the port of the entry before it
//	          byte     length of the name << 3 | protocols that carry it
//	                   (a length of 31 means: a uvarint with the length minus 31 follows)
//	          bytes    the name
//
// A uvarint is what encoding/binary calls one.
package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Protocols is a set of transport protocols.
type Protocols uint8

// The protocols that the compact file knows.
const (
	TCP Protocols = 1 << iota
	UDP
	SCTP

	allProtocols = TCP | UDP | SCTP
)

// Entry says that a name is assigned to a port of one or more protocols.
type Entry struct {
	Name      string
	Port      uint16
	Protocols Protocols
}

// Table is the registry in memory. Entries ascend by port; where the protocols
// of a port have different names, by the lowest protocol. No protocol stands
// twice for one port.
type Table struct {
	Version string
	Entries []Entry
}

const (
	versionMark   = "# Version: "
	protocolBits  = 3
	longName      = 1<<(8-protocolBits) - 1
	shortestEntry = 3 // bytes: difference, head, one letter
)

// Parse reads the text. Of several names for a port the first one counts. Rows
// of DCCP are checked and left out, because no firewall target filters it.
func Parse(text string) (Table, error) {
	var table Table
	first := map[uint16]*[protocolBits]string{}
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "#") || line == "" {
			if version, ok := strings.CutPrefix(line, versionMark); ok {
				if table.Version != "" {
					return Table{}, fmt.Errorf("line %d: a second %q line", i+1, versionMark)
				}
				table.Version = strings.TrimSpace(version)
			}
			continue
		}
		row, err := parseRow(line)
		if err != nil {
			return Table{}, fmt.Errorf("line %d: %w", i+1, err)
		}
		if row.protocol == 0 {
			continue
		}
		slot := bits.TrailingZeros8(uint8(row.protocol))
		for port := int(row.from); port <= int(row.to); port++ {
			names := first[uint16(port)]
			if names == nil {
				names = new([protocolBits]string)
				first[uint16(port)] = names
			}
			if names[slot] == "" {
				names[slot] = row.name
			}
		}
	}
	if table.Version == "" {
		return Table{}, fmt.Errorf("no %q line: the file must say which state of the registry it is", versionMark)
	}
	table.Entries = group(first)
	return table, nil
}

type row struct {
	protocol Protocols // 0: a protocol that is left out
	from, to uint16
	name     string
}

func parseRow(line string) (row, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 4 {
		return row{}, fmt.Errorf("%q has %d fields, want protocol, from, to, name", line, len(fields))
	}
	var r row
	switch fields[0] {
	case "tcp":
		r.protocol = TCP
	case "udp":
		r.protocol = UDP
	case "sctp":
		r.protocol = SCTP
	case "dccp":
	default:
		return row{}, fmt.Errorf("unknown protocol %q", fields[0])
	}
	for i, port := range []*uint16{&r.from, &r.to} {
		n, err := strconv.ParseUint(fields[1+i], 10, 16)
		if err != nil {
			return row{}, fmt.Errorf("%q is no port", fields[1+i])
		}
		*port = uint16(n)
	}
	if r.from > r.to {
		return row{}, fmt.Errorf("ports %d to %d run backwards", r.from, r.to)
	}
	r.name = fields[3]
	if r.name == "" || !utf8.ValidString(r.name) || strings.ContainsFunc(r.name, notPlain) {
		return row{}, fmt.Errorf("%q is no service name", r.name)
	}
	return r, nil
}

// notPlain reports characters that must not reach a diagnostic.
func notPlain(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }

// group joins the protocols of a port that carry the same name.
func group(first map[uint16]*[protocolBits]string) []Entry {
	var entries []Entry
	for port, names := range first {
		var done Protocols
		for slot, name := range names {
			if name == "" || done&(1<<slot) != 0 {
				continue
			}
			entry := Entry{Name: name, Port: port}
			for other, otherName := range names {
				if otherName == name {
					entry.Protocols |= 1 << other
				}
			}
			done |= entry.Protocols
			entries = append(entries, entry)
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		if a.Port != b.Port {
			return int(a.Port) - int(b.Port)
		}
		return lowest(a.Protocols) - lowest(b.Protocols)
	})
	return entries
}

func lowest(p Protocols) int { return bits.TrailingZeros8(uint8(p)) }

// Encode writes the compact file. The table must be in the order that Table
// asks for, as Parse returns it.
func Encode(table Table) []byte {
	var out []byte
	out = binary.AppendUvarint(out, uint64(len(table.Version)))
	out = append(out, table.Version...)
	out = binary.AppendUvarint(out, uint64(len(table.Entries)))
	previous := uint16(0)
	for _, entry := range table.Entries {
		out = binary.AppendUvarint(out, uint64(entry.Port-previous))
		previous = entry.Port
		length := min(len(entry.Name), longName)
		out = append(out, byte(length)<<protocolBits|byte(entry.Protocols))
		if length == longName {
			out = binary.AppendUvarint(out, uint64(len(entry.Name)-longName))
		}
		out = append(out, entry.Name...)
	}
	return out
}

// ErrDamaged says that a compact file was not written by Encode.
var ErrDamaged = errors.New("the compact port registry is damaged: run go generate in internal/iana")

// Decode reads the compact file. The names are parts of data, not copies, so
// the only allocation is the slice of entries.
func Decode(data string) (Table, error) {
	r := reader{rest: data}
	table := Table{Version: r.bytes(r.uvarint())}
	count := r.uvarint()
	if count > uint64(len(r.rest)/shortestEntry) {
		return Table{}, ErrDamaged
	}
	table.Entries = make([]Entry, 0, count)
	port, used := uint64(0), Protocols(0)
	for range count {
		step := r.uvarint()
		port += step
		if step > 0 {
			used = 0
		}
		head := r.bytes(1)
		if r.damaged || port > 1<<16-1 {
			return Table{}, ErrDamaged
		}
		length := uint64(head[0] >> protocolBits)
		if length == longName {
			length += r.uvarint()
		}
		protocols := Protocols(head[0]) & allProtocols
		if length == 0 || protocols == 0 || protocols&used != 0 {
			return Table{}, ErrDamaged
		}
		used |= protocols
		table.Entries = append(table.Entries, Entry{Name: r.bytes(length), Port: uint16(port), Protocols: protocols})
	}
	if r.damaged || r.rest != "" {
		return Table{}, ErrDamaged
	}
	return table, nil
}

// reader takes pieces off the front of a string and remembers whether one of
// them was missing.
type reader struct {
	rest    string
	damaged bool
}

func (r *reader) uvarint() uint64 {
	var value uint64
	for i := 0; i < len(r.rest) && i < 5; i++ { // five bytes hold every number of this file
		value |= uint64(r.rest[i]&0x7f) << (7 * i)
		if r.rest[i] < 0x80 {
			r.rest = r.rest[i+1:]
			return value
		}
	}
	r.damaged = true
	return 0
}

func (r *reader) bytes(n uint64) string {
	if n > uint64(len(r.rest)) {
		r.damaged = true
		return ""
	}
	piece := r.rest[:n]
	r.rest = r.rest[n:]
	return piece
}
