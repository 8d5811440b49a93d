package provider_test

import (
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// drawer makes values out of the bytes of a fuzzing engine.
type drawer struct {
	t    testing.TB
	rest []byte
}

func newDrawer(t testing.TB, input []byte) *drawer {
	return &drawer{t, worktest.Draws(input, 16<<10)}
}

// below draws a number from 0 to n-1; 0 when nothing is left to draw from.
func (d *drawer) below(n int) int {
	if len(d.rest) < 2 {
		return 0
	}
	drawn := int(d.rest[0]) | int(d.rest[1])<<8
	d.rest = d.rest[2:]
	return drawn % n
}

func (d *drawer) oneIn(n int) bool { return d.below(n) == n-1 }

func pick[T any](d *drawer, from []T) T { return from[d.below(len(from))] }

var oddTexts = []string{
	"", " ", "\t", "a", "A B", "x\x00y", "a\nb", "\xff", "a\xc3", "a\u200bb", "\u202ea", "ö", "null", "unknown", "NaN", "Infinity", "-0", "1e308", "0x10", "1_000", "٢٢",
	"${path.module}", "%{ if true }", "<<EOT", "\"", "*/", "|", "<script>", "```", "../..", "known-after-apply", "ref:", "ref:app", "existing-0",
	strings.Repeat("n", 64), strings.Repeat("ö", 5000),
}

// usualTexts are such as authors write, for all attributes.
var usualTexts = []string{
	"vault", "dmz", "clients", "primary", "internal", "management", "internet", "by_address", "ingress", "egress", "Inbound", "Outbound", "Allow", "deny",
	"negotiated", "undeclared", "product_flow", "veeam", "netbackup", "bareos", "data-mover-range", "data-mover", "client", "primary_server", "media_server",
	"22/tcp", "29168-29207/tcp", "2500-3300/tcp", "0-65535/tcp", "40000-40039/udp", "icmp", "icmpv6", "esp", "any", "3389/tcp", "22", "443-8443", "tcp", "udp", "6", "-1", "65536/tcp",
	"198.51.100.16/28", "10.0.0.0/8", "10.0.0.7", "0.0.0.0/0", "::/0", "2001:db8::/64", "fd00::/8", "10.0.0.1/8", "169.254.0.0/16",
	"aws_security_group", "aws_prefix_list", "google_network_tag", "azure_application_security_group", "google_service_account", "app",
	"sensitive-service", "score-limit", "neighbour-services", "well-known-port", "any-peer", "2026-12-31", "2026-05-31", "2026-06-01", "9999-12-31",
	"warn", "enforce", "stable", "minimal", "desk", "backup", "task", "none", "job", "md", "all",
}

func number(text string) *big.Float {
	n, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	return n
}

var oddNumbers = func() []*big.Float {
	var all []*big.Float
	for _, text := range []string{"-1", "-0", "0.5", "100.5", "1e308", "-1e308", "1e-308", "1e4000", "1e-4000", "9007199254740993", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "-9223372036854775809", "18446744073709551616", "4294967296", "4294967297", "65535.0000000000000000001", "3.14159265358979323846264338327950288"} {
		all = append(all, number(text))
	}
	return append(all, new(big.Float).SetInf(false), new(big.Float).SetInf(true))
}()

func (d *drawer) text() string {
	if d.oneIn(5) {
		return pick(d, oddTexts)
	}
	return pick(d, usualTexts)
}

func (d *drawer) number() *big.Float {
	if d.oneIn(4) {
		return pick(d, oddNumbers)
	}
	return big.NewFloat(float64(pick(d, []int{0, 1, 2, 3, 22, 40, 100, 101, 443, 1000, 29168, 65535, 65536})))
}

// any draws a value of the type: now and then null or, if may is set, unknown.
func (d *drawer) any(typ tftypes.Type, may bool, depth int) tftypes.Value {
	switch d.below(24) {
	case 22:
		return tftypes.NewValue(typ, nil)
	case 23:
		if may {
			return tftypes.NewValue(typ, tftypes.UnknownValue)
		}
	}
	size := func() int { return pick(d, []int{0, 1, 1, 1, 2, 2, 3}) }
	if depth > 12 {
		size = func() int { return 0 }
	}
	switch typ := typ.(type) {
	case tftypes.List:
		return tftypes.NewValue(typ, d.elements(typ.ElementType, size(), may, depth))
	case tftypes.Set:
		return tftypes.NewValue(typ, d.elements(typ.ElementType, min(size(), 1), may, depth))
	case tftypes.Map:
		elements := map[string]tftypes.Value{}
		for range size() {
			elements[d.text()] = d.any(typ.ElementType, may, depth+1)
		}
		return tftypes.NewValue(typ, elements)
	case tftypes.Object:
		attributes := map[string]tftypes.Value{}
		for _, name := range slices.Sorted(maps.Keys(typ.AttributeTypes)) {
			attributes[name] = d.any(typ.AttributeTypes[name], may, depth+1)
		}
		return tftypes.NewValue(typ, attributes)
	}
	switch {
	case typ.Is(tftypes.String):
		return tftypes.NewValue(typ, d.text())
	case typ.Is(tftypes.Number):
		return tftypes.NewValue(typ, d.number())
	case typ.Is(tftypes.Bool):
		return tftypes.NewValue(typ, d.below(2) == 1)
	case typ.Is(tftypes.DynamicPseudoType):
		return d.anything(may)
	}
	d.t.Fatalf("no value of type %s", typ)
	return tftypes.Value{}
}

func (d *drawer) elements(typ tftypes.Type, n int, may bool, depth int) []tftypes.Value {
	elements := make([]tftypes.Value, n)
	for i := range elements {
		elements[i] = d.any(typ, may, depth+1)
	}
	return elements
}

// anything draws a value of any type.
func (d *drawer) anything(may bool) tftypes.Value {
	if d.oneIn(40) {
		return loose(d.t, d.deep(pick(d, []int{10, 100, 300}), may))
	}
	return loose(d.t, d.tree(may, 0))
}

// tree draws what tests write: of any form, and with the names of policies.
func (d *drawer) tree(may bool, depth int) any {
	switch k := d.below(12); {
	case k < 3:
		return d.text()
	case k == 3:
		return loose(d.t, d.below(2) == 1)
	case k == 4:
		return tftypes.NewValue(tftypes.Number, d.number())
	case k == 5:
		return nil
	case k == 6 && may:
		return unknown
	case depth > 8:
		return 7
	case k == 7:
		return d.any(pick(d, wholeTypes), may, 0)
	case k < 10:
		elements := seq{}
		for range d.below(4) {
			elements = append(elements, d.tree(may, depth+1))
		}
		return elements
	default:
		attributes := obj{}
		for range d.below(5) {
			attributes[pick(d, attributeNames)] = d.tree(may, depth+1)
		}
		return attributes
	}
}

// wholeTypes are types that only typed variables have: literals are objects and
// tuples.
var wholeTypes = []tftypes.Type{
	tftypes.List{ElementType: tftypes.String}, tftypes.Set{ElementType: tftypes.String}, tftypes.Map{ElementType: tftypes.String},
	tftypes.List{ElementType: tftypes.Number}, tftypes.Map{ElementType: tftypes.List{ElementType: tftypes.Bool}},
	tftypes.List{ElementType: tftypes.Object{AttributeTypes: map[string]tftypes.Type{"name": tftypes.String, "prefixes": tftypes.Set{ElementType: tftypes.String}, "zone": tftypes.String}}},
	tftypes.Map{ElementType: tftypes.Object{AttributeTypes: map[string]tftypes.Type{"kind": tftypes.String, "max_hosts": tftypes.Number}}},
}

var attributeNames = []string{"name", "description", "rules", "waiver", "max_score", "id", "score", "direction", "port_ranges", "peers", "listeners", "ports", "kind",
	"prefixes", "except", "zone", "zone_reason", "references", "max_hosts", "max_entries", "existing_rules", "cidrs", "protocol", "from_port", "to_port", "access",
	"product", "flows", "today", "title", "limits", "labels", "pod_selector", "unwaivable", "enforcement", "", "x\x00", "ö", "a.b"}

// deep is nested n times.
func (d *drawer) deep(n int, may bool) any {
	kind := d.below(3)
	v := d.tree(may, 8)
	for i := range n {
		switch {
		case kind == 0, kind == 2 && i%2 == 0:
			v = obj{pick(d, attributeNames[:8]): v}
		default:
			v = seq{v}
		}
	}
	return v
}

// mutate changes some parts of a value to others of the same type.
func (d *drawer) mutate(v tftypes.Value, may bool) tftypes.Value {
	odds := pick(d, []int{12, 40, 200})
	changed, err := tftypes.Transform(v, func(path *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if len(path.Steps()) == 0 || !d.oneIn(odds) {
			return v, nil
		}
		if typ := v.Type(); !typ.Is(tftypes.DynamicPseudoType) {
			return d.any(typ, may, 4), nil
		}
		return v, nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return changed
}

// mutateTree changes some parts of what a test wrote to anything.
func (d *drawer) mutateTree(of any, may bool, odds int) any {
	if d.oneIn(odds) {
		return d.tree(may, 4)
	}
	switch of := of.(type) {
	case obj:
		changed := obj{}
		for _, name := range slices.Sorted(maps.Keys(of)) {
			if !d.oneIn(3 * odds) {
				changed[name] = d.mutateTree(of[name], may, odds)
			}
		}
		if d.oneIn(2 * odds) {
			changed[pick(d, attributeNames)] = d.tree(may, 4)
		}
		return changed
	case seq:
		changed := seq{}
		for i := range of {
			changed = append(changed, d.mutateTree(of[i], may, odds))
		}
		return changed
	}
	return of
}

// known replaces what is unknown.
func (d *drawer) known(v tftypes.Value) tftypes.Value {
	changed, err := tftypes.Transform(v, func(_ *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if v.IsKnown() {
			return v, nil
		}
		return d.any(v.Type(), false, 4), nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return changed
}
