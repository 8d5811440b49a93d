package resolve_test

import (
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/resolve"
)

func TestConfidenceWarnings_NameTheUnverifiedFlows(t *testing.T) {
	for _, c := range []struct {
		spec     spec
		warnings []string
	}{
		{spec{Name: "web", Product: "netbackup", Flows: []string{"admin-to-servers", "web-ui", "media-to-filer-ndmp"}}, []string{
			"product: Unverified flows: What the catalogue says of NetBackup is of low confidence: web-ui (443/tcp), media-to-filer-ndmp (10000/tcp). " +
				"Nobody has read these ports in the vendor's documentation; they may be wrong, or not enough. Compare them with the documentation of your release before you open them."}},
		{spec{Name: "pbx", Product: "netbackup", FromRole: "client", ToRole: "primary_server"}, nil},
		{spec{Name: "own", Ports: []string{"29168/tcp"}}, nil},
	} {
		resolved, faults := c.spec.Resolve()
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		equalLines(t, c.spec.Name, lines(resolve.ConfidenceWarnings(resolved)), append([]string{}, c.warnings...))
	}
}

func TestLeftOutWarnings_NameTheRequiredFlows(t *testing.T) {
	installer := func(ports ...string) spec {
		return spec{Name: "agents", Product: "veeam", FromRole: "agent", ToRole: "backup_server", Ports: ports}
	}
	for _, c := range []struct {
		spec     spec
		warnings []string
	}{
		{installer("10005/tcp"), []string{
			"ports: Required flows left out: from_role and to_role select flows of which ports opens nothing: agent-linux-to-server (10006/tcp). " +
				"The catalogue says that the two roles cannot do without them. Add their ports, or name the flows in use with flows."}},
		{installer("10005-10006/tcp"), nil},
		{installer(), nil},
		{spec{Name: "windows", Product: "veeam", Flows: []string{"agent-win-to-server"}, Ports: []string{"10005/tcp"}}, nil},
	} {
		resolved, faults := c.spec.Resolve()
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		equalLines(t, c.spec.Name, lines(resolve.LeftOutWarnings(resolved)), append([]string{}, c.warnings...))
	}
}
