package provider_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
)

// freshProcess is set in the process of its own in which start-up is watched:
// other tests of this process have used the catalogue and the registry.
const freshProcess = "BACKUPFW_TEST_STARTUP"

// TestProvider_StartUp_ReadsNoData guards the price of a run that has nothing
// to do with backup: asking for the schema, as every command of Terraform
// does, parses no product and unpacks no registry. A plan without a product
// parses none either.
func TestProvider_StartUp_ReadsNoData(t *testing.T) {
	if os.Getenv(freshProcess) != "" {
		startUp(t)
		return
	}
	self := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	self.Env = append(os.Environ(), freshProcess+"=1")
	out, err := self.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	if want := "after the schema: 0 products, registry false; after a range and a policy: 0 products; after a lookup: 1 products, registry true"; !strings.Contains(string(out), want) {
		t.Errorf("the process says\n%swant\n%s", out, want)
	}
}

func startUp(t *testing.T) {
	protocol := provider.NewServer("test")()
	schema, err := protocol.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || len(schema.Diagnostics) > 0 || len(schema.ResourceSchemas) == 0 {
		t.Fatalf("no schema: %v, %v", err, schema)
	}
	products, registry := catalog.Parsed(), iana.Loaded()
	// A listener of one's own is no product's business.
	s := serve(t, nil)
	s.create(t, "port_range", obj{"name": "vault", "ports": seq{"29168-29207/tcp"}, "negotiated": true})
	s.create(t, "policy", policyOf(obj{"backup": ruleOf(vault(), clients())}))
	planned := catalog.Parsed()
	// The counters themselves work.
	_, _ = catalog.Get("veeam")
	_, _ = iana.Name(0, 22)
	fmt.Printf("after the schema: %d products, registry %t; after a range and a policy: %d products; after a lookup: %d products, registry %t\n",
		products, registry, planned, catalog.Parsed(), iana.Loaded())
}
