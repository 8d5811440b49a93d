//go:build integration

package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// applyExample applies the example of a data source that needs the AWS
// provider, as a module of a configuration that makes its VPC in the same
// apply. ids is the expression of what is read back as the output "ids".
func applyExample(t *testing.T, emulator *Emulator, dataSource, ids string) *Workspace {
	t.Helper()
	example, err := os.ReadFile(filepath.Join("..", "..", "examples", "data-sources", dataSource, "data-source.tf"))
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkspace(t, true)
	if err := os.Mkdir(filepath.Join(w.dir, "example"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.Write("example/example.tf", string(example))
	w.Write("example/versions.tf", fmt.Sprintf(`
terraform {
  required_providers {
    backupfw = { source = %q }
    # In full: a short source means another registry to OpenTofu.
    aws = { source = %q }
  }
}

output "ids" {
  value = %s
}
`, ourProvider, awsProvider, ids))
	w.Write("main.tf", awsProviderConfig(emulator.Endpoint)+`
resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

module "example" {
  source = "./example"
  vpc_id = aws_vpc.this.id
}

output "ids" {
  value = module.example.ids
}
`)
	w.Init()
	w.Apply()
	return w
}

func TestExample_OfTheSecurityGroup(t *testing.T) {
	emulator := StartEmulator(t)
	w := applyExample(t, emulator, "backupfw_aws_security_group_rules",
		"{ primary = aws_security_group.primary.id, media = aws_security_group.media.id }")
	var ids struct{ Primary, Media string }
	w.Output("ids", &ids)
	checkPackets(t, emulator, ids.Primary, canonical(t, []intent{
		{direction: "ingress", ports: []string{"1556/tcp"}, peers: []string{"198.51.100.16/28", "2001:db8:40::/64"}},
		{direction: "ingress", ports: []string{"1556/tcp"}, reference: ids.Media},
	}))
	for _, change := range w.PlanChanges() {
		// The emulator forgets the description of a rule whose peer is no address.
		if !strings.HasSuffix(change, `["tcp-1556-ref:media"]: update`) {
			t.Errorf("the second plan is not empty: %s", change)
		}
	}
	// Nothing is destroyed: the emulator ends with the test.
}
