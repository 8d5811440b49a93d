package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// newScoreFunction is score: the judgement of one opening.
func newScoreFunction() function.Function {
	return &pureFunction{
		name:    "score",
		summary: "Scores one opening",
		doc: "Score and findings of ports that are open to addresses, without a policy around them. It is what `assess` says of the policy with one rule, `opening`, and it rejects nothing; look at `verdict`.\n\n" +
			"Without settings the peers dial this host, and nobody says what listens.",
		parameters: []shape{
			portsParameter("ports", "Open ports"),
			cidrsParameter("cidrs", "Peers: addresses and networks"),
			text("zone", "Zone of the peers, as in a peer group: `"+strings.Join(policy.ZoneNames(), "`, `")+"`. `by_address` counts each address by its own nature, public or private."),
		},
		settings: []string{"direction", "product", "flows", "negotiated", "zone_reason", "max_score"},
		settingsDoc: "`direction` is `ingress` (default) or `egress`. `product`, `flows` and `negotiated` say what listens, as in a port range; without them nobody says. " +
			fmt.Sprintf("`zone_reason` says why public addresses count as inside. `max_score` is the score above which the verdict is `reject`, 0 to 100; default %d, whatever the provider is set to.", risk.DefaultMaxScore),
		result: objectOf("", "", scoreFields()...),
		compute: func(arguments []node) any {
			a := scoreOpening(arguments)
			if a == nil {
				return nil
			}
			findings, moreFindings := boundedFindings(a.Findings)
			contributions, moreContributions := boundedContributions(a.Contributions)
			return record{"score": a.Score, "points": a.Points, "rating": a.Rating, "verdict": string(a.Verdict),
				"findings": findings, "contributions": contributions, leftOut: notes(moreFindings, moreContributions)}
		},
	}
}

// scoreFields are those of an assessment that make sense for one opening.
func scoreFields() []shape {
	return slices.DeleteFunc(assessmentFields(), func(s shape) bool {
		return !slices.Contains([]string{"score", "points", "rating", "verdict", "findings", "contributions", leftOut}, s.name)
	})
}

// scoreOpening judges the opening; nil when something is wrong.
func scoreOpening(arguments []node) *risk.Assessment {
	given := arguments[3]
	spec := resolve.OpeningSpec{Ports: readPorts(arguments[0]), Peers: readPrefixes(arguments[1])}
	spec.Zone, _ = arguments[2].text()
	spec.ZoneReason, _ = given.attribute("zone_reason").text()
	spec.Direction, _ = given.attribute("direction").text()
	spec.Product, _ = given.attribute("product").text()
	if flows := given.attribute("flows"); flows.isKnown() {
		named, _, _ := flows.texts()
		spec.Flows = append([]string{}, named...)
	}
	if negotiated, known := given.attribute("negotiated").boolean(); known {
		spec.Negotiated = &negotiated
	}
	p, faults := spec.Resolve()
	share(arguments, faults, "ports", "cidrs", "zone")
	s := decodeSettings(given) // of its names only max_score can be there
	if hasFaults(arguments) {
		return nil
	}
	a, faults := risk.Assess(p, s.risk)
	for _, f := range faults {
		// What a whole policy refuses is about its ports: ICMP of a family that no
		// peer has.
		placed := *f
		placed.Path = nil
		arguments[0].fault(&placed)
	}
	return a
}
