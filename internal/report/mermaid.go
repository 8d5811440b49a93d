package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// drawnEdges is how many arrows a picture has at most: beyond that nobody
// reads it, and GitHub refuses to draw more than 500.
const drawnEdges = 60

// drawnValues is how many ports or peers a node lists.
const drawnValues = 3

// Mermaid draws who reaches what: peers → ports → host for what comes in,
// host → ports → peers for what goes out. leftOut is the number of pairs
// of ports and peers that were too many. It is empty when there is nothing to draw.
func Mermaid(s *Subject) (diagram string, leftOut int) {
	d := drawing{ids: map[string]string{}, edges: map[string]bool{}}
	for i := range s.Rules {
		d.rule(s, &s.Rules[i])
	}
	if len(d.lines) == 0 {
		return "", 0
	}
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for _, line := range d.nodes {
		b.WriteString("  " + line + "\n")
	}
	for _, line := range d.lines {
		b.WriteString("  " + line + "\n")
	}
	// The zones by how exposed they are; colours that can be told apart in
	// light and dark themes.
	b.WriteString("  classDef exposed stroke:#d1242f,stroke-width:3px\n")
	b.WriteString("  classDef host stroke-width:3px\n")
	return b.String(), d.leftOut
}

type drawing struct {
	ids     map[string]string
	edges   map[string]bool
	nodes   []string
	lines   []string
	leftOut int
}

func (d *drawing) rule(s *Subject, r *Rule) {
	host := func() string { return d.node("host", "host", []string{s.Name}, `%s(["%s"]):::host`) }
	for i := range r.PortRanges {
		for j := range r.Peers {
			ports, peers := &r.PortRanges[i], &r.Peers[j]
			if len(ports.Ports) == 0 || len(peers.Peers) == 0 {
				continue
			}
			if len(d.lines)+2 > drawnEdges { // a pair has up to two arrows
				d.leftOut++
				continue
			}
			from, through, to := d.peers(peers), d.ports(r, ports), host()
			if r.Direction == "egress" {
				d.edge(to, through, "")
				d.edge(through, from, r.Name)
				continue
			}
			d.edge(from, through, r.Name)
			d.edge(through, to, "")
		}
	}
}

func (d *drawing) peers(g *PeerGroup) string {
	shape := `%s["%s"]`
	everybody := func(peer string) bool { return peer == "0.0.0.0/0" || peer == "::/0" }
	if g.Zone == policy.Internet.String() || slices.ContainsFunc(g.Peers, everybody) {
		shape += ":::exposed"
	}
	lines := append([]string{g.Name, "zone " + strings.ReplaceAll(g.Zone, "_", " ")}, some(g.Peers)...)
	return d.node("peers", g.Name+"\x00"+g.Zone+"\x00"+strings.Join(g.Peers, " "), lines, shape)
}

func (d *drawing) ports(r *Rule, p *PortRange) string {
	lines := append([]string{p.Name}, some(p.Products)...)
	lines = append(lines, some(p.Ports)...)
	return d.node("ports", r.Direction+"\x00"+p.Name+"\x00"+strings.Join(p.Ports, " "), lines, `%s[/"%s"/]`)
}

// node returns the id of the node and draws it the first time.
func (d *drawing) node(kind, key string, lines []string, shape string) string {
	key = kind + "\x00" + key
	if id, drawn := d.ids[key]; drawn {
		return id
	}
	id := fmt.Sprintf("%s%d", kind, len(d.ids))
	d.ids[key] = id
	var labels []string
	for _, line := range lines {
		if line != "" { // rules written by hand have no names for ports and peers
			labels = append(labels, label(shorten(line, 60)))
		}
	}
	d.nodes = append(d.nodes, fmt.Sprintf(shape, id, strings.Join(labels, "<br>")))
	return id
}

func (d *drawing) edge(from, to, name string) {
	arrow := "-->"
	if name != "" {
		arrow = `-->|"` + label(shorten(name, 60)) + `"|`
	}
	line := from + " " + arrow + " " + to
	if !d.edges[line] {
		d.edges[line] = true
		d.lines = append(d.lines, line)
	}
}

// some shortens a list for a node.
func some(values []string) []string {
	if len(values) <= drawnValues {
		return values
	}
	return append(append([]string{}, values[:drawnValues]...), fmt.Sprintf("and %s more", number(len(values)-drawnValues)))
}
