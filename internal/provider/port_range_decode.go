package provider

import (
	"fmt"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

func decodePortRange(n node) policy.PortRange {
	if n.isUnknown() {
		return policy.PortRange{Name: "known-after-apply", Partial: true}
	}
	if n.isNull() {
		n.missing("A port range that is null opens nothing.", "Remove the element, for example with [for r in ranges : r if r != null].")
		return policy.PortRange{Name: "null", Partial: true}
	}
	if !n.isObject() {
		return policy.PortRange{Name: "invalid", Partial: true}
	}
	n.only(portRangeNames()...)
	var r policy.PortRange
	r.Name, r.Partial = requiredText(n.attribute("name"),
		"The name says which port range a finding is about.", `Write name = "vault", say.`)
	listeners := n.attribute("listeners")
	switch {
	case listeners.isUnknown():
		r.Partial = true
	case listeners.isNull():
		listeners.missing("A hand-written port range must say what listens, or it would open nothing.",
			`Pass a whole backupfw_port_range, or write listeners = [{ name = "vault", kind = "negotiated", ports = ["40000-40039/tcp"] }].`)
		r.Partial = true
	}
	for _, element := range listeners.elements() {
		listener, certain, partial := decodeListener(element)
		r.Partial = r.Partial || partial
		if certain {
			r.Listeners = append(r.Listeners, listener)
		}
	}
	sizing, partial := decodeSizing(n.attribute("sizing"))
	r.Sizing = sizing
	r.Partial = r.Partial || partial
	return r
}

// decodeSizing reads what the load needs; nil when nobody said or, with
// partial, when it is not known yet.
func decodeSizing(n node) (sizing *policy.Sizing, partial bool) {
	if n.isUnknown() {
		return nil, true
	}
	if n.isNull() || !n.isObject() {
		return nil, false
	}
	n.only(namesOf(sizingFields())...)
	sizing = &policy.Sizing{}
	for _, count := range []struct {
		name string
		to   *int
	}{{"needed", &sizing.Needed}, {"configured", &sizing.Configured}} {
		a := n.attribute(count.name)
		partial = partial || a.isUnknown()
		if a.isNull() {
			a.missing("The width of the range is compared with what the load needs.",
				"Write needed and configured, both in ports, or leave sizing out.")
		}
		value, known := a.integer()
		if known && (value < 1 || value > maxSizing) {
			a.fault(fault.New("Sizing out of range", fmt.Sprintf("%s = %d is not a number of ports.", count.name, value),
				"The width of the range is compared with what the load needs.",
				fmt.Sprintf("Write a whole number from 1 to %d, or leave sizing out.", maxSizing)))
		}
		*count.to = int(max(0, min(value, maxSizing)))
	}
	rule := n.attribute("rule")
	partial = partial || rule.isUnknown()
	sizing.Rule, _ = rule.text()
	if partial {
		return nil, true
	}
	return sizing, false
}

// maxSizing is all ports of all protocols that have ports.
const maxSizing = 3 << 16

// decodeListener reads one listener. It is certain when the ports that are
// there count whatever arrives, which takes its class and identity; partial
// when anything of it is still to arrive.
func decodeListener(n node) (l policy.Listener, certain, partial bool) {
	if n.isUnknown() {
		return l, false, true
	}
	if n.isNull() || !n.isObject() {
		if n.isNull() {
			n.missing("A listener that is null opens nothing.", "Remove the element.")
		}
		return l, false, true
	}
	n.only(namesOf(listenerFields())...)
	var unknown bool
	l.Name, unknown = requiredText(n.attribute("name"), "All ports of one name are scored as one listener.", `Write name = "vault", say.`)
	partial = unknown
	kind, unknown := requiredText(n.attribute("kind"), "It decides how the ports are scored.",
		`Write "product_flow", "negotiated" or "undeclared".`)
	partial = partial || unknown
	l.Kind = policy.ListenerKind(kind)
	if !unknown && n.attribute("kind").isKnown() && !validKind(l.Kind) {
		n.attribute("kind").fault(fault.New("Unknown listener kind",
			fmt.Sprintf("kind = %s is not a kind of listener.", policy.Quote(kind)),
			"It decides how the ports are scored.",
			`Write "product_flow", "negotiated" or "undeclared".`))
		return l, false, true
	}
	l.Product, _ = n.attribute("product").text()
	l.Flow, _ = n.attribute("flow").text()
	l.Negotiated = l.Kind == policy.Negotiated
	if negotiated, known := n.attribute("negotiated").boolean(); known {
		l.Negotiated = negotiated
	}
	if encrypted, known := n.attribute("encrypted").boolean(); known {
		l.Encrypted = &encrypted
	}
	for _, name := range []string{"product", "flow", "negotiated", "encrypted"} {
		partial = partial || n.attribute(name).isUnknown()
	}
	if l.Kind == policy.ProductFlow && requireFlow(n) {
		return l, false, true // its other faults would follow from these
	}
	ports := n.attribute("ports")
	if ports.isNull() {
		ports.missing("Some clouds read missing ports as all ports.", `Write ports = ["40000-40039/tcp"], say.`)
		return l, false, true
	}
	values, places, unknown := ports.texts()
	l.Ports = parsePorts(n.reader, values, places)
	useCatalogue(&l)
	unread := (unknown || len(n.reader.faults) > 0) && l.Ports.IsEmpty()
	return l, !partial && !unread, partial || unknown || unread
}

// requireFlow reports a documented flow that does not say which one it is.
func requireFlow(n node) (missing bool) {
	for _, required := range []struct{ name, example string }{{"product", "netbackup"}, {"flow", "client-to-primary-pbx"}} {
		if a := n.attribute(required.name); a.isNull() {
			a.missing("A listener of kind \"product_flow\" is judged by the documentation of its flow.",
				fmt.Sprintf("Write %s = %q, say, or another kind.", required.name, required.example))
			missing = true
		}
	}
	return missing
}

func validKind(kind policy.ListenerKind) bool {
	for _, known := range policy.ListenerKinds() {
		if kind == known {
			return true
		}
	}
	return false
}

// useCatalogue takes the facts of a documented flow from the catalogue rather
// than from what is written: they decide how the listener is scored.
func useCatalogue(l *policy.Listener) {
	if l.Kind != policy.ProductFlow {
		return
	}
	if product, known := catalog.Get(l.Product); known {
		if flow, known := product.Flow(l.Flow); known {
			l.Negotiated, l.Encrypted = flow.Negotiated, flow.Encrypted
		}
	}
}
