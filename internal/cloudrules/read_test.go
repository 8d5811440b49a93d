package cloudrules_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/hashicorp/go-cty/cty"
	ctyjson "github.com/hashicorp/go-cty/cty/json"

	"github.com/backupfw/terraform-provider-backupfw/internal/cloudrules"
)

// byPart names a rule after its part.
func byPart(part string) string {
	return cmp.Or(strings.NewReplacer("[", "-", "]", "").Replace(part), "rule")
}

// failing is a test or a property.
type failing interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkRules holds rules to what every caller builds on.
func checkRules(t failing, rules []cloudrules.Rule) {
	t.Helper()
	if err := assessed(rules); err != nil {
		t.Fatalf("cannot be judged: %v\n%s", err, showRules(rules))
	}
	for i := range rules {
		checkForm(t, &rules[i])
	}
}

func opensNothing(r *cloudrules.Rule) bool {
	return len(r.Rule.PortRanges) == 0 && len(r.Rule.Peers) == 0
}

func TestRead_OtherTypesAndNull_NoRules(t *testing.T) {
	for _, resourceType := range append(cloudrules.Types(), "aws_instance", "") {
		for _, v := range []cty.Value{cty.NullVal(cty.DynamicPseudoType), cty.NullVal(cty.EmptyObject)} {
			if rules := cloudrules.Read(resourceType, v, byPart); len(rules) > 0 {
				t.Errorf("%q has rules: %s", resourceType, showRules(rules))
			}
		}
	}
	if rules := cloudrules.Read("aws_instance", cty.EmptyObjectVal, byPart); rules != nil || cloudrules.Understood("aws_instance") {
		t.Errorf("aws_instance has rules: %s", showRules(rules))
	}
}

// Of a resource that is unknown as a whole, each direction and each list of
// blocks may hold rules.
func TestRead_WhollyUnknown_PartialAndNothing(t *testing.T) {
	for _, resourceType := range cloudrules.Types() {
		rules := cloudrules.Read(resourceType, cty.UnknownVal(cty.DynamicPseudoType), byPart)
		if len(rules) == 0 {
			t.Errorf("%s has no rules", resourceType)
		}
		for i := range rules {
			r := &rules[i]
			if r.Closes == "" && (!r.Rule.Partial || !opensNothing(r) || len(r.Unknown) == 0) {
				t.Errorf("%s: %s", resourceType, showRules(rules[i:i+1]))
			}
		}
		checkRules(t, rules)
	}
}

func TestRead_NoObject_IsAFault(t *testing.T) {
	for _, v := range []cty.Value{cty.StringVal("x"), cty.NumberIntVal(4), cty.EmptyTupleVal, cty.True} {
		for _, resourceType := range cloudrules.Types() {
			rules := cloudrules.Read(resourceType, v, byPart)
			if len(rules) != 1 || len(rules[0].Faults) != 1 || !rules[0].Rule.Partial || !opensNothing(&rules[0]) {
				t.Fatalf("%s: %s", resourceType, showRules(rules))
			}
			want := "Wrong type: The resource is " + v.Type().FriendlyName() + " and not an object. What the rule opens would be guesswork. Review the plan with the version of the cloud's provider that this release knows."
			if got := rules[0].Faults.Error(); got != want {
				t.Errorf("%s: %s", resourceType, got)
			}
		}
	}
}

// A value may be decoded as a map where an object is meant.
func TestRead_Map_IsReadLikeAnObject(t *testing.T) {
	text := []byte(`{"ip_protocol": "tcp", "from_port": "443", "to_port": "443", "cidr_ipv4": "10.0.0.0/8"}`)
	const resourceType = "aws_vpc_security_group_egress_rule"
	asMap, err := ctyjson.Unmarshal(text, cty.Map(cty.String))
	if err != nil {
		t.Fatal(err)
	}
	asObject, err := planned(resourceType, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, want := showRules(read(resourceType, asMap)), showRules(read(resourceType, asObject))
	if got != want || !strings.Contains(want, "opens: egress 443/tcp") {
		t.Errorf("map\n%s\nobject\n%s", got, want)
	}
}

// Objects that are two count as two, whatever their names look like.
func TestRead_ReferencesThatLookAlike_AreApart(t *testing.T) {
	v, err := planned("azurerm_network_security_group", []byte(`{"security_rule": [
	  {"direction": "Inbound", "access": "Allow", "protocol": "Tcp", "destination_port_range": "443",
	   "source_address_prefixes": ["Storage", "Storage.WestEurope"],
	   "source_application_security_group_ids": [
	    "/subscriptions/1/resourceGroups/a/providers/Microsoft.Network/applicationSecurityGroups/storage",
	    "/subscriptions/1/resourceGroups/b/providers/Microsoft.Network/applicationSecurityGroups/storage",
	    "/SUBSCRIPTIONS/1/resourceGroups/b/providers/Microsoft.Network/applicationSecurityGroups/Storage",
	    "storage", null, null]},
	  {"direction": "Inbound", "access": "Allow", "protocol": "Tcp", "destination_port_range": "443",
	   "source_application_security_group_ids": [null]}]}`), []byte(`{"security_rule": [
	  {"source_application_security_group_ids": [false, false, false, false, true, true]},
	  {"source_application_security_group_ids": [true]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	rules := read("azurerm_network_security_group", v)
	checkRules(t, rules)
	names := map[string]bool{}
	for i := range rules {
		for _, ref := range rules[i].Rule.References() {
			if names[ref.Name] {
				t.Errorf("two objects called %s", ref.Name)
			}
			names[ref.Name] = true
		}
	}
	// Two tags, three groups (Azure does not tell the cases apart), three ids.
	if len(names) != 8 {
		t.Errorf("%d names: %v", len(names), names)
	}
}

// One object is one in all rules of a cloud.
func TestRead_OneReferenceInTwoRules_HasOneName(t *testing.T) {
	const account = "writer@project.iam.gserviceaccount.com"
	v := cty.ObjectVal(map[string]cty.Value{
		"source_service_accounts": cty.TupleVal([]cty.Value{cty.StringVal(account)}),
		"allow":                   cty.TupleVal([]cty.Value{cty.ObjectVal(map[string]cty.Value{"protocol": cty.StringVal("tcp")})}),
	})
	name := func(rule string) string {
		return cloudrules.Read("google_compute_firewall", v, func(string) string { return rule })[0].Rule.References()[0].Name
	}
	if first, second := name("one"), name("two"); first != second || !strings.HasPrefix(first, "writer-") {
		t.Errorf("%s is called %s and %s", account, first, second)
	}
}

// A rule may have a name as long as names are, and shares no reference with one
// that begins alike.
func TestRead_LongRuleName_ReferencesStayApart(t *testing.T) {
	v := cty.ObjectVal(map[string]cty.Value{"ip_protocol": cty.StringVal("-1"), "referenced_security_group_id": cty.UnknownVal(cty.String)})
	names := map[string]bool{}
	for _, rule := range []string{strings.Repeat("x", 62) + "a", strings.Repeat("x", 62) + "b", strings.Repeat("x", 53) + "c", strings.Repeat("x", 54) + "d"} {
		rules := cloudrules.Read("aws_vpc_security_group_ingress_rule", v, func(string) string { return rule })
		checkRules(t, rules)
		for _, ref := range rules[0].Rule.References() {
			names[ref.Name] = true
		}
	}
	if len(names) != 4 {
		t.Errorf("four groups are called %v", names)
	}
}
