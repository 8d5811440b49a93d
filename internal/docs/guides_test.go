package docs

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
	"github.com/backupfw/terraform-provider-backupfw/internal/services"
)

func guide(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "templates", "guides", name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var generated = regexp.MustCompile(`(?s)<!-- begin [^\n]*?: written by make generate -->.*?<!-- end -->`)

// TestGuides_ShowNothingByHand holds the guides to configurations and tables
// that follow from the code. The tour of "moving" is run by its own test.
func TestGuides_ShowNothingByHand(t *testing.T) {
	for _, name := range []string{"quiet-range", "peers", "aws", "azure", "google", "other-targets"} {
		text := guide(t, name)
		rest := generated.ReplaceAllString(text, "")
		if rest == text {
			t.Errorf("%s has no generated part", name)
		}
		for _, mark := range []string{"```", "\n|"} {
			if strings.Contains(rest, mark) {
				t.Errorf("%s has %q outside of the generated parts", name, mark)
			}
		}
		// A number in prose would be pinned by nothing. Names such as /28 and
		// IPv4 are no measures; a quoted setting is code.
		prose := regexp.MustCompile("(?m)`[^`\n]*`|\\[[^]]*\\]\\([^)]*\\)|^#+ .*$|^description:.*\n.*$|^[0-9]\\. ").ReplaceAllString(rest, "")
		for _, found := range regexp.MustCompile(`[^\s(]*\d[^\s.,:)]*`).FindAllString(prose, -1) {
			if !slices.Contains([]string{"/16", "/28", "0", "1023"}, found) {
				t.Errorf("%s says %q in prose", name, found)
			}
		}
	}
}

// TestGuides_OfTargets holds the guides to what every page of a target says.
func TestGuides_OfTargets(t *testing.T) {
	pages := map[string]string{}
	for _, name := range []string{"aws", "azure", "google", "other-targets"} {
		pages[name] = guide(t, name)
	}
	for _, target := range targets() {
		on := ""
		for name, text := range pages {
			if strings.Contains(text, beginMark+"target "+target.Name+beginEnd) {
				on = name
			}
		}
		for _, part := range []string{"keys of ", "limits of ", "refused by "} {
			if !strings.Contains(pages[on], beginMark+part+target.Name+beginEnd) {
				t.Errorf("no page of %s has the part %q", target.Name, part)
			}
		}
		for _, resource := range target.Resources {
			if !strings.Contains(pages[on], `resource "`+resource+`"`) {
				t.Errorf("no page of %s shows %s", target.Name, resource)
			}
		}
		if len(target.Resources) > 0 && !strings.Contains(pages[on], "for_each") {
			t.Errorf("the page of %s shows no for_each", target.Name)
		}
	}
}

// TestRefusals_AreOfTheTarget: everything that is asked for is either in the
// table or in rules, and what the pages rely on is refused.
func TestRefusals_AreOfTheTarget(t *testing.T) {
	for name, want := range map[string][]string{
		"aws_security_group_rules":         {"3868/sctp", "google_network_tag"},
		"aws_network_acl_rules":            {"3868/sctp", "aws_security_group", "aws_prefix_list"},
		"azure_network_security_rules":     {"0-65535/sctp", "icmpv6", "aws_prefix_list"},
		"google_firewall_rules":            {"3868/sctp", "a host dials a peer of kind `google_network_tag`"},
		"kubernetes_network_policy":        {"icmp", "esp", "0-1023/tcp"},
		"openstack_security_group_rules":   {"0-1023/tcp", "1-65535/tcp"},
		"oci_network_security_group_rules": {"3868/sctp", "0-1023/tcp"},
		"nftables_ruleset":                 {"azure_application_security_group"},
	} {
		target, _ := emit.TargetNamed(name)
		got := refusalTable(&target)
		for _, text := range want {
			if !strings.Contains(got, text) {
				t.Errorf("%s: %q is not refused\n%s", name, text, got)
			}
		}
	}
}

// TestKeys_OfOtherRulesStay holds the pages to what they say of an edit: flat
// targets get new rules, those with lists change one in place.
func TestKeys_OfOtherRulesStay(t *testing.T) {
	for _, target := range targets() {
		text, err := keyTable(&target)
		if err != nil {
			t.Errorf("%s: %v", target.Name, err)
			continue
		}
		lists := target.Lists || target.Name == "kubernetes_network_policy"
		switch {
		case strings.Contains(text, "gone"):
			t.Errorf("%s: a key went\n%s", target.Name, text)
		case lists && (strings.Contains(text, "| new |") || !strings.Contains(text, "changed in place")):
			t.Errorf("%s does not change in place\n%s", target.Name, text)
		case !lists && (strings.Contains(text, "changed in place") || !strings.Contains(text, "untouched") || !strings.Contains(text, "| new |")):
			t.Errorf("%s touches more than what is new\n%s", target.Name, text)
		}
	}
}

// TestPeerSteps_OnlyGoDown holds the guide to what it says of each step.
func TestPeerSteps_OnlyGoDown(t *testing.T) {
	for _, steps := range [][]peerStep{peerSteps(), privatePeerSteps()} {
		for name, l := range map[string]policy.Listener{"quiet": negotiated(fortyPorts), "attacked": attacked()} {
			last := 101.0
			for i, s := range steps {
				a := assessPeers(l, s.group)
				if a.Points >= last {
					t.Errorf("%s: %q has %.2f points, the step before %.2f", name, s.what, a.Points, last)
				}
				if i == 0 && a.Verdict != risk.Rejected {
					t.Errorf("%s: %q is not rejected", name, s.what)
				}
				if i == len(steps)-1 && a.Verdict != risk.Accept {
					t.Errorf("%s: %q is not accepted", name, s.what)
				}
				last = a.Points
			}
		}
	}
}

// TestPlaces holds the guide to quiet ranges to what it says of each place.
func TestPlaces(t *testing.T) {
	rows := strings.Split(placeTable(), "\n")[2:]
	for i, want := range []string{
		"accepted | none | none |",
		"accepted | `neighbour-services` | none |",
		"accepted | `neighbour-services` | `ephemeral-overlap` |",
		"accepted | none | `ephemeral-overlap` |",
		"rejected by `sensitive-service`",
		"rejected by `well-known-port`",
	} {
		if !strings.Contains(rows[i], want) {
			t.Errorf("row %d: %s, want %s", i, rows[i], want)
		}
	}
}

// TestPortPlot also holds the guide to what it says of the lines.
func TestPortPlot(t *testing.T) {
	plots, err := portPlots("")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(portPlotFile)))
	if err != nil || !bytes.Equal(got, plots[portPlotFile]) {
		t.Errorf("%s is out of date: run make generate (%v)", portPlotFile, err)
	}
	if !regexp.MustCompile(`!\[[^\]]{20,}\]\(` + regexp.QuoteMeta(rawAddress+portPlotFile) + `\)`).MatchString(guide(t, "forty-ports-or-four")) {
		t.Error("the guide does not show the picture")
	}
	if service, known := services.Classify(portset.TCP, 100); !known || service.ID != services.UnassignedID {
		t.Errorf("port 100 is of %v, and the guide says of nobody", service)
	}
	for _, panel := range portPlot().Panels {
		quiet, undeclared, known := panel.Series[0], panel.Series[1], panel.Series[2]
		for i := range quiet {
			if !(quiet[i].Y < undeclared[i].Y) || i > 2 && !(undeclared[i].Y < known[i].Y) {
				t.Errorf("%s: %v, %v, %v", panel.Title, quiet[i], undeclared[i], known[i])
			}
		}
		if end := quiet[len(quiet)-1].Y / quiet[0].Y; end > 1.5 {
			t.Errorf("%s: the line of one listener rises to %.2f times its start", panel.Title, end)
		}
	}
}

// TestOtherTargets_ShareOnePolicy: what the page shows once is the policy of
// each example, but for an exclusion.
func TestOtherTargets_ShareOnePolicy(t *testing.T) {
	plain := regexp.MustCompile(`(?m)^ *(#|except ).*$| `)
	policyOf := func(file string) []string {
		text, err := os.ReadFile(filepath.Join(root, "examples", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, block := range blocks(string(text)) {
			if ours(header(block)) {
				found = append(found, strings.Join(strings.Fields(plain.ReplaceAllString(block, "")), "\n"))
			}
		}
		return found
	}
	want := policyOf(commonExample)
	if len(want) != 4 {
		t.Errorf("%d blocks are the policy, want 4", len(want))
	}
	for _, name := range []string{"oci_network_security_group_rules", "kubernetes_network_policy", "nftables_ruleset"} {
		if got := policyOf("data-sources/backupfw_" + name + "/data-source.tf"); !slices.Equal(got, want) {
			t.Errorf("%s has another policy: %q, want %q", name, got, want)
		}
	}
}

func TestBlocks(t *testing.T) {
	const text = "# a\nlocals {\n  x = 1\n}\n\n\nresource \"b\" \"c\" {}\n\n# d\n\n# e\ndata \"f\" \"g\" {\n  h {\n  }\n}\n"
	got := blocks(text)
	want := []string{"# a\nlocals {\n  x = 1\n}", "resource \"b\" \"c\" {}", "# d\n\n# e\ndata \"f\" \"g\" {\n  h {\n  }\n}"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if h := header(got[2]); h != `data "f" "g" {` {
		t.Errorf("header %q", h)
	}
}
