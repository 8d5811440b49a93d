package prefixset

import (
	"net/netip"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

// maxText is longer than any readable text, in bytes: 45 of an IPv6 address
// that ends in an IPv4 one, and 4 of a prefix length.
const maxText = 49

// Parse reads one prefix, or one address as the prefix of its full length,
// and returns it in canonical form. IPv6 may be written in any valid way. A
// prefix inside ::ffff:0:0/96 becomes the IPv4 prefix that it stands for,
// because no packet carries such an address.
//
// Everything else is refused with a *fault.Fault that prints the corrected
// text where one can be computed. The time is linear in the length of the text.
func Parse(text string) (netip.Prefix, error) {
	prefix, ok := parseStrict(text)
	if !ok {
		return netip.Prefix{}, explain(text)
	}
	return prefix, nil
}

// ParseList reads a list of texts and returns the union of what was readable,
// and one fault, placed by its index, for each text that was not.
func ParseList(texts []string) (Set, fault.List) {
	var faults fault.List
	read := make([]netip.Prefix, 0, len(texts))
	for i, text := range texts {
		prefix, ok := parseStrict(text)
		if !ok {
			faults.Add(explain(text), fault.Index(i))
			continue
		}
		read = append(read, prefix)
	}
	return Of(read...), faults
}

// parseStrict reads what Parse accepts and nothing else.
func parseStrict(text string) (netip.Prefix, bool) {
	addr, length, ok := splitPrefix(text)
	if !ok {
		return netip.Prefix{}, false
	}
	prefix := netip.PrefixFrom(addr, length)
	if prefix.Masked() != prefix || insideLocalNAT64(prefix) {
		return netip.Prefix{}, false
	}
	return unmap(prefix), true
}

// splitPrefix reads the address and the length, which is the full one if none
// is written. The address may have host bits set.
func splitPrefix(text string) (addr netip.Addr, length int, ok bool) {
	if len(text) > maxText {
		return netip.Addr{}, 0, false
	}
	addrText, lengthText, slash := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(addrText)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, 0, false
	}
	if !slash {
		return addr, addr.BitLen(), true
	}
	length, ok = parseLength(lengthText)
	return addr, length, ok && length <= addr.BitLen()
}

// parseLength reads a prefix length of at most three decimal digits, without
// sign or leading zero.
func parseLength(text string) (int, bool) {
	if len(text) == 0 || len(text) > 3 || len(text) > 1 && text[0] == '0' {
		return 0, false
	}
	n := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return n, true
}

// unmap rewrites a prefix inside ::ffff:0:0/96 as the IPv4 prefix it stands
// for and returns every other prefix as it is.
func unmap(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// insideLocalNAT64 reports whether p lies inside 64:ff9b:1::/48. The operator
// chooses where in such an address the IPv4 part stands, so nobody else can
// say what the prefix reaches.
func insideLocalNAT64(p netip.Prefix) bool {
	return p.Bits() >= localNAT64.Bits() && localNAT64.Contains(p.Addr())
}
