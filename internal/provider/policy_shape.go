package provider

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// The shapes below are what authors write of a policy and what they read of
// its assessment. They are the one definition of these names.

func listenerFields() []shape {
	return []shape{
		text("name", "Name of the listener, for example `\"vault\"`. All ports of one negotiated name are scored as one listener."),
		text("kind", "What is known of the program behind the ports: `product_flow` (a documented flow of a product), `negotiated` (one listener that picks a port of the range per connection) or `undeclared` (anything)."),
		text("product", "Catalogue id of the product, for `product_flow`; otherwise null."),
		text("flow", "Id of the product's flow, for `product_flow`; otherwise null."),
		texts("ports", "Ports in the form `PORT/PROTO` or `FROM-TO/PROTO`, for example `\"40000-40039/tcp\"`."),
		boolean("negotiated", "Whether one port of the range is picked at run time, so that all of them have to be open: `true` or `false`."),
		boolean("encrypted", "Whether the flow is encrypted, `true` or `false`; null when that depends on settings or is not documented."),
	}
}

func sizingFields() []shape {
	return []shape{
		integer("needed", "Number of ports that the load needs, from 1. Flows that grow by the same rules, such as one range over TCP and UDP, are counted once; when one flow is too narrow, the numbers are those of that one."),
		integer("configured", "Number of ports that the range has for it, from 0."),
		text("rule", "The product's sizing rule in words, for example `\"one port per task\"`."),
	}
}

func referenceFields() []shape {
	kinds := make([]string, 0, len(policy.ReferenceKinds()))
	for _, kind := range policy.ReferenceKinds() {
		kinds = append(kinds, "`"+string(kind)+"`")
	}
	return []shape{
		text("kind", "Kind of the object that the name stands for: "+strings.Join(kinds, ", ")+"."),
		integer("max_hosts", "How many hosts the object stands for at most, 1 to 4294967296. The reference is scored as that many hosts."),
		integer("max_entries", "For `aws_prefix_list`: the list's maximum number of entries, which is what it costs in quota. Otherwise null."),
	}
}

func ruleFields() []shape {
	return []shape{
		text("direction", "`ingress`: the peers dial this host. `egress`: this host dials the peers."),
		text("description", "What the rule is for, for example `\"clients in the DMZ\"`."),
		listOf("port_ranges", "Whole `backupfw_port_range` resources, or objects `{ name, listeners }`.", portRangeFields()...),
		listOf("peers", "Whole `backupfw_peer_group` resources, or objects `{ name, prefixes, zone }` in which nothing that narrows may be missing.", peerFields()...),
	}
}

// portRangeFields is the resolved form of a port range.
func portRangeFields() []shape {
	return []shape{
		text("name", "Name of the port range, for example `\"netbackup\"`."),
		listOf("listeners", "What listens, and on which ports, for example `[{ name = \"vault\", kind = \"negotiated\", ports = [\"40000-40039/tcp\"] }]`.", listenerFields()...),
		objectOf("sizing", "How many ports the load needs, when that is known; otherwise `null`.", sizingFields()...),
	}
}

// peerFields is the resolved form of a peer group.
func peerFields() []shape {
	return []shape{
		text("name", "Name of the peer group, for example `\"dmz-clients\"`."),
		texts("prefixes", "Addresses and networks, for example `\"198.51.100.16/28\"`."),
		texts("except", "Addresses and networks to take out of `prefixes`, for example `[\"198.51.100.17\"]`."),
		text("zone", "`"+strings.Join(policy.ZoneNames(), "`, `")+"`."),
		text("zone_reason", "Why public addresses count as inside, for example `\"our own /24, not routed to the internet\"`."),
		mapOf("references", "Peers that are not addresses, by a name of your choice, for example `{ app = { kind = \"aws_security_group\", max_hosts = 4 } }`.", referenceFields()...),
	}
}

func waiverFields() []shape {
	return []shape{
		text("finding", "Code of the finding that is accepted, one of `"+strings.Join(risk.WaivableCodes(), "`, `")+"`."),
		texts("rules", "Keys of the rules that the waiver is for, for example `[\"dmz_clients\"]`. Without it every rule."),
		texts("ports", "Accepted ports, for example `[\"873/tcp\"]`. What the finding names beyond them is not accepted."),
		texts("peers", "Accepted peers: prefixes, or `ref:NAME` for a reference. What the finding names beyond them is not accepted."),
		integer("max_score", "Accepted score, 0 to 100, for the finding `score-limit` only."),
		text("reason", "Why the risk is accepted, for example `\"console until the move, ticket 4711\"`."),
		text("owner", "Who answers for it, for example `\"backup-team\"`."),
		text("expires", "Last day of the waiver, `YYYY-MM-DD`, in UTC: it holds until that day ends there. At most as many days ahead as the provider allows (366 by default)."),
	}
}

func maxScoreShape() shape {
	return integer("max_score", "Score above which the policy is rejected, 0 to 100. It may be stricter than the provider's limit, never looser.")
}

// policyFields are the inputs of a policy, as data sources take them.
func policyFields() []shape {
	return []shape{
		text("name", "Name of the policy, for example `\"primary-server\"`."),
		text("description", "What the policy is for, for example `\"primary backup server, Berlin\"`."),
		maxScoreShape(),
		mapOf("rules", "Rules by key, in the form of `rules` of `backupfw_policy`.", ruleFields()...),
		listOf("waiver", "Accepted findings, in the form of `waiver` of `backupfw_policy`.", waiverFields()...),
	}
}

// assessmentFields are what an assessment computes, in the order for reading.
func assessmentFields() []shape {
	return []shape{
		integer("score", "Risk from 0 to 100, rounded up."),
		float("points", "Sum of all contributions, not capped at 100."),
		text("rating", "The score in words: `low` (below 20), `moderate` (below 40), `high` (below 70) or `critical`."),
		integer("score_limit", "Limit that the score was held to: the smaller of the provider's and the policy's own max_score."),
		text("verdict", "`accept`, `accept_with_waivers` or `reject`."),
		listOf("findings", "What is wrong with what the policy opens, what rejects first.",
			text("code", "Stable code of the finding."),
			text("severity", "`critical`, `high`, `medium`, `low` or `info`."),
			text("effect", "`reject`, `warn`, `info`, or `accepted` when a waiver accepts it."),
			text("rule", "Key of the first rule that causes it; null when it is about the policy as a whole."),
			texts("rules", "Keys of all rules that cause it."),
			texts("ports", "Exactly the ports it is about."),
			texts("prefixes", "Exactly the peers it is about; a reference is written `ref:NAME`."),
			text("message", "What is wrong and why it matters."),
			text("remedy", "What to do."),
			text("waived_by", "The waiver that accepts it, or null."),
		),
		listOf("contributions", "What each service adds to the points; the lines add up. Services beyond a hundred share the last line, of class `several`.",
			text("service", "Name of the service."),
			text("class", "`most_attacked`, `sensitive`, `system_service`, `exploited_listener`, `backup_listener`, `undeclared` or `neighbours`."),
			text("direction", "`ingress` or `egress`."),
			texts("rules", "Keys of the rules that open it."),
			texts("ports", "Open ports of the service."),
			float("hosts", "Number of hosts that reach it, IPv6 counted in /64 networks."),
			float("points", "Points of the service."),
		),
		listOf("advice", "Changes that would lower the score, the lowest score first.",
			text("action", "`narrow-range`, `move-range`, `declare-listener`, `cut-peers`, `single-port` or `reverse-direction`."),
			text("rule", "Key of a rule that the change is about."),
			text("argument", "Argument to change."),
			text("value", "Value to write, as Terraform text."),
			integer("score_after", "Score after the change, by the same engine."),
			text("message", "The change in words."),
		),
		listOf("allows", "Everything that the policy allows, merged and sorted: the compiled intent.",
			text("direction", "`ingress` or `egress`."),
			text("protocol", "`tcp`, `udp`, `sctp`, `icmp`, `icmpv6`, `esp` or `any`."),
			integer("from_port", "First port; null for protocols without ports."),
			integer("to_port", "Last port; null for protocols without ports."),
			texts("prefixes", "Peers that are addresses."),
			texts("references", "Peers that are references, by name."),
			texts("rules", "Keys of the rules behind it."),
		),
		integer("rule_count", "Number of rules, one range of ports for one prefix or reference each, that `allows` amounts to."),
		texts(leftOut, fmt.Sprintf("What the lists above leave out: findings beyond %d, services beyond %d, entries of `allows` beyond %d, and what would make a list name more than %d rules and peers. Null when they are complete; score, verdict and compiled rules always are.", maxFindings, risk.MaxContributions, maxAllows, risk.MaxListed)),
	}
}

func namesOf(fields []shape) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}
