package docs

import (
	"fmt"
	"slices"

	"github.com/hashicorp/go-cty/cty"

	"github.com/backupfw/terraform-provider-backupfw/internal/cloudrules"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// cloudResource says of a resource type where its rules stand, and what those
// that are judged together have in common.
type cloudResource struct{ rules, group string }

var cloudResources = map[string]cloudResource{
	"aws_default_security_group":          {"every block `ingress` and `egress`", "the security group itself"},
	"aws_security_group":                  {"every block `ingress` and `egress`", "the security group itself"},
	"aws_security_group_rule":             {"the resource", "`security_group_id`"},
	"aws_vpc_security_group_egress_rule":  {"the resource", "`security_group_id`"},
	"aws_vpc_security_group_ingress_rule": {"the resource", "`security_group_id`"},
	"azurerm_network_security_group":      {"every block `security_rule`", "the security group itself, by resource group and name"},
	"azurerm_network_security_rule":       {"the resource", "`resource_group_name` and `network_security_group_name`"},
	"google_compute_firewall":             {"every block `allow`", "`network`, `target_tags` and `target_service_accounts`"},
}

// cloudResourceTable fails when a type is described that is not read, or the
// other way round.
func cloudResourceTable() (string, error) {
	var rows [][]string
	types := cloudrules.Types()
	for _, t := range types {
		described, known := cloudResources[t]
		if !known {
			return "", fmt.Errorf("%s is read by the review and not described", t)
		}
		computed := slices.Sorted(slices.Values(cloudrules.Computed(t)))
		rows = append(rows, []string{code(t), described.rules, described.group, codes(computed)})
	}
	if len(cloudResources) != len(types) {
		return "", fmt.Errorf("%d resource types are described, and %d are read", len(cloudResources), len(types))
	}
	return table([]string{"resource", "its rules", "judged together by", "says nothing when not written"}, rows), nil
}

// reference is a kind of peers that are no addresses.
type reference struct {
	what string
	zone policy.Zone
	// samples are resources with one such peer.
	samples []referenceSample
}

type referenceSample struct {
	resourceType string
	value        map[string]cty.Value
}

func text(s string) cty.Value { return cty.StringVal(s) }

func texts(s string) cty.Value { return cty.ListVal([]cty.Value{text(s)}) }

// samplePort is a port that means nothing.
const samplePort = "29168"

func awsSample(argument string, peer string) referenceSample {
	return referenceSample{"aws_vpc_security_group_ingress_rule", map[string]cty.Value{
		"ip_protocol": text("tcp"), "from_port": text(samplePort), "to_port": text(samplePort), argument: text(peer)}}
}

func azureSample(argument string, peer cty.Value) referenceSample {
	return referenceSample{"azurerm_network_security_rule", map[string]cty.Value{
		"direction": text("Inbound"), "access": text("Allow"), "protocol": text("Tcp"), "destination_port_range": text(samplePort), argument: peer}}
}

func googleSample(argument, peer string) referenceSample {
	return referenceSample{"google_compute_firewall", map[string]cty.Value{
		"allow":  cty.ListVal([]cty.Value{cty.ObjectVal(map[string]cty.Value{"protocol": text("tcp"), "ports": texts(samplePort)})}),
		argument: texts(peer)}}
}

func references() []reference {
	return []reference{
		{"security groups, application security groups, network tags, service accounts", policy.Internal, []referenceSample{
			awsSample("referenced_security_group_id", "sg-0123456789abcdef0"),
			azureSample("source_application_security_group_ids", texts("/subscriptions/s/asg")),
			googleSample("source_tags", "media"),
			googleSample("source_service_accounts", "media@example.iam.gserviceaccount.com"),
		}},
		{"AWS prefix lists", policy.Internet, []referenceSample{awsSample("prefix_list_id", "pl-0123456789abcdef0")}},
		{"Azure's service tag `VirtualNetwork`", policy.Internal, []referenceSample{azureSample("source_address_prefix", text("VirtualNetwork"))}},
		{"Azure's other service tags, such as `Storage`", policy.Internet, []referenceSample{azureSample("source_address_prefix", text("Storage"))}},
	}
}

// read is the sample as the review reads it.
func (s *referenceSample) read() cloudrules.Rule {
	return cloudrules.Read(s.resourceType, cty.ObjectVal(s.value), func(string) string { return "sample" })[0]
}

func referenceTable() string {
	var rows [][]string
	for _, r := range references() {
		rule := r.samples[0].read()
		rows = append(rows, []string{r.what, thousands(int64(rule.Rule.References()[0].MaxHosts)), code(r.zone.String())})
	}
	return table([]string{"each of these", "counts as hosts", "in the zone"}, rows)
}
