package suggest

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// block starts a resource.
func (w *writer) block(kind, label string) *hclwrite.Body {
	body := w.file.Body().AppendNewBlock("resource", []string{kind, label}).Body()
	w.file.Body().AppendNewline()
	return body
}

// comment writes lines above the next resource.
func (w *writer) comment(lines ...string) { w.file.Body().AppendUnstructuredTokens(comments(lines...)) }

// comments are lines of the program's own words: text of authors stays out of
// them.
func comments(lines ...string) hclwrite.Tokens {
	var tokens hclwrite.Tokens
	for _, line := range lines {
		line = strings.Join(strings.Fields(line), " ") // one line, whatever it holds
		tokens = append(tokens, &hclwrite.Token{Type: hclsyntax.TokenComment, Bytes: []byte("# " + line + "\n")})
	}
	return tokens
}

// text is a string of an author, escaped. Bytes that are not UTF-8 cannot stand
// in a configuration.
func text(value string) cty.Value { return cty.StringVal(strings.ToValidUTF8(value, "\uFFFD")) }

// texts is a list of strings, one a line when there are many.
func texts(values []string) hclwrite.Tokens {
	elements := make([]hclwrite.Tokens, len(values))
	for i, value := range values {
		elements[i] = hclwrite.TokensForValue(text(value))
	}
	return list(elements)
}

// maxInLine is how many elements of a list stand in one line.
const maxInLine = 4

func list(elements []hclwrite.Tokens) hclwrite.Tokens {
	if len(elements) <= maxInLine {
		return hclwrite.TokensForTuple(elements)
	}
	newline := &hclwrite.Token{Type: hclsyntax.TokenNewline, Bytes: []byte("\n")}
	tokens := hclwrite.Tokens{{Type: hclsyntax.TokenOBrack, Bytes: []byte("[")}, newline}
	for _, element := range elements {
		tokens = append(tokens, element...)
		tokens = append(tokens, &hclwrite.Token{Type: hclsyntax.TokenComma, Bytes: []byte(",")}, newline)
	}
	return append(tokens, &hclwrite.Token{Type: hclsyntax.TokenCBrack, Bytes: []byte("]")})
}

// addresses are the resources of a kind with the labels.
func addresses(kind string, labels []string) hclwrite.Tokens {
	elements := make([]hclwrite.Tokens, len(labels))
	for i, label := range labels {
		elements[i] = hclwrite.TokensForTraversal(hcl.Traversal{hcl.TraverseRoot{Name: kind}, hcl.TraverseAttr{Name: label}})
	}
	return list(elements)
}

// attribute is one entry of an object. A key that is no identifier is quoted.
func attribute(key string, value hclwrite.Tokens) hclwrite.ObjectAttrTokens {
	name := hclwrite.TokensForValue(text(key))
	if hclsyntax.ValidIdentifier(key) {
		name = hclwrite.TokensForIdentifier(key)
	}
	return hclwrite.ObjectAttrTokens{Name: name, Value: value}
}

// peerGroup writes the peer group unless it is there already, and returns its
// label.
func (w *writer) peerGroup(r *policy.Rule, g *policy.PeerGroup) string {
	key := peerKey(g)
	if label, written := w.peerGroups[key]; written {
		return label
	}
	name := w.peerLabels.take(g.Name, g.Name+"-"+r.Name)
	w.peerGroups[key] = labelOf(name)
	body := w.block("backupfw_peer_group", labelOf(name))
	body.SetAttributeValue("name", cty.StringVal(name))
	if g.Zone != policy.ByAddress {
		body.SetAttributeValue("zone", cty.StringVal(g.Zone.String()))
	}
	if g.ZoneReason != "" {
		body.SetAttributeValue("zone_reason", text(g.ZoneReason))
	}
	if !g.Prefixes.IsEmpty() {
		body.SetAttributeRaw("cidrs", texts(g.Prefixes.Strings()))
	}
	var references []hclwrite.ObjectAttrTokens
	for _, ref := range g.References {
		fields := []hclwrite.ObjectAttrTokens{
			attribute("kind", hclwrite.TokensForValue(text(string(ref.Kind)))),
			attribute("max_hosts", hclwrite.TokensForValue(cty.NumberUIntVal(ref.MaxHosts))),
		}
		if ref.MaxEntries != 0 {
			fields = append(fields, attribute("max_entries", hclwrite.TokensForValue(cty.NumberIntVal(int64(ref.MaxEntries)))))
		}
		references = append(references, attribute(ref.Name, hclwrite.TokensForObject(fields)))
	}
	if len(references) > 0 {
		body.SetAttributeRaw("references", hclwrite.TokensForObject(references))
	}
	return labelOf(name)
}

// policyBlock writes the policy. Rules whose peers cannot be written are named
// in a comment.
func (w *writer) policyBlock(ranges, peers [][]string, refused []string) {
	var rules []hclwrite.ObjectAttrTokens
	for i := range w.plans {
		r := w.plans[i].rule
		if refused[i] != "" {
			w.comment(fmt.Sprintf("Rule %s is left out: its peer %s stands for IPv4 hosts and cannot be written as a prefix.", nameOf(r.Name), refused[i]))
			continue
		}
		var fields []hclwrite.ObjectAttrTokens
		if r.Description != "" {
			fields = append(fields, attribute("description", hclwrite.TokensForValue(text(r.Description))))
		}
		fields = append(fields,
			attribute("direction", hclwrite.TokensForValue(cty.StringVal(r.Direction.String()))),
			attribute("port_ranges", addresses("backupfw_port_range", ranges[i])),
			attribute("peers", addresses("backupfw_peer_group", peers[i])))
		rules = append(rules, attribute(r.Name, hclwrite.TokensForObject(fields)))
	}
	name := nameOf(w.policy.Name)
	body := w.file.Body().AppendNewBlock("resource", []string{"backupfw_policy", labelOf(name)}).Body()
	body.SetAttributeValue("name", cty.StringVal(name))
	if w.policy.Description != "" {
		body.SetAttributeValue("description", text(w.policy.Description))
	}
	if w.policy.MaxScore != nil {
		body.SetAttributeValue("max_score", cty.NumberIntVal(int64(*w.policy.MaxScore)))
	}
	if len(rules) == 0 {
		body.SetAttributeValue("rules", cty.EmptyObjectVal)
	} else {
		body.SetAttributeRaw("rules", hclwrite.TokensForObject(rules))
	}
	for i := range w.policy.Waivers {
		body.AppendNewline()
		waiver(body.AppendNewBlock("waiver", nil).Body(), &w.policy.Waivers[i])
	}
}

// waiver copies what the author accepted.
func waiver(body *hclwrite.Body, accepted *policy.Waiver) {
	body.SetAttributeValue("finding", text(accepted.Finding))
	if len(accepted.Rules) > 0 {
		body.SetAttributeRaw("rules", texts(accepted.Rules))
	}
	if !accepted.Ports.IsEmpty() {
		body.SetAttributeRaw("ports", texts(accepted.Ports.Strings()))
	}
	peers := accepted.Peers.Strings()
	for _, name := range accepted.References {
		peers = append(peers, "ref:"+name)
	}
	if len(peers) > 0 {
		body.SetAttributeRaw("peers", texts(peers))
	}
	if accepted.MaxScore != nil {
		body.SetAttributeValue("max_score", cty.NumberIntVal(int64(*accepted.MaxScore)))
	}
	body.SetAttributeValue("reason", text(accepted.Reason))
	body.SetAttributeValue("owner", text(accepted.Owner))
	if !accepted.Expires.IsZero() {
		body.SetAttributeValue("expires", cty.StringVal(accepted.Expires.String()))
	}
}
