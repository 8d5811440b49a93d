package docs

import (
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// TestReferences_AreTheEngines: every peer of a kind counts as the guide says,
// in number and in zone.
func TestReferences_AreTheEngines(t *testing.T) {
	points := func(rule policy.Rule) float64 {
		a, faults := risk.Assess(&policy.Policy{Name: "sample", Rules: []policy.Rule{rule}}, risk.DefaultSettings())
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return a.Points
	}
	for _, r := range references() {
		first := r.samples[0].read()
		hosts := first.Rule.References()[0].MaxHosts
		for _, sample := range r.samples {
			read := sample.read()
			if len(read.Faults) > 0 || len(read.Unknown) > 0 || len(read.Rule.Peers) != 1 {
				t.Fatalf("%s: a sample of %s is read as %+v", r.what, sample.resourceType, read)
			}
			if got := read.Rule.References()[0].MaxHosts; got != hosts {
				t.Errorf("%s: %s counts %d hosts, the guide says %d", r.what, sample.resourceType, got, hosts)
			}
			for _, zone := range []policy.Zone{policy.Internal, policy.Internet} {
				stated := read.Rule
				stated.Peers = []policy.PeerGroup{{Name: "peers", Zone: zone, ZoneReason: "an example", References: read.Rule.References()}}
				if same := points(stated) == points(read.Rule); same != (zone == r.zone) {
					t.Errorf("%s: %s counts as in zone %s: %v; the guide says %s", r.what, sample.resourceType, zone, same, r.zone)
				}
			}
		}
	}
}

// TestMemberTables_FailForWhatIsNotThere: a member that is gone, or a new one.
func TestMemberTables_FailForWhatIsNotThere(t *testing.T) {
	memberDocs["Report.gone"] = "It was here."
	_, err := memberTables()
	delete(memberDocs, "Report.gone")
	if err == nil || !strings.Contains(err.Error(), "members are described, and the report has") {
		t.Errorf("a member that is gone: error %v", err)
	}
	was := memberDocs["Waiver.owner"]
	delete(memberDocs, "Waiver.owner")
	_, err = memberTables()
	memberDocs["Waiver.owner"] = was
	if err == nil || err.Error() != "Waiver.owner is not described" {
		t.Errorf("a new member: error %v", err)
	}
}

func TestCloudResourceTable_FailsForAnotherList(t *testing.T) {
	const some = "aws_security_group"
	was := cloudResources[some]
	delete(cloudResources, some)
	_, err := cloudResourceTable()
	cloudResources[some] = was
	if err == nil || err.Error() != some+" is read by the review and not described" {
		t.Errorf("error %v", err)
	}
}

func TestShortPlan(t *testing.T) {
	const plan = `  # backupfw_policy.p will be updated in-place
  ~ resource "backupfw_policy" "p" {
      ~ allows        = [
          ~ {
              ~ from_port  = 26490 -> 873
            },
        ]
        id            = "p"
      ~ rules         = {
          ~ "a" = {
            }
        }
      ~ score         = 2 -> 4
        # (3 unchanged attributes hidden)

      + waiver {
          + owner   = "o"
        }
    }

Warning: words
`
	const want = `  # backupfw_policy.p will be updated in-place
  ~ resource "backupfw_policy" "p" {
        id            = "p"
      ~ score         = 2 -> 4
        # (3 unchanged attributes hidden)
      # lists and blocks left out here
    }

Warning: words
`
	if got := shortPlan(plan); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
