package prefixset

import (
	"math/bits"
	"net/netip"
	"strings"
)

// readPrefix reads an address with or without a length, leniently.
func readPrefix(text string) reading {
	addrText, lengthText, slash := strings.Cut(text, "/")
	addr, addrKind, ok := readAddress(addrText)
	if !ok {
		return readIncomplete(addrText, lengthText, slash)
	}
	if !slash {
		return suggest(addr, addr.BitLen()).or(addrKind)
	}
	length, lengthKind := readLength(lengthText, addr)
	switch lengthKind {
	case none, netmask, leadingZero, plusSign:
		r := suggest(addr, length)
		if r.kind == localNAT64Prefix {
			return r
		}
		// Two readings of a text already say that host bits are set.
		if lengthKind != none {
			r.kind = lengthKind
		}
		if addrKind != none {
			r.kind = addrKind
		}
		return r
	case badMask:
		return reading{kind: badMask}
	}
	r := suggest(addr, addr.BitLen())
	if len(r.texts) > 0 {
		r.kind, r.detail = lengthKind, family(addr)
	}
	return r
}

// family describes the address for the message about its length.
func family(addr netip.Addr) string {
	if addr.Is4() {
		return "an IPv4 address, which has 32 bits"
	}
	return "an IPv6 address, which has 128 bits"
}

// suggest returns the canonical text of a prefix, or of the network and the
// host when host bits are set.
func suggest(addr netip.Addr, length int) reading {
	prefix := netip.PrefixFrom(addr, length)
	network := prefix.Masked()
	if insideLocalNAT64(network) {
		return reading{kind: localNAT64Prefix}
	}
	r := reading{texts: []string{unmap(network).String()}}
	if network != prefix {
		r.kind = hostBits
		host := unmap(netip.PrefixFrom(addr, addr.BitLen())).String()
		// The host may lie in the local-use NAT64 block where the network
		// does not, and cannot be written then.
		if _, ok := parseStrict(host); ok {
			r.texts = append(r.texts, host)
		}
	}
	return r
}

// readAddress reads a complete address; the IPv4 part may have leading zeros.
func readAddress(text string) (netip.Addr, kind, bool) {
	addr, err := parseAddr(text)
	if err == nil {
		return addr, none, addr.Zone() == ""
	}
	head := text[:strings.LastIndexByte(text, ':')+1]
	octets := strings.Split(text[len(head):], ".")
	for i, octet := range octets {
		octets[i] = trimZeros(octet)
	}
	addr, err = parseAddr(head + strings.Join(octets, "."))
	return addr, leadingZero, err == nil && addr.Zone() == "" && len(octets) == 4
}

// parseAddr keeps long texts from netip, whose errors hold them.
func parseAddr(text string) (netip.Addr, error) {
	return netip.ParseAddr(text[:min(len(text), 4*maxText)])
}

// trimZeros removes leading zeros and keeps the last digit.
func trimZeros(digits string) string {
	if digits == "" {
		return ""
	}
	end := len(digits) - 1
	return strings.TrimLeft(digits[:end], "0") + digits[end:]
}

// readLength reads what stands behind the slash for the address.
func readLength(text string, addr netip.Addr) (int, kind) {
	if text == "" {
		return 0, missingLength
	}
	if mask, _, ok := readAddress(text); ok {
		length, ok := maskLength(mask)
		if !ok || mask.BitLen() != addr.BitLen() {
			return 0, badMask
		}
		return length, netmask
	}
	digits, plus := strings.CutPrefix(text, "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, badLength
	}
	significant := trimZeros(digits)
	length, ok := parseLength(significant)
	switch {
	case !ok || length > addr.BitLen():
		return 0, tooLong
	case plus:
		return length, plusSign
	case significant != digits:
		return length, leadingZero
	}
	return length, none
}

// maskLength counts the bits of a netmask such as 255.255.255.0, or of its
// inverse such as 0.0.0.255. The mask 0.0.0.0 is the netmask of length 0.
func maskLength(mask netip.Addr) (int, bool) {
	high, low := words(mask)
	if mask.Is4() {
		high, low = low<<32, 0
	}
	length, ok := leadingOnes(high, low)
	if ok {
		return length, true
	}
	if mask.Is4() {
		return leadingOnes(^high>>32<<32, 0)
	}
	return leadingOnes(^high, ^low)
}

// leadingOnes counts the leading one bits; ok when no others follow.
func leadingOnes(high, low uint64) (n int, ok bool) {
	n = bits.LeadingZeros64(^high)
	if n == 64 {
		n += bits.LeadingZeros64(^low)
	}
	return n, n == bits.OnesCount64(high)+bits.OnesCount64(low)
}
