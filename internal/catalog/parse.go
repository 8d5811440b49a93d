package catalog

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

// The layout of a product file. Every name that a file may use stands here;
// any other one is refused. Pointers tell "left out" from "false".
type (
	productFile struct {
		ID            string       `json:"id"`
		Name          string       `json:"name"`
		Vendor        string       `json:"vendor"`
		DocVersion    string       `json:"doc_version"`
		DialDirection string       `json:"dial_direction"`
		Narrowing     string       `json:"narrowing"`
		Sources       []sourceFile `json:"sources"`
		Roles         []roleFile   `json:"roles"`
		Flows         []flowFile   `json:"flows"`
		Sizing        []sizingFile `json:"sizing"`
		History       []vulnFile   `json:"history"`
	}
	sourceFile struct {
		ID    string `json:"id"`
		Where string `json:"where"`
	}
	roleFile struct {
		ID          string `json:"id"`
		Description string `json:"description"`
	}
	flowFile struct {
		ID           string   `json:"id"`
		From         string   `json:"from"`
		To           string   `json:"to"`
		Ports        []string `json:"ports"`
		Purpose      string   `json:"purpose"`
		Required     *bool    `json:"required"`
		Negotiated   bool     `json:"negotiated"`
		OpenEnded    bool     `json:"open_ended"`
		Encrypted    string   `json:"encrypted"`
		Configurable string   `json:"configurable"`
		Versions     string   `json:"versions"`
		Source       string   `json:"source"`
		Confidence   string   `json:"confidence"`
		Note         string   `json:"note"`
		SinglePort   string   `json:"single_port"`
		Reversed     string   `json:"reversed"`
	}
	sizingFile struct {
		ID           string        `json:"id"`
		Unit         string        `json:"unit"`
		BasePorts    *int          `json:"base_ports"`
		PortsPerUnit *int          `json:"ports_per_unit"`
		MinPorts     *int          `json:"min_ports"`
		Formula      string        `json:"formula"`
		Source       string        `json:"source"`
		Confidence   string        `json:"confidence"`
		AppliesTo    []string      `json:"applies_to"`
		Examples     []exampleFile `json:"examples"`
	}
	exampleFile struct {
		Units *int   `json:"units"`
		Ports *int   `json:"ports"`
		Says  string `json:"says"`
	}
	vulnFile struct {
		CVE          string   `json:"cve"`
		Year         int      `json:"year"`
		Ports        []string `json:"ports"`
		InKEV        *bool    `json:"in_kev"`
		KEVDateAdded string   `json:"kev_date_added"`
		Summary      string   `json:"summary"`
		Source       string   `json:"source"`
		Confidence   string   `json:"confidence"`
		Flows        []string `json:"flows"`
	}
)

// problems gathers everything wrong with a file, so that its author sees all
// of it at once.
type problems []string

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, field+": "+fmt.Sprintf(format, args...))
}

// need reports a text that is missing.
func (p *problems) need(field, value string) {
	if strings.TrimSpace(value) == "" {
		p.add(field, "is missing")
	}
}

// The shapes of ids, as an error message describes them.
const (
	snakeShape = "a lower-case letter, then lower-case letters, digits and underscores"
	kebabShape = "a lower-case letter, then lower-case letters, digits and hyphens"
	cveShape   = "CVE-YEAR-NUMBER"
)

// isSnake reports the shape of product and role ids, and isKebab the one of
// flow and source ids. (Regular expressions would be compiled at every start
// of the provider.)
func isSnake(id string) bool { return isID(id, '_') }
func isKebab(id string) bool { return isID(id, '-') }

func isID(id string, joint rune) bool {
	for i, c := range id {
		letter, other := 'a' <= c && c <= 'z', '0' <= c && c <= '9' || c == joint
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return id != ""
}

// isCVE reports the shape of a number of the CVE list.
func isCVE(id string) bool {
	year, number, _ := strings.Cut(strings.TrimPrefix(id, "CVE-"), "-")
	return id == "CVE-"+year+"-"+number && len(year) == 4 && len(number) >= 4 && isDigits(year) && isDigits(number)
}

func isDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// parse reads the text of a product file.
func parse(text []byte) (*Product, problems) {
	var file productFile
	if bytes.Contains(text, []byte("\n---")) {
		return nil, problems{"a second document begins, and would not be read: one product per file"}
	}
	if err := yaml.UnmarshalStrict(text, &file); err != nil {
		return nil, problems{err.Error()}
	}
	r := &reader{sources: map[string]string{}}
	product := r.product(file)
	r.checkReferences(product)
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	linkHistory(product)
	return product, nil
}

// reader turns the layout of the file into a Product.
type reader struct {
	problems
	sources map[string]string
}

func (r *reader) product(file productFile) *Product {
	if !isSnake(file.ID) {
		r.add("id", "%q: want %s", file.ID, snakeShape)
	}
	r.need("name", file.Name)
	r.need("vendor", file.Vendor)
	r.need("doc_version", file.DocVersion)
	r.need("dial_direction", file.DialDirection)
	r.need("narrowing", file.Narrowing)
	p := &Product{
		ID: file.ID, Name: file.Name, Vendor: file.Vendor, DocVersion: file.DocVersion,
		DialDirection: file.DialDirection, Narrowing: file.Narrowing,
		flows: make(map[string]int, len(file.Flows)),
	}
	if len(file.Sources) == 0 {
		r.add("sources", "is empty: say what was read")
	}
	for i, source := range file.Sources {
		field := element("sources", i, source.ID)
		r.uniqueID(field, source.ID, isKebab, kebabShape, r.sources[source.ID] != "")
		r.need(field+": where", source.Where)
		r.sources[source.ID] = source.Where
		p.Sources = append(p.Sources, source.Where)
	}
	if len(file.Roles) == 0 {
		r.add("roles", "is empty")
	}
	for i, role := range file.Roles {
		field := element("roles", i, role.ID)
		taken := slices.ContainsFunc(p.Roles, func(o Role) bool { return o.ID == role.ID })
		r.uniqueID(field, role.ID, isSnake, snakeShape, taken)
		r.need(field+": description", role.Description)
		p.Roles = append(p.Roles, Role(role))
	}
	if len(file.Flows) == 0 {
		r.add("flows", "is empty")
	}
	for i, flow := range file.Flows {
		field := element("flows", i, flow.ID)
		_, taken := p.flows[flow.ID]
		r.uniqueID(field, flow.ID, isKebab, kebabShape, taken)
		p.flows[flow.ID] = i
		p.Flows = append(p.Flows, r.flow(field, flow))
	}
	if file.Sizing == nil {
		r.add("sizing", "is missing: write [] when no range grows with the load")
	}
	for i, rule := range file.Sizing {
		field := element("sizing", i, rule.ID)
		taken := slices.ContainsFunc(p.Sizing, func(o SizingRule) bool { return o.ID == rule.ID })
		r.uniqueID(field, rule.ID, isKebab, kebabShape, taken)
		p.Sizing = append(p.Sizing, r.sizing(field, rule))
	}
	for i, vuln := range file.History {
		field := element("history", i, vuln.CVE)
		taken := slices.ContainsFunc(p.History, func(o Vulnerability) bool { return o.CVE == vuln.CVE })
		r.uniqueID(field, vuln.CVE, isCVE, cveShape, taken)
		p.History = append(p.History, r.vulnerability(field, vuln))
	}
	return p
}

func (r *reader) flow(field string, file flowFile) Flow {
	r.need(field+": purpose", file.Purpose)
	if file.Required == nil {
		r.add(field+": required", "is missing: write true or false")
	}
	flow := Flow{
		ID: file.ID, From: file.From, To: file.To,
		Ports:        r.ports(field, file.Ports),
		Purpose:      file.Purpose,
		Required:     file.Required != nil && *file.Required,
		Negotiated:   file.Negotiated,
		OpenEnded:    file.OpenEnded,
		Encrypted:    r.encrypted(field, file.Encrypted),
		Configurable: file.Configurable, Versions: file.Versions,
		Source:     r.source(field, file.Source),
		Confidence: r.confidence(field, file.Confidence),
		Note:       file.Note,
		SinglePort: file.SinglePort, Reversed: file.Reversed,
	}
	if flow.Ports.IsEmpty() && len(file.Ports) == 0 {
		r.add(field+": ports", "is missing")
	}
	if flow.Negotiated && flow.Ports.Len() == 1 {
		r.add(field+": negotiated", "one port leaves nothing to negotiate")
	}
	if flow.OpenEnded && !flow.Negotiated {
		r.add(field+": open_ended", "a range without an upper bound is negotiated: write negotiated: true")
	}
	if flow.OpenEnded && strings.TrimSpace(flow.Note) == "" {
		r.add(field+": note", "is missing: say that the vendor names no upper bound, so that ports is an example")
	}
	return flow
}

func (r *reader) sizing(field string, file sizingFile) SizingRule {
	before := len(r.problems)
	r.need(field+": formula", file.Formula)
	rule := SizingRule{
		ID:           file.ID,
		Unit:         r.unit(field, file.Unit),
		BasePorts:    r.count(field+": base_ports", file.BasePorts, 0),
		PortsPerUnit: r.count(field+": ports_per_unit", file.PortsPerUnit, 0),
		MinPorts:     1,
		Formula:      file.Formula,
		Source:       r.source(field, file.Source),
		Confidence:   r.confidence(field, file.Confidence),
		AppliesTo:    file.AppliesTo,
	}
	if file.MinPorts != nil {
		rule.MinPorts = r.count(field+": min_ports", file.MinPorts, 1)
	}
	switch {
	case rule.Unit == NoUnit && rule.PortsPerUnit != 0:
		r.add(field+": ports_per_unit", "%d, but a rule with unit none is flat: write 0, or name the unit", rule.PortsPerUnit)
	case rule.Unit != NoUnit && file.PortsPerUnit != nil && *file.PortsPerUnit == 0:
		r.add(field+": unit", "%q, but ports_per_unit is 0: write unit: none", rule.Unit)
	}
	if len(rule.AppliesTo) == 0 {
		r.add(field+": applies_to", "is missing: say which flows the rule is about")
	}
	if file.Examples == nil {
		r.add(field+": examples", "is missing: write [] when the vendor gives none")
	}
	usable := len(r.problems) == before // otherwise the examples say nothing
	for i, example := range file.Examples {
		rule.Examples = append(rule.Examples, r.example(fmt.Sprintf("%s: examples[%d]", field, i), example, &rule, usable))
	}
	return rule
}

func (r *reader) example(field string, file exampleFile, rule *SizingRule, usable bool) SizingExample {
	r.need(field+": says", file.Says)
	example := SizingExample{
		Units: r.count(field+": units", file.Units, 0),
		Ports: r.count(field+": ports", file.Ports, 1),
		Says:  file.Says,
	}
	if needed := rule.Needed(example.Units); usable && file.Units != nil && file.Ports != nil && needed != example.Ports {
		r.add(field+": ports", "%d, but the rule gives %d for %d units", example.Ports, needed, example.Units)
	}
	return example
}

func (r *reader) unit(field, text string) Unit {
	if unit := Unit(text); slices.Contains(Units(), unit) {
		return unit
	}
	names := make([]string, 0, len(Units()))
	for _, unit := range Units() {
		names = append(names, string(unit))
	}
	r.add(field+": unit", "%q: want one of %s", text, strings.Join(names, ", "))
	return NoUnit
}

func (r *reader) vulnerability(field string, file vulnFile) Vulnerability {
	r.need(field+": summary", file.Summary)
	v := Vulnerability{
		CVE: file.CVE, Year: file.Year,
		Ports:        r.ports(field, file.Ports),
		InKEV:        file.InKEV != nil && *file.InKEV,
		KEVDateAdded: file.KEVDateAdded,
		Summary:      file.Summary,
		Source:       r.source(field, file.Source),
		Confidence:   r.confidence(field, file.Confidence),
		Flows:        file.Flows,
	}
	if isCVE(v.CVE) && !strings.HasPrefix(v.CVE, fmt.Sprintf("CVE-%d-", v.Year)) {
		r.add(field+": year", "%d is not the year of %s", v.Year, v.CVE)
	}
	if file.InKEV == nil {
		r.add(field+": in_kev", "is missing: write true or false")
	}
	_, err := time.Parse(time.DateOnly, v.KEVDateAdded)
	switch {
	case v.InKEV && err != nil:
		r.add(field+": kev_date_added", "%q: want a date such as \"2023-08-22\"", v.KEVDateAdded)
	case !v.InKEV && v.KEVDateAdded != "":
		r.add(field+": kev_date_added", "%q, but in_kev is false", v.KEVDateAdded)
	}
	return v
}

func (r *reader) ports(field string, texts []string) portset.Ports {
	if slices.Contains(texts, portset.Any().String()) {
		r.add(field+": ports", "%q names no listener", portset.Any().String())
	}
	ports, faults := portset.ParseList(texts)
	for _, f := range faults {
		r.add(field+": ports"+f.Path.String(), "%s", f.Detail())
	}
	return ports
}

func (r *reader) source(field, id string) string {
	where, ok := r.sources[id]
	if !ok {
		r.add(field+": source", "%q is not an id in sources", id)
	}
	return where
}

func (r *reader) confidence(field, text string) Confidence {
	switch c := Confidence(text); c {
	case High, Medium, Low:
		return c
	default:
		r.add(field+": confidence", "%q: want high, medium or low", text)
		return ""
	}
}

func (r *reader) encrypted(field, text string) *bool {
	switch text {
	case "always", "by-default":
		return new(true)
	case "never":
		return new(false)
	case "depends":
		return nil
	default:
		r.add(field+": encrypted", "%q: want always, by-default, never or depends", text)
		return nil
	}
}

func (r *reader) count(field string, n *int, least int) int {
	switch {
	case n == nil:
		r.add(field, "is missing")
	case *n < least || *n > MaxPorts:
		r.add(field, "%d: want %d to %d", *n, least, MaxPorts)
	default:
		return *n
	}
	return 0
}

func (r *reader) uniqueID(field, id string, hasShape func(string) bool, shape string, taken bool) {
	switch {
	case !hasShape(id):
		r.add(field, "want an id of the shape %s", shape)
	case taken:
		r.add(field, "the id stands twice")
	}
}

// element names an element of a list by its position, counted from 0, and id.
func element(list string, i int, id string) string { return fmt.Sprintf("%s[%d] %q", list, i, id) }
