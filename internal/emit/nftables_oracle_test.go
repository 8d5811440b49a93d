package emit_test

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go4.org/netipx"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// This file reads nftables_ruleset back from its text alone, by what the
// manual of nft says: https://www.netfilter.org/projects/nftables/manpage.html
//
//   - A file is one transaction of commands. A table that is named twice is
//     one table; delete takes it away with all that is in it.
//   - A packet goes through the rules of a base chain until one accepts it;
//     after the last one the chain's policy decides. input is what the host
//     receives, output what it sends.
//   - A rule accepts when all of its matches hold. "ip saddr" holds for IPv4
//     only, "ip6 saddr" for IPv6 only; "th dport" is two bytes of a transport
//     header; the fields of an element are compared one by one.
//   - Elements of an interval set are single values, prefixes and ranges, and
//     must not overlap.
//
// What a host needs besides the policy is compared word by word: it must be
// there and nothing else may.

var nftablesReading = reading{
	options: emit.Options{Arguments: map[string]any{"default_drop": true}},
	read:    readNftables,
}

// nftablesNeeds are the rules that do not come from the policy.
var nftablesNeeds = map[string][]string{
	"input": {
		`iif "lo" accept`,
		`ct state established,related accept`,
		`ip6 hoplimit 255 icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept`,
		`ip6 saddr fe80::/10 ip6 hoplimit 1 icmpv6 type mld-listener-query accept`,
	},
	"output": {
		`oif "lo" accept`,
		`ct state established,related accept`,
		`ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept`,
		`ip6 hoplimit 1 icmpv6 type { mld-listener-report, mld-listener-done, mld2-listener-report } accept`,
	},
}

// nftFile is a file of nft, as far as a reader of ours needs it.
type nftFile struct {
	table string
	sets  map[string]nftSetText
	// chains are by hook.
	chains map[string]nftChainText
}

type nftSetText struct {
	datatype string
	elements []string
}

type nftChainText struct {
	policy string
	rules  []string
}

var (
	nftTableLine = regexp.MustCompile(`^table inet ([a-z][a-z0-9_-]{0,30}) \{$`)
	nftSetLine   = regexp.MustCompile(`^set ([a-z][a-z0-9_]{0,30}) \{$`)
	nftChainLine = regexp.MustCompile(`^chain [a-z]+ \{$`)
	nftHookLine  = regexp.MustCompile(`^type filter hook (input|output) priority filter; policy (accept|drop);$`)
	nftRuleLine  = regexp.MustCompile(`^(ip|ip6) (saddr|daddr)((?: \. [a-z0-9 ]+)*) @([a-z0-9_]+) counter accept comment "([^"]*)"$`)
	nftRestLine  = regexp.MustCompile(`^counter comment "[^"]*: everything else"$`)
)

// nftLines are the lines of a text, with a place in them.
type nftLines struct {
	lines []string
	at    int
}

func (l *nftLines) next() string {
	for l.at < len(l.lines) {
		line := strings.TrimSpace(l.lines[l.at])
		l.at++
		if line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return ""
}

func parseNftables(text string) (*nftFile, error) {
	lines := &nftLines{lines: strings.Split(text, "\n")}
	opening := nftTableLine.FindStringSubmatch(lines.next())
	if opening == nil {
		return nil, errors.New("no table")
	}
	file := &nftFile{table: opening[1], sets: map[string]nftSetText{}, chains: map[string]nftChainText{}}
	for _, want := range []string{"}", "delete table inet " + file.table, opening[0]} {
		if got := lines.next(); got != want {
			return nil, fmt.Errorf("%q instead of %q: loading twice would double the rules", got, want)
		}
	}
	for {
		line := lines.next()
		if line == "}" {
			break
		}
		if err := file.readPart(line, lines); err != nil {
			return nil, err
		}
	}
	if rest := lines.next(); rest != "" {
		return nil, fmt.Errorf("%q after the table", rest)
	}
	return file, nil
}

func (f *nftFile) readPart(head string, lines *nftLines) error {
	if name := nftSetLine.FindStringSubmatch(head); name != nil {
		if _, known := f.sets[name[1]]; known {
			return fmt.Errorf("set %s twice", name[1])
		}
		set, err := readNftSet(lines)
		f.sets[name[1]] = set
		return err
	}
	if !nftChainLine.MatchString(head) {
		return fmt.Errorf("%q is neither a set nor a chain", head)
	}
	hook := nftHookLine.FindStringSubmatch(lines.next())
	if hook == nil {
		return fmt.Errorf("no hook in %q", head)
	}
	if _, known := f.chains[hook[1]]; known {
		return fmt.Errorf("two chains for %s", hook[1])
	}
	chain := nftChainText{policy: hook[2]}
	for line := lines.next(); line != "}"; line = lines.next() {
		if line == "" {
			return errors.New("a chain without end")
		}
		chain.rules = append(chain.rules, line)
	}
	f.chains[hook[1]] = chain
	return nil
}

func readNftSet(lines *nftLines) (nftSetText, error) {
	var set nftSetText
	datatype, isType := strings.CutPrefix(lines.next(), "type ")
	if !isType || lines.next() != "flags interval" || lines.next() != "elements = {" {
		return set, errors.New("a set that is not of intervals, or empty")
	}
	set.datatype = datatype
	for line := lines.next(); line != "}"; line = lines.next() {
		element, more := strings.CutSuffix(line, ",")
		if element == "" || more == (strings.TrimSpace(lines.lines[lines.at]) == "}") {
			return set, fmt.Errorf("element %q", line)
		}
		set.elements = append(set.elements, element)
	}
	if lines.next() != "}" || len(set.elements) == 0 {
		return set, errors.New("a set without end, or empty")
	}
	return set, nil
}

func readNftables(e emission) ([]opened, error) {
	text, _ := e.outputs["ruleset"].(string)
	file, err := parseNftables(text)
	if err != nil {
		return nil, fmt.Errorf("%w in\n%s", err, text)
	}
	var all []opened
	used := 0
	for _, hook := range []struct {
		name      string
		direction policy.Direction
		rows      []emittedRow
	}{{"input", policy.Ingress, e.ingress}, {"output", policy.Egress, e.egress}} {
		chain, present := file.chains[hook.name]
		if present != (len(hook.rows) > 0) {
			return nil, fmt.Errorf("%d rows for the hook %s in\n%s", len(hook.rows), hook.name, text)
		}
		if !present {
			continue
		}
		parts, err := file.readChain(hook.name, hook.direction, chain, hook.rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w in\n%s", hook.name, err, text)
		}
		used += len(hook.rows)
		all = append(all, parts...)
	}
	if used != len(file.sets) {
		return nil, fmt.Errorf("%d sets for %d rules in\n%s", len(file.sets), used, text)
	}
	return all, nil
}

// readChain reads what comes from the policy; one row stands for each rule.
func (f *nftFile) readChain(hook string, d policy.Direction, chain nftChainText, rows []emittedRow) ([]opened, error) {
	needs := nftablesNeeds[hook]
	if chain.policy != "drop" || len(chain.rules) != len(needs)+len(rows)+1 || !slices.Equal(chain.rules[:len(needs)], needs) ||
		!nftRestLine.MatchString(chain.rules[len(chain.rules)-1]) {
		return nil, fmt.Errorf("policy %s and %d rules for %d rows", chain.policy, len(chain.rules), len(rows))
	}
	var all []opened
	for _, row := range rows {
		rule, _ := row.columns["rule"].(string)
		if !slices.Contains(chain.rules[len(needs):], rule) {
			return nil, fmt.Errorf("no rule %s", rule)
		}
		words := nftRuleLine.FindStringSubmatch(rule)
		if words == nil || len(words[5]) > 128 {
			return nil, fmt.Errorf("rule %s", rule)
		}
		header, address, match, set := words[1], words[2], words[3], f.sets[words[4]]
		if row.columns["set"] != words[4] || row.columns["type"] != set.datatype || !reflect.DeepEqual(row.columns["elements"], set.elements) {
			return nil, fmt.Errorf("row %s says %v for the set %s", row.Key, row.columns, words[4])
		}
		if header != map[any]string{"ipv4": "ip", "ipv6": "ip6"}[row.columns["family"]] {
			return nil, fmt.Errorf("family %s for %s", row.columns["family"], rule)
		}
		// What the host receives comes from its peers; what it sends goes to them.
		if address != map[string]string{"input": "saddr", "output": "daddr"}[hook] {
			return nil, fmt.Errorf("the host's own address in %s", rule)
		}
		parts, err := set.read(header, match)
		if err != nil {
			return nil, fmt.Errorf("set %s: %w", words[4], err)
		}
		for i := range parts {
			parts[i].key, parts[i].rules, parts[i].direction = row.Key, row.Rules, d
		}
		all = append(all, parts...)
	}
	return all, nil
}

// nftProtocols are the numbers of what nft takes as words.
var nftProtocols = map[string]int{"icmp": 1, "tcp": 6, "udp": 17, "esp": 50, "icmpv6": 58, "sctp": 132}

// read gives one part for each element, and refuses elements that overlap.
func (s *nftSetText) read(header, match string) ([]opened, error) {
	datatype := map[string]string{"ip": "ipv4_addr", "ip6": "ipv6_addr"}[header] + map[string]string{
		"": "", " . meta l4proto": " . inet_proto", " . meta l4proto . th dport": " . inet_proto . inet_service",
	}[match]
	if s.datatype != datatype {
		return nil, fmt.Errorf("type %s for %s%s", s.datatype, header, match)
	}
	var all []opened
	for _, element := range s.elements {
		fields := strings.Split(element, " . ")
		if len(fields) != 1+strings.Count(match, " . ") {
			return nil, fmt.Errorf("element %s of %s", element, datatype)
		}
		addresses, err := readNftAddresses(fields[0])
		if err != nil || addresses.From().Is4() != (header == "ip") {
			return nil, fmt.Errorf("element %s: %w", element, err)
		}
		part := opened{protocol: everyProtocol, prefixes: prefixset.OfRanges(addresses)}
		if len(fields) > 1 {
			number, known := nftProtocols[fields[1]]
			if !known {
				return nil, fmt.Errorf("protocol %s", fields[1])
			}
			part.protocol = number
		}
		if len(fields) > 2 {
			ports, err := readNftPorts(fields[2])
			if err != nil {
				return nil, err
			}
			part.ports = []portset.Range{ports}
		}
		for i := range all {
			if overlap(&all[i], &part) {
				return nil, fmt.Errorf("element %s overlaps another: the kernel refuses it", element)
			}
		}
		all = append(all, part)
	}
	return all, nil
}

func overlap(a, b *opened) bool {
	if a.protocol != b.protocol || !a.prefixes.Overlaps(b.prefixes) {
		return false
	}
	return a.ports == nil || a.ports[0].First <= b.ports[0].Last && b.ports[0].First <= a.ports[0].Last
}

func readNftAddresses(text string) (netipx.IPRange, error) {
	if from, to, isRange := strings.Cut(text, "-"); isRange {
		first, err := netip.ParseAddr(from)
		last, more := netip.ParseAddr(to)
		if err = errors.Join(err, more); err != nil || !first.Less(last) || first.Is4() != last.Is4() {
			return netipx.IPRange{}, fmt.Errorf("range %s: %w", text, err)
		}
		return netipx.IPRangeFrom(first, last), nil
	}
	if strings.Contains(text, "/") {
		prefix, err := netip.ParsePrefix(text)
		if err == nil && prefix.Masked() != prefix {
			err = errors.New("host bits")
		}
		return netipx.RangeOfPrefix(prefix), err
	}
	addr, err := netip.ParseAddr(text)
	return netipx.IPRangeFrom(addr, addr), err
}

func readNftPorts(text string) (portset.Range, error) {
	from, to, isRange := strings.Cut(text, "-")
	first, err := strconv.ParseUint(from, 10, 16)
	last := first
	if isRange && err == nil {
		if last, err = strconv.ParseUint(to, 10, 16); err == nil && last <= first {
			err = errors.New("backwards")
		}
	}
	return portset.Range{First: uint16(first), Last: uint16(last)}, err
}
