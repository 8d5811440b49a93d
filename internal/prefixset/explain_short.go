package prefixset

import (
	"net/netip"
	"strconv"
	"strings"
)

// readIncomplete reads the part before the slash when it is no address: one
// that leaves something out, or no address at all.
func readIncomplete(addrText, lengthText string, slash bool) reading {
	network, host, ok := readShortIPv4(addrText)
	if !ok {
		network, ok = readShortIPv6(addrText)
		host = network.Addr()
	}
	if !ok {
		return reading{kind: unreadableKind(addrText)}
	}
	if !slash {
		r := reading{kind: short}
		if network.IsValid() {
			r.texts = suggest(network.Addr(), network.Bits()).texts
		}
		if host.IsValid() {
			r.texts = append(r.texts, suggest(host, host.BitLen()).texts...)
		}
		return r
	}
	if !network.IsValid() {
		return reading{kind: unreadable}
	}
	length, lengthKind := readLength(lengthText, network.Addr())
	switch lengthKind {
	case none, netmask, leadingZero, plusSign:
		return reading{kind: short, texts: suggest(network.Addr(), length).texts}
	}
	return reading{kind: unreadable}
}

// readShortIPv4 reads an IPv4 address of fewer than four parts. It means a
// network to people and configuration files (10.1 is 10.1.0.0/16), and a host
// to the C library (10.1 is 10.0.0.1); either is invalid if it cannot mean
// that. A star or a dot at the end leaves only the network.
func readShortIPv4(text string) (network netip.Prefix, host netip.Addr, ok bool) {
	whole := strings.TrimSuffix(text, ".")
	for strings.HasSuffix(whole, ".*") {
		whole = strings.TrimSuffix(whole, ".*")
	}
	parts := strings.Split(whole, ".")
	if len(parts) > 3 {
		return network, host, false
	}
	var octets [4]byte
	isNetwork, isHost := true, whole == text
	for i, part := range parts {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return network, host, false
		}
		value, err := strconv.ParseUint(trimZeros(part), 10, 32)
		if err != nil {
			return network, host, false
		}
		octets[i] = byte(value)
		if value > 255 {
			isNetwork = false
		}
		if value > 255 && i < len(parts)-1 || value>>(8*(4-i)) != 0 {
			isHost = false
		}
		if i == len(parts)-1 && isHost {
			// The last part fills all the octets that are left.
			filled := octets
			for j := 3; j >= i; j-- {
				filled[j] = byte(value)
				value >>= 8
			}
			host = netip.AddrFrom4(filled)
		}
	}
	if isNetwork {
		network = netip.PrefixFrom(netip.AddrFrom4(octets), 8*len(parts))
	}
	return network, host, isNetwork || isHost
}

// readShortIPv6 reads the first groups of an IPv6 address that lacks its "::".
func readShortIPv6(text string) (netip.Prefix, bool) {
	groups := strings.TrimSuffix(text, ":")
	count := strings.Count(groups, ":") + 1
	// Six groups of two digits are a hardware address.
	if count < 2 || count > 7 || count == 6 && len(groups) == 17 {
		return netip.Prefix{}, false
	}
	addr, err := parseAddr(groups + "::")
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr, 16*count), true
}

// unreadableKind tells apart what is no address.
func unreadableKind(text string) kind {
	const (
		digits  = "0123456789"
		letters = "abcdefghijklmnopqrstuvwxyz"
	)
	switch {
	case text != "" && strings.Trim(text, digits+".") == "" && strings.Count(text, ".") == 3 &&
		!strings.Contains(text, ".."):
		return octetRange
	case strings.ContainsAny(text, letters) && strings.Trim(text, letters+digits+"-_.") == "":
		return hostName
	}
	return unreadable
}
